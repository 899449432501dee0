package org.starbeam.fits;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.starbeam.failure.BadInputException;

/** Finds out what an HDU holds and how large it is, and checks that against the limits. */
final class HduScanner {
  private static final Pattern TABLE_CARDS =
      Pattern.compile(
          "XTENSION|SIMPLE|BITPIX|NAXIS\\d*|PCOUNT|GCOUNT|TFIELDS|T(TYPE|FORM|DIM|UNIT|NULL)\\d+"
              + "|THEAP|ZIMAGE|ZSIMPLE|ZTENSION|ZBITPIX|ZNAXIS\\d*|ZTILE\\d+|ZCMPTYPE|ZNAME\\d+"
              + "|ZVAL\\d+|ZQUANTIZ|ZDITHER0|ZPCOUNT|ZGCOUNT|ZEXTEND|ZBLOCKED|ZHECKSUM|ZDATASUM"
              + "|ZMASKCMP|CHECKSUM|DATASUM");

  private final String where;
  private final FitsReader.Limits limits;
  private final long fileSize;

  HduScanner(String where, FitsReader.Limits limits, long fileSize) {
    this.where = where;
    this.limits = limits;
    this.fileSize = fileSize;
  }

  FitsHdu scan(int index, HeaderView header, long dataOffset) {
    int bitpix = header.integer("BITPIX");
    if (bitpix != 8
        && bitpix != 16
        && bitpix != 32
        && bitpix != 64
        && bitpix != -32
        && bitpix != -64) {
      throw new BadInputException("BAD_KEY", where + ": BITPIX = " + bitpix);
    }
    int axes = header.integer("NAXIS");
    if (axes < 0 || axes > 999) {
      throw new BadInputException("BAD_KEY", where + ": NAXIS = " + axes);
    }
    String extension = index == 0 ? "IMAGE" : header.stringOr("XTENSION", "IMAGE");
    long bytes = dataBytes(header, axes, bitpix);
    if (bytes > limits.maxHduBytes()) {
      throw new BadInputException(
          "TOO_LARGE",
          where + ": " + bytes + " bytes of data, the limit is " + limits.maxHduBytes());
    }
    if (dataOffset + bytes > fileSize) {
      throw new BadInputException(
          "TRUNCATED",
          where
              + ": the header announces data up to byte "
              + (dataOffset + bytes)
              + ", the file has "
              + fileSize);
    }
    if (extension.equals("BINTABLE") || extension.equals("A3DTABLE")) {
      return header.flagOr("ZIMAGE", false)
          ? compressed(index, header, dataOffset, bytes)
          : new FitsHdu(index, FitsHdu.Kind.TABLE, header, header, dataOffset, bytes, 0, 0);
    }
    if (!extension.equals("IMAGE") && !extension.equals("IUEIMAGE")) {
      return new FitsHdu(index, FitsHdu.Kind.OTHER, header, header, dataOffset, bytes, 0, 0);
    }
    return image(index, header, header, axes, dataOffset, bytes, FitsHdu.Kind.IMAGE);
  }

  private FitsHdu image(
      int index,
      HeaderView header,
      HeaderView stored,
      int axes,
      long dataOffset,
      long bytes,
      FitsHdu.Kind kind) {
    if (axes == 0 || bytes == 0) {
      return new FitsHdu(index, FitsHdu.Kind.EMPTY, header, stored, dataOffset, bytes, 0, 0);
    }
    if (axes > limits.maxAxes()) {
      throw new BadInputException(
          "TOO_LARGE", where + ": NAXIS = " + axes + ", the limit is " + limits.maxAxes());
    }
    boolean flat = true;
    for (int i = 1; i <= axes; i++) {
      int length = header.integer("NAXIS" + i);
      if (length > limits.maxAxis()) {
        throw new BadInputException(
            "TOO_LARGE", where + ": NAXIS" + i + " = " + length + ", limit " + limits.maxAxis());
      }
      flat &= i <= 2 || length == 1;
    }
    if (!flat) {
      return new FitsHdu(index, FitsHdu.Kind.OTHER, header, stored, dataOffset, bytes, 0, 0);
    }
    int height = axes == 1 ? 1 : header.integer("NAXIS2");
    return new FitsHdu(
        index, kind, header, stored, dataOffset, bytes, header.integer("NAXIS1"), height);
  }

  private FitsHdu compressed(int index, HeaderView stored, long dataOffset, long bytes) {
    int axes = stored.integer("ZNAXIS");
    if (axes < 1 || axes > limits.maxAxes()) {
      throw new BadInputException(
          "TOO_LARGE", where + ": ZNAXIS = " + axes + ", the limit is " + limits.maxAxes());
    }
    List<HeaderCard> cards = new ArrayList<>();
    cards.add(new HeaderCard("BITPIX", stored.integer("ZBITPIX"), ""));
    cards.add(new HeaderCard("NAXIS", axes, ""));
    for (int i = 1; i <= axes; i++) {
      int length = stored.integer("ZNAXIS" + i);
      if (length < 0) {
        throw new BadInputException("BAD_KEY", where + ": ZNAXIS" + i + " = " + length);
      }
      cards.add(new HeaderCard("NAXIS" + i, length, ""));
    }
    for (HeaderCard card : stored) {
      if (!TABLE_CARDS.matcher(card.key()).matches()) {
        cards.add(card);
      }
    }
    HeaderView header = HeaderView.of(where, cards);
    long pixels = 1;
    for (int i = 1; i <= axes; i++) {
      pixels = Math.multiplyExact(pixels, Math.min(header.integer("NAXIS" + i), 1 << 17));
    }
    long unpacked = pixels * Math.max(4, Math.abs(header.integer("BITPIX")) / 8);
    if (unpacked > limits.maxHduBytes() || unpacked > 1100 * fileSize) {
      throw new BadInputException(
          "TOO_LARGE", where + ": unpacks to " + unpacked + " bytes, more than is allowed");
    }
    return image(index, header, stored, axes, dataOffset, bytes, FitsHdu.Kind.COMPRESSED_IMAGE);
  }

  private long dataBytes(HeaderView header, int axes, int bitpix) {
    if (axes == 0) {
      return 0;
    }
    long count = 1;
    boolean groups = header.flagOr("GROUPS", false) && header.integerOr("NAXIS1", 1) == 0;
    for (int i = groups ? 2 : 1; i <= axes; i++) {
      long length = header.longInteger("NAXIS" + i);
      if (length < 0) {
        throw new BadInputException("BAD_KEY", where + ": NAXIS" + i + " = " + length);
      }
      count = times(count, length);
    }
    long parameters = header.findInteger("PCOUNT").orElse(0);
    long groupCount = header.findInteger("GCOUNT").orElse(1);
    if (parameters < 0 || groupCount < 0 || parameters > limits.maxHduBytes()) {
      throw new BadInputException(
          "BAD_KEY", where + ": PCOUNT = " + parameters + ", GCOUNT = " + groupCount);
    }
    return times(times(count + parameters, groupCount), Math.abs(bitpix) / 8);
  }

  private long times(long a, long b) {
    long product = Math.multiplyHigh(a, b) == 0 ? a * b : -1;
    if (product < 0 || product > 1L << 50) {
      throw new BadInputException("TOO_LARGE", where + ": size of the data overflows");
    }
    return product;
  }
}
