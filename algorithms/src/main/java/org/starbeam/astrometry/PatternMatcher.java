package org.starbeam.astrometry;

import java.io.Serializable;
import java.util.Locale;
import java.util.Optional;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.sky.Wcs;

/**
 * Finds which measured star is which reference star when the pointing is off by up to a minute of
 * arc and the field is turned by up to a degree.
 *
 * <p>First the pessimistic pattern search (DMTN-031): a pinwheel of a bright star and the bright
 * stars around it is looked for among the references, by spoke lengths and, with the turn that the
 * first spoke gives, by the ends of the other spokes; several must agree. Then, if no pattern is
 * found, the peak of the distribution of all source-reference offsets over turns. Every candidate
 * map is refined by three cycles of matching and fitting shift, turn and scale, and must pass the
 * verification of specs/02 section 11: with chance expectation lambda = N_src x density x pi r^2,
 * at least 6 matches (4 within 0.15 arcsec when fewer than 8 stars exist on one side), more than
 * lambda + 6 sqrt(lambda) + 3 (2), flux rank correlation above 0.3, and the same shift from bright
 * and faint half within 5 sigma. No answer is better than a wrong one.
 *
 * <p>The answer does not depend on the order of the rows. Cost: tens of milliseconds for 150
 * sources and hundreds of references.
 */
public final class PatternMatcher {
  /**
   * @param maxSources brightest sources used
   * @param maxReferences brightest references used
   * @param maxShiftArcsec largest error of the pointing
   * @param maxRotationDeg largest error of the position angle
   * @param spokes bright stars around the centre of a pinwheel that are tried
   * @param toleranceArcsec disagreement of a spoke's end in the first round; doubled in each of the
   *     further rounds
   * @param rounds number of rounds, each asking one agreeing spoke less
   * @param minToleranceArcsec smallest radius of the final matching
   * @param neighbourArcsec references closer to another are left out
   */
  public record Config(
      int maxSources,
      int maxReferences,
      double maxShiftArcsec,
      double maxRotationDeg,
      int spokes,
      double toleranceArcsec,
      int rounds,
      double minToleranceArcsec,
      double neighbourArcsec)
      implements Serializable {
    /** Values of specs/02 section 11; tolerances for pixels of 0.2 arcsec. */
    public static Config defaults() {
      return new Config(150, 8192, 60, 1, 12, 0.3, 4, 0.25, 1.5);
    }
  }

  /**
   * A verified match.
   *
   * @param matches pairs among the bright stars
   * @param shiftArcsec how far the middle of the field has moved
   * @param rotationDeg turn, north through east positive where x runs to the east
   * @param scale ratio of true to assumed scale
   * @param rmsArcsec root mean square distance of the pairs per axis
   * @param chance expected number of pairs if the map were wrong
   * @param byPattern false when the fallback by offsets found it
   */
  public record Result(
      StarMatches matches,
      double shiftArcsec,
      double rotationDeg,
      double scale,
      double rmsArcsec,
      double chance,
      boolean byPattern) {}

  private final Config config;

  public PatternMatcher(Config config) {
    this.config = config;
  }

  public PatternMatcher() {
    this(Config.defaults());
  }

  /**
   * Matches stars of one detector.
   *
   * @param initial WCS expected from the header and the camera
   * @param band band by whose fluxes references are ordered
   * @throws AlgorithmException TOO_FEW_STARS with fewer than 4 on one side, MATCH_FAILED when no
   *     map passes the verification
   */
  public Result match(StarList stars, Wcs initial, ReferenceStars references, String band) {
    MatchField field = new MatchField(stars, initial, references, band, config);
    if (field.sources() < 4 || field.rx.length < 4) {
      throw new AlgorithmException(
          "TOO_FEW_STARS",
          "matching needs 4 stars and 4 references, there are "
              + field.sources()
              + " and "
              + field.rx.length
              + " within "
              + config.maxShiftArcsec
              + " arcsec of the field");
    }
    MapVerifier verifier = new MapVerifier(field, config);
    Optional<MapVerifier.Verified> found = new PinwheelSearch(field, config).find(verifier);
    boolean byPattern = found.isPresent();
    if (!byPattern) {
      found = new OffsetSearch(field, config).find(verifier);
    }
    MapVerifier.Verified best = found.orElseThrow(() -> failed(field, verifier));
    Similarity map = best.map();
    return new Result(
        best.matches(),
        map.shift(),
        map.rotationDeg(),
        map.scale(),
        best.rms(),
        best.chance(),
        byPattern);
  }

  private AlgorithmException failed(MatchField field, MapVerifier verifier) {
    return new AlgorithmException(
        "MATCH_FAILED",
        String.format(
            Locale.ROOT,
            "%d stars and %d references, shift up to %.0f arcsec and turn up to %.2f deg: no map"
                + " passed; the best of %d candidates had %d pairs where chance gives %.1f",
            field.sources(),
            field.rx.length,
            config.maxShiftArcsec,
            config.maxRotationDeg,
            verifier.candidates(),
            verifier.bestPairs(),
            verifier.bestChance()));
  }
}
