package org.starbeam.camera;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.apache.avro.Schema;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;
import org.starbeam.schema.ObservationInfo;

/**
 * How the headers of an instrument are read, as data: {@code instruments/NAME/translator.yaml}.
 *
 * <pre>
 * instrument: SimCam
 * base: OTHER                 # fields, bands and rollover not given here are taken from there
 * rolloverHours: 12           # the observing day is the date of TAI minus this
 * timeScale: TAI              # of times whose source does not say; TIMESYS means the header says
 * flipY: true                 # DETSEC counts rows from the other side than the assembled detector
 * recognise:                  # any of the lists; all predicates of a list must hold
 *   - [{key: INSTRUME, equals: SimCam}]
 * bands: {"^g_": g}           # physical filter (regular expression) to band, first match wins
 * fields:
 *   airmass: [{key: AMSTART, min: 0.9, max: 60}]
 * </pre>
 *
 * <p>A field is a list of sources tried in order; {@link Source} says what one may hold. Unknown
 * keys, fields, units and hooks are refused when the file is read ({@code BAD_MAPPING}).
 */
public final class MappingFile {
  /** Fields with rules of their own, beside those of {@link ObservationInfo}. */
  private static final List<String> TIMES = List.of("begin", "end");

  private static final List<String> TOP =
      List.of(
          "instrument",
          "base",
          "rolloverHours",
          "timeScale",
          "flipY",
          "recognise",
          "bands",
          "fields");
  private static final List<String> SOURCE =
      List.of(
          "key", "join", "const", "hook", "date", "time", "mjd", "scale", "unit", "times", "plus",
          "wrap", "map", "case", "pattern", "min", "max", "when", "warn");

  /** A condition on a header value. */
  record Predicate(String key, @Nullable String equals, @Nullable Pattern regex, boolean ifAbsent) {
    boolean holds(HeaderView header) {
      Optional<String> value = header.findString(key);
      if (value.isEmpty()) {
        return ifAbsent;
      }
      if (equals != null && !value.get().equalsIgnoreCase(equals)) {
        return false;
      }
      return regex == null || regex.matcher(value.get()).find();
    }
  }

  /**
   * One place where the value of a field may be found: a header {@code key}, several keys to {@code
   * join} with ~, a {@code const}, or a {@code hook}; for times a {@code date} with or without a
   * {@code time} of day, or an {@code mjd}, in a {@code scale}. Text is cut by {@code pattern} (its
   * first group), mapped by {@code map} and {@code case}; numbers are converted from {@code unit},
   * then times {@code times} plus {@code plus}, wrapped to [0, {@code wrap}); outside {@code min}
   * to {@code max} they count as missing. {@code when} must hold; {@code warn} is noted when the
   * source is used.
   */
  record Source(
      @Nullable String key,
      List<String> join,
      @Nullable String constant,
      @Nullable TranslatorHook hook,
      @Nullable String date,
      @Nullable String time,
      @Nullable String mjd,
      @Nullable String scale,
      HeaderUnit unit,
      double times,
      double plus,
      double wrap,
      Map<String, String> map,
      @Nullable String letterCase,
      @Nullable Pattern pattern,
      double min,
      double max,
      List<Predicate> when,
      @Nullable String warn) {}

  private final String instrument;
  private final double rolloverHours;
  private final String timeScale;
  private final boolean flipY;
  private final List<List<Predicate>> recognise;
  private final Map<Pattern, String> bands;
  private final Map<String, List<Source>> fields;

  private MappingFile(SafeYaml yaml, @Nullable MappingFile base) {
    yaml.allow(TOP);
    instrument = yaml.text("instrument");
    rolloverHours = yaml.numberOr("rolloverHours", base == null ? 12 : base.rolloverHours);
    timeScale = yaml.textOr("timeScale", base == null ? "TIMESYS" : base.timeScale);
    flipY = yaml.flagOr("flipY", base != null && base.flipY);
    recognise = recognition(yaml);
    bands = new LinkedHashMap<>();
    yaml.textMap("bands").forEach((regex, band) -> bands.put(compile(yaml, regex), band));
    fields = new LinkedHashMap<>();
    if (base != null) {
      base.bands.forEach(bands::putIfAbsent);
      fields.putAll(base.fields);
    }
    readFields(yaml);
  }

  /** A mapping of this distribution. */
  public static MappingFile builtIn(String name) {
    String path = "/instruments/" + name + "/translator.yaml";
    try (InputStream in = MappingFile.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new BadInputException("BAD_MAPPING", "no mapping file of instrument " + name);
      }
      return parse(path, new String(in.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(path, e);
    }
  }

  /**
   * Reads a mapping.
   *
   * @param file name of the document for messages
   */
  public static MappingFile parse(String file, String text) {
    try {
      return of(SafeYaml.parse(file, text));
    } catch (BadInputException e) {
      throw new BadInputException("BAD_MAPPING", String.valueOf(e.getMessage()), e);
    }
  }

  static MappingFile of(SafeYaml yaml) {
    String base = yaml.textOrNull("base");
    return new MappingFile(yaml, base == null ? null : builtIn(base));
  }

  public String instrument() {
    return instrument;
  }

  /** The observing day is the date of TAI minus this. */
  public double rolloverHours() {
    return rolloverHours;
  }

  /** True when DETSEC counts rows from the other side than the assembled detector. */
  public boolean flipY() {
    return flipY;
  }

  String timeScale() {
    return timeScale;
  }

  List<Source> sources(String field) {
    return fields.getOrDefault(field, List.of());
  }

  List<String> fieldNames() {
    return List.copyOf(fields.keySet());
  }

  /**
   * True when a mapping that the user names is meant for a header: it recognises it, or it says
   * nothing of recognition and so is meant for all.
   */
  public boolean isMeantFor(HeaderView header) {
    return recognise.isEmpty() || recognises(header);
  }

  /** True when the header is one of this instrument. */
  public boolean recognises(HeaderView header) {
    return recognise.stream().anyMatch(all -> all.stream().allMatch(p -> p.holds(header)));
  }

  /** Band of a physical filter, or null. */
  @Nullable String band(String physicalFilter) {
    for (Map.Entry<Pattern, String> entry : bands.entrySet()) {
      if (entry.getKey().matcher(physicalFilter).find()) {
        return entry.getValue();
      }
    }
    return null;
  }

  private static List<List<Predicate>> recognition(SafeYaml yaml) {
    List<List<Predicate>> out = new ArrayList<>();
    if (yaml.raw("recognise") instanceof List<?> alternatives) {
      for (int i = 0; i < alternatives.size(); i++) {
        out.add(predicates(yaml.element("recognise", i)));
      }
    }
    return out;
  }

  private static List<Predicate> predicates(List<SafeYaml> list) {
    List<Predicate> out = new ArrayList<>();
    for (SafeYaml p : list) {
      p.allow(List.of("key", "equals", "regex", "ifAbsent"));
      String regex = p.textOrNull("regex");
      out.add(
          new Predicate(
              p.text("key"),
              p.textOrNull("equals"),
              regex == null ? null : compile(p, regex),
              p.flagOr("ifAbsent", false)));
    }
    return out;
  }

  private void readFields(SafeYaml yaml) {
    if (!yaml.has("fields")) {
      return;
    }
    SafeYaml all = yaml.child("fields");
    Schema schema = ObservationInfo.getClassSchema();
    for (String field : all.keys()) {
      if (!TIMES.contains(field) && schema.getField(field) == null) {
        throw all.bad(field, "ObservationInfo has no such field");
      }
      List<Source> sources = new ArrayList<>();
      for (SafeYaml source : all.children(field)) {
        sources.add(source(source));
      }
      fields.put(field, sources);
    }
  }

  private static Source source(SafeYaml yaml) {
    yaml.allow(SOURCE);
    String hook = yaml.textOrNull("hook");
    String pattern = yaml.textOrNull("pattern");
    return new Source(
        yaml.textOrNull("key"),
        yaml.texts("join"),
        yaml.textOrNull("const"),
        hook == null ? null : TranslatorHook.named(yaml, hook),
        yaml.textOrNull("date"),
        yaml.textOrNull("time"),
        yaml.textOrNull("mjd"),
        yaml.textOrNull("scale"),
        HeaderUnit.named(yaml, yaml.textOr("unit", "none")),
        yaml.numberOr("times", 1),
        yaml.numberOr("plus", 0),
        yaml.numberOr("wrap", 0),
        yaml.textMap("map"),
        yaml.textOrNull("case"),
        pattern == null ? null : compile(yaml, pattern),
        yaml.numberOr("min", Double.NEGATIVE_INFINITY),
        yaml.numberOr("max", Double.POSITIVE_INFINITY),
        predicates(yaml.children("when")),
        yaml.textOrNull("warn"));
  }

  private static Pattern compile(SafeYaml yaml, String regex) {
    try {
      return Pattern.compile(regex, Pattern.CASE_INSENSITIVE);
    } catch (PatternSyntaxException e) {
      throw yaml.bad(regex, "not a regular expression: " + e.getDescription());
    }
  }
}
