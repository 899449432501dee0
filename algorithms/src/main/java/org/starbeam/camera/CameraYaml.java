package org.starbeam.camera;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;

/**
 * Reads a camera file. Two spellings are understood: the snake case of simulated cameras
 * (tools/simcam README section 5: {@code focal_length_mm}, {@code focal_plane_mm}, {@code raw_*}
 * boxes, levels in electrons) and the camel case of specs/01 section 2.1 ({@code plateScale},
 * {@code offsetMm}, {@code refpos}, {@code rawDataBBox}, levels in ADU).
 *
 * <p>Amplifiers that lie in one image say where, {@code raw_box} (or {@code rawBBox}) of the
 * extension {@code hdu: PRIMARY} (the first image of the file); the other raw boxes then count
 * pixels of that image too. docs/cameras.md has an example of every key.
 *
 * <p>A file is refused ({@code BAD_CAMERA}, naming the amplifiers and boxes) when boxes leave the
 * raw image, when the data boxes do not tile the detector exactly, when ids or names repeat, when a
 * gain is not positive, or when a filter has no band. A key that looks like a known one is refused
 * ({@code BAD_YAML}) with what it may have meant; keys that look like none are passed over.
 */
public final class CameraYaml {
  private static final List<String> CAMERA =
      words(
          "name instrument pixelSizeMm pixel_pitch_mm pixel_scale_arcsec plateScale focal_length_mm"
              + " transforms distortion site rolloverHours day_obs wcsFlipX wcs_flip_x filters"
              + " nominal layout amplifier_defaults detectorTypes detectors");
  private static final List<String> FILTER =
      words("name band zeroPoint zero_point effectiveWavelength");
  private static final List<String> SITE =
      words("name latitudeDeg latitude_deg longitudeDeg longitude_deg heightM elevation_m");
  private static final List<String> DETECTOR =
      words(
          "id name serial group type physicalType size bbox offsetMm focal_plane_mm refpos yawDeg"
              + " yaw_deg pitchDeg rollDeg orientationQuarterTurns amplifiers defects crosstalk");
  private static final List<String> AMPLIFIER =
      words(
          "name hdu extname perAmpData ixy bbox rawBBox raw_box raw_size rawDataBBox raw_data"
              + " rawSerialPrescanBBox raw_prescan rawSerialOverscanBBox raw_serial_overscan"
              + " rawParallelPrescanBBox rawParallelOverscanBBox raw_parallel_overscan overscan"
              + " flipX flip_x flipY flip_y readCorner gain readNoise read_noise saturation"
              + " suspect suspect_level biasLevel bias_level adc_max linearity crosstalk");

  private static final double RAD_PER_ARCSEC = Math.PI / 180 / 3600;

  private CameraYaml() {}

  private static List<String> words(String text) {
    return List.of(text.split(" "));
  }

  public static Camera read(Path file) {
    try {
      return parse(file.toString(), Files.readString(file, StandardCharsets.UTF_8));
    } catch (NoSuchFileException e) {
      throw new BadInputException("MISSING_CAMERA", "no camera file " + file, e);
    } catch (IOException e) {
      throw new UncheckedIOException("camera file " + file, e);
    }
  }

  /**
   * @param file name of the document for messages
   */
  public static Camera parse(String file, String text) {
    SafeYaml yaml = SafeYaml.parse(file, text);
    yaml.refuseMisspelt(CAMERA);
    double pixel = yaml.number(yaml.firstOf("pixelSizeMm", "pixel_pitch_mm"));
    List<Detector> detectors = new ArrayList<>();
    for (SafeYaml detector : yaml.children("detectors")) {
      detectors.add(detector(detector));
    }
    detectors.sort(Comparator.comparingInt(Detector::id));
    if (detectors.isEmpty()) {
      throw bad(file, "no detectors");
    }
    unique(file, detectors);
    return new Camera(
        yaml.text(yaml.firstOf("instrument", "name")),
        pixel,
        optics(yaml),
        site(yaml),
        dayObsOffset(yaml),
        filters(yaml),
        detectors,
        nominal(yaml));
  }

  private static Camera.Nominal nominal(SafeYaml yaml) {
    Map<String, Double> zeroPoints = new LinkedHashMap<>();
    for (SafeYaml filter : yaml.children("filters")) {
      String key = filter.firstOf("zeroPoint", "zero_point");
      if (filter.has(key)) {
        zeroPoints.put(filter.text("name"), filter.number(key));
      }
    }
    if (!yaml.has("nominal")) {
      return new Camera.Nominal(null, null, null, zeroPoints);
    }
    SafeYaml nominal = yaml.child("nominal");
    nominal.allow(List.of("bias", "dark", "flat"));
    if (nominal.has("flat") && !(nominal.number("flat") > 0)) {
      throw nominal.bad("flat", "expected a response above 0");
    }
    return new Camera.Nominal(
        numberOrNull(nominal, "bias"),
        numberOrNull(nominal, "dark"),
        numberOrNull(nominal, "flat"),
        zeroPoints);
  }

  private static @Nullable Double numberOrNull(SafeYaml yaml, String key) {
    return yaml.has(key) ? Double.valueOf(yaml.number(key)) : null;
  }

  private static Camera.Optics optics(SafeYaml yaml) {
    boolean flipX = yaml.flagOr(yaml.firstOf("wcsFlipX", "wcs_flip_x"), false);
    if (yaml.has("focal_length_mm")) {
      double f = yaml.number("focal_length_mm");
      double k = 0;
      if (yaml.has("distortion")) {
        SafeYaml distortion = yaml.child("distortion");
        String model = distortion.textOr("model", "radial_cubic");
        if (!model.equals("radial_cubic")) {
          throw distortion.bad("model", "unknown model " + model + "; known: radial_cubic");
        }
        k = distortion.number("k");
      }
      return new Camera.Optics(1 / f, new double[] {0, 1, 0, k / (f * f)}, flipX);
    }
    double scale = yaml.number("plateScale") * RAD_PER_ARCSEC;
    double[] radial = {0, 1};
    for (SafeYaml transform : yaml.children("transforms")) {
      radial = transform.numbers(transform.firstOf("radial", "coeffs"));
    }
    return new Camera.Optics(scale, radial, flipX);
  }

  private static Camera.@Nullable Site site(SafeYaml yaml) {
    if (!yaml.has("site")) {
      return null;
    }
    SafeYaml site = yaml.child("site");
    site.refuseMisspelt(SITE);
    return new Camera.Site(
        site.number(site.firstOf("latitudeDeg", "latitude_deg")),
        site.number(site.firstOf("longitudeDeg", "longitude_deg")),
        site.number(site.firstOf("heightM", "elevation_m")));
  }

  private static double dayObsOffset(SafeYaml yaml) {
    if (!yaml.has("day_obs")) {
      return yaml.numberOr("rolloverHours", 12);
    }
    return -yaml.child("day_obs").numberOr("offset_hours", -12);
  }

  private static Map<String, String> filters(SafeYaml yaml) {
    Map<String, String> out = new LinkedHashMap<>();
    for (SafeYaml filter : yaml.children("filters")) {
      filter.refuseMisspelt(FILTER);
      if (!filter.has("band")) {
        throw bad(filter.where(), "filter " + filter.text("name") + " has no band");
      }
      out.put(filter.text("name"), filter.text("band"));
    }
    return out;
  }

  private static Detector detector(SafeYaml yaml) {
    yaml.refuseMisspelt(DETECTOR);
    int id = yaml.integer("id");
    String name = yaml.text("name");
    Box box =
        yaml.has("size")
            ? new Box(0, 0, (int) yaml.numbers("size")[0], (int) yaml.numbers("size")[1])
            : box(yaml, "bbox");
    List<Amplifier> amplifiers = new ArrayList<>();
    for (SafeYaml amplifier : yaml.children("amplifiers")) {
      amplifiers.add(amplifier(amplifier));
    }
    checkPlaces(yaml.where() + " " + name, amplifiers);
    checkTiling(yaml.where() + " " + name, box, amplifiers);
    double[] offset = yaml.numbers(yaml.firstOf("offsetMm", "focal_plane_mm"));
    double[] centre = {
      box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0,
    };
    double[] reference = yaml.has("refpos") ? yaml.numbers("refpos") : centre;
    double yaw = yaml.numberOr(yaml.firstOf("yawDeg", "yaw_deg"), 0);
    double turns = yaml.integerOr("orientationQuarterTurns", 0);
    return new Detector(
        id,
        name,
        yaml.textOrNull("serial"),
        box,
        offset[0],
        offset[1],
        reference[0],
        reference[1],
        yaw + 90 * turns,
        amplifiers,
        crosstalk(yaml, name, amplifiers.size()),
        defects(yaml, box));
  }

  private static List<Box> defects(SafeYaml yaml, Box detector) {
    List<Box> out = new ArrayList<>();
    if (yaml.has("defects")) {
      for (double[] v : yaml.matrix("defects")) {
        Box defect = box(yaml, "defects", v);
        if (!detector.contains(defect)) {
          throw bad(yaml.where(), "defect " + defect + " leaves the detector " + detector);
        }
        out.add(defect);
      }
    }
    return out;
  }

  private static CrosstalkMatrix crosstalk(SafeYaml yaml, String name, int size) {
    if (!yaml.has("crosstalk")) {
      return CrosstalkMatrix.none(size);
    }
    double[][] rows = yaml.matrix("crosstalk");
    for (double[] row : rows) {
      if (rows.length != size || row.length != size) {
        throw bad(
            yaml.where(),
            "crosstalk of detector "
                + name
                + " is "
                + rows.length
                + " x "
                + row.length
                + ", expected "
                + size
                + " x "
                + size);
      }
    }
    return CrosstalkMatrix.ofTargets(rows);
  }

  private static Amplifier amplifier(SafeYaml yaml) {
    yaml.refuseMisspelt(AMPLIFIER);
    String name = yaml.text("name");
    double gain = yaml.number("gain");
    if (!(gain > 0)) {
      throw bad(yaml.where(), "amplifier " + name + " has gain " + gain + ", expected above 0");
    }
    boolean inAdu = yaml.has("rawDataBBox");
    double unit = inAdu ? gain : 1;
    double saturation = yaml.has("saturation") ? yaml.number("saturation") * unit : 1e30;
    String suspect = yaml.firstOf("suspect", "suspect_level");
    return new Amplifier(
        name,
        yaml.textOr(yaml.firstOf("hdu", "extname"), name),
        box(yaml, "bbox"),
        yaml.flagOr(yaml.firstOf("flipX", "flip_x"), false),
        yaml.flagOr(yaml.firstOf("flipY", "flip_y"), false),
        regions(yaml, name),
        gain,
        yaml.number(yaml.firstOf("readNoise", "read_noise")),
        saturation,
        yaml.has(suspect) ? yaml.number(suspect) * unit : saturation,
        yaml.numberOr(yaml.firstOf("biasLevel", "bias_level"), Double.NaN));
  }

  private static Amplifier.RawRegions regions(SafeYaml yaml, String name) {
    String place = yaml.firstOf("rawBBox", "raw_box");
    Box whole = yaml.has(place) ? box(yaml, place) : size(yaml);
    Map<String, Box> parts = new LinkedHashMap<>();
    for (String[] keys :
        new String[][] {
          {"rawDataBBox", "raw_data"},
          {"rawSerialPrescanBBox", "raw_prescan"},
          {"rawSerialOverscanBBox", "raw_serial_overscan"},
          {"rawParallelOverscanBBox", "raw_parallel_overscan"}
        }) {
      String key = yaml.firstOf(keys);
      Box part = yaml.has(key) ? box(yaml, key) : Box.EMPTY;
      if (!whole.contains(part)) {
        throw bad(
            yaml.where(),
            "amplifier " + name + ": " + key + " " + part + " leaves the raw image " + whole);
      }
      parts.put(keys[1], part.isEmpty() ? Box.EMPTY : part.shift(-whole.x0(), -whole.y0()));
    }
    return new Amplifier.RawRegions(
        whole.x0(),
        whole.y0(),
        whole.width(),
        whole.height(),
        parts.getOrDefault("raw_data", Box.EMPTY),
        parts.getOrDefault("raw_prescan", Box.EMPTY),
        parts.getOrDefault("raw_serial_overscan", Box.EMPTY),
        parts.getOrDefault("raw_parallel_overscan", Box.EMPTY),
        overscanUse(yaml, name, parts.getOrDefault("raw_serial_overscan", Box.EMPTY)));
  }

  private static Amplifier.@Nullable OverscanUse overscanUse(
      SafeYaml yaml, String amplifier, Box overscan) {
    if (!yaml.has("overscan")) {
      return null;
    }
    SafeYaml use = yaml.child("overscan");
    use.allow(List.of("skip", "perRow", "per_row"));
    double[] skip = use.numbers("skip");
    if (skip.length != 2 || skip[0] < 0 || skip[1] < 0 || skip[0] + skip[1] >= overscan.width()) {
      throw bad(
          use.where(),
          "amplifier "
              + amplifier
              + ": skip must be two numbers of columns, first and last, that leave some of the"
              + " serial overscan "
              + overscan);
    }
    return new Amplifier.OverscanUse(
        (int) skip[0], (int) skip[1], use.flagOr(use.firstOf("perRow", "per_row"), true));
  }

  private static Box size(SafeYaml yaml) {
    double[] size = yaml.numbers("raw_size");
    return new Box(0, 0, (int) size[0], (int) size[1]);
  }

  private static Box box(SafeYaml yaml, String key) {
    return box(yaml, key, yaml.numbers(key));
  }

  private static Box box(SafeYaml yaml, String key, double[] v) {
    if (v.length != 4 || v[2] < 0 || v[3] < 0 || v[2] * v[3] > 1e9) {
      throw yaml.bad(key, "expected [x0, y0, width, height]");
    }
    return new Box((int) v[0], (int) v[1], (int) v[2], (int) v[3]);
  }

  /** Raw images that share an extension must not overlap. */
  private static void checkPlaces(String where, List<Amplifier> amplifiers) {
    for (int i = 0; i < amplifiers.size(); i++) {
      Amplifier a = amplifiers.get(i);
      for (Amplifier b : amplifiers.subList(0, i)) {
        if (a.extName().equalsIgnoreCase(b.extName())
            && !a.raw().place().intersect(b.raw().place()).isEmpty()) {
          throw bad(
              where,
              "the raw images of amplifiers "
                  + b.name()
                  + " "
                  + b.raw().place()
                  + " and "
                  + a.name()
                  + " "
                  + a.raw().place()
                  + " overlap in extension "
                  + a.extName());
        }
      }
    }
  }

  /** Data boxes must have the size of their place and fill the detector without overlap. */
  static void checkTiling(String where, Box detector, List<Amplifier> amplifiers) {
    long covered = 0;
    for (int i = 0; i < amplifiers.size(); i++) {
      Amplifier a = amplifiers.get(i);
      Box data = a.raw().data();
      if (data.width() != a.box().width() || data.height() != a.box().height()) {
        throw bad(
            where, "amplifier " + a.name() + ": data " + data + " does not fill its " + a.box());
      }
      if (!detector.contains(a.box())) {
        throw bad(
            where, "amplifier " + a.name() + ": " + a.box() + " leaves the detector " + detector);
      }
      for (int j = 0; j < i; j++) {
        Amplifier b = amplifiers.get(j);
        if (b.name().equals(a.name())) {
          throw bad(where, "two amplifiers are named " + a.name());
        }
        if (!a.box().intersect(b.box()).isEmpty()) {
          throw bad(
              where,
              "amplifiers "
                  + b.name()
                  + " "
                  + b.box()
                  + " and "
                  + a.name()
                  + " "
                  + a.box()
                  + " overlap");
        }
      }
      covered += a.box().area();
    }
    if (!amplifiers.isEmpty() && covered != detector.area()) {
      throw bad(
          where,
          "amplifiers cover " + covered + " pixels of " + detector.area() + " of " + detector);
    }
  }

  private static void unique(String file, List<Detector> detectors) {
    Map<Integer, String> byId = new HashMap<>();
    Map<String, Integer> byName = new HashMap<>();
    for (Detector d : detectors) {
      String other = byId.put(d.id(), d.name());
      if (other != null) {
        throw bad(file, "detectors " + other + " and " + d.name() + " have the same id " + d.id());
      }
      Integer twin = byName.put(d.name(), d.id());
      if (twin != null) {
        throw bad(file, "detectors " + twin + " and " + d.id() + " are both named " + d.name());
      }
    }
  }

  private static BadInputException bad(String where, String what) {
    return new BadInputException("BAD_CAMERA", where + ": " + what);
  }
}
