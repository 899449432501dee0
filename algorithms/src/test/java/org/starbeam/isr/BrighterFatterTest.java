package org.starbeam.isr;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.testing.Shared;

/** Correction of the brighter-fatter effect; truth is the shared vector, or charge moved here. */
class BrighterFatterTest {
  private static final int UNUSABLE = MaskPlanes.BAD | MaskPlanes.NO_DATA;

  private static double[][] matrix(JsonNode node) {
    double[][] out = new double[node.size()][];
    for (int i = 0; i < out.length; i++) {
      out[i] = Shared.numbers(node.get(i));
    }
    return out;
  }

  private static void assertResult(JsonNode v, String form, double largestShare) {
    double[][] input = matrix(v.get("image"));
    MaskedImage image = new MaskedImage(new Box(0, 0, input[0].length, input.length));
    for (int y = 0; y < input.length; y++) {
      for (int x = 0; x < input[y].length; x++) {
        image.image().set(x, y, (float) input[y][x]);
      }
    }
    new BrighterFatterCorrector(new BrighterFatterCorrector.Config(6, 0, largestShare))
        .correct(image, UNUSABLE, new BrighterFatterKernel(0, matrix(v.get("kernel"))));
    double[][] expected = matrix(v.get("result").get(form).get("final"));
    for (int y = 0; y < input.length; y++) {
      for (int x = 0; x < input[y].length; x++) {
        assertThat((double) image.image().get(x, y))
            .isCloseTo(expected[y][x], within(1e-6 * expected[y][x]));
      }
    }
  }

  @Test
  void bothFormsMatchTheVector() {
    JsonNode v = Shared.vector("isr-bf-fluxconserving");
    assertResult(v, "MEAN", Double.POSITIVE_INFINITY);
    assertResult(v, "DONOR", 0);
  }

  private static final int SIZE = 81;

  /** A potential that falls off exponentially and a00 = -2e-6, as a sensor's may. */
  private static double[][] kernel() {
    double[][] k = new double[17][17];
    for (int y = -8; y <= 8; y++) {
      for (int x = -8; x <= 8; x++) {
        k[y + 8][x + 8] = -Math.exp(-Math.hypot(x / 0.9, y / 1.15));
      }
    }
    double laplace = k[8][9] + k[8][7] + k[9][8] + k[7][8] - 4 * k[8][8];
    for (double[] row : k) {
      for (int x = 0; x < 17; x++) {
        row[x] *= 2e-6 / laplace;
      }
    }
    return k;
  }

  private static double[] star(double peak) {
    double[] out = new double[SIZE * SIZE];
    for (int i = 0; i < out.length; i++) {
      double r2 = Math.pow(i % SIZE - SIZE / 2, 2) + Math.pow(i / SIZE - SIZE / 2, 2);
      out[i] = 500 + peak * Math.exp(-r2 / (2 * 1.8 * 1.8));
    }
    return out;
  }

  /** Charge that arrives in twenty steps, each moved by what is there in the middle of it. */
  private static double[] collected(double[] light, double[][] k) {
    int steps = 20;
    double[] q = new double[light.length];
    for (int s = 0; s < steps; s++) {
      double[] phi = new double[q.length];
      for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
          for (int dy = Math.max(-8, -y); dy <= Math.min(8, SIZE - 1 - y); dy++) {
            for (int dx = Math.max(-8, -x); dx <= Math.min(8, SIZE - 1 - x); dx++) {
              int i = (y + dy) * SIZE + x + dx;
              double shift = q[i] - q[0] + (light[i] - light[0]) / (2 * steps);
              phi[y * SIZE + x] += k[dy + 8][dx + 8] * shift;
            }
          }
        }
      }
      double[] next = q.clone();
      for (int i = 0; i < q.length; i++) {
        next[i] += light[i] / steps;
        if (i % SIZE + 1 < SIZE) {
          flow(light, phi, next, i, i + 1, steps);
        }
        if (i + SIZE < q.length) {
          flow(light, phi, next, i, i + SIZE, steps);
        }
      }
      q = next;
    }
    return q;
  }

  /** The border moves by phi_q - phi_p with what has been collected. */
  private static void flow(double[] light, double[] phi, double[] next, int p, int q, int steps) {
    double t = (phi[q] - phi[p]) * (light[p] + light[q]) / 2 / steps;
    next[p] -= t;
    next[q] += t;
  }

  private static double size(double[] image) {
    double sum = 0;
    double moment = 0;
    for (int i = 0; i < image.length; i++) {
      double r2 = Math.pow(i % SIZE - SIZE / 2, 2) + Math.pow(i / SIZE - SIZE / 2, 2);
      double w = Math.exp(-r2 / (2 * 2.5 * 2.5)) * (image[i] - 500);
      sum += w;
      moment += w * r2;
    }
    return moment / sum;
  }

  private static double[] corrected(double[] image, double[][] k) {
    MaskedImage frame = new MaskedImage(new Box(0, 0, SIZE, SIZE));
    for (int i = 0; i < image.length; i++) {
      frame.image().data[i] = (float) image[i];
    }
    BrighterFatterCorrector.Report report =
        new BrighterFatterCorrector(BrighterFatterCorrector.Config.defaults())
            .correct(frame, UNUSABLE, new BrighterFatterKernel(0, k));
    assertThat(report.change()).isLessThanOrEqualTo(0.1);
    double[] out = new double[image.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = frame.image().data[i];
    }
    return out;
  }

  @Test
  void sizesOfBrightStarsAreThoseOfFaintOnesAndTheirFluxIsKept() {
    double[][] k = kernel();
    for (double peak : new double[] {5_000, 20_000, 80_000}) {
      double[] light = star(peak);
      double[] seen = collected(light, k);
      double[] back = corrected(seen, k);
      double before = size(seen) / size(light) - 1;
      double after = size(back) / size(light) - 1;
      assertThat(before).isGreaterThan(1e-7 * peak);
      assertThat(Math.abs(after)).isLessThan(0.05 * before);
      double flux = 0;
      double moved = 0;
      for (int i = 0; i < seen.length; i++) {
        flux += seen[i];
        moved += back[i] - seen[i];
      }
      assertThat(Math.abs(moved)).isLessThan(1e-6 * flux);
    }
  }

  @Test
  void unusablePixelsReachNoFartherThanTheKernelAndStayWhatTheyAre() {
    Random random = new Random(4);
    MaskedImage frame = new MaskedImage(new Box(0, 0, 64, 64));
    for (int i = 0; i < frame.image().data.length; i++) {
      frame.image().data[i] = (float) (20_000 + 140 * random.nextGaussian());
    }
    frame.image().set(30, 30, Float.NaN);
    frame.image().set(31, 30, 1e6f);
    frame.mask().set(31, 30, MaskPlanes.BAD);
    float[] before = frame.image().data.clone();
    new BrighterFatterCorrector(BrighterFatterCorrector.Config.defaults())
        .correct(frame, UNUSABLE, new BrighterFatterKernel(0, kernel()));
    double largest = 0;
    for (int i = 0; i < before.length; i++) {
      if (i != 30 * 64 + 30) {
        largest = Math.max(largest, Math.abs(frame.image().data[i] - before[i]));
      }
    }
    assertThat(frame.image().get(30, 30)).isNaN();
    assertThat(largest).isBetween(1.0, 60.0);
  }
}
