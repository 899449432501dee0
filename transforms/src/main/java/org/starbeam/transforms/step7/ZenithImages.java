package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.repeatability.PsfEllipticity;
import org.starbeam.schema.ExposureSummary;

/**
 * How round the PSFs of visits within 10 degrees of the zenith are (SE1, SE2, EF1; specs/07 section
 * 11.1), one ellipticity for the middle of each detector. Visits whose header tells neither
 * altitude nor airmass do not count.
 */
final class ZenithImages {
  private static final double MAX_ZENITH_DISTANCE_DEG = 10;

  private final Map<String, List<double[]>> visits = new TreeMap<>();

  /** Adds a visit. */
  void add(List<ExposureSummary> detectors) {
    List<ExposureSummary> near = detectors.stream().filter(ZenithImages::isNear).toList();
    if (!near.isEmpty()) {
      visits
          .computeIfAbsent(near.get(0).getBand(), b -> new ArrayList<>())
          .add(
              near.stream()
                  .mapToDouble(
                      s -> PsfEllipticity.distortion(s.getPsfIxx(), s.getPsfIyy(), s.getPsfIxy()))
                  .toArray());
    }
  }

  private static boolean isNear(ExposureSummary s) {
    Double altitude = s.getAltitude();
    if (altitude != null) {
      return 90 - altitude <= MAX_ZENITH_DISTANCE_DEG;
    }
    Double airmass = s.getAirmass();
    return airmass != null && airmass <= 1 / Math.cos(Math.toRadians(MAX_ZENITH_DISTANCE_DEG));
  }

  /** Adds the metrics. */
  void write(List<String> bands, SrdMetrics out) {
    for (String band : bands) {
      out.band(band);
      out.roundness(PsfEllipticity.of(visits.getOrDefault(band, List.of())));
    }
  }
}
