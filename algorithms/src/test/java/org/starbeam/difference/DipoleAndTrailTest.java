package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.difference.AlardLuptonSolver.Stamp;
import org.starbeam.difference.ImageSubtractor.Difference;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;

/** Stars that have moved between template and visit, sources that move during the exposure. */
class DipoleAndTrailTest {
  private static final double SCIENCE_PSF = 2.0;
  private static final double TEMPLATE_PSF = 1.6;
  private static final double FLUX = 4200;

  private static MaskedImage noise(int size, double sigma, Random random) {
    MaskedImage out = new MaskedImage(new Box(0, 0, size, size));
    for (int i = 0; i < size * size; i++) {
      out.image().data[i] = (float) (sigma * random.nextGaussian());
      out.variance().data[i] = (float) (sigma * sigma);
    }
    return out;
  }

  private static void add(MaskedImage to, double x, double y, double flux, double sigma) {
    ImageD p = new GaussianPsf(sigma).image(x, y);
    Box box = p.box().intersect(to.box());
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        to.image().data[to.image().index(u, v)] += (float) (flux * p.get(u, v));
      }
    }
  }

  /** 36 stars of S/N 50 on a difference, all displaced by (dx, dy), among 64 that stay. */
  private record Moved(Exposure science, Difference difference, List<double[]> places) {
    static Moved by(double dx, double dy) {
      return by(dx, dy, 21);
    }

    static Moved by(double dx, double dy, long seed) {
      Random random = new Random(seed);
      MaskedImage science = noise(600, 10, random);
      MaskedImage template = noise(600, 4, random);
      List<Stamp> stamps = new ArrayList<>();
      List<double[]> places = new ArrayList<>();
      for (int i = 0; i < 100; i++) {
        double x = 30 + 60 * (i % 10) + random.nextDouble();
        double y = 30 + 60 * (i / 10) + random.nextDouble();
        boolean moves = i % 10 > 1 && i % 10 < 8 && i / 10 > 1 && i / 10 < 8;
        double flux = moves ? FLUX : 2e4;
        add(template, x, y, flux, TEMPLATE_PSF);
        add(science, x + (moves ? dx : 0), y + (moves ? dy : 0), flux, SCIENCE_PSF);
        if (moves) {
          places.add(new double[] {x, y});
        } else {
          stamps.add(new Stamp(i, (int) Math.rint(x), (int) Math.rint(y)));
        }
      }
      Exposure visit = new Exposure(science, new GaussianPsf(SCIENCE_PSF));
      Difference difference =
          new ImageSubtractor(ImageSubtractor.Config.defaults())
              .subtract(visit, new Exposure(template, new GaussianPsf(TEMPLATE_PSF)), stamps);
      return new Moved(visit, difference, places);
    }
  }

  @Test
  void lobesAtThirdsToThreeSigmasHaveTheirFluxAndSeparation() {
    for (double sigmas : new double[] {0.3, 0.6, 1, 2, 3}) {
      double dx = 0.8 * sigmas * SCIENCE_PSF;
      double dy = 0.6 * sigmas * SCIENCE_PSF;
      Moved moved = Moved.by(dx, dy);
      double flux = 0;
      double along = 0;
      int n = 0;
      for (double[] p : moved.places) {
        DipoleFit.Dipole fit =
            DipoleFit.of(
                moved.difference, moved.science, p[0] + dx / 2, p[1] + dy / 2, SCIENCE_PSF, 0);
        if (fit != null) {
          flux += fit.meanFlux() / FLUX;
          along += 0.8 * (fit.x0() - fit.x1()) + 0.6 * (fit.y0() - fit.y1());
          n++;
        }
      }
      assertThat(n).as("fits at %s sigma", sigmas).isGreaterThanOrEqualTo(35);
      assertThat(flux / n).as("flux at %s sigma", sigmas).isCloseTo(1, within(0.05));
      assertThat(along / n)
          .as("separation at %s sigma, pixels", sigmas)
          .isCloseTo(sigmas * SCIENCE_PSF, within(0.05));
    }
  }

  @Test
  void errorsOfTheLobesAreTheirScatter() {
    List<Double> mean = new ArrayList<>();
    List<Double> change = new ArrayList<>();
    for (long seed = 1; seed <= 6; seed++) {
      double dx = seed;
      Moved moved = Moved.by(dx, 1, seed);
      for (double[] p : moved.places) {
        DipoleFit.Dipole fit =
            DipoleFit.of(
                moved.difference, moved.science, p[0] + dx / 2, p[1] + 0.5, SCIENCE_PSF, 0.01);
        if (fit != null) {
          mean.add((fit.meanFlux() - FLUX) / fit.meanFluxErr());
          change.add(fit.fluxDifference() / fit.fluxDifferenceErr());
        }
      }
    }
    assertThat(mean).hasSizeGreaterThan(205);
    assertThat(rms(mean)).as("pulls of the mean flux").isCloseTo(1, within(0.15));
    assertThat(rms(change)).as("pulls of the difference").isCloseTo(1, within(0.15));
  }

  private static double rms(List<Double> pulls) {
    return Math.sqrt(pulls.stream().mapToDouble(p -> p * p).average().orElseThrow());
  }

  @Test
  void lobesOfOneStarAreADipoleAndALoneSourceIsNone() {
    Moved moved = Moved.by(3, 1);
    int dipoles = 0;
    for (double[] p : moved.places) {
      DipoleFit.Dipole fit =
          DipoleFit.of(moved.difference, moved.science, p[0] + 1.5, p[1] + 0.5, SCIENCE_PSF, 0);
      dipoles += fit != null && fit.isDipole() ? 1 : 0;
    }
    assertThat(dipoles).as("of 36, 5 % of which the probability may reject").isGreaterThan(30);
    MaskedImage pixels = moved.difference.image();
    add(pixels, 300.2, 57.3, 9000, SCIENCE_PSF);
    DipoleFit.Dipole alone =
        DipoleFit.of(moved.difference, moved.science, 300.2, 57.3, SCIENCE_PSF, 0);
    assertThat(alone == null || !alone.isDipole()).isTrue();
  }

  /** A segment as the sum of 400 point sources. */
  private static MaskedImage trail(double length, double angle, double flux, long seed) {
    MaskedImage out = noise(121, 10, new Random(seed));
    for (int k = 0; k < 400; k++) {
      double t = length * ((k + 0.5) / 400 - 0.5);
      add(out, 60.3 + t * Math.cos(angle), 59.6 + t * Math.sin(angle), flux / 400, SCIENCE_PSF);
    }
    return out;
  }

  private static TrailFit.Trail fit(MaskedImage image, double length, double angle) {
    double s2 = SCIENCE_PSF * SCIENCE_PSF;
    double extent = length * length / 12;
    double cos = Math.cos(angle);
    double sin = Math.sin(angle);
    double[] moments = {s2 + extent * cos * cos, s2 + extent * sin * sin, extent * cos * sin};
    return TrailFit.of(
        image, 60.3, 59.6, moments, new GaussianPsf(SCIENCE_PSF).image(60.3, 59.6), SCIENCE_PSF);
  }

  @Test
  void aSegmentHasItsLengthAngleAndFlux() {
    for (double length : new double[] {3, 6, 12, 30}) {
      double angle = 0.7;
      double flux = 30000;
      TrailFit.Trail found = fit(trail(length, angle, flux, 4), length, angle);
      assertThat(found).isNotNull();
      assertThat(found.length()).isCloseTo(length, within(0.1 * length));
      assertThat(found.length()).isCloseTo(length, within(4 * found.lengthErr()));
      assertThat(Math.sin(found.angle() - angle))
          .as("end of the trail, pixels across")
          .isCloseTo(0, within(0.4 / length));
      assertThat(found.flux()).isCloseTo(flux, within(0.03 * flux));
      assertThat(found.x()).isCloseTo(60.3, within(0.1));
      assertThat(found.y()).isCloseTo(59.6, within(0.1));
      assertThat(found.isMoving()).as("length %s", length).isTrue();
      assertThat(found.edge()).isFalse();
    }
  }

  @Test
  void aPointSourceDoesNotMove() {
    int moving = 0;
    for (int seed = 0; seed < 40; seed++) {
      TrailFit.Trail found = fit(trail(0, 0, 20000, 100 + seed), 0.5, 0);
      moving += found != null && found.isMoving() ? 1 : 0;
    }
    assertThat(moving).as("1 %% of 40 by chance").isLessThanOrEqualTo(2);
  }

  @Test
  void pixelsWithoutValuesAreLeftOut() {
    MaskedImage image = trail(12, 0.7, 30000, 4);
    int at = image.image().index(62, 61);
    image.image().data[at] = Float.NaN;
    image.mask().data[image.mask().index(58, 58)] |= MaskPlanes.SAT;
    image.image().data[image.image().index(58, 58)] = 1e7f;
    TrailFit.Trail found = fit(image, 12, 0.7);
    assertThat(found).isNotNull();
    assertThat(found.length()).isCloseTo(12, within(1.2));
    for (int i = 0; i < image.mask().data.length; i++) {
      image.mask().data[i] |= MaskPlanes.NO_DATA;
    }
    assertThat(fit(image, 12, 0.7)).isNull();
  }
}
