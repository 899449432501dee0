package org.starbeam.transforms.selection;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SkyPolygon;
import org.starbeam.sky.SunMoon;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.selection.Field.Origin;

/** The fields of visits, and how headers and summaries fill them. */
public final class VisitFields {
  private static final List<String> BANDS = List.of("u", "g", "r", "i", "z", "y");
  private static final List<String> INSTRUMENTS =
      List.copyOf(new TreeSet<>(CampaignContext.KNOWN_INSTRUMENTS.keySet()));
  private static final List<String> TYPES =
      List.of("science", "bias", "dark", "flat", "skyflat", "focus", "test");

  static final Field RA = real("ra", "deg", Origin.BOTH, "right ascension of the pointing, ICRS");
  static final Field DEC = real("dec", "deg", Origin.BOTH, "declination of the pointing, ICRS");

  private static final FieldSet ALL = new FieldSet("visits", declared());
  private static final double FULL_TURN = 360;

  private VisitFields() {}

  /** All fields of visits. */
  public static FieldSet all() {
    return ALL;
  }

  /** The selection of visits that a campaign's text says; an empty text selects all. */
  public static Selection selection(String text) {
    return text.isEmpty() ? Selection.all(ALL) : Selection.parse(text, ALL);
  }

  private static List<Field> declared() {
    return List.of(
        words("instrument", Origin.BOTH, INSTRUMENTS, "instrument"),
        integer("visit", "visit number"),
        header(ValueType.INTEGER, "exposure", "", "exposure number"),
        new Field(
            "day_obs",
            List.of("night"),
            ValueType.INTEGER,
            "yyyymmdd",
            Origin.BOTH,
            List.of(),
            "observing day"),
        integer("seq_num", "number in the observing day"),
        words("band", Origin.BOTH, BANDS, "band of the filter"),
        text("physical_filter", Origin.BOTH, "filter"),
        integer("detector", "detector number"),
        real("exposure_time", "s", Origin.BOTH, "exposure time"),
        new Field(
            "mid_time",
            List.of(),
            ValueType.TIME,
            "TAI",
            Origin.BOTH,
            List.of(),
            "middle of the exposure"),
        real("airmass", "", Origin.BOTH, "airmass"),
        RA,
        DEC,
        real("rotator", "deg", Origin.BOTH, "angle of the sky on the detectors"),
        header(ValueType.TEXT, "target", "", "name of the target"),
        text("program", Origin.BOTH, "observing programme"),
        words("observation_type", Origin.BOTH, TYPES, "kind of exposure"),
        header(ValueType.REAL, "moon_alt", "deg", "altitude of the Moon"),
        header(ValueType.REAL, "moon_frac", "", "illuminated fraction of the Moon, 0 to 1"),
        header(ValueType.REAL, "sun_alt", "deg", "altitude of the Sun"),
        measured(
            ValueType.INTEGER, "ndetectors", "", "detectors of the visit that were characterised"),
        measured(ValueType.REAL, "seeing", "arcsec", "FWHM of the PSF"),
        measured(ValueType.REAL, "sky", "nJy/arcsec2", "brightness of the sky"),
        measured(ValueType.REAL, "zero_point", "mag", "magnitude of one electron, or count"),
        measured(ValueType.REAL, "eff_time", "s", "effective exposure time"),
        measured(ValueType.REAL, "psf_e1", "", "ellipticity of the PSF along the rows"),
        measured(ValueType.REAL, "psf_e2", "", "ellipticity of the PSF along the diagonal"),
        measured(ValueType.INTEGER, "nstars", "", "stars of the PSF model"),
        measured(ValueType.REAL, "astrom_rms", "mas", "scatter about the reference catalogue"),
        new Field(
            "status",
            List.of(),
            ValueType.TEXT,
            "",
            Origin.MEASURED,
            List.of("done", "degraded"),
            "how step 1 ended: done, or degraded where it notes a fault"));
  }

  private static Field integer(String name, String description) {
    return new Field(name, List.of(), ValueType.INTEGER, "", Origin.BOTH, List.of(), description);
  }

  private static Field real(String name, String unit, Origin origin, String description) {
    return new Field(name, List.of(), ValueType.REAL, unit, origin, List.of(), description);
  }

  private static Field text(String name, Origin origin, String description) {
    return words(name, origin, List.of(), description);
  }

  private static Field words(
      String name, Origin origin, List<String> vocabulary, String description) {
    return new Field(name, List.of(), ValueType.TEXT, "", origin, vocabulary, description);
  }

  private static Field header(ValueType type, String name, String unit, String description) {
    return new Field(name, List.of(), type, unit, Origin.HEADER, List.of(), description);
  }

  private static Field measured(ValueType type, String name, String unit, String description) {
    return new Field(name, List.of(), type, unit, Origin.MEASURED, List.of(), description);
  }

  /** The row of a raw frame; what is measured later is NULL. */
  public static SelectionRow row(ObservationInfo info) {
    return field -> ofHeader(field.name(), info);
  }

  private static @Nullable Object ofHeader(String name, ObservationInfo info) {
    return switch (name) {
      case "instrument" -> info.getInstrument();
      case "visit" -> info.getVisitId() == null ? info.getExposureId() : info.getVisitId();
      case "exposure" -> info.getExposureId();
      case "day_obs" -> (long) info.getDayObs();
      case "seq_num" -> (long) info.getSeqNum();
      case "band" -> info.getBand();
      case "physical_filter" -> info.getPhysicalFilter();
      case "detector" -> (long) info.getDetector();
      case "exposure_time" -> info.getExposureTime();
      case "mid_time" -> info.getMidTaiMjd();
      case "airmass" -> info.getAirmass();
      case "ra" -> normalized(info.getBoresightRa());
      case "dec" -> info.getBoresightDec();
      case "rotator" -> info.getRotSkyPos();
      case "target" -> info.getObject();
      case "program" -> info.getScienceProgram();
      case "observation_type" -> type(info.getObservationType());
      case "moon_alt", "moon_frac", "sun_alt" -> ofSky(name, info);
      default -> null;
    };
  }

  /** Frames that came detrended are exposures of the sky too. */
  private static String type(String type) {
    String lower = type.toLowerCase(Locale.ROOT);
    return lower.equals("calibrated") ? "science" : lower;
  }

  private static @Nullable Double normalized(@Nullable Double raDeg) {
    return raDeg == null ? null : Double.valueOf(raDeg - FULL_TURN * Math.floor(raDeg / FULL_TURN));
  }

  private static @Nullable Object ofSky(String name, ObservationInfo info) {
    if (name.equals("moon_frac")) {
      return SunMoon.illuminatedFraction(info.getMidTaiMjd());
    }
    Double longitude = info.getSiteLon();
    Double latitude = info.getSiteLat();
    if (longitude == null || latitude == null) {
      return null;
    }
    return name.equals("sun_alt")
        ? SunMoon.sunAltitudeDeg(info.getMidTaiMjd(), longitude, latitude)
        : SunMoon.moonAltitudeDeg(info.getMidTaiMjd(), longitude, latitude);
  }

  /**
   * The row of a detector of a visit after its characterization; what only headers tell is NULL.
   *
   * @param detectors number of detectors of the visit that have a summary
   */
  public static SelectionRow row(ExposureSummary summary, int detectors) {
    return new SelectionRow() {
      @Override
      public @Nullable Object value(Field field) {
        return field.name().equals("ndetectors")
            ? Long.valueOf(detectors)
            : ofSummary(field.name(), summary);
      }

      @Override
      public @Nullable SkyPolygon footprint() {
        return VisitFields.footprint(summary);
      }
    };
  }

  private static @Nullable Object ofSummary(String name, ExposureSummary s) {
    return switch (name) {
      case "instrument" -> s.getInstrument();
      case "visit" -> s.getVisit();
      case "day_obs" -> (long) s.getDayObs();
      case "seq_num" -> (long) s.getSeqNum();
      case "band" -> s.getBand();
      case "physical_filter" -> s.getPhysicalFilter();
      case "detector" -> (long) s.getDetector();
      case "exposure_time" -> s.getExpTime();
      case "mid_time" -> s.getExpMidptMjd();
      case "airmass" -> s.getAirmass();
      case "ra" -> normalized(s.getBoresightRa() == null ? s.getRa() : s.getBoresightRa());
      case "dec" -> s.getBoresightDec() == null ? s.getDec() : s.getBoresightDec();
      case "rotator" -> s.getSkyRotation();
      case "program" -> s.getScienceProgram();
      case "observation_type" -> "science";
      default -> measured(name, s);
    };
  }

  private static @Nullable Object measured(String name, ExposureSummary s) {
    double size = s.getPsfIxx() + s.getPsfIyy();
    return switch (name) {
      case "seeing" -> s.getSeeing();
      case "sky" -> skyNanojansky(s);
      case "zero_point" -> s.getZeroPoint();
      case "eff_time" -> s.getEffTime();
      case "psf_e1" -> (s.getPsfIxx() - s.getPsfIyy()) / size;
      case "psf_e2" -> 2 * s.getPsfIxy() / size;
      case "nstars" -> (long) s.getNPsfStar();
      case "astrom_rms" -> s.getAstromOffsetStd() == null ? null : 1000 * s.getAstromOffsetStd();
      case "status" -> s.getFlags().isEmpty() ? "done" : "degraded";
      default -> null;
    };
  }

  private static double skyNanojansky(ExposureSummary s) {
    double perCount = PhotoCalib.fluxOfMag(s.getZeroPoint());
    return s.getSkyBg() * perCount / (s.getPixelScale() * s.getPixelScale());
  }

  /** The outline of a detector; null when its corners do not go around a convex polygon. */
  public static @Nullable SkyPolygon footprint(ExposureSummary summary) {
    List<SkyPoint> corners = new ArrayList<>();
    for (int i = 0; i < summary.getRaCorners().size(); i++) {
      corners.add(new SkyPoint(summary.getRaCorners().get(i), summary.getDecCorners().get(i)));
    }
    try {
      return SkyPolygon.of(corners);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** A row of given values, by field name. */
  public static SelectionRow row(Map<String, ?> values) {
    Objects.requireNonNull(values);
    return field -> values.get(field.name());
  }
}
