package org.starbeam.difference;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.detection.SignificanceMap;
import org.starbeam.difference.AlardLuptonSolver.Pair;
import org.starbeam.difference.AlardLuptonSolver.Solution;
import org.starbeam.difference.AlardLuptonSolver.Stamp;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GridPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.WarpSource;

/**
 * Science image minus matched template with white noise (specs/03 sections 7.1, 7.2, 7.6, 7.7).
 *
 * <p>The template is convolved when the science PSF is the wider one everywhere (its second moments
 * exceed those of the template within -0.02 pixel^2 on 95 % of a 10 x 10 grid) or wider on average;
 * otherwise the science image is convolved and the difference divided by the kernel's sum.
 *
 * <p>Where the noise of the difference is larger than its variance says, the variance is raised
 * ({@link LocalNoise}).
 *
 * <p>Cost for 1024 x 1024 pixels: 1 to 2 s, most of it the convolution; about 60 MB.
 */
public final class ImageSubtractor {
  /** Which image is convolved. */
  public enum Mode {
    AUTO,
    CONVOLVE_TEMPLATE,
    CONVOLVE_SCIENCE
  }

  /**
   * @param kernel of the solver
   * @param mode AUTO or a forced direction
   * @param tile side of the tiles that have one decorrelation filter
   * @param blend width over which tiles blend
   * @param psfStep distance of the nodes of the difference's PSF
   */
  public record Config(
      AlardLuptonSolver.Config kernel, Mode mode, int tile, int blend, double psfStep)
      implements Serializable {
    public static Config defaults() {
      return new Config(AlardLuptonSolver.Config.defaults(), Mode.AUTO, 128, 32, 64);
    }
  }

  /** Pixels and their PSF. */
  public record Exposure(MaskedImage pixels, PsfModel psf) {}

  /**
   * The difference.
   *
   * @param image D, its mask and variance, on the box of the science image
   * @param psf of D
   * @param matchedTemplate the template as subtracted, background not included
   * @param matchedPsf PSF of the matched template
   * @param templateVariance variance of the template before it was convolved
   * @param templateNoise correlation of its noise
   * @param mode what was convolved
   * @param solution kernel and background
   * @param noiseScale noise of point-source significances on empty sky over the expected one
   */
  public record Difference(
      MaskedImage image,
      PsfModel psf,
      ImageF matchedTemplate,
      PsfModel matchedPsf,
      ImageF templateVariance,
      TemplateNoise templateNoise,
      Mode mode,
      Solution solution,
      double noiseScale) {
    /** Error of a PSF flux on the matched template; NaN outside. */
    double templateFluxErr(double x, double y) {
      int px = (int) Math.rint(x);
      int py = (int) Math.rint(y);
      if (!templateVariance.box().contains(px, py)) {
        return Double.NaN;
      }
      boolean convolved = mode == Mode.CONVOLVE_TEMPLATE;
      double err =
          Decorrelator.fluxError(
              matchedPsf.kernelImage(x, y),
              convolved ? solution.kernel().at(x, y) : null,
              templateNoise.covariance(),
              templateVariance.get(px, py));
      return convolved ? err : err / Math.abs(solution.kernelSum());
    }
  }

  private static final int BAD_FOR_STAMPS =
      MaskPlanes.BAD
          | MaskPlanes.SAT
          | MaskPlanes.NO_DATA
          | MaskPlanes.CR
          | MaskPlanes.STREAK
          | MaskPlanes.HIGH_VARIANCE;
  private static final int OF_TEMPLATE =
      MaskPlanes.BAD | MaskPlanes.NO_DATA | MaskPlanes.HIGH_VARIANCE | MaskPlanes.INEXACT_PSF;
  private static final int SPREADING = MaskPlanes.BAD | MaskPlanes.NO_DATA | MaskPlanes.SAT;
  private static final double PSD_TOLERANCE = -0.02;
  private static final double PSD_SHARE = 0.95;
  private static final double BAD_WEIGHT = 0.01;
  private static final int FILTER_CORE = 10;

  private final Config config;
  private final AlardLuptonSolver solver;

  public ImageSubtractor(Config config) {
    this.config = config;
    this.solver = new AlardLuptonSolver(config.kernel);
  }

  /** Subtracts a template of white noise of which the science image is no part. */
  public Difference subtract(Exposure science, Exposure template, List<Stamp> stars) {
    return subtract(science, template, TemplateNoise.white(), stars);
  }

  /**
   * Subtracts.
   *
   * @param science the visit image
   * @param template on the grid of the science image; its box holds that of the science image
   * @param noise of the template
   * @param stars candidates for the kernel, bright and isolated
   */
  public Difference subtract(
      Exposure science, Exposure template, TemplateNoise noise, List<Stamp> stars) {
    Box box = science.pixels.box();
    Mode mode = config.mode == Mode.AUTO ? direction(science, template) : config.mode;
    boolean templateConvolved = mode == Mode.CONVOLVE_TEMPLATE;
    Exposure convolved = templateConvolved ? template : science;
    Exposure reference = templateConvolved ? science : template;
    MaskedImage filled = filled(convolved.pixels);
    ImageF referencePixels = filled(reference.pixels).image().view(box);
    double sigmaConvolved = sigma(convolved.psf, box);
    double sigmaReference = sigma(reference.psf, box);
    KernelBasis basis = solver.basis(sigmaConvolved, sigmaReference);
    KernelOffsets offsets =
        template.psf instanceof TemplatePsf zones
            ? KernelOffsets.of(basis, science.psf, zones, templateConvolved, box)
            : null;
    Pair pair =
        new Pair(
            referencePixels, filled.image().view(box), summedVariance(science, template), offsets);
    Solution solution =
        solver.solve(
            pair,
            basis,
            usable(stars, science.pixels, template.pixels, basis.halfWidth()),
            List.of(reference.psf, convolved.psf),
            2.355 * Math.max(sigmaConvolved, sigmaReference));
    ImageF matched = solution.kernel().convolve(filled.image()).view(box);
    double scale = templateConvolved ? 1 : -1 / solution.kernelSum();
    ImageF raw = difference(referencePixels, matched, solution, scale);
    return finish(science, template, mode, solution, raw, matched, reference.psf, noise);
  }

  private Mode direction(Exposure science, Exposure template) {
    Box box = science.pixels.box();
    int good = 0;
    double excess = 0;
    for (int k = 0; k < 100; k++) {
      double x = box.x0() + (0.05 + 0.9 * (k % 10) / 9.0) * (box.width() - 1);
      double y = box.y0() + (0.05 + 0.9 * (k / 10) / 9.0) * (box.height() - 1);
      double[] s = science.psf.shape(x, y);
      double[] t = template.psf.shape(x, y);
      double a = s[0] - t[0];
      double b = s[1] - t[1];
      double c = s[2] - t[2];
      double smaller = (a + b) / 2 - Math.sqrt((a - b) * (a - b) / 4 + c * c);
      good += smaller >= PSD_TOLERANCE ? 1 : 0;
      excess += a + b;
    }
    return good >= PSD_SHARE * 100 || excess >= 0 ? Mode.CONVOLVE_TEMPLATE : Mode.CONVOLVE_SCIENCE;
  }

  private static double sigma(PsfModel psf, Box box) {
    double[] s = psf.shape(box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0);
    return Math.sqrt(Math.sqrt(Math.max(1e-6, s[0] * s[1] - s[2] * s[2])));
  }

  private static ImageF summedVariance(Exposure science, Exposure template) {
    ImageF s = science.pixels.variance();
    ImageF t = template.pixels.variance();
    ImageF out = new ImageF(s.box());
    Box box = s.box();
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++, i++) {
        out.data[i] = s.get(x, y) + t.get(x, y);
      }
    }
    return out;
  }

  private static List<Stamp> usable(
      List<Stamp> stars, MaskedImage science, MaskedImage template, int half) {
    Box box = science.box();
    List<Stamp> out = new ArrayList<>();
    for (Stamp s : stars) {
      Box around = Box.around(s.x(), s.y(), half);
      if (box.contains(around)
          && (orOf(science.mask(), around) & BAD_FOR_STAMPS) == 0
          && (orOf(template.mask(), around) & BAD_FOR_STAMPS) == 0) {
        out.add(s);
      }
    }
    return out;
  }

  private static int orOf(MaskI mask, Box box) {
    int bits = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        bits |= mask.get(x, y);
      }
    }
    return bits;
  }

  /** A copy in which pixels without a value take that of the nearest good ones of the row. */
  private static MaskedImage filled(MaskedImage in) {
    MaskedImage out = in.copy();
    int width = out.box().width();
    for (int row = 0; row < out.box().height(); row++) {
      fillRow(out, row * width, width);
    }
    return out;
  }

  private static void fillRow(MaskedImage image, int from, int width) {
    float[] data = image.image().data;
    int last = -1;
    for (int x = 0; x <= width; x++) {
      boolean good = x < width && hasValue(image, from + x);
      if (!good && x < width) {
        continue;
      }
      for (int k = last + 1; k < x; k++) {
        float left = last >= 0 ? data[from + last] : x < width ? data[from + x] : 0;
        float right = x < width ? data[from + x] : left;
        float f = (float) (k - last) / (x - last);
        data[from + k] = last >= 0 && x < width ? left + f * (right - left) : left;
      }
      last = x;
    }
  }

  private static boolean hasValue(MaskedImage image, int i) {
    return (image.mask().data[i] & MaskPlanes.NO_DATA) == 0
        && Float.isFinite(image.image().data[i]);
  }

  private static ImageF difference(
      ImageF reference, ImageF matched, Solution solution, double scale) {
    Box box = reference.box();
    ImageF out = new ImageF(box);
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++, i++) {
        double d = reference.get(x, y) - matched.get(x, y) - solution.background(x, y);
        out.data[i] = (float) (scale * d);
      }
    }
    return out;
  }

  private Difference finish(
      Exposure science,
      Exposure template,
      Mode mode,
      Solution solution,
      ImageF raw,
      ImageF matched,
      PsfModel referencePsf,
      TemplateNoise noise) {
    boolean templateConvolved = mode == Mode.CONVOLVE_TEMPLATE;
    Box box = raw.box();
    MaskedImage s = science.pixels;
    MaskedImage t = template.pixels;
    Tiles tiles = new Tiles(box, config.tile, config.blend);
    List<Decorrelator.Filter> filters = new ArrayList<>();
    ImageF image = new ImageF(box);
    ImageF variance = new ImageF(box);
    MaskI mask = mask(s, t, mode, solution);
    double sum2 = templateConvolved ? 1 : solution.kernelSum() * solution.kernelSum();
    for (Box tile : tiles.cores()) {
      ImageD kernel =
          solution.kernel().at(tile.x0() + tile.width() / 2.0, tile.y0() + tile.height() / 2.0);
      Decorrelator.Filter filter =
          Decorrelator.filter(kernel, noiseAt(tile, s, t, noise, templateConvolved));
      filters.add(filter);
      Box outer = tiles.outer(tile);
      ImageF part = Decorrelator.apply(raw, outer, filter.psi());
      double ws = (templateConvolved ? filter.w1() : filter.w2()) / sum2;
      double wt = (templateConvolved ? filter.w2() : filter.w1()) / sum2;
      Shares shares =
          new Shares(ws, wt, filter.w3() / sum2, s.variance(), t.variance(), noise.own());
      tiles.add(tile, part, shares.variance(outer), image, variance);
      shares.markDependent(tile, mask);
    }
    GridPsf psf =
        GridPsf.sample(
            box,
            config.psfStep,
            referencePsf.stampBox().x1() - 1,
            (x, y) ->
                convolved(referencePsf.kernelImage(x, y), filters.get(tiles.indexAt(x, y)).psi()));
    MaskedImage difference = new MaskedImage(image, mask, variance);
    markUnusable(difference);
    SignificanceMap map = significance(difference, psf);
    if (LocalNoise.raise(difference, map)) {
      map = significance(difference, psf);
    }
    ImageF matchedTemplate =
        templateConvolved ? matched : scaled(t.image().view(box), 1 / solution.kernelSum());
    return new Difference(
        difference,
        psf,
        matchedTemplate,
        referencePsf,
        t.variance().view(box),
        noise,
        mode,
        solution,
        noiseScale(map));
  }

  private static ImageF scaled(ImageF image, double factor) {
    ImageF out = image.copy();
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] *= (float) factor;
    }
    return out;
  }

  /** Medians of a tile, and what is known of the template's noise. */
  private static Decorrelator.Noise noiseAt(
      Box tile, MaskedImage s, MaskedImage t, TemplateNoise noise, boolean templateConvolved) {
    double vs = median(s.variance(), tile);
    double vt = median(t.variance(), tile);
    double shared = noise.own() == null ? 0 : vt * mean(noise.own(), tile);
    return templateConvolved
        ? new Decorrelator.Noise(vs, vt, shared, null, noise.covariance(), noise.shared())
        : new Decorrelator.Noise(vt, vs, shared, noise.covariance(), null, noise.shared());
  }

  /**
   * Variance of the filtered difference: {@code w_s V_S + w_t V_T - w_c V_T}, the last term where
   * the visit is in the template.
   */
  private record Shares(
      double ofScience,
      double ofTemplate,
      double ofBoth,
      ImageF scienceVariance,
      ImageF templateVariance,
      @Nullable ImageF own) {
    private double apart(int x, int y) {
      return ofScience * scienceVariance.get(x, y) + ofTemplate * templateVariance.get(x, y);
    }

    private double common(int x, int y) {
      return own == null || own.get(x, y) == 0
          ? 0
          : ofBoth * own.get(x, y) * templateVariance.get(x, y);
    }

    ImageF variance(Box box) {
      ImageF out = new ImageF(box);
      for (int y = box.y0(), i = 0; y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++, i++) {
          double apart = apart(x, y);
          out.data[i] = (float) Math.max(Decorrelator.LEAST * apart, apart - common(x, y));
        }
      }
      return out;
    }

    /** NO_DATA_TEMPLATE where the template is hardly more than the visit itself. */
    void markDependent(Box box, MaskI mask) {
      for (int y = box.y0(); own != null && y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          if (common(x, y) > (1 - Decorrelator.LEAST) * apart(x, y)) {
            mask.data[mask.index(x, y)] |= MaskPlanes.NO_DATA_TEMPLATE;
          }
        }
      }
    }
  }

  private static double mean(ImageF image, Box box) {
    double sum = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        sum += image.get(x, y);
      }
    }
    return sum / box.area();
  }

  private static double median(ImageF image, Box box) {
    float[] sample = new float[(box.area() + 6) / 7];
    int n = 0;
    for (int p = 0; p < box.area(); p += 7) {
      float v = image.get(box.x0() + p % box.width(), box.y0() + p / box.width());
      sample[n++] = v > 0 ? v : Float.POSITIVE_INFINITY;
    }
    double median = ClippedStatistics.median(Arrays.copyOf(sample, n));
    return Double.isFinite(median) ? median : 1;
  }

  private static ImageD convolved(ImageD a, ImageD b) {
    ImageD out = new ImageD(a.box());
    Box box = a.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double sum = 0;
        for (int v = -FILTER_CORE; v <= FILTER_CORE; v++) {
          for (int u = -FILTER_CORE; u <= FILTER_CORE; u++) {
            if (box.contains(x - u, y - v)) {
              sum += b.get(u, v) * a.get(x - u, y - v);
            }
          }
        }
        out.set(x, y, sum);
      }
    }
    return out;
  }

  /**
   * Planes of both images; those of bad pixels of the convolved one spread by its kernel, except
   * narrow defects that were filled.
   */
  private static MaskI mask(
      MaskedImage science, MaskedImage template, Mode mode, Solution solution) {
    Box box = science.box();
    MaskI out = new MaskI(box);
    ImageD kernel =
        solution.kernel().at(box.x0() + box.width() / 2.0, box.y0() + box.height() / 2.0);
    MaskI s = science.mask();
    MaskI t = template.mask();
    MaskI wideT = mode == Mode.CONVOLVE_TEMPLATE ? spread(lasting(template), box, kernel) : t;
    MaskI wideS = mode == Mode.CONVOLVE_SCIENCE ? spread(lasting(science), box, kernel) : s;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        int bits = (s.get(x, y) | wideS.get(x, y)) & ~MaskPlanes.DETECTION_PLANES;
        int other = t.get(x, y) | wideT.get(x, y);
        bits |= other & OF_TEMPLATE;
        bits |= (other & MaskPlanes.SAT) != 0 ? MaskPlanes.SAT_TEMPLATE : 0;
        bits |= (other & MaskPlanes.NO_DATA) != 0 ? MaskPlanes.NO_DATA_TEMPLATE : 0;
        out.set(x, y, bits);
      }
    }
    if (mode == Mode.CONVOLVE_SCIENCE) {
      markBorder(out, reach(kernel));
    }
    return out;
  }

  /** The mask without BAD on defects that were repaired (specs/03 section 2.4). */
  private static MaskI lasting(MaskedImage image) {
    MaskI out = WarpSource.of(image).pixels().mask().copy();
    for (int i = 0; i < out.data.length; i++) {
      boolean repaired = (out.data[i] & MaskPlanes.REJECTED) == 0;
      out.data[i] &= repaired ? ~MaskPlanes.BAD : ~0;
    }
    return out;
  }

  /** EDGE on pixels whose kernel reaches over the border of the science image. */
  private static void markBorder(MaskI mask, int width) {
    Box inner = mask.box().grow(-width);
    Box box = mask.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if (!inner.contains(x, y)) {
          mask.data[mask.index(x, y)] |= MaskPlanes.EDGE;
        }
      }
    }
  }

  /** Radius beyond which the kernel holds less than 1 % of its absolute weight. */
  private static int reach(ImageD kernel) {
    double total = 0;
    for (double v : kernel.data) {
      total += Math.abs(v);
    }
    int half = kernel.box().x1() - 1;
    for (int r = 0; r <= half; r++) {
      double inside = 0;
      for (int y = -r; y <= r; y++) {
        for (int x = -r; x <= r; x++) {
          inside += Math.abs(kernel.get(x, y));
        }
      }
      if (inside >= 0.99 * total) {
        return r;
      }
    }
    return half;
  }

  /**
   * Where pixels of a plane hold more than 1 % of the kernel's absolute weight (specs/03 section
   * 7.1), for the planes that spread; other planes are left out.
   */
  private static MaskI spread(MaskI mask, Box box, ImageD kernel) {
    MaskI out = new MaskI(box);
    double total = 0;
    for (double k : kernel.data) {
      total += Math.abs(k);
    }
    for (int plane = SPREADING; plane != 0; plane &= plane - 1) {
      int bit = Integer.lowestOneBit(plane);
      ImageF weight = weightOf(bit, mask, box, kernel);
      for (int i = 0; i < weight.data.length; i++) {
        out.data[i] |= weight.data[i] > BAD_WEIGHT * total ? bit : 0;
      }
    }
    return out;
  }

  /** Absolute weight of the kernel on pixels of a plane. */
  private static ImageF weightOf(int bit, MaskI mask, Box box, ImageD kernel) {
    ImageF out = new ImageF(box);
    Box all = mask.box();
    int half = kernel.box().x1() - 1;
    for (int y = all.y0(); y < all.y1(); y++) {
      for (int x = all.x0(); x < all.x1(); x++) {
        if ((mask.get(x, y) & bit) == 0) {
          continue;
        }
        Box around = Box.around(x, y, half).intersect(box);
        for (int v = around.y0(); v < around.y1(); v++) {
          for (int u = around.x0(); u < around.x1(); u++) {
            out.data[out.index(u, v)] += (float) Math.abs(kernel.get(u - x, v - y));
          }
        }
      }
    }
    return out;
  }

  private static void markUnusable(MaskedImage image) {
    for (int i = 0; i < image.mask().data.length; i++) {
      float v = image.variance().data[i];
      boolean good = v > 0 && Float.isFinite(v) && Float.isFinite(image.image().data[i]);
      if (!good || (image.mask().data[i] & MaskPlanes.NO_DATA) != 0) {
        image.mask().data[i] |= MaskPlanes.NO_DATA;
        image.image().data[i] = 0;
        image.variance().data[i] = Float.POSITIVE_INFINITY;
      }
    }
  }

  private static SignificanceMap significance(MaskedImage image, PsfModel psf) {
    double[] c = psf.averagePosition();
    double[] shape = psf.shape(c[0], c[1]);
    return SignificanceMap.of(
        image,
        Math.sqrt(shape[0]),
        Math.sqrt(shape[1]),
        3.5,
        MaskPlanes.NO_DATA | MaskPlanes.NO_DATA_TEMPLATE | MaskPlanes.BAD | MaskPlanes.SAT);
  }

  /** Robust width of the significance of a point source over the usable pixels. */
  private static double noiseScale(SignificanceMap map) {
    float[] z = map.significance().data;
    float[] sample = new float[z.length / 5 + 1];
    int n = 0;
    for (int i = 0; i < z.length; i += 5) {
      if (z[i] != 0) {
        sample[n++] = z[i];
      }
    }
    if (n < 100) {
      return 1;
    }
    float[] values = Arrays.copyOf(sample, n);
    double centre = ClippedStatistics.median(values);
    for (int i = 0; i < n; i++) {
      values[i] = (float) Math.abs(values[i] - centre);
    }
    return ClippedStatistics.MAD_TO_SIGMA * ClippedStatistics.median(values);
  }
}
