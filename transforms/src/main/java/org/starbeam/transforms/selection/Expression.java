package org.starbeam.transforms.selection;

import java.util.List;
import java.util.stream.LongStream;
import org.starbeam.sky.SkyRegion;

/**
 * A checked expression: a closed tree of immutable records. Conditions have three values (true,
 * false, NULL), operands a {@link ValueType} or NULL.
 */
public sealed interface Expression {
  /** Something that holds or not. */
  sealed interface Condition extends Expression {}

  /** Something that has a value. */
  sealed interface Operand extends Expression {
    ValueType type();
  }

  record Constant(boolean value) implements Condition {}

  record And(List<Condition> parts) implements Condition {
    public And {
      parts = List.copyOf(parts);
    }
  }

  record Or(List<Condition> parts) implements Condition {
    public Or {
      parts = List.copyOf(parts);
    }
  }

  record Not(Condition part) implements Condition {}

  /** Comparison of two operands that are both numbers, both text or both times. */
  record Comparison(Operator operator, Operand left, Operand right) implements Condition {
    /** How two values are compared. */
    enum Operator {
      EQUAL("="),
      UNEQUAL("!="),
      LESS("<"),
      AT_MOST("<="),
      GREATER(">"),
      AT_LEAST(">=");

      private final String symbol;

      Operator(String symbol) {
        this.symbol = symbol;
      }

      String symbol() {
        return symbol;
      }

      /** True when two values that compare like this stand in the relation. */
      boolean holds(int sign) {
        return switch (this) {
          case EQUAL -> sign == 0;
          case UNEQUAL -> sign != 0;
          case LESS -> sign < 0;
          case AT_MOST -> sign <= 0;
          case GREATER -> sign > 0;
          case AT_LEAST -> sign >= 0;
        };
      }
    }
  }

  /** Membership in single values (of the operand's kind) and ranges of integers. */
  record In(Operand operand, List<Literal> values, List<Range> ranges, boolean negated)
      implements Condition {
    public In {
      values = List.copyOf(values);
      ranges = List.copyOf(ranges);
    }
  }

  /** The integers from {@code first} to {@code last} in steps of {@code stride}, ends included. */
  record Range(long first, long last, long stride) {
    boolean contains(long value) {
      return value >= first && value <= last && (value - first) % stride == 0;
    }

    /** Number of integers in it. */
    long count() {
      return (last - first) / stride + 1;
    }

    LongStream values() {
      return LongStream.iterate(first, v -> v + stride).limit(count());
    }
  }

  record Between(Operand operand, Operand low, Operand high, boolean negated)
      implements Condition {}

  /** A glob: {@code *} for any text, {@code ?} for one character. */
  record Like(Operand operand, String glob, boolean negated) implements Condition {}

  record IsNull(Operand operand, boolean negated) implements Condition {}

  /** The row's place on the sky has a point in common with a region. */
  record Overlaps(Place place, SkyRegion region, String regionText) implements Condition {}

  /** The row's pointing lies in its footprint. */
  record PointInFootprint() implements Condition {}

  /** What of a row lies on the sky. */
  enum Place {
    /** Its pointing (fields ra, dec). */
    POINT,
    /** What its image covers. */
    REGION
  }

  record FieldValue(Field field) implements Operand {
    @Override
    public ValueType type() {
      return field.type();
    }
  }

  /** A value: Long, Double or String as the type wants. */
  record Literal(ValueType type, Object value) implements Operand {}

  /** A sum or product of two. */
  record Arithmetic(ValueType type, char operator, Operand left, Operand right)
      implements Operand {}

  record Negation(ValueType type, Operand operand) implements Operand {}

  record Call(ValueType type, Function function, List<Operand> arguments) implements Operand {
    public Call {
      arguments = List.copyOf(arguments);
    }
  }
}
