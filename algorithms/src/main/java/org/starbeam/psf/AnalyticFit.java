package org.starbeam.psf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;

/**
 * An analytic profile fitted star by star, its size and shear interpolated over the image (specs/02
 * section 7.3). The exponent of a Moffat profile is that which leaves least of the brightest stars.
 * The degree is that of the least chi^2 of the stars left out in ten folds, a lower one where that
 * is as good within a standard error (section 7.4).
 */
final class AnalyticFit {
  private static final int PARAMETERS = 3;
  private static final int MIN_STARS = 4;
  private static final int EXPONENT_STARS = 15;
  private static final double[] EXPONENTS = {1.6, 2, 2.5, 3, 3.6, 4.5, 6};
  private static final double USUAL_EXPONENT = 3;

  /** Sigma beyond which the shape of a star is not that of the others; median of chi^2 of 3. */
  private static final double SHAPE_CLIP = 4;

  private static final double MEDIAN_CHI2 = 2.366;

  private final PsfDeterminer.Config shared;
  private final PiffPsf.Config config;
  private final StampSet stamps;
  private final PositionBasis highest;
  private final double[] start;
  private List<AnalyticStar> stars = List.of();

  AnalyticFit(PsfDeterminer.Config shared, StampSet stamps, StarMoments moments) {
    this.shared = shared;
    this.config = shared.piff();
    this.stamps = stamps;
    highest =
        PositionBasis.over(
            stamps.imageBox(),
            config.interpolation() == PiffPsf.Interpolation.MEAN ? 0 : shared.maxDegree());
    start = shape(moments);
  }

  /** FWHM, g1 and g2 of the Gaussian of these moments. */
  static double[] shape(StarMoments m) {
    double trace = m.xx() + m.yy();
    double area = Math.sqrt(m.xx() * m.yy() - m.xy() * m.xy());
    double norm = trace + 2 * area;
    return new double[] {m.fwhm(), (m.xx() - m.yy()) / norm, 2 * m.xy() / norm};
  }

  PsfFit fit(Set<PsfFit.Flag> flags) {
    AnalyticProfile profile = new AnalyticProfile(config.model(), exponent());
    stars = fitted(stamps.stamps(), profile);
    List<AnalyticStar> all = stars;
    rejectMisfits();
    if (stars.isEmpty()) {
      stars = all;
    }
    int degree = 0;
    double[][] polynomials = polynomials(0, -1);
    for (int round = 0; round < config.maxRounds(); round++) {
      degree = degree();
      polynomials = polynomials(degree, -1);
      if (!rejectShapes(polynomials, degree)) {
        break;
      }
    }
    return result(profile, degree, polynomials, flags);
  }

  private double exponent() {
    if (config.model() != PiffPsf.Model.MOFFAT) {
      return USUAL_EXPONENT;
    }
    List<StampSet.Stamp> bright =
        stamps.stamps().stream()
            .sorted(Comparator.comparingDouble(s -> -s.star().flux()))
            .limit(EXPONENT_STARS)
            .toList();
    double[] left = new double[EXPONENTS.length];
    int best = 0;
    for (int i = 0; i < EXPONENTS.length; i++) {
      AnalyticProfile profile = new AnalyticProfile(config.model(), EXPONENTS[i]);
      double[] chi2 = fitted(bright, profile).stream().mapToDouble(s -> s.chi2).toArray();
      left[i] = chi2.length == 0 ? Double.MAX_VALUE : ClippedStatistics.median(chi2);
      best = left[i] < left[best] ? i : best;
    }
    return best == 0 || best == EXPONENTS.length - 1 ? EXPONENTS[best] : vertex(left, best);
  }

  /** Least of the parabola through three points in the logarithm of the exponent. */
  private static double vertex(double[] left, int best) {
    double a = Math.log(EXPONENTS[best - 1]);
    double b = Math.log(EXPONENTS[best]);
    double c = Math.log(EXPONENTS[best + 1]);
    double ab = (left[best] - left[best - 1]) / (b - a);
    double bc = (left[best + 1] - left[best]) / (c - b);
    double curvature = (bc - ab) / (c - a);
    return Math.exp(curvature > 0 ? 0.5 * (a + b) - 0.5 * ab / curvature : b);
  }

  /** Stars whose fit went well. */
  private List<AnalyticStar> fitted(List<StampSet.Stamp> of, AnalyticProfile profile) {
    List<AnalyticStar> out = new ArrayList<>();
    for (StampSet.Stamp stamp : of) {
      AnalyticStar star = new AnalyticStar(stamp, stamps.side(), shared.halfSize() + 0.5, start);
      star.fit(
          profile,
          stamps.config().variancePerFlux(),
          shared.freeCentres(),
          config.pixelClip(),
          shared.maxSnr());
      if (star.used) {
        out.add(star);
      }
    }
    return out;
  }

  private void rejectMisfits() {
    for (int round = 0; round < config.maxRounds() && stars.size() > MIN_STARS; round++) {
      double[] chi2 = stars.stream().mapToDouble(s -> s.chi2).toArray();
      double[] dof = stars.stream().mapToDouble(s -> s.pixels - 7).toArray();
      List<Integer> worst = PiffPsf.outliers(chi2, dof, config);
      if (worst.isEmpty()) {
        return;
      }
      drop(worst);
    }
  }

  private void drop(List<Integer> indices) {
    List<AnalyticStar> kept = new ArrayList<>();
    for (int i = 0; i < stars.size(); i++) {
      if (indices.contains(i)) {
        stars.get(i).used = false;
      } else {
        kept.add(stars.get(i));
      }
    }
    stars = kept;
  }

  /** Drops the stars whose shapes are furthest off; returns whether there were any. */
  private boolean rejectShapes(double[][] polynomials, int degree) {
    if (stars.size() <= MIN_STARS) {
      return false;
    }
    double[] chi2 = new double[stars.size()];
    for (int i = 0; i < chi2.length; i++) {
      chi2[i] = chi2(stars.get(i), polynomials, degree);
    }
    double scale = Math.max(1, ClippedStatistics.median(chi2) / MEDIAN_CHI2);
    double limit = (SHAPE_CLIP * SHAPE_CLIP + PARAMETERS) * scale;
    List<Integer> worst = new ArrayList<>();
    for (int i = 0; i < chi2.length; i++) {
      if (chi2[i] > limit) {
        worst.add(i);
      }
    }
    worst.sort(Comparator.comparingDouble(i -> -chi2[i]));
    int most = Math.max(1, (int) (config.maxRejected() * chi2.length));
    drop(worst.subList(0, Math.min(most, worst.size())));
    return !worst.isEmpty();
  }

  private double[] basis(AnalyticStar star, int degree) {
    return highest.withDegree(degree).at(star.stamp.star().x(), star.stamp.star().y());
  }

  private double chi2(AnalyticStar star, double[][] polynomials, int degree) {
    double[] b = basis(star, degree);
    double sum = 0;
    for (int p = 0; p < PARAMETERS; p++) {
      double d = star.shape[p] - PixelGridFit.dot(b, polynomials[p]);
      sum += d * d / star.covariance[p][p];
    }
    return sum;
  }

  private static int fold(AnalyticStar star) {
    return VariationFit.fold(star.stamp.star().key());
  }

  private int degree() {
    int best = 0;
    double[] least = crossValidated(0);
    for (int degree = 1; degree <= VariationFit.allowed(stars.size(), highest.degree()); degree++) {
      double[] next = crossValidated(degree);
      double gain = 0;
      double squares = 0;
      for (int i = 0; i < next.length; i++) {
        gain += least[i] - next[i];
        squares += (least[i] - next[i]) * (least[i] - next[i]);
      }
      double error = Math.sqrt(Math.max(0, squares - gain * gain / next.length));
      if (gain > error) {
        best = degree;
        least = next;
      }
    }
    return best;
  }

  /** Chi^2 of every star by the stars of the other folds. */
  private double[] crossValidated(int degree) {
    double[] out = new double[stars.size()];
    for (int fold = 0; fold < VariationFit.FOLDS; fold++) {
      double[][] polynomials = polynomials(degree, fold);
      for (int i = 0; i < out.length; i++) {
        if (fold(stars.get(i)) == fold) {
          out[i] = chi2(stars.get(i), polynomials, degree);
        }
      }
    }
    return out;
  }

  /** Weighted least-squares polynomials [parameter][term] without one fold; -1 for all. */
  private double[][] polynomials(int degree, int without) {
    int terms = PositionBasis.size(degree);
    double[][] out = new double[PARAMETERS][];
    for (int p = 0; p < PARAMETERS; p++) {
      double[][] a = new double[terms][terms];
      double[] b = new double[terms];
      for (AnalyticStar star : stars) {
        if (fold(star) != without) {
          double[] basis = basis(star, degree);
          double w = 1 / star.covariance[p][p];
          for (int k = 0; k < terms; k++) {
            b[k] += w * basis[k] * star.shape[p];
            for (int j = 0; j <= k; j++) {
              a[k][j] += w * basis[k] * basis[j];
            }
          }
        }
      }
      out[p] = SmallCholesky.solve(a, b) ? b : fallback(p, terms);
    }
    return out;
  }

  /** A constant, where the places of the stars do not determine the polynomial. */
  private double[] fallback(int p, int terms) {
    double[] out = new double[terms];
    out[0] =
        stars.isEmpty()
            ? start[p]
            : ClippedStatistics.median(stars.stream().mapToDouble(s -> s.shape[p]).toArray());
    return out;
  }

  private @Nullable FieldProcess[] processes(double[][] polynomials, int degree) {
    @Nullable FieldProcess[] out = new FieldProcess[PARAMETERS];
    boolean von = config.interpolation() == PiffPsf.Interpolation.GP_VON_KARMAN;
    if (!von && config.interpolation() != PiffPsf.Interpolation.GP) {
      return out;
    }
    double[] x = stars.stream().mapToDouble(s -> s.stamp.star().x()).toArray();
    double[] y = stars.stream().mapToDouble(s -> s.stamp.star().y()).toArray();
    for (int p = 0; p < PARAMETERS; p++) {
      double[] left = new double[x.length];
      double[] variance = new double[x.length];
      for (int i = 0; i < left.length; i++) {
        AnalyticStar star = stars.get(i);
        left[i] = star.shape[p] - PixelGridFit.dot(basis(star, degree), polynomials[p]);
        variance[i] = star.covariance[p][p];
      }
      out[p] =
          FieldProcess.fit(
              von ? FieldProcess.Kernel.VON_KARMAN : FieldProcess.Kernel.SQUARED_EXPONENTIAL,
              x,
              y,
              left,
              variance);
    }
    return out;
  }

  private PsfFit result(
      AnalyticProfile profile, int degree, double[][] polynomials, Set<PsfFit.Flag> flags) {
    double chi2 =
        stars.isEmpty()
            ? Double.NaN
            : ClippedStatistics.median(stars.stream().mapToDouble(s -> s.chi2).toArray());
    double[] average = {
      stars.stream().mapToDouble(s -> s.x).average().orElse(0),
      stars.stream().mapToDouble(s -> s.y).average().orElse(0)
    };
    Map<String, Object> notes = new LinkedHashMap<>();
    notes.put("NSTAR", stars.size());
    if (!Double.isNaN(chi2)) {
      notes.put("CHI2", chi2);
    }
    PositionBasis basis = highest.withDegree(degree);
    AnalyticPsf model =
        new AnalyticPsf(
            profile,
            shared.halfSize(),
            basis,
            polynomials,
            processes(polynomials, degree),
            average,
            notes);
    return new PsfFit(
        new JackknifedPsf(model, jackknife(profile, model, basis, polynomials)),
        starResults(),
        stars.size(),
        degree,
        chi2,
        flags);
  }

  private FluxJackknife jackknife(
      AnalyticProfile profile, AnalyticPsf model, PositionBasis basis, double[][] polynomials) {
    double[][][] without = new double[VariationFit.FOLDS][][];
    for (int fold = 0; fold < VariationFit.FOLDS; fold++) {
      without[fold] = polynomials(basis.degree(), fold);
    }
    return FluxJackknife.of(
        basis,
        (x, y) -> {
          double[] b = basis.at(x, y);
          double[] p = model.parameters(x, y);
          ImageD image = AnalyticPsf.render(profile, p, 0, 0, shared.halfSize());
          double[] out = new double[VariationFit.FOLDS];
          for (int fold = 0; fold < VariationFit.FOLDS; fold++) {
            double[] q = p.clone();
            for (int k = 0; k < PARAMETERS; k++) {
              q[k] += PixelGridFit.dot(b, without[fold][k]) - PixelGridFit.dot(b, polynomials[k]);
            }
            out[fold] = change(image, AnalyticPsf.render(profile, q, 0, 0, shared.halfSize()));
          }
          return out;
        });
  }

  /** Relative change of the flux of a star P that is measured with Q. */
  private static double change(ImageD p, ImageD q) {
    return PixelGridFit.dot(p.data, q.data) / PixelGridFit.dot(q.data, q.data) - 1;
  }

  private List<PsfFit.Star> starResults() {
    PsfFit.Star[] out = new PsfFit.Star[stamps.stars().size()];
    for (int i = 0; i < out.length; i++) {
      StampSet.Star s = stamps.stars().get(i);
      out[i] = new PsfFit.Star(s.key(), false, s.x(), s.y(), s.flux(), 0, Double.NaN);
    }
    for (AnalyticStar s : stars) {
      out[s.stamp.inputIndex()] =
          new PsfFit.Star(s.stamp.star().key(), true, s.x, s.y, s.flux, s.background, s.chi2);
    }
    return Arrays.asList(out);
  }
}
