package org.starbeam.deblend;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * Splits the light of a footprint with several peaks in one image (specs/02 section 5, after SDSS).
 *
 * <p>Each peak gets a template T. Where a fit of all peaks as point sources describes the pixels
 * near the peak (reduced chi-square below a limit), T is the PSF times its flux; else T is the
 * symmetric part of the image about the peak, min(I(p), I(2c - p)) clipped at 0 and made to fall
 * outwards. A child is I T / sum(T): the children sum to the parent's pixels. Light that no
 * template claims is shared by 1 / (1 + r^2). The order of the peaks does not matter. Cost O(peaks
 * x area).
 */
public final class SymmetricDeblender {
  /** Why a blend was left whole. */
  public enum Skip {
    NONE,
    TOO_BIG,
    MASKED
  }

  /**
   * @param maxArea pixels of the largest footprint that is split
   * @param maxPeaks peaks that are kept, the strongest
   * @param psfChi2 reduced chi-square below which a peak is a point source
   * @param stray smallest share of stray light that is handed out
   */
  public record Config(int maxArea, int maxPeaks, double psfChi2, double stray)
      implements Serializable {
    public static Config defaults() {
      return new Config(10_000, 200, 1.5, 1e-3);
    }
  }

  /**
   * @param children in the order of the parent's peaks; empty when the blend was left whole
   * @param skip why it was left whole
   * @param tooManyPeaks whether peaks beyond the limit were dropped
   */
  public record Result(List<BlendChild> children, Skip skip, boolean tooManyPeaks) {}

  private final Config config;

  public SymmetricDeblender(Config config) {
    this.config = config;
  }

  /** Splits one footprint; a single peak gives one child with all the light. */
  public Result deblend(MaskedImage image, PsfModel psf, Footprint parent) {
    if (parent.area() > config.maxArea) {
      return new Result(List.of(), Skip.TOO_BIG, false);
    }
    List<Peak> peaks = parent.peaks();
    boolean tooMany = peaks.size() > config.maxPeaks;
    if (tooMany) {
      peaks = peaks.subList(0, config.maxPeaks);
    }
    Pixels pixels = new Pixels(image, parent);
    if (pixels.usable < 0.75 * parent.area()) {
      return new Result(List.of(), Skip.MASKED, tooMany);
    }
    PointSourceFit fit = PointSourceFit.of(image, psf, parent, peaks);
    float[][] templates = new float[peaks.size()][];
    for (int i = 0; i < templates.length; i++) {
      templates[i] =
          fit.chi2(i) < config.psfChi2 && fit.flux(i) > 0
              ? pixels.scaled(fit.psf(i), fit.flux(i))
              : pixels.symmetric(peaks.get(i));
    }
    return new Result(share(pixels, peaks, templates, fit), Skip.NONE, tooMany);
  }

  private List<BlendChild> share(
      Pixels pixels, List<Peak> peaks, float[][] templates, PointSourceFit fit) {
    int n = pixels.value.length;
    float[][] shares = new float[peaks.size()][n];
    boolean[] stray = new boolean[peaks.size()];
    double[] weights = new double[peaks.size()];
    for (int p = 0; p < n; p++) {
      if (!pixels.inside[p]) {
        continue;
      }
      double sum = 0;
      for (int i = 0; i < weights.length; i++) {
        weights[i] = templates[i][p];
        sum += weights[i];
      }
      if (!(sum > 0)) {
        sum = strayWeights(pixels, peaks, p, weights);
        for (int i = 0; i < weights.length; i++) {
          stray[i] |= weights[i] > 0;
        }
      }
      for (int i = 0; i < weights.length; i++) {
        shares[i][p] = (float) (pixels.value[p] * weights[i] / sum);
      }
    }
    List<BlendChild> children = new ArrayList<>();
    for (int i = 0; i < weights.length; i++) {
      boolean asPsf = fit.chi2(i) < config.psfChi2 && fit.flux(i) > 0;
      children.add(
          new BlendChild(peaks.get(i), ImageF.wrap(pixels.box, shares[i]), asPsf, stray[i]));
    }
    return children;
  }

  private double strayWeights(Pixels pixels, List<Peak> peaks, int p, double[] weights) {
    int x = pixels.box.x0() + p % pixels.box.width();
    int y = pixels.box.y0() + p / pixels.box.width();
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      double dx = x - peaks.get(i).x();
      double dy = y - peaks.get(i).y();
      weights[i] = 1 / (1 + dx * dx + dy * dy);
      sum += weights[i];
    }
    double kept = 0;
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] < config.stray * sum) {
        weights[i] = 0;
      }
      kept += weights[i];
    }
    return kept;
  }

  /** The pixels of the parent in its box. */
  private static final class Pixels {
    final Box box;
    final float[] value;
    final boolean[] inside;
    int usable;

    Pixels(MaskedImage image, Footprint parent) {
      box = parent.box().intersect(image.box());
      value = new float[box.area()];
      inside = new boolean[value.length];
      int[] runs = parent.spans().runs();
      for (int r = 0; r < runs.length; r += 3) {
        for (int x = runs[r + 1]; x < runs[r + 2]; x++) {
          if (!box.contains(x, runs[r])) {
            continue;
          }
          int p = index(x, runs[r]);
          float v = image.image().get(x, runs[r]);
          float variance = image.variance().get(x, runs[r]);
          inside[p] = true;
          value[p] = Float.isFinite(v) ? v : 0;
          usable += Float.isFinite(v) && Float.isFinite(variance) && variance > 0 ? 1 : 0;
        }
      }
    }

    int index(int x, int y) {
      return (y - box.y0()) * box.width() + x - box.x0();
    }

    float[] scaled(ImageD psf, double flux) {
      float[] out = new float[value.length];
      Box overlap = psf.box().intersect(box);
      for (int y = overlap.y0(); y < overlap.y1(); y++) {
        for (int x = overlap.x0(); x < overlap.x1(); x++) {
          out[index(x, y)] = (float) Math.max(0, flux * psf.get(x, y));
        }
      }
      return out;
    }

    /** Symmetric about the peak; a partner outside the footprint counts as no light. */
    float[] symmetric(Peak peak) {
      float[] out = new float[value.length];
      for (int p = 0; p < out.length; p++) {
        if (!inside[p]) {
          continue;
        }
        int mirrorX = 2 * peak.x() - (box.x0() + p % box.width());
        int mirrorY = 2 * peak.y() - (box.y0() + p / box.width());
        if (box.contains(mirrorX, mirrorY) && inside[index(mirrorX, mirrorY)]) {
          out[p] = Math.max(0, Math.min(value[p], value[index(mirrorX, mirrorY)]));
        }
      }
      makeMonotonic(out, peak);
      return out;
    }

    /** No pixel is brighter than the brighter of its neighbours one step nearer to the peak. */
    private void makeMonotonic(float[] template, Peak peak) {
      int reach =
          Math.max(
              Math.max(peak.x() - box.x0(), box.x1() - 1 - peak.x()),
              Math.max(peak.y() - box.y0(), box.y1() - 1 - peak.y()));
      for (int ring = 1; ring <= reach; ring++) {
        for (int d = -ring; d <= ring; d++) {
          limit(template, peak, d, -ring);
          limit(template, peak, d, ring);
          if (Math.abs(d) < ring) {
            limit(template, peak, -ring, d);
            limit(template, peak, ring, d);
          }
        }
      }
    }

    private void limit(float[] template, Peak peak, int dx, int dy) {
      int x = peak.x() + dx;
      int y = peak.y() + dy;
      if (!box.contains(x, y)) {
        return;
      }
      double scale =
          (Math.max(Math.abs(dx), Math.abs(dy)) - 1.0) / Math.max(Math.abs(dx), Math.abs(dy));
      double innerX = dx * scale;
      double innerY = dy * scale;
      float a =
          at(template, peak.x() + (int) Math.floor(innerX), peak.y() + (int) Math.floor(innerY));
      float b =
          at(template, peak.x() + (int) Math.ceil(innerX), peak.y() + (int) Math.ceil(innerY));
      int p = index(x, y);
      template[p] = Math.min(template[p], Math.max(a, b));
    }

    private float at(float[] template, int x, int y) {
      return box.contains(x, y) ? template[index(x, y)] : 0;
    }
  }

  /** All peaks of a blend fitted as point sources at once, positions refined twice. */
  private static final class PointSourceFit {
    private static final int ROUNDS = 3;
    private final MaskedImage image;
    private final List<Peak> peaks;
    private final PsfModel psf;
    private final double radius;
    private final ImageD[] psfs;
    private final double[] x;
    private final double[] y;
    private double[] flux;
    private final double[] chi2;

    private PointSourceFit(MaskedImage image, PsfModel psf, List<Peak> peaks) {
      this.image = image;
      this.peaks = peaks;
      this.psf = psf;
      int k = peaks.size();
      double[] shape = psf.shape(peaks.get(0).x(), peaks.get(0).y());
      radius = 1.5 * GaussianWidth.FWHM_PER_SIGMA * Math.sqrt(0.5 * (shape[0] + shape[1]));
      psfs = new ImageD[k];
      x = new double[k];
      y = new double[k];
      flux = new double[k];
      chi2 = new double[k];
      for (int i = 0; i < k; i++) {
        x[i] = peaks.get(i).x();
        y[i] = peaks.get(i).y();
        psfs[i] = psf.image(x[i], y[i]);
      }
    }

    static PointSourceFit of(MaskedImage image, PsfModel psf, Footprint parent, List<Peak> peaks) {
      PointSourceFit fit = new PointSourceFit(image, psf, peaks);
      Box box = parent.box().intersect(image.box());
      for (int round = 0; ; round++) {
        fit.solveFluxes(box);
        ImageD residual = fit.residual(box);
        if (round == ROUNDS) {
          fit.computeChi2(residual);
          return fit;
        }
        fit.moveAll(residual);
      }
    }

    double flux(int i) {
      return flux[i];
    }

    double chi2(int i) {
      return chi2[i];
    }

    ImageD psf(int i) {
      return psfs[i];
    }

    private void solveFluxes(Box box) {
      int k = peaks.size();
      double[][] a = new double[k][k];
      double[] b = new double[k];
      for (int i = 0; i < k; i++) {
        Box own = psfs[i].box().intersect(box);
        for (int yy = own.y0(); yy < own.y1(); yy++) {
          for (int xx = own.x0(); xx < own.x1(); xx++) {
            b[i] += psfs[i].get(xx, yy) * finite(image.image().get(xx, yy));
          }
        }
        for (int j = 0; j <= i; j++) {
          Box both = own.intersect(psfs[j].box());
          double sum = 0;
          for (int yy = both.y0(); yy < both.y1(); yy++) {
            for (int xx = both.x0(); xx < both.x1(); xx++) {
              sum += psfs[i].get(xx, yy) * psfs[j].get(xx, yy);
            }
          }
          a[i][j] = sum;
          a[j][i] = sum;
        }
        a[i][i] *= 1 + 1e-9;
      }
      flux = cholesky(a, b);
    }

    private ImageD residual(Box box) {
      ImageD out = new ImageD(box);
      for (int yy = box.y0(); yy < box.y1(); yy++) {
        for (int xx = box.x0(); xx < box.x1(); xx++) {
          out.set(xx, yy, finite(image.image().get(xx, yy)));
        }
      }
      for (int i = 0; i < psfs.length; i++) {
        Box own = psfs[i].box().intersect(box);
        for (int yy = own.y0(); yy < own.y1(); yy++) {
          for (int xx = own.x0(); xx < own.x1(); xx++) {
            out.data[out.index(xx, yy)] -= flux[i] * psfs[i].get(xx, yy);
          }
        }
      }
      return out;
    }

    /** One Gauss-Newton step of every position, at most one pixel from the peak. */
    private void moveAll(ImageD residual) {
      for (int i = 0; i < psfs.length; i++) {
        if (!(flux[i] > 0)) {
          continue;
        }
        double[] d = step(residual, psfs[i], flux[i]);
        x[i] = clamp(x[i] + d[0], peaks.get(i).x());
        y[i] = clamp(y[i] + d[1], peaks.get(i).y());
        psfs[i] = psf.image(x[i], y[i]);
      }
    }

    private static double clamp(double v, int centre) {
      return Math.max(centre - 1.0, Math.min(centre + 1.0, v));
    }

    private static double[] step(ImageD residual, ImageD p, double flux) {
      Box box = p.box().grow(-1).intersect(residual.box());
      double gx = 0;
      double gy = 0;
      double xx = 0;
      double yy = 0;
      double xy = 0;
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          double dx = 0.5 * flux * (p.get(u - 1, v) - p.get(u + 1, v));
          double dy = 0.5 * flux * (p.get(u, v - 1) - p.get(u, v + 1));
          double r = residual.get(u, v);
          gx += dx * r;
          gy += dy * r;
          xx += dx * dx;
          yy += dy * dy;
          xy += dx * dy;
        }
      }
      double det = xx * yy - xy * xy;
      if (!(det > 1e-9 * xx * yy)) {
        return new double[2];
      }
      return new double[] {(yy * gx - xy * gy) / det, (xx * gy - xy * gx) / det};
    }

    private void computeChi2(ImageD residual) {
      for (int i = 0; i < psfs.length; i++) {
        Box box =
            Box.around(peaks.get(i).x(), peaks.get(i).y(), (int) Math.ceil(radius))
                .intersect(residual.box());
        double sum = 0;
        int n = 0;
        for (int v = box.y0(); v < box.y1(); v++) {
          for (int u = box.x0(); u < box.x1(); u++) {
            double variance = image.variance().get(u, v);
            if (Math.hypot(u - x[i], v - y[i]) < radius
                && variance > 0
                && variance < Double.POSITIVE_INFINITY) {
              double r = residual.get(u, v);
              sum += r * r / variance;
              n++;
            }
          }
        }
        chi2[i] = n > 4 ? sum / (n - 3) : Double.POSITIVE_INFINITY;
      }
    }

    private static double finite(float v) {
      return Float.isFinite(v) ? v : 0;
    }

    /** Solves a x = b for a symmetric positive matrix, which is overwritten. */
    private static double[] cholesky(double[][] a, double[] b) {
      int n = b.length;
      double[] x = Arrays.copyOf(b, n);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j <= i; j++) {
          double sum = a[i][j];
          for (int k = 0; k < j; k++) {
            sum -= a[i][k] * a[j][k];
          }
          a[i][j] = i == j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / a[j][j];
        }
      }
      for (int i = 0; i < n; i++) {
        for (int k = 0; k < i; k++) {
          x[i] -= a[i][k] * x[k];
        }
        x[i] /= a[i][i];
      }
      for (int i = n - 1; i >= 0; i--) {
        for (int k = i + 1; k < n; k++) {
          x[i] -= a[k][i] * x[k];
        }
        x[i] /= a[i][i];
      }
      return x;
    }
  }
}
