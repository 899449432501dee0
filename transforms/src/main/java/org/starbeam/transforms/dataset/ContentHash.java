package org.starbeam.transforms.dataset;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.EncoderFactory;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * SHA-256 of what a dataset says, not of when or where it was written (specs/05 section 3.5): FITS
 * without volatile cards, table rows without the file around them, JSON in canonical form, other
 * files byte by byte.
 */
public final class ContentHash {
  private static final int BLOCK = 2880;
  private static final int CARD = 80;
  private static final Set<String> VOLATILE =
      Set.of("DATE", "CHECKSUM", "DATASUM", "SB_RUN", "SB_HOST", "SB_TIME", "HISTORY");

  private ContentHash() {}

  /** Hash of a dataset by the rule of its type. */
  public static String of(DatasetType type, Path path) throws IOException {
    return switch (type.storage()) {
      case FITS -> type.retention() == DatasetType.Retention.RAW ? ofFile(path) : ofFits(path);
      case PARQUET -> ofTable(path);
      case JSON -> ofText(CanonicalJson.write(CanonicalJson.parse(Files.readString(path))));
      case DIRECTORY -> ofDirectory(path);
      case YAML, BINARY, ARCHIVE -> ofFile(path);
    };
  }

  /** Hash of the bytes of a file; the rule for raw files. */
  public static String ofFile(Path file) throws IOException {
    MessageDigest digest = sha256();
    try (InputStream in = Files.newInputStream(file);
        OutputStream out = new DigestOutputStream(OutputStream.nullOutputStream(), digest)) {
      in.transferTo(out);
    }
    return hex(digest);
  }

  /** Hash of a text in UTF-8. */
  public static String ofText(String text) {
    return ofBytes(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Hash of bytes. */
  public static String ofBytes(byte[] bytes) {
    MessageDigest digest = sha256();
    digest.update(bytes);
    return hex(digest);
  }

  /** Hash of the relative names and contents of all files below a directory. */
  public static String ofDirectory(Path directory) throws IOException {
    StringBuilder lines = new StringBuilder("sbd1\n");
    try (Stream<Path> walk = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) walk.filter(Files::isRegularFile).sorted()::iterator) {
        String name = directory.relativize(file).toString().replace('\\', '/');
        lines.append(name).append('|').append(ofFile(file)).append('\n');
      }
    }
    return ofText(lines.toString());
  }

  /** Hash of the data units and of all cards that are not volatile. */
  public static String ofFits(Path file) throws IOException {
    MessageDigest digest = sha256();
    byte[] buffer = new byte[BLOCK * 64];
    try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 18)) {
      FitsHeader header = FitsHeader.read(in, file, digest);
      while (header != null) {
        long left = header.dataBytes();
        while (left > 0) {
          int n = in.read(buffer, 0, (int) Math.min(buffer.length, left));
          if (n < 0) {
            throw new EOFException(file + " ends inside a data unit");
          }
          digest.update(buffer, 0, n);
          left -= n;
        }
        header = FitsHeader.read(in, file, digest);
      }
    }
    return hex(digest);
  }

  /** Hash of the rows of a Parquet file. */
  public static String ofTable(Path file) throws IOException {
    Rows[] rows = new Rows[1];
    TableReader.forEach(
        file,
        row -> {
          if (rows[0] == null) {
            rows[0] = new Rows(row.getSchema());
          }
          rows[0].add(row);
        });
    return rows[0] == null ? new Rows(TableReader.schema(file)).hex() : rows[0].hex();
  }

  /** Hash of rows in order, of any flat schema; field names and types enter it. */
  static final class Rows {
    private final MessageDigest digest = sha256();
    private final GenericDatumWriter<GenericRecord> writer;
    private final BinaryEncoder encoder;

    Rows(Schema schema) {
      digest.update("sbt1\n".getBytes(StandardCharsets.UTF_8));
      digest.update(SchemaNormalization.toParsingForm(schema).getBytes(StandardCharsets.UTF_8));
      writer = new SortedMapsWriter(schema);
      encoder =
          EncoderFactory.get()
              .binaryEncoder(new DigestOutputStream(OutputStream.nullOutputStream(), digest), null);
    }

    void add(GenericRecord row) {
      try {
        writer.write(row, encoder);
      } catch (IOException e) {
        throw new AssertionError("a digest does not fail", e);
      }
    }

    String hex() {
      try {
        encoder.flush();
        return ContentHash.hex((MessageDigest) digest.clone());
      } catch (IOException | CloneNotSupportedException e) {
        throw new AssertionError("SHA-256 can be copied", e);
      }
    }
  }

  private static final class SortedMapsWriter extends GenericDatumWriter<GenericRecord> {
    SortedMapsWriter(Schema schema) {
      super(schema, GenericData.get());
    }

    @Override
    protected Iterable<Map.Entry<Object, Object>> getMapEntries(Object map) {
      return RecordCoder.sortedEntries(map);
    }
  }

  /** One header: its cards go into the digest, the size of what follows comes out. */
  private record FitsHeader(long dataBytes) {
    static @Nullable FitsHeader read(InputStream in, Path file, MessageDigest digest)
        throws IOException {
      byte[] block = new byte[BLOCK];
      FitsSize size = new FitsSize();
      boolean first = true;
      while (true) {
        int n = in.readNBytes(block, 0, BLOCK);
        if (n == 0 && first) {
          return null;
        }
        if (n < BLOCK) {
          throw new EOFException(file + " ends inside a header");
        }
        first = false;
        for (int at = 0; at < BLOCK; at += CARD) {
          String card = new String(block, at, CARD, StandardCharsets.ISO_8859_1);
          String key = card.substring(0, 8).trim();
          if (key.equals("END")) {
            return new FitsHeader(size.paddedBytes());
          }
          if (!VOLATILE.contains(key) && !card.isBlank()) {
            digest.update(block, at, CARD);
            size.card(file, key, card);
          }
        }
      }
    }
  }

  /** Size of a data unit from BITPIX, NAXISn, PCOUNT and GCOUNT. */
  private static final class FitsSize {
    private static final List<String> SCALARS = List.of("BITPIX", "NAXIS", "PCOUNT", "GCOUNT");
    private long bitpix;
    private long axes;
    private long product = 1;
    private long pcount;
    private long gcount = 1;

    void card(Path file, String key, String card) {
      boolean axis = key.matches("NAXIS[1-9][0-9]*");
      if (!axis && !SCALARS.contains(key)) {
        return;
      }
      long value;
      try {
        value = Long.parseLong(card.substring(10).split("/", 2)[0].trim());
      } catch (NumberFormatException e) {
        throw new BadInputException("NOT_FITS", file + ": card '" + card.trim() + "'", e);
      }
      switch (key) {
        case "BITPIX" -> bitpix = Math.abs(value);
        case "NAXIS" -> axes = value;
        case "PCOUNT" -> pcount = value;
        case "GCOUNT" -> gcount = value;
        default -> product *= value;
      }
    }

    long paddedBytes() {
      long bytes = axes == 0 ? 0 : bitpix / 8 * gcount * (pcount + product);
      return (bytes + BLOCK - 1) / BLOCK * BLOCK;
    }
  }

  static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  static String hex(MessageDigest digest) {
    return HexFormat.of().formatHex(digest.digest());
  }
}
