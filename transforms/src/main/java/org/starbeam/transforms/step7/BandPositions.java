package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.repeatability.BandOffsets;
import org.starbeam.repeatability.BandPosition;
import org.starbeam.schema.StarPosition;
import org.starbeam.sky.SkyPoint;

/**
 * Where stars are in one band beside where they are in r (AB1, ABF1, AB2; specs/07 section 11.3).
 * Tracts are added one after the other; of each star there is a number for each band.
 */
final class BandPositions {
  private static final String REFERENCE = "r";

  private final Map<String, List<double[]>> offsets = new TreeMap<>();

  /** The row of a star. */
  static StarPosition row(long star, BandPosition p) {
    boolean line = Double.isFinite(p.slopeErr());
    return StarPosition.newBuilder()
        .setIsolatedStarId(star)
        .setBand(p.band())
        .setVisits(p.visits())
        .setEpoch(p.mjd())
        .setRa(p.mean().raDeg())
        .setDec(p.mean().decDeg())
        .setPositionErr(p.errMas())
        .setRaPM(line ? p.east().slope() : null)
        .setDecPM(line ? p.north().slope() : null)
        .setPmErr(line ? p.slopeErr() : null)
        .setRaChi2(p.east().chi2())
        .setDecChi2(p.north().chi2())
        .build();
  }

  private static BandPosition position(StarPosition row) {
    Double slopeErr = row.getPmErr();
    return new BandPosition(
        row.getBand(),
        row.getVisits(),
        row.getEpoch(),
        new SkyPoint(row.getRa(), row.getDec()),
        row.getPositionErr(),
        slopeErr == null ? Double.POSITIVE_INFINITY : slopeErr,
        new BandPosition.Axis(orZero(row.getRaPM()), row.getRaChi2()),
        new BandPosition.Axis(orZero(row.getDecPM()), row.getDecChi2()));
  }

  private static double orZero(@Nullable Double value) {
    return value == null ? 0 : value;
  }

  /** Adds the stars of a tract in all bands. */
  void add(Collection<StarPosition> tract) {
    Map<Long, List<BandPosition>> stars = new TreeMap<>();
    for (StarPosition row : tract) {
      stars.computeIfAbsent(row.getIsolatedStarId(), id -> new ArrayList<>()).add(position(row));
    }
    for (List<BandPosition> star : stars.values()) {
      star.stream()
          .filter(p -> p.band().equals(REFERENCE))
          .findFirst()
          .ifPresent(reference -> add(star, reference));
    }
  }

  private void add(List<BandPosition> star, BandPosition reference) {
    for (BandPosition p : star) {
      if (!p.band().equals(REFERENCE)) {
        offsets
            .computeIfAbsent(p.band(), b -> new ArrayList<>())
            .add(BandPosition.offset(star, p, reference));
      }
    }
  }

  /** Adds the metrics of all bands but r. */
  void write(List<String> bands, SrdMetrics out) {
    for (String band : bands) {
      if (!band.equals(REFERENCE)) {
        out.band(band);
        out.bands(BandOffsets.of(offsets.getOrDefault(band, List.of())));
      }
    }
  }
}
