package org.starbeam.characterization;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.photometry.VisitZeroPoint;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/**
 * Invented visits of a camera of 5 x 4 detectors, every second one upside down, whose truth is
 * analytic: the pointing is 8 arcsec off and turned, detectors lie up to 20 mas from where the
 * camera file has them, the seeing changes over the field by a tenth as a quadratic function.
 */
class VisitRecoveryTest {
  private static final Box BOX = new Box(0, 0, 1000, 1000);
  private static final double SCALE = 0.2 / 3600;
  private static final SkyPoint BORESIGHT = new SkyPoint(150, 2);

  private final Random random = new Random(2);

  private final class Camera {
    final List<VisitRecovery.Detector> detectors = new ArrayList<>();
    final Map<Integer, TanSip> truth = new TreeMap<>();
    final Map<Integer, VisitRecovery.Shape> psf = new TreeMap<>();
    final Map<Integer, Double> zeroPoint = new TreeMap<>();

    Camera() {
      Gnomonic plane = new Gnomonic(BORESIGHT);
      double turn = Math.toRadians(0.03);
      for (int k = 0; k < 20; k++) {
        double east = (k % 5 - 2) * 1050 * SCALE;
        double north = (k / 5 - 1.5) * 1050 * SCALE;
        double sign = k % 2 == 0 ? 1 : -1;
        TanSip initial = tan(plane, east, north, sign, 0);
        double error = 20e-3 / 3600;
        double e = 1.00002 * (Math.cos(turn) * east - Math.sin(turn) * north) + 8 / 3600.0;
        double n = 1.00002 * (Math.sin(turn) * east + Math.cos(turn) * north) - 3 / 3600.0;
        TanSip real =
            tan(
                plane,
                e + error * (2 * random.nextDouble() - 1),
                n + error * (2 * random.nextDouble() - 1),
                sign,
                turn);
        TanSip fitted = shifted(real, 0.004 * random.nextGaussian(), 0.004 * random.nextGaussian());
        double u = (k % 5 - 2) / 2.5;
        double v = (k / 5 - 1.5) / 2.5;
        VisitRecovery.Shape shape = shape(u, v);
        double zp = 31 + 0.01 * u - 0.005 * v + 0.003 * random.nextGaussian();
        truth.put(k, real);
        psf.put(k, shape);
        zeroPoint.put(k, zp);
        double noise = 1 + 0.01 * random.nextGaussian();
        detectors.add(
            new VisitRecovery.Detector(
                k,
                BOX,
                initial,
                fitted,
                zp + 0.003 * random.nextGaussian(),
                new VisitRecovery.Shape(
                    noise * shape.xx(),
                    noise * shape.yy(),
                    noise * shape.xy(),
                    noise * shape.area()),
                corrections(1.02 + 0.005 * random.nextGaussian())));
      }
    }

    /** The same without models, as a first pass leaves it. */
    void lose(int number, boolean wcs, boolean zp, boolean psf, boolean corrections) {
      VisitRecovery.Detector d = detectors.get(number);
      detectors.set(
          number,
          new VisitRecovery.Detector(
              number,
              BOX,
              d.initial(),
              wcs ? null : d.wcs(),
              zp ? Double.NaN : d.zeroPoint(),
              psf ? null : d.psf(),
              corrections ? ApertureCorrections.none() : d.corrections()));
    }

    VisitRecovery.Recovered recovered(int number) {
      return new VisitRecovery(VisitRecovery.Config.defaults())
          .recover(detectors).stream()
              .filter(r -> r.detector() == number)
              .findFirst()
              .orElseThrow();
    }
  }

  private static TanSip tan(Gnomonic plane, double east, double north, double sign, double turn) {
    SkyPoint middle = plane.deproject(Math.toRadians(east), Math.toRadians(north));
    double c = sign * SCALE * Math.cos(turn);
    double s = sign * SCALE * Math.sin(turn);
    return TanSip.tan(middle, 499.5, 499.5, new double[] {-c, -s, -s, c});
  }

  private static TanSip shifted(TanSip wcs, double eastArcsec, double northArcsec) {
    SkyPoint c = wcs.center();
    double cos = Math.cos(Math.toRadians(c.decDeg()));
    return TanSip.tan(
        new SkyPoint(c.raDeg() + eastArcsec / 3600 / cos, c.decDeg() + northArcsec / 3600),
        499.5,
        499.5,
        cd(wcs));
  }

  private static double[] cd(TanSip wcs) {
    double[] j = wcs.jacobian(499.5, 499.5);
    return new double[] {j[0] / 3600, j[1] / 3600, j[2] / 3600, j[3] / 3600};
  }

  /** A Moffat profile of exponent 3 in the detector's frame, which a half turn does not change. */
  private static VisitRecovery.Shape shape(double u, double v) {
    double fwhm = 3.6 * (1 + 0.03 * u - 0.02 * v + 0.05 * (u * u + v * v));
    MoffatPsf psf = new MoffatPsf(fwhm, 3, 0.02 + 0.02 * u, -0.01 + 0.02 * v, 12);
    double[] m = psf.shape(0, 0);
    return new VisitRecovery.Shape(m[0], m[1], m[2], psf.nEff(0, 0));
  }

  private static ApertureCorrections corrections(double factor) {
    return new ApertureCorrections(
        List.of(
            new ApertureCorrection(
                "psfFlux",
                Chebyshev2D.constant(BOX, factor),
                new double[][] {{1e-6}},
                List.of(new int[] {0, 0}),
                30,
                0.002)));
  }

  private static double worstMas(TanSip a, TanSip b) {
    double worst = 0;
    for (double[] p : new double[][] {{0, 0}, {999, 0}, {0, 999}, {999, 999}, {500, 500}}) {
      SkyPoint s = a.toSky(p[0], p[1]);
      SkyPoint t = b.toSky(p[0], p[1]);
      worst =
          Math.max(
              worst, 1000 * Angles.separationArcsec(s.raDeg(), s.decDeg(), t.raDeg(), t.decDeg()));
    }
    return worst;
  }

  @Test
  void detectorsWithoutModelsGetThemFromTheirVisit() {
    Camera camera = new Camera();
    camera.lose(3, true, true, false, false);
    camera.lose(11, true, true, true, true);
    camera.lose(19, false, false, false, true);
    List<VisitRecovery.Recovered> all =
        new VisitRecovery(VisitRecovery.Config.defaults()).recover(camera.detectors);
    assertThat(all).extracting(VisitRecovery.Recovered::detector).containsExactly(3, 11, 19);
    assertThat(camera.recovered(3).models()).containsExactly(FrameModel.WCS, FrameModel.ZERO_POINT);
    assertThat(camera.recovered(11).models()).isEqualTo(Set.of(FrameModel.values()));
    assertThat(camera.recovered(19).models()).containsExactly(FrameModel.APERTURE_CORRECTIONS);
    for (int k : new int[] {3, 11}) {
      assertThat(worstMas(camera.recovered(k).wcs(), camera.truth.get(k))).isLessThan(60);
    }
    VisitRecovery.Shape found = camera.recovered(11).psf();
    VisitRecovery.Shape truth = camera.psf.get(11);
    assertThat((found.xx() + found.yy()) / (truth.xx() + truth.yy())).isBetween(0.92, 1.08);
    ApertureCorrections corrections = camera.recovered(11).corrections();
    assertThat(corrections.all().get(0).evaluate(10, 900)).isBetween(1.015, 1.025);
  }

  /** 100 trials, each another visit and detector; as the specification asks. */
  @Test
  void aWrongMatchIsFoundAndRepairedInEveryTrial() {
    for (int trial = 0; trial < 100; trial++) {
      Camera camera = new Camera();
      int k = random.nextInt(20);
      double angle = 2 * Math.PI * random.nextDouble();
      VisitRecovery.Detector d = camera.detectors.get(k);
      TanSip wrong = shifted(camera.truth.get(k), 20 * Math.cos(angle), 20 * Math.sin(angle));
      camera.detectors.set(
          k,
          new VisitRecovery.Detector(
              k, BOX, d.initial(), wrong, d.zeroPoint(), d.psf(), d.corrections()));
      List<VisitRecovery.Recovered> all =
          new VisitRecovery(VisitRecovery.Config.defaults()).recover(camera.detectors);
      assertThat(all).as("trial %d", trial).hasSize(1);
      assertThat(all.get(0).detector()).isEqualTo(k);
      assertThat(all.get(0).models()).containsExactly(FrameModel.WCS);
      assertThat(all.get(0).why().get(0)).startsWith("WCS is ");
      assertThat(worstMas(all.get(0).wcs(), camera.truth.get(k))).isLessThan(60);
    }
  }

  @Test
  void aVisitWithoutBrokenDetectorsStaysAsItIs() {
    for (int trial = 0; trial < 20; trial++) {
      assertThat(new VisitRecovery(VisitRecovery.Config.defaults()).recover(new Camera().detectors))
          .isEmpty();
    }
  }

  @Test
  void zeroPointAndSizeThatAreFarOffAreReplaced() {
    Camera camera = new Camera();
    VisitRecovery.Detector d = camera.detectors.get(7);
    VisitRecovery.Shape s = d.psf();
    camera.detectors.set(
        7,
        new VisitRecovery.Detector(
            7,
            BOX,
            d.initial(),
            d.wcs(),
            d.zeroPoint() - 0.8,
            new VisitRecovery.Shape(2 * s.xx(), 2 * s.yy(), 2 * s.xy(), 2 * s.area()),
            d.corrections()));
    VisitRecovery.Recovered found = camera.recovered(7);
    assertThat(found.models()).containsExactly(FrameModel.PSF, FrameModel.ZERO_POINT);
    assertThat(found.why()).hasSize(2);
    assertThat(found.psf().xx() / camera.psf.get(7).xx()).isBetween(0.92, 1.08);
  }

  @Test
  void oneGoodDetectorOfManyIsNotEnough() {
    Camera camera = new Camera();
    for (int k = 1; k < 20; k++) {
      camera.lose(k, true, true, true, true);
    }
    assertThat(new VisitRecovery(VisitRecovery.Config.defaults()).recover(camera.detectors))
        .isEmpty();
  }

  @Test
  void aDetectorWithoutStarsHasTheZeroPointOfItsVisit() {
    Camera camera = new Camera();
    List<VisitZeroPoint.Star> stars = new ArrayList<>();
    for (int k = 0; k < 20; k++) {
      for (int i = 0; i < 40 && k != 3 && k != 11; i++) {
        SkyPoint p =
            camera.truth.get(k).toSky(1000 * random.nextDouble(), 1000 * random.nextDouble());
        double electrons = 1e5 * (1 + random.nextDouble());
        double reference = electrons * Math.pow(10, (31.4 - camera.zeroPoint.get(k)) / 2.5);
        stars.add(
            new VisitZeroPoint.Star(
                k,
                p.raDeg(),
                p.decDeg(),
                electrons * (1 + 0.01 * random.nextGaussian()),
                0.01 * electrons,
                reference * (1 + 0.02 * random.nextGaussian()),
                0.02 * reference));
      }
    }
    VisitZeroPoint.Fit fit = new VisitZeroPoint().fit(stars, BORESIGHT, 700);
    for (int k : new int[] {3, 11}) {
      double found = fit.at(k, camera.truth.get(k).toSky(499.5, 499.5));
      assertThat(found - camera.zeroPoint.get(k)).isBetween(-0.010, 0.010);
    }
  }

  @Test
  void theProfileHasTheMomentsAndTheAreaThatWereAskedFor() {
    for (double exponent : new double[] {2, 3, 4.5}) {
      MoffatPsf truth = new MoffatPsf(3.4, exponent, 0.1, -0.05, 20);
      double[] m = truth.shape(0, 0);
      MoffatPsf found = MoffatPsf.of(m[0], m[1], m[2], truth.nEff(0, 0), 20);
      ImageD kernel = found.kernelImage(0, 0);
      AdaptiveMoments.Result r = new AdaptiveMoments().measure(kernel, 0, 0, 1.5);
      assertThat(r.xx() / m[0]).isBetween(0.995, 1.005);
      assertThat(r.yy() / m[1]).isBetween(0.995, 1.005);
      assertThat(found.nEff(0, 0) / truth.nEff(0, 0)).isBetween(0.995, 1.005);
      double worst = 0;
      ImageD wanted = truth.kernelImage(0, 0);
      for (int i = 0; i < wanted.data.length; i++) {
        worst = Math.max(worst, Math.abs(wanted.data[i] - kernel.data[i]));
      }
      assertThat(worst).isLessThan(0.01 * wanted.get(0, 0));
    }
  }
}
