package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;

/**
 * Where a value of a campaign comes from.
 *
 * @param key dotted path; parameters are below {@code set}
 * @param value as it holds
 * @param origin place that set it, and the parameter that gave it, if one did
 * @param overridden values of lower precedence, latest first
 */
public record Explanation(String key, JsonNode value, Origin origin, List<Overridden> overridden) {
  private static final Pattern WHOLE = Pattern.compile("[\"']?\\$\\{([A-Za-z0-9_]+)\\}.*");

  /**
   * What set a value.
   *
   * @param parameter the parameter that it refers to, or null
   * @param parameterPlace where that was set, or null
   */
  public record Origin(Place place, @Nullable String parameter, @Nullable Place parameterPlace) {
    @Override
    public String toString() {
      return place.fileAndLine()
          + (parameter == null ? "" : " " + parameter)
          + (parameterPlace == null ? "" : " = " + parameterPlace.fileAndLine());
    }
  }

  /** A value that was overridden, with the place that set it. */
  public record Overridden(JsonNode value, Place place) {}

  /** Whether the value is one of Starbeam's own defaults. */
  public boolean builtIn() {
    return origin.place().line() == 0 && origin.place().file().equals(Shapes.BUILT_IN);
  }

  /** All values of a campaign: parameters, then the keys of the document. */
  public static List<Explanation> all(Resolution resolution) {
    List<Explanation> out = new ArrayList<>();
    resolution.values().forEach((name, value) -> add("set." + name, value, resolution, out));
    resolution
        .body()
        .members()
        .forEach((key, member) -> walk(key, member.value(), resolution, out));
    return out;
  }

  private static void walk(
      String path, YamlNode node, Resolution resolution, List<Explanation> out) {
    if (node instanceof Mapping mapping && !mapping.members().isEmpty()) {
      for (Map.Entry<String, Member> e : mapping.members().entrySet()) {
        walk(path + "." + e.getKey(), e.getValue().value(), resolution, out);
      }
    } else {
      add(path, node, resolution, out);
    }
  }

  private static void add(
      String path, YamlNode node, Resolution resolution, List<Explanation> out) {
    List<Overridden> overridden =
        node.overridden().stream().map(o -> new Overridden(o.json(), o.place())).toList();
    out.add(new Explanation(path, node.json(), origin(node.place(), resolution), overridden));
  }

  /** Place of a value, with the parameter that stands there. */
  static Origin origin(Place place, Resolution resolution) {
    String rest =
        place.column() <= place.source().length()
            ? place.source().substring(place.column() - 1)
            : "";
    Matcher m = WHOLE.matcher(rest);
    YamlNode value = m.matches() ? resolution.values().get(m.group(1)) : null;
    return value == null
        ? new Origin(place, null, null)
        : new Origin(place, "${" + m.group(1) + "}", value.place());
  }

  /** The value on one line, as YAML. */
  public String shown() {
    return ResolvedYaml.flow(value);
  }
}
