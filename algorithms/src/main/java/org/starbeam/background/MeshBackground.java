package org.starbeam.background;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Background of an image from the clipped means of square bins and a Chebyshev surface through
 * them, weighted by their errors (specs/02 section 3.1).
 *
 * <p>A bin counts when enough of it is free of the excluded planes. Inside a bin, sub-bins that
 * stand out by more than {@code subBinKappa} of their errors (halos, ghosts that nobody detected)
 * are left out and the bin is taken again. The order of the surface is lowered until there are two
 * bins per coefficient; fewer than three bins give a constant. Cost O(pixels log binSize).
 */
public final class MeshBackground {
  /**
   * @param binSize side of a bin in pixels
   * @param maxOrder highest total degree of the surface
   * @param minUsableFraction share of a bin that must be usable
   * @param minUsablePixels and the number of its pixels
   * @param subBins sub-bins per side of a bin
   * @param subBinKappa where a sub-bin is dropped, in errors
   * @param excludePlanes mask planes that are not sky
   */
  public record Config(
      int binSize,
      int maxOrder,
      double minUsableFraction,
      int minUsablePixels,
      int subBins,
      double subBinKappa,
      int excludePlanes)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          128,
          6,
          0.1,
          200,
          4,
          4,
          MaskPlanes.BAD
              | MaskPlanes.EDGE
              | MaskPlanes.DETECTED
              | MaskPlanes.DETECTED_NEGATIVE
              | MaskPlanes.NO_DATA
              | MaskPlanes.SAT
              | MaskPlanes.CR
              | MaskPlanes.SUSPECT);
    }
  }

  /** Value of one bin. */
  record Bin(double x, double y, double mean, double error) {}

  private static final ClippedStatistics STATISTICS = new ClippedStatistics();

  private final Config config;

  public MeshBackground(Config config) {
    this.config = config;
  }

  /**
   * The surface of an image that is not background subtracted.
   *
   * @throws AlgorithmException {@code BACKGROUND_FAILED} when no bin has enough sky
   */
  public Chebyshev2D fit(MaskedImage image) {
    List<Bin> bins = bins(image);
    if (bins.isEmpty()) {
      throw new AlgorithmException(
          "BACKGROUND_FAILED",
          "no bin of "
              + config.binSize
              + " px has "
              + config.minUsablePixels
              + " usable sky pixels in "
              + image.box());
    }
    return surface(image.box(), bins);
  }

  List<Bin> bins(MaskedImage image) {
    Box box = image.box();
    int nx = Math.max(1, Math.round((float) box.width() / config.binSize));
    int ny = Math.max(1, Math.round((float) box.height() / config.binSize));
    List<Bin> bins = new ArrayList<>();
    for (int j = 0; j < ny; j++) {
      for (int i = 0; i < nx; i++) {
        Bin bin = bin(image, part(box, i, nx, j, ny));
        if (bin != null) {
          bins.add(bin);
        }
      }
    }
    return bins;
  }

  private static Box part(Box box, int i, int nx, int j, int ny) {
    int x0 = box.x0() + (int) ((long) box.width() * i / nx);
    int x1 = box.x0() + (int) ((long) box.width() * (i + 1) / nx);
    int y0 = box.y0() + (int) ((long) box.height() * j / ny);
    int y1 = box.y0() + (int) ((long) box.height() * (j + 1) / ny);
    return new Box(x0, y0, x1 - x0, y1 - y0);
  }

  private @Nullable Bin bin(MaskedImage image, Box box) {
    int subBins = config.subBins;
    float[][] values = new float[subBins * subBins][];
    ClippedStatistics.Result[] means = new ClippedStatistics.Result[values.length];
    int usable = 0;
    for (int k = 0; k < values.length; k++) {
      Box sub = part(box, k % subBins, subBins, k / subBins, subBins);
      values[k] = sky(image, sub);
      usable += values[k].length;
      means[k] = STATISTICS.of(values[k]);
    }
    if (usable < config.minUsablePixels || usable < config.minUsableFraction * box.area()) {
      return null;
    }
    boolean[] keep = consistent(means);
    float[] all = new float[usable];
    int n = 0;
    double sumX = 0;
    double sumY = 0;
    for (int k = 0; k < values.length; k++) {
      if (keep[k]) {
        Box sub = part(box, k % subBins, subBins, k / subBins, subBins);
        System.arraycopy(values[k], 0, all, n, values[k].length);
        n += values[k].length;
        sumX += values[k].length * (sub.x0() + (sub.width() - 1) / 2.0);
        sumY += values[k].length * (sub.y0() + (sub.height() - 1) / 2.0);
      }
    }
    ClippedStatistics.Result mean = STATISTICS.of(all, 0, n);
    double floor = 1e-6 * Math.abs(mean.meanClip()) + 1e-12;
    return new Bin(sumX / n, sumY / n, mean.meanClip(), Math.max(mean.seMean(), floor));
  }

  /** Which sub-bins agree with the median of them. */
  private boolean[] consistent(ClippedStatistics.Result[] means) {
    double[] sorted =
        Arrays.stream(means)
            .filter(m -> m.nUsed() > 1)
            .mapToDouble(ClippedStatistics.Result::meanClip)
            .sorted()
            .toArray();
    boolean[] keep = new boolean[means.length];
    if (sorted.length < 4) {
      Arrays.fill(keep, true);
      return keep;
    }
    double median = 0.5 * (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]);
    double[] deviations = Arrays.stream(sorted).map(v -> Math.abs(v - median)).sorted().toArray();
    double scatter = ClippedStatistics.MAD_TO_SIGMA * deviations[deviations.length / 2];
    for (int k = 0; k < means.length; k++) {
      double width = Math.max(means[k].seMean(), scatter);
      keep[k] =
          means[k].nUsed() > 1
              && Math.abs(means[k].meanClip() - median) <= config.subBinKappa * width;
    }
    return keep;
  }

  private float[] sky(MaskedImage image, Box box) {
    float[] out = new float[box.area()];
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      int i = image.image().index(box.x0(), y);
      int m = image.mask().index(box.x0(), y);
      for (int k = 0; k < box.width(); k++) {
        float value = image.image().data[i + k];
        if ((image.mask().data[m + k] & config.excludePlanes) == 0 && Float.isFinite(value)) {
          out[n++] = value;
        }
      }
    }
    return Arrays.copyOf(out, n);
  }

  private Chebyshev2D surface(Box box, List<Bin> bins) {
    int order = 0;
    while (bins.size() >= 3
        && order < config.maxOrder
        && bins.size() >= (order + 2) * (order + 3)) {
      order++;
    }
    double[] weights = bins.stream().mapToDouble(b -> 1 / (b.error() * b.error())).toArray();
    return Chebyshev2D.fit(
            box,
            order,
            bins.stream().mapToDouble(Bin::x).toArray(),
            bins.stream().mapToDouble(Bin::y).toArray(),
            bins.stream().mapToDouble(Bin::mean).toArray(),
            weights)
        .function();
  }
}
