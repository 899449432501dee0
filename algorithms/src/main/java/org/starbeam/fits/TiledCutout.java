package org.starbeam.fits;

import java.io.Closeable;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * An open image product from which boxes are read; a box costs the tiles that it touches.
 *
 * <p>Foreign forms: the image is IMAGE or SCI, else the first image of the file; the mask is MASK
 * or DQ, else 0; the variance is VARIANCE or VAR, ERR (squared), or WHT or WEIGHT (1 / w, NO_DATA
 * where w is not positive), else missing: then {@link #hasVariance} is false and the plane is 0.
 * Mask planes are moved to the bits of {@link MaskPlanes} by the file's {@code MP_} cards; planes
 * that are not in the dictionary take free bits, given by {@link #planes}. A mask without {@code
 * MP_} cards says BAD where it is not 0.
 *
 * <p>Pixels with NO_DATA or without a finite value come back as image 0, variance +infinity,
 * NO_DATA. Not thread safe.
 */
public final class TiledCutout implements Closeable {
  /** What the third plane of a file says. */
  public enum Weighting {
    VARIANCE,
    /** Standard deviation. */
    ERROR,
    /** Inverse variance. */
    WEIGHT
  }

  /**
   * Where a foreign file keeps its planes. A place is an EXTNAME or the number of the HDU; null
   * means found by the usual names, {@code "none"} not there.
   *
   * @param weighting what the variance extension holds; null: by its name
   * @param planes plane name to bit of the file's mask; empty: by its {@code MP_} cards
   */
  public record Layout(
      @Nullable String image,
      @Nullable String mask,
      @Nullable String variance,
      @Nullable Weighting weighting,
      Map<String, Integer> planes) {
    /** Everything by the usual names. */
    public static Layout automatic() {
      return new Layout(null, null, null, null, Map.of());
    }
  }

  private static final Pattern WCS_CARD =
      Pattern.compile(
          "(CTYPE|CRPIX|CRVAL|CDELT|CUNIT|CROTA)[12]|CD[12]_[12]|PC[12]_[12]|PV[12]_\\d+|PS[12]_\\d+"
              + "|[AB]P?_(ORDER|DMAX|\\d+_\\d+)|RADESYS|RADECSYS|EQUINOX|LONPOLE|LATPOLE|WCSAXES|MJD-OBS");

  private final FitsReader reader;
  private final FitsHdu imageHdu;
  private final @Nullable FitsHdu maskHdu;
  private final @Nullable FitsHdu varianceHdu;
  private final HeaderView header;
  private final Box box;
  private final MaskRemap remap;

  private final Weighting weighting;

  private TiledCutout(FitsReader reader, Layout layout) {
    this.reader = reader;
    this.imageHdu =
        layout.image() != null
            ? requireImage(layout.image())
            : find("IMAGE", "SCI").filter(FitsHdu::isImage).orElseGet(reader::firstImage);
    this.maskHdu = companion(layout.mask(), "MASK", "DQ");
    this.varianceHdu = companion(layout.variance(), "VARIANCE", "VAR", "ERR", "WHT", "WEIGHT");
    this.weighting = weighting(layout, varianceHdu);
    this.header = reader.mergedHeader(imageHdu);
    this.box = FitsReader.imageBox(imageHdu).shift(origin(1), origin(2));
    this.remap =
        layout.planes().isEmpty()
            ? MaskRemap.of(maskHdu == null ? header : maskHdu.header())
            : MaskRemap.of(header.where(), layout.planes());
  }

  public static TiledCutout open(Path path) {
    return open(path, Layout.automatic());
  }

  public static TiledCutout open(Path path, Layout layout) {
    FitsReader reader = FitsReader.open(path);
    try {
      return new TiledCutout(reader, layout);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private Optional<FitsHdu> find(String... names) {
    for (String name : names) {
      Optional<FitsHdu> hdu = reader.find(name);
      if (hdu.isPresent()) {
        return hdu;
      }
    }
    return Optional.empty();
  }

  private FitsHdu requireImage(String place) {
    FitsHdu hdu =
        place.matches("\\d{1,4}") ? reader.hdu(Integer.parseInt(place)) : reader.hdu(place);
    if (!hdu.isImage()) {
      throw new BadInputException(
          "UNSUPPORTED", hdu.where() + ": expected an image, it is " + hdu.kind());
    }
    return hdu;
  }

  private static Weighting weighting(Layout layout, @Nullable FitsHdu hdu) {
    if (layout.weighting() != null) {
      return layout.weighting();
    }
    return switch (hdu == null ? "" : hdu.name().toUpperCase(Locale.ROOT)) {
      case "ERR" -> Weighting.ERROR;
      case "WHT", "WEIGHT" -> Weighting.WEIGHT;
      default -> Weighting.VARIANCE;
    };
  }

  private @Nullable FitsHdu companion(@Nullable String place, String... names) {
    if (place != null && place.equalsIgnoreCase("none")) {
      return null;
    }
    FitsHdu hdu =
        place != null ? requireImage(place) : find(names).filter(FitsHdu::isImage).orElse(null);
    if (hdu == null || hdu == imageHdu) {
      return null;
    }
    if (hdu.width() != imageHdu.width() || hdu.height() != imageHdu.height()) {
      throw new BadInputException(
          "CORRUPT",
          String.format(
              Locale.ROOT,
              "%s: %d x %d, but the image is %d x %d",
              hdu.where(),
              hdu.width(),
              hdu.height(),
              imageHdu.width(),
              imageHdu.height()));
    }
    return hdu;
  }

  private int origin(int axis) {
    HeaderView own = imageHdu.header();
    if (own.stringOr("CTYPE" + axis + "A", "").equalsIgnoreCase("LINEAR")) {
      OptionalDouble value = own.findNumber("CRVAL" + axis + "A");
      if (value.isPresent()) {
        return (int) Math.rint(value.getAsDouble() - own.numberOr("CRPIX" + axis + "A", 1) + 1);
      }
    }
    return (int) Math.rint(-own.numberOr("LTV" + axis, 0));
  }

  /** Box of the whole image in its parent frame. */
  public Box box() {
    return box;
  }

  public boolean hasVariance() {
    return varianceHdu != null;
  }

  public boolean hasMask() {
    return maskHdu != null;
  }

  /** Primary and image header as one. */
  public HeaderView header() {
    return header;
  }

  /** Cards of the primary header by keyword. */
  public Map<String, Object> cards() {
    Map<String, Object> cards = reader.primaryHeader().toMap();
    for (String key :
        List.of("SIMPLE", "BITPIX", "NAXIS", "NAXIS1", "NAXIS2", "EXTEND", "CHECKSUM", "DATASUM")) {
      cards.remove(key);
    }
    return cards;
  }

  /** WCS cards in the parent frame (see {@link ImageFile}). */
  public Map<String, Object> wcs() {
    HeaderView own = imageHdu.header();
    HeaderView from = own.has("CTYPE1") ? own : header;
    Map<String, Object> out = new LinkedHashMap<>();
    from.toMap()
        .forEach(
            (key, value) -> {
              if (WCS_CARD.matcher(key).matches()) {
                out.put(key, value);
              }
            });
    ImageFile.shift(out, "CRPIX1", box.x0());
    ImageFile.shift(out, "CRPIX2", box.y0());
    return out;
  }

  /** Planes of the masks returned, name to bit. */
  public Map<String, Integer> planes() {
    return remap.planes();
  }

  public List<FitsTable> tables() {
    return ImageFile.readTables(reader);
  }

  public Optional<FitsTable> table(String name) {
    return reader.find(name).filter(h -> h.kind() == FitsHdu.Kind.TABLE).map(reader::readTable);
  }

  /** Bytes read from the file so far. */
  public long bytesRead() {
    return reader.bytesRead();
  }

  /** Reads a box that lies inside {@link #box}, in its coordinates. */
  public MaskedImage read(Box part) {
    Box local = part.shift(-box.x0(), -box.y0());
    ImageF image = reader.readFloats(imageHdu, local).withOrigin(part.x0(), part.y0());
    MaskI mask =
        maskHdu == null ? new MaskI(part) : MaskI.wrap(part, reader.readInts(maskHdu, local));
    remap.apply(mask.data);
    ImageF variance =
        varianceHdu == null
            ? new ImageF(part)
            : reader.readFloats(varianceHdu, local).withOrigin(part.x0(), part.y0());
    toVariance(variance.data, mask.data);
    blank(image.data, mask.data, variance.data);
    return new MaskedImage(image, mask, variance);
  }

  /**
   * The image alone in a box that lies inside {@link #box}: NaN where the mask says NO_DATA. The
   * variance is not read.
   */
  public ImageF readImage(Box part) {
    Box local = part.shift(-box.x0(), -box.y0());
    ImageF image = reader.readFloats(imageHdu, local).withOrigin(part.x0(), part.y0());
    int[] mask = maskHdu == null ? new int[part.area()] : reader.readInts(maskHdu, local);
    remap.apply(mask);
    for (int i = 0; i < mask.length; i++) {
      if ((mask[i] & MaskPlanes.NO_DATA) != 0) {
        image.data[i] = Float.NaN;
      }
    }
    return image;
  }

  private void toVariance(float[] plane, int[] mask) {
    switch (weighting) {
      case ERROR -> {
        for (int i = 0; i < plane.length; i++) {
          plane[i] *= plane[i];
        }
      }
      case WEIGHT -> {
        for (int i = 0; i < plane.length && varianceHdu != null; i++) {
          if (plane[i] > 0) {
            plane[i] = 1 / plane[i];
          } else {
            mask[i] |= MaskPlanes.NO_DATA;
          }
        }
      }
      case VARIANCE -> {}
    }
  }

  private static void blank(float[] image, int[] mask, float[] variance) {
    for (int i = 0; i < image.length; i++) {
      boolean noData =
          (mask[i] & MaskPlanes.NO_DATA) != 0
              || !Float.isFinite(image[i])
              || !Float.isFinite(variance[i]);
      if (noData) {
        image[i] = 0;
        variance[i] = Float.POSITIVE_INFINITY;
        mask[i] |= MaskPlanes.NO_DATA;
      }
    }
  }

  @Override
  public void close() {
    reader.close();
  }
}
