package org.starbeam.psf;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.AdaptiveMoments;

/**
 * How well a PSF model describes stars, by the same adaptive moments of both (specs/02 section
 * 9.2): residuals star minus model of ellipticity e1 = (xx - yy) / T, e2 = 2 xy / T, and of size s
 * = sqrt(T / 2) in pixels; medians and robust scatters (0.7413 IQR). To be taken for used and for
 * reserved stars apart.
 *
 * @param stars number of stars with moments
 * @param scaledDeltaSizeScatter scatter of s over the squared median s of the model
 * @param deltaTraceMedian median of (T_star - T_psf) / T_psf
 */
public record PsfQuality(
    int stars,
    double deltaE1Median,
    double deltaE2Median,
    double deltaE1Scatter,
    double deltaE2Scatter,
    double deltaSizeMedian,
    double deltaSizeScatter,
    double scaledDeltaSizeScatter,
    double deltaTraceMedian) {

  /** Moments of one star and of the model at its place. */
  public record Residual(
      double x, double y, AdaptiveMoments.Result star, AdaptiveMoments.Result model) {
    public double deltaE1() {
      return star.e1() - model.e1();
    }

    public double deltaE2() {
      return star.e2() - model.e2();
    }

    public double deltaSize() {
      return Math.sqrt(0.5 * star.trace()) - Math.sqrt(0.5 * model.trace());
    }

    public double relativeDeltaTrace() {
      return star.trace() / model.trace() - 1;
    }
  }

  private static final double IQR_TO_SIGMA = 0.741301109252801;

  /** Residuals of stars at positions {x, y}; stars without moments are left out. */
  public static List<Residual> residuals(
      MaskedImage image, List<double[]> positions, PsfModel psf) {
    AdaptiveMoments moments = new AdaptiveMoments();
    List<Residual> out = new ArrayList<>();
    for (double[] p : positions) {
      double[] shape = psf.shape(p[0], p[1]);
      double sigma = Math.sqrt(0.5 * (shape[0] + shape[1]));
      AdaptiveMoments.Result star = moments.measure(image, p[0], p[1], sigma);
      AdaptiveMoments.Result model = moments.measure(psf.image(p[0], p[1]), p[0], p[1], sigma);
      if (star.isOk() && model.isOk()) {
        out.add(new Residual(p[0], p[1], star, model));
      }
    }
    return out;
  }

  /** Numbers are NaN without a star. */
  public static PsfQuality of(List<Residual> residuals) {
    double[] size = values(residuals, Residual::deltaSize);
    double modelSize =
        ClippedStatistics.median(values(residuals, r -> Math.sqrt(0.5 * r.model.trace())));
    double sizeScatter = scatter(size);
    return new PsfQuality(
        residuals.size(),
        ClippedStatistics.median(values(residuals, Residual::deltaE1)),
        ClippedStatistics.median(values(residuals, Residual::deltaE2)),
        scatter(values(residuals, Residual::deltaE1)),
        scatter(values(residuals, Residual::deltaE2)),
        ClippedStatistics.median(size),
        sizeScatter,
        sizeScatter / (modelSize * modelSize),
        ClippedStatistics.median(values(residuals, Residual::relativeDeltaTrace)));
  }

  private static double[] values(List<Residual> residuals, ToDoubleFunction<Residual> value) {
    return residuals.stream().mapToDouble(value).toArray();
  }

  private static double scatter(double[] values) {
    return IQR_TO_SIGMA * new ClippedStatistics().of(values).iqr();
  }
}
