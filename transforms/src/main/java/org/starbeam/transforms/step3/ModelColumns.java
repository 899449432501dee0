package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.measurement.Fields;
import org.starbeam.modelfit.EllipseShape;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFit.Flag;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.modelfit.SourceModel;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.RowFiller;

/**
 * The columns of the parametric models of an object (specs/04 sections 9 and 11.2). A parameter
 * that ended at its bound has no error; a member of a group that was too faint for a profile and
 * was held as a point has the flux of the point, no shape, and {@code unknown_flag}.
 */
final class ModelColumns {
  static final Map<Model, String> PREFIX =
      Map.of(
          Model.POINT, "ps",
          Model.EXPONENTIAL, "exponential",
          Model.DEV, "dev",
          Model.SERSIC, "sersic",
          Model.BULGE_DISK, "bulgeDisk");

  /** Flags of a profile by the ends of their columns. */
  private static final Map<Flag, String> FLAGS =
      Map.of(
          Flag.NO_DATA, "no_data",
          Flag.FAILED, "unknown",
          Flag.PSF_FAILED, "psf_failed",
          Flag.NOT_PRIMARY_REGION, "not_primary_region",
          Flag.MAX_EVAL, "max_eval",
          Flag.AT_BOUND_SIZE, "at_bound_size",
          Flag.AT_BOUND_N, "at_bound_n",
          Flag.AT_BOUND_RHO, "at_bound_rho",
          Flag.AT_BOUND_CENTROID, "at_bound_centroid",
          Flag.CENTROID_DRIFT, "centroid_drift");

  private static final Set<Flag> UNUSABLE =
      Set.of(
          Flag.NO_DATA,
          Flag.FAILED,
          Flag.PSF_FAILED,
          Flag.NOT_PRIMARY_REGION,
          Flag.MAX_EVAL,
          Flag.AT_BOUND_CENTROID,
          Flag.CENTROID_DRIFT,
          Flag.SUPER_SPREADER);

  private static final List<Model> FLUXES =
      List.of(Model.SERSIC, Model.EXPONENTIAL, Model.DEV, Model.BULGE_DISK);

  private final Tract tract;
  private final double pixelArcsec;
  private final RowFiller filler;
  private final RowFiller bandFiller;

  ModelColumns(Tract tract, double pixelArcsec, RowFiller filler, RowFiller bandFiller) {
    this.tract = tract;
    this.pixelArcsec = pixelArcsec;
    this.filler = filler;
    this.bandFiller = bandFiller;
  }

  /** Names of the columns that are filled; those of bands begin with {@code {band}_}. */
  static List<String> columns() {
    List<String> out = new ArrayList<>();
    add(out, "ps", "ra", "dec", "chi2_reduced");
    for (String model : List.of("sersic", "exponential")) {
      add(out, model, "ra", "dec", "raErr", "decErr", "ra_dec_Cov");
      add(out, model, "reff_x", "reff_xErr", "reff_y", "reff_yErr", "rho", "rhoErr");
      add(out, model, "reff_major", "reff_minor", "theta");
      add(out, model, "chi2_reduced", "delta_lnL_ps", "n_iter", "super_spreader_flag");
      FLAGS.forEach(
          (flag, name) -> {
            if (flag != Flag.AT_BOUND_N || model.equals("sersic")) {
              add(out, model, name + "_flag");
            }
          });
    }
    add(out, "sersic", "index", "indexErr", "reff_majorErr", "reff_minorErr");
    add(out, "dev", "reff_major", "reff_minor", "theta");
    for (String model : List.of("dev", "bulgeDisk")) {
      add(out, model, "ra", "dec", "chi2_reduced", "delta_lnL_ps", "no_data_flag", "unknown_flag");
    }
    for (String part : List.of("disk", "bulge")) {
      add(out, "bulgeDisk_" + part, "reff_major", "reff_minor", "theta");
    }
    for (Model model : FLUXES) {
      String column = "{band}_" + PREFIX.get(model) + "Flux";
      out.add(column);
      out.add(Fields.err(column));
    }
    out.add("{band}_bulgeDisk_bulgeFraction");
    return out;
  }

  private static void add(List<String> out, String prefix, String... names) {
    for (String name : names) {
      out.add(prefix + "_" + name);
    }
  }

  /**
   * Whether the fluxes of a profile are those of the object: it was fitted, with an extent, and is
   * neither somewhere else nor much larger than it looks. A size or an index at its bound does no
   * harm to the flux.
   */
  static boolean isUsable(@Nullable ModelFit fit) {
    return fit != null
        && fit.model().components().get(0).shape() != null
        && Collections.disjoint(fit.flags(), UNUSABLE);
  }

  /** Fills the columns that bands share. */
  void fill(ObjectRow row, Map<Model, ModelFit> fits) {
    ModelFit point = fits.get(Model.POINT);
    if (point != null) {
      centre(row, "ps", point);
      filler.number(row, "ps_chi2_reduced", point.chi2Reduced());
    }
    profile(row, "sersic", fits.get(Model.SERSIC));
    profile(row, "exponential", fits.get(Model.EXPONENTIAL));
    index(row, fits.get(Model.SERSIC));
    ModelFit dev = fits.get(Model.DEV);
    optional(row, "dev", dev);
    if (dev != null) {
      ellipse(row, "dev", dev.model(), 0);
    }
    bulgeDisk(row, fits.get(Model.BULGE_DISK));
  }

  private void centre(ObjectRow row, String prefix, ModelFit fit) {
    SkyPoint sky = tract.wcs().toSky(fit.model().x(), fit.model().y());
    filler.number(row, prefix + "_ra", sky.raDeg());
    filler.number(row, prefix + "_dec", sky.decDeg());
  }

  private void profile(ObjectRow row, String prefix, @Nullable ModelFit fit) {
    boolean missing = fit == null || fit.model().components().get(0).shape() == null;
    FLAGS.forEach(
        (flag, name) -> {
          if (flag != Flag.AT_BOUND_N || prefix.equals("sersic")) {
            boolean failed = missing && flag == Flag.FAILED;
            filler.flag(
                row, prefix + "_" + name + "_flag", failed || (fit != null && has(fit, flag)));
          }
        });
    filler.flag(row, prefix + "_super_spreader_flag", fit != null && has(fit, Flag.SUPER_SPREADER));
    if (fit == null || has(fit, Flag.NO_DATA)) {
      return;
    }
    centre(row, prefix, fit);
    double degrees = pixelArcsec / 3600;
    error(row, prefix + "_raErr", fit.xErr() * degrees);
    error(row, prefix + "_decErr", fit.yErr() * degrees);
    filler.number(row, prefix + "_ra_dec_Cov", -fit.xyCov() * degrees * degrees);
    filler.number(row, prefix + "_chi2_reduced", fit.chi2Reduced());
    filler.number(row, prefix + "_delta_lnL_ps", fit.deltaLnLikelihood());
    filler.number(row, prefix + "_n_iter", fit.evaluations());
    EllipseShape shape = fit.model().components().get(0).shape();
    if (shape != null) {
      filler.number(row, prefix + "_reff_x", shape.sigmaX());
      filler.number(row, prefix + "_reff_y", shape.sigmaY());
      filler.number(row, prefix + "_rho", shape.rho());
      error(row, prefix + "_reff_xErr", fit.shapeErr()[0]);
      error(row, prefix + "_reff_yErr", fit.shapeErr()[1]);
      error(row, prefix + "_rhoErr", fit.shapeErr()[2]);
      ellipse(row, prefix, fit.model(), 0);
    }
  }

  private static boolean has(ModelFit fit, Flag flag) {
    return fit.flags().contains(flag);
  }

  private void index(ObjectRow row, @Nullable ModelFit fit) {
    EllipseShape shape = fit == null ? null : fit.model().components().get(0).shape();
    if (fit != null && shape != null) {
      filler.number(row, "sersic_index", fit.model().components().get(0).index());
      error(row, "sersic_indexErr", fit.indexErr());
      double relative = fit.meanRadiusErr() * pixelArcsec;
      error(row, "sersic_reff_majorErr", relative * shape.major());
      error(row, "sersic_reff_minorErr", relative * shape.minor());
    }
  }

  /** An error above 0; a parameter that was held has none. */
  private void error(ObjectRow row, String column, double value) {
    filler.number(row, column, value > 0 ? value : Double.NaN);
  }

  /** What models have in common that are tried for bright objects only. */
  private void optional(ObjectRow row, String prefix, @Nullable ModelFit fit) {
    filler.flag(row, prefix + "_no_data_flag", fit != null && has(fit, Flag.NO_DATA));
    filler.flag(row, prefix + "_unknown_flag", fit == null || has(fit, Flag.FAILED));
    if (fit != null) {
      centre(row, prefix, fit);
      filler.number(row, prefix + "_chi2_reduced", fit.chi2Reduced());
      filler.number(row, prefix + "_delta_lnL_ps", fit.deltaLnLikelihood());
    }
  }

  private void bulgeDisk(ObjectRow row, @Nullable ModelFit fit) {
    boolean whole = fit != null && fit.model().components().size() == 2;
    optional(row, "bulgeDisk", whole ? fit : null);
    if (fit != null && whole) {
      ellipse(row, "bulgeDisk_disk", fit.model(), 0);
      ellipse(row, "bulgeDisk_bulge", fit.model(), 1);
    }
  }

  /** Semi-axes in arcsec and the angle of the major axis east of north. */
  private void ellipse(ObjectRow row, String prefix, SourceModel model, int component) {
    EllipseShape shape = model.components().get(component).shape();
    if (shape != null) {
      filler.number(row, prefix + "_reff_major", shape.major() * pixelArcsec);
      filler.number(row, prefix + "_reff_minor", shape.minor() * pixelArcsec);
      filler.number(row, prefix + "_theta", eastOfNorth(model.x(), model.y(), shape.angle()));
    }
  }

  private double eastOfNorth(double x, double y, double angle) {
    SkyPoint from = tract.wcs().toSky(x, y);
    SkyPoint to = tract.wcs().toSky(x + Math.cos(angle), y + Math.sin(angle));
    double east =
        Math.IEEEremainder(to.raDeg() - from.raDeg(), 360)
            * Math.cos(Math.toRadians(from.decDeg()));
    double degrees = Math.toDegrees(Math.atan2(east, to.decDeg() - from.decDeg()));
    return degrees - 180 * Math.floor(degrees / 180);
  }

  /**
   * Fills the fluxes of a band.
   *
   * @param b place of the band in the fits
   */
  void fill(ObjectBand band, int b, Map<Model, ModelFit> fits) {
    for (Model model : FLUXES) {
      ModelFit fit = fits.get(model);
      if (fit != null) {
        String column = PREFIX.get(model) + "Flux";
        bandFiller.number(band, column, fit.fluxes()[b]);
        bandFiller.number(band, Fields.err(column), fit.fluxErrs()[b]);
      }
    }
    ModelFit both = fits.get(Model.BULGE_DISK);
    if (both != null) {
      bandFiller.number(band, "bulgeDisk_bulgeFraction", both.bulgeFraction()[b]);
    }
  }
}
