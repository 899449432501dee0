package org.starbeam.camera;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.TiledCutout.Layout;
import org.starbeam.fits.TiledCutout.Weighting;

/**
 * Says how calibrated frames of a kind are stored. As YAML, every entry optional:
 *
 * <pre>
 * image:      {extension: SCI}           # EXTNAME or number; default IMAGE, SCI or the first image
 * mask:       {extension: DQ, planes: {SAT: 1, BAD: 0}}   # plane: bit; default: MP_ cards
 * variance:   {extension: WHT, kind: weight}              # variance, error, weight
 * unit:       nJy                        # nJy, electron, count; default from BUNIT, else count
 * zeroPoint:  {key: MAGZPT, value: 30, perSecond: false}  # AB magnitude of one unit (per second)
 * exposure:   {key: EXPTIME}             # seconds, for perSecond
 * gain:       {key: GAIN, value: 1.0}    # electrons per unit of the file
 * saturation: {key: SATURATE}            # in the file's units; pixels at or above get SAT
 * header:                                # how the header is read, a MappingFile; default: found
 *   instrument: VIRCAM
 *   base: generic
 * </pre>
 *
 * A number is that of the first key that the header has ({@code key} may be a list), else the
 * value.
 *
 * @param unit null: from the header
 * @param zeroPoint where the zero point stands
 * @param perSecond the zero point is that of one unit per second
 * @param headerMapping null: found from the headers
 */
public record CalibratedFrameMapping(
    Layout layout,
    CalibratedExposure.@Nullable Unit unit,
    Source zeroPoint,
    boolean perSecond,
    Source exposure,
    Source gain,
    Source saturation,
    @Nullable MappingFile headerMapping) {

  /**
   * A number that a header keyword holds or that is the same for all files.
   *
   * @param keys tried in order
   */
  public record Source(List<String> keys, OptionalDouble value) {
    static Source keys(String... keys) {
      return new Source(List.of(keys), OptionalDouble.empty());
    }

    OptionalDouble of(HeaderView header) {
      for (String key : keys) {
        OptionalDouble found = header.findNumber(key);
        if (found.isPresent()) {
          return found;
        }
      }
      return value;
    }
  }

  /** The usual names: MAGZERO or MAGZPT, EXPTIME, GAIN, SATURATE. */
  public static CalibratedFrameMapping automatic() {
    return new CalibratedFrameMapping(
        Layout.automatic(),
        null,
        Source.keys("MAGZERO", "MAGZPT", "MAGZP", "PHOTZP", "ZEROPT"),
        false,
        Source.keys("EXPTIME", "EXPOSURE"),
        Source.keys("GAIN", "EGAIN"),
        Source.keys("SATURATE"),
        null);
  }

  /** Reads a mapping file; {@code BAD_YAML} or {@code UNREADABLE} where it cannot be used. */
  public static CalibratedFrameMapping read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (IOException e) {
      throw new BadInputException(
          "UNREADABLE", file + ": mapping file cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * @param name what messages call the document
   */
  public static CalibratedFrameMapping parse(String name, String yaml) {
    SafeYaml top = SafeYaml.parse(name, yaml);
    top.allow(
        List.of(
            "starbeam",
            "image",
            "mask",
            "variance",
            "unit",
            "zeroPoint",
            "exposure",
            "gain",
            "saturation",
            "header"));
    CalibratedFrameMapping usual = automatic();
    return new CalibratedFrameMapping(
        layout(top),
        top.has("unit") ? unit(top.where(), top.text("unit")) : null,
        source(top, "zeroPoint", usual.zeroPoint),
        top.has("zeroPoint") && top.child("zeroPoint").flagOr("perSecond", false),
        source(top, "exposure", usual.exposure),
        source(top, "gain", usual.gain),
        source(top, "saturation", usual.saturation),
        top.has("header") ? MappingFile.of(top.child("header")) : null);
  }

  private static Layout layout(SafeYaml top) {
    Weighting weighting = null;
    if (top.has("variance") && top.child("variance").has("kind")) {
      String kind = top.child("variance").text("kind");
      try {
        weighting = Weighting.valueOf(kind.toUpperCase(Locale.ROOT));
      } catch (IllegalArgumentException e) {
        throw new BadInputException(
            "BAD_YAML",
            top.where() + ": variance kind " + kind + ", expected variance, error or weight",
            e);
      }
    }
    Map<String, Integer> planes = new LinkedHashMap<>();
    if (top.has("mask") && top.child("mask").has("planes")) {
      SafeYaml list = top.child("mask").child("planes");
      for (String plane : list.keys()) {
        planes.put(plane, list.integer(plane));
      }
    }
    return new Layout(
        extension(top, "image"),
        extension(top, "mask"),
        extension(top, "variance"),
        weighting,
        planes);
  }

  private static @Nullable String extension(SafeYaml top, String plane) {
    return top.has(plane) ? top.child(plane).textOrNull("extension") : null;
  }

  private static Source source(SafeYaml top, String name, Source usual) {
    if (!top.has(name)) {
      return usual;
    }
    SafeYaml entry = top.child(name);
    entry.allow(List.of("key", "value", "perSecond"));
    return new Source(
        entry.texts("key"),
        entry.has("value") ? OptionalDouble.of(entry.number("value")) : OptionalDouble.empty());
  }

  static CalibratedExposure.Unit unit(String where, String text) {
    return switch (text.toLowerCase(Locale.ROOT)) {
      case "njy", "nanojansky" -> CalibratedExposure.Unit.NANOJANSKY;
      case "electron", "electrons", "e-" -> CalibratedExposure.Unit.ELECTRON;
      case "count", "counts", "adu", "dn" -> CalibratedExposure.Unit.COUNT;
      default ->
          throw new BadInputException(
              "BAD_YAML", where + ": unit " + text + ", expected nJy, electron or count");
    };
  }
}
