package org.starbeam.measurement;

/**
 * Names of the numbers and flags that the plugins set. Fluxes are in units of the image (electrons
 * before calibration, nJy after), positions in pixels, moments in pixel^2. The error of a flux
 * {@code f} is {@code fErr}, its flag {@code f_flag}.
 */
public final class Fields {
  public static final String X = "x";
  public static final String Y = "y";
  public static final String X_ERR = "xErr";
  public static final String Y_ERR = "yErr";
  public static final String XY_COV = "xy_Cov";
  public static final String CENTROID = "centroid";

  public static final String PSF_FLUX = "psfFlux";
  public static final String PSF_FLUX_MODEL_ERR = "psfFlux_modelErr";
  public static final String PSF_FLUX_CHI2 = "psfFlux_chi2";
  public static final String PSF_FLUX_AREA = "psfFlux_area";

  /** Point-source flux on pixels from which no neighbour was taken. */
  public static final String UNDEBLENDED_PSF_FLUX = "undeblended_psfFlux";

  /** The same of the GAaP flux of 1 arcsec. */
  public static final String UNDEBLENDED_GAAP_FLUX = "undeblended_gaap1p0Flux";

  public static final String GAUSSIAN_FLUX = "gaussianFlux";

  public static final String COMP_GAUSSIAN_3 = "compGaussian3";
  public static final String COMP_GAUSSIAN_5 = "compGaussian5";

  /** The calibration slot: the compensated top-hat normalised to the 12 pixel aperture. */
  public static final String CALIB_FLUX = "calibFlux";

  public static final String IXX = "ixx";
  public static final String IYY = "iyy";
  public static final String IXY = "ixy";

  /** Error of Ixx + Iyy from the variance plane. */
  public static final String TRACE_ERR = "traceErr";

  /** Neighbours' light that was taken away under the moments' weight, in units of what is left. */
  public static final String NEIGHBOUR_LIGHT = "neighbourLight";

  /** Share of the light at the source that belongs to its neighbours. */
  public static final String BLENDEDNESS = "blendedness";

  public static final String BLENDEDNESS_ABS = "blendedness_abs";
  public static final String BLENDEDNESS_RAW = "blendedness_raw";

  /** Flux in the elliptical aperture of 2.5 Kron radii. */
  public static final String KRON_FLUX = "kronFlux";

  /** Kron radius in pixels. */
  public static final String KRON_RADIUS = "kronRad";

  public static final String SHAPE = "shape";
  public static final String IXX_PSF = "ixxPSF";
  public static final String IYY_PSF = "iyyPSF";
  public static final String IXY_PSF = "ixyPSF";
  public static final String PSF_MOMENTS = "hsmPsfMoments";

  public static final String LOCAL_BACKGROUND = "localBackground";
  public static final String VARIANCE = "variance";
  public static final String FOOTPRINT_AREA = "footprintArea";
  public static final String EXTENDEDNESS = "extendedness";
  public static final String SIZE_EXTENDEDNESS = "sizeExtendedness";

  private Fields() {}

  /** Flux in a circular aperture of an integer radius, for example {@code ap12Flux}. */
  public static String aperture(int radius) {
    return radius < 10 ? "ap0" + radius + "Flux" : "ap" + radius + "Flux";
  }

  public static String err(String flux) {
    return flux + "Err";
  }

  public static String flag(String name) {
    return name + "_flag";
  }

  public static String flag(String name, String what) {
    return name + "_flag_" + what;
  }

  /** Aperture correction that was applied to a flux. */
  public static String apCorr(String flux) {
    return flux + "_apCorr";
  }

  public static String pixelFlag(String what) {
    return "pixelFlags_" + what;
  }
}
