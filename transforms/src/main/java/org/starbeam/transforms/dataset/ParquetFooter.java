package org.starbeam.transforms.dataset;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Comparator;
import java.util.List;
import org.apache.parquet.format.ColumnChunk;
import org.apache.parquet.format.Encoding;
import org.apache.parquet.format.FileMetaData;
import org.apache.parquet.format.RowGroup;
import org.apache.parquet.format.Util;

/**
 * Footers of Parquet files. One part of a file depends on the JVM that wrote it: the footer lists
 * the encodings of a column as they come out of a hash set of enum constants; {@link
 * #sortEncodings} puts them in order, after which equal tables are equal bytes. {@link #gather}
 * makes the files that describe a directory of tables.
 */
public final class ParquetFooter {
  private static final byte[] MAGIC = "PAR1".getBytes(StandardCharsets.US_ASCII);
  private static final int TAIL = Integer.BYTES + MAGIC.length;

  private ParquetFooter() {}

  static void sortEncodings(Path file) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer tail = read(channel, channel.size() - TAIL, TAIL);
      long start = channel.size() - TAIL - tail.getInt();
      FileMetaData footer = footer(channel);
      for (RowGroup group : footer.getRow_groups()) {
        for (ColumnChunk column : group.getColumns()) {
          column.getMeta_data().getEncodings().sort(Comparator.comparingInt(Encoding::getValue));
        }
      }
      channel.truncate(start);
      channel.position(start);
      append(channel, footer);
    }
  }

  /**
   * Writes {@code _common_metadata}, the columns of all files, and {@code _metadata}, which lists
   * all groups of rows of all files as well (Apache Parquet's summary files). Only footers are
   * read.
   *
   * @param directory of the two files
   * @param empty a file with the columns and metadata of all and without rows
   * @param files paths below the directory, in the order in which they are listed
   */
  public static void gather(Path directory, Path empty, List<String> files) throws IOException {
    FileMetaData all = footer(empty);
    write(directory.resolve("_common_metadata"), all);
    for (String name : files) {
      FileMetaData one = footer(directory.resolve(name));
      if (!one.getSchema().equals(all.getSchema())) {
        throw new IOException(name + " has other columns than the files beside it");
      }
      for (RowGroup group : one.getRow_groups()) {
        group.getColumns().forEach(column -> column.setFile_path(name));
        all.addToRow_groups(group);
      }
      all.setNum_rows(all.getNum_rows() + one.getNum_rows());
    }
    write(directory.resolve("_metadata"), all);
  }

  private static void write(Path file, FileMetaData footer) throws IOException {
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.WRITE,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING)) {
      drain(channel, ByteBuffer.wrap(MAGIC));
      append(channel, footer);
    }
  }

  private static void append(FileChannel channel, FileMetaData footer) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Util.writeFileMetaData(footer, bytes);
    ByteBuffer out = ByteBuffer.allocate(bytes.size() + TAIL).order(ByteOrder.LITTLE_ENDIAN);
    drain(channel, out.put(bytes.toByteArray()).putInt(bytes.size()).put(MAGIC).flip());
  }

  private static void drain(FileChannel channel, ByteBuffer out) throws IOException {
    while (out.hasRemaining()) {
      channel.write(out);
    }
  }

  private static FileMetaData footer(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return footer(channel);
    }
  }

  private static FileMetaData footer(FileChannel channel) throws IOException {
    long end = channel.size() - TAIL;
    int length = read(channel, end, TAIL).getInt();
    return Util.readFileMetaData(
        new ByteArrayInputStream(read(channel, end - length, length).array()));
  }

  private static ByteBuffer read(FileChannel channel, long position, int length)
      throws IOException {
    ByteBuffer out = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    while (out.hasRemaining()) {
      if (channel.read(out, position + out.position()) < 0) {
        throw new IOException("the file ends inside its footer");
      }
    }
    return out.flip();
  }
}
