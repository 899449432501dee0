package org.starbeam.transforms.dataset;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.StoreFiles;

/**
 * A file that the user gives.
 *
 * @param relative its path below the input folder, with forward slashes
 * @param place absolute path, or place in an object store
 * @param modifiedMs time of its last change
 */
public record InputFile(String relative, String place, long bytes, long modifiedMs) {
  private static final int NAME_LENGTH = 60;

  /** A file below a directory. */
  public static InputFile of(Path directory, Path file) throws IOException {
    return new InputFile(
        directory.relativize(file).toString().replace('\\', '/'),
        file.toAbsolutePath().normalize().toString(),
        Files.size(file),
        Files.getLastModifiedTime(file).toMillis());
  }

  /** A file below a place in a store. */
  static InputFile of(String folder, StoreFiles.Entry entry) {
    return new InputFile(
        entry.uri().substring(folder.length() + 1), entry.uri(), entry.bytes(), entry.modifiedMs());
  }

  /**
   * The file as a dataset. Its data id is a name made from its path below the input folder. The
   * content is stood for by size and time of last change, because the task that reads the file
   * finds its real hash.
   */
  public DatasetRef ref() {
    return new DatasetRef(
        DatasetTypes.INPUT_FILE.name(),
        id().toString(),
        "",
        place,
        ContentHash.ofText(relative + "|" + bytes + "|" + modifiedMs),
        bytes);
  }

  /** Data id of the file. */
  public DataId id() {
    return DataId.of("name", name(relative));
  }

  /** The file on this machine; one of a store is read through the cache of the node. */
  public Path local() throws IOException {
    return DatasetFiles.ofUser(ref());
  }

  /** The readable end of a path and a few digits that tell it from all others. */
  private static String name(String relative) {
    String readable = relative.replaceAll("[^A-Za-z0-9_.+-]", "_").replaceAll("\\.{2,}", "_");
    String end = readable.substring(Math.max(0, readable.length() - NAME_LENGTH));
    return end + "-" + ContentHash.ofText(relative).substring(0, 8);
  }
}
