package org.starbeam.detection;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * Finds sources in a background-subtracted image (specs/02 section 4): significance of a point
 * source per pixel, runs above the threshold joined to footprints, peaks, growth by a disc with
 * touching footprints united. Works on any masked image and box: single frames, coadds, and, with
 * negative polarity, differences.
 *
 * <p>Cost O(pixels + runs x growth radius). An image without a usable pixel gives an empty set.
 */
public final class SpanDetector {
  /** Sign of the sources. */
  public enum Polarity {
    POSITIVE(1),
    NEGATIVE(-1);

    private final int sign;

    Polarity(int sign) {
      this.sign = sign;
    }

    public int sign() {
      return sign;
    }
  }

  /**
   * @param threshold significance that pixels of a footprint reach
   * @param includeMultiplier footprints whose strongest peak is below {@code threshold x
   *     includeMultiplier} are dropped
   * @param kernelSigmas where the smoothing kernel is cut, in its widths
   * @param growSigmas growth of footprints in widths of the PSF; about one FWHM
   * @param minProminence see {@link PeakFinder}
   * @param minPixels smallest footprint before growth
   * @param excludePlanes pixels that give neither signal nor noise
   */
  public record Config(
      double threshold,
      double includeMultiplier,
      double kernelSigmas,
      double growSigmas,
      double minProminence,
      int minPixels,
      int excludePlanes)
      implements Serializable {
    public static Config defaults() {
      return new Config(5, 1, 3.5, 2.4, 1.5, 1, MaskPlanes.NO_DATA);
    }

    public Config withThreshold(double value) {
      return new Config(
          value,
          includeMultiplier,
          kernelSigmas,
          growSigmas,
          minProminence,
          minPixels,
          excludePlanes);
    }

    public Config withIncludeMultiplier(double value) {
      return new Config(
          threshold, value, kernelSigmas, growSigmas, minProminence, minPixels, excludePlanes);
    }
  }

  private final Config config;
  private final PeakFinder peakFinder;

  public SpanDetector(Config config) {
    this.config = config;
    this.peakFinder = new PeakFinder(config.minProminence);
  }

  /** Significance map with the moments of the PSF at the centre of the image. */
  public SignificanceMap significance(MaskedImage image, PsfModel psf) {
    Box box = image.box();
    double[] shape =
        psf.shape(box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0);
    return significance(image, Math.sqrt(shape[0]), Math.sqrt(shape[1]));
  }

  /** Significance map for a Gaussian of the given widths. */
  public SignificanceMap significance(MaskedImage image, double sigmaX, double sigmaY) {
    return SignificanceMap.of(image, sigmaX, sigmaY, config.kernelSigmas, config.excludePlanes);
  }

  /** Sources of one polarity in an image. */
  public FootprintSet detect(MaskedImage image, PsfModel psf, Polarity polarity) {
    return detect(significance(image, psf), polarity);
  }

  /** Sources of one polarity in a significance map. */
  public FootprintSet detect(SignificanceMap map, Polarity polarity) {
    ImageF s = map.significance();
    Box box = s.box();
    boolean[] above = above(s, polarity.sign);
    Labels labels = Labels.of(above, box.width(), box.height());
    List<Footprint> found = new ArrayList<>();
    for (int[] runs : labels.runsByLabel()) {
      shift(runs, box.x0(), box.y0());
      List<Peak> peaks = peaksOf(s, runs, polarity.sign);
      if (!peaks.isEmpty()) {
        found.add(new Footprint(runs, peaks));
      }
    }
    FootprintSet set = new FootprintSet(found, box, config.threshold);
    return grow(set, config.growSigmas * map.sigma());
  }

  /** Sets EDGE on pixels within reach of the smoothing kernel of the image's border. */
  public static void markEdge(MaskI mask, SignificanceMap map) {
    Box box = mask.box();
    Box inner =
        Box.ofCorners(
            box.x0() + map.halfX(),
            box.y0() + map.halfY(),
            box.x1() - 1 - map.halfX(),
            box.y1() - 1 - map.halfY());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (!inner.contains(x, y)) {
          mask.data[mask.index(x, y)] |= MaskPlanes.EDGE;
        }
      }
    }
  }

  /**
   * Footprints dilated by a disc of a radius in pixels, cut at the box; those that overlap or touch
   * afterwards become one with the peaks of all.
   */
  public static FootprintSet grow(FootprintSet set, double radius) {
    Box box = set.box();
    boolean[] map = new boolean[box.area()];
    int reach = (int) Math.floor(radius);
    for (Footprint footprint : set.footprints()) {
      int[] runs = footprint.runs();
      for (int dy = -reach; dy <= reach; dy++) {
        int extent = (int) Math.floor(Math.sqrt(radius * radius - dy * dy));
        for (int i = 0; i < runs.length; i += 3) {
          paint(map, box, runs[i] + dy, runs[i + 1] - extent, runs[i + 2] + extent);
        }
      }
    }
    Labels labels = Labels.of(map, box.width(), box.height());
    int[] labelOfPixel = labelImage(labels, box);
    List<List<Peak>> peaks = new ArrayList<>();
    for (int i = 0; i < labels.count; i++) {
      peaks.add(new ArrayList<>());
    }
    for (Footprint footprint : set.footprints()) {
      Peak first = footprint.brightest();
      int pixel = (first.y() - box.y0()) * box.width() + first.x() - box.x0();
      peaks.get(labelOfPixel[pixel]).addAll(footprint.peaks());
    }
    List<Footprint> grown = new ArrayList<>();
    int[][] runs = labels.runsByLabel();
    for (int i = 0; i < labels.count; i++) {
      shift(runs[i], box.x0(), box.y0());
      grown.add(new Footprint(runs[i], peaks.get(i)));
    }
    return new FootprintSet(grown, box, set.threshold());
  }

  private boolean[] above(ImageF s, int sign) {
    boolean[] out = new boolean[s.box().area()];
    for (int row = 0, i = 0; row < s.height(); row++) {
      int from = s.offset + row * s.stride;
      for (int x = 0; x < s.width(); x++, i++) {
        out[i] = sign * s.data[from + x] >= config.threshold;
      }
    }
    return out;
  }

  private List<Peak> peaksOf(ImageF s, int[] runs, int sign) {
    int area = 0;
    for (int i = 0; i < runs.length; i += 3) {
      area += runs[i + 2] - runs[i + 1];
    }
    if (area < config.minPixels) {
      return List.of();
    }
    List<Peak> peaks = peakFinder.find(s, runs, sign);
    double faintest = config.threshold * config.includeMultiplier;
    return peaks.stream().filter(p -> Math.abs(p.significance()) >= faintest).toList();
  }

  private static void paint(boolean[] map, Box box, int y, int x0, int x1) {
    if (y < box.y0() || y >= box.y1()) {
      return;
    }
    int row = (y - box.y0()) * box.width() - box.x0();
    int end = Math.min(x1, box.x1());
    for (int x = Math.max(x0, box.x0()); x < end; x++) {
      map[row + x] = true;
    }
  }

  private static int[] labelImage(Labels labels, Box box) {
    int[] out = new int[box.area()];
    for (int r = 0; r < labels.label.length; r++) {
      int row = labels.runs[3 * r] * box.width();
      for (int x = labels.runs[3 * r + 1]; x < labels.runs[3 * r + 2]; x++) {
        out[row + x] = labels.label[r];
      }
    }
    return out;
  }

  private static void shift(int[] runs, int x0, int y0) {
    for (int i = 0; i < runs.length; i += 3) {
      runs[i] += y0;
      runs[i + 1] += x0;
      runs[i + 2] += x0;
    }
  }
}
