package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A value of a YAML document with the place that set it and the values that it took the place of,
 * latest first.
 */
public sealed interface YamlNode {
  Place place();

  /** Values of lower precedence that this one replaced, latest first. */
  List<YamlNode> overridden();

  /** The value without places. */
  JsonNode json();

  /** The same value with what it replaced. */
  YamlNode replacing(YamlNode lower);

  /** What messages call it. */
  String described();

  /** True for a null that is written or meant. */
  default boolean isNothing() {
    return this instanceof Scalar scalar && !scalar.open() && scalar.value().isNull();
  }

  /** True for a scalar that is left open. */
  default boolean isLeft() {
    return this instanceof Scalar scalar && scalar.open();
  }

  /**
   * A scalar.
   *
   * @param value null, boolean, integer, number or text
   * @param text as it was written, without quotes
   * @param quoted true when it was written in quotes or as a block, so that it is a text
   * @param open true for a value that is not known yet, as that of a required parameter while its
   *     template is checked alone
   */
  record Scalar(
      Place place,
      JsonNode value,
      String text,
      boolean quoted,
      boolean open,
      List<YamlNode> overridden)
      implements YamlNode {
    static Scalar of(Place place, JsonNode value, String text, boolean quoted) {
      return new Scalar(place, value, text, quoted, false, List.of());
    }

    /** A value that a template leaves to the campaign. */
    static Scalar left(Place place) {
      return new Scalar(place, NullNode.instance, "", false, true, List.of());
    }

    @Override
    public JsonNode json() {
      return value;
    }

    @Override
    public YamlNode replacing(YamlNode lower) {
      return new Scalar(place, value, text, quoted, open, history(overridden, lower));
    }

    @Override
    public String described() {
      return value.isNull() ? "nothing" : "'" + text + "'";
    }
  }

  /** A list. */
  record Sequence(Place place, List<YamlNode> items, List<YamlNode> overridden)
      implements YamlNode {
    public Sequence {
      items = List.copyOf(items);
    }

    static Sequence of(Place place, List<YamlNode> items) {
      return new Sequence(place, items, List.of());
    }

    @Override
    public JsonNode json() {
      ArrayNode out = JsonNodeFactory.instance.arrayNode();
      items.forEach(i -> out.add(i.json()));
      return out;
    }

    @Override
    public YamlNode replacing(YamlNode lower) {
      return new Sequence(place, items, history(overridden, lower));
    }

    @Override
    public String described() {
      return "a list";
    }
  }

  /** A map; keys keep their order. */
  record Mapping(Place place, Map<String, Member> members, List<YamlNode> overridden)
      implements YamlNode {
    public Mapping {
      members = Collections.unmodifiableMap(new LinkedHashMap<>(members));
    }

    static Mapping of(Place place, Map<String, Member> members) {
      return new Mapping(place, members, List.of());
    }

    static Mapping empty(Place place) {
      return of(place, Map.of());
    }

    /** The value of a key, or null. */
    public @Nullable YamlNode get(String key) {
      Member member = members.get(key);
      return member == null ? null : member.value();
    }

    /** The place of a key, or that of the map. */
    Place keyPlace(String key) {
      Member member = members.get(key);
      return member == null ? place : member.key();
    }

    Mapping with(String key, Member member) {
      Map<String, Member> changed = new LinkedHashMap<>(members);
      changed.put(key, member);
      return new Mapping(place, changed, overridden);
    }

    Mapping without(String key) {
      Map<String, Member> changed = new LinkedHashMap<>(members);
      changed.remove(key);
      return new Mapping(place, changed, overridden);
    }

    @Override
    public ObjectNode json() {
      ObjectNode out = JsonNodeFactory.instance.objectNode();
      members.forEach((k, m) -> out.set(k, m.value().json()));
      return out;
    }

    @Override
    public YamlNode replacing(YamlNode lower) {
      return new Mapping(place, members, history(overridden, lower));
    }

    @Override
    public String described() {
      return "a map";
    }
  }

  /**
   * A key with its value.
   *
   * @param key place of the key
   */
  record Member(Place key, YamlNode value) {}

  private static List<YamlNode> history(List<YamlNode> own, YamlNode lower) {
    List<YamlNode> out = new ArrayList<>(own);
    out.add(lower);
    out.addAll(lower.overridden());
    return List.copyOf(out);
  }

  /** The value with every place replaced, for values that come from elsewhere. */
  static YamlNode at(Place place, YamlNode node) {
    if (node instanceof Sequence sequence) {
      return Sequence.of(place, sequence.items().stream().map(i -> at(place, i)).toList());
    }
    if (node instanceof Mapping mapping) {
      Map<String, Member> members = new LinkedHashMap<>();
      mapping.members().forEach((k, v) -> members.put(k, new Member(place, at(place, v.value()))));
      return Mapping.of(place, members);
    }
    Scalar scalar = (Scalar) node;
    return new Scalar(
        place, scalar.value(), scalar.text(), scalar.quoted(), scalar.open(), List.of());
  }

  /** A value that no document holds, such as a task's default. */
  static YamlNode of(Place place, JsonNode json) {
    if (json.isObject()) {
      Map<String, Member> members = new LinkedHashMap<>();
      json.properties()
          .forEach(e -> members.put(e.getKey(), new Member(place, of(place, e.getValue()))));
      return Mapping.of(place, members);
    }
    if (json.isArray()) {
      List<YamlNode> items = new ArrayList<>();
      json.forEach(i -> items.add(of(place, i)));
      return Sequence.of(place, items);
    }
    return Scalar.of(place, json, json.asText(), json.isTextual());
  }
}
