package org.starbeam.transforms.dataset;

import java.time.DateTimeException;
import java.time.LocalDate;
import org.starbeam.failure.BadInputException;

/**
 * 64-bit row ids (specs/05 section 3.4). Bit 63 is 0; bit 62 tells observation (0) from sky (1).
 *
 * <pre>
 * observation: release 5 | instrument 3 | observation 28 | detector 8 | counter 18
 * sky:         release 5 | skymap 3 | tract 16 | patch 9 | role 4 | counter 25
 * </pre>
 *
 * A field out of range is {@code ID_OVERFLOW}, never wrapped.
 */
public final class IdPacker {
  /** First counter of DiaSource rows; Source rows stay below it. */
  public static final int FIRST_DIA_SOURCE_COUNTER = 196_608;

  private static final LocalDate FIRST_DAY = LocalDate.of(2010, 1, 1);
  private static final int FIRST_DAY_OBS = 20100101;
  private static final int SEQUENCES = 1 << 14;
  private static final long SKY = 1L << 62;

  private IdPacker() {}

  /** What a row of a sky table is; bands 1 to 10 are rows of one band's coadd. */
  public enum Role {
    OBJECT(0),
    SKY_OBJECT(11),
    SUB_PARENT(12),
    PARENT(13),
    ISOLATED_STAR(14),
    DIA_OBJECT(15);

    private final int code;

    Role(int code) {
      this.code = code;
    }

    public int code() {
      return code;
    }
  }

  /** The fields of an observation id. */
  public record Observation(
      int release, int instrument, int observation, int detector, int counter) {}

  /** The fields of a sky id. */
  public record Sky(int release, int skymap, int tract, int patch, int role, int counter) {}

  /** Observation number of a camera that counts exposures per day. */
  public static int observation(int dayObs, int sequence) {
    LocalDate day;
    try {
      day = LocalDate.of(dayObs / 10_000, dayObs / 100 % 100, dayObs % 100);
    } catch (DateTimeException e) {
      throw new BadInputException(
          "ID_OVERFLOW", "day_obs " + dayObs + " is not a date written YYYYMMDD", e);
    }
    long days = day.toEpochDay() - FIRST_DAY.toEpochDay();
    if (days < 0 || days >= 1 << 14) {
      throw new BadInputException(
          "ID_OVERFLOW", "day_obs " + dayObs + ": ids hold days from 20100101 to 20541109");
    }
    return (int) (days << 14 | field("seq", sequence, 14));
  }

  /** Observation number of a camera with a running exposure number. */
  public static int observation(long exposureNumber) {
    return (int) field("exposure number", exposureNumber, 28);
  }

  /**
   * Observation number of an exposure: day and sequence number where its camera counts so (from 1,
   * days since 2010); a number that was made of day and time of day ({@code EXPOSURE_FROM_TIME}) by
   * its time, in steps of 5.3 seconds; else the exposure's own number.
   */
  public static int observation(int dayObs, int sequence, long exposureNumber) {
    boolean day = dayObs >= FIRST_DAY_OBS;
    if (day && sequence > 0 && sequence < SEQUENCES) {
      return observation(dayObs, sequence);
    }
    boolean fromTime = sequence == 0 && exposureNumber / 100_000 == dayObs;
    return day && fromTime
        ? observation(dayObs, (int) (exposureNumber % 100_000 * SEQUENCES / 86_400))
        : observation(exposureNumber);
  }

  /** Id of a Source (counter below 196,608) or DiaSource (from there). */
  public static long pack(Observation f) {
    return field("release", f.release, 5) << 57
        | field("instrument", f.instrument, 3) << 54
        | field("observation", f.observation, 28) << 26
        | field("detector", f.detector, 8) << 18
        | field("counter", f.counter, 18);
  }

  /** Id of an Object, parent, isolated star or DiaObject. */
  public static long pack(Sky f) {
    return SKY
        | field("release", f.release, 5) << 57
        | field("skymap", f.skymap, 3) << 54
        | field("tract", f.tract, 16) << 38
        | field("patch", f.patch, 9) << 29
        | field("band or role", f.role, 4) << 25
        | field("counter", f.counter, 25);
  }

  public static Observation unpackObservation(long id) {
    requireKind(id, false);
    return new Observation(
        bits(id, 57, 5), bits(id, 54, 3), bits(id, 26, 28), bits(id, 18, 8), bits(id, 0, 18));
  }

  public static Sky unpackSky(long id) {
    requireKind(id, true);
    return new Sky(
        bits(id, 57, 5),
        bits(id, 54, 3),
        bits(id, 38, 16),
        bits(id, 29, 9),
        bits(id, 25, 4),
        bits(id, 0, 25));
  }

  /** Instrument, observation and detector without release: {@code ccdVisitId} of the tables. */
  public static long detectorVisitId(int instrument, int observation, int detector) {
    return pack(new Observation(0, instrument, observation, detector, 0)) >>> 18;
  }

  private static long field(String name, long value, int width) {
    if (value < 0 || value >= 1L << width) {
      throw new BadInputException(
          "ID_OVERFLOW", name + " " + value + " does not fit an id: 0 to " + ((1L << width) - 1));
    }
    return value;
  }

  private static int bits(long id, int position, int width) {
    return (int) (id >>> position & (1L << width) - 1);
  }

  private static void requireKind(long id, boolean sky) {
    if (id < 0 || (id & SKY) != 0 != sky) {
      throw new IllegalArgumentException(id + " is not an id of " + (sky ? "the sky" : "a frame"));
    }
  }
}
