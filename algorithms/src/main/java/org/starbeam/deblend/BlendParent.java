package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.image.SpanSet;

/** A parent that is being deblended: its good bands, their kernels and their pixels. */
final class BlendParent {
  /** Width below which the PSF of a band is too narrow for the model's PSF, and what is left. */
  private static final double NARROW = 0.9;

  private final List<DeblendBand> all;
  private final List<DeblendBand> bands;
  private final List<String> missing;
  private final SpanSet parent;
  private final List<Peak> peaks;
  private final int[] given;
  private final BlendPixels pixels;
  private final double modelSigma;
  private final boolean isNarrow;
  private final double fwhm;
  private final double[] sigma;
  private final List<ImageD> kernels;
  private float @Nullable [] whitened;

  private BlendParent(
      List<DeblendBand> all,
      SpanSet parent,
      List<Peak> peaks,
      double wantedSigma,
      List<DeblendBand> bands,
      List<ImageD> psfs) {
    this.all = all;
    this.parent = parent;
    Integer[] order = new Integer[peaks.size()];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing(peaks::get, Peak.BY_POSITION));
    given = Arrays.stream(order).mapToInt(Integer::intValue).toArray();
    this.peaks = Arrays.stream(order).map(peaks::get).toList();
    this.bands = bands;
    missing = all.stream().filter(b -> !bands.contains(b)).map(DeblendBand::name).toList();
    pixels = BlendPixels.of(bands, parent, parent.box());
    sigma = bands.stream().mapToDouble(b -> Math.sqrt(b.variance())).toArray();
    double[] widths = psfs.stream().mapToDouble(ModelPsf::traceSigma).toArray();
    double narrowest = Double.POSITIVE_INFINITY;
    double sum = 0;
    for (double w : widths) {
      narrowest = Math.min(narrowest, w);
      sum += w;
    }
    isNarrow = narrowest < NARROW && narrowest * NARROW < wantedSigma;
    modelSigma = isNarrow ? NARROW * narrowest : wantedSigma;
    fwhm = widths.length == 0 ? 1 : GaussianWidth.FWHM_PER_SIGMA * sum / widths.length;
    kernels = psfs.stream().map(p -> DifferenceKernel.of(p, modelSigma)).toList();
  }

  /** A band counts when it has a PSF, a variance, and a good pixel in the parent. */
  static BlendParent of(
      List<DeblendBand> all, SpanSet parent, List<Peak> peaks, double wantedSigma) {
    Peak first = strongest(peaks);
    List<DeblendBand> bands = new ArrayList<>();
    List<ImageD> psfs = new ArrayList<>();
    for (DeblendBand band : all) {
      ImageD psf = psfOf(band, first);
      if (psf != null
          && band.variance() > 0
          && Double.isFinite(band.variance())
          && BlendPixels.of(List.of(band), parent, parent.box()).hasData(0)) {
        bands.add(band);
        psfs.add(psf);
      }
    }
    return new BlendParent(all, parent, List.copyOf(peaks), wantedSigma, bands, psfs);
  }

  private static @Nullable ImageD psfOf(DeblendBand band, Peak at) {
    try {
      ImageD psf = band.psf().kernelImage(at.x(), at.y());
      return Double.isFinite(ModelPsf.traceSigma(psf)) ? psf : null;
    } catch (RuntimeException e) {
      return null;
    }
  }

  private static Peak strongest(List<Peak> peaks) {
    return peaks.stream().min(Peak.STRONGEST_FIRST).orElseThrow();
  }

  /** All bands, those that cannot be modelled too. */
  List<DeblendBand> all() {
    return all;
  }

  /** Those that are modelled. */
  List<DeblendBand> bands() {
    return bands;
  }

  List<String> missing() {
    return missing;
  }

  SpanSet parent() {
    return parent;
  }

  /** By row and column, whatever order they came in. */
  List<Peak> peaks() {
    return peaks;
  }

  /** Where a peak stood when it was handed in. */
  int given(int peak) {
    return given[peak];
  }

  BlendPixels pixels() {
    return pixels;
  }

  double modelSigma() {
    return modelSigma;
  }

  /** Whether the PSF of a band is narrower than the model's PSF should be. */
  boolean isNarrow() {
    return isNarrow;
  }

  double fwhm() {
    return fwhm;
  }

  double[] sigma() {
    return sigma;
  }

  List<ImageD> kernels() {
    return kernels;
  }

  /** Largest half width of the kernels. */
  int radius() {
    int radius = 0;
    for (ImageD kernel : kernels) {
      radius = Math.max(radius, Math.max(kernel.box().x1() - 1, kernel.box().y1() - 1));
    }
    return radius;
  }

  void setWhitened(float[] image) {
    whitened = image;
  }

  /** The part of the deconvolved image in a box. */
  float[] whitened(SpanSet footprint, Box to) {
    float[] from = whitened;
    if (from == null) {
      throw new IllegalStateException("not deconvolved");
    }
    float[] out = new float[to.area()];
    SpanSet spans = footprint.clip(to.intersect(pixels.box));
    for (int i = 0; i < spans.size(); i++) {
      System.arraycopy(
          from,
          (spans.y(i) - pixels.box.y0()) * pixels.box.width() + spans.x0(i) - pixels.box.x0(),
          out,
          (spans.y(i) - to.y0()) * to.width() + spans.x0(i) - to.x0(),
          spans.x1(i) - spans.x0(i));
    }
    return out;
  }

  SpanSet peakPixels() {
    int[] runs = new int[3 * peaks.size()];
    for (int i = 0; i < peaks.size(); i++) {
      runs[3 * i] = peaks.get(i).y();
      runs[3 * i + 1] = peaks.get(i).x();
      runs[3 * i + 2] = peaks.get(i).x() + 1;
    }
    return SpanSet.ofRuns(runs);
  }
}
