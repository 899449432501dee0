package org.starbeam.photometry;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * Zero points of all visits of a band from the stars that they have in common (specs/06 sections 10
 * to 12, gray model). A star's magnitude is the same in every visit:
 *
 * <pre>
 * m(star) = m_visit + z_v + g_v . (u, v) + delta_vd + S_d(x, y)
 * </pre>
 *
 * with m_visit the magnitude by the visit's own constant, z_v its correction, g_v a slope over the
 * field, delta_vd what a detector differs by in this visit and S_d the star flat of the detector, a
 * constant or a surface of degree 2, the same in all visits; 0 where visits do not move stars over
 * the detectors, so that nothing tells it. Reference stars are observations of the absolute
 * magnitude. Robust (Tukey's biweight), variable stars are left out, the noise beyond the photons'
 * is estimated between two bounds. A visit whose detectors scatter by more than a clear sky allows
 * gets a wider prior and is called non-photometric. Cost O(rounds x iterations x observations).
 */
public final class SelfCalibration {
  private static final double CUT = 4.685;
  private static final int ROUNDS = 8;
  private static final int FIRST_CUT_ROUND = 2;
  private static final int ENOUGH_TO_JUDGE = 10;

  /** Terms of a star flat: T0, then T1x, T1y, T2x, T1x T1y, T2y. */
  private static final int SURFACE = 6;

  /** A fifth of a detector in the unit range -1 to 1. */
  private static final double MOVED = 0.4;

  private static final int MAX_TERMS = 4 + SURFACE;

  /**
   * @param minStars fewest stars of a visit that is solved; one with fewer keeps its own zero point
   * @param visitPriorMag spread of the corrections of visits
   * @param gradientPriorMag spread of the slopes, per field radius
   * @param deltaPriorMag spread of the detectors of a visit
   * @param starFlatPriorMag spread of the terms of star flats
   * @param nonPhotometricMag scatter of a visit's detectors above which clouds have structure
   * @param surfaceObservations observations on a detector from which its star flat is a surface
   * @param referenceFloorMag error added to every reference magnitude
   * @param minFloorMag least noise beyond the photons'
   * @param maxFloorMag largest noise beyond the photons'
   * @param variableRatio scatter of a star over what is expected, with six observations, above
   *     which it is variable
   */
  public record Config(
      int minStars,
      double visitPriorMag,
      double gradientPriorMag,
      double deltaPriorMag,
      double starFlatPriorMag,
      double nonPhotometricMag,
      int surfaceObservations,
      double referenceFloorMag,
      double minFloorMag,
      double maxFloorMag,
      double variableRatio)
      implements Serializable {
    public static Config defaults() {
      return new Config(5, 0.3, 0.010, 0.005, 0.010, 0.015, 2000, 0.010, 0.001, 0.003, 5);
    }
  }

  /**
   * A visit.
   *
   * @param center where (u, v) = 0
   * @param radiusArcsec where |(u, v)| = 1
   * @param zeroPoint of its own, by which the magnitudes of its observations were made
   */
  public record Visit(long id, SkyPoint center, double radiusArcsec, double zeroPoint) {}

  /**
   * A star seen by a visit.
   *
   * @param star index of the star
   * @param visit index in the list of visits
   * @param x place on the detector, -1 to 1
   * @param y place on the detector, -1 to 1
   * @param mag AB magnitude by the visit's constant zero point, pixel area allowed for
   * @param err photon noise, mag
   */
  public record Observation(
      int star,
      int visit,
      int detector,
      SkyPoint place,
      double x,
      double y,
      double mag,
      double err) {}

  /** A star of known magnitude. */
  public record Reference(int star, double mag, double err) {}

  /**
   * A star flat.
   *
   * @param terms coefficients of T0, T1(x), T1(y), T2(x), T1(x) T1(y), T2(y), mag
   */
  public record StarFlat(double[] terms) {
    /** Correction at a place, -1 to 1 in both directions, mag. */
    public double at(double x, double y) {
      double[] basis = surface(x, y);
      double sum = 0;
      for (int k = 0; k < SURFACE; k++) {
        sum += terms[k] * basis[k];
      }
      return sum;
    }
  }

  /**
   * The calibration of a band.
   *
   * @param visits zero points by visit, those with enough stars; the deltas hold the constants of
   *     the star flats
   * @param starFlats the rest of the star flats, constant term 0, by detector
   * @param floorMag noise beyond the photons'
   * @param nStars stars with weight
   * @param nReferences reference stars with weight
   * @param nVariable stars left out because they vary
   * @param absoluteErrMag error of the common zero
   * @param scatterMag robust scatter of bright observations about their stars
   * @param starMag magnitudes of the stars, NaN where unknown
   */
  public record Result(
      Map<Long, VisitZeroPoint.Fit> visits,
      Map<Integer, StarFlat> starFlats,
      double floorMag,
      int nStars,
      int nReferences,
      int nVariable,
      double absoluteErrMag,
      double scatterMag,
      double[] starMag) {}

  private final Config config;

  public SelfCalibration(Config config) {
    this.config = config;
  }

  /**
   * Solves a band.
   *
   * @param nStars number of stars, whose indices are below it
   * @throws AlgorithmException NO_SHARED_STARS when no visit has enough stars
   */
  public Result solve(
      int nStars, List<Visit> visits, List<Observation> observations, List<Reference> references) {
    return new Problem(nStars, visits, observations, references).solve();
  }

  private static double[] surface(double x, double y) {
    return new double[] {1, x, y, 2 * x * x - 1, x * y, 2 * y * y - 1};
  }

  private final class Problem {
    private final int nStars;
    private final List<Visit> visits;
    private final List<Observation> used = new ArrayList<>();
    private final List<Reference> references;
    private final int[] seenBy;
    private final int[] detectors;
    private final int[] flatTerms;
    private final int[] flatFirst;

    /** Visits with their detectors, visit times the number of detectors and the detector's row. */
    private final long[] pairs;

    private final double[] gradientPrior;
    private final double[] deltaPrior;
    private final boolean[] cloudy;
    private final boolean[] variable;
    private final PhotometricSolver solver;
    private final double[][] uv;
    private double floor;
    private PhotometricSolver.Solution solution;

    Problem(
        int nStars,
        List<Visit> visits,
        List<Observation> observations,
        List<Reference> references) {
      this.nStars = nStars;
      this.visits = visits;
      this.references = references;
      seenBy = new int[visits.size()];
      observations.forEach(o -> seenBy[o.visit]++);
      TreeSet<Integer> numbers = new TreeSet<>();
      for (Observation o : observations) {
        if (seenBy[o.visit] >= config.minStars) {
          used.add(o);
          numbers.add(o.detector);
        }
      }
      if (used.isEmpty()) {
        throw new AlgorithmException(
            "NO_SHARED_STARS",
            "none of "
                + visits.size()
                + " visits has "
                + config.minStars
                + " isolated stars that another visit has too");
      }
      detectors = numbers.stream().mapToInt(Integer::intValue).toArray();
      pairs = used.stream().mapToLong(this::pair).sorted().distinct().toArray();
      flatTerms = new int[detectors.length];
      flatFirst = new int[detectors.length];
      solver = new PhotometricSolver(nStars, columns());
      gradientPrior = filled(config.gradientPriorMag);
      deltaPrior = filled(config.deltaPriorMag);
      cloudy = new boolean[visits.size()];
      variable = new boolean[nStars];
      uv = new double[used.size()][];
      floor = config.maxFloorMag;
      rows();
      solution =
          new PhotometricSolver.Solution(
              new double[columnsOfPairs() + pairs.length], new double[nStars], 0, 0);
    }

    private double[] filled(double value) {
      double[] out = new double[visits.size()];
      Arrays.fill(out, value);
      return out;
    }

    /** Lays out the parameters: three of each visit, the star flats, one of each pair. */
    private int columns() {
      boolean dithered = isDithered();
      int[] seenOn = new int[detectors.length];
      for (Observation o : used) {
        seenOn[index(o.detector)]++;
      }
      int next = 3 * visits.size();
      for (int d = 0; d < detectors.length; d++) {
        flatFirst[d] = next;
        flatTerms[d] = !dithered ? 0 : seenOn[d] >= config.surfaceObservations ? SURFACE : 1;
        next += flatTerms[d];
      }
      return next + pairs.length;
    }

    /** Whether half of the stars change detectors or move by a fifth of one and more. */
    private boolean isDithered() {
      int[] detector = new int[nStars];
      double[][] range = new double[nStars][];
      double[] moved = new double[nStars];
      for (Observation o : used) {
        double[] r = range[o.star];
        if (r == null) {
          range[o.star] = new double[] {o.x, o.x, o.y, o.y};
          detector[o.star] = o.detector;
        } else {
          range[o.star] =
              new double[] {
                Math.min(r[0], o.x), Math.max(r[1], o.x), Math.min(r[2], o.y), Math.max(r[3], o.y)
              };
          moved[o.star] =
              detector[o.star] == o.detector && Double.isFinite(moved[o.star])
                  ? Math.max(
                      moved[o.star],
                      Math.max(
                          range[o.star][1] - range[o.star][0], range[o.star][3] - range[o.star][2]))
                  : Double.POSITIVE_INFINITY;
        }
      }
      double[] repeated =
          IntStream.range(0, nStars)
              .filter(s -> range[s] != null)
              .mapToDouble(s -> moved[s])
              .toArray();
      return RobustMean.median(repeated, repeated.length) >= MOVED;
    }

    private int columnsOfPairs() {
      int last = detectors.length - 1;
      return flatFirst[last] + flatTerms[last];
    }

    private int index(int detector) {
      return Arrays.binarySearch(detectors, detector);
    }

    private long pair(Observation o) {
      return (long) o.visit * detectors.length + index(o.detector);
    }

    /** Position of an observation's visit and detector among the pairs. */
    private int column(Observation o) {
      return Arrays.binarySearch(pairs, pair(o));
    }

    private int visitOf(int pair) {
      return (int) (pairs[pair] / detectors.length);
    }

    private void rows() {
      Gnomonic[] plane = new Gnomonic[visits.size()];
      for (int v = 0; v < plane.length; v++) {
        plane[v] = new Gnomonic(visits.get(v).center);
      }
      int[] parameters = new int[MAX_TERMS];
      double[] derivatives = new double[MAX_TERMS];
      for (int i = 0; i < used.size(); i++) {
        Observation o = used.get(i);
        uv[i] =
            VisitZeroPoint.fieldPlace(plane[o.visit], visits.get(o.visit).radiusArcsec, o.place);
        int n = terms(o, uv[i], parameters, derivatives);
        solver.observe(
            o.star, o.mag, o.err, Arrays.copyOf(parameters, n), Arrays.copyOf(derivatives, n));
      }
      for (Reference r : references) {
        solver.observe(r.star, r.mag, referenceError(r), new int[0], new double[0]);
      }
    }

    private double referenceError(Reference r) {
      return Math.hypot(r.err, config.referenceFloorMag);
    }

    private int terms(Observation o, double[] place, int[] parameters, double[] derivatives) {
      double[] basis = surface(o.x, o.y);
      int d = index(o.detector);
      for (int k = 0; k < 3; k++) {
        parameters[k] = 3 * o.visit + k;
        derivatives[k] = k == 0 ? 1 : place[k - 1];
      }
      parameters[3] = columnsOfPairs() + column(o);
      derivatives[3] = 1;
      for (int k = 0; k < flatTerms[d]; k++) {
        parameters[4 + k] = flatFirst[d] + k;
        derivatives[4 + k] = basis[k];
      }
      return 4 + flatTerms[d];
    }

    Result solve() {
      for (int round = 0; round < ROUNDS; round++) {
        priors();
        weigh(round);
        solution = solver.solve(solution.parameters());
        judgeVisits();
        floor = noise();
        if (round == FIRST_CUT_ROUND) {
          judgeStars();
        }
      }
      return result();
    }

    private void priors() {
      for (int v = 0; v < visits.size(); v++) {
        solver.prior(3 * v, 0, config.visitPriorMag);
        solver.prior(3 * v + 1, 0, gradientPrior[v]);
        solver.prior(3 * v + 2, 0, gradientPrior[v]);
      }
      for (int k = flatFirst[0]; k < columnsOfPairs(); k++) {
        solver.prior(k, 0, config.starFlatPriorMag);
      }
      for (int k = 0; k < pairs.length; k++) {
        solver.prior(columnsOfPairs() + k, 0, deltaPrior[visitOf(k)]);
      }
    }

    /** The first round takes what lies within half a magnitude of the others. */
    private void weigh(int round) {
      double[] middle = round == 0 ? medians() : solution.stars();
      for (int row = 0; row < solver.size(); row++) {
        boolean isReference = row >= used.size();
        int star = isReference ? references.get(row - used.size()).star : used.get(row).star;
        double err =
            isReference
                ? referenceError(references.get(row - used.size()))
                : Math.hypot(used.get(row).err, floor);
        double off =
            round == 0
                ? (isReference ? references.get(row - used.size()).mag : used.get(row).mag)
                    - middle[star]
                : solver.residual(row, solution);
        double scale = round == 0 ? CUT * Math.hypot(err, 0.1) : CUT * err;
        double t = off / scale;
        double share = Math.abs(t) < 1 && !variable[star] ? (1 - t * t) * (1 - t * t) : 0;
        solver.weigh(row, err, Double.isNaN(middle[star]) ? 0 : share);
      }
    }

    private double[] medians() {
      double[][] seen = new double[nStars][];
      int[] count = new int[nStars];
      used.forEach(o -> count[o.star]++);
      for (int s = 0; s < nStars; s++) {
        seen[s] = new double[count[s]];
      }
      Arrays.fill(count, 0);
      used.forEach(o -> seen[o.star][count[o.star]++] = o.mag);
      double[] out = new double[nStars];
      for (int s = 0; s < nStars; s++) {
        out[s] = RobustMean.median(seen[s], count[s]);
      }
      return out;
    }

    private void judgeVisits() {
      double[] p = solution.parameters();
      List<List<Double>> means = new ArrayList<>();
      visits.forEach(v -> means.add(new ArrayList<>()));
      double[][] offsets = residualsByPair();
      for (int k = 0; k < pairs.length; k++) {
        if (offsets[k].length >= ENOUGH_TO_JUDGE) {
          double own = RobustMean.median(offsets[k], offsets[k].length);
          means.get(visitOf(k)).add(p[columnsOfPairs() + k] - own);
        }
      }
      for (int v = 0; v < visits.size(); v++) {
        double spread = spread(means.get(v));
        cloudy[v] |= spread > config.nonPhotometricMag;
        deltaPrior[v] = cloudy[v] ? Math.max(spread, deltaPrior[v]) : config.deltaPriorMag;
        gradientPrior[v] =
            Math.max(
                config.gradientPriorMag, Math.hypot(p[3 * v + 1], p[3 * v + 2]) / Math.sqrt(2));
      }
    }

    private double[][] residualsByPair() {
      double[][] out = new double[pairs.length][];
      int[] count = new int[pairs.length];
      for (Observation o : used) {
        count[column(o)]++;
      }
      for (int k = 0; k < out.length; k++) {
        out[k] = new double[count[k]];
      }
      Arrays.fill(count, 0);
      for (int i = 0; i < used.size(); i++) {
        int k = column(used.get(i));
        out[k][count[k]++] = solver.residual(i, solution);
      }
      return out;
    }

    private static double spread(List<Double> values) {
      if (values.size() < 3) {
        return 0;
      }
      double[] v = values.stream().mapToDouble(Double::doubleValue).toArray();
      double middle = RobustMean.median(v, v.length);
      for (int i = 0; i < v.length; i++) {
        v[i] = Math.abs(v[i] - middle);
      }
      return 1.4826 * RobustMean.median(v, v.length);
    }

    /** Noise beyond the photons' that the residuals of bright repeated stars show. */
    private double noise() {
      int[] count = new int[nStars];
      used.forEach(o -> count[o.star]++);
      double bright = brightError();
      double[] off = new double[used.size()];
      double[] err = new double[used.size()];
      int n = 0;
      for (int i = 0; i < used.size(); i++) {
        Observation o = used.get(i);
        double r = solver.residual(i, solution);
        if (count[o.star] > 1 && o.err < bright && Double.isFinite(r) && !variable[o.star]) {
          off[n] = r / Math.sqrt(1 - 1.0 / count[o.star]);
          err[n++] = o.err;
        }
      }
      double found = RobustMean.intrinsic(Arrays.copyOf(off, n), Arrays.copyOf(err, n), 0);
      return Math.min(config.maxFloorMag, Math.max(config.minFloorMag, found));
    }

    /** Photon noise below which lie a fifth of the observations. */
    private double brightError() {
      double[] err = used.stream().mapToDouble(Observation::err).sorted().toArray();
      return err[Math.min(err.length - 1, Math.max(err.length / 5, ENOUGH_TO_JUDGE))];
    }

    private void judgeStars() {
      double[] chi2 = new double[nStars];
      int[] count = new int[nStars];
      for (int i = 0; i < used.size(); i++) {
        Observation o = used.get(i);
        double t = solver.residual(i, solution) / Math.hypot(o.err, floor);
        if (Double.isFinite(t)) {
          chi2[o.star] += t * t;
          count[o.star]++;
        }
      }
      for (int s = 0; s < nStars; s++) {
        variable[s] = count[s] >= 6 && Math.sqrt(chi2[s] / (count[s] - 1)) > config.variableRatio;
      }
    }

    private Result result() {
      double[] own = solver.ownErrors();
      double absolute = 0;
      int nReferences = 0;
      for (int k = 0; k < references.size(); k++) {
        Reference r = references.get(k);
        double t = solver.residual(used.size() + k, solution) / (CUT * referenceError(r));
        if (Math.abs(t) < 1 && !variable[r.star]) {
          absolute += (1 - t * t) * (1 - t * t) / Math.pow(referenceError(r), 2);
          nReferences++;
        }
      }
      double common = absolute > 0 ? 1 / Math.sqrt(absolute) : config.visitPriorMag;
      Map<Long, VisitZeroPoint.Fit> fits = new TreeMap<>();
      double[][] residuals = residualsByVisit();
      int[] kept = kept();
      for (int v = 0; v < visits.size(); v++) {
        if (seenBy[v] >= config.minStars) {
          fits.put(visits.get(v).id, fit(v, own, common, kept[v], scatter(residuals[v])));
        }
      }
      Map<Integer, StarFlat> flats = new TreeMap<>();
      for (int d = 0; d < detectors.length; d++) {
        if (flatTerms[d] == SURFACE) {
          double[] terms =
              Arrays.copyOfRange(solution.parameters(), flatFirst[d], flatFirst[d] + flatTerms[d]);
          terms[0] = 0;
          flats.put(detectors[d], new StarFlat(terms));
        }
      }
      int nStarsUsed = (int) Arrays.stream(solution.stars()).filter(Double::isFinite).count();
      int nVariable = 0;
      for (boolean b : variable) {
        nVariable += b ? 1 : 0;
      }
      return new Result(
          fits,
          flats,
          floor,
          nStarsUsed,
          nReferences,
          nVariable,
          common,
          scatter(Arrays.stream(residuals).flatMapToDouble(Arrays::stream).toArray()),
          solution.stars());
    }

    private VisitZeroPoint.Fit fit(
        int v, double[] own, double common, int nUsed, double scatterMag) {
      double[] p = solution.parameters();
      Visit visit = visits.get(v);
      Map<Integer, Double> delta = new TreeMap<>();
      Map<Integer, Double> deltaErr = new TreeMap<>();
      for (int d = 0; d < detectors.length; d++) {
        int pair = Arrays.binarySearch(pairs, (long) v * detectors.length + d);
        int column = columnsOfPairs() + pair;
        double flat = flatTerms[d] == 0 ? 0 : p[flatFirst[d]];
        delta.put(detectors[d], pair < 0 ? flat : flat + p[column]);
        deltaErr.put(detectors[d], pair < 0 ? config.deltaPriorMag : own[column]);
      }
      return new VisitZeroPoint.Fit(
          visit.center,
          visit.radiusArcsec,
          visit.zeroPoint + p[3 * v],
          p[3 * v + 1],
          p[3 * v + 2],
          Math.hypot(own[3 * v], common),
          Map.copyOf(delta),
          Map.copyOf(deltaErr),
          nUsed,
          scatterMag,
          floor,
          cloudy[v]);
    }

    /** Observations of each visit that have weight. */
    private int[] kept() {
      int[] out = new int[visits.size()];
      for (int i = 0; i < used.size(); i++) {
        Observation o = used.get(i);
        double r = Math.abs(solver.residual(i, solution));
        out[o.visit] += !variable[o.star] && r < CUT * Math.hypot(o.err, floor) ? 1 : 0;
      }
      return out;
    }

    private double[][] residualsByVisit() {
      double[][] out = new double[visits.size()][];
      for (int v = 0; v < out.length; v++) {
        out[v] = new double[seenBy[v] >= config.minStars ? seenBy[v] : 0];
      }
      int[] count = new int[out.length];
      for (int i = 0; i < used.size(); i++) {
        int v = used.get(i).visit;
        out[v][count[v]++] = solver.residual(i, solution);
      }
      return out;
    }

    private static double scatter(double[] residuals) {
      double[] off = Arrays.stream(residuals).filter(Double::isFinite).map(Math::abs).toArray();
      return 1.4826 * RobustMean.median(off, off.length);
    }
  }
}
