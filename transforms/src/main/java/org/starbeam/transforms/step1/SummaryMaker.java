package org.starbeam.transforms.step1;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.SipFitter;
import org.starbeam.characterization.Characterization;
import org.starbeam.characterization.PsfQuality;
import org.starbeam.characterization.PsfStar;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.Fields;
import org.starbeam.photometry.LimitingMagnitude;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.psf.PsfModel;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/** The summary of a characterized frame (specs/02 section 14.1). */
public final class SummaryMaker {
  private static final int REJECTING =
      MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.CR | MaskPlanes.NO_DATA | MaskPlanes.STREAK;
  private static final int NOT_SKY =
      REJECTING
          | MaskPlanes.DETECTED
          | MaskPlanes.DETECTED_NEGATIVE
          | MaskPlanes.INTRP
          | MaskPlanes.EDGE;

  /** Seeing of a frame whose effective time is its exposure time, arcsec. */
  private static final double FIDUCIAL_SEEING = 0.75;

  private SummaryMaker() {}

  /**
   * @param wcsMethod {@code global}, {@code camera-model} or {@code single-frame}
   * @param fit single-frame fit of the WCS; null when there was none
   * @param photoCalib null when there is no zero point: it and what comes of it are NaN
   * @param photRefs number of reference stars in the zero point
   */
  public static ExposureSummary of(
      PostIsrFrame frame,
      Characterization c,
      Wcs wcs,
      String wcsMethod,
      SipFitter.@Nullable Fit fit,
      @Nullable PhotoCalib photoCalib,
      int photRefs) {
    Box box = frame.box();
    double cx = box.x0() + (box.width() - 1) / 2.0;
    double cy = box.y0() + (box.height() - 1) / 2.0;
    ExposureSummary s = new ExposureSummary();
    setExposure(s, frame);
    setSky(s, wcs, box, cx, cy);
    setPsf(s, c, cx, cy);
    setQuality(s, c);
    setPixels(s, c, cx, cy);
    s.setZeroPoint(photoCalib == null ? Double.NaN : photoCalib.zeroPoint());
    s.setZeroPointErr(photoCalib == null ? Double.NaN : photoCalib.zeroPointErr());
    s.setNPhotRef(photRefs);
    s.setPhotoCalibMethod(photoCalib == null ? "none" : photoCalib.method());
    s.setWcsMethod(wcsMethod);
    s.setAstromOffsetMean(fit == null ? null : fit.offsetMeanArcsec());
    s.setAstromOffsetStd(fit == null ? null : fit.offsetStdArcsec());
    s.setNAstroRef(fit == null ? 0 : fit.nUsed());
    s.setWcsSipMaxErrorMas(fit == null ? null : fit.sipMaxErrorMas());
    s.setMagLim(LimitingMagnitude.of(s.getZeroPoint(), s.getSkyNoise(), s.getPsfArea()));
    setEffectiveTime(s);
    s.setNSource(c.catalogue().size());
    s.setFlags(new ArrayList<>(c.notes()));
    s.setMissing(List.of());
    s.setRecovered(List.of());
    return s;
  }

  private static void setExposure(ExposureSummary s, PostIsrFrame frame) {
    ObservationInfo info = frame.info();
    s.setVisit(frame.visit());
    s.setDetector(info.getDetector());
    s.setInstrument(info.getInstrument());
    s.setPhysicalFilter(info.getPhysicalFilter());
    s.setBand(frame.band());
    s.setDayObs(info.getDayObs());
    s.setSeqNum(info.getSeqNum());
    s.setExpTime(info.getExposureTime());
    s.setExpMidptMjd(info.getMidTaiMjd());
    s.setBeginTaiMjd(info.getBeginTaiMjd());
    s.setDarkTime(info.getDarkTime());
    s.setAirmass(info.getAirmass());
    s.setSkyRotation(info.getRotSkyPos());
    s.setDetectorName(frame.detector().name());
    s.setBoresightRa(info.getBoresightRa());
    s.setBoresightDec(info.getBoresightDec());
    s.setAltitude(mean(info.getAltBegin(), info.getAltEnd()));
    s.setAzimuth(info.getAzBegin());
    s.setObservationReason(info.getObservationReason());
    s.setScienceProgram(info.getScienceProgram());
    s.setPressureHPa(info.getPressureHPa());
    s.setTemperatureC(info.getTemperatureC());
    s.setHumidityPct(info.getHumidityPct());
    s.setWidth(frame.box().width());
    s.setHeight(frame.box().height());
  }

  private static @Nullable Double mean(@Nullable Double a, @Nullable Double b) {
    return a == null || b == null ? a : Double.valueOf(0.5 * (a + b));
  }

  private static void setSky(ExposureSummary s, Wcs wcs, Box box, double cx, double cy) {
    SkyPoint centre = wcs.toSky(cx, cy);
    s.setRa(centre.raDeg());
    s.setDec(centre.decDeg());
    double[][] corners = {
      {box.x0() - 0.5, box.y0() - 0.5},
      {box.x1() - 0.5, box.y0() - 0.5},
      {box.x1() - 0.5, box.y1() - 0.5},
      {box.x0() - 0.5, box.y1() - 0.5}
    };
    List<Double> ra = new ArrayList<>();
    List<Double> dec = new ArrayList<>();
    for (double[] corner : corners) {
      SkyPoint p = wcs.toSky(corner[0], corner[1]);
      ra.add(p.raDeg());
      dec.add(p.decDeg());
    }
    s.setRaCorners(ra);
    s.setDecCorners(dec);
    s.setPolygonRa(new ArrayList<>(ra));
    s.setPolygonDec(new ArrayList<>(dec));
    s.setPixelScale(Math.sqrt(wcs.pixelArea(cx, cy)));
  }

  private static void setPsf(ExposureSummary s, Characterization c, double cx, double cy) {
    PsfModel psf = c.psfFit().model();
    double[] m = psf.shape(cx, cy);
    double sigma = Math.sqrt(Math.sqrt(m[0] * m[1] - m[2] * m[2]));
    s.setPsfSigma(sigma);
    s.setPsfArea(psf.nEff(cx, cy));
    s.setPsfIxx(m[0]);
    s.setPsfIyy(m[1]);
    s.setPsfIxy(m[2]);
    s.setSeeing(GaussianWidth.FWHM_PER_SIGMA * sigma * s.getPixelScale());
    s.setNPsfStar(c.psfFit().used());
    s.setNPsfReserved((int) c.psfStars().stream().filter(PsfStar::reserved).count());
  }

  private static void setQuality(ExposureSummary s, Characterization c) {
    PsfQuality q = c.quality();
    s.setPsfStarDeltaE1Median(finite(q.deltaE1Median()));
    s.setPsfStarDeltaE1Scatter(finite(q.deltaE1Scatter()));
    s.setPsfStarDeltaE2Median(finite(q.deltaE2Median()));
    s.setPsfStarDeltaE2Scatter(finite(q.deltaE2Scatter()));
    s.setPsfStarDeltaSizeMedian(finite(q.deltaSizeMedian()));
    s.setPsfStarDeltaSizeScatter(finite(q.deltaSizeScatter()));
    s.setPsfStarScaledDeltaSizeScatter(finite(q.scaledDeltaSizeScatter()));
    s.setPsfTraceRadiusDelta(finite(q.traceRadiusDelta()));
    s.setPsfApFluxDelta(finite(q.apFluxDelta()));
    s.setMaxDistToNearestPsf(finite(q.maxDistance()));
    s.setStarEMedian(finite(q.eMedian()));
    s.setStarUnNormalizedEMedian(finite(q.unnormalizedEMedian()));
    s.setVarianceScale(finite(c.noiseFactor()));
    c.corrections().all().stream()
        .filter(a -> a.flux().equals(Fields.PSF_FLUX))
        .findFirst()
        .ifPresent(a -> s.setPsfApCorrSigmaScaledDelta(range(a) / s.getPsfSigma()));
  }

  private static double range(ApertureCorrection correction) {
    Box box = correction.map().box();
    double low = Double.POSITIVE_INFINITY;
    double high = Double.NEGATIVE_INFINITY;
    for (int k = 0; k < 25; k++) {
      double x = box.x0() + (box.width() - 1) * (k % 5) / 4.0;
      double y = box.y0() + (box.height() - 1) * (k / 5) / 4.0;
      low = Math.min(low, correction.evaluate(x, y));
      high = Math.max(high, correction.evaluate(x, y));
    }
    return high - low;
  }

  private static void setPixels(ExposureSummary s, Characterization c, double cx, double cy) {
    MaskedImage image = c.frame().image();
    s.setSkyBg(c.frame().background().evaluate(cx, cy));
    double noise =
        new ClippedStatistics(ClippedStatistics.Config.noise())
            .of(image.image(), image.mask(), NOT_SKY)
            .sdClip();
    s.setSkyNoise(noise > 0 ? noise : c.frame().skySigma());
    s.setMeanVar(new ClippedStatistics().of(image.variance(), image.mask(), NOT_SKY).meanClip());
    int masked = 0;
    for (int bits : image.mask().data) {
      masked += (bits & REJECTING) != 0 ? 1 : 0;
    }
    double area = image.box().area();
    s.setFracMasked(masked / area);
    s.setCrFraction(c.frame().cosmicRayPixels() / area);
  }

  /**
   * Exposure time of a frame of the fiducial seeing that would be as deep; the sky has no fiducial
   * of the instrument yet and counts as 1, and so does the zero point until those of all visits are
   * solved.
   */
  private static void setEffectiveTime(ExposureSummary s) {
    double psf = FIDUCIAL_SEEING / s.getSeeing();
    s.setEffTimePsfSigmaScale(psf * psf);
    s.setEffTime(s.getExpTime() * psf * psf);
  }

  private static @Nullable Double finite(double value) {
    return Double.isFinite(value) ? value : null;
  }
}
