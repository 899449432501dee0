package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyBox;
import org.starbeam.sky.SkyCircle;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SkyPolygon;
import org.starbeam.sky.SkyRegion;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.selection.Expression.Literal;
import org.starbeam.transforms.selection.Expression.Place;
import org.starbeam.transforms.selection.Problem.Span;

/** Reads {@code region OVERLAPS region}. */
final class Regions {
  private static final List<String> PLACES = List.of("POINT", "REGION");
  private static final List<String> SHAPES = List.of("CIRCLE", "BOX", "POLYGON", "TRACT", "PATCH");
  private static final int MAX_CORNERS = 256;

  /** The sky map is the same for all; its parts are made when asked for. */
  private static final RingsSkyMap SKY_MAP = RingsSkyMap.defaults();

  /** One side: a place of the row, a region, or neither when it was at fault. */
  private record Side(@Nullable Place place, @Nullable SkyRegion region, String text, Span span) {}

  private final Tokens tokens;
  private final Typing typing;

  Regions(Tokens tokens, Typing typing) {
    this.tokens = tokens;
    this.typing = typing;
  }

  /** True when a region begins with this token. */
  static boolean begins(Token token, Token after) {
    return PLACES.stream().anyMatch(token::isWord)
        || (after.isSymbol("(") && SHAPES.stream().anyMatch(token::isWord));
  }

  Parsed overlap() {
    Side left = side();
    tokens.expectWord("OVERLAPS");
    Side right = side();
    Span span = left.span().to(right.span());
    if (left.place() != null && right.region() != null) {
      return Parsed.of(new Expression.Overlaps(left.place(), right.region(), right.text()), span);
    }
    if (right.place() != null && left.region() != null) {
      return Parsed.of(new Expression.Overlaps(right.place(), left.region(), left.text()), span);
    }
    if (left.place() != null && right.place() != null && left.place() != right.place()) {
      return Parsed.of(new Expression.PointInFootprint(), span);
    }
    boolean wellFormed =
        (left.place() != null || left.region() != null)
            && (right.place() != null || right.region() != null);
    if (wellFormed) {
      typing.report(
          Problem.at(
              span,
              Problem.TYPE,
              left.place() == null
                  ? "neither side depends on the row: one must be POINT or REGION"
                  : "both sides are the same place of the row"));
    }
    return Parsed.broken(span);
  }

  private Side side() {
    Token name = tokens.next();
    if (!begins(name, tokens.afterNext())) {
      throw tokens.unexpected(
          name, "POINT, REGION, CIRCLE, BOX, POLYGON, TRACT or PATCH", List.of());
    }
    tokens.take();
    String shape = name.text().toUpperCase(Locale.ROOT);
    if (PLACES.contains(shape)) {
      return new Side(Place.valueOf(shape), null, shape, name.span());
    }
    tokens.expect("(");
    List<Double> numbers = new ArrayList<>();
    do {
      numbers.add(number());
    } while (tokens.takeSymbol(","));
    Span span = name.span().to(tokens.expect(")").span());
    SkyRegion region = region(shape, numbers, span);
    return new Side(null, region, ExpressionText.region(shape, numbers), span);
  }

  private double number() {
    Token sign = tokens.next();
    String minus = sign.isSymbol("-") || sign.isSymbol("+") ? tokens.take().text() : "";
    Token token = tokens.next();
    if (token.kind() != Token.Kind.NUMBER) {
      throw tokens.unexpected(token, "a number", List.of());
    }
    tokens.take();
    Literal literal = typing.number(minus, token, sign.span().to(token.span())).literal();
    return literal == null ? Double.NaN : ((Number) literal.value()).doubleValue();
  }

  private @Nullable SkyRegion region(String shape, List<Double> n, Span span) {
    if (n.stream().anyMatch(v -> v.isNaN())) {
      return null;
    }
    String wanted = wanted(shape, n.size());
    if (!wanted.isEmpty()) {
      typing.report(Problem.at(span, Problem.TYPE, shape + " takes " + wanted));
      return null;
    }
    if (n.size() > 2 * MAX_CORNERS) {
      typing.report(
          Problem.at(span, Problem.LIMIT, "a polygon of more than " + MAX_CORNERS + " corners"));
      return null;
    }
    try {
      return made(shape, n);
    } catch (IllegalArgumentException e) {
      typing.report(Problem.at(span, Problem.TYPE, shape + ": " + e.getMessage()));
      return null;
    }
  }

  /** What a shape takes when it is given another number of arguments, else nothing. */
  private static String wanted(String shape, int given) {
    return switch (shape) {
      case "CIRCLE" -> given == 3 ? "" : "ra, dec and radius in degrees";
      case "BOX" -> given == 4 ? "" : "ra0, dec0, ra1, dec1 in degrees";
      case "POLYGON" -> given >= 6 && given % 2 == 0 ? "" : "ra and dec of three or more corners";
      case "TRACT" -> given == 1 ? "" : "the number of a tract";
      default -> given == 2 ? "" : "the numbers of a tract and of a patch";
    };
  }

  private static SkyRegion made(String shape, List<Double> n) {
    switch (shape) {
      case "CIRCLE" -> {
        return new SkyCircle(point(n.get(0), n.get(1)), n.get(2));
      }
      case "BOX" -> {
        point(n.get(0), n.get(1));
        point(n.get(2), n.get(3));
        return new SkyBox(n.get(0), n.get(1), n.get(2), n.get(3));
      }
      case "POLYGON" -> {
        List<SkyPoint> corners = new ArrayList<>();
        for (int i = 0; i < n.size(); i += 2) {
          corners.add(point(n.get(i), n.get(i + 1)));
        }
        return SkyPolygon.of(corners);
      }
      default -> {
        Tract tract = SKY_MAP.tract(whole(n.get(0)));
        if (n.size() == 1) {
          return SkyPolygon.ofPixels(tract, tract.box());
        }
        int patch = whole(n.get(1));
        int count = tract.patchesPerAxis() * tract.patchesPerAxis();
        if (patch < 0 || patch >= count) {
          throw new IllegalArgumentException(
              "patch " + patch + ", a tract has 0 to " + (count - 1));
        }
        return SkyPolygon.ofPixels(tract, tract.patchOuterBox(patch));
      }
    }
  }

  private static SkyPoint point(double ra, double dec) {
    if (!(Math.abs(dec) <= 90) || !(Math.abs(ra) <= 360)) {
      throw new IllegalArgumentException(
          "(" + ra + ", " + dec + ") is no position: degrees, |dec| at most 90");
    }
    return new SkyPoint(ra, dec);
  }

  private static int whole(double value) {
    if (value != Math.rint(value) || Math.abs(value) > Integer.MAX_VALUE) {
      throw new IllegalArgumentException(value + " is not a whole number");
    }
    return (int) value;
  }
}
