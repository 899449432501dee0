package org.starbeam.transforms.dataset;

import java.io.IOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.store.StoreFiles;

/**
 * Where the files are that the user gives: a directory, or a place in an object store. A store is
 * listed once for each folder; what is put there later is not seen.
 */
public final class InputFolder {
  private static final int DEPTH = 12;

  private final String place;
  private final @Nullable Path directory;
  private final Map<String, List<InputFile>> listed = new HashMap<>();

  private InputFolder(String place, @Nullable Path directory) {
    this.place = place;
    this.directory = directory;
  }

  /**
   * A folder by its path or its place in a store.
   *
   * @throws org.starbeam.failure.BadInputException {@code BAD_STORE} for a place that cannot be one
   */
  public static InputFolder of(String text) {
    return StoreFiles.isUri(text)
        ? new InputFolder(StoreFiles.checked(text), null)
        : of(Path.of(text));
  }

  public static InputFolder of(Path directory) {
    Path absolute = directory.toAbsolutePath().normalize();
    return new InputFolder(absolute.toString(), absolute);
  }

  /** The directory; null when it is a place in a store. */
  public @Nullable Path directory() {
    return directory;
  }

  /** True when the directory is there; a place in a store, when a file is below it. */
  public boolean exists() throws IOException {
    return directory == null ? has("raw") || has("calibrated") : Files.isDirectory(directory);
  }

  /** True when it has a folder of this name; in a store, one with files. */
  public boolean has(String folder) throws IOException {
    return directory == null
        ? !files(folder).isEmpty()
        : Files.isDirectory(directory.resolve(folder));
  }

  /** A file that is directly in it, or null. */
  public @Nullable InputFile file(String name) throws IOException {
    if (directory == null) {
      StoreFiles.Entry found = StoreFiles.patient().find(place + "/" + name);
      return found == null ? null : InputFile.of(place, found);
    }
    Path file = directory.resolve(name);
    return Files.isRegularFile(file) ? InputFile.of(directory, file) : null;
  }

  /** All files below one of its folders, in the order of their paths. */
  public synchronized List<InputFile> files(String folder) throws IOException {
    List<InputFile> known = listed.get(folder);
    if (known == null) {
      known = list(folder);
      if (directory == null) {
        listed.put(folder, known);
      }
    }
    return known;
  }

  private List<InputFile> list(String folder) throws IOException {
    List<InputFile> out = new ArrayList<>();
    if (directory == null) {
      StoreFiles.patient()
          .list(place + "/" + folder)
          .forEach(entry -> out.add(InputFile.of(place, entry)));
      return out;
    }
    Path top = directory.resolve(folder);
    if (Files.isDirectory(top)) {
      try (Stream<Path> files = Files.walk(top, DEPTH, FileVisitOption.FOLLOW_LINKS)) {
        for (Path file : files.filter(Files::isRegularFile).sorted().toList()) {
          out.add(InputFile.of(directory, file));
        }
      }
    }
    return out;
  }

  @Override
  public String toString() {
    return place;
  }
}
