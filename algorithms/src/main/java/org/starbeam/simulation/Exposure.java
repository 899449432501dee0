package org.starbeam.simulation;

import org.jspecify.annotations.Nullable;

/**
 * One exposure of the camera. Times are TAI MJD.
 *
 * @param id dayObs * 100000 + seq; the visit id of science exposures
 * @param reason SCIENCE, MASTER, NIGHTLY or PTC
 * @param band band letter, or {@code none}
 * @param level electrons of a flat at response 1
 * @param photodiode what the photodiode read, for flats
 * @param bad whether the frame has a light leak
 * @param visit truth of a science exposure, else null
 */
record Exposure(
    long id,
    int dayObs,
    int seq,
    Kind kind,
    String reason,
    String band,
    double beginMjd,
    double expTime,
    double darkTime,
    double level,
    double photodiode,
    boolean bad,
    @Nullable Visit visit) {

  /** Type of an exposure. */
  enum Kind {
    BIAS,
    DARK,
    FLAT,
    OBJECT
  }

  static final double SECONDS_PER_DAY = 86400.0;

  double midMjd() {
    return beginMjd + expTime / 2 / SECONDS_PER_DAY;
  }

  double endMjd() {
    return beginMjd + expTime / SECONDS_PER_DAY;
  }

  String obsId() {
    return "SC_O_%d_%06d".formatted(dayObs, seq);
  }

  Visit visitOrThrow() {
    if (visit == null) {
      throw new IllegalStateException("exposure " + id + " is not a visit");
    }
    return visit;
  }
}
