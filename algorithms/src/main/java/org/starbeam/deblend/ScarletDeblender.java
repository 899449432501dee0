package org.starbeam.deblend;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.SpanSet;

/**
 * Takes a blend apart in all bands at once (specs/04 section 4).
 *
 * <p>The bands are deconvolved to a common narrow PSF; what stands out there falls into sub-blends,
 * which are modelled one by one as sums of factors, spectrum times morphology, and then once more
 * on the data less the models of the others. Blends that are too large for that go down the ladder
 * ({@link DeblendLadder}); none is left out. The pixels are shared by {@link Redistribution}.
 *
 * <p>The result does not depend on the order of peaks or on what was deblended before. Cost: {@link
 * DeblendLadder#predictedCost}; memory some 12 floats per pixel of the parent's box and band.
 */
public final class ScarletDeblender {
  /**
   * @param modelSigma width of the model's PSF, pixels
   * @param minSnr signal to noise of a point source at the peak per component, of which there are
   *     at most two
   * @param threshold below which morphologies are 0, in deviations of the sky
   * @param core value above which a morphology belongs to the second component
   * @param fista whether the optimiser is accelerated gradient descent instead of ADAM
   * @param maxIterations of a fit
   * @param sweepIterations of a fit that is repeated on data without the siblings
   * @param footprintSnr that a deconvolved pixel exceeds to stand out, summed over bands
   * @param minArea pixels of the smallest sub-blend without a peak
   * @param grow pixels by which sub-blends are dilated
   * @param stray part of an isolated source's light outside its sub-blend that is flagged
   * @param limits of the ladder
   */
  public record Config(
      double modelSigma,
      double minSnr,
      double threshold,
      double core,
      boolean fista,
      int maxIterations,
      int sweepIterations,
      double footprintSnr,
      int minArea,
      double grow,
      double stray,
      DeblendLadder.Limits limits)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          0.8, 50, 1, 0.25, false, 300, 30, 5, 9, 2, 0.1, DeblendLadder.Limits.defaults());
    }
  }

  private final Config config;
  private final BlendFit.Config fit;

  public ScarletDeblender(Config config) {
    this.config = config;
    BlendFit.Config standard = BlendFit.Config.defaults();
    this.fit =
        new BlendFit.Config(
            config.fista ? BlendStep.Kind.FISTA : BlendStep.Kind.ADAPROX,
            standard.minIterations(),
            config.maxIterations,
            standard.perComponent(),
            standard.relative(),
            config.threshold);
  }

  /**
   * Splits a footprint at its peaks.
   *
   * @param bands in the order of wavelength
   * @param parent pixels
   * @param peaks at least one, inside the parent, in any order
   */
  public Redistribution deblend(List<DeblendBand> bands, SpanSet parent, List<Peak> peaks) {
    BlendParent blend = BlendParent.of(bands, parent, peaks, config.modelSigma);
    List<ScarletBlend> models = new ArrayList<>();
    boolean failed = false;
    if (peaks.size() == 1) {
      return new Redistribution(
          blend, List.of(), false, !blend.bands().isEmpty() && hasStrayFlux(blend));
    } else if (blend.bands().isEmpty()) {
      failed = true;
    } else {
      BlendSolver solver = new BlendSolver(config, fit, blend);
      for (BlendUnit unit : units(blend, solver)) {
        failed |= unit.hasFailed();
        models.add(unit.toModel(blend));
      }
    }
    return new Redistribution(blend, models, failed, false);
  }

  /** The units of a parent, solved; those of one sub-blend follow each other. */
  private List<BlendUnit> units(BlendParent blend, BlendSolver solver) {
    int[] all = new int[blend.peaks().size()];
    Arrays.setAll(all, i -> i);
    DeblendMethod method =
        DeblendLadder.choose(config.limits, blend.peaks(), blend.pixels().box, blend.fwhm());
    List<BlendUnit> units = new ArrayList<>();
    if (method == DeblendMethod.PSF_ONLY || method == DeblendMethod.TEMPLATE) {
      units.add(new BlendUnit(method, blend.parent(), blend.pixels().box, all));
    } else {
      for (SpanSet footprint : subBlends(blend)) {
        int[] own =
            Arrays.stream(all)
                .filter(p -> footprint.contains(blend.peaks().get(p).x(), blend.peaks().get(p).y()))
                .toArray();
        if (own.length > 0) {
          addUnits(blend, footprint, own, units);
        }
      }
    }
    solver.solve(units);
    return units;
  }

  private void addUnits(BlendParent blend, SpanSet footprint, int[] own, List<BlendUnit> units) {
    List<Peak> peaks = Arrays.stream(own).mapToObj(p -> blend.peaks().get(p)).toList();
    Box box = footprint.box();
    DeblendMethod method = DeblendLadder.choose(config.limits, peaks, box, blend.fwhm());
    if (method != DeblendMethod.SCARLET_BLOCK) {
      units.add(new BlendUnit(method, footprint, box, own));
      return;
    }
    int halo = BlendUnit.HALO + blend.radius();
    for (int[] block : DeblendLadder.blocks(blend.peaks(), own, config.limits.blockPeaks())) {
      Box region = Box.EMPTY;
      for (int p : block) {
        region = region.union(new Box(blend.peaks().get(p).x(), blend.peaks().get(p).y(), 1, 1));
      }
      units.add(new BlendUnit(method, footprint, region.grow(halo).intersect(box), block));
    }
  }

  private List<SpanSet> subBlends(BlendParent blend) {
    Deconvolver deconvolver = new Deconvolver(blend.pixels(), blend.radius());
    float[] image = deconvolver.whitened(blend.kernels(), blend.sigma());
    blend.setWhitened(image);
    return deconvolver.footprints(
        image,
        blend.parent(),
        config.footprintSnr,
        config.minArea,
        config.grow,
        blend.peakPixels());
  }

  /**
   * Whether more than a part of an isolated source's light lies outside the sub-blend about its
   * peak: light in the data that what stands out there, convolved again, does not explain, and that
   * is no noise. Nothing is deconvolved where even the peak's own surroundings leave too little.
   */
  private boolean hasStrayFlux(BlendParent blend) {
    Peak peak = blend.peaks().get(0);
    if (blend.pixels().box.area() > config.limits.templateArea()) {
      return false;
    }
    double wings = 2 * blend.fwhm() / GaussianWidth.FWHM_PER_SIGMA;
    SpanSet least = blend.peakPixels().grow(config.grow).intersect(blend.parent()).grow(wings);
    if (!StrayLight.outside(blend, least).mayExceed(config.stray)) {
      return false;
    }
    SpanSet own =
        subBlends(blend).stream()
            .filter(s -> s.contains(peak.x(), peak.y()))
            .findFirst()
            .orElse(SpanSet.EMPTY)
            .grow(wings);
    return StrayLight.outside(blend, own).exceeds(config.stray);
  }
}
