package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntToLongFunction;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.SourceRow;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.transforms.dataset.RowFiller;

/**
 * Rows of the Source table from a catalogue that was measured in electrons: fluxes become nJy with
 * the calibration at the source, positions go through the WCS, ids are the place in the catalogue
 * (specs/02 section 17).
 */
final class SourceRows {
  /** Radii of the apertures in pixels. */
  static final int[] RADII = {3, 6, 9, 12, 17, 25, 35, 50, 70};

  private static final int[] INSTRUMENTAL_RADII = {12, 17, 35, 50};
  private static final double ARCSEC_PER_DEG = 3600;

  private static final List<String> CENTROID_FLAGS =
      List.of(
          "centroid_flag",
          "centroid_flag_edge",
          "centroid_flag_nearEdge",
          "centroid_flag_noSecondDerivative",
          "centroid_flag_resetToPeak",
          "centroid_flag_badError");

  private static final List<String> PIXEL_FLAGS =
      List.of(
          "pixelFlags_bad",
          "pixelFlags_cr",
          "pixelFlags_crCenter",
          "pixelFlags_edge",
          "pixelFlags_interpolated",
          "pixelFlags_interpolatedCenter",
          "pixelFlags_nodata",
          "pixelFlags_offimage",
          "pixelFlags_saturated",
          "pixelFlags_saturatedCenter",
          "pixelFlags_streak",
          "pixelFlags_streakCenter",
          "pixelFlags_suspect",
          "pixelFlags_suspectCenter");

  /** Flags that the catalogue and the task set under the name of the column. */
  private static final List<String> OTHER_FLAGS =
      List.of(
          "psfFlux_flag",
          "psfFlux_flag_apCorr",
          "psfFlux_flag_edge",
          "psfFlux_flag_noGoodPixels",
          "gaussianFlux_flag",
          "localBackground_flag",
          "shape_flag",
          "hsmPsfMoments_flag",
          "extendedness_flag",
          "sizeExtendedness_flag",
          "blendedness_flag",
          "variance_flag",
          "calib_psf_candidate",
          "calib_psf_used",
          "calib_psf_reserved",
          "sky_source",
          "deblend_skipped",
          "deblend_deblendedAsPsf",
          "deblend_hasStrayFlux",
          "deblend_masked",
          "deblend_parentTooBig",
          "deblend_tooManyPeaks");

  private static final List<String> PLAIN_NUMBERS =
      List.of(
          "x",
          "y",
          "xErr",
          "yErr",
          "xy_Cov",
          "psfFlux_chi2",
          "psfFlux_apCorr",
          "psfFlux_apCorrErr",
          "psfFlux_area",
          "ixx",
          "iyy",
          "ixy",
          "ixxPSF",
          "iyyPSF",
          "ixyPSF",
          "extendedness",
          "sizeExtendedness",
          "blendedness_abs",
          "blendedness_raw");

  /** The columns that are filled; the others are left out of the table. */
  static final List<String> COLUMNS = columns();

  /**
   * What is the same for all rows of a detector.
   *
   * @param ids id of a row from its place in the catalogue
   * @param nominalPixelArea pixel area in arcsec^2 that has Jacobian 1
   * @param fallback whether a fallback model was used
   * @param recovered whether the visit's other detectors supplied a model
   * @param stars what the solution over all visits knows of the detector's stars
   */
  record Frame(
      long visit,
      int detector,
      String band,
      String physicalFilter,
      int dayObs,
      IntToLongFunction ids,
      Wcs wcs,
      double nominalPixelArea,
      PhotoCalib photoCalib,
      boolean fallback,
      boolean recovered,
      VisitStars stars) {}

  private final Frame frame;
  private final RowFiller fill = new RowFiller(SourceRow.getClassSchema());

  SourceRows(Frame frame) {
    this.frame = frame;
  }

  List<SourceRow> rows(List<CatalogEntry> catalog) {
    List<SourceRow> out = new ArrayList<>();
    for (int i = 0; i < catalog.size(); i++) {
      out.add(row(i, catalog.get(i)));
    }
    setStars(out);
    return out;
  }

  /** Which stars the primary sources are, and what the fits made of them. */
  private void setStars(List<SourceRow> rows) {
    List<SourceRow> primary = rows.stream().filter(SourceRow::getDetectIsPrimary).toList();
    int[] match =
        frame.stars.match(
            primary.stream().map(row -> new SkyPoint(row.getRa(), row.getDec())).toList());
    for (int i = 0; i < match.length; i++) {
      if (match[i] >= 0) {
        SourceRow row = primary.get(i);
        row.setIsolatedStarId(frame.stars.id()[match[i]]);
        row.setCalibAstrometryUsed(frame.stars.astrometryUsed()[match[i]]);
        row.setCalibPhotometryUsed(frame.stars.photometryUsed()[match[i]]);
        row.setCalibPhotometryReserved(frame.stars.photometryReserved()[match[i]]);
      }
    }
  }

  private SourceRow row(int index, CatalogEntry entry) {
    MeasuredSource source = entry.source();
    SourceRow row = new SourceRow();
    row.setSourceId(frame.ids.applyAsLong(index));
    row.setParentSourceId(entry.parent() < 0 ? 0L : frame.ids.applyAsLong(entry.parent()));
    row.setVisit(frame.visit);
    row.setDetector(frame.detector);
    row.setBand(frame.band);
    row.setPhysicalFilter(frame.physicalFilter);
    row.setDayObs(frame.dayObs);
    row.setIsolatedStarId(0L);
    row.setCalibAstrometryUsed(false);
    row.setCalibPhotometryUsed(false);
    row.setCalibPhotometryReserved(false);
    for (String column : PLAIN_NUMBERS) {
      fill.number(row, column, source.get(column));
    }
    for (List<String> flags : List.of(CENTROID_FLAGS, PIXEL_FLAGS, OTHER_FLAGS)) {
      fill.flags(row, flags, source::flag);
    }
    boolean blended = Double.isFinite(source.get("blendedness_abs"));
    fill.flag(row, "blendedness_flag", !blended);
    setPosition(row, source);
    setFluxes(row, source);
    setOrigin(row, entry);
    return row;
  }

  private void setPosition(SourceRow row, MeasuredSource source) {
    SkyPoint sky = frame.wcs.toSky(source.x(), source.y());
    fill.number(row, "ra", sky.raDeg());
    fill.number(row, "dec", sky.decDeg());
    double[] j = frame.wcs.jacobian(source.x(), source.y());
    double xx = square(source.get(Fields.X_ERR));
    double yy = square(source.get(Fields.Y_ERR));
    double xy = source.get(Fields.XY_COV);
    double scale = 1 / (ARCSEC_PER_DEG * ARCSEC_PER_DEG);
    fill.number(row, "raErr", Math.sqrt(scale * quadratic(j[0], j[1], xx, yy, xy)));
    fill.number(row, "decErr", Math.sqrt(scale * quadratic(j[2], j[3], xx, yy, xy)));
    double covariance = j[0] * j[2] * xx + j[1] * j[3] * yy + (j[0] * j[3] + j[1] * j[2]) * xy;
    fill.number(row, "ra_dec_Cov", scale * covariance);
    fill.number(
        row,
        "jacobian_value",
        frame.wcs.pixelArea(source.x(), source.y()) / frame.nominalPixelArea);
    row.setJacobianFlag(false);
    setLocalWcs(row, j);
  }

  /** Derivatives of (east, north) in degrees per pixel. */
  private void setLocalWcs(SourceRow row, double[] jacobian) {
    fill.number(row, "localWcs_CDMatrix_1_1", jacobian[0] / ARCSEC_PER_DEG);
    fill.number(row, "localWcs_CDMatrix_1_2", jacobian[1] / ARCSEC_PER_DEG);
    fill.number(row, "localWcs_CDMatrix_2_1", jacobian[2] / ARCSEC_PER_DEG);
    fill.number(row, "localWcs_CDMatrix_2_2", jacobian[3] / ARCSEC_PER_DEG);
  }

  private static double quadratic(double a, double b, double xx, double yy, double xy) {
    return a * a * xx + 2 * a * b * xy + b * b * yy;
  }

  private static double square(double v) {
    return v * v;
  }

  private void setFluxes(SourceRow row, MeasuredSource source) {
    double factor = frame.photoCalib.nJyPerElectron(source.x(), source.y());
    flux(row, source, Fields.PSF_FLUX, Fields.PSF_FLUX, factor);
    fill.number(row, "psfFlux_modelErr", factor * source.get(Fields.PSF_FLUX_MODEL_ERR));
    flux(row, source, Fields.GAUSSIAN_FLUX, Fields.GAUSSIAN_FLUX, factor);
    flux(row, source, Fields.CALIB_FLUX, Fields.CALIB_FLUX, factor);
    fill.flag(row, "calibFlux_flag", source.flag(Fields.flag(Fields.CALIB_FLUX)));
    flux(row, source, Fields.CALIB_FLUX, "normCompTophatFlux_instFlux", 1);
    fill.flag(row, "normCompTophatFlux_flag", source.flag(Fields.flag(Fields.CALIB_FLUX)));
    for (int radius : RADII) {
      String name = Fields.aperture(radius);
      flux(row, source, name, name, factor);
      fill.flag(row, Fields.flag(name), source.flag(Fields.flag(name)));
    }
    for (int radius : INSTRUMENTAL_RADII) {
      String column = "apFlux_" + radius + "_0";
      flux(row, source, Fields.aperture(radius), column + "_instFlux", 1);
      fill.flag(row, column + "_flag", source.flag(Fields.flag(Fields.aperture(radius))));
    }
    for (String name : List.of(Fields.COMP_GAUSSIAN_3, Fields.COMP_GAUSSIAN_5)) {
      flux(row, source, name, name + "_instFlux", 1);
      fill.flag(row, Fields.flag(name), source.flag(Fields.flag(name)));
    }
    double background = source.get(Fields.LOCAL_BACKGROUND);
    double backgroundErr = source.get(Fields.err(Fields.LOCAL_BACKGROUND));
    double area = source.get(Fields.PSF_FLUX_AREA);
    fill.number(row, "localBackground_instFlux", background);
    fill.number(row, "localBackground_instFluxErr", backgroundErr);
    fill.number(row, "sky", factor * background * area);
    fill.number(row, "skyErr", factor * backgroundErr * area);
    fill.number(row, "localPhotoCalib", factor);
    fill.number(
        row, "localPhotoCalibErr", factor * frame.photoCalib.meanErr() / frame.photoCalib.mean());
  }

  private void flux(
      SourceRow row, MeasuredSource source, String field, String column, double factor) {
    fill.number(row, column, factor * source.get(field));
    fill.number(row, column + "Err", factor * source.get(Fields.err(field)));
  }

  private void setOrigin(SourceRow row, CatalogEntry entry) {
    MeasuredSource source = entry.source();
    fill.number(row, "footprintArea_value", source.get(Fields.FOOTPRINT_AREA));
    fill.number(row, "variance_value", source.get(Fields.VARIANCE));
    row.setDeblendNChild(entry.children());
    row.setInvalidPsfFlag(false);
    row.setCharacterizationFallback(frame.fallback);
    row.setRecovered(frame.recovered);
    row.setDetectIsPrimary(
        entry.isLeaf() && !source.flag("sky_source") && !source.flag(Fields.pixelFlag("offimage")));
  }

  private static List<String> columns() {
    List<String> out =
        new ArrayList<>(
            List.of(
                "sourceId",
                "parentSourceId",
                "visit",
                "detector",
                "band",
                "physical_filter",
                "dayObs",
                "ra",
                "dec",
                "raErr",
                "decErr",
                "ra_dec_Cov",
                "isolatedStarId",
                "calib_astrometry_used",
                "calib_photometry_used",
                "calib_photometry_reserved",
                "jacobian_value",
                "jacobian_flag",
                "localWcs_CDMatrix_1_1",
                "localWcs_CDMatrix_1_2",
                "localWcs_CDMatrix_2_1",
                "localWcs_CDMatrix_2_2",
                "psfFlux",
                "psfFluxErr",
                "psfFlux_modelErr",
                "gaussianFlux",
                "gaussianFluxErr",
                "calibFlux",
                "calibFluxErr",
                "calibFlux_flag",
                "normCompTophatFlux_instFlux",
                "normCompTophatFlux_instFluxErr",
                "normCompTophatFlux_flag",
                "localBackground_instFlux",
                "localBackground_instFluxErr",
                "sky",
                "skyErr",
                "localPhotoCalib",
                "localPhotoCalibErr",
                "footprintArea_value",
                "variance_value",
                "deblend_nChild",
                "invalidPsfFlag",
                "characterization_fallback",
                "recovered",
                "detect_isPrimary"));
    out.addAll(PLAIN_NUMBERS);
    out.addAll(CENTROID_FLAGS);
    out.addAll(PIXEL_FLAGS);
    out.addAll(OTHER_FLAGS);
    for (int radius : RADII) {
      String name = Fields.aperture(radius);
      out.addAll(List.of(name, name + "Err", Fields.flag(name)));
    }
    for (int radius : INSTRUMENTAL_RADII) {
      String name = "apFlux_" + radius + "_0";
      out.addAll(List.of(name + "_instFlux", name + "_instFluxErr", name + "_flag"));
    }
    for (String name : List.of(Fields.COMP_GAUSSIAN_3, Fields.COMP_GAUSSIAN_5)) {
      out.addAll(List.of(name + "_instFlux", name + "_instFluxErr", Fields.flag(name)));
    }
    return List.copyOf(out);
  }
}
