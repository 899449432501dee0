package org.starbeam.fits;

import java.io.Closeable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * Reads FITS files: plain, gzipped, or with tile-compressed images (RICE_1, GZIP_1, GZIP_2,
 * HCOMPRESS_1, PLIO_1, NOCOMPRESS; floats quantised with or without dither), and binary tables.
 * Headers are read when the file is opened, data when they are asked for, and of an image only the
 * rows or tiles that the asked box needs.
 *
 * <p>Files are taken as hostile: every size is checked against {@link Limits} and the size of the
 * file before memory is allocated. What is wrong is a {@link BadInputException} that names the file
 * and HDU, with code NOT_FITS, TRUNCATED, TOO_LARGE, CORRUPT, UNSUPPORTED, MISSING_HDU, UNREADABLE,
 * MISSING_KEY or BAD_KEY.
 *
 * <p>Pixels are 0-based: column 0 of the returned image is FITS pixel 1. Not thread safe; open the
 * file once per thread.
 */
public final class FitsReader implements Closeable {
  static final int BLOCK = 2880;

  /**
   * Bounds of what is read (specs/05 section 9.1).
   *
   * @param maxHdus HDUs per file
   * @param maxCards cards per header
   * @param maxAxes axes of an image
   * @param maxAxis length of one axis of an image
   * @param maxHduBytes bytes of data of one HDU, packed and unpacked, and of an unpacked gzip file
   * @param maxGzipRatio bytes that one byte of a gzipped file may unpack to, beyond 128 MiB (blank
   *     frames pack better than any ratio that stops a bomb)
   */
  public record Limits(
      int maxHdus, int maxCards, int maxAxes, int maxAxis, long maxHduBytes, int maxGzipRatio) {
    public static Limits defaults() {
      return new Limits(1000, 10_000, 4, 65_536, Integer.MAX_VALUE - 16L, 100);
    }
  }

  private final ByteSource source;
  private final Limits limits;
  private final List<FitsHdu> hdus = new ArrayList<>();

  private FitsReader(ByteSource source, Limits limits) {
    this.source = source;
    this.limits = limits;
  }

  public static FitsReader open(Path path) {
    return open(path, Limits.defaults());
  }

  public static FitsReader open(Path path, Limits limits) {
    return open(ByteSource.open(path, limits), limits);
  }

  /**
   * Reads a file that is in memory.
   *
   * @param name what errors call it
   */
  public static FitsReader of(String name, byte[] bytes) {
    return open(ByteSource.of(name, bytes), Limits.defaults());
  }

  private static FitsReader open(ByteSource source, Limits limits) {
    try {
      FitsReader reader = new FitsReader(source, limits);
      reader.scan();
      return reader;
    } catch (RuntimeException e) {
      source.close();
      throw e;
    }
  }

  /** All HDUs in file order. */
  public List<FitsHdu> hdus() {
    return Collections.unmodifiableList(hdus);
  }

  public FitsHdu hdu(int index) {
    if (index < 0 || index >= hdus.size()) {
      throw new BadInputException(
          "MISSING_HDU", name() + ": HDU " + index + " asked for, the file has " + hdus.size());
    }
    return hdus.get(index);
  }

  /** The first HDU with this EXTNAME (not case sensitive). */
  public Optional<FitsHdu> find(String extName) {
    return hdus.stream().filter(h -> h.name().equalsIgnoreCase(extName)).findFirst();
  }

  /** The first HDU with this EXTNAME; {@code MISSING_HDU} when there is none. */
  public FitsHdu hdu(String extName) {
    return find(extName)
        .orElseThrow(
            () ->
                new BadInputException(
                    "MISSING_HDU",
                    name()
                        + ": no extension "
                        + extName
                        + "; it has "
                        + hdus.stream().map(FitsHdu::name).toList()));
  }

  public HeaderView primaryHeader() {
    return hdus.get(0).header();
  }

  /** Header of the HDU with the cards of the primary behind it. */
  public HeaderView mergedHeader(FitsHdu hdu) {
    return hdu.index() == 0 ? hdu.header() : HeaderView.merged(primaryHeader(), hdu.header());
  }

  /** The first HDU that holds an image. */
  public FitsHdu firstImage() {
    return hdus.stream()
        .filter(FitsHdu::isImage)
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException("MISSING_HDU", name() + ": holds no two-dimensional image"));
  }

  /** All pixels as floats, scaled by BSCALE and BZERO; undefined pixels are NaN. */
  public ImageF readFloats(FitsHdu hdu) {
    return readFloats(hdu, imageBox(hdu));
  }

  /** The pixels of a box inside the image, which keeps its place: the result has that box. */
  public ImageF readFloats(FitsHdu hdu, Box box) {
    checkImage(hdu, box);
    float[] out = new float[box.area()];
    if (hdu.kind() == FitsHdu.Kind.COMPRESSED_IMAGE) {
      new TiledImage(source, hdu, limits).readFloats(box, out);
    } else {
      new PlainImage(source, hdu).readFloats(box, out);
    }
    return ImageF.wrap(box, out);
  }

  /**
   * All pixels of an integer image, row by row, with BZERO added (so unsigned 16-bit raws are 0 to
   * 65535). {@code UNSUPPORTED} for float images and fractional scales.
   */
  public int[] readInts(FitsHdu hdu) {
    return readInts(hdu, imageBox(hdu));
  }

  public int[] readInts(FitsHdu hdu, Box box) {
    checkImage(hdu, box);
    int[] out = new int[box.area()];
    if (hdu.kind() == FitsHdu.Kind.COMPRESSED_IMAGE) {
      new TiledImage(source, hdu, limits).readInts(box, out);
    } else {
      new PlainImage(source, hdu).readInts(box, out);
    }
    return out;
  }

  /** Like {@link #readInts} for 8 and 16 bit images; read the values as unsigned. */
  public short[] readShorts(FitsHdu hdu) {
    int[] values = readInts(hdu);
    short[] out = new short[values.length];
    for (int i = 0; i < out.length; i++) {
      out[i] = (short) values[i];
    }
    return out;
  }

  public FitsTable readTable(FitsHdu hdu) {
    if (hdu.kind() != FitsHdu.Kind.TABLE) {
      throw new BadInputException(
          "UNSUPPORTED", hdu.where() + ": expected a binary table, it is " + hdu.kind());
    }
    return BinaryTable.read(source, hdu);
  }

  public FitsTable readTable(String extName) {
    return readTable(hdu(extName));
  }

  /** Path of the file. */
  public String name() {
    return source.name();
  }

  /** Bytes read from the file so far, headers included. */
  public long bytesRead() {
    return source.bytesRead();
  }

  @Override
  public void close() {
    source.close();
  }

  /** The box of an HDU's pixels, first pixel (0, 0). */
  public static Box imageBox(FitsHdu hdu) {
    return new Box(0, 0, hdu.width(), hdu.height());
  }

  private void checkImage(FitsHdu hdu, Box box) {
    if (!hdu.isImage()) {
      throw new BadInputException(
          "UNSUPPORTED", hdu.where() + ": expected an image, it is " + hdu.kind());
    }
    if (!imageBox(hdu).contains(box)) {
      throw new IllegalArgumentException(hdu.where() + ": " + box + " is not inside the image");
    }
  }

  private void scan() {
    long position = 0;
    while (position < source.size()) {
      if (hdus.size() == limits.maxHdus()) {
        throw new BadInputException(
            "TOO_LARGE", name() + ": more than " + limits.maxHdus() + " HDUs, the limit");
      }
      int index = hdus.size();
      String where = name() + "[" + index + "]";
      if (index > 0 && !startsExtension(position)) {
        return;
      }
      HeaderBlock header = readHeader(position, where);
      FitsHdu hdu =
          new HduScanner(where, limits, source.size()).scan(index, header.view, header.end);
      hdus.add(hdu);
      position = header.end + (hdu.dataLength() + BLOCK - 1) / BLOCK * BLOCK;
    }
    if (hdus.isEmpty()) {
      throw new BadInputException("NOT_FITS", name() + ": the file is empty");
    }
  }

  private boolean startsExtension(long position) {
    return position + 8 <= source.size()
        && new String(source.read(position, 8), java.nio.charset.StandardCharsets.ISO_8859_1)
            .equals("XTENSION");
  }

  private record HeaderBlock(HeaderView view, long end) {}

  private HeaderBlock readHeader(long start, String where) {
    byte[] all = new byte[0];
    int blocks = 0;
    while (true) {
      long position = start + (long) blocks * BLOCK;
      int available = (int) Math.min(BLOCK, source.size() - position);
      if (blocks == 0 && start == 0) {
        checkSimple(available);
      }
      if (available < BLOCK) {
        throw new BadInputException("TRUNCATED", where + ": the file ends inside the header");
      }
      if ((blocks + 1) * (BLOCK / HeaderParser.CARD)
          > limits.maxCards() + BLOCK / HeaderParser.CARD) {
        throw new BadInputException(
            "TOO_LARGE",
            where + ": header of more than " + limits.maxCards() + " cards, the limit");
      }
      all = java.util.Arrays.copyOf(all, (blocks + 1) * BLOCK);
      source.read(position, all, blocks * BLOCK, BLOCK);
      blocks++;
      if (hasEnd(all, (blocks - 1) * BLOCK)) {
        List<HeaderCard> cards = HeaderParser.parse(all, all.length);
        return new HeaderBlock(HeaderView.of(where, cards), start + (long) blocks * BLOCK);
      }
    }
  }

  private void checkSimple(int available) {
    String first =
        available < 30
            ? ""
            : new String(source.read(0, 30), java.nio.charset.StandardCharsets.ISO_8859_1);
    if (!first.startsWith("SIMPLE  =")) {
      throw new BadInputException(
          "NOT_FITS", name() + ": does not begin with SIMPLE = T, this is not a FITS file");
    }
  }

  private static boolean hasEnd(byte[] block, int from) {
    for (int i = from; i < from + BLOCK; i += HeaderParser.CARD) {
      if (block[i] == 'E' && block[i + 1] == 'N' && block[i + 2] == 'D' && block[i + 3] == ' ') {
        boolean blank = true;
        for (int j = i + 4; j < i + HeaderParser.CARD; j++) {
          blank &= block[j] == ' ' || block[j] == 0;
        }
        if (blank) {
          return true;
        }
      }
    }
    return false;
  }
}
