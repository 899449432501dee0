package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.coadd.CoaddDetector;
import org.starbeam.coadd.CoaddModels;
import org.starbeam.coadd.MeasuredObject;
import org.starbeam.coadd.ObjectBlend;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.detection.MergedParent;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.gaap.GaapFluxes;
import org.starbeam.image.Box;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.StarCalibration;
import org.starbeam.measurement.StarGalaxyOdds;
import org.starbeam.measurement.StarPrior;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.schema.ScarletBlendRow;
import org.starbeam.sky.Galactic;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.dataset.RowFiller;

/** Rows of Object from measured objects of one patch (specs/04 sections 2, 6 and 11). */
final class ObjectRows {
  private static final double PIXEL_ARCSEC = 0.2;
  private static final List<Integer> RADII = List.of(3, 6, 9, 12, 17, 25);

  /** Round GAaP apertures in the order of {@link GaapFluxes#circular}. */
  private static final List<String> GAAP = List.of("0p7", "1p0", "1p5", "2p5");

  private static final List<String> BAND_FLAGS =
      List.of(
          "pixelFlags_bad",
          "pixelFlags_clipped",
          "pixelFlags_clippedCenter",
          "pixelFlags_cr",
          "pixelFlags_crCenter",
          "pixelFlags_edge",
          "pixelFlags_inexact_psf",
          "pixelFlags_inexact_psfCenter",
          "pixelFlags_interpolatedCenter",
          "pixelFlags_nodata",
          "pixelFlags_offimage",
          "pixelFlags_saturated",
          "pixelFlags_saturatedCenter",
          "pixelFlags_sensor_edge");

  /** How the names of columns begin that every band has. */
  private static final String OF_BAND = "{band}_";

  /** The columns that are filled; the others are left out of the table. */
  static final List<String> COLUMNS = columns();

  private final RingsSkyMap map;
  private final Tract tract;
  private final int patch;
  private final PatchIds ids;
  private final Map<String, CoaddRegion> regions = new HashMap<>();
  private final RowFiller filler = new RowFiller(ObjectRow.getClassSchema());
  private final RowFiller bandFiller = new RowFiller(ObjectBand.getClassSchema());
  private final ModelColumns models;
  private final StarPrior prior;
  private final StarCalibration calibration;

  /**
   * @param prior odds of a star
   * @param calibration of the log odds of a star
   */
  ObjectRows(
      RingsSkyMap map,
      Tract tract,
      int patch,
      PatchIds ids,
      List<CoaddRegion> regions,
      StarPrior prior,
      StarCalibration calibration) {
    this.map = map;
    this.tract = tract;
    this.patch = patch;
    this.ids = ids;
    this.prior = prior;
    this.calibration = calibration;
    this.models = new ModelColumns(tract, PIXEL_ARCSEC, filler, bandFiller);
    regions.forEach(r -> this.regions.put(r.band().band(), r));
  }

  private static List<String> columns() {
    List<String> out =
        new ArrayList<>(
            List.of(
                "objectId",
                "parentObjectId",
                "releaseId",
                "tract",
                "patch",
                "cell_x",
                "cell_y",
                "coord_ra",
                "coord_dec",
                "coord_raErr",
                "coord_decErr",
                "coord_ra_dec_Cov",
                "coord_flag",
                "refBand",
                "recommendedFluxType",
                "refExtendedness",
                "refSizeExtendedness",
                "starProb",
                "starLogOdds",
                "starProb_fromModel",
                "gaapOptimal_W_xx",
                "gaapOptimal_W_yy",
                "gaapOptimal_W_xy",
                "x",
                "y",
                "footprintArea",
                "shape_xx",
                "shape_yy",
                "shape_xy",
                "shape_flag",
                "detect_isPrimary",
                "detect_isTractInner",
                "detect_isPatchInner",
                "detect_isCellInner",
                "detect_isIsolated",
                "detect_fromBlend",
                "detect_isDeblendedSource",
                "detect_isDeblendedModelSource",
                "detect_onlyMultiband",
                "merge_peak_sky",
                "sky_object",
                "deblend_method",
                "deblend_maxOverlap",
                "deblend_iterations",
                "deblend_nComponents",
                "deblend_unassignedFraction",
                "deblend_parentNChild",
                "deblend_parentNPeaks",
                "deblend_skipped",
                "deblend_failed",
                "deblend_blendId",
                "deblend_blendNChild",
                "deblend_peak_center_x",
                "deblend_peak_center_y",
                "deblend_chi2",
                "deblend_blendConvergenceFailedFlag",
                "deblend_strayFlux",
                "deblend_modelPsfNarrow",
                "deblend_incompleteData",
                "epoch"));
    for (String column :
        List.of(
            "ra",
            "dec",
            "raErr",
            "decErr",
            "ra_dec_Cov",
            "centroid_flag",
            "epoch",
            "inputCount",
            "psfFlux",
            "psfFluxErr",
            "psfFlux_flag",
            "psfFlux_deblendDelta",
            "gaap1p0Flux_deblendDelta",
            "kronRad",
            "kronFlux",
            "kronFluxErr",
            "kronFlux_flag",
            "blendedness",
            "blendedness_flag",
            "invalidPsfFlag",
            "undeblended_psfFlux",
            "undeblended_gaap1p0Flux",
            "deblend_blendedness",
            "deblend_dataCoverage",
            "deblend_fluxOverlap",
            "deblend_fluxOverlapFraction",
            "deblend_zeroFlux",
            "deblend_scarletFlux",
            "free_psfFlux",
            "free_psfFluxErr",
            "free_psfFlux_flag",
            "apFlux_flag",
            "calibFlux",
            "calibFluxErr",
            "calibFlux_flag",
            "cModelFlux",
            "cModelFluxErr",
            "cModel_flag",
            "cModel_fracDev",
            "free_cModelFlux",
            "free_cModelFluxErr",
            "free_cModel_flag",
            "moments_xx",
            "moments_yy",
            "moments_xy",
            "moments_flag",
            "moments_psf_xx",
            "moments_psf_yy",
            "moments_psf_xy",
            "moments_psf_flag",
            "extendedness",
            "sizeExtendedness")) {
      out.add(OF_BAND + column);
    }
    for (int radius : RADII) {
      out.add(OF_BAND + Fields.aperture(radius));
      out.add(OF_BAND + Fields.err(Fields.aperture(radius)));
      out.add(OF_BAND + Fields.flag(Fields.aperture(radius)));
    }
    List<String> gaap = new ArrayList<>(List.of("gaapOptimalFlux", "gaapPsfFlux"));
    GAAP.forEach(aperture -> gaap.add("gaap" + aperture + "Flux"));
    for (String flux : gaap) {
      out.add(OF_BAND + flux);
      out.add(OF_BAND + Fields.err(flux));
    }
    for (String flag : List.of("", "_edge", "_bigPsf", "_gaussianizationFailed", "_interpolated")) {
      out.add("{band}_gaapFlux_flag" + flag);
    }
    BAND_FLAGS.forEach(f -> out.add(OF_BAND + f));
    out.addAll(ModelColumns.columns());
    return List.copyOf(out);
  }

  /**
   * The columns of a band that has no coadd where the object is: no numbers, no data, every
   * measurement failed.
   */
  static ObjectBand absentBand() {
    ObjectBand band = new ObjectBand();
    RowFiller filler = new RowFiller(ObjectBand.getClassSchema());
    for (String column : COLUMNS) {
      String name = column.startsWith(OF_BAND) ? column.substring(OF_BAND.length()) : "";
      if (name.startsWith("pixelFlags_")) {
        filler.flag(band, name, name.equals("pixelFlags_nodata"));
      } else if (name.contains("_flag") || name.equals("invalidPsfFlag")) {
        filler.flag(band, name, true);
      } else if (name.equals("deblend_zeroFlux")) {
        filler.flag(band, name, false);
      }
    }
    return band;
  }

  ObjectRow row(MeasuredObject object, @Nullable MergedParent parent) {
    int px = (int) Math.rint(object.peak().x());
    int py = (int) Math.rint(object.peak().y());
    boolean sky = parent == null;
    ObjectRow row = new ObjectRow();
    row.setObjectId(ids.id(sky ? IdPacker.Role.SKY_OBJECT : IdPacker.Role.OBJECT, px, py));
    boolean blend = object.family() > 1;
    row.setParentObjectId(blend && parent != null ? ids.parent(parent) : 0L);
    row.setReleaseId(ids.releaseId());
    row.setTract((long) tract.id());
    row.setPatch((long) patch);
    Box cells = tract.cellsOfPatch(patch);
    row.setCellX(tract.cellOf(px) - cells.x0());
    row.setCellY(tract.cellOf(py) - cells.y0());
    row.setRefBand(object.refBand());
    position(row, object);
    detection(row, object, px, py, sky);
    row.setFootprintArea(parent == null ? 0 : MergedParents.area(parent.runs()));
    Map<String, ObjectBand> bands = new HashMap<>();
    models.fill(row, object.models());
    row.setRecommendedFluxType(recommended(object));
    int place = 0;
    for (String band : object.forced().keySet()) {
      ObjectBand columns = band(object, band);
      models.fill(columns, place++, object.models());
      bands.put(band, columns);
    }
    row.setBands(bands);
    return row;
  }

  /** Which flux to take for the total; null when neither is to be trusted. */
  private static @Nullable String recommended(MeasuredObject object) {
    if (ModelColumns.isUsable(object.models().get(Model.SERSIC))) {
      return "sersic";
    }
    MeasuredSource reference = of(object.forced(), object.refBand());
    return reference.flag(Fields.flag(CoaddModels.C_MODEL)) ? null : "cModel";
  }

  private void position(ObjectRow row, MeasuredObject object) {
    MeasuredSource ref = of(object.free(), object.refBand());
    SkyPoint sky = tract.wcs().toSky(ref.x(), ref.y());
    row.setCoordRa(sky.raDeg());
    row.setCoordDec(sky.decDeg());
    filler.number(row, "coord_raErr", ref.get(Fields.X_ERR) * PIXEL_ARCSEC / 3600);
    filler.number(row, "coord_decErr", ref.get(Fields.Y_ERR) * PIXEL_ARCSEC / 3600);
    filler.number(row, "coord_ra_dec_Cov", covariance(ref));
    row.setCoordFlag(ref.flag("centroid_flag"));
    starOrGalaxy(row, object, ref);
    filler.number(row, "refSizeExtendedness", ref.get(Fields.SIZE_EXTENDEDNESS));
    filler.number(row, "x", ref.x());
    filler.number(row, "y", ref.y());
    filler.number(row, "shape_xx", ref.get(Fields.IXX));
    filler.number(row, "shape_yy", ref.get(Fields.IYY));
    filler.number(row, "shape_xy", ref.get(Fields.IXY));
    row.setShapeFlag(ref.flag("shape_flag"));
    optimalAperture(row, object.optimal(), ref.x(), ref.y());
    CoaddRegion region = regions.get(object.refBand());
    int cell = region == null ? -1 : region.cellRow(ref.x(), ref.y());
    if (region != null && cell >= 0) {
      filler.number(row, "epoch", region.cells().doubles("mjd")[cell]);
    }
  }

  /**
   * The better of star and galaxy, calibrated and with the prior odds of its magnitude and galactic
   * latitude, is {@code refExtendedness}; where no band can tell it is the flux ratio's in the
   * reference band.
   */
  private void starOrGalaxy(ObjectRow row, MeasuredObject object, MeasuredSource ref) {
    double logOdds = object.starLogOdds();
    row.setStarProbFromModel(object.isStarFromModel());
    if (Double.isNaN(logOdds)) {
      filler.number(row, "refExtendedness", ref.get(Fields.EXTENDEDNESS));
      return;
    }
    double magnitude =
        PhotoCalib.NANOJANSKY_ZERO_POINT - 2.5 * Math.log10(ref.get(Fields.PSF_FLUX));
    double latitude = Galactic.latitude(row.getCoordRa(), row.getCoordDec());
    double star =
        StarGalaxyOdds.probability(
            calibration.calibrated(logOdds, magnitude), prior.logOdds(latitude, magnitude));
    filler.number(row, "starLogOdds", logOdds);
    filler.number(row, "starProb", star);
    filler.number(row, "refExtendedness", star < 0.5 ? 1 : 0);
  }

  /** Covariance of right ascension, times cos(dec), and declination, square degrees. */
  private double covariance(MeasuredSource source) {
    double xx = source.get(Fields.X_ERR) * source.get(Fields.X_ERR);
    double yy = source.get(Fields.Y_ERR) * source.get(Fields.Y_ERR);
    Aperture errors = new Aperture(xx, yy, source.get(Fields.XY_COV));
    return onSky(errors, source.x(), source.y()).xy() / (3600.0 * 3600.0);
  }

  /** A quadratic form in pixels as one in arcsec, x east and y north. */
  private Aperture onSky(Aperture w, double x, double y) {
    SkyPoint here = tract.wcs().toSky(x, y);
    double[] right = offset(here, tract.wcs().toSky(x + 1, y));
    double[] up = offset(here, tract.wcs().toSky(x, y + 1));
    return new Aperture(
        quadratic(w, right[0], up[0], right[0], up[0]),
        quadratic(w, right[1], up[1], right[1], up[1]),
        quadratic(w, right[0], up[0], right[1], up[1]));
  }

  /** The optimal aperture on the sky, x east and y north. */
  private void optimalAperture(ObjectRow row, Aperture w, double x, double y) {
    Aperture sky = onSky(w, x, y);
    filler.number(row, "gaapOptimal_W_xx", sky.xx());
    filler.number(row, "gaapOptimal_W_yy", sky.yy());
    filler.number(row, "gaapOptimal_W_xy", sky.xy());
  }

  private static double quadratic(Aperture w, double ax, double ay, double bx, double by) {
    return ax * bx * w.xx() + (ax * by + ay * bx) * w.xy() + ay * by * w.yy();
  }

  /** Arcsec to the east and to the north. */
  private static double[] offset(SkyPoint from, SkyPoint to) {
    double east = Math.IEEEremainder(to.raDeg() - from.raDeg(), 360);
    return new double[] {
      3600 * east * Math.cos(Math.toRadians(from.decDeg())), 3600 * (to.decDeg() - from.decDeg())
    };
  }

  private static MeasuredSource of(Map<String, MeasuredSource> byBand, String band) {
    MeasuredSource source = byBand.get(band);
    if (source == null) {
      throw new IllegalStateException("no measurement in band " + band);
    }
    return source;
  }

  private void detection(ObjectRow row, MeasuredObject object, int px, int py, boolean sky) {
    SkyPoint peak = tract.wcs().toSky(px, py);
    boolean patchInner = tract.patchInnerBox(patch).contains(px, py);
    boolean tractInner = map.tractOf(peak.raDeg(), peak.decDeg()) == tract.id();
    row.setDetectIsPatchInner(patchInner);
    row.setDetectIsTractInner(tractInner);
    row.setDetectIsCellInner(true);
    row.setDetectIsIsolated(!sky && object.family() == 1);
    row.setDetectFromBlend(object.family() > 1);
    row.setDetectIsDeblendedSource(!sky);
    row.setDetectOnlyMultiband(object.peak().bands().equals(List.of(CoaddDetector.MULTI)));
    ObjectBlend blend = object.blend();
    row.setDetectIsDeblendedModelSource(blend != null && blend.blendX() >= 0);
    boolean failed = blend != null && blend.failed();
    row.setDetectIsPrimary(patchInner && tractInner && !sky && !failed);
    row.setMergePeakSky(sky);
    row.setSkyObject(sky);
    row.setDeblendPeakCenterX(px);
    row.setDeblendPeakCenterY(py);
    row.setDeblendParentNPeaks(object.family());
    deblending(row, blend);
  }

  private void deblending(ObjectRow row, @Nullable ObjectBlend blend) {
    row.setDeblendMethod(blend == null ? "SKY" : blend.method().name());
    boolean failed = blend != null && blend.failed();
    row.setDeblendFailed(failed);
    row.setDeblendSkipped(failed);
    row.setDeblendParentNChild(blend == null ? 0 : blend.children());
    row.setDeblendBlendConvergenceFailedFlag(blend != null && !blend.converged());
    row.setDeblendStrayFlux(blend != null && blend.strayFlux());
    row.setDeblendModelPsfNarrow(blend != null && blend.modelPsfNarrow());
    row.setDeblendIncompleteData(blend != null && blend.incompleteData());
    if (blend == null) {
      return;
    }
    row.setDeblendBlendId(
        blend.blendX() < 0 ? 0L : ids.id(IdPacker.Role.SUB_PARENT, blend.blendX(), blend.blendY()));
    row.setDeblendBlendNChild(blend.blendChildren());
    row.setDeblendIterations(blend.iterations());
    row.setDeblendNComponents(blend.components());
    filler.number(row, "deblend_maxOverlap", blend.maxOverlap());
    filler.number(row, "deblend_unassignedFraction", blend.unassignedFraction());
    filler.number(row, "deblend_chi2", blend.chi2());
  }

  private void deblending(ObjectBand band, ObjectBlend.@Nullable Band blend) {
    bandFiller.flag(band, "deblend_zeroFlux", blend != null && blend.zeroFlux());
    if (blend == null) {
      return;
    }
    bandFiller.number(band, "psfFlux_deblendDelta", blend.psfFluxDelta());
    bandFiller.number(band, "gaap1p0Flux_deblendDelta", blend.gaapFluxDelta());
    bandFiller.number(band, "deblend_blendedness", blend.blendedness());
    bandFiller.number(band, "deblend_dataCoverage", blend.dataCoverage());
    bandFiller.number(band, "deblend_fluxOverlap", blend.fluxOverlap());
    bandFiller.number(band, "deblend_fluxOverlapFraction", blend.fluxOverlapFraction());
    bandFiller.number(band, "deblend_scarletFlux", blend.flux());
  }

  /** The model of a blend of a parent. */
  ScarletBlendRow blend(ScarletBlend blend, MergedParent parent) {
    Box cells = tract.cellsOfPatch(patch);
    return ScarletRows.row(
        blend,
        new ScarletRows.Place(
            ids.id(IdPacker.Role.SUB_PARENT, blend.firstX(), blend.firstY()),
            ids.parent(parent),
            tract.cellOf(blend.psfX()) - cells.x0(),
            tract.cellOf(blend.psfY()) - cells.y0()),
        source -> ids.id(IdPacker.Role.OBJECT, source.x(), source.y()));
  }

  private ObjectBand band(MeasuredObject object, String name) {
    MeasuredSource forced = of(object.forced(), name);
    MeasuredSource free = of(object.free(), name);
    ObjectBand band = new ObjectBand();
    SkyPoint sky = tract.wcs().toSky(free.x(), free.y());
    bandFiller.number(band, "ra", sky.raDeg());
    bandFiller.number(band, "dec", sky.decDeg());
    bandFiller.number(band, "raErr", free.get(Fields.X_ERR) * PIXEL_ARCSEC / 3600);
    bandFiller.number(band, "decErr", free.get(Fields.Y_ERR) * PIXEL_ARCSEC / 3600);
    bandFiller.number(band, "ra_dec_Cov", covariance(free));
    bandFiller.flag(band, "centroid_flag", free.flag("centroid_flag"));
    flux(band, "psfFlux", forced, Fields.PSF_FLUX);
    bandFiller.flag(band, "psfFlux_flag", forced.flag("psfFlux_flag"));
    ObjectBlend blend = object.blend();
    deblending(band, blend == null ? null : blend.bands().get(name));
    flux(band, "free_psfFlux", free, Fields.PSF_FLUX);
    bandFiller.flag(band, "free_psfFlux_flag", free.flag("psfFlux_flag"));
    boolean apertureFlag = false;
    for (int radius : RADII) {
      flux(band, Fields.aperture(radius), forced, Fields.aperture(radius));
      String flag = Fields.flag(Fields.aperture(radius));
      bandFiller.flag(band, flag, forced.flag(flag));
      apertureFlag |= forced.flag(flag);
    }
    bandFiller.flag(band, "apFlux_flag", apertureFlag);
    flux(band, "calibFlux", forced, Fields.CALIB_FLUX);
    bandFiller.flag(band, "calibFlux_flag", forced.flag("calibFlux_flag"));
    flux(band, "cModelFlux", forced, CoaddModels.C_MODEL_FLUX);
    bandFiller.flag(band, "cModel_flag", forced.flag(Fields.flag(CoaddModels.C_MODEL)));
    bandFiller.number(band, "cModel_fracDev", forced.get(CoaddModels.C_MODEL_FRACTION));
    flux(band, "free_cModelFlux", free, CoaddModels.C_MODEL_FLUX);
    bandFiller.flag(band, "free_cModel_flag", free.flag(Fields.flag(CoaddModels.C_MODEL)));
    bandFiller.number(band, "undeblended_psfFlux", forced.get(Fields.UNDEBLENDED_PSF_FLUX));
    bandFiller.number(band, "undeblended_gaap1p0Flux", forced.get(Fields.UNDEBLENDED_GAAP_FLUX));
    bandFiller.number(band, "kronRad", forced.get(Fields.KRON_RADIUS) * PIXEL_ARCSEC);
    flux(band, "kronFlux", forced, Fields.KRON_FLUX);
    bandFiller.flag(band, "kronFlux_flag", forced.flag(Fields.flag(Fields.KRON_FLUX)));
    bandFiller.number(band, "blendedness", free.get(Fields.BLENDEDNESS_ABS));
    bandFiller.flag(band, "blendedness_flag", free.flag(Fields.flag(Fields.BLENDEDNESS)));
    gaap(band, object.gaap().get(name));
    double square = PIXEL_ARCSEC * PIXEL_ARCSEC;
    bandFiller.number(band, "moments_xx", free.get(Fields.IXX) * square);
    bandFiller.number(band, "moments_yy", free.get(Fields.IYY) * square);
    bandFiller.number(band, "moments_xy", free.get(Fields.IXY) * square);
    bandFiller.flag(band, "moments_flag", free.flag("shape_flag"));
    bandFiller.number(band, "moments_psf_xx", free.get(Fields.IXX_PSF) * square);
    bandFiller.number(band, "moments_psf_yy", free.get(Fields.IYY_PSF) * square);
    bandFiller.number(band, "moments_psf_xy", free.get(Fields.IXY_PSF) * square);
    bandFiller.flag(band, "moments_psf_flag", free.flag("hsmPsfMoments_flag"));
    bandFiller.number(band, "extendedness", free.get(Fields.EXTENDEDNESS));
    bandFiller.number(band, "sizeExtendedness", free.get(Fields.SIZE_EXTENDEDNESS));
    for (String flag : BAND_FLAGS) {
      bandFiller.flag(band, flag, free.flag(flag));
    }
    CoaddRegion region = regions.get(name);
    int cell = region == null ? -1 : region.cellRow(forced.x(), forced.y());
    bandFiller.flag(
        band, "invalidPsfFlag", cell < 0 || forced.flag(Fields.flag(Fields.PSF_MOMENTS)));
    if (region != null && cell >= 0) {
      bandFiller.number(band, "inputCount", region.cells().ints("nInput")[cell]);
      bandFiller.number(band, "epoch", region.cells().doubles("mjd")[cell]);
    }
    return band;
  }

  private void gaap(ObjectBand band, @Nullable GaapFluxes fluxes) {
    if (fluxes == null) {
      return;
    }
    for (int i = 0; i < GAAP.size(); i++) {
      gaap(band, "gaap" + GAAP.get(i) + "Flux", fluxes.circular().get(i));
    }
    gaap(band, "gaapOptimalFlux", fluxes.optimal());
    gaap(band, "gaapPsfFlux", fluxes.psf());
    bandFiller.flag(band, "gaapFlux_flag", fluxes.any(GaapFlux::isFailed));
    bandFiller.flag(band, "gaapFlux_flag_edge", fluxes.any(GaapFlux::edge));
    bandFiller.flag(band, "gaapFlux_flag_bigPsf", fluxes.any(GaapFlux::bigPsf));
    bandFiller.flag(band, "gaapFlux_flag_gaussianizationFailed", fluxes.any(GaapFlux::gaussian));
    bandFiller.flag(band, "gaapFlux_flag_interpolated", fluxes.any(GaapFlux::interpolated));
  }

  private void gaap(ObjectBand band, String column, GaapFlux flux) {
    bandFiller.number(band, column, flux.flux());
    bandFiller.number(band, Fields.err(column), flux.err());
  }

  private void flux(ObjectBand band, String column, MeasuredSource source, String field) {
    bandFiller.number(band, column, source.get(field));
    bandFiller.number(band, Fields.err(column), source.get(Fields.err(field)));
  }
}
