package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.SpanSet;

/** What is fitted at once: a sub-blend, or a block of one, with its state. */
final class BlendUnit {
  /** Pixels around the peaks of a block, more than the PSF reaches. */
  static final int HALO = 10;

  private DeblendMethod method;
  private final SpanSet footprint;
  private final Box box;
  private final int[] peaks;
  private List<Component> components = List.of();
  private List<ImageD> psfs = List.of();
  private List<ImageD> kernels = List.of();
  private int iterations;
  private double loss;
  private boolean converged = true;
  private boolean failed;

  /**
   * @param method that it is to be solved with
   * @param footprint of the sub-blend
   * @param box of the pixels that are fitted
   * @param peaks numbers of its peaks in the parent's list
   */
  BlendUnit(DeblendMethod method, SpanSet footprint, Box box, int[] peaks) {
    this.method = method;
    this.footprint = footprint;
    this.box = box;
    this.peaks = peaks;
  }

  DeblendMethod method() {
    return method;
  }

  SpanSet footprint() {
    return footprint;
  }

  Box box() {
    return box;
  }

  int[] peaks() {
    return peaks;
  }

  /** The strongest of its peaks: where its PSF is taken. */
  private Peak centre(BlendParent blend) {
    return Arrays.stream(peaks)
        .mapToObj(p -> blend.peaks().get(p))
        .min(Peak.STRONGEST_FIRST)
        .orElseThrow();
  }

  /** PSFs of the modelled bands where it is. */
  List<ImageD> psfs(BlendParent blend) {
    if (psfs.isEmpty()) {
      Peak centre = centre(blend);
      psfs = blend.bands().stream().map(b -> b.psf().kernelImage(centre.x(), centre.y())).toList();
    }
    return psfs;
  }

  /** What makes these of the model's PSF. */
  List<ImageD> kernels(BlendParent blend) {
    if (kernels.isEmpty()) {
      kernels = psfs(blend).stream().map(p -> DifferenceKernel.of(p, blend.modelSigma())).toList();
    }
    return kernels;
  }

  /** Components; those of source -1 belong to no peak. */
  List<Component> components() {
    return components;
  }

  boolean hasFailed() {
    return failed;
  }

  void solved(List<Component> result, int steps, double least, boolean hasConverged) {
    components = result;
    iterations = steps;
    loss = least;
    converged = hasConverged;
  }

  /** Goes on with templates. */
  void degrade() {
    method = DeblendMethod.TEMPLATE;
    components = List.of();
  }

  void fail() {
    failed = true;
    components = List.of();
  }

  ScarletBlend toModel(BlendParent blend) {
    List<ScarletBlend.Source> sources = new ArrayList<>();
    for (int p : peaks) {
      Peak peak = blend.peaks().get(p);
      List<ScarletBlend.Part> parts = new ArrayList<>();
      for (Component c : components) {
        if (c.source == p) {
          parts.add(part(c));
        }
      }
      sources.add(new ScarletBlend.Source(blend.given(p), peak.x(), peak.y(), parts));
    }
    for (Component c : components) {
      if (c.source < 0) {
        sources.add(new ScarletBlend.Source(-1, c.peakX, c.peakY, List.of(part(c))));
      }
    }
    return new ScarletBlend(
        method,
        footprint.x0(0),
        footprint.y(0),
        box,
        blend.bands().stream().map(DeblendBand::name).toList(),
        blend.missing(),
        centre(blend).x(),
        centre(blend).y(),
        method == DeblendMethod.TEMPLATE ? 0 : blend.modelSigma(),
        sources,
        iterations,
        loss,
        converged);
  }

  private static ScarletBlend.Part part(Component c) {
    return new ScarletBlend.Part(c.box, c.spectrum.clone(), Arrays.copyOf(c.morphology, c.area()));
  }
}
