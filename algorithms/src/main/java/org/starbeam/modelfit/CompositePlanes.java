package org.starbeam.modelfit;

import java.util.List;
import org.starbeam.image.ImageD;

/**
 * The two profiles of a composite model on the pixels of a band, of unit flux, with how they change
 * with their ellipses: log10 of the extents and the logit of the correlation as in {@link
 * Parameters}. All are 0 where a pixel does not count.
 */
final class CompositePlanes {
  /** Parameters of an ellipse. */
  static final int SHAPE = 3;

  /** Parameters before them. */
  static final int CENTRE = 2;

  final BandPixels pixels;

  /** By profile and pixel. */
  final double[][] values = new double[2][];

  /** By profile, parameter and pixel. */
  final double[][][] slopes = new double[2][][];

  CompositePlanes(BandPixels pixels, SourceModel structure) {
    this.pixels = pixels;
    GaussianRenderer renderer = new GaussianRenderer(pixels.box(), pixels.runs());
    for (int c = 0; c < 2; c++) {
      SourceModel.Component part = structure.components().get(c);
      SourceModel alone = new SourceModel(structure.x(), structure.y(), List.of(part));
      double[][] planes = new double[part.planes()][pixels.data().length];
      renderer.add(planes, alone.x(), alone.y(), part.gaussians(), part.shape(), pixels.psf());
      for (double[] plane : planes) {
        clear(plane);
      }
      values[c] = planes[GaussianRenderer.VALUE];
      slopes[c] = slopes(alone, planes);
    }
  }

  private static double[][] slopes(SourceModel model, double[][] planes) {
    double[][] out = new double[SHAPE][planes[0].length];
    Parameters parameters = new Parameters(List.of(model), List.of(model), 0, Double.MAX_VALUE);
    parameters.chain(
        0,
        CENTRE,
        model.components().get(0),
        (parameter, plane, factor) -> {
          if (parameter >= CENTRE) {
            add(out[parameter - CENTRE], factor, planes[plane]);
          }
        });
    return out;
  }

  private void clear(double[] plane) {
    for (int p = 0; p < plane.length; p++) {
      plane[p] = pixels.weight()[p] > 0 ? plane[p] : 0;
    }
  }

  /** Adds a factor times a plane to another. */
  static void add(double[] to, double factor, double[] plane) {
    for (int p = 0; p < to.length; p++) {
      to[p] += factor * plane[p];
    }
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int p = 0; p < a.length; p++) {
      sum += a[p] * b[p];
    }
    return sum;
  }

  static double sum(double[] plane) {
    double sum = 0;
    for (double v : plane) {
      sum += v;
    }
    return sum;
  }

  /** Share of the light of a point that falls on the pixels. */
  double pointShare(double x, double y) {
    double[] point = new double[pixels.data().length];
    new GaussianRenderer(pixels.box(), pixels.runs())
        .add(new double[][] {point}, x, y, SersicMixture.ONE, null, pixels.psf());
    clear(point);
    return sum(point);
  }

  /** Variance of the sum of the noise of the pixels times weights. */
  static double variance(BandPixels pixels, double[] weights) {
    ImageD image = new ImageD(pixels.box());
    double sum = 0;
    for (int p = 0; p < weights.length; p++) {
      image.data[p] = weights[p];
      sum += weights[p] * weights[p] * pixels.variance()[p];
    }
    return sum > 0 ? sum * pixels.correlation().factor(image) : 0;
  }
}
