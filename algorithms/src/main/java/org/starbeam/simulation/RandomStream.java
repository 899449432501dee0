package org.starbeam.simulation;

import java.util.SplittableRandom;

/**
 * A stream of random numbers that is a pure function of (seed, purpose, exposure, detector). Not
 * thread safe: one stream belongs to one piece of work.
 */
final class RandomStream {
  private static final long FNV_OFFSET = 0xcbf29ce484222325L;
  private static final long FNV_PRIME = 0x100000001b3L;
  private static final double NORMAL_LIMIT = 200.0;
  private static final double INVERSION_LIMIT = 12.0;

  private final SplittableRandom random;

  private RandomStream(long seed) {
    random = new SplittableRandom(seed);
  }

  static RandomStream of(long seed, String purpose, long exposure, int detector) {
    long hash = FNV_OFFSET;
    for (int i = 0; i < purpose.length(); i++) {
      hash = (hash ^ purpose.charAt(i)) * FNV_PRIME;
    }
    hash = mix(hash ^ mix(seed));
    hash = mix(hash ^ mix(exposure + 0x9e3779b97f4a7c15L));
    return new RandomStream(mix(hash ^ mix(detector + 0x632be59bd9b4e019L)));
  }

  private static long mix(long value) {
    long z = value;
    z = (z ^ (z >>> 33)) * 0xff51afd7ed558ccdL;
    z = (z ^ (z >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return z ^ (z >>> 33);
  }

  /** Uniform in [0, 1). */
  double uniform() {
    return random.nextDouble();
  }

  double uniform(double low, double high) {
    return low + (high - low) * random.nextDouble();
  }

  int below(int bound) {
    return random.nextInt(bound);
  }

  /** Standard normal. */
  double normal() {
    return random.nextGaussian();
  }

  double normal(double mean, double sigma) {
    return mean + sigma * random.nextGaussian();
  }

  double exponential(double mean) {
    return -mean * Math.log(1.0 - random.nextDouble());
  }

  /**
   * A Poisson number. Below 12 by inversion, below 200 by rejection (Hormann's PTRS), above by the
   * Cornish-Fisher expansion of the normal, whose skewness is right and whose mean is off by less
   * than 0.01.
   */
  double poisson(double mean) {
    if (mean <= 0) {
      return 0;
    }
    if (mean > NORMAL_LIMIT) {
      double z = random.nextGaussian();
      double root = Math.sqrt(mean);
      return Math.max(
          0, Math.rint(mean + root * z + (z * z - 1) / 6 - (z * z * z - z) / (72 * root)));
    }
    return mean < INVERSION_LIMIT ? poissonByInversion(mean) : poissonByRejection(mean);
  }

  private double poissonByInversion(double mean) {
    double limit = Math.exp(-mean);
    double product = random.nextDouble();
    int count = 0;
    while (product > limit) {
      product *= random.nextDouble();
      count++;
    }
    return count;
  }

  private double poissonByRejection(double mean) {
    double b = 0.931 + 2.53 * Math.sqrt(mean);
    double a = -0.059 + 0.02483 * b;
    double inverseAlpha = 1.1239 + 1.1328 / (b - 3.4);
    double vr = 0.9277 - 3.6224 / (b - 2);
    while (true) {
      double u = random.nextDouble() - 0.5;
      double v = random.nextDouble();
      double us = 0.5 - Math.abs(u);
      double k = Math.floor((2 * a / us + b) * u + mean + 0.43);
      if (us >= 0.07 && v <= vr) {
        return k;
      }
      if (k < 0 || (us < 0.013 && v > us)) {
        continue;
      }
      double left = Math.log(v) + Math.log(inverseAlpha) - Math.log(a / (us * us) + b);
      if (left <= -mean + k * Math.log(mean) - logFactorial(k)) {
        return k;
      }
    }
  }

  private static double logFactorial(double k) {
    if (k < 10) {
      double sum = 0;
      for (int i = 2; i <= k; i++) {
        sum += Math.log(i);
      }
      return sum;
    }
    double x = k + 1;
    return (x - 0.5) * Math.log(x) - x + 0.9189385332046727 + 1 / (12 * x) - 1 / (360 * x * x * x);
  }
}
