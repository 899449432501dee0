package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.starbeam.repeatability.Median;
import org.starbeam.repeatability.ZeroPointMap;
import org.starbeam.schema.StarResidual;
import org.starbeam.sky.Healpix;

/**
 * Metrics of the SRD beside the reference catalogue (specs/07 section 11.1): zero points over the
 * sky (PA3, PF2, PA4), colours (PA5), the AB scale (PA6), places (AA1). The magnitude of a star is
 * the mean of those of its visits above S/N 200, places are those of single visits of stars of
 * magnitude 17 to 21.5.
 */
final class ReferenceMetrics {
  private static final Healpix SKY = new Healpix(6);
  private static final double MIN_SNR = 200;
  private static final double BRIGHT_MAG = 17;
  private static final double FAINT_MAG = 21.5;
  private static final int FEWEST_OF_PIXEL = 10;
  private static final String ALL = "all";
  private static final String RESERVED = "reserved";

  /** Mean of measured less reference magnitude of a star in a band. */
  private static final class Star {
    private final long pixel;
    private final boolean reserved;
    private double sum;
    private int n;

    Star(StarResidual row) {
      pixel = SKY.pixel(row.getReferenceRa(), row.getReferenceDec());
      reserved = row.getPhotometryReserved();
    }

    void add(double offset) {
      sum += offset;
      n++;
    }

    double offset() {
      return sum / n;
    }
  }

  private final Map<String, Map<Long, Star>> stars = new TreeMap<>();
  private final Map<String, List<StarResidual>> places;

  /**
   * @param residuals by band, those of a star in the order of its visits
   */
  ReferenceMetrics(Map<String, List<StarResidual>> residuals) {
    places = residuals;
    residuals.forEach((band, rows) -> stars.put(band, means(rows)));
  }

  private static Map<Long, Star> means(List<StarResidual> rows) {
    Map<Long, Star> out = new TreeMap<>();
    for (StarResidual row : rows) {
      Double offset = row.getDeltaMag();
      if (offset != null && Double.isFinite(offset) && row.getSnr() > MIN_SNR) {
        out.computeIfAbsent(row.getReferenceId(), id -> new Star(row)).add(offset);
      }
    }
    return out;
  }

  /**
   * Adds the metrics.
   *
   * @param bands of the run from blue to red, those without a reference too
   */
  void write(List<String> bands, SrdMetrics out) {
    for (String band : bands) {
      out.band(band);
      for (String subset : List.of(ALL, RESERVED)) {
        out.subset(subset);
        List<Star> of = of(band, subset);
        out.zeroPoints(
            ZeroPointMap.of(
                of.stream().mapToLong(s -> s.pixel).toArray(),
                of.stream().mapToDouble(Star::offset).toArray(),
                FEWEST_OF_PIXEL),
            of.size());
        out.absoluteFlux(Median.of(of.stream().mapToDouble(Star::offset).toArray()));
      }
      out.subset(ALL);
      places(places.getOrDefault(band, List.of()), out);
    }
    out.band(null);
    for (int blue = 0; blue < bands.size(); blue++) {
      for (int red = blue + 1; red < bands.size(); red++) {
        for (String subset : List.of(ALL, RESERVED)) {
          out.subset(subset);
          out.colour(
              bands.get(blue), bands.get(red), colour(bands.get(blue), bands.get(red), subset));
        }
      }
    }
    out.subset(ALL);
  }

  private static boolean counts(Star star, String subset) {
    return subset.equals(ALL) || star.reserved;
  }

  private Collection<Map.Entry<Long, Star>> entries(String band, String subset) {
    return stars.getOrDefault(band, Map.of()).entrySet().stream()
        .filter(e -> counts(e.getValue(), subset))
        .toList();
  }

  private List<Star> of(String band, String subset) {
    return entries(band, subset).stream().map(Map.Entry::getValue).toList();
  }

  /** Measured less reference colour of the stars that both bands have. */
  private Median colour(String blue, String red, String subset) {
    Map<Long, Star> others = stars.getOrDefault(red, Map.of());
    List<Double> out = new ArrayList<>();
    for (Map.Entry<Long, Star> e : entries(blue, subset)) {
      @Nullable Star other = others.get(e.getKey());
      if (other != null && counts(other, subset)) {
        out.add(e.getValue().offset() - other.offset());
      }
    }
    return Median.of(out.stream().mapToDouble(Double::doubleValue).toArray());
  }

  private static void places(List<StarResidual> rows, SrdMetrics out) {
    List<StarResidual> bright =
        rows.stream()
            .filter(r -> r.getReferenceMag() > BRIGHT_MAG && r.getReferenceMag() < FAINT_MAG)
            .toList();
    out.absolutePlace(
        median(bright, r -> Math.abs(r.getDeltaRaMas())),
        median(bright, r -> Math.abs(r.getDeltaDecMas())),
        median(bright, r -> Math.hypot(r.getDeltaRaMas(), r.getDeltaDecMas())));
  }

  private static Median median(List<StarResidual> rows, ToDoubleFunction<StarResidual> value) {
    return Median.of(rows.stream().mapToDouble(value).filter(Double::isFinite).toArray());
  }
}
