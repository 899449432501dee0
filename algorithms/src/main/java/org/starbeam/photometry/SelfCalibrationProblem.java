package org.starbeam.photometry;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.photometry.SelfCalibration.Observation;
import org.starbeam.photometry.SelfCalibration.Reference;
import org.starbeam.photometry.SelfCalibration.Result;
import org.starbeam.photometry.SelfCalibration.StarFlat;
import org.starbeam.photometry.SelfCalibration.Visit;
import org.starbeam.sky.Gnomonic;

/**
 * The state of one {@link SelfCalibration}: parameters are a constant and two slopes of each visit,
 * then the terms of the star flats, then an offset of each detector in each visit.
 */
final class SelfCalibrationProblem {
  private static final double CUT = 4.685;
  private static final int ROUNDS = 8;
  private static final int FIRST_CUT_ROUND = 2;
  private static final int ENOUGH_TO_JUDGE = 10;

  /** A fifth of a detector in the unit range -1 to 1. */
  private static final double MOVED = 0.4;

  private static final int MAX_TERMS = 4 + StarFlat.TERMS;

  private final SelfCalibration.Config config;
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

  SelfCalibrationProblem(
      SelfCalibration.Config config,
      int nStars,
      List<Visit> visits,
      List<Observation> observations,
      List<Reference> references) {
    this.config = config;
    this.nStars = nStars;
    this.visits = visits;
    this.references = references;
    seenBy = new int[visits.size()];
    observations.forEach(o -> seenBy[o.visit()]++);
    TreeSet<Integer> numbers = new TreeSet<>();
    for (Observation o : observations) {
      if (seenBy[o.visit()] >= config.minStars()) {
        used.add(o);
        numbers.add(o.detector());
      }
    }
    if (used.isEmpty()) {
      throw new AlgorithmException(
          "NO_SHARED_STARS",
          "none of "
              + visits.size()
              + " visits has "
              + config.minStars()
              + " isolated stars that another visit has too");
    }
    detectors = numbers.stream().mapToInt(Integer::intValue).toArray();
    pairs = used.stream().mapToLong(this::pair).sorted().distinct().toArray();
    flatTerms = new int[detectors.length];
    flatFirst = new int[detectors.length];
    solver = new PhotometricSolver(nStars, columns());
    gradientPrior = filled(config.gradientPriorMag());
    deltaPrior = filled(config.deltaPriorMag());
    cloudy = new boolean[visits.size()];
    variable = new boolean[nStars];
    uv = new double[used.size()][];
    floor = config.maxFloorMag();
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
      seenOn[index(o.detector())]++;
    }
    int next = 3 * visits.size();
    for (int d = 0; d < detectors.length; d++) {
      flatFirst[d] = next;
      flatTerms[d] = !dithered ? 0 : seenOn[d] >= config.surfaceObservations() ? StarFlat.TERMS : 1;
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
      double[] r = range[o.star()];
      if (r == null) {
        range[o.star()] = new double[] {o.x(), o.x(), o.y(), o.y()};
        detector[o.star()] = o.detector();
      } else {
        range[o.star()] =
            new double[] {
              Math.min(r[0], o.x()),
              Math.max(r[1], o.x()),
              Math.min(r[2], o.y()),
              Math.max(r[3], o.y())
            };
        moved[o.star()] =
            detector[o.star()] == o.detector() && Double.isFinite(moved[o.star()])
                ? Math.max(
                    moved[o.star()],
                    Math.max(
                        range[o.star()][1] - range[o.star()][0],
                        range[o.star()][3] - range[o.star()][2]))
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
    return (long) o.visit() * detectors.length + index(o.detector());
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
      plane[v] = new Gnomonic(visits.get(v).center());
    }
    int[] parameters = new int[MAX_TERMS];
    double[] derivatives = new double[MAX_TERMS];
    for (int i = 0; i < used.size(); i++) {
      Observation o = used.get(i);
      uv[i] =
          VisitZeroPoint.fieldPlace(
              plane[o.visit()], visits.get(o.visit()).radiusArcsec(), o.place());
      int n = terms(o, uv[i], parameters, derivatives);
      solver.observe(
          o.star(), o.mag(), o.err(), Arrays.copyOf(parameters, n), Arrays.copyOf(derivatives, n));
    }
    for (Reference r : references) {
      solver.observe(r.star(), r.mag(), referenceError(r), new int[0], new double[0]);
    }
  }

  private double referenceError(Reference r) {
    return Math.hypot(r.err(), config.referenceFloorMag());
  }

  private int terms(Observation o, double[] place, int[] parameters, double[] derivatives) {
    double[] basis = StarFlat.basis(o.x(), o.y());
    int d = index(o.detector());
    for (int k = 0; k < 3; k++) {
      parameters[k] = 3 * o.visit() + k;
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
      solver.prior(3 * v, 0, config.visitPriorMag());
      solver.prior(3 * v + 1, 0, gradientPrior[v]);
      solver.prior(3 * v + 2, 0, gradientPrior[v]);
    }
    for (int k = flatFirst[0]; k < columnsOfPairs(); k++) {
      solver.prior(k, 0, config.starFlatPriorMag());
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
      int star = isReference ? references.get(row - used.size()).star() : used.get(row).star();
      double err =
          isReference
              ? referenceError(references.get(row - used.size()))
              : Math.hypot(used.get(row).err(), floor);
      double off =
          round == 0
              ? (isReference ? references.get(row - used.size()).mag() : used.get(row).mag())
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
    used.forEach(o -> count[o.star()]++);
    for (int s = 0; s < nStars; s++) {
      seen[s] = new double[count[s]];
    }
    Arrays.fill(count, 0);
    used.forEach(o -> seen[o.star()][count[o.star()]++] = o.mag());
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
      cloudy[v] |= spread > config.nonPhotometricMag();
      deltaPrior[v] = cloudy[v] ? Math.max(spread, deltaPrior[v]) : config.deltaPriorMag();
      gradientPrior[v] =
          Math.max(
              config.gradientPriorMag(), Math.hypot(p[3 * v + 1], p[3 * v + 2]) / Math.sqrt(2));
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
    return values.size() < 3
        ? 0
        : ClippedStatistics.medianScatter(
            values.stream().mapToDouble(Double::doubleValue).toArray());
  }

  /** Noise beyond the photons' that the residuals of bright repeated stars show. */
  private double noise() {
    int[] count = new int[nStars];
    used.forEach(o -> count[o.star()]++);
    double bright = brightError();
    double[] off = new double[used.size()];
    double[] err = new double[used.size()];
    int n = 0;
    for (int i = 0; i < used.size(); i++) {
      Observation o = used.get(i);
      double r = solver.residual(i, solution);
      if (count[o.star()] > 1 && o.err() < bright && Double.isFinite(r) && !variable[o.star()]) {
        off[n] = r / Math.sqrt(1 - 1.0 / count[o.star()]);
        err[n++] = o.err();
      }
    }
    double found = RobustMean.intrinsic(Arrays.copyOf(off, n), Arrays.copyOf(err, n), 0);
    return Math.min(config.maxFloorMag(), Math.max(config.minFloorMag(), found));
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
      double t = solver.residual(i, solution) / Math.hypot(o.err(), floor);
      if (Double.isFinite(t)) {
        chi2[o.star()] += t * t;
        count[o.star()]++;
      }
    }
    for (int s = 0; s < nStars; s++) {
      variable[s] = count[s] >= 6 && Math.sqrt(chi2[s] / (count[s] - 1)) > config.variableRatio();
    }
  }

  private Result result() {
    double[] own = solver.ownErrors();
    double absolute = 0;
    int nReferences = 0;
    for (int k = 0; k < references.size(); k++) {
      Reference r = references.get(k);
      double t = solver.residual(used.size() + k, solution) / (CUT * referenceError(r));
      if (Math.abs(t) < 1 && !variable[r.star()]) {
        absolute += (1 - t * t) * (1 - t * t) / Math.pow(referenceError(r), 2);
        nReferences++;
      }
    }
    double common = absolute > 0 ? 1 / Math.sqrt(absolute) : config.visitPriorMag();
    Map<Long, VisitZeroPoint.Fit> fits = new TreeMap<>();
    double[][] residuals = residualsByVisit();
    int[] kept = kept();
    for (int v = 0; v < visits.size(); v++) {
      if (seenBy[v] >= config.minStars()) {
        fits.put(visits.get(v).id(), fit(v, own, common, kept[v], scatter(residuals[v])));
      }
    }
    Map<Integer, StarFlat> flats = new TreeMap<>();
    for (int d = 0; d < detectors.length; d++) {
      if (flatTerms[d] == StarFlat.TERMS) {
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

  private VisitZeroPoint.Fit fit(int v, double[] own, double common, int nUsed, double scatterMag) {
    double[] p = solution.parameters();
    Visit visit = visits.get(v);
    Map<Integer, Double> delta = new TreeMap<>();
    Map<Integer, Double> deltaErr = new TreeMap<>();
    for (int d = 0; d < detectors.length; d++) {
      int pair = Arrays.binarySearch(pairs, (long) v * detectors.length + d);
      int column = columnsOfPairs() + pair;
      double flat = flatTerms[d] == 0 ? 0 : p[flatFirst[d]];
      delta.put(detectors[d], pair < 0 ? flat : flat + p[column]);
      deltaErr.put(detectors[d], pair < 0 ? config.deltaPriorMag() : own[column]);
    }
    return new VisitZeroPoint.Fit(
        visit.center(),
        visit.radiusArcsec(),
        visit.zeroPoint() + p[3 * v],
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
      out[o.visit()] += !variable[o.star()] && r < CUT * Math.hypot(o.err(), floor) ? 1 : 0;
    }
    return out;
  }

  private double[][] residualsByVisit() {
    double[][] out = new double[visits.size()][];
    for (int v = 0; v < out.length; v++) {
      out[v] = new double[seenBy[v] >= config.minStars() ? seenBy[v] : 0];
    }
    int[] count = new int[out.length];
    for (int i = 0; i < used.size(); i++) {
      int v = used.get(i).visit();
      out[v][count[v]++] = solver.residual(i, solution);
    }
    return out;
  }

  private static double scatter(double[] residuals) {
    return ClippedStatistics.MAD_TO_SIGMA
        * ClippedStatistics.median(Arrays.stream(residuals).map(Math::abs).toArray());
  }
}
