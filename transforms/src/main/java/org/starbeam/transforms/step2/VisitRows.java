package org.starbeam.transforms.step2;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.VisitRow;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.dataset.RowFiller;
import org.starbeam.transforms.quantum.QuantumContext;

/** Rows of the Visit and CcdVisit tables from the summaries of a visit's detectors. */
final class VisitRows {
  static final List<String> VISIT_COLUMNS =
      List.of(
          "visit",
          "physical_filter",
          "band",
          "day_obs",
          "seq_num",
          "instrument",
          "ra",
          "dec",
          "skyRotation",
          "azimuth",
          "altitude",
          "zenithDistance",
          "airmass",
          "expTime",
          "expMidpt",
          "expMidptMJD",
          "obsStart",
          "obsStartMJD",
          "observationReason",
          "scienceProgram",
          "pressure",
          "temperature",
          "humidity",
          "nDetectors",
          "seeing",
          "magLim",
          "zeroPoint",
          "skyBg",
          "skySurfaceBrightness",
          "photometricClass",
          "expGray",
          "expGrayRms",
          "astrometricRms",
          "astrometricChi2Dof");

  private static final String[] SUMMARY_NUMBERS = {
    "ra",
    "dec",
    "pixelScale",
    "skyRotation",
    "airmass",
    "expTime",
    "darkTime",
    "seeing",
    "psfSigma",
    "psfArea",
    "psfIxx",
    "psfIyy",
    "psfIxy",
    "nPsfStar",
    "psfStarDeltaE1Median",
    "psfStarDeltaE1Scatter",
    "psfStarDeltaE2Median",
    "psfStarDeltaE2Scatter",
    "psfStarDeltaSizeMedian",
    "psfStarDeltaSizeScatter",
    "psfStarScaledDeltaSizeScatter",
    "psfTraceRadiusDelta",
    "psfApFluxDelta",
    "psfApCorrSigmaScaledDelta",
    "maxDistToNearestPsf",
    "starEMedian",
    "starUnNormalizedEMedian",
    "skyBg",
    "skyNoise",
    "zeroPoint",
    "zeroPointErr",
    "magLim",
    "effTime",
    "effTimePsfSigmaScale",
    "effTimeSkyBgScale",
    "effTimeZeroPointScale",
    "astromOffsetMean",
    "astromOffsetStd",
    "astromGlobalRms",
    "astromGlobalChi2Dof",
    "nStarAstrom",
    "ccdGray",
    "ccdGrayRms",
    "nStarPhotoCal",
    "nSource",
    "fracMasked"
  };

  static final List<String> CCD_VISIT_COLUMNS = ccdVisitColumns();

  private static final long UNIX_EPOCH_MJD = 40587;
  private static final double SECONDS_PER_DAY = 86400;
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS");

  private final QuantumContext context;
  private final RowFiller visitFill = new RowFiller(VisitRow.getClassSchema());
  private final RowFiller ccdFill = new RowFiller(CcdVisitRow.getClassSchema());

  VisitRows(QuantumContext context) {
    this.context = context;
  }

  /** The visit; what all detectors share is taken from the first. */
  VisitRow visit(List<ExposureSummary> summaries) {
    ExposureSummary first = summaries.get(0);
    VisitRow row = new VisitRow();
    row.setVisit(first.getVisit());
    row.setPhysicalFilter(first.getPhysicalFilter());
    row.setBand(first.getBand());
    row.setDayObs(first.getDayObs());
    row.setSeqNum(first.getSeqNum());
    row.setInstrument(first.getInstrument());
    row.setRa(first.getBoresightRa());
    row.setDec(first.getBoresightDec());
    row.setSkyRotation(first.getSkyRotation());
    row.setAzimuth(first.getAzimuth());
    row.setAltitude(first.getAltitude());
    row.setZenithDistance(first.getAltitude() == null ? null : 90 - first.getAltitude());
    row.setAirmass(first.getAirmass());
    row.setExpTime(first.getExpTime());
    row.setExpMidpt(iso(first.getExpMidptMjd()));
    row.setExpMidptMJD(first.getExpMidptMjd());
    row.setObsStart(iso(start(first)));
    row.setObsStartMJD(start(first));
    row.setObservationReason(first.getObservationReason());
    row.setScienceProgram(first.getScienceProgram());
    row.setPressure(first.getPressureHPa());
    row.setTemperature(first.getTemperatureC());
    row.setHumidity(first.getHumidityPct());
    row.setNDetectors(summaries.size());
    visitFill.number(row, "seeing", VisitTablesTask.median(summaries, ExposureSummary::getSeeing));
    visitFill.number(row, "magLim", VisitTablesTask.median(summaries, ExposureSummary::getMagLim));
    double zeroPoint = VisitTablesTask.median(summaries, ExposureSummary::getZeroPoint);
    double sky = VisitTablesTask.median(summaries, ExposureSummary::getSkyBg);
    double scale = VisitTablesTask.median(summaries, ExposureSummary::getPixelScale);
    visitFill.number(row, "zeroPoint", zeroPoint);
    visitFill.number(row, "skyBg", sky);
    visitFill.number(
        row, "skySurfaceBrightness", zeroPoint - 2.5 * Math.log10(sky / (scale * scale)));
    setCalibration(row, summaries);
    return row;
  }

  /** How well the visit is calibrated; nothing where it has no solution over all visits. */
  private void setCalibration(VisitRow row, List<ExposureSummary> summaries) {
    List<ExposureSummary> solved =
        summaries.stream().filter(s -> s.getPhotometricClass() != null).toList();
    if (solved.isEmpty()) {
      row.setPhotometricClass(VisitClarity.UNCALIBRATED);
      return;
    }
    row.setPhotometricClass(solved.get(0).getPhotometricClass());
    double[] gray =
        solved.stream()
            .mapToDouble(s -> VisitTablesTask.orNaN(s.getCcdGray()))
            .filter(Double::isFinite)
            .toArray();
    double mean = Arrays.stream(gray).average().orElse(Double.NaN);
    visitFill.number(row, "expGray", mean);
    visitFill.number(
        row,
        "expGrayRms",
        Math.sqrt(
            Arrays.stream(gray).map(g -> (g - mean) * (g - mean)).average().orElse(Double.NaN)));
    visitFill.number(
        row,
        "astrometricRms",
        VisitTablesTask.median(solved, s -> VisitTablesTask.orNaN(s.getAstromReservedMas())));
    double chi2 = 0;
    double stars = 0;
    for (ExposureSummary s : solved) {
      if (s.getAstromGlobalChi2Dof() != null) {
        chi2 += s.getAstromGlobalChi2Dof() * s.getNStarAstrom();
        stars += s.getNStarAstrom();
      }
    }
    visitFill.number(row, "astrometricChi2Dof", stars > 0 ? chi2 / stars : Double.NaN);
  }

  /**
   * @param selected whether the detector keeps within the limits of coadds
   */
  CcdVisitRow ccdVisit(ExposureSummary s, boolean selected) {
    CcdVisitRow row = new CcdVisitRow();
    int observation = IdPacker.observation(s.getDayObs(), s.getSeqNum(), s.getVisit());
    row.setCcdVisitId(
        IdPacker.detectorVisitId(
            context.instrumentNumber(s.getInstrument()), observation, s.getDetector()));
    row.setVisitId(s.getVisit());
    row.setDetector(s.getDetector());
    row.setDetectorName(s.getDetectorName());
    row.setPhysicalFilter(s.getPhysicalFilter());
    row.setBand(s.getBand());
    row.setDayObs(s.getDayObs());
    setCorners(row, s);
    row.setXSize((long) s.getWidth());
    row.setYSize((long) s.getHeight());
    row.setExpMidpt(iso(s.getExpMidptMjd()));
    row.setExpMidptMJD(s.getExpMidptMjd());
    row.setObsStart(iso(start(s)));
    row.setObsStartMJD(start(s));
    row.setPhotoCalibMethod(s.getPhotoCalibMethod());
    row.setWcsMethod(s.getWcsMethod());
    for (String name : SUMMARY_NUMBERS) {
      if (s.get(name) instanceof Number number) {
        ccdFill.number(row, name, number.doubleValue());
      }
    }
    ccdFill.number(
        row, "zenithDistance", s.getAltitude() == null ? Double.NaN : 90 - s.getAltitude());
    ccdFill.number(row, "fluxMag0Scale", PhotoCalib.fluxOfMag(s.getZeroPoint()));
    row.setSelectedForCoadd(selected);
    ccdFill.number(row, "wcsSipMaxError", VisitTablesTask.orNaN(s.getWcsSipMaxErrorMas()));
    return row;
  }

  /** Corners in the order lower left, lower right, upper right, upper left. */
  private static void setCorners(CcdVisitRow row, ExposureSummary s) {
    row.setLlcra(s.getRaCorners().get(0));
    row.setLlcdec(s.getDecCorners().get(0));
    row.setLrcra(s.getRaCorners().get(1));
    row.setLrcdec(s.getDecCorners().get(1));
    row.setUrcra(s.getRaCorners().get(2));
    row.setUrcdec(s.getDecCorners().get(2));
    row.setUlcra(s.getRaCorners().get(3));
    row.setUlcdec(s.getDecCorners().get(3));
  }

  private static double start(ExposureSummary s) {
    return s.getBeginTaiMjd() == null
        ? s.getExpMidptMjd() - s.getExpTime() / 2 / SECONDS_PER_DAY
        : s.getBeginTaiMjd();
  }

  /** A TAI time as ISO 8601 text, to the millisecond. */
  static String iso(double mjd) {
    long millis = Math.round((mjd - UNIX_EPOCH_MJD) * SECONDS_PER_DAY * 1000);
    return ISO.format(LocalDateTime.ofInstant(Instant.ofEpochMilli(millis), ZoneOffset.UTC));
  }

  private static List<String> ccdVisitColumns() {
    List<String> out =
        new ArrayList<>(
            List.of(
                "ccdVisitId",
                "visitId",
                "detector",
                "detectorName",
                "physical_filter",
                "band",
                "day_obs",
                "llcra",
                "llcdec",
                "lrcra",
                "lrcdec",
                "urcra",
                "urcdec",
                "ulcra",
                "ulcdec",
                "xSize",
                "ySize",
                "zenithDistance",
                "expMidpt",
                "expMidptMJD",
                "obsStart",
                "obsStartMJD",
                "fluxMag0Scale",
                "photoCalibMethod",
                "wcsMethod",
                "wcsSipMaxError",
                "selectedForCoadd"));
    out.addAll(List.of(SUMMARY_NUMBERS));
    return List.copyOf(out);
  }
}
