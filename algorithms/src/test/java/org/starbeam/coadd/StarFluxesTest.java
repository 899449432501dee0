package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.NoiseCorrelation;

/** Stars without noise through a PSF of another width and shape in every band. */
class StarFluxesTest {
  private static final Box BOX = new Box(500, 700, 141, 141);
  private static final double FLUX = 20_000;

  private static CoaddBand band(String name, PsfModel psf, double x, double y, double flux) {
    MaskedImage image = new MaskedImage(BOX);
    image.variance().fill(1);
    ImageD stamp = psf.image(x, y);
    Box in = stamp.box().intersect(BOX);
    for (int v = in.y0(); v < in.y1(); v++) {
      for (int u = in.x0(); u < in.x1(); u++) {
        image.image().set(u, v, (float) (flux * stamp.get(u, v)));
      }
    }
    double inAperture = lightInside(12, psf.kernelImage(x, y));
    return new CoaddBand(name, image, psf, (u, v) -> inAperture, NoiseCorrelation.white());
  }

  /** Light within a radius in pixels, each pixel in 20 x 20 parts. */
  private static double lightInside(double radius, ImageD stamp) {
    double sum = 0;
    for (int v = stamp.box().y0(); v < stamp.box().y1(); v++) {
      for (int u = stamp.box().x0(); u < stamp.box().x1(); u++) {
        int in = 0;
        for (int k = 0; k < 400; k++) {
          double du = u + (k % 20 - 9.5) / 20;
          double dv = v + (k / 20 - 9.5) / 20;
          in += du * du + dv * dv <= radius * radius ? 1 : 0;
        }
        sum += stamp.get(u, v) * in / 400;
      }
    }
    return sum;
  }

  private static MergedParent parent(int x, int y, int radius) {
    boolean[] map = new boolean[BOX.area()];
    for (int v = -radius; v <= radius; v++) {
      for (int u = -radius; u <= radius; u++) {
        map[(y + v - BOX.y0()) * BOX.width() + x + u - BOX.x0()] = u * u + v * v <= radius * radius;
      }
    }
    MergedPeak peak = new MergedPeak(x, y, 100, List.of("g", "r", "i"));
    return new MergedParent(SpanSet.ofMap(map, BOX).runs(), List.of(peak), 0, List.of());
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "0.5, 0.5", "0.3, -0.4"})
  void everyEstimatorFindsTheSameFlux(double dx, double dy) {
    double x = 570 + dx;
    double y = 770 + dy;
    for (double beta : new double[] {3, 4.765}) {
      List<CoaddBand> bands = new ArrayList<>();
      bands.add(band("g", new MoffatPsf(5, beta, 0.05, 0.02, 25), x, y, 0.5 * FLUX));
      bands.add(band("r", new MoffatPsf(4, beta, -0.03, 0.04, 22), x, y, FLUX));
      bands.add(band("i", new MoffatPsf(3.5, beta, 0, 0, 20), x, y, 1.5 * FLUX));
      MeasuredObject star =
          new ObjectMeasurer(ObjectMeasurer.Config.defaults())
              .measure(
                  bands, List.of(parent(570, 770, 20)), List.of(), 1, ObjectMeasurer.Observer.NONE)
              .get(0);
      for (int b = 0; b < bands.size(); b++) {
        String name = bands.get(b).band();
        double truth = (b + 1) * 0.5 * FLUX;
        for (MeasuredSource source : List.of(star.forced().get(name), star.free().get(name))) {
          double flux = source.get(Fields.PSF_FLUX);
          assertThat(flux).isBetween(0.97 * truth, truth);
          fluxes(star, name, source)
              .forEach(
                  (estimator, found) ->
                      assertThat(found)
                          .as("%s in %s, beta %s", estimator, name, beta)
                          .isCloseTo(flux, within(0.001 * flux)));
        }
        double kron = star.forced().get(name).get(Fields.KRON_FLUX);
        double psfFlux = star.forced().get(name).get(Fields.PSF_FLUX);
        assertThat(kron)
            .as("Kron in %s, beta %s", name, beta)
            .isCloseTo(psfFlux, within(0.003 * psfFlux));
        assertThat(star.forced().get(name).x()).isEqualTo(star.reference().x());
        assertThat(star.forced().get(name).y()).isEqualTo(star.reference().y());
        assertThat(star.reference().x()).isCloseTo(x, within(1e-3));
        assertThat(star.reference().y()).isCloseTo(y, within(1e-3));
      }
    }
  }

  /** All that are made for stars; GAaP where the PSF leaves room for the aperture. */
  private static Map<String, Double> fluxes(
      MeasuredObject star, String band, MeasuredSource source) {
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("aperture", source.get(Fields.aperture(12)));
    out.put("calibration", source.get(Fields.CALIB_FLUX));
    out.put("composite", source.get(CoaddModels.C_MODEL_FLUX));
    int index = new ArrayList<>(star.forced().keySet()).indexOf(band);
    out.put("point", star.models().get(Model.POINT).fluxes()[index]);
    List<GaapFlux> gaap = new ArrayList<>(star.gaap().get(band).circular());
    assertThat(gaap).noneMatch(GaapFlux::isFailed);
    gaap.add(star.gaap().get(band).psf());
    gaap.add(star.gaap().get(band).optimal());
    for (GaapFlux flux : gaap) {
      if (!flux.bigPsf()) {
        out.put("GAaP " + out.size(), flux.flux());
      }
    }
    return out;
  }
}
