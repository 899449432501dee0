package org.starbeam.detection;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.starbeam.image.ImageF;

/**
 * Adds the sources of close pairs that merged into one peak of a parent. Candidates are peaks of a
 * sharper map. Beside a stronger one a candidate must exceed what lies opposite to it: a single
 * galaxy is symmetric about its centre, whatever its shape, and its noise is not likely to be that
 * one-sided. Each candidate belongs to the nearest peak of the parent within the reach of a merger;
 * one alone is that peak itself. Of several the strongest takes the peak's place and bands, the
 * others are sources of their own, and so is one that is nobody's.
 */
public final class PeakSplitter {
  private final Config config;
  private final PeakFinder finder;

  /**
   * @param least significance of a candidate in the sharper map
   * @param prominence significance by which it stands above the saddle to a stronger one
   * @param contrast the same as a part of the stronger one
   * @param asymmetry deviations by which it exceeds the opposite side of the nearest stronger one
   * @param same distance in pixels up to which a peak keeps its place
   * @param reach distance in pixels within which a merged peak may hide several sources
   */
  public record Config(
      double least,
      double prominence,
      double contrast,
      double asymmetry,
      double same,
      double reach) {}

  public PeakSplitter(Config config) {
    this.config = config;
    this.finder = new PeakFinder(config.prominence, config.contrast);
  }

  /**
   * @param sharp significance in the sharper map, of unit noise
   * @param band that the added peaks are seen in
   */
  public MergedParent split(MergedParent parent, ImageF sharp, String band) {
    List<Peak> candidates = candidates(parent, sharp);
    List<MergedPeak> peaks = new ArrayList<>(parent.peaks());
    List<List<Peak>> members = new ArrayList<>();
    peaks.forEach(p -> members.add(new ArrayList<>()));
    List<Peak> alone = new ArrayList<>();
    for (Peak candidate : candidates) {
      int owner = owner(parent.peaks(), candidate);
      (owner < 0 ? alone : members.get(owner)).add(candidate);
    }
    for (int p = 0; p < members.size(); p++) {
      List<Peak> own = members.get(p);
      if (own.size() > 1) {
        peaks.set(p, moved(peaks.get(p), own.get(0)));
        alone.addAll(own.subList(1, own.size()));
      }
    }
    for (Peak each : alone) {
      peaks.add(new MergedPeak(each.x(), each.y(), each.significance(), List.of(band)));
    }
    peaks.sort(
        Comparator.comparingDouble((MergedPeak p) -> -p.significance())
            .thenComparingDouble(MergedPeak::y)
            .thenComparingDouble(MergedPeak::x));
    return new MergedParent(parent.runs(), List.copyOf(peaks), parent.ambiguous(), parent.culled());
  }

  /** Strongest first. */
  private List<Peak> candidates(MergedParent parent, ImageF sharp) {
    List<Peak> out = new ArrayList<>();
    for (Peak peak : finder.find(sharp, parent.runs(), 1)) {
      if (peak.significance() >= config.least && isOneSided(peak, out, sharp)) {
        out.add(peak);
      }
    }
    return out;
  }

  private boolean isOneSided(Peak peak, List<Peak> stronger, ImageF sharp) {
    Peak about = null;
    for (Peak each : stronger) {
      if (about == null || distance(each, peak) < distance(about, peak)) {
        about = each;
      }
    }
    if (about == null) {
      return true;
    }
    int x = 2 * about.x() - peak.x();
    int y = 2 * about.y() - peak.y();
    Peak opposite = new Peak(x, y, 0);
    for (Peak each : stronger) {
      if (each != about && distance(each, opposite) < config.reach) {
        return true;
      }
    }
    double there = mostNear(sharp, x, y);
    return (peak.significance() - there) / Math.sqrt(2) >= config.asymmetry;
  }

  /** Largest value within a pixel, as centres are known to half of one. */
  private static double mostNear(ImageF sharp, int x, int y) {
    double most = Double.NEGATIVE_INFINITY;
    for (int v = y - 1; v <= y + 1; v++) {
      for (int u = x - 1; u <= x + 1; u++) {
        most = Math.max(most, sharp.box().contains(u, v) ? sharp.get(u, v) : 0);
      }
    }
    return most;
  }

  private static double distance(Peak a, Peak b) {
    return Math.hypot(a.x() - b.x(), a.y() - b.y());
  }

  private MergedPeak moved(MergedPeak peak, Peak to) {
    return Math.hypot(peak.x() - to.x(), peak.y() - to.y()) <= config.same
        ? peak
        : new MergedPeak(to.x(), to.y(), peak.significance(), peak.bands());
  }

  /** The peak that may hide a candidate, -1 for none. */
  private int owner(List<MergedPeak> peaks, Peak candidate) {
    int i = PeakMerger.nearest(peaks, candidate.x(), candidate.y());
    boolean near =
        i >= 0
            && Math.hypot(peaks.get(i).x() - candidate.x(), peaks.get(i).y() - candidate.y())
                < config.reach;
    return near ? i : -1;
  }
}
