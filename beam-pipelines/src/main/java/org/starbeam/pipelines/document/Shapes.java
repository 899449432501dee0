package org.starbeam.pipelines.document;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/** Questions about shapes and values. */
final class Shapes {
  /** Where values come from that no document sets. */
  static final String BUILT_IN = "built-in";

  private Shapes() {}

  /** Whether the key of a dotted path holds a selection expression. */
  static boolean isExpression(Shape shape, String path) {
    Shape at = at(shape, path);
    at = at instanceof Shape.Items items ? items.item() : at;
    return at instanceof Shape.Value value
        && value.rule().type().scalar().kind() == Kind.EXPRESSION;
  }

  /** The shape of the key of a dotted path, or null. */
  static @Nullable Shape at(Shape shape, String path) {
    Shape at = shape;
    for (String part : path.isEmpty() ? new String[0] : path.split("\\.")) {
      at = child(at, part);
    }
    return at;
  }

  private static @Nullable Shape child(@Nullable Shape shape, String key) {
    if (shape instanceof Shape.Fields fields) {
      return fields.fields().get(key);
    }
    if (shape instanceof Shape.Entries entries) {
      return entries.value();
    }
    if (shape instanceof Shape.Items items) {
      return child(items.item(), key);
    }
    return shape instanceof Shape.Either either ? child(either.mapping(), key) : null;
  }

  /** The built-in values of all keys that have one. */
  static Mapping defaults(Shape.Fields shape) {
    Place builtIn = Place.of(BUILT_IN);
    Map<String, Member> members = new LinkedHashMap<>();
    shape
        .fields()
        .forEach(
            (key, field) -> {
              if (field instanceof Shape.Fields fields) {
                Mapping below = defaults(fields);
                if (!below.members().isEmpty()) {
                  members.put(key, new Member(builtIn, below));
                }
              } else if (field instanceof Shape.Value value && value.fallback() != null) {
                members.put(key, new Member(builtIn, YamlNode.of(builtIn, value.fallback())));
              }
            });
    return Mapping.of(builtIn, members);
  }

  /** Places of the scalars that refer to a parameter. */
  static Set<Place> references(YamlNode node, String parameter) {
    Set<Place> out = new LinkedHashSet<>();
    if (node instanceof Scalar scalar && scalar.value().isTextual()) {
      if (Substitution.references(scalar.text()).contains(parameter)) {
        out.add(scalar.place());
      }
    } else if (node instanceof Sequence sequence) {
      sequence.items().forEach(i -> out.addAll(references(i, parameter)));
    } else if (node instanceof Mapping mapping) {
      mapping.members().values().forEach(m -> out.addAll(references(m.value(), parameter)));
    }
    return out;
  }

  /** Places of all values. */
  static Set<Place> places(YamlNode node) {
    Set<Place> out = new LinkedHashSet<>();
    out.add(node.place());
    if (node instanceof Sequence sequence) {
      sequence.items().forEach(i -> out.addAll(places(i)));
    } else if (node instanceof Mapping mapping) {
      mapping.members().values().forEach(m -> out.addAll(places(m.value())));
    }
    return out;
  }

  /** {@code {a.b: 1}} of each task as {@code {a: {b: 1}}}. */
  static Mapping undotted(Mapping tasks) {
    Mapping out = tasks;
    for (Map.Entry<String, Member> e : tasks.members().entrySet()) {
      if (e.getValue().value() instanceof Mapping task) {
        out = out.with(e.getKey(), new Member(e.getValue().key(), undottedTask(task)));
      }
    }
    return out;
  }

  private static Mapping undottedTask(Mapping task) {
    Mapping out = Mapping.empty(task.place());
    for (Map.Entry<String, Member> e : task.members().entrySet()) {
      String[] parts = e.getKey().split("\\.");
      Member member = e.getValue();
      YamlNode value = member.value() instanceof Mapping m ? undottedTask(m) : member.value();
      for (int i = parts.length - 1; i > 0; i--) {
        int before = e.getKey().lastIndexOf(parts[i]);
        Place part = member.key().within(before, parts[i].length());
        value = Mapping.of(part, Map.of(parts[i], new Member(part, value)));
      }
      String first = parts.length == 0 ? e.getKey() : parts[0];
      Place key = parts.length > 1 ? member.key().within(0, first.length()) : member.key();
      Mapping single = Mapping.of(task.place(), Map.of(first, new Member(key, value)));
      out = new Merge(new Problems()).over(out, single);
    }
    return new Mapping(task.place(), out.members(), task.overridden());
  }
}
