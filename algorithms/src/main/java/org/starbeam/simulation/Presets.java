package org.starbeam.simulation;

import java.util.List;
import java.util.stream.Collectors;
import org.starbeam.failure.BadInputException;
import org.starbeam.simulation.Preset.CalibSequence;
import org.starbeam.simulation.Preset.Field;
import org.starbeam.simulation.Preset.Frames;
import org.starbeam.simulation.Preset.Night;
import org.starbeam.simulation.Preset.Observing;
import org.starbeam.simulation.Preset.Sensor;

/**
 * The campaigns that come with the simulator. The field lies on the border of tracts 4612 and 4613
 * of the rings sky map with 120 rings (ring 39), so that every coadd crosses a tract border.
 */
public final class Presets {
  private static final double FIELD_RA = 11.090047;
  private static final double FIELD_DEC = -30.495868;

  private static final List<Preset> ALL =
      List.of(tiny(), demo(), it(), ci(), galaxies(), changes());

  private Presets() {}

  /** All presets, smallest first. */
  public static List<Preset> all() {
    return ALL;
  }

  /** The preset of a name. */
  public static Preset named(String name) {
    return ALL.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    "UNKNOWN_PRESET",
                    "preset '"
                        + name
                        + "' does not exist; there are "
                        + ALL.stream().map(Preset::name).collect(Collectors.joining(", "))));
  }

  /** Two detectors, two bands, four visits on two nights: does everything run here? */
  public static Preset tiny() {
    return new Preset(
        "tiny",
        Frames.RAW,
        2,
        "gr",
        List.of(new Night(20210907, 1), new Night(20211008, 1)),
        30,
        new CalibSequence(5, 3, 3, 30000, 0, false, false),
        field(24, 30, 3),
        Sensor.real(),
        observing(30, 0.2, 1));
  }

  /** Two detectors, three bands, nine visits on three nights: a look at everything in minutes. */
  public static Preset demo() {
    return new Preset(
        "demo",
        Frames.RAW,
        2,
        "gri",
        List.of(new Night(20210907, 1), new Night(20210910, 1), new Night(20211008, 1)),
        30,
        new CalibSequence(7, 3, 3, 30000, 0, false, false),
        field(24, 30, 3),
        Sensor.real(),
        observing(30, 0.2, 1));
  }

  /** Two detectors, two bands, six visits on two nights: the campaign of the integration tests. */
  public static Preset it() {
    return new Preset(
        "it",
        Frames.RAW,
        2,
        "gr",
        List.of(new Night(20210907, 2), new Night(20211008, 1)),
        30,
        new CalibSequence(10, 5, 5, 30000, 0, false, true),
        field(30, 14, 4),
        Sensor.real(),
        observing(30, 0.2, 1));
  }

  /** Four detectors, three bands, thirty visits on eight nights over two years, with a PTC ramp. */
  public static Preset ci() {
    List<Night> nights =
        List.of(
            new Night(20210907, 2),
            new Night(20210910, 1),
            new Night(20210916, 1),
            new Night(20211008, 1),
            new Night(20211012, 2),
            new Night(20211015, 1),
            new Night(20221204, 1),
            new Night(20230718, 1));
    return new Preset(
        "ci",
        Frames.RAW,
        4,
        "gri",
        nights,
        30,
        new CalibSequence(10, 5, 5, 30000, 12, true, true),
        field(36, 50, 12),
        Sensor.real(),
        observing(60, 0.2, 8));
  }

  /** Three detectors, three bands, calibrated frames of 150 s of stars, galaxies and pairs. */
  public static Preset galaxies() {
    return new Preset(
        "galaxies",
        Frames.CALIBRATED,
        3,
        "gri",
        List.of(
            new Night(20210907, 1),
            new Night(20210910, 1),
            new Night(20210916, 1),
            new Night(20211008, 1)),
        150,
        new CalibSequence(0, 0, 0, 0, 0, false, false),
        new Field(FIELD_RA, FIELD_DEC, 0, 0, 0, 0, 0, 0, 9),
        Sensor.ideal(),
        new Observing(60, 0, 0, 0.6, 1.1, 0.2, 0, true, true));
  }

  /**
   * Four detectors, three bands, 24 visits on eight nights, in which a tenth of the stars varies
   * and sixty supernovae shine: what the score of detections on differences is fitted to.
   */
  public static Preset changes() {
    List<Night> nights =
        List.of(
            new Night(20210907, 1),
            new Night(20210910, 1),
            new Night(20210916, 1),
            new Night(20211008, 1),
            new Night(20211012, 1),
            new Night(20211015, 1),
            new Night(20211025, 1),
            new Night(20211106, 1));
    return new Preset(
        "changes",
        Frames.RAW,
        4,
        "gri",
        nights,
        30,
        new CalibSequence(10, 5, 5, 30000, 0, false, false),
        new Field(FIELD_RA, FIELD_DEC, 36, 30, 0.2, 0.1, 24, 60, 0),
        Sensor.real(),
        observing(60, 0.2, 6));
  }

  private static Field field(double starDensity, double galaxyDensity, int supernovae) {
    return new Field(FIELD_RA, FIELD_DEC, starDensity, galaxyDensity, 0.2, 0.02, 12, supernovae, 0);
  }

  private static Observing observing(double dither, double cloudy, int trails) {
    return new Observing(dither, 20, 0.05, 0.6, 1.1, cloudy, trails, true, true);
  }
}
