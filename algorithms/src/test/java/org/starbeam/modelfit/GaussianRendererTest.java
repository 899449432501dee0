package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.testing.Shared;

class GaussianRendererTest {
  private static final Box BOX = new Box(-20, -20, 60, 60);

  @Test
  void valuesAndDerivativesAreThoseOfTheVector() {
    for (JsonNode c : Shared.vector("objects-gaussian-render").path("cases")) {
      double flux = c.path("flux").asDouble();
      EllipseShape shape =
          new EllipseShape(
              c.path("sigma_x").asDouble(), c.path("sigma_y").asDouble(), c.path("rho").asDouble());
      JsonNode p = c.path("psf_cov");
      PsfMixture psf =
          PsfMixture.exact(
              new PsfMixture.Component(
                  1,
                  EllipseShape.ofMoments(
                      p.get(0).get(0).asDouble(),
                      p.get(0).get(1).asDouble(),
                      p.get(1).get(1).asDouble())));
      double[][] planes = new double[6][BOX.area()];
      new GaussianRenderer(BOX)
          .add(
              planes,
              c.path("cen").get(0).asDouble(),
              c.path("cen").get(1).asDouble(),
              SersicMixture.ONE,
              shape,
              psf);
      for (JsonNode pixel : c.path("pixels")) {
        int at =
            (pixel.path("y").asInt() - BOX.y0()) * BOX.width() + pixel.path("x").asInt() - BOX.x0();
        JsonNode wanted = pixel.path("grad_flux_cx_cy_sigx_sigy_rho");
        near(flux * planes[0][at], pixel.path("value").asDouble());
        near(planes[0][at], wanted.get(0).asDouble());
        near(flux * planes[1][at], wanted.get(1).asDouble());
        near(flux * planes[2][at], wanted.get(2).asDouble());
        double sx = shape.sigmaX();
        double sy = shape.sigmaY();
        near(
            flux * (2 * sx * planes[3][at] + shape.rho() * sy * planes[4][at]),
            wanted.get(3).asDouble());
        near(
            flux * (2 * sy * planes[5][at] + shape.rho() * sx * planes[4][at]),
            wanted.get(4).asDouble());
        near(flux * sx * sy * planes[4][at], wanted.get(5).asDouble());
      }
    }
  }

  private static void near(double found, double wanted) {
    assertThat(found).isCloseTo(wanted, within(1e-9 * Math.abs(wanted) + 1e-11));
  }

  @Test
  void aRowLongerThanTheRecurrenceIsExact() {
    Box box = new Box(0, 0, 600, 3);
    double[][] planes = new double[1][box.area()];
    EllipseShape shape = new EllipseShape(60, 50, -0.3);
    PsfMixture psf = PsfMixture.exact(new PsfMixture.Component(1, new EllipseShape(2, 2, 0)));
    new GaussianRenderer(box).add(planes, 300.3, 1.2, SersicMixture.ONE, shape, psf);
    double xx = 3604;
    double yy = 2504;
    double xy = -900;
    double det = xx * yy - xy * xy;
    for (int x = 0; x < 600; x += 7) {
      double dx = x - 300.3;
      double dy = 2 - 1.2;
      double exponent = (yy * dx * dx - 2 * xy * dx * dy + xx * dy * dy) / det / 2;
      double wanted = Math.exp(-exponent) / (2 * Math.PI * Math.sqrt(det));
      assertThat(planes[0][2 * 600 + x]).isCloseTo(wanted, within(1e-11 * wanted));
    }
  }
}
