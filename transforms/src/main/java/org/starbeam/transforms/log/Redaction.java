package org.starbeam.transforms.log;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Takes secrets out of everything that is written down (specs/05 section 9.5): values of keys whose
 * name contains key, secret, token, pass, credential or signature, the query and the user part of
 * URIs, and, wherever they appear, values that were found under such a key once: those of the
 * environment and of the settings of the launch. Numbers of less than six digits, true and false
 * are no secrets, so that {@code passes=2} stays readable.
 */
public final class Redaction {
  /** What stands in the place of a secret. */
  public static final String MASK = "***";

  private static final Pattern SECRET_NAME =
      Pattern.compile("(?i)(key|secret|token|pass|credential|signature)");
  private static final Pattern URI_USER =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*://)[^\\s/@?#\"']+@");
  private static final Pattern URI_QUERY =
      Pattern.compile("([A-Za-z][A-Za-z0-9+.-]*:/{1,3}[^\\s?#\"'<>]+)\\?[^\\s#\"'<>]+");
  private static final Pattern PAIR =
      Pattern.compile(
          "(?i)([\\w.-]*(?:key|secret|token|pass|credential|signature)[\\w.-]*[\"']?)"
              + "([ \\t]*[=:][ \\t]*)(\"[^\"]*\"|'[^']*'|[^\\s,;&)\\]}\"']+)");
  private static final Pattern HARMLESS =
      Pattern.compile("(?i)[\"']?([+-]?[\\d.]{1,6}(e[+-]?\\d+)?|true|false|null|value|)[\"']?");

  /**
   * Words of headers, of the pipeline and of its messages that stand before a colon in messages.
   */
  private static final Pattern HARMLESS_NAME =
      Pattern.compile("(?i)(key|keys|keyword|keywords|pass|passes|passband|TPL_UNKNOWN_KEY)[\"']?");

  private static final int SHORTEST_SECRET = 6;

  private static final Set<String> KNOWN =
      new ConcurrentSkipListSet<>(
          Comparator.comparingInt(String::length).reversed().thenComparing(String::compareTo));

  static {
    System.getenv().forEach(Redaction::learn);
  }

  private Redaction() {}

  /** True for names whose values are secrets. */
  public static boolean isSecretName(String name) {
    return SECRET_NAME.matcher(name).find();
  }

  /** Remembers a value when it is the value of a secret key or has a secret inside a URI. */
  public static void learn(String name, String value) {
    if (isSecretName(name)) {
      remember(value);
    }
    Matcher query = URI_QUERY.matcher(value);
    while (query.find()) {
      for (String pair : value.substring(query.end(1) + 1, query.end()).split("&", -1)) {
        int equals = pair.indexOf('=');
        if (equals > 0 && isSecretName(pair.substring(0, equals))) {
          remember(pair.substring(equals + 1));
        }
      }
    }
  }

  /** Remembers the secrets among settings. */
  public static void learn(Map<String, String> settings) {
    settings.forEach(Redaction::learn);
  }

  /** Remembers the secrets in a document. */
  public static void learn(JsonNode document) {
    if (document.isObject()) {
      document
          .properties()
          .forEach(
              e -> {
                if (e.getValue().isTextual()) {
                  learn(e.getKey(), e.getValue().textValue());
                } else {
                  learn(e.getValue());
                }
              });
    } else if (document.isArray()) {
      document.forEach(Redaction::learn);
    }
  }

  private static void remember(String value) {
    boolean path = value.startsWith("/") || value.startsWith("./");
    if (value.length() >= SHORTEST_SECRET && !path && !HARMLESS.matcher(value).matches()) {
      KNOWN.add(value);
    }
  }

  /** A text without its secrets. */
  public static String of(String text) {
    String out = text;
    for (String secret : KNOWN) {
      out = out.contains(secret) ? out.replace(secret, MASK) : out;
    }
    if (out.indexOf(':') >= 0) {
      out = URI_USER.matcher(out).replaceAll("$1" + MASK + "@");
      out = URI_QUERY.matcher(out).replaceAll("$1?" + MASK);
    }
    return out.indexOf('=') < 0 && out.indexOf(':') < 0 ? out : pairs(out);
  }

  private static String pairs(String text) {
    Matcher matcher = PAIR.matcher(text);
    if (!matcher.find()) {
      return text;
    }
    StringBuilder out = new StringBuilder();
    do {
      boolean harmless =
          HARMLESS.matcher(matcher.group(3)).matches()
              || HARMLESS_NAME.matcher(matcher.group(1)).matches();
      String kept = harmless ? matcher.group() : matcher.group(1) + matcher.group(2) + MASK;
      matcher.appendReplacement(out, Matcher.quoteReplacement(kept));
    } while (matcher.find());
    return matcher.appendTail(out).toString();
  }

  /** A document without the secrets in it; numbers, true and false stay. */
  public static JsonNode of(JsonNode document) {
    return of("", document);
  }

  private static JsonNode of(String name, JsonNode node) {
    if (node instanceof ObjectNode object) {
      ObjectNode out = JsonNodeFactory.instance.objectNode();
      object.properties().forEach(e -> out.set(e.getKey(), of(e.getKey(), e.getValue())));
      return out;
    }
    if (node instanceof ArrayNode array) {
      ArrayNode out = JsonNodeFactory.instance.arrayNode();
      array.forEach(element -> out.add(of(name, element)));
      return out;
    }
    if (!node.isTextual()) {
      return node;
    }
    String text = node.textValue();
    boolean secret = isSecretName(name) && !HARMLESS.matcher(text).matches();
    return TextNode.valueOf(secret ? MASK : of(text));
  }

  /** Texts without their secrets. */
  public static List<String> of(List<String> texts) {
    return texts.stream().map(Redaction::of).toList();
  }
}
