package org.starbeam.psf;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Square stamps of stars cut from a background-subtracted image, in the order of the stars' keys,
 * so that a fit does not depend on the order in which they were given. A stamp holds pixel values,
 * which pixels are good, and the variance of the sky, from which a fit makes its weights: the noise
 * of the star itself comes from the model, never from the data. Immutable.
 */
public final class StampSet {
  /**
   * @param halfSize stamps are {@code 2 halfSize + 1} pixels wide
   * @param minGoodFraction share of good pixels below which a star is not used
   * @param badPlanes planes whose pixels are not used
   * @param variancePerFlux noise variance per unit of light: 1 in electrons; the mean calibration
   *     factor when the image is in nJy
   */
  public record Config(int halfSize, double minGoodFraction, int badPlanes, double variancePerFlux)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          15,
          0.5,
          MaskPlanes.BAD
              | MaskPlanes.SAT
              | MaskPlanes.CR
              | MaskPlanes.NO_DATA
              | MaskPlanes.INTRP
              | MaskPlanes.SUSPECT,
          1);
    }
  }

  /**
   * A star.
   *
   * @param key distinct, fixes the order of sums
   * @param x column of its centroid
   * @param y row
   * @param flux any estimate of its flux
   */
  public record Star(long key, double x, double y, double flux) {}

  /** One star's pixels; row by row, NaN where not good. */
  record Stamp(Star star, int inputIndex, int x0, int y0, double[] data, double skyVariance) {
    int good() {
      int n = 0;
      for (double d : data) {
        n += Double.isNaN(d) ? 0 : 1;
      }
      return n;
    }
  }

  private final Config config;
  private final Box imageBox;
  private final List<Star> stars;
  private final List<Stamp> stamps;

  private StampSet(Config config, Box imageBox, List<Star> stars, List<Stamp> stamps) {
    this.config = config;
    this.imageBox = imageBox;
    this.stars = stars;
    this.stamps = stamps;
  }

  /** Cuts stamps; stars with too few good pixels get none. */
  public static StampSet of(MaskedImage image, List<Star> stars, Config config) {
    int[] order =
        IntStream.range(0, stars.size())
            .boxed()
            .sorted(
                Comparator.comparingLong((Integer i) -> stars.get(i).key)
                    .thenComparingDouble(i -> stars.get(i).y)
                    .thenComparingDouble(i -> stars.get(i).x))
            .mapToInt(Integer::intValue)
            .toArray();
    List<Stamp> stamps = new ArrayList<>();
    for (int i : order) {
      Stamp stamp = cut(image, stars.get(i), i, config);
      if (stamp.good() >= config.minGoodFraction * stamp.data.length
          && stamp.skyVariance > 0
          && stars.get(i).flux > 0) {
        stamps.add(stamp);
      }
    }
    return new StampSet(config, image.box(), List.copyOf(stars), List.copyOf(stamps));
  }

  private static Stamp cut(MaskedImage image, Star star, int inputIndex, Config config) {
    int half = config.halfSize;
    Box box = Box.around((int) Math.rint(star.x), (int) Math.rint(star.y), half);
    double[] data = new double[box.area()];
    Arrays.fill(data, Double.NaN);
    double[] ring = new double[box.area()];
    int n = 0;
    Box inside = box.intersect(image.box());
    for (int y = inside.y0(); y < inside.y1(); y++) {
      for (int x = inside.x0(); x < inside.x1(); x++) {
        float v = image.variance().get(x, y);
        float d = image.image().get(x, y);
        if ((image.mask().get(x, y) & config.badPlanes) == 0
            && v > 0
            && Float.isFinite(v)
            && Float.isFinite(d)) {
          data[(y - box.y0()) * box.width() + x - box.x0()] = d;
          if (Math.max(Math.abs(x - star.x), Math.abs(y - star.y)) > half - 3) {
            ring[n++] = v;
          }
        }
      }
    }
    double sky = ClippedStatistics.median(Arrays.copyOf(ring, n));
    return new Stamp(star, inputIndex, box.x0(), box.y0(), data, Double.isNaN(sky) ? 0 : sky);
  }

  public Config config() {
    return config;
  }

  /** Box of the image that the stars are from. */
  public Box imageBox() {
    return imageBox;
  }

  /** The stars as they were given. */
  public List<Star> stars() {
    return stars;
  }

  /** Number of stars with a usable stamp. */
  public int size() {
    return stamps.size();
  }

  int side() {
    return 2 * config.halfSize + 1;
  }

  List<Stamp> stamps() {
    return stamps;
  }
}
