package org.starbeam.cosmicray;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.testing.Shared;

class GradientCosmicRayFinderTest {
  private static final GradientCosmicRayFinder FINDER =
      new GradientCosmicRayFinder(GradientCosmicRayFinder.Config.defaults());

  private static MaskedImage vectorFrame(JsonNode vector) {
    MaskedImage out = new MaskedImage(new Box(0, 0, 40, 40));
    double[] value = new double[1600];
    long s = 777;
    for (int i = 0; i < 1600; i++) {
      double sum = 0;
      for (int k = 0; k < 4; k++) {
        s = (1664525L * s + 1013904223L) & 0xffffffffL;
        sum += s / 4294967296.0;
      }
      value[i] = 20 * Math.sqrt(3) * (sum - 2);
    }
    for (JsonNode star : vector.get("stars")) {
      double sigma = 1.5;
      for (int i = 0; i < 1600; i++) {
        double dx = i % 40 - star.get(0).asDouble();
        double dy = i / 40 - star.get(1).asDouble();
        value[i] +=
            star.get(2).asDouble()
                / (2 * Math.PI * sigma * sigma)
                * Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
      }
    }
    for (JsonNode added : vector.get("added_row_col_electrons")) {
      value[added.get(0).asInt() * 40 + added.get(1).asInt()] += added.get(2).asDouble();
    }
    for (int i = 0; i < 1600; i++) {
      out.image().data[i] = (float) value[i];
      out.variance().data[i] = (float) (Math.max(value[i], 0) + 400);
    }
    return out;
  }

  private static TreeSet<String> pixels(List<SpanSet> events) {
    TreeSet<String> out = new TreeSet<>();
    for (SpanSet event : events) {
      for (int i = 0; i < event.size(); i++) {
        for (int x = event.x0(i); x < event.x1(i); x++) {
          out.add(event.y(i) + "," + x);
        }
      }
    }
    return out;
  }

  @Test
  void findsExactlyThePixelsOfTheVector() {
    JsonNode vector = Shared.vector("char-cosmic-ray");
    CosmicRays found = FINDER.find(vectorFrame(vector), PsfFalloff.gaussian(1.5));
    TreeSet<String> expected = new TreeSet<>();
    for (JsonNode p : vector.get("flagged_row_col")) {
      expected.add(p.get(0).asInt() + "," + p.get(1).asInt());
    }
    assertThat(pixels(found.events())).isEqualTo(expected);
    assertThat(found.tooMany()).isFalse();
  }

  @Test
  void turnsWithTheFrame() {
    MaskedImage in = vectorFrame(Shared.vector("char-cosmic-ray"));
    MaskedImage turned = new MaskedImage(in.box());
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 40; x++) {
        turned.image().set(y, 39 - x, in.image().get(x, y));
        turned.variance().set(y, 39 - x, in.variance().get(x, y));
      }
    }
    MaskI expected = new MaskI(in.box());
    FINDER.find(in, PsfFalloff.gaussian(1.5)).setMask(expected);
    MaskI found = new MaskI(in.box());
    FINDER.find(turned, PsfFalloff.gaussian(1.5)).setMask(found);
    for (int y = 0; y < 40; y++) {
      for (int x = 0; x < 40; x++) {
        assertThat(found.get(y, 39 - x)).isEqualTo(expected.get(x, y));
      }
    }
  }

  @Test
  void badSaturatedMissingAndNotFinitePixelsAreNeverHitNorSpread() {
    MaskedImage in = blank(60, 5);
    int[] planes = {MaskPlanes.BAD, MaskPlanes.SAT, MaskPlanes.NO_DATA, MaskPlanes.INTRP, 0};
    for (int k = 0; k < planes.length; k++) {
      in.image().set(10 + 10 * k, 30, k == 4 ? Float.NaN : 50_000);
      in.mask().set(10 + 10 * k, 30, planes[k]);
    }
    assertThat(FINDER.find(in, PsfFalloff.gaussian(1.5)).events()).isEmpty();
  }

  @Test
  void tooManyHitsVoidThePass() {
    MaskedImage in = blank(60, 6);
    for (int y = 2; y < 58; y += 4) {
      for (int x = 2; x < 58; x += 4) {
        in.image().set(x, y, 3000);
      }
    }
    CosmicRays found = FINDER.find(in, PsfFalloff.gaussian(1.5));
    assertThat(found.tooMany()).isTrue();
    assertThat(found.events()).isEmpty();
    assertThat(found.candidatePixels()).isGreaterThanOrEqualTo(196);
  }

  private static MaskedImage blank(int size, long seed) {
    MaskedImage out = new MaskedImage(new Box(0, 0, size, size));
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < size * size; i++) {
      out.image().data[i] = (float) (20 * random.nextGaussian());
      out.variance().data[i] = 400;
    }
    return out;
  }

  /** Gaussian stars of a field, sky 400 e-, read noise 6 e-: none of 500 may lose a core pixel. */
  @Test
  void starsAreNotHitForPsfGuessesWithinTwentyPercent() {
    SplittableRandom random = new SplittableRandom(11);
    int size = 1000;
    double variance = 436;
    for (double fwhm : new double[] {2.0, 2.5, 3.6, 6.0}) {
      double sigma = fwhm / 2.3548;
      MaskedImage in = new MaskedImage(new Box(0, 0, size, size));
      double[] model = new double[size * size];
      List<int[]> cores = new ArrayList<>();
      for (int k = 0; k < 400; k++) {
        double x = 25 + k % 20 * 50 + random.nextDouble();
        double y = 25 + k / 20 * 50 + random.nextDouble();
        double snr = 20 * Math.pow(40, random.nextDouble());
        double flux = snr * Math.sqrt(variance * 4 * Math.PI * sigma * sigma);
        cores.add(new int[] {(int) Math.rint(x), (int) Math.rint(y)});
        addStar(model, size, x, y, flux, sigma);
      }
      for (int i = 0; i < model.length; i++) {
        double v = variance + model[i];
        in.image().data[i] = (float) (model[i] + Math.sqrt(v) * random.nextGaussian());
        in.variance().data[i] = (float) v;
      }
      for (double guess : new double[] {0.85, 1.0, 1.2}) {
        MaskI mask = new MaskI(in.box());
        CosmicRays found = FINDER.find(in, PsfFalloff.gaussian(guess * sigma));
        found.setMask(mask);
        assertThat(found.pixels()).as("false pixels at FWHM " + fwhm).isLessThanOrEqualTo(1);
        for (int[] core : cores) {
          assertThat(mask.get(core[0], core[1])).isZero();
        }
      }
    }
  }

  /** Charge in the pixel where it falls, then 0.4 px of diffusion. */
  private static void addHit(double[] model, int size, double x, double y, double electrons) {
    double side = Math.exp(-0.5 / 0.16);
    double norm = 1 / ((1 + 2 * side) * (1 + 2 * side));
    int px = (int) Math.rint(x);
    int py = (int) Math.rint(y);
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        double weight = norm * (dx == 0 ? 1 : side) * (dy == 0 ? 1 : side);
        model[(py + dy) * size + px + dx] += electrons * weight;
      }
    }
  }

  private static void addStar(
      double[] model, int size, double x0, double y0, double flux, double sigma) {
    for (int y = (int) y0 - 20; y <= y0 + 20; y++) {
      for (int x = (int) x0 - 20; x <= x0 + 20; x++) {
        double sum = 0;
        for (int k = 0; k < 25; k++) {
          double dx = x + (k % 5 - 2) * 0.2 - x0;
          double dy = y + (k / 5 - 2) * 0.2 - y0;
          sum += Math.exp(-(dx * dx + dy * dy) / (2 * sigma * sigma));
        }
        if (x >= 0 && y >= 0 && x < size && y < size) {
          model[y * size + x] += flux * sum / 25 / (2 * Math.PI * sigma * sigma);
        }
      }
    }
  }

  /**
   * The cosmic rays of specs/02 section 1: muon tracks through 10 px of silicon (70 percent), worms
   * (20 percent) and single hits, over sky noise of 21 e-. The limits hold for charge that is
   * diffused after it fell into a pixel; tracks that lie between two rows of pixels are wider than
   * a PSF of FWHM 2.0 px allows to tell (about 70 percent of their pixels are found there).
   */
  @Test
  void findsNearlyAllPixelsOfCosmicRays() {
    SplittableRandom random = new SplittableRandom(12);
    int size = 1000;
    double variance = 436;
    double[] model = new double[size * size];
    for (int k = 0; k < 300; k++) {
      double x = 60 + 880 * random.nextDouble();
      double y = 60 + 880 * random.nextDouble();
      double angle = 2 * Math.PI * random.nextDouble();
      if (k % 10 < 7) {
        double cosTheta = Math.cbrt(random.nextDouble());
        double length = Math.min(100, 10 * Math.sqrt(1 / (cosTheta * cosTheta) - 1));
        double perPixel = Math.max(50, 500 + 150 * random.nextGaussian());
        for (double t = 0.05; t < length; t += 0.1) {
          addHit(model, size, x + t * Math.cos(angle), y + t * Math.sin(angle), 0.1 * perPixel);
        }
      } else if (k % 10 < 9) {
        int steps = 5 + random.nextInt(26);
        for (int step = 0; step < steps; step++) {
          addHit(model, size, x, y, 1500);
          angle += 0.5 * random.nextGaussian();
          x += Math.cos(angle);
          y += Math.sin(angle);
        }
      } else {
        addHit(model, size, x, y, 2000);
      }
    }
    MaskedImage in = new MaskedImage(new Box(0, 0, size, size));
    for (int i = 0; i < model.length; i++) {
      double v = variance + Math.max(0, model[i]);
      in.image().data[i] = (float) (model[i] + Math.sqrt(v) * random.nextGaussian());
      in.variance().data[i] = (float) v;
    }
    double[][] limits = {{2.0, 0.92}, {3.6, 0.96}, {6.0, 0.97}};
    for (double[] limit : limits) {
      MaskI mask = new MaskI(in.box());
      FINDER.find(in, PsfFalloff.gaussian(limit[0] / 2.3548)).setMask(mask);
      int strong = 0;
      int found = 0;
      for (int i = 0; i < model.length; i++) {
        if (model[i] > 8 * Math.sqrt(variance)) {
          strong++;
          found += mask.data[i] != 0 ? 1 : 0;
        }
      }
      assertThat(found / (double) strong).as("FWHM " + limit[0]).isGreaterThanOrEqualTo(limit[1]);
    }
  }
}
