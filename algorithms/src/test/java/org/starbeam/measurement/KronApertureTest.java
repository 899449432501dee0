package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

class KronApertureTest {
  private static final double[] PSF = {4, 4, 0};

  private static MaskedImage gaussian(double x0, double y0, double[] m, double flux) {
    MaskedImage image = new MaskedImage(Box.around(0, 0, 60));
    double det = m[0] * m[1] - m[2] * m[2];
    for (int y = -60; y <= 60; y++) {
      for (int x = -60; x <= 60; x++) {
        double dx = x - x0;
        double dy = y - y0;
        double rho2 = (m[1] * dx * dx - 2 * m[2] * dx * dy + m[0] * dy * dy) / det;
        double value = flux * Math.exp(-0.5 * rho2) / (2 * Math.PI * Math.sqrt(det));
        image.image().set(x, y, (float) value);
      }
    }
    image.variance().fill(1);
    return image;
  }

  @Test
  void areasOfPixelsAddUpToTheEllipse() {
    Random random = new Random(3);
    for (int trial = 0; trial < 20; trial++) {
      double q = Math.exp(1.5 * random.nextGaussian());
      double angle = Math.PI * random.nextDouble();
      double c = Math.cos(angle);
      double s = Math.sin(angle);
      EllipseOverlap ellipse =
          new EllipseOverlap(c * c * q + s * s / q, c * s * (q - 1 / q), s * s * q + c * c / q);
      double radius = 0.3 + 6 * random.nextDouble();
      double x0 = random.nextDouble();
      double y0 = random.nextDouble();
      double area = 0;
      for (int y = -120; y <= 120; y++) {
        for (int x = -120; x <= 120; x++) {
          double part = ellipse.area(x - x0, y - y0, radius);
          assertThat(part).isBetween(-1e-12, 1 + 1e-12);
          area += part;
        }
      }
      assertThat(area).isCloseTo(Math.PI * radius * radius, within(1e-9));
    }
  }

  @Test
  void aCircleIsTheCircleOfTheCircularApertures() {
    EllipseOverlap round = new EllipseOverlap(1, 0, 1);
    for (double r : new double[] {0.4, 1, 2.7, 5}) {
      for (int y = -6; y <= 6; y++) {
        for (int x = -6; x <= 6; x++) {
          assertThat(round.area(x - 0.3, y + 0.2, r))
              .isCloseTo(CircleOverlap.area(x - 0.3, y + 0.2, r), within(1e-12));
        }
      }
    }
  }

  /** Of a Gaussian R is sqrt(pi/2) sigma, and 2.5 R hold 1 - exp(-(2.5^2 pi / 4)) of the light. */
  @Test
  void radiusAndFluxOfGaussiansAreThoseOfTheIntegrals() {
    double inside = 1 - Math.exp(-KronAperture.FACTOR * KronAperture.FACTOR * Math.PI / 4);
    for (double[] m : new double[][] {{9, 9, 0}, {25, 9, 6}, {9, 16, -7}}) {
      MaskedImage image = gaussian(0.3, -0.2, m, 5000);
      KronAperture kron = KronAperture.of(image, 0.3, -0.2, m, PSF, 100);
      double sigma = Math.pow(m[0] * m[1] - m[2] * m[2], 0.25);
      assertThat(kron.radius()).isCloseTo(Math.sqrt(Math.PI / 2) * sigma, within(0.004 * sigma));
      KronAperture.Result flux = kron.measure(image, 0.3, -0.2);
      assertThat(flux.flux()).isCloseTo(5000 * inside, within(8.0));
      double border = KronAperture.FACTOR * kron.radius();
      assertThat(flux.err()).isCloseTo(Math.sqrt(Math.PI) * border, within(0.05 * border));
      assertThat(flux.truncated() || flux.noData()).isFalse();
    }
  }

  @Test
  void theRadiusStaysBetweenThePsfsAndTheLimit() {
    double[] narrow = {2, 2, 0};
    KronAperture small = KronAperture.of(gaussian(0, 0, narrow, 100), 0, 0, narrow, PSF, 100);
    assertThat(small.radius()).isEqualTo(KronAperture.psfRadius(PSF));
    assertThat(small.usedMinimumRadius()).isTrue();
    double[] wide = {100, 100, 0};
    KronAperture large = KronAperture.of(gaussian(0, 0, wide, 100), 0, 0, wide, PSF, 7);
    assertThat(large.radius()).isEqualTo(7);
  }

  @Test
  void whatIsNotASourceGetsThePsfsApertureAndSaysSo() {
    for (float sky : new float[] {0.3f, 3}) {
      MaskedImage negative = gaussian(0, 0, PSF, 100);
      for (int i = 0; i < negative.image().data.length; i++) {
        int dx = i % 121 - 60;
        negative.image().data[i] -= Math.abs(dx) > 4 ? sky : 0;
      }
      KronAperture without = KronAperture.of(negative, 0, 0, PSF, PSF, 100);
      assertThat(without.badRadius()).isTrue();
      assertThat(without.radius()).isEqualTo(KronAperture.psfRadius(PSF));
    }
    double[] none = {Double.NaN, 4, 0};
    KronAperture shapeless = KronAperture.of(gaussian(0, 0, PSF, 100), 0, 0, none, PSF, 100);
    assertThat(shapeless.badShape()).isTrue();
    assertThat(shapeless.radius()).isEqualTo(KronAperture.psfRadius(PSF));
  }

  @Test
  void anApertureThatLosesPixelsHasNoFlux() {
    MaskedImage image = gaussian(0, 0, PSF, 100);
    KronAperture kron = KronAperture.of(image, 0, 0, PSF, PSF, 100);
    assertThat(kron.measure(image, 57, 0).truncated()).isTrue();
    assertThat(kron.measure(image, 57, 0).flux()).isNaN();
    image.mask().set(3, 0, MaskPlanes.NO_DATA);
    assertThat(kron.measure(image, 0, 0).noData()).isTrue();
    image.image().set(2, 1, Float.NaN);
    assertThat(kron.measure(image, 0, 0).flux()).isNaN();
  }
}
