package org.starbeam.coadd;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.characterization.PsfQuality;
import org.starbeam.schema.ExposureSummary;

/**
 * Chooses the visits and detectors of a coadd from their summaries (specs/03 section 3.1). Tests
 * are made in a fixed order and the first failure is the reason. A limit applies to a statistic
 * that was measured; one that is missing is not held against a detector, but PSF, WCS and
 * photometric calibration must be finite.
 */
public final class CoaddInputSelector {
  /**
   * Limits of specs/03 section 3.1.
   *
   * @param maxFwhm detector's PSF FWHM, arcsec
   * @param maxEllipticityResidual median PSF ellipticity residual
   * @param maxSizeScatter scaled scatter of size residuals
   * @param maxTraceRadiusRange PSF trace radius over the detector, pixels
   * @param maxApFluxRange PSF aperture flux over the detector
   * @param maxApCorrRange aperture correction over the detector, per PSF sigma
   * @param minPsfStars stars of the PSF model
   * @param maxEllipticity median ellipticity of stars
   * @param maxUnnormalizedEllipticity pixels^2
   * @param maxVisitFwhm mean of the visit, arcsec
   * @param minZeroPointScale effective-time scale of the visit's zero points, 0.3 (0.65 mag of
   *     clouds): what passes is weighted by its noise; LSSTCam's 0.75 costs a shallow survey depth
   * @param maxNoiseRatio sky noise over the median of the band in the tract; 0 switches off
   * @param maxAstrometricOffset mean distance from the reference, arcsec; 0 switches off
   */
  public record Config(
      double maxFwhm,
      double maxEllipticityResidual,
      double maxSizeScatter,
      double maxTraceRadiusRange,
      double maxApFluxRange,
      double maxApCorrRange,
      int minPsfStars,
      double maxEllipticity,
      double maxUnnormalizedEllipticity,
      double maxVisitFwhm,
      double minZeroPointScale,
      double maxNoiseRatio,
      double maxAstrometricOffset)
      implements Serializable {
    public static Config defaults() {
      return new Config(1.8, 0.007, 0.019, 0.7, 0.24, 0.22, 6, 0.4, 2.8, 1.7, 0.3, 3, 0.05);
    }
  }

  /**
   * Verdict on one detector of a visit.
   *
   * @param visit visit id
   * @param detector detector number
   * @param selected true when it goes into the coadd
   * @param reason the first limit that it fails, or an empty text
   */
  public record Choice(long visit, int detector, boolean selected, String reason) {}

  private final Config config;

  public CoaddInputSelector(Config config) {
    this.config = config;
  }

  /** Verdicts in the order of visit and detector. */
  public List<Choice> select(List<ExposureSummary> summaries) {
    List<ExposureSummary> sorted = new ArrayList<>(summaries);
    sorted.sort(
        Comparator.comparing(ExposureSummary::getVisit)
            .thenComparing(ExposureSummary::getDetector));
    Map<Long, double[]> fwhm = new TreeMap<>();
    for (ExposureSummary s : sorted) {
      if (Double.isFinite(s.getSeeing())) {
        double[] sum = fwhm.computeIfAbsent(s.getVisit(), v -> new double[2]);
        sum[0] += s.getSeeing();
        sum[1]++;
      }
    }
    double noise = medianNoise(sorted);
    List<Choice> out = new ArrayList<>();
    for (ExposureSummary s : sorted) {
      double[] sum = fwhm.getOrDefault(s.getVisit(), new double[] {Double.NaN, 1});
      String reason = reason(s, sum[0] / sum[1], noise);
      out.add(new Choice(s.getVisit(), s.getDetector(), reason.isEmpty(), reason));
    }
    return out;
  }

  private static double medianNoise(List<ExposureSummary> summaries) {
    double[] values =
        summaries.stream()
            .mapToDouble(ExposureSummary::getSkyNoise)
            .filter(v -> v > 0 && Double.isFinite(v))
            .sorted()
            .toArray();
    return values.length == 0 ? Double.NaN : values[values.length / 2];
  }

  private String reason(ExposureSummary s, double visitFwhm, double medianNoise) {
    if (!Double.isFinite(s.getRa()) || !Double.isFinite(s.getDec())) {
      return "WCS";
    }
    if (!(s.getPsfSigma() > 0) || !Double.isFinite(s.getPsfSigma())) {
      return "PSF";
    }
    if (!Double.isFinite(s.getZeroPoint())) {
      return "PHOTOMETRIC_CALIBRATION";
    }
    if (s.getSeeing() > config.maxFwhm()) {
      return "FWHM";
    }
    if (ellipticityResidual(s) > config.maxEllipticityResidual()) {
      return "PSF_ELLIPTICITY_RESIDUAL";
    }
    if (or0(s.getPsfStarScaledDeltaSizeScatter()) > config.maxSizeScatter()) {
      return "PSF_SIZE_SCATTER";
    }
    if (or0(s.getPsfTraceRadiusDelta()) > config.maxTraceRadiusRange()) {
      return "PSF_TRACE_RADIUS_RANGE";
    }
    if (or0(s.getPsfApFluxDelta()) > config.maxApFluxRange()) {
      return "PSF_APERTURE_FLUX_RANGE";
    }
    if (or0(s.getPsfApCorrSigmaScaledDelta()) > config.maxApCorrRange()) {
      return "APERTURE_CORRECTION_RANGE";
    }
    if (s.getNPsfStar() < config.minPsfStars()) {
      return "PSF_STARS";
    }
    if (or0(s.getStarEMedian()) > config.maxEllipticity()) {
      return "STAR_ELLIPTICITY";
    }
    if (or0(s.getStarUnNormalizedEMedian()) > config.maxUnnormalizedEllipticity()) {
      return "STAR_ELLIPTICITY_UNNORMALIZED";
    }
    return visitReason(s, visitFwhm, medianNoise);
  }

  /**
   * Length of the median ellipticity residual beyond what its own noise explains: the excess over
   * three standard errors of the median (1.2533 scatter / sqrt n), because the few reserved stars
   * that it is of do not measure it to the limit.
   */
  private static double ellipticityResidual(ExposureSummary s) {
    double length = Math.hypot(or0(s.getPsfStarDeltaE1Median()), or0(s.getPsfStarDeltaE2Median()));
    double scatter =
        Math.hypot(or0(s.getPsfStarDeltaE1Scatter()), or0(s.getPsfStarDeltaE2Scatter()))
            / Math.sqrt(2);
    int stars = PsfQuality.judged(s.getNPsfStar(), s.getNPsfReserved());
    return length - 3 * 1.2533 * scatter / Math.sqrt(Math.max(1, stars));
  }

  private String visitReason(ExposureSummary s, double visitFwhm, double medianNoise) {
    if (visitFwhm > config.maxVisitFwhm()) {
      return "VISIT_FWHM";
    }
    Double scale = s.getEffTimeZeroPointScale();
    if (scale != null && scale < config.minZeroPointScale()) {
      return "ZERO_POINT_SCALE";
    }
    if (config.maxNoiseRatio() > 0 && s.getSkyNoise() > config.maxNoiseRatio() * medianNoise) {
      return "SKY_NOISE";
    }
    double offset = or0(s.getAstromOffsetMean());
    if (config.maxAstrometricOffset() > 0 && offset > config.maxAstrometricOffset()) {
      return "ASTROMETRY";
    }
    return "";
  }

  private static double or0(@Nullable Double value) {
    return value == null ? 0 : value;
  }
}
