package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/**
 * Puts parameter values into a document (specs/05 section 1.3). {@code ${name}} alone keeps the type
 * of the value; inside a longer text it becomes the value's canonical text; {@code $${} stands for
 * itself. In an expression it is left as it is: expressions bind values as typed literals and never
 * paste text. {@code ${env:NAME}} is read only when the template allows the name, and never when
 * the name looks like that of a secret.
 */
final class Substitution {
  private static final Pattern REFERENCE = Pattern.compile("\\$?\\$\\{([^}]*)\\}");
  private static final Pattern SECRET =
      Pattern.compile("KEY|SECRET|TOKEN|PASS|CREDENTIAL", Pattern.CASE_INSENSITIVE);
  private static final String ENVIRONMENT = "env:";

  private final Map<String, YamlNode> values;
  private final Set<String> allowedEnvironment;
  private final Map<String, String> environment;
  private final Predicate<String> isExpression;
  private final Problems problems;

  /**
   * @param values values of the parameters
   * @param allowedEnvironment names of environment variables that the template allows
   * @param isExpression tells the paths of expressions, such as {@code select.visits}
   */
  Substitution(
      Map<String, YamlNode> values,
      Set<String> allowedEnvironment,
      Map<String, String> environment,
      Predicate<String> isExpression,
      Problems problems) {
    this.values = values;
    this.allowedEnvironment = allowedEnvironment;
    this.environment = environment;
    this.isExpression = isExpression;
    this.problems = problems;
  }

  /** Names of the parameters that a text refers to, in order of their first appearance. */
  static List<String> references(String text) {
    List<String> out = new ArrayList<>();
    Matcher m = REFERENCE.matcher(text);
    while (m.find()) {
      boolean escaped = m.group().startsWith("$$");
      if (!escaped && !m.group(1).startsWith(ENVIRONMENT) && !out.contains(m.group(1))) {
        out.add(m.group(1));
      }
    }
    return out;
  }

  /** Whether the values of a text are not known before a campaign gives them. */
  static boolean hasReference(String text) {
    return text.contains("${");
  }

  /** The value with all references replaced. */
  YamlNode into(YamlNode node, String path) {
    if (node instanceof Mapping mapping) {
      Map<String, Member> members = new LinkedHashMap<>();
      mapping
          .members()
          .forEach(
              (k, m) ->
                  members.put(
                      k,
                      new Member(m.key(), into(m.value(), path.isEmpty() ? k : path + "." + k))));
      return Mapping.of(node.place(), members);
    }
    if (node instanceof Sequence sequence) {
      return Sequence.of(node.place(), items(sequence, path));
    }
    Scalar scalar = (Scalar) node;
    if (!scalar.value().isTextual() || !hasReference(scalar.text())) {
      return scalar;
    }
    return isExpression.test(path) ? checked(scalar) : replaced(scalar);
  }

  /** The items of a list; a reference to a parameter without a value is no item. */
  private List<YamlNode> items(Sequence sequence, String path) {
    List<YamlNode> out = new ArrayList<>();
    for (YamlNode item : sequence.items()) {
      YamlNode value = into(item, path);
      if (item.json().isNull() || !value.isNothing()) {
        out.add(value);
      }
    }
    return out;
  }

  /** An expression: its references must exist; they are bound later. */
  private Scalar checked(Scalar scalar) {
    Matcher m = REFERENCE.matcher(scalar.text());
    while (m.find()) {
      if (!m.group().startsWith("$$")) {
        if (m.group(1).startsWith(ENVIRONMENT)) {
          problems.add(
              at(scalar, m), Code.TPL_TYPE, "the environment cannot be used in an expression");
        } else {
          requireValue(scalar, m);
        }
      }
    }
    return scalar;
  }

  private void requireValue(Scalar scalar, Matcher m) {
    YamlNode value = value(scalar, m);
    if (value != null && value.isNothing() && !m.group().equals(scalar.text())) {
      problems.add(
          at(scalar, m),
          Code.TPL_MISSING,
          "parameter '" + m.group(1) + "' has no value and stands in a longer expression");
    }
  }

  private YamlNode replaced(Scalar scalar) {
    String text = scalar.text();
    Matcher m = REFERENCE.matcher(text);
    StringBuilder out = new StringBuilder();
    int end = 0;
    while (m.find()) {
      out.append(text, end, m.start());
      end = m.end();
      if (m.group().startsWith("$$")) {
        out.append(m.group(), 1, m.group().length());
        continue;
      }
      YamlNode value = value(scalar, m);
      if (value == null || value instanceof Scalar s && s.open()) {
        return Scalar.left(scalar.place());
      }
      if (m.start() == 0 && m.end() == text.length()) {
        return YamlNode.at(scalar.place(), value);
      }
      out.append(ValueRule.text(value.json()));
    }
    String whole = out.append(text.substring(end)).toString();
    return Scalar.of(scalar.place(), JsonNodeFactory.instance.textNode(whole), whole, true);
  }

  private @Nullable YamlNode value(Scalar scalar, Matcher m) {
    String name = m.group(1);
    if (name.startsWith(ENVIRONMENT)) {
      return environment(scalar, m, name.substring(ENVIRONMENT.length()));
    }
    YamlNode value = values.get(name);
    if (value == null) {
      problems.add(
          at(scalar, m),
          Code.TPL_UNKNOWN_KEY,
          "no parameter '" + name + "'",
          name,
          values.keySet());
    }
    return value;
  }

  private @Nullable YamlNode environment(Scalar scalar, Matcher m, String name) {
    String refusal = null;
    if (SECRET.matcher(name).find()) {
      refusal = name + " looks like a secret; secrets never enter a campaign";
    } else if (!allowedEnvironment.contains(name)) {
      refusal = name + " is not in 'envAllow' of the template";
    } else if (environment.get(name) == null) {
      refusal = "environment variable " + name + " is not set";
    }
    if (refusal != null) {
      problems.add(at(scalar, m), Code.TPL_MISSING, refusal);
      return null;
    }
    String value = environment.get(name);
    return Scalar.of(
        scalar.place(), JsonNodeFactory.instance.textNode(value), String.valueOf(value), true);
  }

  /** Place of a reference inside its scalar. */
  private static Place at(Scalar scalar, Matcher m) {
    Place place = scalar.place();
    int found = place.source().indexOf(m.group(), Math.max(0, place.column() - 1));
    return found < 0
        ? place
        : new Place(place.file(), place.line(), found + 1, m.group().length(), place.source());
  }
}
