package org.starbeam.measurement;

import java.util.List;

/**
 * Star or galaxy, from aperture-corrected fluxes and from moments (specs/02 section 10.2):
 *
 * <ul>
 *   <li>{@code extendedness} = 0 if psfFlux >= 0.985 gaussianFlux, else 1;
 *   <li>{@code sizeExtendedness} = 1 - exp(-((T - Tpsf) / sqrt(Tpsf))^2 / 2), 0 where T <= Tpsf,
 *       with T = Ixx + Iyy.
 * </ul>
 */
public final class Extendedness implements MeasurementPlugin {
  private static final double KAPPA = 0.985;

  @Override
  public String name() {
    return Fields.EXTENDEDNESS;
  }

  @Override
  public int executionOrder() {
    return CORRECTED;
  }

  @Override
  public List<String> inputs() {
    return List.of(
        Fields.PSF_FLUX,
        Fields.GAUSSIAN_FLUX,
        Fields.IXX,
        Fields.IYY,
        Fields.IXX_PSF,
        Fields.IYY_PSF);
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.EXTENDEDNESS, Fields.SIZE_EXTENDEDNESS);
  }

  /** 0 for a star, 1 for a galaxy, from the flux as a point and that of a model with a size. */
  public static double of(double psfFlux, double modelFlux) {
    return psfFlux >= KAPPA * modelFlux ? 0 : 1;
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    double psf = source.get(Fields.PSF_FLUX);
    double gaussian = source.get(Fields.GAUSSIAN_FLUX);
    if (Double.isNaN(psf) || Double.isNaN(gaussian)) {
      source.setFlag(Fields.flag(Fields.EXTENDEDNESS));
    } else {
      source.set(Fields.EXTENDEDNESS, of(psf, gaussian));
    }
    double t = source.get(Fields.IXX) + source.get(Fields.IYY);
    double psfT = source.get(Fields.IXX_PSF) + source.get(Fields.IYY_PSF);
    if (source.flag(Fields.flag(Fields.SHAPE)) || !(psfT > 0) || Double.isNaN(t)) {
      source.setFlag(Fields.flag(Fields.SIZE_EXTENDEDNESS));
    } else {
      double excess = Math.max(0, t - psfT) / Math.sqrt(psfT);
      source.set(Fields.SIZE_EXTENDEDNESS, 1 - Math.exp(-0.5 * excess * excess));
    }
  }
}
