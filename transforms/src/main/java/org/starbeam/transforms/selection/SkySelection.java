package org.starbeam.transforms.selection;

import java.util.List;
import org.starbeam.sky.SkyRegion;
import org.starbeam.transforms.selection.Expression.Condition;

/**
 * A region of the sky by itself, written as in an expression: {@code CIRCLE(ra, dec, radius)},
 * {@code BOX(ra0, dec0, ra1, dec1)}, {@code POLYGON(ra, dec, ...)}, {@code TRACT(n)} or {@code
 * PATCH(tract, patch)}, all in ICRS degrees.
 *
 * @param text the region in canonical form
 */
public record SkySelection(SkyRegion region, String text) {
  private static final String BEFORE = "REGION OVERLAPS ";

  /**
   * The region that a text says.
   *
   * @throws SelectionException with what is wrong with it
   */
  public static SkySelection parse(String text) {
    try {
      Condition condition =
          SelectionParser.parse(BEFORE + text, VisitFields.all(), java.util.Map.of());
      if (condition instanceof Expression.Overlaps overlaps) {
        return new SkySelection(overlaps.region(), overlaps.regionText());
      }
    } catch (SelectionException e) {
      throw new SelectionException(text, e.problems().stream().map(p -> moved(p, text)).toList());
    }
    Problem problem =
        new Problem(Problem.SYNTAX, 0, text.length(), "expected one region", List.of());
    throw new SelectionException(text, List.of(problem));
  }

  /** A problem with its place in the text of the region. */
  private static Problem moved(Problem p, String text) {
    int offset = Math.max(0, Math.min(p.offset() - BEFORE.length(), text.length()));
    return new Problem(p.code(), offset, p.length(), p.message(), p.suggestions());
  }

  /**
   * A condition of DuckDB SQL that a position lies in the region, complete in itself; NULL where
   * the columns hold no angles.
   *
   * @param ra column of right ascension, degrees, as SQL writes it
   */
  public String sql(String ra, String dec) {
    SqlCondition condition = SqlCompiler.compile(region, ra, dec);
    StringBuilder out = new StringBuilder(condition.text());
    for (Object number : condition.parameters()) {
      int at = out.indexOf("?");
      out.replace(at, at + 1, "'" + number + "'");
    }
    return out.toString();
  }
}
