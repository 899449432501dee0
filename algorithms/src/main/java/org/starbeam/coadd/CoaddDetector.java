package org.starbeam.coadd;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.detection.BandSignificance;
import org.starbeam.detection.CurvatureMap;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MultiBandMap;
import org.starbeam.detection.PeakMerger;
import org.starbeam.detection.PeakSplitter;
import org.starbeam.detection.SedBank;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * Finds the objects of a region of the coadds of all bands (specs/03 section 9, specs/04 section
 * 3): in every band, in the best of a bank of spectra or the one-sided chi-square of all bands, and
 * close pairs in the curvature of the light. Footprints and peaks of all are merged.
 *
 * <p>One threshold holds for all maps, such that together they have as many false peaks as the
 * bands alone would have at {@link Config#threshold}. The result does not depend on the order of
 * bands. Cost O(pixels x bands x (kernel width + templates)); memory 2 float images per band and
 * six more.
 */
public final class CoaddDetector {
  /** The name that the images of all bands together have among those that saw a peak. */
  public static final String MULTI = "multi";

  /** What is made of all bands together. */
  public enum Together {
    /** Nothing. */
    NONE,
    /** The best of a bank of spectra. */
    SED_BANK,
    /** The one-sided chi-square. */
    CHI_SQUARE
  }

  /**
   * @param threshold significance of a point source in a single band, if bands were all there is
   * @param together image of all bands
   * @param splitSnr significance of the curvature at a peak of a close pair; half of it above the
   *     saddle and 0.6 of it above the other side; 0 to look for none
   * @param splitContrast least height above the saddle, as a part of the stronger peak
   * @param pixelArcsec side of a pixel
   */
  public record Config(
      double threshold,
      Together together,
      double splitSnr,
      double splitContrast,
      double pixelArcsec)
      implements Serializable {
    public static Config defaults() {
      return new Config(5, Together.SED_BANK, 5, 0.02, 0.2);
    }
  }

  /** FWHM of a Gaussian of sigma 1. */
  private static final double FWHM = 2 * Math.sqrt(2 * Math.log(2));

  private final Config config;

  public CoaddDetector(Config config) {
    this.config = config;
  }

  /**
   * Objects by their first pixel; every one has a peak.
   *
   * @param bands at least one; their boxes may differ
   */
  public List<MergedParent> detect(List<CoaddBand> bands) {
    List<CoaddBand> sorted = bands.stream().sorted((a, b) -> a.band().compareTo(b.band())).toList();
    Box box = sorted.get(0).image().box();
    for (CoaddBand band : sorted) {
      box = box.union(band.image().box());
    }
    List<String> names = sorted.stream().map(CoaddBand::band).toList();
    SedBank bank = new SedBank(names);
    SpanDetector detector =
        new SpanDetector(SpanDetector.Config.defaults().withThreshold(threshold(bank)));
    Map<String, FootprintSet> found = new LinkedHashMap<>();
    List<BandSignificance> maps = new ArrayList<>();
    double widest = 0;
    double narrowest = Double.POSITIVE_INFINITY;
    for (CoaddBand band : sorted) {
      BandSignificance map =
          BandSignificance.of(band.band(), band.image(), band.psf(), band.noise(), detector);
      found.put(band.band(), detector.detect(map.significance(), map.sigma()));
      widest = Math.max(widest, map.sigma());
      narrowest = Math.min(narrowest, map.sigma());
      if (isTogether(sorted)) {
        maps.add(map.in(box));
      }
    }
    if (isTogether(sorted)) {
      found.put(MULTI, detector.detect(together(maps, bank), widest));
    }
    maps.clear();
    PeakMerger.Config merge =
        PeakMerger.Config.defaults()
            .forSeeing(config.pixelArcsec, FWHM * narrowest * config.pixelArcsec);
    PeakMerger merger = new PeakMerger(merge.withBands(names).withLast(MULTI));
    List<MergedParent> merged =
        merger.merge(box, found).stream().filter(p -> !p.peaks().isEmpty()).toList();
    return config.splitSnr > 0 ? split(merged, sorted, box, merge) : merged;
  }

  private boolean isTogether(List<CoaddBand> bands) {
    return config.together != Together.NONE && bands.size() > 1;
  }

  private double threshold(SedBank bank) {
    return switch (config.together) {
      case NONE -> config.threshold;
      case SED_BANK -> bank.threshold(config.threshold);
      case CHI_SQUARE -> SedBank.threshold(config.threshold, bank.bands(), bank.bands() + 1.0);
    };
  }

  private ImageF together(List<BandSignificance> maps, SedBank bank) {
    return config.together == Together.CHI_SQUARE
        ? MultiBandMap.chiSquare(maps).significance()
        : MultiBandMap.bestTemplate(maps, bank).significance();
  }

  private List<MergedParent> split(
      List<MergedParent> parents, List<CoaddBand> bands, Box box, PeakMerger.Config merge) {
    ImageF curvature =
        CurvatureMap.of(
            bands.stream().map(b -> new CurvatureMap.Band(b.image(), b.psf(), b.noise())).toList(),
            box);
    PeakSplitter splitter =
        new PeakSplitter(
            new PeakSplitter.Config(
                config.splitSnr,
                config.splitSnr / 2,
                config.splitContrast,
                config.splitSnr * 0.6,
                merge.maxSamePeakArcsec() / config.pixelArcsec,
                merge.minNewPeakArcsec() / config.pixelArcsec));
    return parents.stream().map(parent -> splitter.split(parent, curvature, MULTI)).toList();
  }
}
