package org.starbeam.hips;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;

/**
 * Checks a tree against the rules of the HiPS standard and of specs/07 section 4: properties, names
 * of the tiles, that every tile has its parent and its children, all formats, headers against the
 * index, the coverage, the images of low orders, the page. With pixels also: that a pixel has a
 * value where one below it has and that it lies between them, and that rasters are transparent just
 * where there is no value.
 */
public final class HipsLint {
  /**
   * A fault.
   *
   * @param file name of the offending file
   * @param what what is wrong with it
   */
  public record Finding(String file, String what) {
    @Override
    public String toString() {
      return file + ": " + what;
    }
  }

  private static final Pattern TILE =
      Pattern.compile("Norder(\\d{1,2})/Dir(\\d{1,18})/Npix(\\d{1,18})\\.(fits|png|jpg)");
  private static final Pattern ALLSKY = Pattern.compile("Norder([0-3])/Allsky\\.(fits|png|jpg)");
  private static final Set<String> BESIDE =
      Set.of(
          "properties",
          "Moc.fits",
          "MocPixels.fits",
          "metadata.fits",
          "preview.jpg",
          "index.html",
          "lint.txt");
  private static final Pattern OUTSIDE =
      Pattern.compile("(src|href|url)\\s*[=(]\\s*[\"']?\\s*(https?:)?//", Pattern.CASE_INSENSITIVE);
  private static final double HEADER_TOLERANCE = 1e-12;
  private static final double BETWEEN_TOLERANCE = 1e-5;
  private static final int PREVIEW = 256;
  private static final int DATE_LENGTH = 17;

  private final HipsFiles files;
  private final boolean pixels;
  private final List<Finding> findings = new ArrayList<>();
  private final TreeMap<HipsTile, Set<String>> tiles = new TreeMap<>();
  private Map<String, String> properties = Map.of();
  private List<String> formats = List.of();
  private int order;

  /**
   * @param pixels also compare the pixels of the orders and formats, which reads and unpacks every
   *     tile
   */
  public HipsLint(HipsFiles files, boolean pixels) {
    this.files = files;
    this.pixels = pixels;
  }

  /** All faults, in the order of the rules; empty when the tree is sound. */
  public List<Finding> run() throws IOException {
    List<String> names = files.names();
    if (!names.contains("properties")) {
      find("properties", "is missing");
      return findings();
    }
    checkProperties();
    collect(names);
    checkHierarchy();
    for (Map.Entry<HipsTile, Set<String>> tile : tiles.entrySet()) {
      checkTile(tile.getKey(), tile.getValue());
    }
    checkCoverage(names);
    checkAllsky(names);
    checkPage(names);
    return findings();
  }

  private List<Finding> findings() {
    return Collections.unmodifiableList(findings);
  }

  /** The findings as lines, or one that says that there are none. */
  public static byte[] report(List<Finding> findings, int tiles) {
    StringBuilder out = new StringBuilder();
    findings.forEach(finding -> out.append(finding).append('\n'));
    out.append(findings.size()).append(" faults in ").append(tiles).append(" tiles\n");
    return out.toString().getBytes(StandardCharsets.UTF_8);
  }

  /** Number of tiles that were found, whatever their formats. */
  public int tiles() {
    return tiles.size();
  }

  /** A file that is not what it should be. */
  private void find(String file, BadInputException e) {
    find(file, String.valueOf(e.getMessage()));
  }

  private void find(String file, String what) {
    findings.add(new Finding(file, what));
  }

  private void checkProperties() throws IOException {
    properties = HipsProperties.read(files.read("properties"));
    for (String key : HipsProperties.REQUIRED) {
      if (properties.getOrDefault(key, "").isEmpty()) {
        find("properties", "has no " + key);
      }
    }
    expect("dataproduct_type", "image");
    expect("hips_frame", "equatorial");
    expect("hips_tile_width", String.valueOf(HipsTile.WIDTH));
    if (!properties.getOrDefault("creator_did", "").matches("ivo://[\\w.-]+/\\S+")) {
      find("properties", "creator_did is no ivo://AUTHORITY/PATH");
    }
    for (String key : List.of("hips_release_date", "hips_creation_date")) {
      String date = properties.getOrDefault(key, "");
      if (date.length() != DATE_LENGTH || !date.matches("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\dZ")) {
        find("properties", key + " '" + date + "' is no time as 2021-11-30T00:00Z");
      }
    }
    formats =
        Arrays.stream(properties.getOrDefault("hips_tile_format", "").split("\\s+"))
            .map(f -> f.equals("jpeg") ? "jpg" : f)
            .toList();
    String depth = properties.getOrDefault("hips_order", "");
    order = depth.matches("\\d{1,2}") ? Integer.parseInt(depth) : -1;
    double scale = number("hips_pixel_scale");
    if (order >= 0 && !(Math.abs(scale / HipsTile.pixelDeg(order) - 1) < 1e-4)) {
      find("properties", "hips_pixel_scale " + scale + " is not that of order " + order);
    }
  }

  private double number(String key) {
    try {
      return Double.parseDouble(properties.getOrDefault(key, "nan"));
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private void expect(String key, String value) {
    String found = properties.getOrDefault(key, "");
    if (!found.equals(value)) {
      find("properties", key + " is '" + found + "', expected '" + value + "'");
    }
  }

  private void collect(List<String> names) {
    for (String name : names) {
      Matcher tile = TILE.matcher(name);
      if (tile.matches()) {
        collectTile(name, tile);
      } else if (!ALLSKY.matcher(name).matches() && !BESIDE.contains(name)) {
        find(name, "is no file of a HiPS");
      }
    }
    if (tiles.isEmpty()) {
      find("properties", "the tree has no tiles");
    }
  }

  private void collectTile(String name, Matcher match) {
    int k = Integer.parseInt(match.group(1));
    long pixel = Long.parseLong(match.group(3));
    if (k > order || k > 20 || pixel >= 12L << (2 * k)) {
      find(name, "there is no such tile in a tree of order " + order);
      return;
    }
    HipsTile tile = new HipsTile(k, pixel);
    String format = match.group(4);
    if (!tile.path(format).equals(name)) {
      find(name, "should be " + tile.path(format));
    } else if (!formats.contains(format)) {
      find(name, "hips_tile_format does not name " + format);
    } else {
      tiles.computeIfAbsent(tile, t -> new TreeSet<>()).add(format);
    }
  }

  private void checkHierarchy() {
    Set<HipsTile> parents = new TreeSet<>();
    tiles.forEach(
        (tile, found) -> {
          for (String format : formats) {
            if (!found.contains(format)) {
              find(tile.path(format), "is missing, the tile has other formats");
            }
          }
          if (tile.order() > 0) {
            HipsTile parent = tile.parent();
            if (parents.add(parent) && !tiles.containsKey(parent)) {
              find(parent.path(formats.get(0)), "is missing, there are tiles below it");
            }
          }
        });
    for (HipsTile tile : tiles.keySet()) {
      if (tile.order() < order && !parents.contains(tile)) {
        find(tile.path(formats.get(0)), "has no tile below it");
      }
    }
  }

  private void checkTile(HipsTile tile, Set<String> found) throws IOException {
    float[] values = null;
    if (found.contains("fits")) {
      values = checkFits(tile);
    }
    for (String format : found) {
      if (!format.equals("fits") && (pixels || format.equals("png"))) {
        checkRaster(tile, format, values);
      }
    }
    if (pixels && values != null && tile.order() < order) {
      checkAgainstChildren(tile, values);
    }
  }

  private float @Nullable [] checkFits(HipsTile tile) throws IOException {
    String name = tile.path("fits");
    byte[] bytes = files.read(name);
    try (FitsReader reader = FitsReader.of(name, bytes)) {
      FitsHdu hdu = reader.firstImage();
      HeaderView header = hdu.header();
      if (hdu.width() != HipsTile.WIDTH || hdu.height() != HipsTile.WIDTH || hdu.bitpix() != -32) {
        find(name, "is not 512 x 512 pixels of float32");
        return null;
      }
      tile.header()
          .forEach(
              (key, value) -> {
                if (value instanceof Double expected) {
                  double own = header.numberOr(key, Double.NaN);
                  double most = HEADER_TOLERANCE * Math.max(1, Math.abs(expected));
                  if (!(Math.abs(own - expected) <= most)) {
                    find(name, key + " is " + own + ", by the index " + expected);
                  }
                }
              });
      if (header.numberOr("ORDER", -1) != tile.order()
          || header.numberOr("NPIX", -1) != tile.pixel()) {
        find(name, "ORDER and NPIX are not those of its name");
      }
      return pixels ? valid(name, TileFits.read(name, bytes)) : null;
    } catch (BadInputException e) {
      find(name, e);
      return null;
    }
  }

  private float[] valid(String name, float[] values) {
    for (float v : values) {
      if (Float.isFinite(v)) {
        return values;
      }
    }
    find(name, "has no pixel with a value");
    return values;
  }

  private void checkRaster(HipsTile tile, String format, float @Nullable [] values)
      throws IOException {
    String name = tile.path(format);
    try {
      if (!pixels) {
        checkPngHeader(name, files.read(name));
        return;
      }
      BufferedImage image = TileRaster.read(name, files.read(name));
      if (image.getWidth() != HipsTile.WIDTH || image.getHeight() != HipsTile.WIDTH) {
        find(name, "is " + image.getWidth() + " x " + image.getHeight() + " pixels");
      } else if (format.equals("png") && !image.getColorModel().hasAlpha()) {
        find(name, "has no alpha");
      } else if (format.equals("png") && values != null) {
        checkAlpha(name, image, values);
      }
    } catch (BadInputException e) {
      find(name, e);
    }
  }

  /** Width, height and colour type of the chunk IHDR. */
  private void checkPngHeader(String name, byte[] bytes) {
    ByteBuffer chunk = ByteBuffer.wrap(bytes);
    boolean sound =
        bytes.length > 33
            && chunk.getLong(0) == 0x89504e470d0a1a0aL
            && chunk.getInt(16) == HipsTile.WIDTH
            && chunk.getInt(20) == HipsTile.WIDTH
            && (bytes[25] & 4) != 0;
    if (!sound) {
      find(name, "is no PNG of 512 x 512 pixels with alpha");
    }
  }

  private void checkAlpha(String name, BufferedImage image, float[] values) {
    int wrong = 0;
    for (int i = 0; i < values.length; i++) {
      int line = HipsTile.WIDTH - 1 - i / HipsTile.WIDTH;
      boolean shown = image.getRGB(i % HipsTile.WIDTH, line) >>> 24 != 0;
      wrong += shown == Float.isFinite(values[i]) ? 0 : 1;
    }
    if (wrong > 0) {
      find(name, wrong + " pixels are transparent where the FITS tile has a value or the reverse");
    }
  }

  /** A pixel is the mean of those below: it lies between them and has a value when one has. */
  private void checkAgainstChildren(HipsTile tile, float[] values) throws IOException {
    float[] low = new float[HipsTile.AREA];
    float[] high = new float[HipsTile.AREA];
    Arrays.fill(low, Float.POSITIVE_INFINITY);
    Arrays.fill(high, Float.NEGATIVE_INFINITY);
    for (int which = 0; which < 4; which++) {
      HipsTile child = tile.child(which);
      if (tiles.getOrDefault(child, Set.of()).contains("fits")) {
        float[] below;
        try {
          below = TileFits.read(child.path("fits"), files.read(child.path("fits")));
        } catch (BadInputException e) {
          return;
        }
        for (int i = 0; i < below.length; i++) {
          if (Float.isFinite(below[i])) {
            int at = above(which, i);
            low[at] = Math.min(low[at], below[i]);
            high[at] = Math.max(high[at], below[i]);
          }
        }
      }
    }
    int wrong = 0;
    for (int i = 0; i < values.length; i++) {
      float reach = (float) BETWEEN_TOLERANCE * Math.max(Math.abs(low[i]), Math.abs(high[i]));
      boolean good =
          low[i] > high[i]
              ? !Float.isFinite(values[i])
              : values[i] >= low[i] - reach && values[i] <= high[i] + reach;
      wrong += good ? 0 : 1;
    }
    if (wrong > 0) {
      find(tile.path("fits"), wrong + " pixels are no mean of those of the tiles below");
    }
  }

  private static int above(int which, int i) {
    int half = HipsTile.WIDTH / 2;
    int column = (which >> 1) * half + i % HipsTile.WIDTH / 2;
    int row = (1 - (which & 1)) * half + i / HipsTile.WIDTH / 2;
    return row * HipsTile.WIDTH + column;
  }

  private void checkCoverage(List<String> names) throws IOException {
    if (!names.contains("Moc.fits")) {
      find("Moc.fits", "is missing");
      return;
    }
    try {
      Moc moc = Moc.read("Moc.fits", files.read("Moc.fits"));
      long[] deepest =
          tiles.keySet().stream()
              .filter(t -> t.order() == order)
              .mapToLong(HipsTile::pixel)
              .toArray();
      if (!Arrays.equals(Moc.of(order, deepest).uniq(), moc.uniq())) {
        find("Moc.fits", "is not the list of the tiles of order " + order);
      }
      double fraction = number("moc_sky_fraction");
      if (!(Math.abs(fraction / moc.fraction() - 1) < 1e-3)) {
        find("properties", "moc_sky_fraction " + fraction + ", by Moc.fits " + moc.fraction());
      }
    } catch (BadInputException e) {
      find("Moc.fits", e);
    }
  }

  private void checkAllsky(List<String> names) throws IOException {
    for (int k = 0; k <= Math.min(Allsky.DEEPEST, order); k++) {
      for (String format : formats) {
        String name = Allsky.path(k, format);
        if (!names.contains(name)) {
          find(name, "is missing");
        } else if (format.equals("fits")) {
          checkAllskyFits(k, name);
        }
      }
    }
  }

  private void checkAllskyFits(int k, String name) throws IOException {
    Allsky expected = new Allsky(k);
    for (HipsTile tile : tiles.keySet()) {
      if (tile.order() == k && tiles.get(tile).contains("fits")) {
        try {
          expected.add(tile, TileFits.read(tile.path("fits"), files.read(tile.path("fits"))));
        } catch (BadInputException e) {
          return;
        }
      }
    }
    try (FitsReader reader = FitsReader.of(name, files.read(name))) {
      float[] own = reader.readFloats(reader.firstImage()).toArray();
      if (!Arrays.equals(own, expected.image().toArray())) {
        find(name, "is not made of the tiles of order " + k);
      }
    } catch (BadInputException e) {
      find(name, e);
    }
  }

  private void checkPage(List<String> names) throws IOException {
    for (String name : List.of("index.html", "preview.jpg", "metadata.fits")) {
      if (!names.contains(name)) {
        find(name, "is missing");
      }
    }
    if (names.contains("index.html")) {
      String page = new String(files.read("index.html"), StandardCharsets.UTF_8);
      if (OUTSIDE.matcher(page).find()) {
        find("index.html", "loads something from outside");
      }
    }
    if (names.contains("preview.jpg")) {
      try {
        BufferedImage preview = TileRaster.read("preview.jpg", files.read("preview.jpg"));
        if (preview.getWidth() != PREVIEW || preview.getHeight() != PREVIEW) {
          find("preview.jpg", "is not 256 x 256 pixels");
        }
      } catch (BadInputException e) {
        find("preview.jpg", e);
      }
    }
  }
}
