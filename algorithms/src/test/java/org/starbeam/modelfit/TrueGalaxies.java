package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.starbeam.image.Box;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Scenes of true Sersic profiles in three bands of their own seeing, FWHM 0.88, 0.8 and 0.74 arcsec
 * of a Moffat profile in pixels of 0.2 arcsec. The white noise of sigma 1 is 3 nJy, so that a star
 * of S/N 5 in a band has 26.5 mag. A galaxy is rendered once and put at other places by whole
 * pixels.
 */
final class TrueGalaxies {
  static final double[] FWHM = {4.4, 4, 3.7};
  static final int BANDS = 3;

  /** Sigma of a pixel, nJy; the priors of sizes go by magnitude. */
  private static final double NJY = 3;

  private final int half;
  private final SersicImages[] images = new SersicImages[BANDS];
  final PsfMixture[] mixtures = new PsfMixture[BANDS];

  /**
   * @param half pixels around a galaxy that are rendered
   * @param beta of the PSF
   */
  TrueGalaxies(int half, double beta) {
    this.half = half;
    for (int b = 0; b < BANDS; b++) {
      images[b] = new SersicImages(half, FWHM[b], beta);
      mixtures[b] = PsfMixtureFitter.fit(images[b].psfStamp(22));
    }
  }

  /**
   * A galaxy of unit flux.
   *
   * @param dx centre within its middle pixel
   * @param planes by band, (2 half + 1) squared
   */
  @SuppressWarnings("ArrayRecordComponent") // pixels; never compared
  record Galaxy(double dx, double dy, EllipseShape shape, double n, double[][] planes) {
    /** Flux in a band that a matched filter detects with a signal to noise. */
    double flux(double snr, int band) {
      return snr / Math.sqrt(Arrays.stream(planes[band]).map(v -> v * v).sum());
    }

    /** Sum of two profiles of one centre. */
    Galaxy plus(Galaxy other, double share) {
      double[][] sum = new double[BANDS][planes[0].length];
      for (int b = 0; b < BANDS; b++) {
        for (int p = 0; p < sum[b].length; p++) {
          sum[b][p] = (1 - share) * planes[b][p] + share * other.planes[b][p];
        }
      }
      return new Galaxy(dx, dy, shape, n, sum);
    }
  }

  Galaxy galaxy(double dx, double dy, EllipseShape shape, double n) {
    double[][] planes = new double[BANDS][];
    for (int b = 0; b < BANDS; b++) {
      planes[b] = images[b].render(dx, dy, shape, n);
    }
    return new Galaxy(dx, dy, shape, n, planes);
  }

  /** A galaxy of a random centre, axis ratio from 0.5 to 0.9, and angle. */
  Galaxy galaxy(double radius, double n, Random random) {
    double q = 0.5 + 0.4 * random.nextDouble();
    double angle = Math.PI * random.nextDouble();
    double major = radius * radius / q;
    double minor = radius * radius * q;
    double c = Math.cos(angle);
    double s = Math.sin(angle);
    EllipseShape shape =
        EllipseShape.ofMoments(
            major * c * c + minor * s * s, (major - minor) * c * s, major * s * s + minor * c * c);
    return galaxy(random.nextDouble() - 0.5, random.nextDouble() - 0.5, shape, n);
  }

  /** The profiles of indices 1, 2 and 4, three galaxies of 0.4 to 0.6 arcsec each. */
  List<List<Galaxy>> library(Random random) {
    List<List<Galaxy>> library = new ArrayList<>();
    for (double n : new double[] {1, 2, 4}) {
      List<Galaxy> of = new ArrayList<>();
      for (double radius : new double[] {3, 2, 2.5}) {
        of.add(galaxy(radius, n, random));
      }
      library.add(of);
    }
    return library;
  }

  /** A box of sky in every band. */
  final class Scene {
    final Box box;
    final double[][] data;

    Scene(Box box) {
      this.box = box;
      this.data = new double[BANDS][box.area()];
    }

    /** Adds a galaxy about a pixel. */
    Scene add(Galaxy galaxy, int x, int y, double... fluxes) {
      Box inside = Box.around(x, y, half).intersect(box);
      int width = 2 * half + 1;
      for (int b = 0; b < BANDS; b++) {
        for (int v = inside.y0(); v < inside.y1(); v++) {
          for (int u = inside.x0(); u < inside.x1(); u++) {
            data[b][(v - box.y0()) * box.width() + u - box.x0()] +=
                fluxes[b] * galaxy.planes[b][(v - y + half) * width + u - x + half];
          }
        }
      }
      return this;
    }

    Scene addNoise(Random random) {
      for (double[] band : data) {
        for (int p = 0; p < band.length; p++) {
          band[p] += random.nextGaussian();
        }
      }
      return this;
    }

    BandPixels pixels(int band, Box part) {
      double[] values = new double[part.area()];
      double[] weight = new double[values.length];
      double[] variance = new double[values.length];
      Arrays.fill(weight, 1);
      Arrays.fill(variance, 1);
      int p = 0;
      for (int v = part.y0(); v < part.y1(); v++) {
        for (int u = part.x0(); u < part.x1(); u++) {
          values[p++] = data[band][(v - box.y0()) * box.width() + u - box.x0()];
        }
      }
      return new BandPixels(
          part, values, weight, variance, mixtures[band], NoiseCorrelation.white());
    }

    List<Map<Model, ModelFit>> fit(ModelFitter fitter, ModelTarget... targets) {
      return fitter.fit(BANDS, this::pixels, box, List.of(targets));
    }
  }

  /**
   * What is known of a galaxy before its fit: a place, moments with seeing of a Gaussian of 0.6 of
   * its half-light moments, and its fluxes.
   */
  ModelTarget target(Galaxy galaxy, int x, int y, double snr, double... fluxes) {
    double psf = mixtures[1].effectiveSigma();
    EllipseShape s = galaxy.shape;
    EllipseShape seen =
        EllipseShape.ofMoments(0.6 * s.xx() + psf * psf, 0.6 * s.xy(), 0.6 * s.yy() + psf * psf);
    double[] njy = Arrays.stream(fluxes).map(f -> NJY * f).toArray();
    return new ModelTarget(x + galaxy.dx + 0.2, y + galaxy.dy - 0.1, seen, njy, snr);
  }
}
