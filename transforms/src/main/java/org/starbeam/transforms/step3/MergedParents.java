package org.starbeam.transforms.step3;

import com.google.common.base.Splitter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.detection.CulledPeak;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.schema.MergedParentRow;

/** Parents as rows, and back (specs/04 section 3). */
final class MergedParents {
  private MergedParents() {}

  /** A position without a source. */
  static MergedParentRow sky(int index, int x, int y) {
    MergedPeak peak = new MergedPeak(x, y, 0, List.of());
    return row(index, true, new MergedParent(new int[] {y, x, x + 1}, List.of(peak), 0, List.of()));
  }

  static MergedParentRow row(int index, MergedParent parent) {
    return row(index, false, parent);
  }

  private static MergedParentRow row(int index, boolean sky, MergedParent parent) {
    List<MergedPeak> peaks = parent.peaks();
    List<MergedPeak> culled = parent.culled().stream().map(CulledPeak::peak).toList();
    return MergedParentRow.newBuilder()
        .setIndex(index)
        .setSky(sky)
        .setRuns(Arrays.stream(parent.runs()).boxed().toList())
        .setPeakX(peaks.stream().map(MergedPeak::x).toList())
        .setPeakY(peaks.stream().map(MergedPeak::y).toList())
        .setPeakSignificance(peaks.stream().map(MergedPeak::significance).toList())
        .setPeakBands(peaks.stream().map(MergedParents::bands).toList())
        .setAmbiguous(parent.ambiguous())
        .setCulledX(culled.stream().map(MergedPeak::x).toList())
        .setCulledY(culled.stream().map(MergedPeak::y).toList())
        .setCulledSignificance(culled.stream().map(MergedPeak::significance).toList())
        .setCulledBands(culled.stream().map(MergedParents::bands).toList())
        .setCulledReason(parent.culled().stream().map(c -> c.reason().name()).toList())
        .build();
  }

  private static String bands(MergedPeak peak) {
    return String.join(",", peak.bands());
  }

  /** The parent of a row. */
  static MergedParent parent(MergedParentRow row) {
    int[] runs = row.getRuns().stream().mapToInt(Integer::intValue).toArray();
    List<MergedPeak> peaks = new ArrayList<>();
    for (int i = 0; i < row.getPeakX().size(); i++) {
      peaks.add(
          peak(
              row.getPeakX().get(i),
              row.getPeakY().get(i),
              row.getPeakSignificance().get(i),
              row.getPeakBands().get(i)));
    }
    List<CulledPeak> culled = new ArrayList<>();
    for (int i = 0; i < row.getCulledX().size(); i++) {
      MergedPeak peak =
          peak(
              row.getCulledX().get(i),
              row.getCulledY().get(i),
              row.getCulledSignificance().get(i),
              row.getCulledBands().get(i));
      culled.add(new CulledPeak(peak, CulledPeak.Reason.valueOf(row.getCulledReason().get(i))));
    }
    return new MergedParent(runs, peaks, row.getAmbiguous(), culled);
  }

  /** The smallest box around runs. */
  static Box box(int[] runs) {
    int xMin = Integer.MAX_VALUE;
    int xMax = Integer.MIN_VALUE;
    for (int i = 0; i < runs.length; i += 3) {
      xMin = Math.min(xMin, runs[i + 1]);
      xMax = Math.max(xMax, runs[i + 2] - 1);
    }
    return Box.ofCorners(xMin, runs[0], xMax, runs[runs.length - 3]);
  }

  /** Number of pixels of runs. */
  static int area(int[] runs) {
    int area = 0;
    for (int i = 0; i < runs.length; i += 3) {
      area += runs[i + 2] - runs[i + 1];
    }
    return area;
  }

  private static MergedPeak peak(double x, double y, double significance, String bands) {
    List<String> names = Splitter.on(',').omitEmptyStrings().splitToList(bands);
    return new MergedPeak(x, y, significance, names);
  }
}
