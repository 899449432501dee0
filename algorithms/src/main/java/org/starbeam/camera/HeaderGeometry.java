package org.starbeam.camera;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.Box;

/**
 * The amplifiers of a raw file from its headers, for instruments without a camera file: every image
 * extension with DATASEC and DETSEC (or a primary image with DATASEC or nothing at all) is one.
 * Reversed ranges of DETSEC mean a mirror. The serial overscan is BIASSEC or the columns after the
 * data, the parallel overscan PARASEC or the rows after the data. Gain and read noise are
 * GAIN/CCDGAIN/GAINNOM and RDNOISE/CCDNOISE/RDNNOM, else 1 e-/ADU and 5 e-.
 *
 * <p>FITS sections count from 1 and include their ends; here they become 0-based boxes.
 */
public final class HeaderGeometry {
  private static final Pattern SECTION =
      Pattern.compile("\\[\\s*(-?\\d+)\\s*:\\s*(-?\\d+)\\s*,\\s*(-?\\d+)\\s*:\\s*(-?\\d+)\\s*]");
  private static final double NO_LIMIT = 1e30;

  /** A section with its direction. */
  private record Section(Box box, boolean flipX, boolean flipY) {}

  private HeaderGeometry() {}

  /**
   * The detector of an open raw file.
   *
   * @param flipY true when the detector's rows are to run against DETSEC, see {@link
   *     MappingFile#flipY()}
   */
  public static Detector detector(FitsReader reader, int id, String name, boolean flipY) {
    List<FitsHdu> images = reader.hdus().stream().filter(HeaderGeometry::isAmplifier).toList();
    if (images.isEmpty()) {
      images = reader.hdus().stream().filter(FitsHdu::isImage).limit(1).toList();
    }
    if (images.isEmpty()) {
      throw new BadInputException("MISSING_HDU", reader.name() + ": no image extension");
    }
    List<Section> places = new ArrayList<>();
    Box whole = Box.EMPTY;
    for (FitsHdu hdu : images) {
      Box data = data(hdu);
      Section place = section(hdu.header(), "DETSEC");
      places.add(
          place == null ? new Section(data.shift(-data.x0(), -data.y0()), false, false) : place);
      whole = whole.union(places.get(places.size() - 1).box());
    }
    List<Amplifier> amplifiers = new ArrayList<>();
    for (int i = 0; i < images.size(); i++) {
      amplifiers.add(amplifier(reader, images.get(i), places.get(i), whole, flipY));
    }
    Box box = new Box(0, 0, whole.width(), whole.height());
    CameraYaml.checkTiling(reader.name(), box, amplifiers);
    Detector plain = Detector.plain(id, name, box);
    return new Detector(
        id,
        name,
        null,
        box,
        0,
        0,
        plain.refX(),
        plain.refY(),
        0,
        amplifiers,
        CrosstalkMatrix.none(amplifiers.size()));
  }

  private static boolean isAmplifier(FitsHdu hdu) {
    return hdu.isImage() && hdu.header().has("DATASEC") && hdu.header().has("DETSEC");
  }

  private static Amplifier amplifier(
      FitsReader reader, FitsHdu hdu, Section place, Box whole, boolean flipY) {
    HeaderView header = reader.mergedHeader(hdu);
    Box at = place.box().shift(-whole.x0(), -whole.y0());
    Box box = flipY ? new Box(at.x0(), whole.height() - at.y1(), at.width(), at.height()) : at;
    String name = hdu.name().isEmpty() ? "amplifier" : hdu.name();
    double gain = first(header, 1, "GAIN", "CCDGAIN", "GAINNOM");
    return new Amplifier(
        name,
        hdu.name(),
        box,
        place.flipX(),
        place.flipY() != flipY,
        regions(hdu),
        gain,
        first(header, 5, "RDNOISE", "CCDNOISE", "RDNNOM"),
        NO_LIMIT,
        NO_LIMIT);
  }

  private static double first(HeaderView header, double fallback, String... keys) {
    for (String key : keys) {
      double value = header.numberOr(key, 0);
      if (value > 0) {
        return value;
      }
    }
    return fallback;
  }

  private static Amplifier.RawRegions regions(FitsHdu hdu) {
    Box image = new Box(0, 0, hdu.width(), hdu.height());
    Box data = data(hdu);
    Box serial = box(hdu, "BIASSEC");
    if (serial.isEmpty() && data.x1() < image.width()) {
      serial = new Box(data.x1(), data.y0(), image.width() - data.x1(), data.height());
    }
    Box parallel = box(hdu, "PARASEC");
    if (parallel.isEmpty() && data.y1() < image.height()) {
      parallel = new Box(data.x0(), data.y1(), data.width(), image.height() - data.y1());
    }
    Box prescan = box(hdu, "PRESEC");
    if (prescan.isEmpty() && data.x0() > 0) {
      prescan = new Box(0, data.y0(), data.x0(), data.height());
    }
    return new Amplifier.RawRegions(
        image.width(),
        image.height(),
        data,
        prescan.intersect(image),
        serial.intersect(image),
        parallel.intersect(image));
  }

  private static Box data(FitsHdu hdu) {
    Box image = new Box(0, 0, hdu.width(), hdu.height());
    Box data = box(hdu, "DATASEC");
    if (data.isEmpty()) {
      return image;
    }
    if (!image.contains(data)) {
      return data.intersect(image);
    }
    return data;
  }

  private static Box box(FitsHdu hdu, String key) {
    Section section = section(hdu.header(), key);
    return section == null ? Box.EMPTY : section.box();
  }

  private static @Nullable Section section(HeaderView header, String key) {
    String text = header.stringOr(key, "");
    if (text.isEmpty()) {
      return null;
    }
    Matcher m = SECTION.matcher(text);
    if (!m.matches()) {
      throw new BadInputException(
          "BAD_KEY", header.where() + ": " + key + " = " + text + ", expected [x1:x2,y1:y2]");
    }
    int[] v = new int[4];
    for (int i = 0; i < 4; i++) {
      v[i] = Integer.parseInt(m.group(i + 1));
    }
    Box box =
        Box.ofCorners(
            Math.min(v[0], v[1]) - 1,
            Math.min(v[2], v[3]) - 1,
            Math.max(v[0], v[1]) - 1,
            Math.max(v[2], v[3]) - 1);
    return new Section(box, v[0] > v[1], v[2] > v[3]);
  }
}
