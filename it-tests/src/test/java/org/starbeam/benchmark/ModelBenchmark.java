package org.starbeam.benchmark;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.modelfit.BandPixels;
import org.starbeam.modelfit.EllipseShape;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter;
import org.starbeam.modelfit.ModelTarget;
import org.starbeam.modelfit.PsfMixture;
import org.starbeam.modelfit.PsfMixtureFitter;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.warp.NoiseCorrelation;

/** All models of one galaxy in six bands of 32 x 32 pixels, and the mixture of a PSF. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class ModelBenchmark extends PixelBenchmark {
  private static final Box BOX = new Box(0, 0, 32, 32);
  private static final int BANDS = 6;

  private final ModelFitter fitter = new ModelFitter(ModelFitter.Config.defaults(0.2));
  private ImageD psf;
  private List<BandPixels> white;
  private List<BandPixels> correlated;
  private ModelTarget target;

  @Override
  protected void prepare() {
    psf = new MoffatPsf(4, 3, 0.02, 0, 20).kernelImage(0, 0);
    PsfMixture mixture = PsfMixtureFitter.fit(psf);
    white = bands(mixture, NoiseCorrelation.white());
    correlated = bands(mixture, NoiseCorrelation.lanczos(3));
    double[] fluxes = new double[BANDS];
    Arrays.fill(fluxes, 1000);
    target = new ModelTarget(16, 15.5, new EllipseShape(2.6, 2.4, 0.1), fluxes, 25);
  }

  /** A star with a fainter one as its tail: nothing that a profile is exactly. */
  private List<BandPixels> bands(PsfMixture mixture, NoiseCorrelation noise) {
    List<BandPixels> out = new ArrayList<>();
    Random random = new Random(3);
    for (int b = 0; b < BANDS; b++) {
      double[] data = new double[BOX.area()];
      double[] ones = new double[BOX.area()];
      Arrays.fill(ones, 1);
      for (int y = 0; y < 32; y++) {
        for (int x = 0; x < 32; x++) {
          double near = at(x - 16, y - 16);
          double tail = 0.5 * at(x - 18, y - 15);
          data[y * 32 + x] = 1000 * (near + tail) + random.nextGaussian();
        }
      }
      out.add(new BandPixels(BOX, data, ones, ones, mixture, noise));
    }
    return out;
  }

  private double at(int x, int y) {
    return psf.box().contains(x, y) ? psf.get(x, y) : 0;
  }

  private double fit(List<BandPixels> bands) {
    Map<ModelFitter.Model, ModelFit> fits =
        fitter.fit(BANDS, (b, box) -> copy(bands.get(b)), BOX, List.of(target)).get(0);
    ModelFit sersic = fits.get(ModelFitter.Model.SERSIC);
    return sersic == null ? 0 : sersic.fluxes()[0];
  }

  private static BandPixels copy(BandPixels band) {
    return new BandPixels(
        band.box(),
        band.data().clone(),
        band.weight().clone(),
        band.variance(),
        band.psf(),
        band.correlation());
  }

  @Benchmark
  public double oneGalaxyWhiteNoise() {
    return fit(white);
  }

  @Benchmark
  public double oneGalaxyCorrelatedNoise() {
    return fit(correlated);
  }

  @Benchmark
  public PsfMixture mixtureOfOnePsf() {
    return PsfMixtureFitter.fit(psf);
  }
}
