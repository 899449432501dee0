package org.starbeam.fits;

import com.google.common.hash.Hashing;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * An image product: the three planes of a {@link MaskedImage}, header cards, WCS cards and tables,
 * in one FITS file (specs/01 section 0.4): primary HDU with the cards, IMAGE (float32), MASK
 * (int32), VARIANCE (float32), then the tables.
 *
 * <p><b>Origin.</b> The place of the first pixel, (x0, y0) of the box, is stored as CRVAL1A/2A with
 * CTYPE1A = LINEAR and as LTV1/2 = -x0/-y0, and comes back.
 *
 * <p><b>WCS cards</b> are FITS cards (CRPIX counts from 1) of the parent frame, the one in which
 * the box's coordinates are meant: pixel x of the box is FITS pixel x + 1 of these cards. Writing
 * subtracts the origin from CRPIX1/2, reading adds it, so a cut-out and the whole file return the
 * same WCS cards.
 *
 * <p><b>No value.</b> A pixel that is NO_DATA, or whose image or variance is not finite, is written
 * as NO_DATA with image 0 and variance 0, and comes back with image 0 and variance +infinity:
 * nothing on disk is NaN.
 *
 * <p>The same content gives the same bytes, and writing what was read with the same {@link Form}
 * gives the same bytes again.
 *
 * @param image the planes
 * @param cards cards of the primary header in order; values are String, Integer, Long, Double,
 *     Float, Boolean or {@link Commented}
 * @param wcs WCS cards, or an empty map
 * @param planes mask planes, name to bit; those of {@link MaskPlanes} and any that a foreign file
 *     had besides
 * @param tables binary tables in order
 */
public record ImageFile(
    MaskedImage image,
    Map<String, Object> cards,
    Map<String, Object> wcs,
    Map<String, Integer> planes,
    List<FitsTable> tables) {

  public ImageFile(
      MaskedImage image,
      Map<String, Object> cards,
      Map<String, Object> wcs,
      List<FitsTable> tables) {
    this(image, cards, wcs, MaskPlanes.bits(), tables);
  }

  /**
   * How the float planes are stored.
   *
   * @param imageStep step of the quantised image, in its units; 0 stores plain float32 (lossless)
   * @param varianceStep step of the quantised variance; 0 stores plain float32
   * @param datasetId the words that seed the dither, for example {@code "2021090700005/3"}:
   *     exposure and detector
   */
  public record Form(double imageStep, double varianceStep, String datasetId) {
    /** Levels per sigma of the sky noise (specs/01 section 0.4). */
    public static final double LEVELS_PER_SIGMA = 16;

    /** Lossless: calibrations and everything whose rounding would be common to all epochs. */
    public static Form plain() {
      return new Form(0, 0, "");
    }

    /**
     * The default of image products: step skySigma / 16 for the image and median / 1000 for the
     * variance.
     *
     * @param skySigma smallest clipped standard deviation of the sky over the amplifiers
     */
    public static Form quantised(double skySigma, MaskedImage image, String datasetId) {
      double medianVariance = medianVariance(image);
      boolean usable = skySigma > 0 && Double.isFinite(skySigma);
      return new Form(
          usable ? skySigma / LEVELS_PER_SIGMA : 0,
          medianVariance > 0 ? medianVariance / 1000 : 0,
          datasetId);
    }

    /**
     * For planes whose values are whole multiples of the steps (powers of two): stored without
     * dither, they come back exactly.
     */
    public static Form lattice(double imageStep, double varianceStep) {
      return new Form(imageStep, varianceStep, "");
    }

    int seed(String hduName) {
      if (datasetId.isEmpty()) {
        return 0;
      }
      long hash =
          Hashing.sipHash24()
              .hashString(datasetId + "/" + hduName, StandardCharsets.UTF_8)
              .asLong();
      return 1 + (int) Math.floorMod(hash, (long) Dither.LENGTH);
    }

    private static double medianVariance(MaskedImage image) {
      Box box = image.box();
      int step = Math.max(1, (int) Math.sqrt(box.area() / 40_000.0));
      float[] sample = new float[(box.width() / step + 1) * (box.height() / step + 1)];
      int n = 0;
      for (int y = box.y0(); y < box.y1(); y += step) {
        for (int x = box.x0(); x < box.x1(); x += step) {
          float v = image.variance().get(x, y);
          if (v > 0 && Float.isFinite(v) && (image.mask().get(x, y) & MaskPlanes.NO_DATA) == 0) {
            sample[n++] = v;
          }
        }
      }
      Arrays.sort(sample, 0, n);
      return n == 0 ? 0 : sample[n / 2];
    }
  }

  /** The table of this name. */
  public Optional<FitsTable> table(String name) {
    return tables.stream().filter(t -> t.name().equalsIgnoreCase(name)).findFirst();
  }

  /** The table of this name; {@code MISSING_HDU} when there is none. */
  public FitsTable requireTable(String name) {
    return table(name)
        .orElseThrow(
            () -> new BadInputException("MISSING_HDU", "image file without table " + name));
  }

  /** The primary cards with typed access. */
  public HeaderView header() {
    Map<String, Object> plain = new LinkedHashMap<>();
    cards.forEach((k, v) -> plain.put(k, v instanceof Commented c ? c.value() : v));
    return HeaderView.of("image file", plain);
  }

  /** Writes the file under a temporary name and renames it. */
  public void write(Path path, Form form) {
    MaskedImage finite = finite(image);
    Map<String, Object> placed = placedCards();
    try (FitsWriter writer = FitsWriter.create(path)) {
      writer.primary(cards);
      writePlane(writer, "IMAGE", finite.image(), placed, form, form.imageStep());
      writer.mask("MASK", finite.mask(), planes, placed);
      writePlane(writer, "VARIANCE", finite.variance(), placed, form, form.varianceStep());
      tables.forEach(writer::table);
      writer.commit();
    }
  }

  private static void writePlane(
      FitsWriter writer,
      String name,
      ImageF plane,
      Map<String, Object> cards,
      Form form,
      double step) {
    if (step > 0) {
      boolean isVariance = name.equals("VARIANCE");
      writer.quantised(
          name, plane, cards, new FitsWriter.Quantiser(step, form.seed(name), isVariance));
    } else {
      writer.image(name, plane, cards);
    }
  }

  private Map<String, Object> placedCards() {
    Box box = image.box();
    Map<String, Object> out = new LinkedHashMap<>();
    Object unit = cards.get("BUNIT");
    if (unit != null) {
      out.put("BUNIT", unit);
    }
    wcs.forEach(out::put);
    shift(out, "CRPIX1", -box.x0());
    shift(out, "CRPIX2", -box.y0());
    out.put("LTV1", -box.x0());
    out.put("LTV2", -box.y0());
    for (int axis = 1; axis <= 2; axis++) {
      out.put("CTYPE" + axis + "A", "LINEAR");
      out.put("CRPIX" + axis + "A", 1.0);
      out.put("CRVAL" + axis + "A", (double) (axis == 1 ? box.x0() : box.y0()));
      out.put("CDELT" + axis + "A", 1.0);
      out.put("CUNIT" + axis + "A", "pixel");
    }
    return out;
  }

  static void shift(Map<String, Object> cards, String key, int by) {
    Object value = cards.get(key);
    if (value instanceof Commented c) {
      value = c.value();
    }
    if (by != 0 && value instanceof Number number) {
      cards.put(key, number.doubleValue() + by);
    }
  }

  private static MaskedImage finite(MaskedImage in) {
    MaskedImage out = in.copy();
    float[] image = out.image().data;
    float[] variance = out.variance().data;
    int[] mask = out.mask().data;
    for (int i = 0; i < image.length; i++) {
      boolean usable =
          (mask[i] & MaskPlanes.NO_DATA) == 0
              && Float.isFinite(image[i])
              && Float.isFinite(variance[i]);
      if (!usable) {
        image[i] = 0;
        variance[i] = 0;
        mask[i] |= MaskPlanes.NO_DATA;
      }
    }
    return out;
  }

  /** Reads the whole file; foreign forms as {@link TiledCutout} says. */
  public static ImageFile read(Path path) {
    try (TiledCutout cutout = TiledCutout.open(path)) {
      return new ImageFile(
          cutout.read(cutout.box()),
          cutout.cards(),
          cutout.wcs(),
          cutout.planes(),
          cutout.tables());
    }
  }

  /** Reads the part of the image in a box (of the parent frame), touching only its tiles. */
  public static MaskedImage readBox(Path path, Box box) {
    try (TiledCutout cutout = TiledCutout.open(path)) {
      return cutout.read(cutout.box().intersect(box));
    }
  }

  static List<FitsTable> readTables(FitsReader reader) {
    List<FitsTable> tables = new ArrayList<>();
    for (FitsHdu hdu : reader.hdus()) {
      if (hdu.kind() == FitsHdu.Kind.TABLE) {
        tables.add(reader.readTable(hdu));
      }
    }
    return tables;
  }
}
