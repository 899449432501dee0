package org.starbeam.it;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import org.starbeam.sky.SkyPoint;

/** Fluxes of the same stars in two images, as ratios of the first to the second. */
final class FluxRatios {
  /**
   * A star in both images.
   *
   * @param ours nJy
   * @param theirs nJy
   */
  record Star(SkyPoint place, double ours, double theirs) {
    double ratio() {
      return ours / theirs;
    }
  }

  private final List<Star> stars = new ArrayList<>();

  void add(SkyPoint place, double ours, double theirs) {
    stars.add(new Star(place, ours, theirs));
  }

  int size() {
    return stars.size();
  }

  double median() {
    return median(stars);
  }

  /** Distance from 1 within which a fraction of the stars is. */
  double within(double fraction) {
    double[] off = stars.stream().mapToDouble(s -> Math.abs(s.ratio() - 1)).sorted().toArray();
    return off[(int) (fraction * off.length)];
  }

  /** Medians of the lower and the upper half of the stars in the order of a quantity. */
  double[] halves(ToDoubleFunction<Star> quantity) {
    List<Star> sorted = new ArrayList<>(stars);
    sorted.sort(Comparator.comparingDouble(quantity));
    int half = sorted.size() / 2;
    return new double[] {
      median(sorted.subList(0, half)), median(sorted.subList(half, sorted.size()))
    };
  }

  private static double median(List<Star> stars) {
    double[] ratios = stars.stream().mapToDouble(Star::ratio).sorted().toArray();
    return ratios[ratios.length / 2];
  }

  @Override
  public String toString() {
    double[] flux = halves(Star::ours);
    double[] ra = halves(s -> s.place().raDeg());
    double[] dec = halves(s -> s.place().decDeg());
    return String.format(
        Locale.ROOT,
        "%d stars, flux ratio median %.5f, 68 %% within %.5f, 95 %% within %.5f; halves by flux"
            + " %.5f %.5f, by RA %.5f %.5f, by Dec %.5f %.5f",
        size(),
        median(),
        within(0.68),
        within(0.95),
        flux[0],
        flux[1],
        ra[0],
        ra[1],
        dec[0],
        dec[1]);
  }
}
