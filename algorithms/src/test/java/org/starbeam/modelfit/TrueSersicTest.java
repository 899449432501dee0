package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.image.Box;
import org.starbeam.warp.NoiseCorrelation;

/** Galaxies that were not made with the mixtures of the fit, seen through a PSF of Moffat. */
class TrueSersicTest {
  private static final int HALF = 40;
  private static final Box BOX = new Box(-HALF, -HALF, 2 * HALF + 1, 2 * HALF + 1);
  private static final SersicImages IMAGES = new SersicImages(HALF, 4, 3);
  private static final PsfMixture MIXTURE = PsfMixtureFitter.fit(IMAGES.psfStamp(22));

  @ParameterizedTest
  @CsvSource({"1, 0.005, 0.01", "2, 0.01, 0.02", "4, 0.02, 0.05"})
  void fluxAndSizeAreRight(double n, double fluxLimit, double sizeLimit) {
    List<Double> fluxErrors = new ArrayList<>();
    List<Double> sizeErrors = new ArrayList<>();
    Random random = new Random(5);
    for (double radius : new double[] {1.5, 2, 3, 4.5, 6}) {
      double q = 0.5 + 0.4 * random.nextDouble();
      EllipseShape shape =
          new EllipseShape(
              radius / Math.sqrt(q), radius * Math.sqrt(q), 0.4 * (random.nextDouble() - 0.5));
      FitResult r = fit(shape, n, 1000, random);
      EllipseShape found = r.models().get(0).components().get(0).shape();
      assertThat(found).isNotNull();
      fluxErrors.add(r.flux(0, 0) / MIXTURE.consistency() - 1);
      sizeErrors.add(found.meanRadius() / shape.meanRadius() - 1);
    }
    System.out.printf("TrueSersicTest: n %.0f, flux %s, size %s%n", n, fluxErrors, sizeErrors);
    assertThat(median(fluxErrors)).isBetween(-fluxLimit, fluxLimit);
    assertThat(median(sizeErrors)).isBetween(-sizeLimit, sizeLimit);
  }

  private static FitResult fit(EllipseShape shape, double n, double snr, Random random) {
    double x = random.nextDouble() - 0.5;
    double y = random.nextDouble() - 0.5;
    double[] data = IMAGES.render(x, y, shape, n);
    double square = 0;
    for (double d : data) {
      square += d * d;
    }
    double sigma = Math.sqrt(square) / snr;
    double[] weight = new double[data.length];
    double[] variance = new double[data.length];
    for (int i = 0; i < data.length; i++) {
      data[i] += sigma * random.nextGaussian();
      weight[i] = 1 / (sigma * sigma);
      variance[i] = sigma * sigma;
    }
    BandPixels band =
        new BandPixels(BOX, data, weight, variance, MIXTURE, NoiseCorrelation.white());
    return JointFit.fit(
        List.of(band),
        List.of(SourceModel.sersic(0.3, 0, new EllipseShape(2, 2, 0.1), 1)),
        List.of(ShapePrior.NONE),
        JointFit.Config.freeProfile());
  }

  private static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(v -> v).sorted().toArray();
    assertThat(Arrays.stream(sorted).allMatch(Double::isFinite)).isTrue();
    return sorted[sorted.length / 2];
  }
}
