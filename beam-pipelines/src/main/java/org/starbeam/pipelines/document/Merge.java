package org.starbeam.pipelines.document;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/**
 * Lays documents over each other (specs/05 section 1.4): maps merge deeply, lists and scalars
 * replace, {@code {$append: [...]}} and {@code {$remove: [...]}} change the list below. Each value
 * remembers what it replaced.
 */
final class Merge {
  private static final String APPEND = "$append";
  private static final String REMOVE = "$remove";
  private static final Set<String> LIST_CHANGES = Set.of(APPEND, REMOVE);

  private final Problems problems;

  Merge(Problems problems) {
    this.problems = problems;
  }

  /** The higher map over the lower one. */
  Mapping over(Mapping lower, Mapping higher) {
    Mapping out = lower;
    for (Map.Entry<String, Member> e : higher.members().entrySet()) {
      Member top = e.getValue();
      YamlNode below = lower.get(e.getKey());
      out = out.with(e.getKey(), new Member(top.key(), value(below, top.value())));
    }
    return new Mapping(higher.place(), out.members(), out.overridden());
  }

  private YamlNode value(@Nullable YamlNode lower, YamlNode higher) {
    if (higher instanceof Mapping changes && isListChange(changes)) {
      return changed(lower, changes);
    }
    if (higher instanceof Mapping top) {
      Mapping below = lower instanceof Mapping m ? m : Mapping.empty(top.place());
      Mapping merged = over(below, top);
      return lower == null || lower instanceof Mapping ? merged : merged.replacing(lower);
    }
    return lower == null ? higher : higher.replacing(lower);
  }

  private static boolean isListChange(Mapping mapping) {
    return !mapping.members().isEmpty()
        && mapping.members().keySet().stream().anyMatch(LIST_CHANGES::contains);
  }

  private YamlNode changed(@Nullable YamlNode lower, Mapping changes) {
    List<YamlNode> items = new ArrayList<>();
    if (lower instanceof Sequence below) {
      items.addAll(below.items());
    } else if (lower != null && !lower.json().isNull()) {
      problems.add(
          changes.place(),
          Code.TPL_TYPE,
          "there is no list to change here, but " + lower.described());
    }
    for (Map.Entry<String, Member> e : changes.members().entrySet()) {
      YamlNode value = e.getValue().value();
      if (!LIST_CHANGES.contains(e.getKey())) {
        problems.add(
            e.getValue().key(),
            Code.TPL_UNKNOWN_KEY,
            "a change of a list has $append and $remove, not '" + e.getKey() + "'",
            e.getKey(),
            LIST_CHANGES);
      } else if (!(value instanceof Sequence list)) {
        problems.add(value.place(), Code.TPL_TYPE, "expected a list, found " + value.described());
      } else if (e.getKey().equals(APPEND)) {
        items.addAll(list.items());
      } else {
        list.items().forEach(item -> remove(items, item));
      }
    }
    Sequence out = Sequence.of(changes.place(), items);
    return lower == null ? out : out.replacing(lower);
  }

  private void remove(List<YamlNode> items, YamlNode item) {
    if (!items.removeIf(i -> i.json().equals(item.json()))) {
      problems.add(
          item.place(),
          Code.TPL_RANGE,
          item.described() + " is not in the list that it is removed from",
          item.json().asText(),
          items.stream().map(i -> i.json().asText()).toList());
    }
  }
}
