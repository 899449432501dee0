package org.starbeam.gaap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.starbeam.image.Box;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;
import org.starbeam.testing.Shared;
import org.starbeam.testing.SkyScene;
import org.starbeam.testing.StampPsf;
import org.starbeam.warp.NoiseCorrelation;

/** The exact values of {@code objects-gaap.json}. */
class GaapVectorTest {
  private static final int HALF = 32;

  private static double[] covariance(JsonNode m) {
    return new double[] {
      m.get(0).get(0).doubleValue(), m.get(1).get(1).doubleValue(), m.get(0).get(1).doubleValue()
    };
  }

  @TestFactory
  List<DynamicTest> gaussianSourcesHaveTheFluxOfTheClosedForm() {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode c : Shared.vector("objects-gaap").get("gaussian_cases")) {
      tests.add(DynamicTest.dynamicTest(c.get("name").textValue(), () -> gaussianCase(c)));
    }
    return tests;
  }

  private static void gaussianCase(JsonNode c) {
    double[] s = covariance(c.get("S"));
    double[] p = covariance(c.get("psf"));
    double[] w = covariance(c.get("W"));
    double flux = c.get("flux").doubleValue();
    ImageD psf = SkyScene.sampled(SkyScene.gaussian(p[0], p[1], p[2]), 1);
    ImageD seen = SkyScene.sampled(SkyScene.gaussian(s[0] + p[0], s[1] + p[1], s[2] + p[2]), 1);
    GaapPhotometer photometer =
        new GaapPhotometer(GaapPhotometer.Config.defaults().withSigmas(List.of()));
    Aperture aperture = new Aperture(w[0], w[1], w[2]);
    CellDuals duals =
        photometer
            .band(NoiseCorrelation.white())
            .cell(new StampPsf(SkyScene.stamp(psf, 25), p), 0, 0);
    GaapFlux found =
        photometer
            .measure(
                SkyScene.masked(seen, flux),
                0,
                0,
                duals,
                aperture,
                duals.matched(),
                LightModel.NONE,
                LightModel.NONE)
            .optimal();
    assertThat(found.bigPsf()).isEqualTo(c.get("expected_flag_bigPsf").booleanValue());
    if (found.bigPsf()) {
      assertThat(found.flux()).isNaN();
    } else {
      double expected = c.get("expected_flux").doubleValue();
      assertThat(found.flux() / expected).isCloseTo(1, within(1e-6));
      double sum = c.get("expected_sum_u2").doubleValue();
      assertThat(found.err() * found.err() / sum).isCloseTo(1, within(1e-4));
    }
  }

  @TestFactory
  List<DynamicTest> moffatPsfsAreDividedOut() {
    List<DynamicTest> tests = new ArrayList<>();
    for (JsonNode c : Shared.vector("objects-gaap").get("moffat_dual_weight")) {
      String name =
          "FWHM %s beta %s sigma %s"
              .formatted(c.get("moffat_fwhm_pix"), c.get("beta"), c.get("sigma_w_pix"));
      tests.add(DynamicTest.dynamicTest(name, () -> moffatCase(c)));
    }
    return tests;
  }

  private static void moffatCase(JsonNode c) {
    ImageD psf =
        SkyScene.sampled(
            SkyScene.moffat(c.get("moffat_fwhm_pix").doubleValue(), c.get("beta").doubleValue()),
            5);
    Aperture w = Aperture.circular(c.get("sigma_w_pix").doubleValue());
    FourierGrid grid = new FourierGrid(SkyScene.N);
    double[] white = new NoiseSpectrum(NoiseCorrelation.white()).on(grid);
    PsfQuotient quotient = new PsfQuotient(grid, psf, white, 1e-4);
    ImageD whole = quotient.weights(w, null, 0, 0, SkyScene.N / 2 - 1)[0].pixels();
    ImageD u = quotient.weights(w, null, 0, 0, HALF)[0].pixels();
    double squares = 0;
    double outside = 0;
    double least = 0;
    for (int y = whole.box().y0(); y < whole.box().y1(); y++) {
      for (int x = whole.box().x0(); x < whole.box().x1(); x++) {
        double value = whole.get(x, y);
        squares += value * value;
        least = Math.min(least, value);
        outside += u.box().contains(x, y) ? 0 : Math.abs(value);
      }
    }
    assertThat(squares / c.get("sum_u2").doubleValue()).isCloseTo(1, within(1e-4));
    assertThat(u.get(0, 0)).isCloseTo(c.get("u_center").doubleValue(), within(1e-5));
    assertThat(least).isCloseTo(c.get("u_min").doubleValue(), within(1e-5));
    double given = c.get("sum_u_abs_outside_stamp65").doubleValue();
    assertThat(outside).isCloseTo(given, within(2e-3 * given + 1e-4));
    assertThat(dot(u, psf)).isCloseTo(1, within(1e-6));
    double[] p = SkyScene.spectrum(psf);
    for (JsonNode g : c.get("galaxies")) {
      ImageD profile =
          SkyScene.sampled(SkyScene.exponential(g.get("reff_exp_pix").doubleValue()), 7);
      double before = g.get("F_W_pre_seeing").doubleValue();
      assertThat(SkyScene.truth(profile, w)).isCloseTo(before, within(1e-7));
      double found = dot(u, SkyScene.convolved(SkyScene.spectrum(profile), p, 0, 0));
      assertThat(found / before).isCloseTo(1, within(1.05e-6));
    }
  }

  private static double dot(ImageD u, ImageD image) {
    double sum = 0;
    Box box = u.box();
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        sum += u.get(x, y) * image.get(x, y);
      }
    }
    return sum;
  }
}
