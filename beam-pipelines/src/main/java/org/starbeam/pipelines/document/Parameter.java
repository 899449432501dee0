package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/**
 * A parameter that a template declares (specs/05 section 1.2).
 *
 * @param declared place of its name
 * @param rule what its value must be
 * @param fallback its default; null when it is required
 * @param help what it is for
 * @param example a value as a user may write it
 * @param group heading under which it is shown
 * @param since version of Starbeam that brought it
 * @param deprecated the parameter that replaces it, or null
 * @param over what an expression is about: visit, exposure or tract
 */
public record Parameter(
    String name,
    Place declared,
    ValueRule rule,
    @Nullable YamlNode fallback,
    String help,
    @Nullable String example,
    @Nullable String group,
    @Nullable String since,
    @Nullable String deprecated,
    @Nullable String over) {
  static final Set<String> ATTRIBUTES =
      Set.of(
          "type",
          "default",
          "required",
          "range",
          "choices",
          "regex",
          "unit",
          "help",
          "example",
          "group",
          "since",
          "deprecated",
          "over");
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_]{0,63}");
  static final List<String> OVER = List.of("visit", "exposure", "tract", "dataset");

  public boolean required() {
    return fallback == null;
  }

  public ParameterType type() {
    return rule.type();
  }

  /** The default, or null when there is none. */
  public @Nullable JsonNode defaultValue() {
    return fallback == null ? null : fallback.json();
  }

  /** Reads the {@code parameters} of a document. */
  static Map<String, Parameter> readAll(@Nullable YamlNode node, Problems problems) {
    Map<String, Parameter> out = new LinkedHashMap<>();
    if (node instanceof Mapping mapping) {
      mapping
          .members()
          .forEach(
              (name, member) ->
                  new Reader(name, member, problems).read().ifPresent(p -> out.put(name, p)));
      out.values().forEach(p -> checkReplacement(p, out.keySet(), problems));
    } else if (node != null) {
      problems.add(
          node.place(), Code.TPL_TYPE, "expected a map of parameters, found " + node.described());
    }
    return out;
  }

  private static void checkReplacement(Parameter p, Set<String> names, Problems problems) {
    if (p.deprecated != null && !names.contains(p.deprecated)) {
      problems.add(
          p.declared,
          Code.TPL_UNKNOWN_KEY,
          "'" + p.name + "' is replaced by '" + p.deprecated + "', which is not declared",
          p.deprecated,
          names);
    }
  }

  /** Reads one declaration. */
  private static final class Reader {
    private final String name;
    private final Place key;
    private final YamlNode node;
    private final Problems problems;

    Reader(String name, Member member, Problems problems) {
      this.name = name;
      this.key = member.key();
      this.node = member.value();
      this.problems = problems;
    }

    Optional<Parameter> read() {
      if (!NAME.matcher(name).matches()) {
        problems.add(
            key, Code.TPL_SYNTAX, "a parameter's name has letters, digits and _: '" + name + "'");
      }
      if (!(node instanceof Mapping declaration)) {
        problems.add(
            node.place(),
            Code.TPL_TYPE,
            "expected type, default and help of parameter '" + name + "'");
        return Optional.empty();
      }
      declaration.members().forEach((k, m) -> checkAttribute(k, m.key()));
      if (text(declaration, "help") == null) {
        problems.add(key, Code.TPL_MISSING, "parameter '" + name + "' needs 'help'");
      }
      Optional<ValueRule> rule = rule(declaration);
      return rule.map(r -> parameter(declaration, r));
    }

    private void checkAttribute(String attribute, Place place) {
      if (!ATTRIBUTES.contains(attribute)) {
        problems.add(
            place,
            Code.TPL_UNKNOWN_KEY,
            "a parameter has no attribute '" + attribute + "'",
            attribute,
            ATTRIBUTES);
      }
    }

    private Parameter parameter(Mapping declaration, ValueRule rule) {
      String over = text(declaration, "over");
      if (over != null && !OVER.contains(over)) {
        problems.add(
            place(declaration, "over"),
            Code.TPL_RANGE,
            "'" + over + "' is none of " + String.join(", ", OVER),
            over,
            OVER);
      }
      String example = text(declaration, "example");
      if (example != null) {
        rule.fromOption(place(declaration, "example"), example, problems);
      }
      return new Parameter(
          name,
          key,
          rule,
          fallback(declaration, rule),
          String.valueOf(text(declaration, "help")),
          example,
          text(declaration, "group"),
          text(declaration, "since"),
          text(declaration, "deprecated"),
          over);
    }

    private @Nullable YamlNode fallback(Mapping declaration, ValueRule rule) {
      YamlNode written = declaration.get("default");
      boolean required = flag(declaration, "required");
      if (written != null && required) {
        problems.add(
            declaration.keyPlace("default"),
            Code.TPL_TYPE,
            "parameter '" + name + "' is required and has a default");
      } else if (written == null && !required) {
        problems.add(
            key,
            Code.TPL_MISSING,
            "parameter '" + name + "' needs 'default' (null: may be left out) or 'required: true'");
      }
      return written == null ? null : rule.check(written, problems);
    }

    private Optional<ValueRule> rule(Mapping declaration) {
      String written = text(declaration, "type");
      if (written == null) {
        problems.add(key, Code.TPL_MISSING, "parameter '" + name + "' needs 'type'");
        return Optional.empty();
      }
      Optional<ParameterType> type = ParameterType.parse(written);
      if (type.isEmpty()) {
        String bare = written.replaceAll(".*<|>.*", "");
        problems.add(
            place(declaration, "type"),
            Code.TPL_TYPE,
            "type '" + written + "' is none of " + String.join(", ", ParameterType.words()),
            bare,
            ParameterType.words());
        return Optional.empty();
      }
      YamlNode written0 = declaration.get("default");
      boolean nullable = written0 instanceof Scalar s && s.value().isNull();
      JsonNode[] ends = range(declaration, type.get());
      List<String> choices = choices(declaration, type.get());
      return Optional.of(
          new ValueRule(
              type.get(),
              ends[0],
              ends[1],
              choices,
              regex(declaration),
              text(declaration, "unit"),
              nullable,
              false));
    }

    private JsonNode[] range(Mapping declaration, ParameterType type) {
      JsonNode[] ends = new JsonNode[2];
      YamlNode written = declaration.get("range");
      if (written == null) {
        return ends;
      }
      if (!(written instanceof Sequence pair) || pair.items().size() != 2) {
        problems.add(written.place(), Code.TPL_TYPE, "expected [lowest, highest], null for none");
        return ends;
      }
      ValueRule end = ValueRule.of(type.scalar()).orNothing();
      for (int i = 0; i < 2; i++) {
        JsonNode value = end.check(pair.items().get(i), problems).json();
        ends[i] = value.isNull() ? null : value;
      }
      return ends;
    }

    private List<String> choices(Mapping declaration, ParameterType type) {
      List<String> out = new ArrayList<>();
      if (declaration.get("choices") instanceof Sequence list) {
        for (YamlNode item : list.items()) {
          if (item instanceof Scalar s) {
            out.add(s.text());
          } else {
            problems.add(item.place(), Code.TPL_TYPE, "expected a word, found " + item.described());
          }
        }
      }
      if (out.isEmpty() && type.scalar().kind() == ParameterType.Kind.ENUM) {
        problems.add(key, Code.TPL_MISSING, "enum '" + name + "' needs 'choices: [...]'");
      }
      return out;
    }

    private @Nullable String regex(Mapping declaration) {
      String regex = text(declaration, "regex");
      if (regex == null) {
        return null;
      }
      try {
        Pattern.compile(regex);
        return regex;
      } catch (PatternSyntaxException e) {
        problems.add(
            place(declaration, "regex"),
            Code.TPL_TYPE,
            "not a regular expression: " + e.getDescription());
        return null;
      }
    }

    private boolean flag(Mapping declaration, String attribute) {
      YamlNode node = declaration.get(attribute);
      return node != null
          && ValueRule.of(ParameterType.Kind.BOOL).check(node, problems).json().asBoolean(false);
    }

    private static Place place(Mapping declaration, String attribute) {
      YamlNode node = declaration.get(attribute);
      return node == null ? declaration.place() : node.place();
    }

    /** A scalar attribute as it was written; null when it is absent or empty. */
    private @Nullable String text(Mapping declaration, String attribute) {
      YamlNode node = declaration.get(attribute);
      if (node == null) {
        return null;
      }
      if (node instanceof Scalar s) {
        return s.value().isNull() || s.text().isBlank() ? null : s.text();
      }
      if (attribute.equals("example")) {
        return ValueRule.text(node.json());
      }
      problems.add(node.place(), Code.TPL_TYPE, "expected a word, found " + node.described());
      return null;
    }
  }
}
