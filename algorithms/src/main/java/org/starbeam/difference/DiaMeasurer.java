package org.starbeam.difference;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.Peak;
import org.starbeam.detection.SignificanceMap;
import org.starbeam.detection.SpanDetector;
import org.starbeam.detection.SpanDetector.Polarity;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.difference.ReliabilityModel.Feature;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Centroid;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.PixelFlags;
import org.starbeam.measurement.PsfFlux;
import org.starbeam.measurement.Shapes;

/**
 * Sources of a difference image, brighter and fainter than the template (specs/03 sections 7.8, 7.9
 * in their first form): positive and negative peaks of the point-source significance, centroid, PSF
 * flux and aperture flux on the difference, forced PSF fluxes on the science image and on the
 * matched template, adaptive moments, mask flags. A peak whose centre is bad is left out, like a
 * change that is smaller than what an error of 1 % of the star's light in the matching explains (4
 * % where the template lacks some of its inputs), one where the science image is clearly negative,
 * and what a star leaves whose flux is the same and whose place differs by less than half a pixel
 * ({@link StarShift}): that is for proper motions.
 *
 * <p>A star that has moved further is one source, at its place in the visit: of two sources of
 * opposite sign whose fluxes agree within a factor of two and that touch, or agree within 30 % and
 * are not far, the positive one stays and is a dipole. Of other touching sources of opposite sign
 * the more significant one stays.
 *
 * <p>{@code pixelFlags_cr}, {@code pixelFlags_crCenter}: also for pixels of the difference, of
 * either sign, that rise more steeply than the PSF allows ({@link CosmicRaysOfDifference}), and for
 * a source that is clearly narrower than any point source can be and is not the remainder of a
 * star: cosmic rays that the visit's own search has missed, or that are in the template.
 *
 * <p>{@code isDipole}: a star that has moved, or a source with pixels of both signs to which two
 * lobes fit ({@link DipoleFit}). To every source a trail is fitted ({@link TrailFit}), and it has a
 * score ({@link ReliabilityModel}).
 */
public final class DiaMeasurer {
  /**
   * @param threshold smallest significance; white noise has some 0.3 peaks of either sign above 5
   *     in 1000 x 1000 pixels and 0.02 above 5.5
   * @param modelError relative error of a star's subtracted light
   * @param inexactError the same where the template lacks inputs of its cell (INEXACT_PSF): of ten
   *     inputs one is missing whose PSF is a third higher or lower than the mean
   * @param minScienceSnr sources with a science flux below this many sigma are dropped
   * @param apertureRadius of the aperture flux in pixels
   * @param saturatedReach pixels around saturated ones in which nothing is believed
   * @param pairReach largest distance of the lobes of a pair, in sigmas of the PSF
   * @param moveReach largest distance of the two lobes of a star that has moved, pixels
   * @param smallestShift a star of unchanged flux that is displaced by less, in pixels, is no
   *     source
   * @param narrowest smallest width across of a source over that of the PSF (second moments), less
   *     three of its errors
   * @param matchReach how far the matching error of a star reaches, in sigmas of the PSF
   */
  public record Config(
      double threshold,
      double modelError,
      double inexactError,
      double minScienceSnr,
      double apertureRadius,
      int saturatedReach,
      double pairReach,
      double moveReach,
      double smallestShift,
      double narrowest,
      double matchReach)
      implements Serializable {
    public static Config defaults() {
      return new Config(5.5, 0.01, 0.04, -2, 12, 15, 5, 15, 0.5, 0.75, 2);
    }
  }

  /**
   * One source. Fluxes are signed, in units of the images.
   *
   * @param zScore significance of the peak over the measured noise
   * @param source flags, position and its errors, in the names of {@link Fields}
   * @param fits what is fitted to sources that stay
   */
  public record DiaSource(
      double x,
      double y,
      boolean negative,
      double zScore,
      double psfFlux,
      double psfFluxErr,
      double psfChi2,
      int psfNdata,
      double apFlux,
      double apFluxErr,
      boolean apertureTruncated,
      double scienceFlux,
      double scienceFluxErr,
      double templateFlux,
      double templateFluxErr,
      boolean dipole,
      int boxSize,
      MeasuredSource source,
      Fits fits) {
    DiaSource asDipole() {
      return dipoleAt(x, y);
    }

    DiaSource dipoleAt(double newX, double newY) {
      return with(newX, newY, true, fits);
    }

    DiaSource with(double newX, double newY, boolean isDipole, Fits newFits) {
      return new DiaSource(
          newX,
          newY,
          negative,
          zScore,
          psfFlux,
          psfFluxErr,
          psfChi2,
          psfNdata,
          apFlux,
          apFluxErr,
          apertureTruncated,
          scienceFlux,
          scienceFluxErr,
          templateFlux,
          templateFluxErr,
          isDipole,
          boxSize,
          source,
          newFits);
    }
  }

  /**
   * What is fitted to a source that stays.
   *
   * @param dipole two lobes; null when the fit was not tried or failed
   * @param dipoleTried whether it was tried
   * @param trail segment; null when the fit failed
   * @param features what the score hangs on
   * @param reliability score between 0 and 1
   */
  public record Fits(
      DipoleFit.@Nullable Dipole dipole,
      boolean dipoleTried,
      TrailFit.@Nullable Trail trail,
      Map<Feature, Double> features,
      double reliability) {
    static final Fits NONE = new Fits(null, false, null, Map.of(), Double.NaN);
  }

  private static final int BAD_CENTRE =
      MaskPlanes.NO_DATA
          | MaskPlanes.BAD
          | MaskPlanes.SAT
          | MaskPlanes.EDGE
          | MaskPlanes.SAT_TEMPLATE
          | MaskPlanes.NO_DATA_TEMPLATE
          | MaskPlanes.SPIKE;

  /** Pixels of a footprint above which no dipole is fitted. */
  private static final int MOST_DIPOLE_AREA = 1200;

  private static final int TOUCH = 2;

  /** Reaches of the matching error in which a star is looked for. */
  private static final double REACHES = 4;

  private static final double OWN_LIGHT = 0.5;

  /** Share of a threshold that a flux must keep when it is measured anew. */
  private static final double HYSTERESIS = 0.8;

  /** Largest distance of a source from the star that it belongs to, in sigmas of the PSF. */
  private static final double STAR_REACH = 2.5;

  /** Ratios of the fluxes of two lobes that touch, and of two that stand apart. */
  private static final double LOBES_TOUCHING = 2;

  private static final double LOBES_APART = 1.43;

  private final Config config;
  private final Centroid centroid = new Centroid(Centroid.Config.defaults());
  private final PixelFlags pixelFlags = new PixelFlags();
  private final Shapes shapes = new Shapes();
  private final ReliabilityModel reliability;

  /** A measurer with the score of this release. */
  public DiaMeasurer(Config config) {
    this(config, ReliabilityModel.standard());
  }

  public DiaMeasurer(Config config, ReliabilityModel reliability) {
    this.config = config;
    this.reliability = reliability;
  }

  /**
   * Finds and measures; sets DETECTED and DETECTED_NEGATIVE in the mask of the difference.
   *
   * @return by falling |significance|, then (y, x)
   */
  public List<DiaSource> measure(Difference difference, Exposure science) {
    MaskedImage image = difference.image();
    double scale = Math.max(1, difference.noiseScale());
    CosmicRaysOfDifference.mark(difference);
    SpanDetector detector =
        new SpanDetector(SpanDetector.Config.defaults().withThreshold(config.threshold * scale));
    SignificanceMap map = detector.significance(image, difference.psf());
    FootprintSet positive = detector.detect(map, Polarity.POSITIVE);
    FootprintSet negative = detector.detect(map, Polarity.NEGATIVE);
    MaskI mask = image.mask();
    positive.setMask(mask, MaskPlanes.DETECTED);
    negative.setMask(mask, MaskPlanes.DETECTED_NEGATIVE);
    MaskedImage negated = new MaskedImage(negated(image.image()), mask, image.variance());
    List<DiaSource> sources = new ArrayList<>();
    for (Footprint f : positive.footprints()) {
      measurePeaks(difference, science, f, image, false, scale, sources);
    }
    for (Footprint f : negative.footprints()) {
      measurePeaks(difference, science, f, negated, true, scale, sources);
    }
    sources.sort(
        Comparator.comparingDouble((DiaSource s) -> -Math.abs(s.zScore))
            .thenComparingDouble(DiaSource::y)
            .thenComparingDouble(DiaSource::x));
    double sigma = sigma(difference);
    ReliabilityFeatures features = new ReliabilityFeatures(difference, map.significance(), sigma);
    return oneOfEachPair(sources, config.pairReach * sigma).stream()
        .map(s -> fitted(difference, science, s.negative ? negated : image, s, features))
        .toList();
  }

  /** The source with its dipole, its trail and its score. */
  private DiaSource fitted(
      Difference difference,
      Exposure science,
      MaskedImage signed,
      DiaSource s,
      ReliabilityFeatures features) {
    Footprint footprint = s.source.footprint();
    boolean small = footprint != null && footprint.spans().area() <= MOST_DIPOLE_AREA;
    boolean tried = small && (s.dipole || hasBothSigns(footprint, signed.mask()));
    double sigma = sigma(difference);
    DipoleFit.Dipole dipole =
        tried ? DipoleFit.of(difference, science, s.x, s.y, sigma, config.modelError) : null;
    DiaSource out =
        s.with(
            s.x,
            s.y,
            s.dipole || dipole != null && dipole.isDipole(),
            new Fits(dipole, tried, trail(difference, signed, s), Map.of(), Double.NaN));
    Map<Feature, Double> values = features.of(out);
    return out.with(
        out.x,
        out.y,
        out.dipole,
        new Fits(dipole, tried, out.fits.trail, values, reliability.score(values)));
  }

  private static TrailFit.@Nullable Trail trail(
      Difference difference, MaskedImage signed, DiaSource s) {
    MeasuredSource m = s.source;
    double[] psf = {m.get(Fields.IXX_PSF), m.get(Fields.IYY_PSF), m.get(Fields.IXY_PSF)};
    double[] own = {m.get(Fields.IXX), m.get(Fields.IYY), m.get(Fields.IXY)};
    boolean measured =
        !m.flag(Fields.flag(Fields.SHAPE)) && Double.isFinite(own[0] + own[1] + own[2]);
    double sigma = Math.sqrt(Math.sqrt(psf[0] * psf[1] - psf[2] * psf[2]));
    return sigma > 0
        ? TrailFit.of(
            signed, s.x, s.y, measured ? own : psf, difference.psf().image(s.x, s.y), sigma)
        : null;
  }

  private static double sigma(Difference difference) {
    double[] c = difference.psf().averagePosition();
    double[] shape = difference.psf().shape(c[0], c[1]);
    return Math.sqrt((shape[0] + shape[1]) / 2);
  }

  /** One source for a star that has moved, and one of two of opposite sign that touch. */
  private List<DiaSource> oneOfEachPair(List<DiaSource> sources, double reach) {
    List<DiaSource> rest = new ArrayList<>(sources);
    for (DiaSource gone : sources) {
      DiaSource now = gone.negative ? counterpart(gone, rest, reach) : null;
      if (now != null && rest.remove(gone)) {
        rest.set(rest.indexOf(now), now.asDipole());
      }
    }
    List<DiaSource> out = new ArrayList<>();
    for (DiaSource s : rest) {
      if (out.stream().noneMatch(k -> isPair(k, s, reach))) {
        out.add(s);
      }
    }
    return out;
  }

  /** The nearest positive source that is the star whose old place is empty; null without one. */
  private @Nullable DiaSource counterpart(DiaSource gone, List<DiaSource> all, double reach) {
    return all.stream()
        .filter(s -> !s.negative && isMoved(gone, s, reach))
        .min(Comparator.comparingDouble(s -> distance(s, gone)))
        .orElse(null);
  }

  private boolean isMoved(DiaSource gone, DiaSource now, double reach) {
    double ratio = Math.abs(gone.psfFlux / now.psfFlux);
    double apart = Math.max(ratio, 1 / ratio);
    return apart <= LOBES_TOUCHING && isPair(gone, now, reach)
        || apart <= LOBES_APART && distance(gone, now) <= config.moveReach;
  }

  private static double distance(DiaSource a, DiaSource b) {
    return Math.hypot(a.x - b.x, a.y - b.y);
  }

  private static boolean isPair(DiaSource a, DiaSource b, double reach) {
    Footprint of = a.source.footprint();
    Footprint other = b.source.footprint();
    return a.negative != b.negative
        && distance(a, b) <= reach
        && of != null
        && other != null
        && !of.box().grow(TOUCH).intersect(other.box()).isEmpty();
  }

  private static ImageF negated(ImageF image) {
    ImageF out = image.copy();
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] = -out.data[i];
    }
    return out;
  }

  private void measurePeaks(
      Difference difference,
      Exposure science,
      Footprint footprint,
      MaskedImage signed,
      boolean negative,
      double scale,
      List<DiaSource> out) {
    for (Peak peak : footprint.peaks()) {
      if ((signed.mask().get(peak.x(), peak.y()) & BAD_CENTRE) != 0
          || nearSaturation(signed.mask(), peak)) {
        continue;
      }
      DiaSource source = measure(difference, science, footprint, peak, signed, negative, scale);
      if (keep(difference, source)) {
        DiaSource kept = unlessShifted(difference, source);
        if (kept != null) {
          out.add(kept);
        }
      }
    }
  }

  /**
   * Null for what is left of a star that is as bright as ever and hardly displaced; the star, as a
   * dipole, when it is displaced by more; else the source.
   */
  private @Nullable DiaSource unlessShifted(Difference difference, DiaSource s) {
    if (!(s.templateFlux > 2 * Math.abs(s.psfFlux))) {
      return s;
    }
    StarShift.Fit star = StarShift.of(difference, s.x, s.y, STAR_REACH * sigma(difference));
    if (star == null
        || isSignificant(star.change(), star.changeErr(), star.flux(), inexact(difference, s))
        || Math.abs(s.psfFlux - star.explained()) > 0.5 * Math.abs(s.psfFlux)) {
      return s;
    }
    return star.distance() < config.smallestShift
        ? null
        : s.dipoleAt(star.x() + star.dx(), star.y() + star.dy());
  }

  /**
   * Light whose matching error reaches a place: the largest PSF flux of the template around, each
   * with the weight exp(-d^2 / 2 r^2), r = {@link Config#matchReach} sigmas of the PSF. An error of
   * the kernel does not stay at the centre of a star; it moves light as far as the kernel reaches.
   */
  private double lightAround(Difference difference, DiaSource s) {
    ImageF template = difference.matchedTemplate();
    ImageD psf = difference.matchedPsf().image(s.x, s.y);
    double peak = 0;
    for (double value : psf.data) {
      peak = Math.max(peak, value);
    }
    double reach = config.matchReach * sigma(difference);
    int half = (int) Math.ceil(REACHES * reach);
    Box box =
        Box.around((int) Math.rint(s.x), (int) Math.rint(s.y), half).intersect(template.box());
    double most = Math.abs(s.templateFlux);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double d2 = (x - s.x) * (x - s.x) + (y - s.y) * (y - s.y);
        double flux = template.get(x, y) / peak;
        if (flux > most) {
          most = Math.max(most, flux * Math.exp(-d2 / (2 * reach * reach)));
        }
      }
    }
    return most;
  }

  /** Whether a flux is more than noise and what an error of the matching leaves of the light. */
  private boolean isSignificant(double flux, double err, double light, double inexact) {
    double relative = Math.hypot(config.modelError, config.inexactError * inexact);
    double error = Math.hypot(err, relative * Math.max(0, light));
    return Math.abs(flux) >= HYSTERESIS * config.threshold * error;
  }

  private boolean nearSaturation(MaskI mask, Peak peak) {
    int planes = MaskPlanes.SAT | MaskPlanes.SAT_TEMPLATE;
    int reach = config.saturatedReach;
    Box box = Box.around(peak.x(), peak.y(), reach).intersect(mask.box());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        int dx = x - peak.x();
        int dy = y - peak.y();
        if ((mask.get(x, y) & planes) != 0 && dx * dx + dy * dy <= reach * reach) {
          return true;
        }
      }
    }
    return false;
  }

  /** Share of the PSF's weight where the template lacks inputs of its cell. */
  private static double inexact(Difference difference, DiaSource s) {
    return ReliabilityFeatures.share(difference, s.x(), s.y(), MaskPlanes.INEXACT_PSF);
  }

  private boolean keep(Difference difference, DiaSource s) {
    boolean possible = !(s.scienceFlux < config.minScienceSnr * s.scienceFluxErr);
    return Double.isFinite(s.psfFlux)
        && isSignificant(
            s.psfFlux, s.psfFluxErr, lightAround(difference, s), inexact(difference, s))
        && possible;
  }

  private DiaSource measure(
      Difference difference,
      Exposure science,
      Footprint footprint,
      Peak peak,
      MaskedImage signed,
      boolean negative,
      double scale) {
    MeasuredSource source = new MeasuredSource(peak, footprint);
    MeasurementFrame frame = new MeasurementFrame(signed, difference.psf());
    centroid.measure(frame, source);
    pixelFlags.measure(frame, source);
    shapes.measure(frame, source);
    double x = source.x();
    double y = source.y();
    int sign = negative ? -1 : 1;
    ImageD psf = frame.psfImage(x, y);
    PsfFlux.Result flux = PsfFlux.fit(signed, psf, GoodPixels.UNUSABLE);
    source.setFlag(Fields.flag(Fields.PSF_FLUX, "edge"), !signed.box().contains(psf.box()));
    PsfFlux.Result direct =
        PsfFlux.fit(science.pixels(), science.psf().image(x, y), GoodPixels.UNUSABLE);
    double[] aperture = aperture(signed, x, y);
    double template =
        StarShift.flux(difference.matchedTemplate(), difference.matchedPsf().image(x, y));
    if (isNarrow(source) && flux.flux() > OWN_LIGHT * template) {
      source.setFlag("pixelFlags_cr");
      source.setFlag("pixelFlags_crCenter");
    }
    return new DiaSource(
        x,
        y,
        negative,
        peak.significance() / scale,
        sign * flux.flux(),
        flux.err() * scale,
        flux.chi2() * flux.pixels(),
        flux.pixels(),
        sign * aperture[0],
        aperture[1] * scale,
        aperture[2] > 0,
        direct.flux(),
        direct.err(),
        template,
        difference.templateFluxErr(x, y),
        false,
        Math.max(footprint.box().width(), footprint.box().height()),
        source,
        Fits.NONE);
  }

  private boolean isNarrow(MeasuredSource s) {
    double across = minorMoment(s, Fields.IXX, Fields.IYY, Fields.IXY);
    double psf = minorMoment(s, Fields.IXX_PSF, Fields.IYY_PSF, Fields.IXY_PSF);
    return across < config.narrowest * psf - 1.5 * s.get(Fields.TRACE_ERR);
  }

  /** Smaller second moment along a principal axis; NaN when it was not measured. */
  private static double minorMoment(MeasuredSource s, String xx, String yy, String xy) {
    double mean = (s.get(xx) + s.get(yy)) / 2;
    return mean - Math.hypot((s.get(xx) - s.get(yy)) / 2, s.get(xy));
  }

  /** {flux, error, truncated} in a circle; border pixels count by their distance. */
  private double[] aperture(MaskedImage image, double x, double y) {
    double r = config.apertureRadius;
    int reach = (int) Math.ceil(r) + 1;
    Box whole = Box.around((int) Math.rint(x), (int) Math.rint(y), reach);
    Box box = whole.intersect(image.box());
    double sum = 0;
    double variance = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        double w = Math.max(0, Math.min(1, r + 0.5 - Math.hypot(u - x, v - y)));
        if (w > 0 && (image.mask().get(u, v) & MaskPlanes.NO_DATA) == 0) {
          sum += w * image.image().get(u, v);
          variance += w * w * image.variance().get(u, v);
        }
      }
    }
    return new double[] {sum, Math.sqrt(variance), box.equals(whole) ? 0 : 1};
  }

  private static boolean hasBothSigns(@Nullable Footprint footprint, MaskI mask) {
    int both = MaskPlanes.DETECTED | MaskPlanes.DETECTED_NEGATIVE;
    return footprint != null && (footprint.orOf(mask) & both) == both;
  }
}
