package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * A YAML document read into plain maps, lists and scalars, with the place of every key. No tags, no
 * types, no duplicate keys; nesting at most 50 deep, size at most 4 MiB (specs/05 section 9).
 */
public final class LocatedYaml {
  private static final int MAX_DEPTH = 50;
  private static final int MAX_BYTES = 4 << 20;

  private final String file;
  private final String[] lines;
  private final JsonNode root;
  private final Map<String, JsonLocation> places = new HashMap<>();

  private LocatedYaml(String file, String text) {
    this.file = file;
    this.lines = text.split("\n", -1);
    if (text.length() > MAX_BYTES) {
      throw new UserException(ExitCode.USAGE, file + ": larger than 4 MiB");
    }
    try (JsonParser parser = new YAMLFactory().createParser(text)) {
      parser.nextToken();
      this.root =
          parser.currentToken() == null
              ? JsonNodeFactory.instance.objectNode()
              : read(parser, "", 0);
    } catch (JsonProcessingException e) {
      JsonLocation at = e.getLocation();
      throw new UserException(
          ExitCode.USAGE,
          at == null
              ? file + ": TPL_SYNTAX: " + e.getOriginalMessage()
              : message(at, "TPL_SYNTAX", e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, file + ": " + e.getMessage());
    }
  }

  /**
   * Reads a document.
   *
   * @param file name to show in messages
   */
  public static LocatedYaml parse(String file, String text) {
    return new LocatedYaml(file, text);
  }

  public JsonNode root() {
    return root;
  }

  /**
   * A message with file, line, column, the source line and a caret, for a key path like {@code
   * /tasks/isr}.
   */
  public String message(String path, String code, String text) {
    JsonLocation at = places.get(path);
    return at == null ? file + ": " + code + ": " + text : message(at, code, text);
  }

  private String message(JsonLocation at, String code, String text) {
    int line = at.getLineNr();
    int column = Math.max(1, at.getColumnNr());
    String source = line >= 1 && line <= lines.length ? lines[line - 1] : "";
    return "%s:%d:%d: %s: %s%n  %s%n  %s^"
        .formatted(file, line, column, code, text, source, " ".repeat(column - 1));
  }

  private JsonNode read(JsonParser parser, String path, int depth) throws IOException {
    if (depth > MAX_DEPTH) {
      throw new UserException(
          ExitCode.USAGE,
          message(parser.currentTokenLocation(), "TPL_SYNTAX", "nested deeper than " + MAX_DEPTH));
    }
    JsonToken token = parser.currentToken();
    JsonNodeFactory make = JsonNodeFactory.instance;
    if (token == JsonToken.START_OBJECT) {
      ObjectNode node = make.objectNode();
      while (parser.nextToken() != JsonToken.END_OBJECT) {
        String key = parser.currentName();
        String childPath = path + "/" + key;
        if (node.has(key)) {
          throw new UserException(
              ExitCode.USAGE,
              message(
                  parser.currentTokenLocation(), "TPL_SYNTAX", "key '" + key + "' appears twice"));
        }
        places.put(childPath, parser.currentTokenLocation());
        parser.nextToken();
        node.set(key, read(parser, childPath, depth + 1));
      }
      return node;
    }
    if (token == JsonToken.START_ARRAY) {
      ArrayNode node = make.arrayNode();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        String childPath = path + "/" + node.size();
        places.put(childPath, parser.currentTokenLocation());
        node.add(read(parser, childPath, depth + 1));
      }
      return node;
    }
    return switch (token) {
      case VALUE_NUMBER_INT -> make.numberNode(parser.getLongValue());
      case VALUE_NUMBER_FLOAT -> make.numberNode(parser.getDoubleValue());
      case VALUE_TRUE -> make.booleanNode(true);
      case VALUE_FALSE -> make.booleanNode(false);
      case VALUE_NULL -> make.nullNode();
      default -> make.textNode(parser.getText());
    };
  }
}
