package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.PsfModel;

/**
 * The pixels of a parent shared among its peaks in proportion to their models (specs/04 section
 * 4.8), and what the models say of each other. Children and what no model claims sum to the
 * parent's pixels. Children are made when they are asked for. Not thread safe.
 */
public final class Redistribution {
  /** Part of the model's maximum down to which its coverage by good pixels is counted. */
  private static final float COVERAGE = 0.01f;

  private final BlendParent blend;
  private final List<ScarletBlend> models;
  private final List<List<ImageD>> kernels = new ArrayList<>();
  private final boolean failed;
  private final boolean strayFlux;
  private final BlendRenderer renderer = new BlendRenderer();
  private final float[][] total;
  private final int[] modelOf;
  private final ScarletBlend.@Nullable Source[] sourceOf;
  private final double[] unassigned;
  private final double[] light;

  Redistribution(BlendParent blend, List<ScarletBlend> models, boolean failed, boolean strayFlux) {
    this.blend = blend;
    this.models = models;
    this.failed = failed;
    this.strayFlux = strayFlux;
    Map<String, PsfModel> psfs = new HashMap<>();
    blend.bands().forEach(b -> psfs.put(b.name(), b.psf()));
    models.forEach(m -> kernels.add(BlendRenderer.kernels(m, psfs)));
    int n = blend.peaks().size();
    modelOf = new int[n];
    sourceOf = new ScarletBlend.Source[n];
    java.util.Arrays.fill(modelOf, -1);
    total = new float[blend.bands().size()][isWhole() ? 0 : blend.pixels().box.area()];
    unassigned = new double[total.length];
    light = new double[total.length];
    float[][] claimed = new float[total.length][total.length == 0 ? 0 : total[0].length];
    for (int m = 0; m < models.size(); m++) {
      for (ScarletBlend.Source source : models.get(m).sources()) {
        if (source.peak() >= 0) {
          modelOf[source.peak()] = m;
          sourceOf[source.peak()] = source;
        }
        for (int b = 0; b < total.length; b++) {
          ImageF c = renderer.render(models.get(m), kernels.get(m), source, b);
          add(c, total[b]);
          if (source.peak() >= 0) {
            add(c, claimed[b]);
          }
        }
      }
    }
    for (int b = 0; b < total.length; b++) {
      count(b, claimed[b]);
    }
  }

  /** True when all light belongs to every peak: an isolated source or a failure. */
  private boolean isWhole() {
    return models.isEmpty();
  }

  private void add(ImageF c, float[] to) {
    Box box = blend.pixels().box;
    Box both = c.box().intersect(box);
    for (int y = both.y0(); y < both.y1(); y++) {
      int i = c.index(both.x0(), y);
      int j = (y - box.y0()) * box.width() + both.x0() - box.x0();
      for (int x = 0; x < both.width(); x++) {
        to[j + x] += c.data[i + x];
      }
    }
  }

  private void count(int b, float[] claimed) {
    BlendPixels pixels = blend.pixels();
    DeblendBand band = blend.bands().get(b);
    Box box = pixels.box;
    for (int i = 0; i < pixels.inside.length; i++) {
      if (pixels.inside[i]) {
        double d = value(band, box.x0() + i % box.width(), box.y0() + i / box.width());
        light[b] += d;
        if (!isWhole()) {
          unassigned[b] += total[b][i] > 0 ? d * (1 - claimed[i] / (double) total[b][i]) : d;
        }
      }
    }
  }

  private static float value(DeblendBand band, int x, int y) {
    ImageF image = band.image().image();
    float v = image.box().contains(x, y) ? image.get(x, y) : 0;
    return Float.isFinite(v) ? v : 0;
  }

  /** The models, by the first pixel of their footprints. */
  public List<ScarletBlend> models() {
    return models;
  }

  /** Whether no method gave an answer: every child has all the light. */
  public boolean hasFailed() {
    return failed;
  }

  /** Whether an isolated source does not account for its parent's light. */
  public boolean hasStrayFlux() {
    return strayFlux;
  }

  /** Whether the PSF of a band is narrower than the model's should be. */
  public boolean isModelPsfNarrow() {
    return blend.isNarrow();
  }

  /** Bands without data or PSF. */
  public List<String> missingBands() {
    return blend.missing();
  }

  /** Light of the parent in a modelled band that no child has. */
  public double unassigned(String band) {
    return unassigned[index(band)];
  }

  private int index(String band) {
    for (int b = 0; b < blend.bands().size(); b++) {
      if (blend.bands().get(b).name().equals(band)) {
        return b;
      }
    }
    throw new IllegalArgumentException("band " + band + " is not modelled");
  }

  /** Part of the parent's light over all bands, in deviations of the sky, that no child has. */
  public double unassignedFraction() {
    double part = 0;
    double all = 0;
    for (int b = 0; b < light.length; b++) {
      part += unassigned[b] / blend.sigma()[b];
      all += light[b] / blend.sigma()[b];
    }
    return all > 0 ? part / all : 0;
  }

  /** Whether a band has models. */
  public boolean isModelled(String band) {
    return !isWhole() && blend.bands().stream().anyMatch(b -> b.name().equals(band));
  }

  /**
   * The parent's pixels in a modelled band less the models of its peaks.
   *
   * @param region of the result; NaN where a pixel is not good or not the parent's
   */
  public ImageF residual(String band, Box region) {
    int b = index(band);
    BlendPixels pixels = blend.pixels();
    ImageF out = new ImageF(region);
    out.fill(Float.NaN);
    Box both = region.intersect(pixels.box);
    for (int y = both.y0(); y < both.y1(); y++) {
      for (int x = both.x0(); x < both.x1(); x++) {
        int at = (y - pixels.box.y0()) * pixels.box.width() + x - pixels.box.x0();
        if (pixels.weight[b][at] > 0) {
          out.set(x, y, pixels.data[b][at] - total[b][at]);
        }
      }
    }
    for (int m = 0; m < models.size(); m++) {
      for (ScarletBlend.Source source : models.get(m).sources()) {
        if (source.peak() < 0) {
          out.add(renderer.render(models.get(m), kernels.get(m), source, b));
        }
      }
    }
    return out;
  }

  /**
   * Mean square of the residual of all models over the good pixels of the parent in all bands, in
   * deviations of the sky; NaN where nothing is modelled.
   */
  public double chi2() {
    double sum = 0;
    long n = 0;
    if (!isWhole()) {
      BlendPixels pixels = blend.pixels();
      for (int b = 0; b < total.length; b++) {
        for (int i = 0; i < total[b].length; i++) {
          double r = pixels.data[b][i] - total[b][i];
          sum += pixels.weight[b][i] * r * r;
          n += pixels.weight[b][i] > 0 ? 1 : 0;
        }
      }
    }
    return n > 0 ? sum / n : Double.NaN;
  }

  /** The child of a peak, by its place in the list of peaks that was handed in. */
  public DeblendedChild child(int peak) {
    if (isWhole()) {
      return whole();
    }
    int m = modelOf[peak];
    ScarletBlend.Source source = sourceOf[peak];
    if (m < 0 || source == null) {
      throw new IllegalStateException("peak " + peak + " is in no model");
    }
    ImageF[] own = new ImageF[total.length];
    Box region = Box.EMPTY;
    for (int b = 0; b < own.length; b++) {
      own[b] = renderer.render(models.get(m), kernels.get(m), source, b);
      region = region.union(own[b].box());
    }
    region = region.union(new Box(source.x(), source.y(), 1, 1)).intersect(blend.pixels().box);
    List<DeblendedChild.BandLight> bands = new ArrayList<>();
    double overlap = 0;
    double[] chi = new double[2];
    for (DeblendBand band : blend.all()) {
      int b = blend.bands().indexOf(band);
      if (b < 0) {
        bands.add(fromNeighbours(band, own, region));
      } else {
        bands.add(share(band, b, own[b], region));
        overlap = Math.max(overlap, overlap(b, own[b]));
        chi2(b, own[b], chi);
      }
    }
    return new DeblendedChild(
        models.get(m).method(),
        m,
        bands,
        source.parts().size(),
        overlap,
        chi[1] > 0 ? chi[0] / chi[1] : Double.NaN);
  }

  private DeblendedChild whole() {
    List<DeblendedChild.BandLight> bands = new ArrayList<>();
    Box box = blend.pixels().box;
    for (DeblendBand band : blend.all()) {
      ImageF image = new ImageF(box);
      SpanSet spans = blend.parent();
      double flux = 0;
      for (int i = 0; i < spans.size(); i++) {
        for (int x = spans.x0(i); x < spans.x1(i); x++) {
          float v = value(band, x, spans.y(i));
          image.set(x, spans.y(i), v);
          flux += v;
        }
      }
      bands.add(
          new DeblendedChild.BandLight(
              band.name(), spans, image, image, flux, 0, 0, 0, 1, 0, false));
    }
    DeblendMethod method = failed ? DeblendMethod.TEMPLATE : DeblendMethod.ISOLATED;
    return new DeblendedChild(method, -1, bands, 0, 0, Double.NaN);
  }

  private DeblendedChild.BandLight share(DeblendBand band, int b, ImageF c, Box region) {
    Box all = blend.pixels().box;
    ImageF ratio = new ImageF(region);
    ImageF subtracted = new ImageF(region);
    boolean[] has = new boolean[region.area()];
    double flux = 0;
    double overlap = 0;
    double model = 0;
    double square = 0;
    double cross = 0;
    for (int y = region.y0(), i = 0; y < region.y1(); y++) {
      for (int x = region.x0(); x < region.x1(); x++, i++) {
        int at = (y - all.y0()) * all.width() + x - all.x0();
        float own = c.box().contains(x, y) ? c.get(x, y) : 0;
        float sum = total[b][at];
        model += own;
        square += (double) own * own;
        cross += (double) sum * own;
        overlap += own > 0 ? sum - own : 0;
        if (blend.pixels().inside[at]) {
          float d = value(band, x, y);
          subtracted.data[i] = d - (sum - own);
          if (own > 0) {
            has[i] = true;
            ratio.data[i] = d * (own / sum);
            flux += (double) d * own / sum;
          }
        }
      }
    }
    int[] coverage = coverage(band.image(), c);
    return new DeblendedChild.BandLight(
        band.name(),
        SpanSet.ofMap(has, region),
        ratio,
        subtracted,
        flux,
        overlap,
        model > 0 ? overlap / model : 0,
        cross > 0 ? 1 - square / cross : 0,
        coverage[0] == 0 ? 0 : coverage[1] / (double) coverage[0],
        coverage[2],
        !(model > 0));
  }

  /** Pixels of the model, those that are good, and those beyond the image. */
  private static int[] coverage(MaskedImage image, ImageF c) {
    float most = 0;
    for (float v : c.data) {
      most = Math.max(most, v);
    }
    int[] out = new int[3];
    Box box = c.box();
    for (int y = box.y0(), i = 0; y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++, i++) {
        if (c.data[i] > COVERAGE * most) {
          out[0]++;
          boolean within = image.box().contains(x, y);
          out[1] += within && BlendPixels.isGood(image, x, y) ? 1 : 0;
          out[2] += within ? 0 : 1;
        }
      }
    }
    return out;
  }

  private double overlap(int b, ImageF c) {
    Box all = blend.pixels().box;
    Box box = c.box().intersect(all);
    double model = 0;
    double under = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        float own = c.get(x, y);
        float others = total[b][(y - all.y0()) * all.width() + x - all.x0()] - own;
        model += own;
        under += Math.min(own, others);
      }
    }
    return model > 0 ? under / model : 0;
  }

  private void chi2(int b, ImageF c, double[] sums) {
    BlendPixels pixels = blend.pixels();
    Box all = pixels.box;
    Box box = c.box().intersect(all);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        int at = (y - all.y0()) * all.width() + x - all.x0();
        float w = pixels.weight[b][at];
        if (w > 0 && c.get(x, y) > 0) {
          double r = pixels.data[b][at] - total[b][at];
          sums[0] += w * r * r;
          sums[1]++;
        }
      }
    }
  }

  /** A band without a model: the mean ratio of the modelled bands next to it. */
  private DeblendedChild.BandLight fromNeighbours(DeblendBand band, ImageF[] own, Box region) {
    List<Integer> near = neighbours(band);
    Box all = blend.pixels().box;
    ImageF ratio = new ImageF(region);
    ImageF subtracted = new ImageF(region);
    boolean[] has = new boolean[region.area()];
    double flux = 0;
    for (int y = region.y0(), i = 0; y < region.y1(); y++) {
      for (int x = region.x0(); x < region.x1(); x++, i++) {
        int at = (y - all.y0()) * all.width() + x - all.x0();
        float r = 0;
        for (int b : near) {
          float c = own[b].box().contains(x, y) ? own[b].get(x, y) : 0;
          r += c > 0 ? c / total[b][at] / near.size() : 0;
        }
        if (blend.pixels().inside[at] && r > 0) {
          has[i] = true;
          ratio.data[i] = value(band, x, y) * r;
          subtracted.data[i] = ratio.data[i];
          flux += ratio.data[i];
        }
      }
    }
    return new DeblendedChild.BandLight(
        band.name(),
        SpanSet.ofMap(has, region),
        ratio,
        subtracted,
        flux,
        Double.NaN,
        Double.NaN,
        Double.NaN,
        0,
        0,
        false);
  }

  /** Indices of the nearest modelled bands on both sides. */
  private List<Integer> neighbours(DeblendBand band) {
    int at = blend.all().indexOf(band);
    List<Integer> out = new ArrayList<>();
    for (int side = -1; side <= 1; side += 2) {
      for (int i = at + side; i >= 0 && i < blend.all().size(); i += side) {
        int b = blend.bands().indexOf(blend.all().get(i));
        if (b >= 0) {
          out.add(b);
          break;
        }
      }
    }
    return out;
  }
}
