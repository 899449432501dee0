package org.starbeam.coadd;

import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.MeasurementSuite;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * What every flux estimator answers to the PSF of a cell itself, measured without noise: the
 * factors that bring fluxes of a point source to the calibration flux, to which zero points are
 * tied, and the factors by which correlated noise raises their errors (specs/04 section 7).
 *
 * <p>Fluxes that are normalised by the PSF get the aperture correction of the cell, which the stars
 * of its visits have told. The compensated flux is that of an aperture and is brought to the 12
 * pixel aperture by the PSF's own light, of which it needs the profile beyond the core only.
 *
 * @param psfCorrection multiplies a PSF flux
 * @param gaussianCorrection multiplies a Gaussian flux
 * @param calibCorrection multiplies the raw compensated flux
 * @param sumCorrection multiplies fluxes in which a point source has the sum of its PSF, as GAaP's;
 *     the aperture correction
 * @param psfErrorFactor multiplies errors of PSF and Gaussian fluxes
 * @param sizeErrorFactor multiplies errors of Ixx + Iyy
 * @param apertureErrorFactor multiplies errors of aperture fluxes, by radius
 */
record PsfResponse(
    double psfCorrection,
    double gaussianCorrection,
    double calibCorrection,
    double sumCorrection,
    double psfErrorFactor,
    double sizeErrorFactor,
    NavigableMap<Integer, Double> apertureErrorFactor) {

  /** Pixels that the weights of the calibration flux reach; beyond its stamp a PSF is zero. */
  private static final int REACH = 30;

  static PsfResponse of(CoaddBand band, double x, double y, MeasurementSuite forced, int... radii) {
    PsfModel psf = band.psf();
    NoiseCorrelation noise = band.noise();
    ImageD stamp = psf.kernelImage(x, y);
    Box box = stamp.box().union(Box.around(0, 0, REACH));
    ImageF pixels = new ImageF(box);
    for (int v = stamp.box().y0(); v < stamp.box().y1(); v++) {
      for (int u = stamp.box().x0(); u < stamp.box().x1(); u++) {
        pixels.set(u, v, (float) stamp.get(u, v));
      }
    }
    ImageF variance = new ImageF(box);
    variance.fill(1e-12f);
    MaskedImage image = new MaskedImage(pixels, new MaskI(box), variance);
    MeasuredSource source = MeasuredSource.at(0, 0);
    forced.measure(new MeasurementFrame(image, new Stamp(psf, x, y)), source);
    double aperture = source.get(Fields.aperture(12));
    double gaussian = source.get(Fields.GAUSSIAN_FLUX);
    double calib = source.get(Fields.CALIB_FLUX);
    double psfFlux = source.get(Fields.PSF_FLUX);
    double[] shape = psf.shape(x, y);
    NavigableMap<Integer, Double> factors = new TreeMap<>();
    for (int radius : radii) {
      factors.put(radius, Math.sqrt(noise.factor(disc(radius))));
    }
    double usable = Double.isFinite(aperture) && aperture > 0.5 ? aperture : 1;
    double correction = band.apertureCorrection().applyAsDouble(x, y);
    return new PsfResponse(
        correction / psfFlux,
        gaussian > 0 ? correction / gaussian : 1,
        calib > 0 ? usable / calib : 1,
        correction,
        Math.sqrt(noise.factor(stamp)),
        Math.sqrt(noise.factor(sizeWeights(shape))),
        factors);
  }

  /** Factor of the error of an aperture flux; between the radii of the table linear. */
  double apertureError(double radius) {
    Map.Entry<Integer, Double> below = apertureErrorFactor.floorEntry((int) Math.floor(radius));
    Map.Entry<Integer, Double> above = apertureErrorFactor.ceilingEntry((int) Math.ceil(radius));
    if (below == null || above == null) {
      Map.Entry<Integer, Double> only = below == null ? above : below;
      return only == null ? 1 : only.getValue();
    }
    if (below.getKey().equals(above.getKey())) {
      return below.getValue();
    }
    double part = (radius - below.getKey()) / (above.getKey() - below.getKey());
    return below.getValue() + part * (above.getValue() - below.getValue());
  }

  /** Weights with which pixels enter the adaptive moment Ixx + Iyy of a point source. */
  private static ImageD sizeWeights(double[] shape) {
    double trace = shape[0] + shape[1];
    double det = shape[0] * shape[1] - shape[2] * shape[2];
    if (!(trace > 0) || !(det > 0)) {
      return disc(1);
    }
    int half = (int) Math.ceil(4 * Math.sqrt(0.5 * trace));
    ImageD out = new ImageD(Box.around(0, 0, half));
    for (int v = -half; v <= half; v++) {
      for (int u = -half; u <= half; u++) {
        double rho2 = (shape[1] * u * u - 2 * shape[2] * u * v + shape[0] * v * v) / det;
        out.set(u, v, Math.exp(-0.5 * rho2) * (2.0 * (u * u + v * v) - trace));
      }
    }
    return out;
  }

  private static ImageD disc(int radius) {
    ImageD disc = new ImageD(Box.around(0, 0, radius));
    for (int dy = -radius; dy <= radius; dy++) {
      for (int dx = -radius; dx <= radius; dx++) {
        if (dx * dx + dy * dy <= radius * radius) {
          disc.set(dx, dy, 1);
        }
      }
    }
    return disc;
  }

  /** The PSF of one place wherever it is asked. */
  private record Stamp(PsfModel psf, double x, double y) implements PsfModel {
    @Override
    public ImageD image(double atX, double atY) {
      return psf.kernelImage(x, y);
    }

    @Override
    public ImageD kernelImage(double atX, double atY) {
      return psf.kernelImage(x, y);
    }

    @Override
    public double[] shape(double atX, double atY) {
      return psf.shape(x, y);
    }

    @Override
    public double nEff(double atX, double atY) {
      return psf.nEff(x, y);
    }

    @Override
    public double[] averagePosition() {
      return new double[] {0, 0};
    }

    @Override
    public Box stampBox() {
      return psf.stampBox();
    }

    @Override
    public FitsTable toTable() {
      return psf.toTable();
    }
  }
}
