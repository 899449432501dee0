package org.starbeam.pipelines.document;

import com.fasterxml.jackson.core.io.JsonStringEncoder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Sequence;
import org.starbeam.transforms.log.Redaction;

/**
 * Writes a resolved campaign as a template of its own, whose defaults are the values that were
 * resolved; a comment behind each value says where it was set. Read again, it gives the same
 * campaign, whatever becomes of the documents that it was made of. Secrets in values are masked.
 */
final class ResolvedYaml {
  private static final String INDENT = "  ";

  private final Resolution resolution;
  private final Predicate<String> isExpression;
  private final StringBuilder out = new StringBuilder();

  private ResolvedYaml(Resolution resolution, Predicate<String> isExpression) {
    this.resolution = resolution;
    this.isExpression = isExpression;
  }

  /**
   * The text of a campaign.
   *
   * @param isExpression tells the paths whose references stay
   */
  static String write(Resolution resolution, Predicate<String> isExpression) {
    ResolvedYaml writer = new ResolvedYaml(resolution, isExpression);
    writer.line(
        "",
        "# Everything that this campaign was made with; the comments say where it was set.",
        null);
    writer.line("", Layer.FORMAT + ": 1", null);
    writer.line("", Layer.TEMPLATE + ": " + quoted(resolution.name()), null);
    writer.line("", Layer.DESCRIPTION + ": " + quoted(resolution.description()), null);
    writer.parameters();
    writer.members(resolution.body(), "", "");
    return writer.out.toString();
  }

  private void parameters() {
    if (resolution.parameters().isEmpty()) {
      line("", Layer.PARAMETERS + ": {}", null);
      return;
    }
    line("", Layer.PARAMETERS + ":", null);
    for (Parameter p : resolution.parameters().values()) {
      YamlNode value = resolution.values().get(p.name());
      line(INDENT, p.name() + ":", null);
      String deeper = INDENT + INDENT;
      ValueRule rule = p.rule();
      line(deeper, "type: " + quoted(rule.type().toString()), null);
      if (value != null) {
        line(deeper, "default: " + escaped(flow(Redaction.of(value.json()))), value.place());
      }
      if (rule.min() != null || rule.max() != null) {
        line(deeper, "range: [" + end(rule.min()) + ", " + end(rule.max()) + "]", null);
      }
      if (!rule.choices().isEmpty()) {
        line(deeper, "choices: " + words(rule.choices()), null);
      }
      attribute(deeper, "regex", rule.regex());
      attribute(deeper, "unit", rule.unit());
      attribute(deeper, "help", p.help());
      attribute(deeper, "group", p.group());
      attribute(deeper, "since", p.since());
      attribute(deeper, "deprecated", p.deprecated());
      attribute(deeper, "over", p.over());
    }
  }

  private void attribute(String indent, String name, @Nullable String value) {
    if (value != null) {
      line(indent, name + ": " + quoted(value), null);
    }
  }

  private static String end(@Nullable JsonNode value) {
    return value == null ? "null" : flow(value);
  }

  private static String words(List<String> words) {
    return "[" + String.join(", ", words.stream().map(ResolvedYaml::quoted).toList()) + "]";
  }

  private void members(Mapping mapping, String path, String indent) {
    for (Map.Entry<String, Member> e : mapping.members().entrySet()) {
      String below = path.isEmpty() ? e.getKey() : path + "." + e.getKey();
      String key = plainKey(e.getKey()) + ":";
      YamlNode value = e.getValue().value();
      if (value instanceof Mapping m && !m.members().isEmpty()) {
        line(indent, key, null);
        members(m, below, indent + INDENT);
      } else if (value instanceof Sequence s
          && s.items().stream().anyMatch(Mapping.class::isInstance)) {
        line(indent, key, s.place());
        s.items().forEach(i -> line(indent + INDENT, "- " + text(below, i), i.place()));
      } else {
        line(indent, key + " " + text(below, value), value.place());
      }
    }
  }

  private String text(String path, YamlNode value) {
    String text = flow(Redaction.of(value.json()));
    return isExpression.test(path) ? text : escaped(text);
  }

  private static String escaped(String text) {
    return text.replace("${", "$${");
  }

  private static String plainKey(String key) {
    return key.matches("[A-Za-z_][A-Za-z0-9_-]*") ? key : quoted(key);
  }

  private void line(String indent, String text, @Nullable Place origin) {
    out.append(indent).append(text);
    if (origin != null) {
      String shown = Explanation.origin(origin, resolution).toString();
      out.append("  # ").append(Place.printable(Redaction.of(shown)));
    }
    out.append('\n');
  }

  /** A document without origins. */
  static String plain(String comment, ObjectNode document) {
    StringBuilder out = new StringBuilder("# ").append(comment).append('\n');
    plain(document, "", out);
    return out.toString();
  }

  private static void plain(ObjectNode document, String indent, StringBuilder out) {
    for (Map.Entry<String, JsonNode> e : document.properties()) {
      out.append(indent).append(plainKey(e.getKey())).append(':');
      if (e.getValue() instanceof ObjectNode below && !below.isEmpty()) {
        out.append('\n');
        plain(below, indent + INDENT, out);
      } else {
        out.append(' ').append(flow(e.getValue())).append('\n');
      }
    }
  }

  /** A value on one line; JSON is YAML. */
  static String flow(JsonNode value) {
    if (value.isObject()) {
      StringBuilder text = new StringBuilder("{");
      value
          .properties()
          .forEach(
              e ->
                  text.append(text.length() == 1 ? "" : ", ")
                      .append(plainKey(e.getKey()))
                      .append(": ")
                      .append(flow(e.getValue())));
      return text.append("}").toString();
    }
    if (value.isArray()) {
      StringBuilder text = new StringBuilder("[");
      value.forEach(i -> text.append(text.length() == 1 ? "" : ", ").append(flow(i)));
      return text.append("]").toString();
    }
    if (value.isTextual()) {
      return quoted(value.asText());
    }
    if (value.isFloatingPointNumber() && !Double.isFinite(value.doubleValue())) {
      double number = value.doubleValue();
      return Double.isNaN(number) ? ".nan" : number > 0 ? ".inf" : "-.inf";
    }
    return value.isFloatingPointNumber() ? Double.toString(value.doubleValue()) : value.asText();
  }

  private static String quoted(String text) {
    return '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text)) + '"';
  }
}
