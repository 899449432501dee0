package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.NullNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;
import org.starbeam.transforms.log.Redaction;

/**
 * What a value must be. For lists and maps, bounds, choices and pattern hold for every element. A
 * checked value is in canonical form: durations as ISO-8601 text, sizes in bytes, angles in
 * degrees, observing days as numbers.
 *
 * @param min smallest value, in the form of the type, or null
 * @param max largest value, or null
 * @param choices words that are allowed; empty means all
 * @param regex what texts must match as a whole, or null
 * @param unit unit of numbers, for the reader
 * @param nullable whether nothing is a value
 * @param anyCase whether the case of the letters of choices does not matter; the canonical form is
 *     the choice
 */
public record ValueRule(
    ParameterType type,
    @Nullable JsonNode min,
    @Nullable JsonNode max,
    List<String> choices,
    @Nullable String regex,
    @Nullable String unit,
    boolean nullable,
    boolean anyCase) {
  /** Pattern of collections. */
  static final String COLLECTION =
      "(?!.*\\.\\.)((chain|calib|refcat|run):)?[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*";

  public ValueRule {
    choices = List.copyOf(choices);
  }

  public static ValueRule of(ParameterType type) {
    return new ValueRule(type, null, null, List.of(), null, null, false, false);
  }

  public static ValueRule of(Kind kind) {
    return of(ParameterType.of(kind));
  }

  public static ValueRule choice(String... words) {
    return new ValueRule(
        ParameterType.of(Kind.ENUM), null, null, List.of(words), null, null, false, false);
  }

  /** Any scalar; its canonical form is its text. */
  public static ValueRule word() {
    return of(Kind.ENUM);
  }

  /** The same conditions for the elements of another type. */
  public ValueRule as(ParameterType other) {
    return new ValueRule(other, min, max, choices, regex, unit, nullable, anyCase);
  }

  /** The rule with bounds, of which either may be null. */
  public ValueRule between(@Nullable Number lowest, @Nullable Number highest) {
    return new ValueRule(
        type, number(lowest), number(highest), choices, regex, unit, nullable, anyCase);
  }

  /** The rule for choices whose letters may be of either case. */
  public ValueRule inAnyCase() {
    return new ValueRule(type, min, max, choices, regex, unit, nullable, true);
  }

  /** The rule for texts of a pattern. */
  public ValueRule matching(String pattern) {
    return new ValueRule(type, min, max, choices, pattern, unit, nullable, anyCase);
  }

  public ValueRule orNothing() {
    return new ValueRule(type, min, max, choices, regex, unit, true, anyCase);
  }

  private static @Nullable JsonNode number(@Nullable Number number) {
    if (number == null) {
      return null;
    }
    JsonNodeFactory make = JsonNodeFactory.instance;
    return number instanceof Double d ? make.numberNode(d) : make.numberNode(number.longValue());
  }

  /**
   * The value in canonical form. What is wrong goes to {@code problems}; a value that is left open
   * stays so.
   */
  public YamlNode check(YamlNode node, Problems problems) {
    if (node instanceof Scalar scalar && (scalar.open() || scalar.value().isNull() && nullable)) {
      return node;
    }
    if (type.isList()) {
      return list(node, problems);
    }
    if (type.isMap()) {
      return map(node, problems);
    }
    if (node instanceof Scalar scalar && !scalar.value().isNull()) {
      return scalar(scalar, problems);
    }
    wrongType(node, problems);
    return node;
  }

  private YamlNode list(YamlNode node, Problems problems) {
    if (!(node instanceof Sequence sequence)) {
      wrongType(node, problems);
      return node;
    }
    ValueRule rule = ofElements();
    return new Sequence(
        node.place(),
        sequence.items().stream().map(i -> rule.check(i, problems)).toList(),
        node.overridden());
  }

  private YamlNode map(YamlNode node, Problems problems) {
    if (!(node instanceof Mapping mapping)) {
      wrongType(node, problems);
      return node;
    }
    Mapping out = mapping;
    ValueRule rule = ofElements();
    for (Map.Entry<String, Member> e : mapping.members().entrySet()) {
      Member member = e.getValue();
      out = out.with(e.getKey(), new Member(member.key(), rule.check(member.value(), problems)));
    }
    return out;
  }

  ValueRule ofElements() {
    ParameterType element = type.element() == null ? type : type.element();
    return new ValueRule(element, min, max, choices, regex, unit, false, anyCase);
  }

  private YamlNode scalar(Scalar scalar, Problems problems) {
    Optional<JsonNode> canonical = canonical(scalar);
    if (canonical.isEmpty()) {
      wrongType(scalar, problems);
      return scalar;
    }
    JsonNode value = canonical.get();
    if (type.kind() == Kind.URI && !Redaction.of(scalar.text()).equals(scalar.text())) {
      refuseSecret(scalar, problems);
    }
    if (!choices.isEmpty() && !choices.contains(value.asText())) {
      problems.add(
          scalar.place(),
          Code.TPL_RANGE,
          "'" + scalar.text() + "' is none of " + String.join(", ", choices),
          scalar.text(),
          choices);
    } else if (regex != null && !scalar.text().matches(regex)) {
      problems.add(
          scalar.place(), Code.TPL_RANGE, "'" + scalar.text() + "' does not match " + regex);
    } else if (outside(value)) {
      problems.add(scalar.place(), Code.TPL_RANGE, scalar.text() + " is outside of " + bounds());
    }
    return new Scalar(
        scalar.place(), value, scalar.text(), scalar.quoted(), false, scalar.overridden());
  }

  private boolean outside(JsonNode value) {
    double v = magnitude(value);
    return min != null && v < magnitude(min) || max != null && v > magnitude(max);
  }

  /** Numbers as they are, durations in seconds. */
  private static double magnitude(JsonNode value) {
    if (value.isTextual()) {
      return Quantities.duration(value.asText())
          .map(Duration::toMillis)
          .map(ms -> ms / 1000.0)
          .orElse(Double.NaN);
    }
    return value.asDouble();
  }

  /** {@code [0, 1]} with a unit when there is one. */
  public String bounds() {
    return "["
        + (min == null ? "any" : min.asText())
        + ", "
        + (max == null ? "any" : max.asText())
        + "]"
        + (unit == null ? "" : " " + unit);
  }

  private void wrongType(YamlNode node, Problems problems) {
    String expected = type + example();
    String hint = "";
    if (type.kind() == Kind.STRING && node instanceof Scalar s && !s.value().isNull()) {
      hint = "; put it in quotes";
    }
    problems.add(
        node.place(), Code.TPL_TYPE, "expected " + expected + ", found " + node.described() + hint);
  }

  private String example() {
    return switch (type.kind()) {
      case DURATION -> " such as 90s or 15m";
      case BYTES -> " such as 4GiB";
      case ANGLE -> " in degrees, or such as 30arcsec";
      case DAYOBS -> " such as 20250520";
      case DAYOBS_RANGE -> " such as 20250501..20250531";
      case COLLECTION -> " such as chain:NAME, calib:NAME, refcat:NAME or a run";
      case ENUM -> choices.isEmpty() ? "" : " (" + String.join(", ", choices) + ")";
      default -> "";
    };
  }

  private Optional<JsonNode> canonical(Scalar scalar) {
    JsonNode value = scalar.value();
    String text = scalar.text();
    JsonNodeFactory make = JsonNodeFactory.instance;
    return switch (type.kind()) {
      case BOOL -> Optional.of(value).filter(JsonNode::isBoolean);
      case INT -> Optional.of(value).filter(v -> v.isIntegralNumber() && v.canConvertToInt());
      case LONG -> Optional.of(value).filter(JsonNode::isIntegralNumber);
      case DOUBLE ->
          value.isNumber() ? Optional.of(make.numberNode(value.asDouble())) : Optional.empty();
      case STRING, EXPRESSION -> Optional.of(value).filter(JsonNode::isTextual);
      case URI -> Optional.of(value).filter(v -> v.isTextual() && !text.isBlank());
      case ENUM -> Optional.of(make.textNode(chosen(text)));
      case COLLECTION -> Optional.of(value).filter(v -> v.isTextual() && collection(text));
      case DURATION ->
          Quantities.duration(text)
              .filter(d -> !d.isNegative())
              .map(d -> make.textNode(d.toString()));
      case BYTES ->
          Quantities.bytes(text).stream().mapToObj(b -> (JsonNode) make.numberNode(b)).findFirst();
      case ANGLE ->
          Quantities.degrees(text).stream()
              .mapToObj(d -> (JsonNode) make.numberNode(d))
              .findFirst();
      case DAYOBS ->
          Quantities.dayObs(text).stream().mapToObj(d -> (JsonNode) make.numberNode(d)).findFirst();
      case DAYOBS_RANGE -> dayObsRange(text).map(make::textNode);
      case LIST, MAP -> Optional.empty();
    };
  }

  private static void refuseSecret(Scalar scalar, Problems problems) {
    Place place = scalar.place();
    String masked = Redaction.of(place.source());
    problems.add(
        new Place(place.file(), place.line(), place.column(), 1, masked),
        Code.TPL_TYPE,
        "the address holds a secret; credentials come from the environment, never from a campaign");
  }

  private String chosen(String text) {
    return anyCase
        ? choices.stream().filter(c -> c.equalsIgnoreCase(text)).findFirst().orElse(text)
        : text;
  }

  private static boolean collection(String text) {
    return text.matches(COLLECTION) && text.length() <= 200;
  }

  private static Optional<String> dayObsRange(String text) {
    String[] ends = text.split("\\.\\.", -1);
    boolean good =
        ends.length == 2
            && Quantities.dayObs(ends[0]).isPresent()
            && Quantities.dayObs(ends[1]).isPresent()
            && ends[0].compareTo(ends[1]) <= 0;
    return good ? Optional.of(text) : Optional.empty();
  }

  /** What stands for a value in a text that it is put into. */
  static String text(JsonNode value) {
    if (value.isArray()) {
      StringBuilder out = new StringBuilder("[");
      for (JsonNode item : (ArrayNode) value) {
        out.append(out.length() == 1 ? "" : ", ").append(text(item));
      }
      return out.append("]").toString();
    }
    return value.isObject() ? ((ObjectNode) value).toString() : value.asText();
  }

  /** The canonical form of an option's text: lists may be written {@code a,b}. */
  YamlNode fromOption(Place place, String text, Problems problems) {
    if (text.isEmpty() && nullable) {
      return new Scalar(place, NullNode.instance, "", false, false, List.of());
    }
    boolean textual =
        switch (type.kind()) {
          case STRING, URI, EXPRESSION, COLLECTION, ENUM, DURATION -> true;
          default -> false;
        };
    if (textual) {
      return check(Scalar.of(place, JsonNodeFactory.instance.textNode(text), text, true), problems);
    }
    if (type.isList() && !text.startsWith("[")) {
      return check(separated(place, text), problems);
    }
    Problems syntax = new Problems();
    YamlNode parsed = YamlDocument.readAny(place.file(), text, syntax);
    if (parsed == null || !syntax.isEmpty()) {
      problems.add(place, Code.TPL_TYPE, "expected " + type + ", found '" + text + "'");
      return Scalar.left(place);
    }
    YamlNode here = YamlNode.at(place, parsed);
    return check(type.scalar().kind() == Kind.STRING ? quoted(here) : here, problems);
  }

  private Sequence separated(Place place, String text) {
    String bare = text.trim();
    Problems ignored = new Problems();
    List<YamlNode> items = new java.util.ArrayList<>();
    for (String item : bare.isEmpty() ? new String[0] : bare.split(",", -1)) {
      String word = item.trim();
      YamlNode parsed = YamlDocument.readAny(place.file(), word, ignored);
      items.add(
          parsed instanceof Scalar
              ? YamlNode.at(place, parsed)
              : Scalar.of(place, JsonNodeFactory.instance.textNode(word), word, false));
    }
    Sequence list = Sequence.of(place, items);
    return type.scalar().kind() == Kind.STRING ? (Sequence) quoted(list) : list;
  }

  /** The value with every scalar as text, as a shell has only texts. */
  private static YamlNode quoted(YamlNode node) {
    if (node instanceof Sequence sequence) {
      return Sequence.of(node.place(), sequence.items().stream().map(ValueRule::quoted).toList());
    }
    if (node instanceof Scalar s) {
      return Scalar.of(s.place(), JsonNodeFactory.instance.textNode(s.text()), s.text(), true);
    }
    return node;
  }
}
