package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.testing.Shared;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Pairs of four galaxies of GAMA as KiDS saw them, made as small as half-light radii of 3 pixels
 * and put behind seeing of 4 pixels, in three bands of opposite colours: what a blend does to the
 * fluxes and colours that the same Sersic fit finds of each alone. Three times the goals for Sersic
 * galaxies are allowed (specs/04 section 9).
 */
class RealBlendsTest {
  private static final String[] NAMES = {"G265911", "G266662", "G267489", "G278109"};
  private static final double[][] COLOURS = {{0.5, 1, 1.4}, {1.2, 1, 0.7}};
  private static final int TRIALS = Boolean.getBoolean("starbeam.full") ? 20 : 2;
  private static final int HALF = 30;
  private static final double NJY = 3;
  private static final ImageD SEEING = new MoffatPsf(4, 3, 0, 0, 20).kernelImage(0, 0);
  private static final ModelFitter FITTER = new ModelFitter(ModelFitter.Config.defaults(0.2));
  private static final List<Galaxy> GALAXIES =
      Arrays.stream(NAMES).map(RealBlendsTest::read).toList();

  /**
   * @param image of unit flux about (0, 0)
   * @param psf of its stamp behind the seeing
   * @param alone flux of a fit without noise
   */
  private record Galaxy(ImageD image, PsfMixture psf, EllipseShape seen, double alone) {
    double flux(double snr) {
      return snr / Math.sqrt(Arrays.stream(image.toArray()).map(v -> v * v).sum());
    }
  }

  private static ImageF fits(String name, String what) {
    try (FitsReader reader =
        FitsReader.open(Shared.path("data/galaxies-kids-sdss/KiDS_" + name + what + ".fits.gz"))) {
      return reader.readFloats(reader.firstImage());
    }
  }

  private static Galaxy read(String name) {
    ImageF light = fits(name, "fitim");
    ImageF segment = fits(name, "segim");
    Box box = light.box();
    int cx = box.x0() + box.width() / 2;
    int cy = box.y0() + box.height() / 2;
    float own = segment.get(cx, cy);
    int reach = Math.min(box.width(), box.height()) / 2 - 1;
    ImageD clean = new ImageD(Box.around(0, 0, reach));
    for (int y = -reach; y <= reach; y++) {
      for (int x = -reach; x <= reach; x++) {
        clean.set(x, y, pixel(light, segment, own, cx, cy, x, y));
      }
    }
    int bin = Math.max(1, (int) Math.rint(halfLight(clean) / 3));
    ImageD small = normed(folded(binned(clean, bin, HALF)));
    ImageF psf = fits(name, "psfim");
    ImageD centred = new ImageD(Box.around(0, 0, psf.box().width() / 2));
    for (int y = centred.box().y0(); y < centred.box().y1(); y++) {
      for (int x = centred.box().x0(); x < centred.box().x1(); x++) {
        int u = psf.box().x0() + psf.box().width() / 2 + x;
        int v = psf.box().y0() + psf.box().height() / 2 + y;
        centred.set(x, y, psf.box().contains(u, v) ? Math.max(0, psf.get(u, v)) : 0);
      }
    }
    PsfMixture mixture = PsfMixtureFitter.fit(normed(folded(binned(centred, bin, 22))));
    return described(small, mixture);
  }

  /** A pixel, or that on the other side of the centre where another source is. */
  private static double pixel(
      ImageF light, ImageF segment, float own, int cx, int cy, int x, int y) {
    float id = segment.get(cx + x, cy + y);
    int side = id == 0 || id == own ? 1 : -1;
    float other = segment.get(cx + side * x, cy + side * y);
    return other == 0 || other == own ? light.get(cx + side * x, cy + side * y) : 0;
  }

  private static double halfLight(ImageD image) {
    int reach = image.box().x1() - 1;
    double[] rings = new double[reach + 1];
    for (int y = -reach; y <= reach; y++) {
      for (int x = -reach; x <= reach; x++) {
        int r = (int) Math.rint(Math.hypot(x, y));
        if (r <= reach) {
          rings[r] += image.get(x, y);
        }
      }
    }
    double total = Arrays.stream(rings).sum();
    double sum = 0;
    int r = 0;
    while (sum < total / 2) {
      sum += rings[r++];
    }
    return r;
  }

  /** Sums of bin x bin pixels, the middle one centred. */
  private static ImageD binned(ImageD from, int bin, int half) {
    ImageD out = new ImageD(Box.around(0, 0, half));
    for (int y = from.box().y0(); y < from.box().y1(); y++) {
      for (int x = from.box().x0(); x < from.box().x1(); x++) {
        int u = Math.floorDiv(x + bin / 2, bin);
        int v = Math.floorDiv(y + bin / 2, bin);
        if (out.box().contains(u, v)) {
          out.set(u, v, out.get(u, v) + from.get(x, y));
        }
      }
    }
    return out;
  }

  private static ImageD folded(ImageD from) {
    ImageD out = new ImageD(from.box());
    Box seeing = SEEING.box();
    for (int y = from.box().y0(); y < from.box().y1(); y++) {
      for (int x = from.box().x0(); x < from.box().x1(); x++) {
        double value = from.get(x, y);
        for (int v = Math.max(seeing.y0(), from.box().y0() - y);
            v < Math.min(seeing.y1(), from.box().y1() - y);
            v++) {
          for (int u = Math.max(seeing.x0(), from.box().x0() - x);
              u < Math.min(seeing.x1(), from.box().x1() - x);
              u++) {
            out.set(x + u, y + v, out.get(x + u, y + v) + value * SEEING.get(u, v));
          }
        }
      }
    }
    return out;
  }

  private static ImageD normed(ImageD image) {
    double sum = Arrays.stream(image.toArray()).sum();
    for (int i = 0; i < image.data.length; i++) {
      image.data[i] /= sum;
    }
    return image;
  }

  private static Galaxy described(ImageD image, PsfMixture psf) {
    AdaptiveMoments.Result m = new AdaptiveMoments().measure(image, 0, 0, 2);
    EllipseShape seen = EllipseShape.ofMoments(m.xx(), m.xy(), m.yy());
    ModelTarget target = new ModelTarget(0, 0, seen, new double[] {1e4}, 1000);
    ModelFitter.PixelSource source =
        (b, box) -> pixels(image.toArray(), image.box(), box, psf, 1e-4);
    ModelFit alone = FITTER.fit(1, source, image.box(), List.of(target)).get(0).get(Model.SERSIC);
    assertThat(alone).isNotNull();
    assertThat(alone.fluxes()[0]).as("flux of the stamp").isBetween(0.9, 1.15);
    return new Galaxy(image, psf, seen, alone.fluxes()[0]);
  }

  private static BandPixels pixels(double[] data, Box all, Box box, PsfMixture psf, double sigma) {
    double[] values = new double[box.area()];
    double[] weight = new double[values.length];
    double[] variance = new double[values.length];
    Arrays.fill(weight, 1 / (sigma * sigma));
    Arrays.fill(variance, sigma * sigma);
    int p = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        values[p++] = data[(y - all.y0()) * all.width() + x - all.x0()];
      }
    }
    return new BandPixels(box, values, weight, variance, psf, NoiseCorrelation.white());
  }

  @ParameterizedTest
  @CsvSource({"1.1, 1, 0.045, 0.045", "0.8, 1, 0.09, 0.09", "1.1, 4, 0.12, 0.12"})
  void blendsChangeFluxesAndColoursByThreeTimesTheGoalsAtMost(
      double separation, double ratio, double fluxLimit, double colourLimit) {
    Sample flux = new Sample();
    Sample colour = new Sample();
    Random random = new Random(9);
    for (int pair = 0; pair < 16; pair++) {
      Galaxy one = GALAXIES.get(pair / 4);
      Galaxy two = GALAXIES.get(pair % 4);
      for (int trial = 0; trial < (pair / 4 == pair % 4 ? 0 : TRIALS); trial++) {
        double angle = 2 * Math.PI * random.nextDouble();
        int x = (int) Math.rint(4 * separation * Math.cos(angle));
        int y = (int) Math.rint(4 * separation * Math.sin(angle));
        double[][] fluxes = new double[2][3];
        double[][] data = new double[3][];
        for (int b = 0; b < 3; b++) {
          fluxes[0][b] = one.flux(100) * COLOURS[0][b];
          fluxes[1][b] = (ratio == 1 ? two.flux(100) : one.flux(100) / ratio) * COLOURS[1][b];
          data[b] = scene(one, two, x, y, fluxes[0][b], fluxes[1][b], random);
        }
        List<Map<Model, ModelFit>> fits =
            FITTER.fit(
                3,
                (b, box) -> pixels(data[b], one.image.box(), box, one.psf, 1),
                one.image.box(),
                List.of(
                    target(one, 0, 0, 170, fluxes[0]), target(two, x, y, 170 / ratio, fluxes[1])));
        List<Galaxy> members = new ArrayList<>(List.of(one, two));
        for (int m = ratio == 1 ? 0 : 1; m < 2; m++) {
          double[] found = fits.get(m).get(Model.SERSIC).fluxes();
          double alone = members.get(m).alone;
          flux.add(found[1] / (fluxes[m][1] * alone) - 1);
          colour.add(2.5 * Math.log10(found[0] / found[2] / (fluxes[m][0] / fluxes[m][2])));
        }
      }
    }
    System.out.printf(
        "RealBlendsTest: %.1f FWHM, ratio %.0f: flux %s, colour %s%n",
        separation, ratio, flux, colour);
    assertThat(flux.surely()).isLessThan(fluxLimit);
    assertThat(colour.surely()).isLessThan(colourLimit);
  }

  private static ModelTarget target(Galaxy galaxy, int x, int y, double snr, double[] fluxes) {
    double[] njy = Arrays.stream(fluxes).map(f -> NJY * f).toArray();
    return new ModelTarget(x + 0.2, y - 0.1, galaxy.seen, njy, snr);
  }

  private static double[] scene(
      Galaxy one, Galaxy two, int x, int y, double first, double second, Random random) {
    ImageD out = new ImageD(one.image.box());
    for (int v = out.box().y0(); v < out.box().y1(); v++) {
      for (int u = out.box().x0(); u < out.box().x1(); u++) {
        double other = two.image.box().contains(u - x, v - y) ? two.image.get(u - x, v - y) : 0;
        out.set(u, v, first * one.image.get(u, v) + second * other + random.nextGaussian());
      }
    }
    return out.toArray();
  }
}
