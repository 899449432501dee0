package org.starbeam.calibration;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;

/**
 * Finds bad pixels in the masters of a detector (specs/01 section 5.4): hot ones in the dark, dead
 * and low ones in the flats relative to the median of their neighbourhood, and fills broken
 * columns.
 *
 * <p>A pixel is hot where the dark rate exceeds {@code darkRate}, or {@code darkSigma} robust sigma
 * of the dark when that is lower, but never below {@code darkFloor}; it is bad where a flat is
 * below {@code flatLow} or above {@code flatHigh} of the median of a block of {@code blockSize}
 * pixels around it. A column of an amplifier with at least {@code columnOnOff} bad pixels has gaps
 * of less than {@code columnGap} filled; with at least {@code columnFull} bad pixels it is bad as a
 * whole and {@code columnGrow} columns on both sides with it.
 *
 * <p>Boxes come in a fixed order and do not overlap: runs along columns, equal runs of neighbouring
 * columns joined.
 */
public final class DefectFinder {
  /**
   * @param darkRate electrons per second, 3.0
   * @param darkSigma robust sigma of the dark, 6
   * @param darkFloor electrons per second, 0.5
   * @param biasLevel electrons above which the bias is bad, 1500
   * @param flatLow relative response, 0.85
   * @param flatHigh relative response, 1.9
   * @param blockSize pixels of the block whose median is the reference, 32
   * @param columnOnOff bad pixels of a column from which gaps are filled, 10
   * @param columnGap rows, 30
   * @param columnFull bad pixels from which the whole column is bad, 1000
   * @param columnGrow columns on both sides of a whole bad column, 2
   * @param edgeRows rows at the detector's edge that are bad, 0
   * @param edgeColumns columns at the detector's edge that are bad, 0
   */
  public record Config(
      double darkRate,
      double darkSigma,
      double darkFloor,
      double biasLevel,
      double flatLow,
      double flatHigh,
      int blockSize,
      int columnOnOff,
      int columnGap,
      int columnFull,
      int columnGrow,
      int edgeRows,
      int edgeColumns)
      implements Serializable {
    public static Config defaults() {
      return new Config(3.0, 6, 0.5, 1500, 0.85, 1.9, 32, 10, 30, 1000, 2, 0, 0);
    }
  }

  private final Config config;

  public DefectFinder(Config config) {
    this.config = config;
  }

  /**
   * Finds the defects.
   *
   * @param bias electrons, or null
   * @param dark electrons per second, or null
   * @param flats relative response, one per filter
   * @param amplifiers boxes of the amplifiers on the detector
   * @param manual boxes known to be bad
   */
  public DefectList find(
      @Nullable ImageF bias,
      @Nullable ImageF dark,
      List<ImageF> flats,
      List<Box> amplifiers,
      List<Box> manual) {
    Box box = amplifiers.stream().reduce(Box.EMPTY, Box::union);
    MaskI found = new MaskI(box);
    for (Box amplifier : amplifiers) {
      if (bias != null) {
        above(bias.view(amplifier), config.biasLevel, found, DefectList.BIAS);
      }
      if (dark != null) {
        above(dark.view(amplifier), darkLimit(dark.view(amplifier)), found, DefectList.DARK);
      }
      for (ImageF flat : flats) {
        response(flat.view(amplifier), found);
      }
      columns(amplifier, found);
    }
    manual.forEach(b -> mark(b.intersect(box), found, DefectList.MANUAL));
    edges(box, found);
    return boxes(found);
  }

  private double darkLimit(ImageF dark) {
    ClippedStatistics.Result r = new ClippedStatistics().of(dark);
    double sigma = r.median() + config.darkSigma * ClippedStatistics.IQR_TO_SIGMA * r.iqr();
    return Math.min(config.darkRate, Math.max(config.darkFloor, sigma));
  }

  private static void above(ImageF image, double limit, MaskI found, int source) {
    Box box = image.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (image.get(x, y) > limit) {
          found.data[found.index(x, y)] |= source;
        }
      }
    }
  }

  private void response(ImageF flat, MaskI found) {
    Box box = flat.box();
    int size = config.blockSize;
    for (int y = box.y0(); y < box.y1(); y += size) {
      for (int x = box.x0(); x < box.x1(); x += size) {
        Box block = new Box(x, y, size, size).intersect(box);
        double median = ClippedStatistics.median(flat.view(block).toArray());
        float low = (float) (config.flatLow * median);
        float high = (float) (config.flatHigh * median);
        for (int j = block.y0(); j < block.y1(); j++) {
          for (int i = block.x0(); i < block.x1(); i++) {
            float f = flat.get(i, j);
            if (!(f >= low && f <= high)) {
              found.data[found.index(i, j)] |= DefectList.FLAT;
            }
          }
        }
      }
    }
  }

  private void columns(Box amplifier, MaskI found) {
    List<Integer> whole = new ArrayList<>();
    for (int x = amplifier.x0(); x < amplifier.x1(); x++) {
      int bad = 0;
      for (int y = amplifier.y0(); y < amplifier.y1(); y++) {
        bad += found.get(x, y) != 0 ? 1 : 0;
      }
      if (bad >= config.columnFull) {
        whole.add(x);
      } else if (bad >= config.columnOnOff) {
        fillGaps(amplifier, x, found);
      }
    }
    for (int x : whole) {
      int width = 2 * config.columnGrow + 1;
      Box column =
          new Box(x - config.columnGrow, amplifier.y0(), width, amplifier.height())
              .intersect(amplifier);
      mark(column, found, DefectList.COLUMN);
    }
  }

  private void fillGaps(Box amplifier, int x, MaskI found) {
    int last = Integer.MIN_VALUE;
    for (int y = amplifier.y0(); y < amplifier.y1(); y++) {
      if (found.get(x, y) == 0) {
        continue;
      }
      boolean gap = last != Integer.MIN_VALUE && y - last > 1 && y - last - 1 < config.columnGap;
      if (gap) {
        mark(new Box(x, last + 1, 1, y - last - 1), found, DefectList.COLUMN);
      }
      last = y;
    }
  }

  private void edges(Box box, MaskI found) {
    int rows = config.edgeRows;
    int columns = config.edgeColumns;
    mark(new Box(box.x0(), box.y0(), box.width(), rows), found, DefectList.EDGE);
    mark(new Box(box.x0(), box.y1() - rows, box.width(), rows), found, DefectList.EDGE);
    mark(new Box(box.x0(), box.y0(), columns, box.height()), found, DefectList.EDGE);
    mark(new Box(box.x1() - columns, box.y0(), columns, box.height()), found, DefectList.EDGE);
  }

  private static void mark(Box part, MaskI found, int source) {
    for (int y = part.y0(); y < part.y1(); y++) {
      for (int x = part.x0(); x < part.x1(); x++) {
        found.data[found.index(x, y)] |= source;
      }
    }
  }

  /** Runs along columns, equal runs of neighbouring columns joined. */
  private static DefectList boxes(MaskI found) {
    Box box = found.box();
    List<DefectList.Defect> open = new ArrayList<>();
    List<DefectList.Defect> done = new ArrayList<>();
    for (int x = box.x0(); x < box.x1(); x++) {
      List<DefectList.Defect> next = new ArrayList<>();
      int y = box.y0();
      while (y < box.y1()) {
        if (found.get(x, y) == 0) {
          y++;
          continue;
        }
        int start = y;
        int source = 0;
        while (y < box.y1() && found.get(x, y) != 0) {
          source |= found.get(x, y);
          y++;
        }
        next.add(join(open, new Box(x, start, 1, y - start), source));
      }
      done.addAll(open);
      open = next;
    }
    done.addAll(open);
    done.sort(
        Comparator.<DefectList.Defect>comparingInt(d -> d.box().x0())
            .thenComparingInt(d -> d.box().y0()));
    return new DefectList(done);
  }

  private static DefectList.Defect join(List<DefectList.Defect> open, Box run, int source) {
    for (int i = 0; i < open.size(); i++) {
      Box b = open.get(i).box();
      if (b.y0() == run.y0() && b.height() == run.height()) {
        int all = open.remove(i).source() | source;
        return new DefectList.Defect(new Box(b.x0(), b.y0(), b.width() + 1, b.height()), all);
      }
    }
    return new DefectList.Defect(run, source);
  }
}
