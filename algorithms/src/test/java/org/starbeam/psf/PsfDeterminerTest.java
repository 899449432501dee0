package org.starbeam.psf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.measurement.PsfFlux;
import org.starbeam.testing.Shared;

class PsfDeterminerTest {
  private static final int FRAMES = Integer.getInteger("starbeam.s1Frames", 5);

  /** The determiner that a configuration names, with its defaults. */
  private static PsfDeterminer of(PsfDeterminer.Kind kind) {
    PsfDeterminer.Config defaults = PsfDeterminer.Config.defaults();
    return PsfDeterminer.of(
        kind == PsfDeterminer.Kind.PSFEX ? defaults : defaults.withPiff(defaults.piff()));
  }

  private static PsfDeterminer piff(PiffPsf.Model model, PiffPsf.Interpolation interpolation) {
    PsfDeterminer.Config defaults = PsfDeterminer.Config.defaults();
    return PsfDeterminer.of(defaults.withPiff(defaults.piff().with(model, interpolation)));
  }

  /** Errors of a model over a grid of places: {mean dT/T, rms, mean de1, mean de2, rms de}. */
  private static double[] errors(S1Frame frame, PsfModel model) {
    AdaptiveMoments moments = new AdaptiveMoments();
    double[] s = new double[6];
    int n = 0;
    for (int i = 0; i < 49; i++) {
      double x = 64 + 149.0 * (i % 7);
      double y = 64 + 149.0 * (i / 7);
      double fx = x + 0.37 * (i % 3) - 0.3;
      double fy = y + 0.29 * (i % 4) - 0.4;
      AdaptiveMoments.Result t = moments.measure(frame.truePsf(x, y, fx, fy, 30), fx, fy, 1.5);
      AdaptiveMoments.Result m = moments.measure(model.image(fx, fy), fx, fy, 1.5);
      double dt = m.trace() / t.trace() - 1;
      s[0] += dt;
      s[1] += dt * dt;
      s[2] += m.e1() - t.e1();
      s[3] += m.e2() - t.e2();
      s[4] += Math.pow(m.e1() - t.e1(), 2) + Math.pow(m.e2() - t.e2(), 2);
      s[5] = Math.max(s[5], Math.hypot(m.x() - t.x(), m.y() - t.y()));
      n++;
    }
    return new double[] {
      s[0] / n,
      Math.sqrt(Math.max(0, s[1] / n - s[0] * s[0] / n / n)),
      s[2] / n,
      s[3] / n,
      Math.sqrt(s[4] / (2 * n)),
      s[5]
    };
  }

  /** Pulls of aperture-corrected PSF fluxes of isolated stars of S/N 50 to 200. */
  private static List<Double> pulls(S1Frame frame, PsfModel model) {
    double ratios = 0;
    double weights = 0;
    List<double[]> fluxes = new ArrayList<>();
    for (S1Frame.Star s : frame.stars) {
      if (s.isolated() && s.snr() > 50) {
        PsfFlux.Result r = PsfFlux.fit(frame.image, model.image(s.x(), s.y()), 0);
        if (s.snr() > 100) {
          double w = 1 / (Math.pow(r.err() / r.flux(), 2) + 1.6e-5);
          ratios += w * s.flux() / r.flux();
          weights += w;
        }
        if (s.snr() < 200) {
          fluxes.add(new double[] {r.flux(), r.err(), s.flux()});
        }
      }
    }
    double correction = ratios / weights;
    return fluxes.stream().map(f -> (correction * f[0] - f[2]) / (correction * f[1])).toList();
  }

  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void sizeAndShapeOfS1FramesAreThoseOfTheTruth(PsfDeterminer.Kind kind) {
    double[] sum = new double[6];
    for (int seed = 1; seed <= FRAMES; seed++) {
      S1Frame frame = new S1Frame(seed);
      double[] e = errors(frame, model(of(kind), frame, seed));
      for (int k = 0; k < sum.length; k++) {
        sum[k] += e[k] / FRAMES;
      }
    }
    assertThat(Math.abs(sum[0])).isLessThan(0.003);
    assertThat(sum[1]).isLessThan(0.006);
    assertThat(Math.abs(sum[2])).isLessThan(5e-4);
    assertThat(Math.abs(sum[3])).isLessThan(5e-4);
    assertThat(sum[4]).isLessThan(0.0035);
  }

  private static PsfModel model(PsfDeterminer determiner, S1Frame frame, int seed) {
    List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
    return determiner
        .fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 3.6)
        .model();
  }

  /** Of the stars that made the model, which samples without a prior fit with their noise. */
  @Test
  void fluxesOfStarsAreAsGoodAsTheirErrors() {
    List<Double> pulls = new ArrayList<>();
    for (int seed = 1; seed <= FRAMES; seed++) {
      S1Frame frame = new S1Frame(seed);
      pulls.addAll(pulls(frame, model(of(PsfDeterminer.Kind.PSFEX), frame, seed)));
    }
    double mean = pulls.stream().mapToDouble(p -> p).average().orElseThrow();
    double sd =
        Math.sqrt(pulls.stream().mapToDouble(p -> (p - mean) * (p - mean)).sum() / pulls.size());
    assertThat(mean).isBetween(-0.3, 0.3);
    assertThat(sd).isBetween(0.93, 1.07);
  }

  /** Fifty stars of S/N 50 to 250, and sizes that differ by a percent from side to side. */
  @Test
  void aSlowVariationIsSeenByFewFaintStars() {
    PsfDeterminer determiner = of(PsfDeterminer.Kind.PSFEX);
    double left = 0;
    double constant = 0;
    for (int seed = 1; seed <= FRAMES; seed++) {
      S1Frame frame = new S1Frame(seed, 1, 100, 60, 250, 0.25);
      List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
      StampSet stamps = StampSet.of(frame.image, training, StampSet.Config.defaults());
      left += Math.pow(errors(frame, determiner.fit(stamps, 3.6).model())[1], 2);
      PsfModel mean = new MoffatPsf(3.6, 3, 0.02, -0.01, 12);
      constant += Math.pow(errors(frame, mean)[1], 2);
    }
    assertThat(Math.sqrt(left / constant)).isLessThan(0.62);
  }

  /**
   * Bright stars behind wings as those of real telescopes and of the atmosphere. Where the wings
   * reach beyond the model, as with an exponent of 2, a percent of the light is taken for
   * background.
   */
  @ParameterizedTest
  @ValueSource(doubles = {2, 2.5, 4.765})
  void theWingsAreThoseOfTheStars(double beta) {
    PsfDeterminer determiner = of(PsfDeterminer.Kind.PSFEX);
    MoffatPsf truth = new MoffatPsf(3.2, beta, 0, 0, 60);
    Random random = new Random(7);
    MaskedImage image = new MaskedImage(new Box(0, 0, 500, 500));
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] = (float) (20 * random.nextGaussian());
    }
    image.variance().fill(400);
    List<StampSet.Star> stars = new ArrayList<>();
    for (int k = 0; k < 49; k++) {
      double x = 40 + 70 * (k % 7) + random.nextDouble();
      double y = 40 + 70 * (k / 7) + random.nextDouble();
      double flux = 1e4 * Math.pow(10, random.nextDouble());
      ImageD light = truth.image(x, y);
      Box box = light.box().intersect(image.box());
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          float d = image.image().get(u, v);
          image.image().set(u, v, (float) (d + flux * light.get(u, v)));
        }
      }
      stars.add(new StampSet.Star(k, x, y, flux));
    }
    StampSet.Config config = new StampSet.Config(15, 0.5, 0, 0);
    PsfModel model = determiner.fit(StampSet.of(image, stars, config), 3.2).model();
    ImageD found = model.kernelImage(250, 250);
    ImageD known = truth.kernelImage(250, 250);
    double whole = inside(known, 12.5);
    for (double radius : new double[] {3.5, 6.5, 9.5}) {
      assertThat(inside(found, radius))
          .as("light within %s pixels", radius)
          .isCloseTo(inside(known, radius) / whole, within(0.015));
    }
  }

  private static double inside(ImageD image, double radius) {
    double sum = 0;
    for (int y = image.box().y0(); y < image.box().y1(); y++) {
      for (int x = image.box().x0(); x < image.box().x1(); x++) {
        sum += x * x + y * y <= radius * radius ? image.get(x, y) : 0;
      }
    }
    return sum;
  }

  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void doesNotDependOnTheOrderOfTheStars(PsfDeterminer.Kind kind) {
    PsfDeterminer determiner = of(kind);
    S1Frame frame = new S1Frame(3, 1, 60, 0);
    List<StampSet.Star> training = frame.trainingStars(50, new Random(3));
    PsfModel a =
        determiner.fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 3.6).model();
    List<StampSet.Star> shuffled = new ArrayList<>(training);
    Collections.shuffle(shuffled, new Random(9));
    PsfModel b =
        determiner.fit(StampSet.of(frame.image, shuffled, StampSet.Config.defaults()), 3.6).model();
    assertThat(b.image(300.3, 700.8).data).isEqualTo(a.image(300.3, 700.8).data);
  }

  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void eightStarsGiveAConstantModelAndAFlag(PsfDeterminer.Kind kind) {
    PsfDeterminer determiner = of(kind);
    S1Frame frame = new S1Frame(5, 1, 60, 0);
    List<StampSet.Star> training = frame.trainingStars(50, new Random(3)).subList(0, 8);
    PsfFit fit =
        determiner.fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 3.6);
    double[] e = errors(frame, fit.model());
    assertThat(fit.degree()).isZero();
    assertThat(fit.flags()).containsExactly(PsfFit.Flag.LOW_STARS);
    assertThat(Math.abs(e[0])).isLessThan(0.03);
  }

  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void fewStarsGiveAMoffatAndNoneThePriorSeeing(PsfDeterminer.Kind kind) {
    PsfDeterminer determiner = of(kind);
    S1Frame frame = new S1Frame(5, 1, 60, 0);
    List<StampSet.Star> training = frame.trainingStars(50, new Random(3));
    for (int n = 0; n < 4; n++) {
      PsfFit fit =
          determiner.fit(
              StampSet.of(frame.image, training.subList(0, n), StampSet.Config.defaults()), 3);
      assertThat(fit.flags())
          .contains(n == 0 ? PsfFit.Flag.FROM_PRIOR : PsfFit.Flag.MOFFAT_FROM_STARS);
      assertThat(sum(fit.model().image(10.2, 20.7))).isBetween(0.999999, 1.000001);
      if (n > 0) {
        assertThat(Math.abs(errors(frame, fit.model())[0])).isLessThan(0.1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void sharpSeeingIsFittedOnAFinerGrid(PsfDeterminer.Kind kind) {
    PsfDeterminer determiner = of(kind);
    double mean = 0;
    for (int seed = 1; seed <= 3; seed++) {
      S1Frame frame = new S1Frame(seed, 2.2 / 3.6, 100, 60);
      List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
      PsfFit fit =
          determiner.fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 2.2);
      double[] e = errors(frame, fit.model());
      mean += e[0] / 3;
    }
    assertThat(Math.abs(mean)).isLessThan(0.006);
  }

  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void contaminantsHardlyChangeTheSize(PsfDeterminer.Kind kind) {
    PsfDeterminer determiner = of(kind);
    double change = 0;
    for (int seed = 1; seed <= 2 * FRAMES; seed++) {
      S1Frame frame = new S1Frame(seed);
      List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
      PsfModel clean =
          determiner
              .fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 3.6)
              .model();
      Random random = new Random(100 + seed);
      for (int i = 0; i < training.size(); i += 5) {
        StampSet.Star s = training.get(i);
        double angle = 2 * Math.PI * random.nextDouble();
        double distance = 2 + 3 * random.nextDouble();
        ImageD companion =
            frame.truePsf(
                s.x(),
                s.y(),
                s.x() + distance * Math.cos(angle),
                s.y() + distance * Math.sin(angle),
                20);
        double flux = s.flux() * (0.1 + 0.4 * random.nextDouble());
        for (int y = companion.box().y0(); y < companion.box().y1(); y++) {
          for (int x = companion.box().x0(); x < companion.box().x1(); x++) {
            if (frame.image.box().contains(x, y)) {
              float d = frame.image.image().get(x, y);
              frame.image.image().set(x, y, (float) (d + flux * companion.get(x, y)));
            }
          }
        }
      }
      PsfModel dirty =
          determiner
              .fit(StampSet.of(frame.image, training, StampSet.Config.defaults()), 3.6)
              .model();
      change += (errors(frame, dirty)[0] - errors(frame, clean)[0]) / (2 * FRAMES);
    }
    assertThat(Math.abs(change)).isLessThan(0.003);
  }

  /** Twenty stars: a profile with polynomials beside one that is the same everywhere. */
  @Test
  void aProfileVariesWithTwentyStars() {
    double left = 0;
    double constant = 0;
    int stars = 0;
    for (int seed = 1; seed <= 2 * FRAMES; seed++) {
      S1Frame frame = new S1Frame(seed, 1, 26, 50);
      List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
      StampSet stamps = StampSet.of(frame.image, training, StampSet.Config.defaults());
      PsfFit fit = piff(PiffPsf.Model.MOFFAT, PiffPsf.Interpolation.POLYNOMIAL).fit(stamps, 3.6);
      PsfFit mean = piff(PiffPsf.Model.MOFFAT, PiffPsf.Interpolation.MEAN).fit(stamps, 3.6);
      left += Math.pow(errors(frame, fit.model())[1], 2);
      constant += Math.pow(errors(frame, mean.model())[1], 2);
      stars += training.size();
    }
    assertThat(stars).isLessThan(20 * 2 * FRAMES);
    assertThat(Math.sqrt(left / constant)).isLessThan(0.5);
  }

  /** Where the profile is the true one it is the better model, by what the samples' noise costs. */
  @Test
  void theTrueProfileIsTheBestModel() {
    double size = 0;
    double shape = 0;
    for (int seed = 1; seed <= FRAMES; seed++) {
      S1Frame frame = new S1Frame(seed);
      List<StampSet.Star> training = frame.trainingStars(50, new Random(seed));
      StampSet stamps = StampSet.of(frame.image, training, StampSet.Config.defaults());
      PsfDeterminer moffat = piff(PiffPsf.Model.MOFFAT, PiffPsf.Interpolation.POLYNOMIAL);
      double[] e = errors(frame, moffat.fit(stamps, 3.6).model());
      size += e[0] / FRAMES;
      shape += e[4] / FRAMES;
    }
    assertThat(Math.abs(size)).isLessThan(0.001);
    assertThat(shape).isLessThan(0.0025);
  }

  /** A PSF of DECam as PSFEx found it, sampled by sixty stars. */
  @ParameterizedTest
  @EnumSource(PsfDeterminer.Kind.class)
  void aRealPsfIsFoundAgain(PsfDeterminer.Kind kind) {
    PsfModel truth = decam();
    Random random = new Random(11);
    MaskedImage image = new MaskedImage(new Box(0, 0, 1024, 1024));
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] = (float) (20 * random.nextGaussian());
    }
    image.variance().fill(400);
    List<StampSet.Star> stars = new ArrayList<>();
    for (int k = 0; k < 64; k++) {
      double x = 64 + 128 * (k % 8) + 20 * random.nextDouble();
      double y = 64 + 128 * (k / 8) + 20 * random.nextDouble();
      double flux = 2e5 * Math.pow(10, random.nextDouble());
      ImageD light = truth.image(x, y);
      Box box = light.box().intersect(image.box());
      for (int v = box.y0(); v < box.y1(); v++) {
        for (int u = box.x0(); u < box.x1(); u++) {
          float d = image.image().get(u, v);
          image.image().set(u, v, (float) (d + flux * light.get(u, v)));
        }
      }
      stars.add(new StampSet.Star(k, x, y, flux));
    }
    StampSet stamps = StampSet.of(image, stars, new StampSet.Config(20, 0.5, 0, 0));
    PsfModel model = of(kind).fit(stamps, 4.3).model();
    AdaptiveMoments moments = new AdaptiveMoments();
    double[] sum = new double[3];
    for (int i = 0; i < 49; i++) {
      double x = 64 + 149.0 * (i % 7) + 0.37 * (i % 3);
      double y = 64 + 149.0 * (i / 7) + 0.29 * (i % 4);
      AdaptiveMoments.Result t = moments.measure(truth.image(x, y), x, y, 1.8);
      AdaptiveMoments.Result m = moments.measure(model.image(x, y), x, y, 1.8);
      sum[0] += (m.trace() / t.trace() - 1) / 49;
      sum[1] += (m.e1() - t.e1()) / 49;
      sum[2] += (m.e2() - t.e2()) / 49;
    }
    assertThat(Math.abs(sum[0])).isLessThan(0.003);
    assertThat(Math.abs(sum[1])).isLessThan(5e-4);
    assertThat(Math.abs(sum[2])).isLessThan(5e-4);
  }

  /** A .psf whose header cards are columns. */
  private static PsfModel decam() {
    FitsTable row;
    try (FitsReader reader =
        FitsReader.open(
            Shared.path(
                "data/psf-models/legacypipe_c4d_150329_083320_ooi_r_ls9-N11-psfex.fits.gz"))) {
      row = reader.readTable(reader.hdu(1));
    }
    Map<String, Object> header = new LinkedHashMap<>();
    for (String key : List.of("POLNAXIS", "POLDEG1", "PSFAXIS1", "PSFAXIS2")) {
      header.put(key, (int) row.longs(key.toLowerCase(Locale.ROOT))[0]);
    }
    for (String key : List.of("POLZERO1", "POLZERO2", "POLSCAL1", "POLSCAL2", "PSF_SAMP")) {
      header.put(key, row.doubles(key.toLowerCase(Locale.ROOT))[0]);
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("PSF_MASK", row.column("psf_mask", float[][].class));
    return PsfModels.fromTable(new FitsTable("PSF_DATA", header, columns));
  }

  private static double sum(ImageD image) {
    double sum = 0;
    for (double v : image.data) {
      sum += v;
    }
    return sum;
  }
}
