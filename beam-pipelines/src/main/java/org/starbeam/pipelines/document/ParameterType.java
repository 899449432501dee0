package org.starbeam.pipelines.document;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Type of a parameter (specs/05 section 1.2): a scalar, a list or a map of one type.
 *
 * @param element type of the elements of a list and of the values of a map, else null
 */
public record ParameterType(Kind kind, @Nullable ParameterType element) {
  /** What a value is. */
  public enum Kind {
    BOOL,
    INT,
    LONG,
    DOUBLE,
    STRING,
    ENUM,
    DURATION,
    BYTES,
    ANGLE,
    DAYOBS,
    DAYOBS_RANGE,
    URI,
    COLLECTION,
    EXPRESSION,
    LIST,
    MAP;

    /** As it is written in a template. */
    String word() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  private static final int MAX_NESTING = 4;

  public static ParameterType of(Kind kind) {
    return new ParameterType(kind, null);
  }

  public static ParameterType listOf(Kind kind) {
    return new ParameterType(Kind.LIST, of(kind));
  }

  /** Reads {@code int}, {@code list<double>}, {@code map<string,list<int>>}; empty when unknown. */
  public static Optional<ParameterType> parse(String text) {
    return parse(text.replace(" ", ""), 0);
  }

  private static Optional<ParameterType> parse(String text, int depth) {
    if (depth > MAX_NESTING) {
      return Optional.empty();
    }
    if (text.startsWith("list<") && text.endsWith(">")) {
      return parse(text.substring(5, text.length() - 1), depth + 1)
          .map(element -> new ParameterType(Kind.LIST, element));
    }
    if (text.startsWith("map<string,") && text.endsWith(">")) {
      return parse(text.substring(11, text.length() - 1), depth + 1)
          .map(element -> new ParameterType(Kind.MAP, element));
    }
    return scalars().filter(k -> k.word().equals(text)).findFirst().map(ParameterType::of);
  }

  private static java.util.stream.Stream<Kind> scalars() {
    return Arrays.stream(Kind.values()).filter(k -> k != Kind.LIST && k != Kind.MAP);
  }

  /** Types as they are written, for messages. */
  static List<String> words() {
    return java.util.stream.Stream.concat(
            scalars().map(Kind::word), java.util.stream.Stream.of("list<T>", "map<string,T>"))
        .toList();
  }

  boolean isList() {
    return kind == Kind.LIST;
  }

  boolean isMap() {
    return kind == Kind.MAP;
  }

  /** The element type of a list or map, the type itself of a scalar. */
  ParameterType scalar() {
    return element == null ? this : element.scalar();
  }

  /** As it is written in a template. */
  @Override
  public String toString() {
    return switch (kind) {
      case LIST -> "list<" + element + ">";
      case MAP -> "map<string," + element + ">";
      default -> kind.word();
    };
  }
}
