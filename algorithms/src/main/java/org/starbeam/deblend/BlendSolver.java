package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;

/**
 * Solves the units of a parent, each on its own and then again on the data without what the others
 * were in the sweep before: Jacobi, so their order does not matter. A unit that throws goes on with
 * templates, one that throws again has failed.
 */
final class BlendSolver {
  private static final int BORDER = 2;

  private final ScarletDeblender.Config config;
  private final BlendFit.Config fit;
  private final BlendParent blend;
  private final int radius;

  BlendSolver(ScarletDeblender.Config config, BlendFit.Config fit, BlendParent blend) {
    this.config = config;
    this.fit = fit;
    this.blend = blend;
    this.radius = blend.radius();
  }

  void solve(List<BlendUnit> units) {
    for (BlendUnit unit : units) {
      guarded(unit, blend.pixels().part(unit.footprint(), unit.box()), false);
    }
    if (units.size() < 2) {
      return;
    }
    sweep(units, units);
    List<BlendUnit> blocks =
        units.stream().filter(u -> u.method() == DeblendMethod.SCARLET_BLOCK).toList();
    if (!blocks.isEmpty()) {
      sweep(units, blocks);
    }
  }

  /** Solves some units again on data less the models of all the others. */
  private void sweep(List<BlendUnit> all, List<BlendUnit> again) {
    Box box = blend.pixels().box;
    int bands = blend.bands().size();
    float[][] total = new float[bands][box.area()];
    for (BlendUnit unit : all) {
      for (int b = 0; b < bands; b++) {
        paste(rendered(unit, b), unit.box().grow(radius), 1, total[b], box);
      }
    }
    List<BlendPixels> data = new ArrayList<>();
    for (BlendUnit unit : again) {
      BlendPixels part = blend.pixels().part(unit.footprint(), unit.box());
      for (int b = 0; b < bands; b++) {
        float[] others = new float[unit.box().area()];
        paste(total[b], box, 1, others, unit.box());
        paste(rendered(unit, b), unit.box().grow(radius), -1, others, unit.box());
        for (int i = 0; i < others.length; i++) {
          part.data[b][i] -= part.weight[b][i] > 0 ? others[i] : 0;
        }
      }
      data.add(part);
    }
    for (int u = 0; u < again.size(); u++) {
      guarded(again.get(u), data.get(u), true);
    }
  }

  private static void paste(float[] from, Box source, float factor, float[] to, Box target) {
    Box both = source.intersect(target);
    for (int y = both.y0(); y < both.y1(); y++) {
      int i = (y - source.y0()) * source.width() + both.x0() - source.x0();
      int j = (y - target.y0()) * target.width() + both.x0() - target.x0();
      for (int x = 0; x < both.width(); x++) {
        to[j + x] += factor * from[i + x];
      }
    }
  }

  /** The model of a unit in its box and as far as the kernel reaches. */
  private float[] rendered(BlendUnit unit, int b) {
    Box wide = unit.box().grow(radius);
    float[] out = new float[wide.area()];
    for (Component c : unit.components()) {
      float[] scaled = new float[c.area()];
      for (int i = 0; i < scaled.length; i++) {
        scaled[i] = c.spectrum[b] * c.morphology[i];
      }
      paste(scaled, c.box, 1, out, wide);
    }
    if (unit.method() != DeblendMethod.TEMPLATE) {
      Convolver convolver = new Convolver(wide.width(), wide.height(), 0);
      convolver.convolve(
          out, wide.width(), wide.height(), convolver.kernel(unit.kernels(blend).get(b)), out);
    }
    return out;
  }

  private void guarded(BlendUnit unit, BlendPixels pixels, boolean warm) {
    if (unit.method() != DeblendMethod.TEMPLATE) {
      try {
        if (unit.method() == DeblendMethod.PSF_ONLY) {
          new PointBlend(blend).solve(unit, pixels);
        } else {
          scarlet(unit, pixels, warm);
        }
        requireFinite(unit);
        return;
      } catch (RuntimeException e) {
        unit.degrade();
      }
    }
    try {
      templates(unit, pixels);
      requireFinite(unit);
    } catch (RuntimeException e) {
      unit.fail();
    }
  }

  private static void requireFinite(BlendUnit unit) {
    for (Component c : unit.components()) {
      for (float s : c.spectrum) {
        if (!Float.isFinite(s)) {
          throw new ArithmeticException("spectrum that is not finite");
        }
      }
    }
  }

  private void scarlet(BlendUnit unit, BlendPixels pixels, boolean warm) {
    BlendScene scene = scene(pixels, unit.kernels(blend));
    List<Component> components = unit.components();
    BlendFit.Config settings = fit;
    if (warm) {
      components.forEach(Component::forget);
      settings = fit.atMost(config.sweepIterations());
    } else {
      components = start(unit, pixels);
      SpectrumFit.fit(scene, components);
    }
    BlendFit.Result result = new BlendFit(settings).run(scene, components);
    unit.solved(components, result.iterations(), result.loss(), warm || result.converged());
  }

  private BlendScene scene(BlendPixels pixels, List<ImageD> kernels) {
    return new BlendScene(pixels.box, pixels.data, pixels.weight, blend.sigma(), kernels);
  }

  /** First morphologies: the symmetric part of the deconvolved image, halved where it is bright. */
  private List<Component> start(BlendUnit unit, BlendPixels pixels) {
    float[] image = blend.whitened(unit.footprint(), unit.box());
    List<Component> out = new ArrayList<>();
    float[] none = new float[blend.bands().size()];
    for (int p : unit.peaks()) {
      Peak peak = blend.peaks().get(p);
      SymmetricTemplate.Template template =
          SymmetricTemplate.of(image, unit.box(), peak.x(), peak.y(), config.threshold(), BORDER);
      if (template.box().isEmpty()) {
        out.add(point(p, peak.x(), peak.y(), pixels.box, blend.modelSigma(), none.length));
      } else if (pointSnr(unit, peak) < 2 * config.minSnr()) {
        out.add(new Component(p, peak.x(), peak.y(), template.box(), template.pixels(), none));
      } else {
        float[] disk = template.pixels().clone();
        float[] core = template.pixels().clone();
        float c = (float) config.core();
        for (int i = 0; i < disk.length; i++) {
          disk[i] = Math.min(disk[i], c) / c;
          core[i] = Math.max(core[i] - c, 0) / (1 - c);
        }
        out.add(new Component(p, peak.x(), peak.y(), template.box(), disk, none));
        out.add(new Component(p, peak.x(), peak.y(), template.box(), core, none));
      }
    }
    return out;
  }

  /** A component whose morphology is the model's PSF, maximum 1. */
  static Component point(int source, int x, int y, Box limit, double sigma, int bands) {
    ImageD g = ModelPsf.image(sigma, 0, 0);
    Box box = g.box().shift(x, y).intersect(limit);
    float[] m = new float[box.area()];
    double most = g.get(0, 0);
    for (int v = box.y0(), i = 0; v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++, i++) {
        m[i] = (float) (g.get(u - x, v - y) / most);
      }
    }
    return new Component(source, x, y, box, m, new float[bands]);
  }

  /** Signal to noise over all bands of a point source at a peak. */
  private double pointSnr(BlendUnit unit, Peak peak) {
    double signal = 0;
    double variance = 0;
    for (int b = 0; b < blend.bands().size(); b++) {
      MaskedImage image = blend.bands().get(b).image();
      ImageD psf = unit.psfs(blend).get(b);
      Box box = psf.box().shift(peak.x(), peak.y()).intersect(image.box());
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          if (BlendPixels.isGood(image, x, y)) {
            double w = psf.get(x - peak.x(), y - peak.y());
            signal += w * image.image().get(x, y);
            variance += w * w * image.variance().get(x, y);
          }
        }
      }
    }
    return variance > 0 ? signal / Math.sqrt(variance) : 0;
  }

  /** Symmetric templates of the sum over bands, with an amplitude in each band. */
  private void templates(BlendUnit unit, BlendPixels pixels) {
    int bands = pixels.data.length;
    float[] sum = new float[pixels.inside.length];
    double noise = Math.sqrt(bands);
    for (int b = 0; b < bands; b++) {
      float factor = (float) (1 / blend.sigma()[b]);
      for (int i = 0; i < sum.length; i++) {
        sum[i] += factor * pixels.data[b][i];
      }
    }
    List<Component> components = new ArrayList<>();
    for (int p : unit.peaks()) {
      Peak peak = blend.peaks().get(p);
      Box near =
          Box.around(peak.x(), peak.y(), templateReach(unit.peaks().length)).intersect(pixels.box);
      SymmetricTemplate.Template t =
          SymmetricTemplate.of(
              cut(sum, pixels.box, near), near, peak.x(), peak.y(), noise * config.threshold(), 0);
      components.add(
          t.box().isEmpty()
              ? point(
                  p,
                  peak.x(),
                  peak.y(),
                  pixels.box,
                  blend.fwhm() / GaussianWidth.FWHM_PER_SIGMA,
                  bands)
              : new Component(p, peak.x(), peak.y(), t.box(), t.pixels(), new float[bands]));
    }
    ImageD unity = new ImageD(Box.around(0, 0, 0));
    unity.set(0, 0, 1);
    List<ImageD> kernels = new ArrayList<>();
    for (int b = 0; b < bands; b++) {
      kernels.add(unity);
    }
    BlendScene scene = scene(pixels, kernels);
    SpectrumFit.fit(scene, components);
    unit.solved(components, 0, scene.loss(components), true);
  }

  /** Half width of the part in which templates are sought: the cost stays linear in the peaks. */
  private int templateReach(int peaks) {
    return peaks > config.limits().scarletPeaks() ? 2 * radius : 25 * radius;
  }

  private static float[] cut(float[] image, Box box, Box part) {
    float[] out = new float[part.area()];
    for (int y = 0; y < part.height(); y++) {
      int from = (part.y0() + y - box.y0()) * box.width() + part.x0() - box.x0();
      System.arraycopy(image, from, out, y * part.width(), part.width());
    }
    return out;
  }
}
