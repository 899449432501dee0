package org.starbeam.detection;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;

/**
 * Merges the detections of several bands of one patch (specs/04 section 3.2). Footprints that touch
 * become one parent; that does not depend on the order of bands. Peaks are added band by band in
 * priority order, inside a band by falling strength: nearer than {@code maxSamePeak} to a peak of
 * the parent it is the same source seen again; between that and {@code minNewPeak} it is dropped
 * and counted; farther it is a new peak. Cost O(pixels + peaks^2 within a parent).
 */
public final class PeakMerger {
  /**
   * @param priority bands, most trusted first
   * @param pixelScaleArcsec pixel size
   * @param maxSamePeakArcsec largest distance of two sightings of one source
   * @param minNewPeakArcsec smallest distance of two sources
   * @param cullRank rank from which peaks of one band may be culled
   * @param cullRankAlways rank from which they are
   * @param cullFamilyFraction or from this fraction of the family on
   */
  public record Config(
      List<String> priority,
      double pixelScaleArcsec,
      double maxSamePeakArcsec,
      double minNewPeakArcsec,
      int cullRank,
      int cullRankAlways,
      double cullFamilyFraction)
      implements Serializable {
    public static Config defaults() {
      return new Config(List.of("i", "r", "z", "y", "g", "u"), 0.2, 0.3, 1.0, 20, 30, 0.7);
    }

    /** With bands of the list first and all others after them by name. */
    public Config withBands(Iterable<String> bands) {
      List<String> order = new ArrayList<>(priority);
      List<String> others = new ArrayList<>();
      bands.forEach(
          b -> {
            if (!order.contains(b)) {
              others.add(b);
            }
          });
      others.sort(Comparator.naturalOrder());
      order.addAll(others);
      return withPriority(order);
    }

    /**
     * For images of a seeing: where it is better than 0.7 arcsec, sources may be as near to each
     * other as 1.4 times its FWHM.
     *
     * @param pixelArcsec pixel size
     * @param fwhmArcsec of the sharpest band
     */
    public Config forSeeing(double pixelArcsec, double fwhmArcsec) {
      double nearest =
          fwhmArcsec < SHARP
              ? Math.min(minNewPeakArcsec, SEPARABLE * fwhmArcsec)
              : minNewPeakArcsec;
      return new Config(
          priority,
          pixelArcsec,
          maxSamePeakArcsec,
          Math.max(nearest, maxSamePeakArcsec),
          cullRank,
          cullRankAlways,
          cullFamilyFraction);
    }

    /** With one more band that all others come before. */
    public Config withLast(String band) {
      List<String> order = new ArrayList<>(priority);
      order.remove(band);
      order.add(band);
      return withPriority(order);
    }

    private Config withPriority(List<String> order) {
      return new Config(
          order,
          pixelScaleArcsec,
          maxSamePeakArcsec,
          minNewPeakArcsec,
          cullRank,
          cullRankAlways,
          cullFamilyFraction);
    }
  }

  /** FWHM in arcsec below which sources nearer than usual are told apart, and how near. */
  private static final double SHARP = 0.7;

  private static final double SEPARABLE = 1.4;

  private final Config config;

  public PeakMerger(Config config) {
    this.config = config;
  }

  /** Parents of the footprints of all bands, by their first pixel in (y, x) order. */
  public List<MergedParent> merge(Box box, Map<String, FootprintSet> byBand) {
    Coverage coverage = new Coverage(box);
    for (FootprintSet set : byBand.values()) {
      for (Footprint footprint : set.footprints()) {
        SpanSet spans = footprint.spans();
        for (int i = 0; i < spans.size(); i++) {
          coverage.add(spans.y(i), spans.x0(i), spans.x1(i));
        }
      }
    }
    List<SpanSet> parts = coverage.parts();
    int[] labels = coverage.labels(parts);
    List<Map<String, List<MergedPeak>>> peaks = new ArrayList<>();
    parts.forEach(part -> peaks.add(new LinkedHashMap<>()));
    byBand.forEach(
        (band, set) -> {
          for (Footprint f : set.footprints()) {
            for (Peak p : f.peaks()) {
              int label = labels[(p.y() - box.y0()) * box.width() + p.x() - box.x0()];
              peaks
                  .get(label)
                  .computeIfAbsent(band, b -> new ArrayList<>())
                  .add(new MergedPeak(p.x(), p.y(), p.significance(), List.of(band)));
            }
          }
        });
    List<MergedParent> out = new ArrayList<>();
    for (int label = 0; label < parts.size(); label++) {
      out.add(mergePeaks(parts.get(label).runs(), peaks.get(label)));
    }
    return out;
  }

  /** Merges the peaks of one parent. */
  MergedParent mergePeaks(int[] runs, Map<String, List<MergedPeak>> byBand) {
    for (String band : byBand.keySet()) {
      if (!config.priority().contains(band)) {
        throw new IllegalArgumentException(
            "band " + band + " is not in the priority list " + config.priority());
      }
    }
    List<MergedPeak> kept = new ArrayList<>();
    int ambiguous = 0;
    for (String band : config.priority()) {
      for (MergedPeak candidate : strongestFirst(byBand.getOrDefault(band, List.of()))) {
        if (!Double.isFinite(candidate.significance())) {
          continue;
        }
        int nearest = nearest(kept, candidate.x(), candidate.y());
        double distance =
            nearest < 0 ? Double.POSITIVE_INFINITY : distanceArcsec(kept.get(nearest), candidate);
        if (distance >= config.minNewPeakArcsec()) {
          kept.add(candidate);
        } else if (distance < config.maxSamePeakArcsec()) {
          kept.set(nearest, seenAlso(kept.get(nearest), band));
        } else {
          ambiguous++;
        }
      }
    }
    return cull(runs, strongestFirst(kept), ambiguous);
  }

  private MergedParent cull(int[] runs, List<MergedPeak> ranked, int ambiguous) {
    List<MergedPeak> kept = new ArrayList<>();
    List<CulledPeak> culled = new ArrayList<>();
    for (int rank = 0; rank < ranked.size(); rank++) {
      MergedPeak peak = ranked.get(rank);
      boolean last = rank >= config.cullRankAlways();
      boolean faint = rank >= config.cullFamilyFraction() * ranked.size();
      if (peak.bands().size() < 2 && rank >= config.cullRank() && (last || faint)) {
        CulledPeak.Reason reason =
            last ? CulledPeak.Reason.RANK : CulledPeak.Reason.FAINT_OF_FAMILY;
        culled.add(new CulledPeak(peak, reason));
      } else {
        kept.add(peak);
      }
    }
    return new MergedParent(runs, kept, ambiguous, culled);
  }

  private static MergedPeak seenAlso(MergedPeak peak, String band) {
    if (peak.bands().contains(band)) {
      return peak;
    }
    List<String> bands = new ArrayList<>(peak.bands());
    bands.add(band);
    return new MergedPeak(peak.x(), peak.y(), peak.significance(), List.copyOf(bands));
  }

  private static List<MergedPeak> strongestFirst(List<MergedPeak> peaks) {
    return peaks.stream()
        .sorted(
            Comparator.comparingDouble((MergedPeak p) -> -p.significance())
                .thenComparingDouble(MergedPeak::y)
                .thenComparingDouble(MergedPeak::x))
        .toList();
  }

  /** Index of the peak nearest to a place, -1 when there is none. */
  static int nearest(List<MergedPeak> peaks, double x, double y) {
    int best = -1;
    double smallest = Double.POSITIVE_INFINITY;
    for (int i = 0; i < peaks.size(); i++) {
      double d = Math.hypot(peaks.get(i).x() - x, peaks.get(i).y() - y);
      if (d < smallest) {
        smallest = d;
        best = i;
      }
    }
    return best;
  }

  private double distanceArcsec(MergedPeak a, MergedPeak b) {
    return Math.hypot(a.x() - b.x(), a.y() - b.y()) * config.pixelScaleArcsec();
  }
}
