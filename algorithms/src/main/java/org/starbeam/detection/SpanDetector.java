package org.starbeam.detection;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
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
    return detect(map.significance(), map.sigma(), polarity);
  }

  /** Positive sources in a map of significances of a kernel of a width in pixels. */
  public FootprintSet detect(ImageF significance, double sigma) {
    return detect(significance, sigma, Polarity.POSITIVE);
  }

  private FootprintSet detect(ImageF s, double sigma, Polarity polarity) {
    List<Footprint> found = new ArrayList<>();
    for (SpanSet part : SpanSet.ofMap(above(s, polarity.sign), s.box()).parts()) {
      List<Peak> peaks = peaksOf(s, part, polarity.sign);
      if (!peaks.isEmpty()) {
        found.add(new Footprint(part, peaks));
      }
    }
    FootprintSet set = new FootprintSet(found, s.box(), config.threshold);
    return grow(set, config.growSigmas * sigma);
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
    Coverage coverage = new Coverage(box);
    int reach = (int) Math.floor(radius);
    for (Footprint footprint : set.footprints()) {
      SpanSet spans = footprint.spans();
      for (int dy = -reach; dy <= reach; dy++) {
        int extent = (int) Math.floor(Math.sqrt(radius * radius - dy * dy));
        for (int i = 0; i < spans.size(); i++) {
          coverage.add(spans.y(i) + dy, spans.x0(i) - extent, spans.x1(i) + extent);
        }
      }
    }
    List<SpanSet> parts = coverage.parts();
    int[] labels = coverage.labels(parts);
    List<List<Peak>> peaks = new ArrayList<>();
    parts.forEach(part -> peaks.add(new ArrayList<>()));
    for (Footprint footprint : set.footprints()) {
      Peak first = footprint.brightest();
      int pixel = (first.y() - box.y0()) * box.width() + first.x() - box.x0();
      peaks.get(labels[pixel]).addAll(footprint.peaks());
    }
    List<Footprint> grown = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      grown.add(new Footprint(parts.get(i), peaks.get(i)));
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

  private List<Peak> peaksOf(ImageF s, SpanSet part, int sign) {
    if (part.area() < config.minPixels) {
      return List.of();
    }
    List<Peak> peaks = peakFinder.find(s, part.runs(), sign);
    double faintest = config.threshold * config.includeMultiplier;
    return peaks.stream().filter(p -> Math.abs(p.significance()) >= faintest).toList();
  }
}
