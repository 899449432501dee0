package org.starbeam.detection;

import java.util.List;
import org.hipparchus.special.Gamma;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * One significance of a point source from all bands (specs/03 section 9.2), normal with unit width
 * under noise up to what the choice of the best template adds.
 *
 * @param significance in the box of the bands
 * @param template number of the template that gave it; -1 where there is no signal, and everywhere
 *     in a chi-square map
 */
public record MultiBandMap(ImageF significance, byte[] template) {
  /** Largest sum of squares whose tail is tabulated; beyond it the root grows in parallel. */
  private static final int TABLE = 1000;

  private static final int STEPS = 8;

  /**
   * The largest over the templates of sum(s q Z) / sqrt(sum(s^2 q^2)). O(pixels x templates x
   * bands).
   */
  public static MultiBandMap bestTemplate(List<BandSignificance> bands, SedBank bank) {
    Box box = bands.get(0).significance().box();
    ImageF best = new ImageF(box);
    byte[] template = new byte[box.area()];
    int width = box.width();
    float[] signal = new float[width];
    float[] weight = new float[width];
    for (int row = 0; row < box.height(); row++) {
      int at = row * width;
      java.util.Arrays.fill(template, at, at + width, (byte) -1);
      for (int s = 0; s < bank.size(); s++) {
        java.util.Arrays.fill(signal, 0);
        java.util.Arrays.fill(weight, 0);
        for (int b = 0; b < bands.size(); b++) {
          float flux = (float) bank.flux(s)[b];
          if (flux > 0) {
            addRow(bands.get(b), row, flux, signal, weight);
          }
        }
        int out = best.index(box.x0(), box.y0() + row);
        for (int x = 0; x < width; x++) {
          float z = weight[x] > 0 ? signal[x] / (float) Math.sqrt(weight[x]) : 0;
          if (weight[x] > 0 && (template[at + x] < 0 || z > best.data[out + x])) {
            best.data[out + x] = z;
            template[at + x] = (byte) s;
          }
        }
      }
    }
    return new MultiBandMap(best, template);
  }

  private static void addRow(
      BandSignificance band, int row, float flux, float[] signal, float[] weight) {
    Box box = band.significance().box();
    float[] z = band.significance().data;
    float[] q = band.depth().data;
    int i = band.significance().index(box.x0(), box.y0() + row);
    int j = band.depth().index(box.x0(), box.y0() + row);
    for (int x = 0; x < signal.length; x++) {
      float w = flux * q[j + x];
      signal[x] += w * z[i + x];
      weight[x] += w * w;
    }
  }

  /**
   * The normal deviate that noise exceeds as rarely as it does sum(max(0, Z)^2), whose tail is that
   * of a mixture of chi-squares, sum_k C(B, k) 2^-B Q(k / 2, T / 2).
   */
  public static MultiBandMap chiSquare(List<BandSignificance> bands) {
    Box box = bands.get(0).significance().box();
    ImageF out = new ImageF(box);
    float[][] deviates = new float[bands.size() + 1][];
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double sum = 0;
        int count = 0;
        for (BandSignificance band : bands) {
          if (band.depth().get(x, y) > 0) {
            double z = Math.max(0, band.significance().get(x, y));
            sum += z * z;
            count++;
          }
        }
        if (count > 0) {
          if (deviates[count] == null) {
            deviates[count] = deviates(count);
          }
          out.set(x, y, deviate(deviates[count], sum));
        }
      }
    }
    byte[] none = new byte[box.area()];
    java.util.Arrays.fill(none, (byte) -1);
    return new MultiBandMap(out, none);
  }

  private static float deviate(float[] table, double sum) {
    double at = sum * STEPS;
    int i = (int) at;
    if (i >= table.length - 1) {
      double last = (table.length - 1.0) / STEPS;
      return (float) (table[table.length - 1] + Math.sqrt(sum) - Math.sqrt(last));
    }
    return (float) (table[i] + (at - i) * (table[i + 1] - table[i]));
  }

  private static float[] deviates(int bands) {
    float[] out = new float[TABLE * STEPS + 1];
    double last = Double.NEGATIVE_INFINITY;
    for (int i = 1; i < out.length; i++) {
      last = normalDeviate(tail(bands, (double) i / STEPS), last);
      out[i] = (float) last;
    }
    out[0] = out[1];
    return out;
  }

  /** Chance that noise exceeds T. */
  private static double tail(int bands, double sum) {
    double out = 0;
    double choose = Math.pow(0.5, bands);
    for (int k = 1; k <= bands; k++) {
      choose *= (bands - k + 1.0) / k;
      out += choose * Gamma.regularizedGammaQ(k / 2.0, sum / 2);
    }
    return out;
  }

  /** Solves Q(t) = p, for a p that falls from call to call. */
  private static double normalDeviate(double p, double last) {
    double low = Math.max(last, -10);
    double high = low + 11;
    for (int n = 0; n < 60; n++) {
      double middle = (low + high) / 2;
      if (upper(middle) > p) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  private static double upper(double t) {
    double half = 0.5 * Gamma.regularizedGammaQ(0.5, t * t / 2);
    return t >= 0 ? half : 1 - half;
  }
}
