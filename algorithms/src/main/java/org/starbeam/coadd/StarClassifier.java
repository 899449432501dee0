package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.GalaxySizes;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.PsfSizeError;
import org.starbeam.measurement.StarGalaxyOdds;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.psf.PsfModel;

/**
 * Gives the objects of a region their odds of being stars: from the free moments of every band and,
 * for the error of the PSF model's size, from the bright star-like objects of the region. Where no
 * band has moments, the odds are those of the exponential model against the point (specs/04 section
 * 10). Sizes of galaxies are tabulated once for a PSF.
 */
final class StarClassifier {
  /** S/N of the objects that show how wrong the PSF's size is. */
  private static final double BRIGHT = 50;

  /**
   * Error of T, in units of Tpsf, for as much of neighbours' light as the object has of its own: a
   * deblender puts a tenth or so of it wrong, and at two or three times the object's radius.
   */
  private static final double DEBLENDING = 0.2;

  /** Fits of which the likelihood says nothing. */
  private static final Set<ModelFit.Flag> WITHOUT_FIT =
      EnumSet.of(ModelFit.Flag.NO_DATA, ModelFit.Flag.NOT_PRIMARY_REGION, ModelFit.Flag.FAILED);

  private final double pixelArcsec;
  private final StarGalaxyOdds odds = new StarGalaxyOdds(StarGalaxyOdds.Config.defaults());

  StarClassifier(double pixelArcsec) {
    this.pixelArcsec = pixelArcsec;
  }

  /** One band: the error of its PSF sizes and the sizes of galaxies by the PSF's own. */
  private record Band(CoaddBand coadd, double psfErr, Map<Double, GalaxySizes> sizes) {
    /** Cells of one PSF share its table; the trace of the PSF tells them apart. */
    GalaxySizes sizes(MeasuredSource source) {
      PsfModel psf = coadd.psf();
      double[] shape = psf.shape(source.x(), source.y());
      return sizes.computeIfAbsent(
          shape[0] + shape[1],
          k -> new GalaxySizes(psf.kernelImage(source.x(), source.y()).copy()));
    }
  }

  /** The same objects with their log odds, in the same order. */
  List<MeasuredObject> classified(List<MeasuredObject> objects, List<CoaddBand> coadds) {
    List<Band> bands = new ArrayList<>();
    for (CoaddBand coadd : coadds) {
      bands.add(new Band(coadd, psfError(objects, coadd.band()), new HashMap<>()));
    }
    List<MeasuredObject> out = new ArrayList<>();
    for (MeasuredObject object : objects) {
      out.add(classified(object, bands));
    }
    return out;
  }

  private MeasuredObject classified(MeasuredObject object, List<Band> bands) {
    List<StarGalaxyOdds.BandSize> measured = new ArrayList<>();
    double flux = 0;
    for (Band band : bands) {
      MeasuredSource source = object.free().get(band.coadd().band());
      if (source != null) {
        flux += flux(source);
        if (isMeasured(source)) {
          measured.add(size(source, band.psfErr(), band.sizes(source)));
        }
      }
    }
    double magnitude = PhotoCalib.NANOJANSKY_ZERO_POINT - 2.5 * Math.log10(flux);
    boolean fromModel = measured.isEmpty();
    List<StarGalaxyOdds.BandSize> sizes = fromModel ? modelSize(object, bands) : measured;
    double found = odds.logOdds(sizes, magnitude, pixelArcsec).orElse(Double.NaN);
    return object.withStarLogOdds(found, fromModel && !Double.isNaN(found));
  }

  /** The size of the exponential model in the reference band's PSF; none without a model. */
  private static List<StarGalaxyOdds.BandSize> modelSize(MeasuredObject object, List<Band> bands) {
    ModelFit fit = object.models().get(Model.EXPONENTIAL);
    if (fit == null
        || Double.isNaN(fit.deltaLnLikelihood())
        || !Collections.disjoint(fit.flags(), WITHOUT_FIT)) {
      return List.of();
    }
    double squares = 0;
    for (MeasuredSource source : object.free().values()) {
      double snr = source.flag(Fields.flag(Fields.PSF_FLUX)) ? 0 : Math.max(0, snr(source));
      squares += Double.isFinite(snr) ? snr * snr : 0;
    }
    double snr = Math.sqrt(squares);
    return bands.stream()
        .filter(band -> band.coadd().band().equals(object.refBand()))
        .map(
            band ->
                StarGalaxyOdds.BandSize.ofModel(
                    fit.deltaLnLikelihood(), band.psfErr(), band.sizes(object.reference()), snr))
        .toList();
  }

  private static StarGalaxyOdds.BandSize size(
      MeasuredSource source, double psfErr, GalaxySizes table) {
    return new StarGalaxyOdds.BandSize(
        trace(source) - psfTrace(source),
        Math.hypot(source.get(Fields.TRACE_ERR), deblendingErr(source)),
        psfErr,
        table,
        snr(source));
  }

  private static double psfError(List<MeasuredObject> objects, String band) {
    List<Double> ratios = new ArrayList<>();
    List<Double> errs = new ArrayList<>();
    for (MeasuredObject object : objects) {
      MeasuredSource source = object.free().get(band);
      if (source != null && object.parent() >= 0 && isMeasured(source) && snr(source) > BRIGHT) {
        ratios.add(trace(source) / psfTrace(source) - 1);
        errs.add(
            Math.hypot(source.get(Fields.TRACE_ERR), deblendingErr(source)) / psfTrace(source));
      }
    }
    return PsfSizeError.of(ratios, errs);
  }

  private static boolean isMeasured(MeasuredSource source) {
    return !source.flag(Fields.flag(Fields.SHAPE))
        && psfTrace(source) > 0
        && Double.isFinite(trace(source))
        && source.get(Fields.TRACE_ERR) > 0;
  }

  private static double deblendingErr(MeasuredSource source) {
    double light = source.get(Fields.NEIGHBOUR_LIGHT);
    return Double.isNaN(light) ? 0 : DEBLENDING * light * psfTrace(source);
  }

  private static double trace(MeasuredSource source) {
    return source.get(Fields.IXX) + source.get(Fields.IYY);
  }

  private static double psfTrace(MeasuredSource source) {
    return source.get(Fields.IXX_PSF) + source.get(Fields.IYY_PSF);
  }

  private static double snr(MeasuredSource source) {
    return source.get(Fields.PSF_FLUX) / source.get(Fields.err(Fields.PSF_FLUX));
  }

  /** The Gaussian flux, which holds most of a galaxy, or the PSF flux; 0 when neither is there. */
  private static double flux(MeasuredSource source) {
    double gaussian = source.get(Fields.GAUSSIAN_FLUX);
    boolean usable = gaussian > 0 && !source.flag(Fields.flag(Fields.GAUSSIAN_FLUX));
    double flux = usable ? gaussian : source.get(Fields.PSF_FLUX);
    return flux > 0 ? flux : 0;
  }
}
