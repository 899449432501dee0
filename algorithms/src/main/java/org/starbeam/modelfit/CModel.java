package org.starbeam.modelfit;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.NonNegativeSolver;

/**
 * The composite model of a band (specs/04 section 5): an exponential and a de Vaucouleurs profile
 * are fitted apart, each with its own ellipse around a centre that is held; then their amplitudes
 * together, not negative, with both ellipses as they are. The pixels have equal weights, so that a
 * flux is not biased by the noise of the object itself. Sizes above 0.37 arcsec are a little
 * improbable, smaller ones are all alike.
 */
public final class CModel {
  private static final JointFit.Config HELD_CENTRE = new JointFit.Config(60, 1e-5, 1e-3, 0);
  private static final double MEAN_SIZE = Math.log10(Math.exp(-1));
  private static final double SIZE_SIGMA = 0.45 / Math.log(10);
  private static final double BULGE_INDEX = 4;
  private static final double MIN_PIXELS = 20;

  private final double pixelArcsec;

  public CModel(double pixelArcsec) {
    this.pixelArcsec = pixelArcsec;
  }

  /**
   * A flux with the structure that it belongs to.
   *
   * @param structure exponential, then de Vaucouleurs
   * @param flux nJy, divided by the consistency of the PSF's mixture
   * @param fluxErr of the best profile as a fixed aperture
   * @param fracDev share of the de Vaucouleurs profile
   */
  public record Result(SourceModel structure, double flux, double fluxErr, double fracDev) {}

  /** Finds structure and flux; null when there are too few pixels. */
  public @Nullable Result fit(BandPixels pixels, double x, double y, EllipseShape start) {
    if (pixels.used() < MIN_PIXELS) {
      return null;
    }
    SourceModel.Component disk = best(pixels, SourceModel.fixed(x, y, start, 1));
    EllipseShape shape = disk.shape() == null ? start : disk.shape();
    SourceModel.Component bulge = best(pixels, SourceModel.fixed(x, y, shape, BULGE_INDEX));
    return forced(pixels, new SourceModel(x, y, List.of(disk, bulge)));
  }

  private SourceModel.Component best(BandPixels pixels, SourceModel start) {
    ShapePrior prior =
        new ShapePrior(
            MEAN_SIZE - Math.log10(pixelArcsec),
            SIZE_SIGMA,
            true,
            0.7,
            1,
            1,
            Double.POSITIVE_INFINITY,
            0,
            0,
            Double.POSITIVE_INFINITY);
    return JointFit.fit(List.of(pixels), List.of(start), List.of(prior), HELD_CENTRE)
        .models()
        .get(0)
        .components()
        .get(0);
  }

  /** The flux with a given structure; null when there are too few pixels. */
  public @Nullable Result forced(BandPixels pixels, SourceModel structure) {
    if (pixels.used() < MIN_PIXELS) {
      return null;
    }
    double[][][] planes = new double[2][1][pixels.data().length];
    GaussianRenderer renderer = new GaussianRenderer(pixels.box());
    for (int c = 0; c < 2; c++) {
      SourceModel.Component component = structure.components().get(c);
      renderer.add(
          planes[c],
          structure.x(),
          structure.y(),
          component.gaussians(),
          component.shape(),
          pixels.psf());
    }
    double[][] gram = new double[2][2];
    double[] right = new double[2];
    double[][] values = {planes[0][0], planes[1][0]};
    for (int p = 0; p < pixels.data().length; p++) {
      if (pixels.weight()[p] > 0) {
        for (int i = 0; i < 2; i++) {
          right[i] += values[i][p] * pixels.data()[p];
          for (int j = 0; j < 2; j++) {
            gram[i][j] += values[i][p] * values[j][p];
          }
        }
      }
    }
    double[] amplitudes = NonNegativeSolver.solve(gram, right);
    return result(pixels, structure, values, amplitudes, right, gram);
  }

  /** Where both amplitudes would be negative the better profile alone has one, and says so. */
  private static Result result(
      BandPixels pixels,
      SourceModel structure,
      double[][] values,
      double[] amplitudes,
      double[] right,
      double[][] gram) {
    double total = amplitudes[0] + amplitudes[1];
    double fraction = total > 0 ? amplitudes[1] / total : 0;
    if (!(total > 0)) {
      total = right[0] / gram[0][0];
    }
    ImageD profile = new ImageD(pixels.box());
    double square = 0;
    double noise = 0;
    for (int p = 0; p < profile.data.length; p++) {
      if (pixels.weight()[p] > 0) {
        double m = (1 - fraction) * values[0][p] + fraction * values[1][p];
        profile.data[p] = m;
        square += m * m;
        noise += m * m * pixels.variance()[p];
      }
    }
    double scale = 1 / pixels.psf().consistency();
    double error = Math.sqrt(noise * pixels.correlation().factor(profile)) / square;
    return new Result(structure, total * scale, error * scale, fraction);
  }

  /** Half the side of the box that holds 3 sigma of an object. */
  public static Box region(double x, double y, @Nullable EllipseShape moments, int most) {
    double half = moments == null ? 0 : 3 * Math.max(moments.sigmaX(), moments.sigmaY());
    int r = (int) Math.min(most, Math.ceil(Math.max(10, half)));
    return Box.around((int) Math.rint(x), (int) Math.rint(y), r);
  }
}
