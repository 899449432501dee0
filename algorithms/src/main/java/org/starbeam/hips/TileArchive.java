package org.starbeam.hips;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.util.List;
import java.util.zip.Deflater;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * A part of a HiPS in one file: a zip whose entries have the names that they have in the tree. Deep
 * trees have 10^7 tiles; one file for the tiles below a pixel keeps directories, ledgers and object
 * stores usable. The same entries in the same order give the same bytes: all carry one date. Not
 * thread safe.
 */
public final class TileArchive implements Closeable {
  private static final LocalDateTime NO_TIME = LocalDateTime.of(1980, 1, 1, 0, 0);

  private final ZipFile file;

  private TileArchive(ZipFile file) {
    this.file = file;
  }

  /** Opens an archive to read it. */
  public static TileArchive open(Path path) throws IOException {
    return new TileArchive(new ZipFile(path.toFile()));
  }

  /** Names of the entries in the order in which they were added. */
  public List<String> names() {
    return file.stream().map(ZipEntry::getName).toList();
  }

  /** Bytes of all entries, unpacked. */
  public long bytes() {
    return file.stream().mapToLong(ZipEntry::getSize).sum();
  }

  /** Bytes of an entry; null when there is none of this name. */
  public byte @Nullable [] find(String name) throws IOException {
    ZipEntry entry = file.getEntry(name);
    if (entry == null) {
      return null;
    }
    try (InputStream in = file.getInputStream(entry)) {
      return in.readAllBytes();
    }
  }

  @Override
  public void close() throws IOException {
    file.close();
  }

  /** Writes an archive. */
  public static final class Writer implements Closeable {
    private final ZipOutputStream zip;

    private Writer(OutputStream out) {
      zip = new ZipOutputStream(out);
      zip.setLevel(Deflater.BEST_SPEED);
    }

    public static Writer create(Path path) throws IOException {
      return new Writer(Files.newOutputStream(path));
    }

    /** Adds a file of the tree. */
    public void add(String name, byte[] content) throws IOException {
      ZipEntry entry = new ZipEntry(name);
      entry.setTimeLocal(NO_TIME);
      zip.putNextEntry(entry);
      zip.write(content);
      zip.closeEntry();
    }

    @Override
    public void close() throws IOException {
      zip.close();
    }
  }
}
