package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.selection.Expression.Literal;
import org.starbeam.transforms.selection.Expression.Range;
import org.starbeam.transforms.selection.Problem.Span;

/** Reads the list after IN: single values and ranges of integers, or a parameter that is a list. */
final class Items {
  static final long MAX_ITEMS = 100_000;

  private final Tokens tokens;
  private final Typing typing;
  private final Operands operands;
  private final List<Parsed> values = new ArrayList<>();
  private final List<Range> ranges = new ArrayList<>();
  private long count;

  Items(Tokens tokens, Typing typing, Operands operands) {
    this.tokens = tokens;
    this.typing = typing;
    this.operands = operands;
  }

  Parsed of(Parsed left, boolean negated) {
    Span end = tokens.next().span();
    if (operands.takesList(tokens.next())) {
      parameter(tokens.take());
    } else {
      tokens.expect("(");
      do {
        item();
      } while (tokens.takeSymbol(","));
      end = tokens.expect(")").span();
    }
    if (!ranges.isEmpty()) {
      typing.rangesOf(left);
    }
    return typing.in(left, values, ranges, negated, left.span().to(end));
  }

  private void parameter(Token token) {
    List<Parsed> list = operands.list(token);
    values.addAll(list);
    counted(list.size(), token.span());
  }

  private void item() {
    Token token = tokens.next();
    if (operands.takesList(token)) {
      parameter(tokens.take());
      return;
    }
    Parsed first = operands.item();
    if (tokens.takeSymbol("..")) {
      range(first);
    } else {
      values.add(first);
      counted(1, first.span());
    }
  }

  private void range(Parsed first) {
    Parsed last = operands.item();
    Parsed stride = tokens.takeSymbol(":") ? operands.item() : null;
    Span span = first.span().to((stride == null ? last : stride).span());
    @Nullable Long from = integer(first);
    @Nullable Long to = integer(last);
    @Nullable Long step = stride == null ? Long.valueOf(1) : integer(stride);
    if (from == null || to == null || step == null) {
      return;
    }
    if (step < 1) {
      typing.report(Problem.at(span, Problem.SYNTAX, "a range needs a step of 1 or more"));
    } else if (to < from) {
      typing.report(
          Problem.at(
              span, Problem.SYNTAX, "the range ends before it begins", List.of(to + ".." + from)));
    } else if (to - from < 0 || (to - from) / step >= MAX_ITEMS) {
      counted(MAX_ITEMS + 1, first.span());
    } else {
      Range range = new Range(from, to, step);
      ranges.add(range);
      counted(range.count(), first.span());
    }
  }

  private @Nullable Long integer(Parsed bound) {
    Literal literal = bound.literal();
    if (literal != null && literal.value() instanceof Long value) {
      return value;
    }
    if (bound.word() != null || bound.node() != null) {
      typing.report(Problem.at(bound.span(), Problem.TYPE, "a range is made of two whole numbers"));
    }
    return null;
  }

  /** Adds to the number of items; past the limit it is said once. */
  private void counted(long more, Span where) {
    boolean before = count > MAX_ITEMS;
    count = Math.min(count + more, 2 * MAX_ITEMS);
    if (count > MAX_ITEMS && !before) {
      typing.report(
          Problem.at(
              where,
              Problem.LIMIT,
              "more than 100000 values in a list; compare the ends instead",
              List.of("BETWEEN")));
    }
  }
}
