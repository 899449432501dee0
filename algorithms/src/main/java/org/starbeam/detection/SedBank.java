package org.starbeam.detection;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Relative fluxes in which multi-band images look for sources (specs/03 section 9.2), and the
 * threshold at which they have as many false detections as the bands by themselves.
 *
 * <p>Templates are cut to the bands that there are; every band alone is one. Directions that say
 * the same twice are left out.
 */
public final class SedBank {
  /** Fluxes per frequency, of the colours of blue to very red galaxies and a quasar at z = 6. */
  private static final Map<String, Map<String, Double>> COLOURS = colours();

  private static final double SAME = 0.9999;
  private static final int DRAWS = 20_000;

  private final List<String> bands;
  private final List<String> names = new ArrayList<>();
  private final List<double[]> fluxes = new ArrayList<>();

  /**
   * @param bands in the order of the images
   */
  public SedBank(List<String> bands) {
    this.bands = List.copyOf(bands);
    add("flat", bands.stream().mapToDouble(b -> 1).toArray());
    COLOURS.forEach(
        (name, sed) ->
            add(name, bands.stream().mapToDouble(b -> sed.getOrDefault(b, 0.0)).toArray()));
    for (int b = 0; b < bands.size(); b++) {
      double[] alone = new double[bands.size()];
      alone[b] = 1;
      add(bands.get(b), alone);
    }
  }

  private static Map<String, Map<String, Double>> colours() {
    Map<String, Map<String, Double>> out = new LinkedHashMap<>();
    out.put("blue", sed(1.6, 1.3, 1, 0.8, 0.7, 0.6));
    out.put("red", sed(0.05, 0.3, 1, 1.6, 2, 2.2));
    out.put("veryRed", sed(0, 0, 0.1, 1, 2.5, 3));
    out.put("dropout", sed(0, 0, 0, 0, 1, 1));
    out.put("quasar6", sed(0, 0, 0, 0.1, 1, 1));
    return out;
  }

  private static Map<String, Double> sed(
      double u, double g, double r, double i, double z, double y) {
    return Map.of("u", u, "g", g, "r", r, "i", i, "z", z, "y", y);
  }

  private void add(String name, double[] flux) {
    double norm = Math.sqrt(dot(flux, flux));
    if (!(norm > 0)) {
      return;
    }
    double[] unit = new double[flux.length];
    for (int b = 0; b < unit.length; b++) {
      unit[b] = flux[b] / norm;
    }
    if (fluxes.stream().noneMatch(f -> dot(f, unit) > SAME)) {
      names.add(name);
      fluxes.add(unit);
    }
  }

  /** Number of bands. */
  public int bands() {
    return bands.size();
  }

  /** Relative fluxes of a template in the order of the bands, sum of squares 1. */
  double[] flux(int template) {
    return fluxes.get(template);
  }

  int size() {
    return names.size();
  }

  /**
   * Threshold of all maps at which the union of them has as many false peaks as that of the bands
   * at {@code single}, when the bands are equally deep and their noise is independent. False peaks
   * go with the volume of the union of half spaces: t exp(-t^2 / 2) n(t) = B s exp(-s^2 / 2).
   */
  public double threshold(double single) {
    return threshold(single, bands.size(), effectiveMaps(single));
  }

  /** The same for a number of independent maps. */
  public static double threshold(double single, int bands, double maps) {
    double low = single;
    double high = single + 2;
    double wanted = Math.log(bands) + rate(single);
    for (int n = 0; n < 50; n++) {
      double middle = (low + high) / 2;
      if (Math.log(maps) + rate(middle) > wanted) {
        low = middle;
      } else {
        high = middle;
      }
    }
    return (low + high) / 2;
  }

  private static double rate(double t) {
    return Math.log(t) - t * t / 2;
  }

  /**
   * Number of independent maps that exceed a threshold as often as any of these: the sum over maps
   * of the mean of 1 / (maps that exceed it) where this one does.
   */
  double effectiveMaps(double threshold) {
    SplittableRandom random = new SplittableRandom(1);
    double[] noise = new double[bands.size()];
    double sum = 0;
    for (double[] map : fluxes) {
      double mean = 0;
      for (int k = 0; k < DRAWS; k++) {
        for (int b = 0; b < noise.length; b++) {
          noise[b] = random.nextGaussian();
        }
        double along = tail(threshold, random) - dot(noise, map);
        for (int b = 0; b < noise.length; b++) {
          noise[b] += along * map[b];
        }
        mean += 1.0 / fluxes.stream().filter(f -> dot(f, noise) >= threshold).count();
      }
      sum += mean / DRAWS;
    }
    return sum;
  }

  /** A normal deviate above a threshold (Robert 1995). */
  private static double tail(double threshold, SplittableRandom random) {
    while (true) {
      double over = -Math.log(1 - random.nextDouble()) / threshold;
      if (random.nextDouble() <= Math.exp(-over * over / 2)) {
        return threshold + over + 1e-12;
      }
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }
}
