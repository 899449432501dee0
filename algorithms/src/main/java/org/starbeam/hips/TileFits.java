package org.starbeam.hips;

import java.io.ByteArrayOutputStream;
import java.time.LocalDate;
import java.util.LinkedHashMap;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * A tile as a FITS file (specs/07 section 2.3): one primary HDU of 512 x 512 float32, NaN where
 * there is no value, with the WCS of {@link HipsTile#header}, ORDER, NPIX, BUNIT, BAND, ORIGIN, the
 * day of the last exposure as DATE, and checksums.
 */
public final class TileFits {
  /** Unit of the pixels. */
  public static final String UNIT = "nJy/arcsec**2";

  private static final Box BOX = new Box(0, 0, HipsTile.WIDTH, HipsTile.WIDTH);
  private static final long MJD_OF_EPOCH_DAY_0 = 40_587;

  private TileFits() {}

  /**
   * The bytes of a tile's file.
   *
   * @param pixels FITS rows from the bottom
   * @param lastMjd when the last exposure in it was taken
   */
  public static byte[] write(HipsTile tile, float[] pixels, String band, double lastMjd) {
    Map<String, Object> cards = new LinkedHashMap<>(tile.header());
    cards.put("ORDER", tile.order());
    cards.put("NPIX", tile.pixel());
    cards.put("BUNIT", UNIT);
    cards.put("BAND", band);
    cards.put("ORIGIN", "Starbeam");
    cards.put("DATE", day(lastMjd));
    return image(ImageF.wrap(BOX, pixels), cards);
  }

  static byte[] image(ImageF image, Map<String, Object> cards) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(4 * image.box().area() + 8640);
    try (FitsWriter writer = FitsWriter.to(out)) {
      writer.primaryImage(image, cards).commit();
    }
    return out.toByteArray();
  }

  /** The day of a time, as {@code 2021-11-30}. */
  static String day(double mjd) {
    return LocalDate.ofEpochDay((long) Math.floor(mjd) - MJD_OF_EPOCH_DAY_0).toString();
  }

  /**
   * The pixels of a tile's file, FITS rows from the bottom.
   *
   * @param name what errors call the file
   * @throws BadInputException {@code BAD_TILE} when it is no image of 512 x 512
   */
  public static float[] read(String name, byte[] file) {
    try (FitsReader reader = FitsReader.of(name, file)) {
      FitsHdu image = reader.firstImage();
      if (image.width() != HipsTile.WIDTH || image.height() != HipsTile.WIDTH) {
        throw new BadInputException(
            "BAD_TILE",
            name + ": " + image.width() + " x " + image.height() + " pixels, expected 512 x 512");
      }
      return reader.readFloats(image).toArray();
    }
  }
}
