package org.starbeam.fits;

/**
 * One header and data unit of an open file.
 *
 * <p>The header of a tile-compressed image is that of the image: BITPIX and NAXISn are those of the
 * pixels and the cards of the table around them are left out.
 */
public final class FitsHdu {
  /** What the data are. */
  public enum Kind {
    /** Header only. */
    EMPTY,
    IMAGE,
    COMPRESSED_IMAGE,
    TABLE,
    /** ASCII tables and what this reader does not know. */
    OTHER
  }

  private final int index;
  private final Kind kind;
  private final HeaderView header;
  private final HeaderView stored;
  private final long dataOffset;
  private final long dataLength;
  private final int width;
  private final int height;

  FitsHdu(
      int index,
      Kind kind,
      HeaderView header,
      HeaderView stored,
      long dataOffset,
      long dataLength,
      int width,
      int height) {
    this.index = index;
    this.kind = kind;
    this.header = header;
    this.stored = stored;
    this.dataOffset = dataOffset;
    this.dataLength = dataLength;
    this.width = width;
    this.height = height;
  }

  /** Place in the file; 0 is the primary. */
  public int index() {
    return index;
  }

  public Kind kind() {
    return kind;
  }

  /** EXTNAME, or the empty text. */
  public String name() {
    return header.stringOr("EXTNAME", "");
  }

  public HeaderView header() {
    return header;
  }

  /** True for an image with pixels, plain or tile-compressed. */
  public boolean isImage() {
    return kind == Kind.IMAGE || kind == Kind.COMPRESSED_IMAGE;
  }

  /** Pixels along x; 0 where there is no image. */
  public int width() {
    return width;
  }

  /** Pixels along y; 0 where there is no image. */
  public int height() {
    return height;
  }

  /** Bits per pixel as the standard writes them: 8, 16, 32, 64, -32 or -64. */
  public int bitpix() {
    return header.integerOr("BITPIX", 8);
  }

  /** File and HDU for messages. */
  public String where() {
    return header.where();
  }

  /** The header as it stands in the file. */
  HeaderView stored() {
    return stored;
  }

  long dataOffset() {
    return dataOffset;
  }

  long dataLength() {
    return dataLength;
  }
}
