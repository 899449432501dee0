package org.starbeam.benchmark;

import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.CellDuals;
import org.starbeam.gaap.GaapFluxes;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.gaap.LightModel;
import org.starbeam.image.ImageD;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/**
 * GAaP fluxes of one object in six bands: seven apertures (four round, the two that are moved in
 * Fourier space, and 0.5 arcsec, which is too small to be interpolated), beside six dot products of
 * the largest weight with as many pixels.
 */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class GaapBenchmark extends PixelBenchmark {
  private static final int BANDS = 6;
  private static final int SIDE = 111;

  private final GaapPhotometer photometer =
      new GaapPhotometer(
          GaapPhotometer.Config.defaults().withSigmas(List.of(2.5, 3.5, 5.0, 7.5, 12.5)));
  private final double[] a = new double[SIDE * SIDE];
  private final double[] b = new double[SIDE * SIDE];
  private CellDuals duals;
  private PsfModel psf;
  private int place;

  @Override
  protected void prepare() {
    psf = new GaussianPsf(1.7);
    duals = photometer.band(NoiseCorrelation.lanczos(3)).cell(psf, 0, 0);
    ImageD stamp = psf.kernelImage(0, 0);
    for (int i = 0; i < a.length; i++) {
      a[i] = stamp.data[i % stamp.data.length];
      b[i] = frame.image().data[i];
    }
  }

  @Benchmark
  public double oneObjectInSixBands() {
    place = (place + 37) % 1000;
    double sum = 0;
    for (int band = 0; band < BANDS; band++) {
      double x = 300 + place + 0.3;
      double y = 400 + place - 0.2;
      GaapFluxes fluxes =
          photometer.measure(
              frame,
              x,
              y,
              duals,
              new Aperture(7, 6, 1),
              duals.matched(),
              LightModel.NONE,
              LightModel.gaussian(x, y, duals.shape()));
      sum += fluxes.optimal().flux();
    }
    return sum;
  }

  @Benchmark
  public double sixDotProducts() {
    double sum = 0;
    for (int band = 0; band < BANDS; band++) {
      for (int i = 0; i < a.length; i++) {
        sum += a[i] * b[i];
      }
    }
    return sum;
  }

  /** What a cell costs once for each band. */
  @Benchmark
  public CellDuals weightsOfOneCell() {
    CellDuals fresh = photometer.band(NoiseCorrelation.lanczos(3)).cell(psf, 0, 0);
    photometer.measure(
        frame,
        300,
        400,
        fresh,
        new Aperture(7, 6, 1),
        fresh.matched(),
        LightModel.NONE,
        LightModel.NONE);
    return fresh;
  }
}
