package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;
import org.starbeam.testing.StampPsf;

class CramerRaoTest {
  private static final int POINTS = 9;

  @Test
  void errorOfThePsfFluxIsThatOfTheUnweightedEstimator() {
    for (JsonNode c : Shared.vector("char-cramer-rao").get("cases")) {
      ImageD psf = psf(c.get("psf").asText());
      double flux = c.get("flux").asDouble();
      MaskedImage image = new MaskedImage(psf.box());
      double squares = 0;
      for (int i = 0; i < psf.data.length; i++) {
        image.image().data[i] = (float) (flux * psf.data[i]);
        image.variance().data[i] = (float) (c.get("sky_var").asDouble() + flux * psf.data[i]);
        squares += psf.data[i] * psf.data[i];
      }
      PsfFlux.Result r = PsfFlux.fit(image, psf, 0);
      double expected = c.get("sigma_flux_unweighted").asDouble();
      assertThat(1 / squares)
          .isCloseTo(c.get("n_eff").asDouble(), within(1e-3 * c.get("n_eff").asDouble()));
      assertThat(r.err()).isCloseTo(expected, within(1e-3 * expected));
      assertThat(r.flux()).isCloseTo(flux, within(1e-6 * flux));
      assertThat(r.err()).isGreaterThan(c.get("sigma_flux_optimal").asDouble());
    }
  }

  @Test
  void aHundredthOfThePsfIsNoMeasurement() {
    ImageD psf = psf("gauss2");
    MaskedImage image = new MaskedImage(new Box(0, 0, 80, 80));
    image.variance().fill(1);
    StampPsf model = new StampPsf(psf, new double[] {4, 4, 0});
    MeasurementFrame frame = new MeasurementFrame(image, model);
    for (int y = 0; y < 80; y++) {
      for (int x = 0; x < 45; x++) {
        image.mask().set(x, y, MaskPlanes.NO_DATA);
      }
    }
    MeasuredSource outside = MeasuredSource.at(40, 40);
    new PsfFlux().measure(frame, outside);
    assertThat(outside.get(Fields.PSF_FLUX)).isNaN();
    assertThat(outside.flag("psfFlux_flag")).isTrue();
    MeasuredSource cut = MeasuredSource.at(44, 40);
    new PsfFlux().measure(frame, cut);
    assertThat(cut.get(Fields.PSF_FLUX)).isFinite();
    assertThat(cut.get(Fields.err(Fields.PSF_FLUX))).isLessThan(100);
  }

  private static ImageD psf(String name) {
    ImageD out = new ImageD(Box.around(0, 0, 30));
    double total = 0;
    for (int y = -30; y <= 30; y++) {
      for (int x = -30; x <= 30; x++) {
        double sum = 0;
        for (int k = 0; k < POINTS * POINTS; k++) {
          double dx = x + (k % POINTS - POINTS / 2) / (double) POINTS;
          double dy = y + (k / POINTS - POINTS / 2) / (double) POINTS;
          double r2 = dx * dx + dy * dy;
          sum +=
              name.equals("moffat")
                  ? Math.pow(1 + r2 / 9, -3)
                  : Math.exp(-0.5 * r2 / Math.pow(Double.parseDouble(name.substring(5)), 2));
        }
        out.set(x, y, sum);
        total += sum;
      }
    }
    for (int i = 0; i < out.data.length; i++) {
      out.data[i] /= total;
    }
    return out;
  }
}
