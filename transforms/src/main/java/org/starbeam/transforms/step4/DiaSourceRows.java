package org.starbeam.transforms.step4;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntToLongFunction;
import org.jspecify.annotations.Nullable;
import org.starbeam.difference.DiaMeasurer.DiaSource;
import org.starbeam.difference.DipoleFit;
import org.starbeam.difference.ReliabilityModel;
import org.starbeam.difference.ReliabilityModel.Feature;
import org.starbeam.difference.TrailFit;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.schema.DiaSourceFeatures;
import org.starbeam.schema.DiaSourceRow;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.transforms.dataset.RowFiller;

/** Rows of the DiaSource table. */
public final class DiaSourceRows {
  private static final double ARCSEC_PER_DEG = 3600;
  private static final double EXTENDED_SIGMAS = 3;

  /** The columns that are filled; the others are left out of the table. */
  public static final List<String> COLUMNS =
      List.of(
          "diaSourceId",
          "visit",
          "detector",
          "band",
          "diaObjectId",
          "parentDiaSourceId",
          "midpointMjdTai",
          "ra",
          "dec",
          "raErr",
          "decErr",
          "ra_dec_Cov",
          "x",
          "y",
          "xErr",
          "yErr",
          "centroid_flag",
          "apFlux",
          "apFluxErr",
          "apFlux_flag",
          "apFlux_flag_apertureTruncated",
          "psfFlux",
          "psfFluxErr",
          "psfChi2",
          "psfNdata",
          "psfFlux_flag",
          "psfFlux_flag_edge",
          "psfFlux_flag_noGoodPixels",
          "scienceFlux",
          "scienceFluxErr",
          "forced_PsfFlux_flag",
          "templateFlux",
          "templateFluxErr",
          "zScore",
          "subtractMode",
          "movingCandidate",
          "snr",
          "isNegative",
          "reliability",
          "reliabilityVersion",
          "bboxSize",
          "extendedness",
          "ixx",
          "iyy",
          "ixy",
          "ixxPSF",
          "iyyPSF",
          "ixyPSF",
          "shape_flag",
          "isDipole",
          "dipoleFitAttempted",
          "dipoleMeanFlux",
          "dipoleMeanFluxErr",
          "dipoleFluxDiff",
          "dipoleFluxDiffErr",
          "dipoleLength",
          "dipoleAngle",
          "dipoleChi2",
          "dipoleNdata",
          "trailFlux",
          "trailFluxErr",
          "trailRa",
          "trailDec",
          "trailLength",
          "trailAngle",
          "trail_flag",
          "trail_flag_edge",
          "pixelFlags_bad",
          "pixelFlags_cr",
          "pixelFlags_crCenter",
          "pixelFlags_edge",
          "pixelFlags_injected",
          "pixelFlags_injectedCenter",
          "pixelFlags_interpolated",
          "pixelFlags_interpolatedCenter",
          "pixelFlags_nodata",
          "pixelFlags_nodataCenter",
          "pixelFlags_offimage",
          "pixelFlags_saturated",
          "pixelFlags_saturatedCenter",
          "pixelFlags_streak",
          "pixelFlags_streakCenter",
          "pixelFlags_suspect",
          "pixelFlags_suspectCenter");

  /** Columns that hold flags of the measurement of the same name. */
  private static final List<String> PIXEL_FLAGS =
      COLUMNS.stream().filter(column -> column.startsWith("pixelFlags_")).toList();

  private static final RowFiller FILL = new RowFiller(DiaSourceRow.getClassSchema());

  private final ExposureSummary visit;
  private final VisitImage image;
  private final String mode;
  private final String reliabilityVersion;
  private final IntToLongFunction ids;

  /**
   * @param mode what was convolved
   * @param reliabilityVersion version of the score
   * @param ids id of a row from its place in the list
   */
  DiaSourceRows(
      ExposureSummary visit,
      VisitImage image,
      String mode,
      String reliabilityVersion,
      IntToLongFunction ids) {
    this.visit = visit;
    this.image = image;
    this.mode = mode;
    this.reliabilityVersion = reliabilityVersion;
    this.ids = ids;
  }

  List<DiaSourceRow> rows(List<DiaSource> sources) {
    List<DiaSourceRow> out = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      DiaSourceRow row = new DiaSourceRow();
      row.setDiaSourceId(ids.applyAsLong(i));
      identify(row, sources.get(i));
      position(row, sources.get(i));
      fluxes(row, sources.get(i));
      shape(row, sources.get(i));
      dipole(row, sources.get(i));
      trail(row, sources.get(i));
      flags(row, sources.get(i).source());
      out.add(row);
    }
    return out;
  }

  private void identify(DiaSourceRow row, DiaSource s) {
    row.setVisit(visit.getVisit());
    row.setDetector(visit.getDetector());
    row.setBand(visit.getBand());
    row.setDiaObjectId(0L);
    row.setParentDiaSourceId(0L);
    row.setMidpointMjdTai(visit.getExpMidptMjd());
    row.setSubtractMode(mode);
    row.setIsNegative(s.negative());
    row.setIsDipole(s.dipole());
    row.setDipoleFitAttempted(s.fits().dipoleTried());
    row.setReliability(number(s.fits().reliability()));
    row.setReliabilityVersion(reliabilityVersion);
    row.setBboxSize((long) s.boxSize());
    row.setZScore((float) s.zScore());
    row.setSnr(Math.abs(s.psfFlux() / s.psfFluxErr()));
  }

  private void position(DiaSourceRow row, DiaSource s) {
    Wcs wcs = image.wcs();
    SkyPoint sky = wcs.toSky(s.x(), s.y());
    row.setRa(sky.raDeg());
    row.setDec(sky.decDeg());
    row.setX(s.x());
    row.setY(s.y());
    double xErr = s.source().get(Fields.X_ERR);
    double yErr = s.source().get(Fields.Y_ERR);
    row.setXErr(number(xErr));
    row.setYErr(number(yErr));
    double[] sky2 =
        Wcs.moments(
            wcs.jacobian(s.x(), s.y()), xErr * xErr, yErr * yErr, s.source().get(Fields.XY_COV));
    double scale = 1 / (ARCSEC_PER_DEG * ARCSEC_PER_DEG);
    row.setRaErr(number(Math.sqrt(scale * sky2[0])));
    row.setDecErr(number(Math.sqrt(scale * sky2[1])));
    row.setRaDecCov(number(scale * sky2[2]));
  }

  private void shape(DiaSourceRow row, DiaSource s) {
    MeasuredSource m = s.source();
    double[] j = image.wcs().jacobian(s.x(), s.y());
    double[] own = Wcs.moments(j, m.get(Fields.IXX), m.get(Fields.IYY), m.get(Fields.IXY));
    double[] psf =
        Wcs.moments(j, m.get(Fields.IXX_PSF), m.get(Fields.IYY_PSF), m.get(Fields.IXY_PSF));
    boolean failed =
        m.flag(Fields.flag(Fields.SHAPE)) || !Double.isFinite(own[0] + own[1] + own[2]);
    row.setShapeFlag(failed);
    if (!failed) {
      row.setIxx(own[0]);
      row.setIyy(own[1]);
      row.setIxy(own[2]);
      double excess =
          m.get(Fields.IXX) + m.get(Fields.IYY) - m.get(Fields.IXX_PSF) - m.get(Fields.IYY_PSF);
      row.setExtendedness(excess > EXTENDED_SIGMAS * m.get(Fields.TRACE_ERR) ? 1.0 : 0.0);
    }
    if (Double.isFinite(psf[0] + psf[1] + psf[2])) {
      row.setIxxPSF(psf[0]);
      row.setIyyPSF(psf[1]);
      row.setIxyPSF(psf[2]);
    }
  }

  private void fluxes(DiaSourceRow row, DiaSource s) {
    double correction = image.psfFluxCorrection(s.x(), s.y());
    row.setPsfFlux(number(correction * s.psfFlux()));
    row.setPsfFluxErr(number(correction * s.psfFluxErr()));
    row.setPsfChi2(number(s.psfChi2()));
    row.setPsfNdata(s.psfNdata());
    row.setApFlux(number(s.apFlux()));
    row.setApFluxErr(number(s.apFluxErr()));
    row.setApFluxFlag(s.apertureTruncated());
    row.setApFluxFlagApertureTruncated(s.apertureTruncated());
    row.setScienceFlux(number(correction * s.scienceFlux()));
    row.setScienceFluxErr(number(correction * s.scienceFluxErr()));
    row.setForcedPsfFluxFlag(!Double.isFinite(s.scienceFlux()));
    row.setTemplateFlux(number(correction * s.templateFlux()));
    row.setTemplateFluxErr(number(correction * s.templateFluxErr()));
  }

  private void dipole(DiaSourceRow row, DiaSource s) {
    DipoleFit.Dipole fit = s.fits().dipole();
    if (fit == null) {
      return;
    }
    double correction = image.psfFluxCorrection(s.x(), s.y());
    double[] across =
        onSky(image.wcs().jacobian(s.x(), s.y()), fit.x0() - fit.x1(), fit.y0() - fit.y1());
    row.setDipoleMeanFlux(correction * fit.meanFlux());
    row.setDipoleMeanFluxErr(correction * fit.meanFluxErr());
    row.setDipoleFluxDiff(correction * fit.fluxDifference());
    row.setDipoleFluxDiffErr(correction * fit.fluxDifferenceErr());
    row.setDipoleLength(Math.hypot(across[0], across[1]));
    row.setDipoleAngle(positionAngle(across));
    row.setDipoleChi2(fit.chi2());
    row.setDipoleNdata((long) fit.pixels());
  }

  private void trail(DiaSourceRow row, DiaSource s) {
    TrailFit.Trail fit = s.fits().trail();
    row.setTrailFlag(fit == null);
    row.setTrailFlagEdge(fit != null && fit.edge());
    row.setMovingCandidate(fit != null && fit.isMoving() && !s.dipole());
    if (fit == null) {
      return;
    }
    double correction = image.psfFluxCorrection(s.x(), s.y()) * (s.negative() ? -1 : 1);
    row.setTrailFlux(number(correction * fit.flux()));
    row.setTrailFluxErr(number(Math.abs(correction) * fit.fluxErr()));
    SkyPoint centre = image.wcs().toSky(fit.x(), fit.y());
    row.setTrailRa(centre.raDeg());
    row.setTrailDec(centre.decDeg());
    double dx = fit.length() * Math.cos(fit.angle());
    double dy = fit.length() * Math.sin(fit.angle());
    double[] along = onSky(image.wcs().jacobian(fit.x(), fit.y()), dx, dy);
    row.setTrailLength(Math.hypot(along[0], along[1]));
    row.setTrailAngle(positionAngle(along) % 180);
  }

  /** A step in pixels as {east, north} in arcsec. */
  private static double[] onSky(double[] j, double dx, double dy) {
    return new double[] {j[0] * dx + j[1] * dy, j[2] * dx + j[3] * dy};
  }

  /** From north to east, 0 to 360 degrees. */
  private static double positionAngle(double[] eastNorth) {
    double angle = Math.toDegrees(Math.atan2(eastNorth[0], eastNorth[1]));
    return angle < 0 ? angle + 360 : angle;
  }

  /** Values of the features of each source and what they add to its score. */
  List<DiaSourceFeatures> features(List<DiaSource> sources, ReliabilityModel model) {
    List<DiaSourceFeatures> out = new ArrayList<>();
    for (int i = 0; i < sources.size(); i++) {
      DiaSourceFeatures row = new DiaSourceFeatures();
      row.setDiaSourceId(ids.applyAsLong(i));
      Map<Feature, Double> values = sources.get(i).fits().features();
      Map<Feature, Double> parts = model.parts(values);
      values.forEach((feature, value) -> row.put(column(feature), value.floatValue()));
      parts.forEach((feature, part) -> row.put(column(feature) + "Part", part.floatValue()));
      out.add(row);
    }
    return out;
  }

  private static String column(Feature feature) {
    return feature.name().toLowerCase(Locale.ROOT);
  }

  private static @Nullable Float number(double value) {
    return Double.isFinite(value) ? (float) value : null;
  }

  private static void flags(DiaSourceRow row, MeasuredSource s) {
    row.setCentroidFlag(s.flag(Fields.flag(Fields.CENTROID)));
    row.setPsfFluxFlag(s.flag(Fields.flag(Fields.PSF_FLUX)));
    row.setPsfFluxFlagEdge(s.flag(Fields.flag(Fields.PSF_FLUX, "edge")));
    row.setPsfFluxFlagNoGoodPixels(s.flag(Fields.flag(Fields.PSF_FLUX, "noGoodPixels")));
    FILL.flags(row, PIXEL_FLAGS, s::flag);
  }
}
