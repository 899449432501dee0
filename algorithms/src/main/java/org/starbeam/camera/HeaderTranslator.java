package org.starbeam.camera;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.Set;
import java.util.regex.Matcher;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.MappingFile.Predicate;
import org.starbeam.camera.MappingFile.Source;
import org.starbeam.camera.ObservationTimes.HeaderTime;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderCard;
import org.starbeam.fits.HeaderView;
import org.starbeam.schema.ObservationInfo;

/**
 * Turns the header of a raw file into an {@link ObservationInfo} by the mapping file that
 * recognises it (specs/01 sections 1.1 to 1.3). Corrections of the instrument are applied first.
 *
 * <p>A value that is missing, blank, undefined, of the wrong type or out of range is null and,
 * where that matters, a warning code. A header is refused with {@code UNKNOWN_INSTRUMENT} when no
 * mapping knows it and with {@code MISSING_KEY} when it lacks what no record can do without: times,
 * exposure number, detector. Nothing else is thrown, whatever the header holds.
 */
public final class HeaderTranslator {
  /** Instruments of this distribution in the order in which they are tried. */
  public static final List<String> BUILT_IN =
      List.of(
          "SimCam",
          "LATISS",
          "LSSTComCam",
          "LSSTComCamSim",
          "LSSTCam",
          "LSSTCamSim",
          "LSST-TS8",
          "LSST-TS3",
          "LSST-UCDCam",
          "LSSTCam-imSim",
          "LSSTCam-PhoSim",
          "PhoSim",
          "HSC",
          "DECam");

  private static final Set<String> TYPES =
      Set.of(
          "SCIENCE",
          "BIAS",
          "DARK",
          "FLAT",
          "SKYFLAT",
          "PTC",
          "FRINGE",
          "ARC",
          "FOCUS",
          "TEST",
          "CALIBRATED",
          "UNKNOWN");
  private static final double FIRST_MJD = 47892;
  private static final double LAST_MJD = 88069;
  private static final double SECONDS = 86_400;
  private static final int MAX_DIGITS = 40;

  private final List<MappingFile> mappings;
  private final Map<String, HeaderCorrections> corrections;
  private final @Nullable MappingFile generic;

  /**
   * @param mappings tried in order
   * @param corrections by instrument
   * @param generic the mapping for headers that none recognises, or null to refuse them
   */
  public HeaderTranslator(
      List<MappingFile> mappings,
      Map<String, HeaderCorrections> corrections,
      @Nullable MappingFile generic) {
    this.mappings = List.copyOf(mappings);
    this.corrections = Map.copyOf(corrections);
    this.generic = generic;
  }

  /** All instruments of this distribution; others are refused by name. */
  public static HeaderTranslator builtIn() {
    return new HeaderTranslator(
        BUILT_IN.stream().map(MappingFile::builtIn).toList(), HeaderCorrections.builtIn(), null);
  }

  /** The same, with the generic mapping for headers that no instrument recognises. */
  public HeaderTranslator withGeneric() {
    return new HeaderTranslator(mappings, corrections, MappingFile.builtIn("generic"));
  }

  /** One mapping for every header, whatever it recognises. */
  public static HeaderTranslator only(MappingFile mapping) {
    return new HeaderTranslator(List.of(), HeaderCorrections.builtIn(), mapping);
  }

  /** The mapping of a header; {@code UNKNOWN_INSTRUMENT} when there is none. */
  public MappingFile mapping(HeaderView header) {
    for (MappingFile mapping : mappings) {
      if (mapping.recognises(header)) {
        return mapping;
      }
    }
    if (generic != null) {
      return generic;
    }
    throw new BadInputException(
        "UNKNOWN_INSTRUMENT",
        header.where()
            + ": no mapping file recognises INSTRUME = "
            + header.stringOr("INSTRUME", "(none)")
            + ", TELESCOP = "
            + header.stringOr("TELESCOP", "(none)")
            + "; known: "
            + mappings.stream().map(MappingFile::instrument).toList()
            + ". Give a mapping file for it.");
  }

  /** Metadata of a raw file from its merged header. */
  public ObservationInfo translate(HeaderView header) {
    MappingFile mapping = mapping(header);
    List<String> warnings = new ArrayList<>();
    HeaderCorrections correction = corrections.get(mapping.instrument());
    HeaderView mended = correction == null ? header : correction.apply(header, warnings);
    return new Translation(mapping, mended, warnings).run();
  }

  /** One header. */
  private static final class Translation {
    private final MappingFile mapping;
    private final HeaderView header;
    private final List<String> warnings;
    private final ObservationInfo info = new ObservationInfo();
    private double begin = Double.NaN;

    Translation(MappingFile mapping, HeaderView header, List<String> warnings) {
      this.mapping = mapping;
      this.header = header;
      this.warnings = warnings;
    }

    ObservationInfo run() {
      info.setInstrument(mapping.instrument());
      info.setRotCoord("UNKNOWN");
      times();
      for (String field : mapping.fieldNames()) {
        Schema.Field target = info.getSchema().getField(field);
        if (target != null) {
          Object value = value(field, target);
          if (value != null) {
            info.put(target.pos(), value);
          }
        }
      }
      complete();
      check();
      info.setWarnings(List.copyOf(new java.util.LinkedHashSet<>(warnings)));
      return info;
    }

    private void times() {
      begin =
          time("begin")
              .orElseThrow(
                  () ->
                      missing("the time of the beginning of the exposure, between 1990 and 2099"));
      OptionalDouble end = time("end");
      double exposure = number("exposureTime").orElse(Double.NaN);
      if (Double.isNaN(exposure)) {
        exposure = end.isPresent() ? (end.getAsDouble() - begin) * SECONDS : Double.NaN;
        warnings.add("EXPTIME_FROM_TIMES");
      }
      if (!(exposure >= 0)) {
        throw missing("the exposure time");
      }
      double last = end.orElse(Double.NaN);
      if (Double.isNaN(last) || last < begin) {
        last = begin + exposure / SECONDS;
        warnings.add("END_FROM_EXPTIME");
      }
      if (LeapSeconds.isExpired(begin)) {
        warnings.add("LEAP_SECONDS_EXPIRED");
      }
      info.setBeginTaiMjd(begin);
      info.setEndTaiMjd(last);
      info.setMidTaiMjd(0.5 * (begin + last));
      info.setExposureTime(exposure);
    }

    /** Fills what follows from other fields. */
    private void complete() {
      if (info.getExposureId() <= 0) {
        throw missing("the exposure number");
      }
      if (!isSet("detector")) {
        throw missing("the number of the detector");
      }
      int day = ObservationTimes.dayObs(begin, mapping.rolloverHours());
      if (info.getDayObs() != 0 && info.getDayObs() != day) {
        warnings.add("DAYOBS_MISMATCH");
      }
      info.setDayObs(day);
      type();
      if (info.getPhysicalFilter() == null) {
        info.setPhysicalFilter("unknown");
      }
      if (info.getBand() == null) {
        info.setBand(mapping.band(info.getPhysicalFilter()));
      }
      if (info.getDarkTime() == null) {
        info.setDarkTime(info.getExposureTime());
        warnings.add("DARKTIME_FROM_EXPTIME");
      }
      if (info.getGroup() == null) {
        info.setGroup(Long.toString(info.getExposureId()));
        if (!mapping.sources("group").isEmpty()) {
          warnings.add("GROUP_FROM_EXPOSURE");
        }
      }
      boolean science = info.getObservationType().equals("SCIENCE");
      if (science) {
        info.setVisitId(info.getExposureId());
        if (info.getBoresightRa() == null || info.getBoresightDec() == null) {
          warnings.add("NO_BORESIGHT");
        }
      }
    }

    private boolean isSet(String field) {
      return detectorSet || !field.equals("detector");
    }

    private boolean detectorSet;

    private void type() {
      String type = info.getObservationType();
      String known = type == null ? "UNKNOWN" : type.toUpperCase(Locale.ROOT);
      if (!TYPES.contains(known)) {
        warnings.add("TYPE_UNKNOWN");
        known = "UNKNOWN";
      }
      info.setObservationType(known);
    }

    private void check() {
      double length = (info.getEndTaiMjd() - begin) * SECONDS;
      if (Math.abs(length - info.getExposureTime()) > 10) {
        warnings.add("DURATION_MISMATCH");
      }
      Double airmass = info.getAirmass();
      Double altitude = info.getAltBegin();
      if (airmass != null && altitude != null && altitude > 20) {
        double expected = 1 / Math.sin(Math.toRadians(altitude));
        if (Math.abs(airmass - expected) > 0.05) {
          warnings.add("AIRMASS_MISMATCH");
        }
      }
    }

    private @Nullable Object value(String field, Schema.Field target) {
      Schema.Type type = plainType(target.schema());
      return switch (type) {
        case STRING -> text(field).orElse(null);
        case DOUBLE -> boxed(number(field));
        case INT, LONG -> whole(field, type);
        case BOOLEAN -> text(field).map(t -> t.matches("(?i)t|true|1|yes")).orElse(null);
        default -> null;
      };
    }

    private static @Nullable Double boxed(OptionalDouble value) {
      return value.isPresent() ? value.getAsDouble() : null;
    }

    private @Nullable Object whole(String field, Schema.Type type) {
      for (Source source : mapping.sources(field)) {
        Optional<String> text = text(source);
        if (text.isPresent()) {
          try {
            long value = whole(text.get(), source);
            if (value >= source.min() && value <= source.max()) {
              detectorSet |= field.equals("detector");
              warn(source);
              return type == Schema.Type.INT ? (Object) Math.toIntExact(value) : (Object) value;
            }
            warnings.add("OUT_OF_RANGE");
          } catch (ArithmeticException | NumberFormatException e) {
            warnings.add("BAD_VALUE");
          }
        }
      }
      return null;
    }

    /** A whole number after the source's arithmetic; ArithmeticException where it is none. */
    private static long whole(String text, Source source) {
      BigDecimal value = new BigDecimal(text.strip());
      if (source.times() == 1 && source.plus() == 0) {
        return value.longValueExact();
      }
      if (value.precision() > MAX_DIGITS || Math.abs((long) value.scale()) > MAX_DIGITS) {
        throw new ArithmeticException(text);
      }
      return value
          .multiply(BigDecimal.valueOf(source.times()))
          .add(BigDecimal.valueOf(source.plus()))
          .longValueExact();
    }

    private static Schema.Type plainType(Schema schema) {
      if (schema.getType() == Schema.Type.UNION) {
        return schema.getTypes().stream()
            .map(Schema::getType)
            .filter(t -> t != Schema.Type.NULL)
            .findFirst()
            .orElse(Schema.Type.NULL);
      }
      return schema.getType();
    }

    private OptionalDouble number(String field) {
      for (Source source : mapping.sources(field)) {
        Optional<String> text = text(source);
        OptionalDouble parsed =
            text.isEmpty() ? OptionalDouble.empty() : source.unit().parse(text.get());
        if (parsed.isPresent()) {
          double value = parsed.getAsDouble() * source.times() + source.plus();
          if (source.wrap() > 0) {
            value -= source.wrap() * Math.floor(value / source.wrap());
          }
          if (value >= source.min() && value <= source.max()) {
            warn(source);
            return OptionalDouble.of(value);
          }
          warnings.add("OUT_OF_RANGE");
        }
      }
      return OptionalDouble.empty();
    }

    private Optional<String> text(String field) {
      for (Source source : mapping.sources(field)) {
        Optional<String> text = text(source);
        if (text.isPresent()) {
          warn(source);
          return text;
        }
      }
      return Optional.empty();
    }

    private void warn(Source source) {
      if (source.warn() != null) {
        warnings.add(source.warn());
      }
    }

    private Optional<String> text(Source source) {
      for (Predicate condition : source.when()) {
        if (!condition.holds(header)) {
          return Optional.empty();
        }
      }
      String found = found(source);
      if (found == null || found.isBlank()) {
        return Optional.empty();
      }
      String text = found.strip();
      if (source.pattern() != null) {
        Matcher m = source.pattern().matcher(text);
        if (!m.find()) {
          return Optional.empty();
        }
        text = m.groupCount() > 0 ? m.group(1) : m.group();
      }
      return Optional.of(cased(mapped(text, source.map()), source.letterCase()));
    }

    private @Nullable String found(Source source) {
      if (source.constant() != null) {
        return source.constant();
      }
      if (source.hook() != null) {
        return source.hook().value(header, begin, mapping.rolloverHours());
      }
      if (!source.join().isEmpty()) {
        return join(source.join());
      }
      return source.key() == null ? null : header.findString(source.key()).orElse(null);
    }

    /** Values joined by ~, where a card that says NONE counts as none. */
    private @Nullable String join(List<String> keys) {
      List<String> parts = new ArrayList<>();
      for (String key : keys) {
        String value = header.findString(key).orElse(isNone(key) ? "none" : null);
        if (value != null) {
          parts.add(value.matches("(?i)empty_?\\d*") ? "empty" : value);
        }
      }
      return parts.isEmpty() ? null : String.join("~", parts);
    }

    private boolean isNone(String key) {
      for (HeaderCard card : header.cards()) {
        if (card.key().equals(key)) {
          return card.value() instanceof String text && text.strip().equalsIgnoreCase("none");
        }
      }
      return false;
    }

    private static String mapped(String text, Map<String, String> map) {
      for (Map.Entry<String, String> entry : map.entrySet()) {
        if (entry.getKey().equalsIgnoreCase(text)) {
          return entry.getValue();
        }
      }
      return text;
    }

    private static String cased(String text, @Nullable String letterCase) {
      if (letterCase == null) {
        return text;
      }
      return letterCase.equals("upper")
          ? text.toUpperCase(Locale.ROOT)
          : text.toLowerCase(Locale.ROOT);
    }

    /** TAI MJD of the first source that can be read. */
    private OptionalDouble time(String field) {
      for (Source source : mapping.sources(field)) {
        Optional<HeaderTime> read = rawTime(source);
        if (read.isEmpty()) {
          continue;
        }
        HeaderTime time = read.get();
        if (time.mjd() > FIRST_MJD && time.mjd() < LAST_MJD) {
          warn(source);
          return OptionalDouble.of(rolled(field, source, toTai(time, source.scale())));
        }
        warnings.add("OUT_OF_RANGE");
      }
      return OptionalDouble.empty();
    }

    /** An end given as a time of day only belongs to the next day when it lies before the begin. */
    private double rolled(String field, Source source, double value) {
      boolean next = field.equals("end") && source.time() != null && value < begin;
      double rolled = next ? value + 1 : value;
      if (field.equals("end") && source.time() != null) {
        double shortest = begin + number("exposureTime").orElse(0) / SECONDS;
        return Math.max(rolled, shortest);
      }
      return rolled;
    }

    private Optional<HeaderTime> rawTime(Source source) {
      for (Predicate condition : source.when()) {
        if (!condition.holds(header)) {
          return Optional.empty();
        }
      }
      if (source.mjd() != null) {
        OptionalDouble mjd = header.findNumber(source.mjd());
        return mjd.isEmpty() ? Optional.empty() : Optional.of(HeaderTime.of(mjd.getAsDouble()));
      }
      Optional<String> date =
          source.date() == null ? Optional.empty() : header.findString(source.date());
      if (source.time() == null) {
        return date.flatMap(ObservationTimes::read);
      }
      Optional<String> time = header.findString(source.time());
      return date.flatMap(d -> time.flatMap(t -> ObservationTimes.read(d, t)));
    }

    private double toTai(HeaderTime time, @Nullable String sourceScale) {
      String declared = sourceScale == null ? mapping.timeScale() : sourceScale;
      String scale = declared.equals("TIMESYS") ? header.stringOr("TIMESYS", "UTC") : declared;
      return switch (scale.toUpperCase(Locale.ROOT)) {
        case "TAI" -> time.mjd();
        case "TT" -> time.mjd() - 32.184 / SECONDS;
        default -> LeapSeconds.utcToTai(time.mjd(), time.day());
      };
    }

    private BadInputException missing(String what) {
      return new BadInputException(
          "MISSING_KEY",
          header.where()
              + " ("
              + mapping.instrument()
              + "): the header does not give "
              + what
              + "; add a correction or mend the file");
    }
  }
}
