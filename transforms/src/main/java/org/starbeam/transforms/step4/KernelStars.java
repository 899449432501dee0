package org.starbeam.transforms.step4;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;
import org.starbeam.difference.AlardLuptonSolver.Stamp;
import org.starbeam.schema.SourceRow;

/**
 * Stars on which the matching kernel is fitted (specs/03 section 7.4): primary, alone, point-like,
 * without bad pixels, signal-to-noise 10 to 500 (to 2000 when fewer than 50 are found); the five
 * brightest of every cell of 128 pixels.
 */
final class KernelStars {
  private static final double MIN_SNR = 10;
  private static final double MAX_SNR = 500;
  private static final double MAX_SNR_FEW = 2000;
  private static final int FEW = 50;
  private static final int CELL = 128;
  private static final int PER_CELL = 5;
  private static final int MOST = 1000;

  private KernelStars() {}

  static List<Stamp> choose(List<SourceRow> sources) {
    List<SourceRow> found = select(sources, MAX_SNR);
    return stamps(found.size() < FEW ? select(sources, MAX_SNR_FEW) : found);
  }

  private static List<SourceRow> select(List<SourceRow> sources, double maxSnr) {
    TreeMap<Long, List<SourceRow>> cells = new TreeMap<>();
    for (SourceRow row : sources) {
      if (isStar(row, maxSnr)) {
        long cell =
            Math.floorDiv((long) Math.rint(row.getY()), CELL) << 32
                | Math.floorDiv((long) Math.rint(row.getX()), CELL) & 0xffffffffL;
        cells.computeIfAbsent(cell, c -> new ArrayList<>()).add(row);
      }
    }
    List<SourceRow> out = new ArrayList<>();
    for (List<SourceRow> cell : cells.values()) {
      cell.sort(
          Comparator.comparingDouble((SourceRow r) -> -r.getPsfFlux())
              .thenComparingLong(SourceRow::getSourceId));
      out.addAll(cell.subList(0, Math.min(PER_CELL, cell.size())));
    }
    return out.subList(0, Math.min(MOST, out.size()));
  }

  private static boolean isStar(SourceRow row, double maxSnr) {
    if (row.getX() == null || row.getPsfFlux() == null || row.getPsfFluxErr() == null) {
      return false;
    }
    double snr = row.getPsfFlux() / row.getPsfFluxErr();
    return snr >= MIN_SNR
        && snr <= maxSnr
        && isTrue(row.getDetectIsPrimary())
        && (row.getParentSourceId() == null || row.getParentSourceId() == 0)
        && (row.getExtendedness() == null || row.getExtendedness() < 0.5)
        && !isTrue(row.getPsfFluxFlag())
        && !isTrue(row.getCentroidFlag())
        && !isTrue(row.getPixelFlagsSaturatedCenter())
        && !isTrue(row.getPixelFlagsInterpolatedCenter())
        && !isTrue(row.getPixelFlagsEdge())
        && !isTrue(row.getPixelFlagsBad());
  }

  private static boolean isTrue(@org.jspecify.annotations.Nullable Boolean flag) {
    return Boolean.TRUE.equals(flag);
  }

  private static List<Stamp> stamps(List<SourceRow> rows) {
    return rows.stream()
        .map(r -> new Stamp(r.getSourceId(), (int) Math.rint(r.getX()), (int) Math.rint(r.getY())))
        .toList();
  }
}
