package org.starbeam.streak;

/**
 * Flux per length of a trail in equal cells along it, each with a level of the sky beneath: the
 * linear part of the model, fitted with Huber weights. Cells without enough pixels in the core have
 * no value.
 */
final class Brightness {
  private static final double HUBER = 3;
  private static final double LEAST_SHARE = 0.2;

  /** Error of the profile where it is faint, in its error where it is brightest. */
  private static final double WINGS = 0.3;

  /** The sky of the image has been subtracted; what may be left, in its noise. */
  private static final double LEVEL_SIGMA = 0.3;

  private final double from;
  private final double cell;
  private final double[] amplitude;
  private final double[] level;
  private final double[] sigma;
  private final double modelError;
  private final double peak;

  private Brightness(double from, double cell, int cells, double modelError, double peak) {
    this.from = from;
    this.cell = cell;
    this.modelError = modelError;
    this.peak = peak;
    amplitude = new double[cells];
    level = new double[cells];
    sigma = new double[cells];
  }

  /**
   * @param cell length of a cell
   * @param skySigma noise of a sky pixel
   * @param modelError error of the profile relative to its value
   * @param rounds of weighting
   */
  static Brightness of(
      Band band,
      Trail trail,
      TrailProfile profile,
      double cell,
      double skySigma,
      double modelError,
      int rounds) {
    int cells = Math.max(1, (int) Math.rint((trail.to() - trail.from()) / cell));
    double length = (trail.to() - trail.from()) / cells;
    double peak = profile.value(0, trail.halfWidth());
    Brightness out = new Brightness(trail.from(), length, cells, modelError, peak);
    float[] light = new float[band.size()];
    for (int i = 0; i < light.length; i++) {
      double d = trail.offset(band.along(i), band.across(i));
      light[i] = (float) profile.value(d, trail.halfWidth());
    }
    for (int round = 0; round < rounds; round++) {
      out.solve(band, light, skySigma, round > 0);
    }
    out.dropEmpty(band, trail, profile);
    return out;
  }

  int size() {
    return amplitude.length;
  }

  /** Length of a cell. */
  double cell() {
    return cell;
  }

  int indexOf(double s) {
    return Math.max(0, Math.min(amplitude.length - 1, (int) ((s - from) / cell)));
  }

  double start(int k) {
    return from + k * cell;
  }

  boolean hasData(int k) {
    return sigma[k] < Double.POSITIVE_INFINITY;
  }

  /** Flux per length; 0 without data. */
  double amplitude(int k) {
    return amplitude[k];
  }

  /** Its error; infinite without data. */
  double sigma(int k) {
    return sigma[k];
  }

  double level(int k) {
    return level[k];
  }

  /** Whether light stands out of the noise by so many sigma. */
  boolean shines(int k, double sigmas) {
    return hasData(k) && amplitude[k] > sigmas * sigma[k];
  }

  /** Residual of a pixel of the band over its noise, which includes the error of the profile. */
  double pull(Band band, int i, double p) {
    int k = indexOf(band.along(i));
    return (band.value(i) - amplitude[k] * p - level[k]) / Math.sqrt(variance(band, i, p));
  }

  /** Weight of a pixel: inverse variance, less for what is far off. */
  double weight(Band band, int i, double p) {
    double pull = Math.abs(pull(band, i, p));
    return Math.min(1, HUBER / pull) / variance(band, i, p);
  }

  private double variance(Band band, int i, double p) {
    double error = modelError * amplitude[indexOf(band.along(i))];
    double wings = WINGS * peak;
    return band.variance(i) + error * error * (p * p + wings * wings);
  }

  private void solve(Band band, float[] light, double skySigma, boolean robust) {
    int n = amplitude.length;
    double[] pp = new double[n];
    double[] p1 = new double[n];
    double[] one = new double[n];
    double[] pv = new double[n];
    double[] v1 = new double[n];
    for (int i = 0; i < band.size(); i++) {
      int k = indexOf(band.along(i));
      double p = light[i];
      double w = robust ? weight(band, i, p) : 1 / band.variance(i);
      pp[k] += w * p * p;
      p1[k] += w * p;
      one[k] += w;
      pv[k] += w * p * band.value(i);
      v1[k] += w * band.value(i);
    }
    for (int k = 0; k < n; k++) {
      double b = one[k] + 1 / (LEVEL_SIGMA * LEVEL_SIGMA * skySigma * skySigma);
      double det = pp[k] * b - p1[k] * p1[k];
      amplitude[k] = det > 0 ? (b * pv[k] - p1[k] * v1[k]) / det : 0;
      level[k] = det > 0 ? (pp[k] * v1[k] - p1[k] * pv[k]) / det : 0;
      sigma[k] = det > 0 ? Math.sqrt(b / det) : Double.POSITIVE_INFINITY;
    }
  }

  /** Takes the values of cells away of whose core hardly a pixel is good. */
  private void dropEmpty(Band band, Trail trail, TrailProfile profile) {
    double core = 0.5 * profile.fullWidth(trail.halfWidth());
    int[] count = new int[amplitude.length];
    for (int i = 0; i < band.size(); i++) {
      if (Math.abs(trail.offset(band.along(i), band.across(i))) <= core) {
        count[indexOf(band.along(i))]++;
      }
    }
    for (int k = 0; k < count.length; k++) {
      if (count[k] < LEAST_SHARE * cell * 2 * core) {
        amplitude[k] = 0;
        level[k] = 0;
        sigma[k] = Double.POSITIVE_INFINITY;
      }
    }
  }
}
