package org.starbeam.cosmicray;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Predicate;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;

/**
 * Finds cosmic rays as pixels that rise more steeply above their neighbours than the PSF allows
 * (specs/02 section 1.1; after meas_algorithms CR.cc and the SDSS finder).
 *
 * <p>For a pixel of value p with sigma d, and the means m and their sigmas d_m = sqrt(v1 + v2) / 2
 * of its four pairs of opposite neighbours, the pixel is hit when
 *
 * <ul>
 *   <li>p - m &gt; minSigma * d for at least one pair, and
 *   <li>t * (p - c d) &gt; m + c d_m for at least one pair, where t = f * fall-off of the PSF along
 *       that pair, evaluated once per 256-pixel cell.
 * </ul>
 *
 * A hit takes the average of the means of all pairs that passed the second test as provisional
 * value, and the neighbours of hits are tested again. Then the neighbours of hits are tested with
 * minSigma / 2 and c = 0, up to {@link Config#growthPasses} times. Every sweep tests a frozen
 * image, so the result does not depend on the order of the pixels and turns and flips with the
 * frame. Connected hits (8-connectivity) are one event and need {@link Config#minElectrons} in sum.
 *
 * <p>Pixels that are BAD, INTRP, SAT, NO_DATA or not finite are never hit, nor are neighbours of
 * INTRP; pairs with one of them or beyond the frame are left out, so a pixel on the frame's border
 * is judged by the pair along it. The image must have its background subtracted, or be flat after
 * subtraction of the given one; it is not modified. Cost about 10 ns per pixel.
 */
public final class GradientCosmicRayFinder {
  private static final int CELL = 256;
  private static final double UNDERSAMPLED = 2;

  /**
   * @param minSigma height above a pair in sigma; default 6
   * @param c sigma of slack in the fall-off test; default 2.5
   * @param f part of the PSF's fall-off that a pixel must keep; default 0.6
   * @param minElectrons least sum of an event above the background; default 150
   * @param growthPasses passes of growth; default 3
   * @param maxFraction more hit pixels than this fraction void the pass; default 0.01
   */
  public record Config(
      double minSigma,
      double c,
      double f,
      double minElectrons,
      int growthPasses,
      double maxFraction)
      implements Serializable {
    public static Config defaults() {
      return new Config(6, 2.5, 0.6, 150, 3, 0.01);
    }

    /**
     * The thresholds for a PSF of some width in pixels: at FWHM below 2 the second test has no
     * margin, so minSigma is at least 10 and f at most 0.35, and a star veto is mandatory.
     */
    public Config forFwhm(double fwhm) {
      return fwhm >= UNDERSAMPLED
          ? this
          : new Config(
              Math.max(minSigma, 10),
              c,
              Math.min(f, 0.35),
              minElectrons,
              growthPasses,
              maxFraction);
    }
  }

  private final Config config;

  public GradientCosmicRayFinder(Config config) {
    this.config = config;
  }

  /** Without a star veto. */
  public CosmicRays find(MaskedImage image, PsfFalloff.Field psf) {
    return find(image, psf, event -> false);
  }

  /**
   * @param image background-subtracted, in electrons
   * @param starVeto true for an event that is a star after all and to be given back
   */
  public CosmicRays find(MaskedImage image, PsfFalloff.Field psf, Predicate<SpanSet> starVeto) {
    return new Search(image, psf).run(starVeto);
  }

  private final class Search {
    private final MaskedImage image;
    private final PaddedFrame frame;
    private final int width;
    private final int height;
    private final int stride;
    private final float[] value;
    private final float[] variance;
    private final boolean[] blocked;
    private final boolean[] untouchable;
    private final boolean[] hit;
    private final PsfFalloff[] cells;
    private final int cellsAcross;
    private int[] found = new int[1024];
    private float[] provisional = new float[1024];
    private int foundCount;

    Search(MaskedImage image, PsfFalloff.Field psf) {
      this.image = image;
      this.frame = new PaddedFrame(image);
      Box box = frame.box;
      this.width = box.width();
      this.height = box.height();
      this.stride = frame.stride;
      this.value = frame.value;
      this.variance = frame.variance;
      this.blocked = frame.blocked;
      this.untouchable = frame.untouchable;
      this.hit = new boolean[value.length];
      this.cellsAcross = (width + CELL - 1) / CELL;
      this.cells = new PsfFalloff[cellsAcross * ((height + CELL - 1) / CELL)];
      for (int i = 0; i < cells.length; i++) {
        int cx = i % cellsAcross * CELL;
        int cy = i / cellsAcross * CELL;
        double x = box.x0() + 0.5 * (cx + Math.min(cx + CELL, width) - 1);
        double y = box.y0() + 0.5 * (cy + Math.min(cy + CELL, height) - 1);
        cells[i] = psf.at(x, y);
      }
    }

    CosmicRays run(Predicate<SpanSet> starVeto) {
      for (int y = 0; y < height; y++) {
        for (int x = 0; x < width; x++) {
          test(x, y, config.minSigma(), config.c());
        }
      }
      int[] fresh = settle();
      testAround(fresh, config.minSigma(), config.c());
      settle();
      int[] last = allHits();
      for (int pass = 0; pass < config.growthPasses() && last.length > 0; pass++) {
        testAround(last, 0.5 * config.minSigma(), 0);
        last = settle();
      }
      return events(starVeto);
    }

    /** Tests the pixels around given ones; each once. */
    private void testAround(int[] centres, double minSigma, double c) {
      BitSet done = new BitSet(value.length);
      for (int centre : centres) {
        int cx = centre % stride - 1;
        int cy = centre / stride - 1;
        for (int y = Math.max(0, cy - 1); y <= Math.min(height - 1, cy + 1); y++) {
          for (int x = Math.max(0, cx - 1); x <= Math.min(width - 1, cx + 1); x++) {
            int i = (y + 1) * stride + x + 1;
            if (!hit[i] && !done.get(i)) {
              done.set(i);
              test(x, y, minSigma, c);
            }
          }
        }
      }
    }

    /** Marks what the sweep found and puts the provisional values in; returns the new pixels. */
    private int[] settle() {
      int[] fresh = Arrays.copyOf(found, foundCount);
      for (int k = 0; k < foundCount; k++) {
        hit[found[k]] = true;
        value[found[k]] = provisional[k];
      }
      foundCount = 0;
      return fresh;
    }

    private int[] allHits() {
      int n = 0;
      int[] all = new int[1024];
      for (int i = 0; i < hit.length; i++) {
        if (hit[i]) {
          if (n == all.length) {
            all = Arrays.copyOf(all, 2 * n);
          }
          all[n++] = i;
        }
      }
      return Arrays.copyOf(all, n);
    }

    private void test(int x, int y, double minSigma, double c) {
      int i = (y + 1) * stride + x + 1;
      double p = value[i];
      double rise = minSigma * minSigma * variance[i];
      if (untouchable[i]) {
        return;
      }
      boolean v = !(blocked[i - stride] || blocked[i + stride]);
      boolean h = !(blocked[i - 1] || blocked[i + 1]);
      boolean u = !(blocked[i - stride - 1] || blocked[i + stride + 1]);
      boolean w = !(blocked[i - stride + 1] || blocked[i + stride - 1]);
      double mv = v ? 0.5 * ((double) value[i - stride] + value[i + stride]) : p;
      double mh = h ? 0.5 * ((double) value[i - 1] + value[i + 1]) : p;
      double mu = u ? 0.5 * ((double) value[i - stride - 1] + value[i + stride + 1]) : p;
      double mw = w ? 0.5 * ((double) value[i - stride + 1] + value[i + stride - 1]) : p;
      double most = p - Math.min(Math.min(mv, mh), Math.min(mu, mw));
      if (!(most > 0) || !(most * most > rise)) {
        return;
      }
      PsfFalloff t = cells[y / CELL * cellsAcross + x / CELL];
      double low = p - c * Math.sqrt(variance[i]);
      boolean pv = v && passes(config.f() * t.vertical(), low, mv, i - stride, i + stride, c);
      boolean ph = h && passes(config.f() * t.horizontal(), low, mh, i - 1, i + 1, c);
      double td = config.f() * t.diagonal();
      boolean pu = u && passes(td, low, mu, i - stride - 1, i + stride + 1, c);
      boolean pw = w && passes(td, low, mw, i - stride + 1, i + stride - 1, c);
      int n = (pv ? 1 : 0) + (ph ? 1 : 0) + (pu ? 1 : 0) + (pw ? 1 : 0);
      if (n > 0) {
        double sum = ((pv ? mv : 0) + (ph ? mh : 0)) + ((pu ? mu : 0) + (pw ? mw : 0));
        accept(i, (float) (sum / n));
      }
    }

    private boolean passes(double t, double low, double mean, int a, int b, double c) {
      return t * low > mean + c * 0.5 * Math.sqrt((double) variance[a] + variance[b]);
    }

    private void accept(int i, float replacement) {
      if (foundCount == found.length) {
        found = Arrays.copyOf(found, 2 * foundCount);
        provisional = Arrays.copyOf(provisional, 2 * foundCount);
      }
      found[foundCount] = i;
      provisional[foundCount++] = replacement;
    }

    private CosmicRays events(Predicate<SpanSet> starVeto) {
      SpanSet pixels = frame.spans(hit);
      if (pixels.area() > config.maxFraction() * frame.box.area()) {
        return new CosmicRays(List.of(), true, pixels.area(), List.of());
      }
      List<SpanSet> events = new ArrayList<>();
      List<SpanSet> vetoed = new ArrayList<>();
      for (SpanSet event : pixels.parts()) {
        if ((float) sum(event) < config.minElectrons()) {
          continue;
        }
        (starVeto.test(event) ? vetoed : events).add(event);
      }
      return new CosmicRays(List.copyOf(events), false, pixels.area(), List.copyOf(vetoed));
    }

    private double sum(SpanSet event) {
      ImageF original = image.image();
      double sum = 0;
      for (int run = 0; run < event.size(); run++) {
        int row = original.index(0, event.y(run));
        for (int x = event.x0(run); x < event.x1(run); x++) {
          sum += original.data[row + x];
        }
      }
      return sum;
    }
  }
}
