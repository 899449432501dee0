package org.starbeam.gaap;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.PsfFlux;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Gaussian-aperture-and-PSF fluxes (specs/04 section 8; Kuijken 2008). For a source g before seeing
 * the flux in an aperture w(x) = exp(-x' W^-1 x / 2) is F = integral(g w), whatever the PSF: the
 * same part of a galaxy in every band, and all of a point source. Here F is one sum over the
 * pixels, F = sum(u D), whose weight has the transform u^ = w^ / conj(P^): no kernel to a Gaussian
 * PSF is fitted, so F is exact for any PSF that is sampled.
 *
 * <p>Masked pixels are replaced by a model of the object. Error: sqrt(sum(u^2 V)) times the factor
 * of correlated noise; replaced pixels have no variance. Everything is linear in the pixels.
 *
 * <p>Pixels and moments are in tract pixels, fluxes in units of the image for a PSF of sum 1. An
 * instance keeps transforms and belongs to one thread.
 */
public final class GaapPhotometer {
  /**
   * @param sigmas of the round apertures in pixels
   * @param largest sigma of the optimal aperture's longer axis in pixels
   * @param epsilon below which |P^| does not divide
   * @param maxMasked share of sum |u| in masked pixels above which there is no flux
   * @param flagMasked share above which flags tell of them
   * @param planes mask planes whose pixels are not used
   */
  public record Config(
      List<Double> sigmas,
      double largest,
      double epsilon,
      double maxMasked,
      double flagMasked,
      int planes)
      implements Serializable {
    public static Config defaults() {
      return new Config(List.of(3.5, 5.0, 7.5, 12.5), 15, 1e-4, 0.2, 1e-3, PsfFlux.REJECTED);
    }

    public Config withSigmas(List<Double> other) {
      return new Config(other, largest, epsilon, maxMasked, flagMasked, planes);
    }
  }

  /** Sigma in pixels below which a weight is moved in Fourier space. */
  private static final double SMOOTH = 3;

  /** Grid on which weights of round apertures are made, or the next larger one that holds them. */
  private static final int GRID = 128;

  private final Config config;
  private final List<Aperture> circular;
  private final Map<Integer, FourierGrid> grids = new HashMap<>();

  public GaapPhotometer(Config config) {
    this.config = config;
    circular = config.sigmas().stream().map(Aperture::circular).toList();
  }

  /** What the cells of one band have in common. */
  public final class Band {
    private final NoiseSpectrum noise;

    private Band(NoiseCorrelation correlation) {
      noise = new NoiseSpectrum(correlation);
    }

    /** Weights for the PSF at a place, good in all of its cell. */
    public CellDuals cell(PsfModel psf, double x, double y) {
      double[] m = psf.shape(x, y);
      return new CellDuals(
          psf.kernelImage(x, y).copy(),
          new Aperture(m[0], m[1], m[2]),
          noise,
          config.epsilon(),
          grids);
    }
  }

  public Band band(NoiseCorrelation noise) {
    return new Band(noise);
  }

  /** The optimal aperture for moments with seeing and the PSF of the reference band. */
  public Aperture optimal(Aperture moments, Aperture psf) {
    return moments.plus(psf).atMost(config.largest());
  }

  private static int half(Aperture w) {
    return (int) Math.ceil(4 * Math.sqrt(w.largest())) + 5;
  }

  /**
   * Fluxes of one object in one band.
   *
   * @param image background subtracted
   * @param x column of the object, the same in all bands
   * @param y row
   * @param duals of the cell in which the object is
   * @param optimal aperture of the object
   * @param matched aperture for stars: the widest {@link CellDuals#matched} of the bands, so that
   *     colours in it do not depend on the seeing
   * @param neighbours light of other objects that is still in the image
   * @param own model of the object that stands for masked pixels
   */
  public GaapFluxes measure(
      MaskedImage image,
      double x,
      double y,
      CellDuals duals,
      Aperture optimal,
      Aperture matched,
      LightModel neighbours,
      LightModel own) {
    int px = (int) Math.floor(x + 0.5);
    int py = (int) Math.floor(y + 0.5);
    double dx = x - px;
    double dy = y - py;
    int half = optimal.isValid() ? half(optimal) : 0;
    for (Aperture w : circular) {
      half = duals.isTooBigFor(w) ? half : Math.max(half, half(w));
    }
    half = matched.isValid() ? Math.max(half, half(matched)) : half;
    GaapStamp stamp =
        new GaapStamp(image, px, py, half + LagrangeShift.REACH, config.planes(), neighbours, own);
    List<GaapFlux> round = circular(stamp, dx, dy, duals);
    if (!matched.isValid() || !optimal.isValid()) {
      return new GaapFluxes(round, GaapFlux.BIG_PSF.failed(), GaapFlux.BIG_PSF.failed());
    }
    Aperture best = duals.isTooBigFor(optimal) ? matched : optimal;
    DualWeight[] two = duals.at(dx, dy, best, half(best), matched, half(matched));
    return new GaapFluxes(
        round,
        duals.isTooBigFor(optimal) ? GaapFlux.BIG_PSF : inPlace(stamp, two[0]),
        inPlace(stamp, two[1]));
  }

  private List<GaapFlux> circular(GaapStamp stamp, double dx, double dy, CellDuals duals) {
    double[] light = stamp.shiftedLight(dx, dy);
    double[] variance = stamp.shiftedVariance(dx, dy);
    int half = stamp.half - LagrangeShift.REACH;
    List<GaapFlux> out = new ArrayList<>();
    for (Aperture w : circular) {
      if (duals.isTooBigFor(w)) {
        out.add(GaapFlux.BIG_PSF);
      } else if (w.xx() < SMOOTH * SMOOTH) {
        out.add(inPlace(stamp, duals.at(dx, dy, w, half(w))));
      } else {
        DualWeight u = duals.centred(w, half(w), GRID);
        double flux = GaapStamp.dot(u.pixels(), light, half);
        out.add(flux(stamp, u, flux, GaapStamp.dotSquare(u.pixels(), variance, half)));
      }
    }
    return List.copyOf(out);
  }

  private GaapFlux inPlace(GaapStamp stamp, DualWeight u) {
    return flux(stamp, u, stamp.flux(u.pixels()), stamp.variance(u.pixels()));
  }

  private GaapFlux flux(GaapStamp stamp, DualWeight u, double flux, double variance) {
    double[] shares = stamp.maskedShares(u.pixels());
    double err = Math.sqrt(variance) * u.errorFactor();
    boolean edge = shares[1] > config.flagMasked();
    boolean replaced = shares[0] - shares[1] > config.flagMasked();
    GaapFlux out = new GaapFlux(flux, err, false, edge, replaced, u.isGaussian());
    return shares[0] > config.maxMasked() || !(err > 0) ? out.failed() : out;
  }
}
