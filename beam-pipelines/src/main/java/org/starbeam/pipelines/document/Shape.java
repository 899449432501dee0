package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/**
 * What may stand at a place of a campaign document. One description serves the check of documents
 * and the JSON Schema for editors.
 */
public sealed interface Shape {
  /** What it is for. */
  String help();

  /** The value in canonical form; what is wrong goes to {@code problems}. */
  YamlNode check(YamlNode node, Problems problems);

  /**
   * A value of a type.
   *
   * @param fallback its default, or null
   */
  record Value(ValueRule rule, @Nullable JsonNode fallback, String help) implements Shape {
    @Override
    public YamlNode check(YamlNode node, Problems problems) {
      return rule.check(node, problems);
    }
  }

  /**
   * A map with known keys. A key whose value is null counts as left out.
   *
   * @param noun what messages call it, such as {@code a campaign} or {@code task isr}
   */
  record Fields(String noun, Map<String, Shape> fields, Set<String> required, String help)
      implements Shape {
    public Fields {
      fields = Collections.unmodifiableMap(new LinkedHashMap<>(fields));
      required = Set.copyOf(required);
    }

    @Override
    public YamlNode check(YamlNode node, Problems problems) {
      if (node.isLeft()) {
        return node;
      }
      if (!(node instanceof Mapping mapping)) {
        problems.add(
            node.place(),
            Code.TPL_TYPE,
            "expected keys of " + noun + ", found " + node.described());
        return node;
      }
      Mapping out = mapping;
      for (Map.Entry<String, Member> e : mapping.members().entrySet()) {
        Place key = e.getValue().key();
        Shape shape = fields.get(e.getKey());
        if (shape == null) {
          problems.add(
              key,
              Code.TPL_UNKNOWN_KEY,
              noun + " has no key '" + e.getKey() + "'",
              e.getKey(),
              fields.keySet());
        } else if (e.getValue().value().isNothing()) {
          out = out.without(e.getKey());
        } else {
          out = out.with(e.getKey(), new Member(key, shape.check(e.getValue().value(), problems)));
        }
      }
      for (String key : required) {
        if (out.get(key) == null) {
          problems.add(mapping.place(), Code.TPL_MISSING, noun + " needs '" + key + "'");
        }
      }
      return inOrder(out);
    }

    /** The map with its keys in the order in which they are described. */
    private Mapping inOrder(Mapping mapping) {
      Map<String, Member> members = new LinkedHashMap<>();
      for (String key : fields.keySet()) {
        Member member = mapping.members().get(key);
        if (member != null) {
          members.put(key, member);
        }
      }
      mapping.members().forEach(members::putIfAbsent);
      return new Mapping(mapping.place(), members, mapping.overridden());
    }
  }

  /**
   * A map with free keys.
   *
   * @param keys what keys must match
   * @param noun what a key is
   */
  record Entries(String noun, String keys, Shape value, String help) implements Shape {
    @Override
    public YamlNode check(YamlNode node, Problems problems) {
      if (node.isLeft()) {
        return node;
      }
      if (!(node instanceof Mapping mapping)) {
        problems.add(
            node.place(),
            Code.TPL_TYPE,
            "expected a map by " + noun + ", found " + node.described());
        return node;
      }
      Mapping out = mapping;
      for (Map.Entry<String, Member> e : mapping.members().entrySet()) {
        Member member = e.getValue();
        if (!e.getKey().matches(keys)) {
          problems.add(
              member.key(), Code.TPL_TYPE, "'" + e.getKey() + "' is no " + noun + ": " + keys);
        }
        out = out.with(e.getKey(), new Member(member.key(), value.check(member.value(), problems)));
      }
      return out;
    }
  }

  /** A list of values of one shape. */
  record Items(Shape item, String help) implements Shape {
    @Override
    public YamlNode check(YamlNode node, Problems problems) {
      if (node.isLeft()) {
        return node;
      }
      if (!(node instanceof Sequence sequence)) {
        problems.add(node.place(), Code.TPL_TYPE, "expected a list, found " + node.described());
        return node;
      }
      List<YamlNode> items = new ArrayList<>();
      sequence.items().forEach(i -> items.add(item.check(i, problems)));
      return new Sequence(node.place(), items, node.overridden());
    }
  }

  /** A value, or a list of them. */
  record OneOrMore(Value item, String help) implements Shape {
    @Override
    public YamlNode check(YamlNode node, Problems problems) {
      return (node instanceof Sequence ? new Items(item, help) : item).check(node, problems);
    }
  }

  /** A scalar of one shape or a map of another. */
  record Either(Shape scalar, Shape mapping, String help) implements Shape {
    @Override
    public YamlNode check(YamlNode node, Problems problems) {
      return (node instanceof Mapping ? mapping : scalar).check(node, problems);
    }
  }
}
