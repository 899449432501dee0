package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.StarGalaxyOdds.BandSize;
import org.starbeam.testing.SkyScene;

/** Acceptance of specs/04 section 10 on simulated stamps of pixels of 0.2 arcsec. */
class StarGalaxyOddsTest {
  private static final double PIXEL = 0.2;
  private static final int HALF = 25;
  private static final StarGalaxyOdds ODDS = new StarGalaxyOdds(StarGalaxyOdds.Config.defaults());
  private static final AdaptiveMoments MOMENTS = new AdaptiveMoments();

  /** A PSF as stars have it and the sizes that galaxies are thought to have with its model. */
  private static final class Seeing {
    final double[] spectrum;
    final FourierGrid grid = new FourierGrid(64);
    final GalaxySizes sizes;
    final double nEff;

    Seeing(double fwhm, double modelFwhm) {
      ImageD psf = psf(fwhm);
      spectrum = grid.forward(psf);
      sizes = new GalaxySizes(psf(modelFwhm));
      double squares = 0;
      for (double p : psf.data) {
        squares += p * p;
      }
      nEff = 1 / squares;
    }

    private static ImageD psf(double fwhm) {
      return SkyScene.stamp(SkyScene.sampled(SkyScene.moffat(fwhm, 3), 3), HALF);
    }

    /** A source of flux 1; an exponential galaxy, or a star at radius 0. */
    ImageD source(double reff, double q, double angle, double dx, double dy) {
      double h2 = reff / 1.6783469900166605 * reff / 1.6783469900166605;
      double c = Math.cos(angle);
      double s = Math.sin(angle);
      double[] out = spectrum.clone();
      double[] columnPhase = phases(dx);
      double[] rowPhase = phases(dy);
      for (int row = 0; row < grid.n; row++) {
        for (int column = 0; column < grid.n; column++) {
          double kx = grid.k[column];
          double ky = grid.k[row];
          double along = kx * c + ky * s;
          double across = ky * c - kx * s;
          double base = 1 + h2 * (along * along / q + across * across * q);
          double t = 1 / (base * Math.sqrt(base));
          double cos =
              columnPhase[2 * column] * rowPhase[2 * row]
                  - columnPhase[2 * column + 1] * rowPhase[2 * row + 1];
          double sin =
              columnPhase[2 * column] * rowPhase[2 * row + 1]
                  + columnPhase[2 * column + 1] * rowPhase[2 * row];
          int i = 2 * (row * grid.n + column);
          double re = t * (out[i] * cos - out[i + 1] * sin);
          out[i + 1] = t * (out[i] * sin + out[i + 1] * cos);
          out[i] = re;
        }
      }
      grid.inverse(out);
      return grid.cut(out, 0, HALF);
    }

    private double[] phases(double shift) {
      double[] out = new double[2 * grid.n];
      for (int i = 0; i < grid.n; i++) {
        out[2 * i] = Math.cos(grid.k[i] * shift);
        out[2 * i + 1] = -Math.sin(grid.k[i] * shift);
      }
      return out;
    }

    /** The size that is measured of a source whose PSF would have the S/N on noise of 1. */
    Optional<BandSize> seen(ImageD source, double snr, double dx, double dy, Random random) {
      double flux = snr * Math.sqrt(nEff);
      MaskedImage image = new MaskedImage(Box.around(0, 0, HALF));
      for (int i = 0; i < source.data.length; i++) {
        image.image().data[i] = (float) (flux * source.data[i] + random.nextGaussian());
      }
      image.variance().fill(1);
      AdaptiveMoments.Result m = MOMENTS.measure(image, dx, dy, 1.8);
      if (!m.isOk()) {
        return Optional.empty();
      }
      double excess = m.trace() - sizes.psfTrace();
      return Optional.of(new BandSize(excess, m.traceErr(), 0.002, sizes, snr));
    }
  }

  private static double reff(double magnitude, Random random) {
    double log = Math.log10(0.2) - 0.14 * (magnitude - 23.4) + 0.2 * random.nextGaussian();
    return Math.pow(10, log) / PIXEL;
  }

  private static Optional<Double> odds(
      boolean star, double snr, double magnitude, List<Seeing> bands, Random random) {
    double r = star ? 0 : reff(magnitude, random);
    double q = 0.5 + 0.5 * random.nextDouble();
    double angle = Math.PI * random.nextDouble();
    double dx = random.nextDouble() - 0.5;
    double dy = random.nextDouble() - 0.5;
    List<BandSize> sizes = new ArrayList<>();
    for (Seeing band : bands) {
      band.seen(band.source(r, q, angle, dx, dy), snr, dx, dy, random).ifPresent(sizes::add);
    }
    return ODDS.logOdds(sizes, magnitude, PIXEL);
  }

  @Test
  void starsAreFoundAndGalaxiesKeptOutAboveSignalToNoiseTwenty() {
    List<Seeing> bands = List.of(new Seeing(4.5, 4.5), new Seeing(4.2, 4.2), new Seeing(4, 4));
    Random random = new Random(1);
    int starsCalled = 0;
    int galaxiesCalled = 0;
    int each = 400;
    for (int i = 0; i < each; i++) {
      double snr = 20 * Math.pow(10, random.nextDouble());
      double magnitude = 23.4 - 2.5 * Math.log10(snr / 20);
      starsCalled += odds(true, snr, magnitude, bands, random).orElse(-1.0) > 0 ? 1 : 0;
      galaxiesCalled += odds(false, snr, magnitude, bands, random).orElse(-1.0) > 0 ? 1 : 0;
    }
    System.out.printf("STARS %d of %d, galaxies too %d%n", starsCalled, each, galaxiesCalled);
    assertThat(starsCalled / (double) each).isGreaterThan(0.9);
    assertThat(galaxiesCalled / (double) (starsCalled + galaxiesCalled)).isLessThan(0.1);
  }

  /**
   * S/N 8 in three bands among galaxies of half-light radius 0.18 arcsec: DP1 calls half of the
   * stars right at 23.8 mag, the goal is 65 %.
   */
  @Test
  void twoThirdsOfFaintStarsAreFoundAmongSmallGalaxies() {
    List<Seeing> bands = List.of(new Seeing(4.5, 4.5), new Seeing(4.2, 4.2), new Seeing(4, 4));
    Random random = new Random(8);
    int stars = 0;
    int galaxies = 0;
    int each = 400;
    for (int i = 0; i < each; i++) {
      stars += odds(true, 8, 23.8, bands, random).orElse(-1.0) > 0 ? 1 : 0;
      galaxies += odds(false, 8, 23.8, bands, random).orElse(-1.0) > 0 ? 1 : 0;
    }
    System.out.printf("FAINT STARS %d of %d stars, galaxies too %d%n", stars, each, galaxies);
    assertThat(stars / (double) each).isGreaterThan(0.65);
    assertThat(galaxies).isLessThan(each / 2);
  }

  @Test
  void theProbabilityOfAStarIsTheFrequencyOfStars() {
    List<Seeing> one = List.of(new Seeing(4, 4));
    Random random = new Random(2);
    int[] stars = new int[10];
    int[] all = new int[10];
    double[] sum = new double[10];
    for (int i = 0; i < 8_000; i++) {
      double snr = 8 + 17 * random.nextDouble();
      double magnitude = 24 - 2.5 * Math.log10(snr / 10);
      boolean star = i % 2 == 0;
      Optional<Double> found = odds(star, snr, magnitude, one, random);
      if (found.isPresent()) {
        double p = StarGalaxyOdds.probability(found.get(), 0);
        int bin = Math.min(9, (int) (10 * p));
        sum[bin] += p;
        all[bin]++;
        stars[bin] += star ? 1 : 0;
      }
    }
    for (int b = 0; b < 10; b++) {
      System.out.printf(
          "CALIBRATION %.3f: %.3f of %d%n", sum[b] / all[b], stars[b] / (double) all[b], all[b]);
    }
    for (int b = 0; b < 10; b++) {
      if (all[b] > 200) {
        assertThat(stars[b] / (double) all[b])
            .as("bin %d", b)
            .isCloseTo(sum[b] / all[b], within(0.05));
      }
    }
  }

  /**
   * Errors of sizes that are told too small by a half make odds too sure; half the stamps mend it.
   */
  @Test
  void aCalibrationByInjectedSourcesMendsOddsThatAreTooSure() {
    Seeing seeing = new Seeing(4, 4);
    Random random = new Random(5);
    List<StarCalibration.Sample> injected = new ArrayList<>();
    List<StarCalibration.Sample> others = new ArrayList<>();
    for (int i = 0; i < 24_000; i++) {
      double snr = 8 + 17 * random.nextDouble();
      double magnitude = 24 - 2.5 * Math.log10(snr / 10);
      boolean star = i % 4 < 2;
      double r = star ? 0 : reff(magnitude, random);
      ImageD source = seeing.source(r, 0.8, Math.PI * random.nextDouble(), 0, 0);
      seeing
          .seen(source, snr, 0, 0, random)
          .map(b -> new BandSize(b.excess(), b.err() / 2, b.psfErr(), b.sizes(), b.snr()))
          .flatMap(b -> ODDS.logOdds(List.of(b), magnitude, PIXEL))
          .map(odds -> new StarCalibration.Sample(magnitude, odds, star))
          .ifPresent((others.size() < injected.size() ? others : injected)::add);
    }
    StarCalibration calibration = StarCalibration.fit(1, injected);
    double raw = worst(others, StarCalibration.none());
    double mended = worst(others, calibration);
    System.out.printf("CALIBRATED worst bin %.3f, before %.3f%n", mended, raw);
    assertThat(mended).isLessThan(0.05);
    assertThat(raw).isGreaterThan(2 * mended);
  }

  /** Largest difference of probability and frequency in bins of 0.1 with more than 200 sources. */
  private static double worst(List<StarCalibration.Sample> sources, StarCalibration calibration) {
    double[] sum = new double[10];
    int[] stars = new int[10];
    int[] all = new int[10];
    for (StarCalibration.Sample s : sources) {
      double p = StarGalaxyOdds.probability(calibration.calibrated(s.logOdds(), s.magnitude()), 0);
      int bin = Math.min(9, (int) (10 * p));
      sum[bin] += p;
      all[bin]++;
      stars[bin] += s.isStar() ? 1 : 0;
    }
    double worst = 0;
    for (int b = 0; b < 10; b++) {
      if (all[b] > 200) {
        worst = Math.max(worst, Math.abs(stars[b] - sum[b]) / all[b]);
      }
    }
    return worst;
  }

  @Test
  void brightStarsStayStarsWhenThePsfModelIsALittleTooSmall() {
    List<Seeing> bands = List.of(new Seeing(4 * 1.003, 4), new Seeing(4.4 * 1.003, 4.4));
    Random random = new Random(3);
    int galaxies = 0;
    for (int i = 0; i < 200; i++) {
      double magnitude = 17 + 2 * random.nextDouble();
      galaxies += odds(true, 1000, magnitude, bands, random).orElse(-1.0) > 0 ? 0 : 1;
    }
    assertThat(galaxies).isLessThan(4);
  }

  /** A star of S/N 200 that is 30 % too large in one band, and a galaxy of the size of the PSF. */
  @Test
  void oneWildBandDecidesNothing() {
    GalaxySizes sizes = new GalaxySizes(Seeing.psf(4));
    double psf = sizes.psfTrace();
    double err = 0.01 * psf;
    for (int wild = 0; wild < 3; wild++) {
      List<BandSize> star = new ArrayList<>();
      List<BandSize> galaxy = new ArrayList<>();
      for (int b = 0; b < 3; b++) {
        double excess = (b == wild ? 0.3 : 0.004 * (b - 1)) * psf;
        star.add(new BandSize(excess, err, 0.005, sizes, 200));
        double large = b == wild ? 0 : sizes.excess(3);
        galaxy.add(new BandSize(large, err, 0.005, sizes, 200));
      }
      assertThat(ODDS.logOdds(star, 21, PIXEL)).hasValueSatisfying(o -> assertThat(o).isPositive());
      assertThat(ODDS.logOdds(galaxy, 21, PIXEL))
          .hasValueSatisfying(o -> assertThat(o).isNegative());
    }
  }

  @Test
  void galaxySizesAreThoseOfExponentialImages() {
    GalaxySizes sizes = new GalaxySizes(Seeing.psf(4));
    // the PSF without its pixel, because a sampled galaxy has it
    double[] spectrum = SkyScene.spectrum(SkyScene.sampled(SkyScene.moffat(4, 3), 1));
    for (double reff : new double[] {1.3, 2.6, 6}) {
      ImageD profile = SkyScene.sampled(SkyScene.exponential(reff), 9);
      ImageD seen = SkyScene.convolved(spectrum, SkyScene.spectrum(profile), 0, 0);
      double truth = MOMENTS.measure(seen, 0, 0, 2).trace() - sizes.psfTrace();
      assertThat(sizes.excess(reff) / truth).as("radius %s", reff).isCloseTo(1, within(0.03));
    }
  }

  @Test
  void theErrorOfThePsfSizeIsFoundAmongGalaxiesAndNoise() {
    Random random = new Random(4);
    List<Double> ratios = new ArrayList<>();
    List<Double> errs = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      double err = 0.003 + 0.01 * random.nextDouble();
      errs.add(err);
      ratios.add(Math.hypot(err, 0.012) * random.nextGaussian());
    }
    for (int i = 0; i < 20; i++) {
      errs.add(0.01);
      ratios.add(random.nextDouble());
    }
    assertThat(PsfSizeError.of(ratios, errs)).isBetween(0.008, 0.018);
    assertThat(PsfSizeError.of(List.of(), List.of())).isCloseTo(0.005, within(5e-4));
    List<Double> noise = new ArrayList<>();
    for (double err : errs.subList(0, 40)) {
      noise.add(0.5 * err * random.nextGaussian());
    }
    assertThat(PsfSizeError.of(noise, errs.subList(0, 40))).isLessThan(0.005);
  }

  @Test
  void aSourceThatIsTooFaintInAllBandsHasNoOdds() {
    GalaxySizes sizes = new GalaxySizes(Seeing.psf(4));
    assertThat(ODDS.logOdds(List.of(new BandSize(0.1, 1, 0.002, sizes, 2.9)), 25, PIXEL)).isEmpty();
    assertThat(ODDS.logOdds(List.of(), 25, PIXEL)).isEmpty();
    assertThat(ODDS.logOdds(List.of(new BandSize(0.1, 1, 0.002, sizes, 5)), Double.NaN, PIXEL))
        .isPresent();
  }

  /** Sums over pixels of round Gaussians of which the PSF is one. */
  @Test
  void theLikelihoodOfAModelStandsForTheSizeOfTheSource() {
    ImageD psf = SkyScene.stamp(SkyScene.sampled(SkyScene.gaussian(4, 4, 0), 1), HALF);
    GalaxySizes sizes = new GalaxySizes(psf);
    double flux = 500;
    for (double ratio : new double[] {1, 1.05, 1.5, 3}) {
      ImageD seen =
          SkyScene.stamp(SkyScene.sampled(SkyScene.gaussian(4 * ratio, 4 * ratio, 0), 1), HALF);
      double cross = flux * product(seen, psf);
      double snr = cross / Math.sqrt(product(psf, psf));
      double gain = 0.5 * (flux * flux * product(seen, seen) - snr * snr);
      BandSize size = BandSize.ofModel(gain, 0, sizes, snr);
      assertThat(size.excess()).isCloseTo((ratio - 1) * 8, within(0.02));
      double starErr = size.err() * Math.sqrt(8 / (8 + size.excess()));
      assertThat(size.excess() / starErr).isCloseTo(Math.sqrt(2 * gain), within(0.05));
    }
    assertThat(BandSize.ofModel(-3, 0, sizes, 40).excess()).isZero();
    assertThat(BandSize.ofModel(-3, 0, sizes, 40).err()).isCloseTo(8 / 20.0, within(1e-3));
  }

  private static double product(ImageD a, ImageD b) {
    double sum = 0;
    for (int i = 0; i < a.data.length; i++) {
      sum += a.data[i] * b.data[i];
    }
    return sum;
  }

  /** A chi-square of 25 is no galaxy where the PSF's size may be wrong by as much. */
  @Test
  void whatThePsfMayBeWrongByIsNoExtent() {
    GalaxySizes sizes = new GalaxySizes(Seeing.psf(4));
    List<BandSize> sharp = List.of(BandSize.ofModel(12.5, 0.001, sizes, 1000));
    List<BandSize> unsure = List.of(BandSize.ofModel(12.5, 0.01, sizes, 1000));
    assertThat(ODDS.logOdds(sharp, 20, PIXEL).orElseThrow())
        .isLessThan(ODDS.logOdds(unsure, 20, PIXEL).orElseThrow() - 5);
    assertThat(ODDS.logOdds(unsure, 20, PIXEL)).hasValueSatisfying(o -> assertThat(o).isPositive());
  }
}
