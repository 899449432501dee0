package org.starbeam.transforms.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;

/**
 * The one way from a dataset's reference to its file (specs/05 section 3.1). Datasets of a
 * repository rest below {@code data/}, in its directory or in the object store that its {@code
 * repo.json} names; raw frames rest where the user has them, on a disk or in a store. What is in a
 * store is read through the cache of the node.
 */
public final class DatasetFiles {
  /** Folder of the datasets of all runs, the beginning of their paths. */
  public static final String DATA = "data";

  /** Begin of the path of a dataset of a mock task, which has a name and a hash but no file. */
  public static final String NO_FILE = "nofile:";

  private final Path root;
  private final @Nullable String store;

  private DatasetFiles(Path root, @Nullable String store) {
    this.root = root;
    this.store = store;
  }

  /** Those of a repository. */
  public static DatasetFiles of(Path root) {
    return new DatasetFiles(root, DataPlace.read(root));
  }

  /** A file below {@code data/}; a dataset that is a directory counts as one. */
  public record Stored(String path, long bytes, long modifiedMs) {}

  /** Receives files. */
  @FunctionalInterface
  public interface Receiver {
    void accept(Stored file) throws IOException;
  }

  /** True when the datasets of the repository rest in an object store. */
  public boolean isStore() {
    return store != null;
  }

  /** Where the datasets of the repository rest: a directory or a place in a store. */
  public String place() {
    return store == null ? root.resolve(DATA).toString() : store + "/" + DATA;
  }

  /** Where a dataset's file is in words that lead somebody there. */
  public String place(String path) {
    String uri = uri(path);
    return uri == null ? local(path).toString() : uri;
  }

  /** The place in a store of a dataset; null when it is on a disk. */
  private @Nullable String uri(String path) {
    if (StoreFiles.isUri(path)) {
      return path;
    }
    return store != null && path.startsWith(DATA + "/") ? store + "/" + path : null;
  }

  private Path local(String path) {
    return path.startsWith("file:") ? Path.of(URI.create(path)) : root.resolve(path);
  }

  /** Local file of a dataset that belongs to no repository. */
  public static Path ofUser(DatasetRef ref) throws IOException {
    return new DatasetFiles(Path.of(""), null).path(ref);
  }

  /**
   * Local file of a dataset. On a disk it is not looked whether it is there.
   *
   * @throws NoSuchFileException when it is not in the store
   * @throws StoreUnavailableException when the store does not answer
   */
  public Path path(DatasetRef ref) throws IOException {
    String uri = uri(ref.getPath());
    return uri == null
        ? local(ref.getPath())
        : DiskCache.ofNode().get(uri, ref.getContentHash(), file -> fetch(uri, ref, file));
  }

  private static void fetch(String uri, DatasetRef ref, Path file) throws IOException {
    long bytes = StoreFiles.patient().get(uri, file);
    if (ref.getBytes() > 0 && bytes != ref.getBytes()) {
      throw new IOException(
          uri + " has " + bytes + " bytes, by the ledger it has " + ref.getBytes());
    }
  }

  /** Like {@link #path} for a file that stays open or is opened again until this process ends. */
  public Path keep(DatasetRef ref) {
    try {
      Path file = path(ref);
      if (uri(ref.getPath()) != null) {
        DiskCache.ofNode().hold(file);
      }
      return file;
    } catch (IOException e) {
      throw new UncheckedIOException("dataset " + ref.getPath(), e);
    }
  }

  /** Keeps what is asked for through it until it is closed. */
  public final class Hold implements AutoCloseable {
    private final List<Path> files = new ArrayList<>();

    /** Keeps a file that {@link #path} gave. */
    public synchronized void add(DatasetRef ref, Path file) {
      if (uri(ref.getPath()) != null) {
        DiskCache.ofNode().hold(file);
        files.add(file);
      }
    }

    @Override
    public synchronized void close() {
      files.forEach(DiskCache.ofNode()::release);
      files.clear();
    }
  }

  public Hold hold() {
    return new Hold();
  }

  /** Says that the content of an input file that was read is now known by its own hash. */
  public void alias(DatasetRef input, DatasetRef same) {
    String uri = uri(input.getPath());
    if (uri != null && uri.equals(uri(same.getPath()))) {
      DiskCache.ofNode().alias(uri, input.getContentHash(), same.getContentHash());
    }
  }

  /** True when the file of a dataset is where it should be. */
  public boolean exists(DatasetRef ref) {
    return ref.getPath().startsWith(NO_FILE) || exists(ref.getPath());
  }

  public boolean exists(String path) {
    try {
      return bytes(path) >= 0;
    } catch (IOException e) {
      throw new UncheckedIOException("dataset " + path, e);
    }
  }

  /** Length of the files of a dataset, -1 when it is not there. */
  public long bytes(String path) throws IOException {
    String uri = uri(path);
    if (uri != null) {
      StoreFiles.Entry found = StoreFiles.patient().find(uri);
      return found == null ? -1 : found.bytes();
    }
    try {
      return LocalData.size(local(path));
    } catch (NoSuchFileException e) {
      return -1;
    }
  }

  /** Tells which datasets below a folder of {@code data/} are there; a store is asked once. */
  public Predicate<DatasetRef> present(String folder) throws IOException {
    if (store == null) {
      return this::exists;
    }
    Set<String> paths = new HashSet<>();
    list(folder, file -> paths.add(file.path()));
    return ref -> paths.contains(ref.getPath());
  }

  /**
   * True when the store that a message of {@link StoreUnavailableException} names does what it is
   * asked again.
   */
  public boolean isAnswering(String message) {
    String uri = StoreUnavailableException.uri(message);
    try {
      if (uri == null || (store != null && uri.startsWith(store + "/"))) {
        if (store != null) {
          StoreProbe.check(store);
        }
      } else {
        StoreFiles.impatient().find(uri);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Does something with the file of a dataset. */
  @FunctionalInterface
  public interface FileUser {
    void use(Path file) throws IOException;
  }

  /**
   * Hands over the file of a dataset as it is where it rests, whatever the cache of the node has.
   */
  public void reread(DatasetRef ref, FileUser user) throws IOException {
    String uri = uri(ref.getPath());
    if (uri == null) {
      user.use(local(ref.getPath()));
      return;
    }
    Path copy = DiskCache.ofNode().staging(uri.substring(uri.lastIndexOf('/') + 1));
    try {
      StoreFiles.patient().get(uri, copy);
      user.use(copy);
    } finally {
      Files.deleteIfExists(copy);
    }
  }

  /** The path of a dataset of the repository that is given with its place, else the text itself. */
  public String relative(String text) {
    return store != null && text.startsWith(store + "/")
        ? text.substring(store.length() + 1)
        : text;
  }

  /** A place for a dataset that is to be put, on the same disk as where it will be. */
  public Path temporary(String path) throws IOException {
    Path target = root.resolve(path);
    String name = String.valueOf(target.getFileName());
    return store == null
        ? LocalData.temporary(target)
        : DiskCache.ofNode().staging(name.substring(Math.max(0, name.length() - 120)) + ".tmp");
  }

  /**
   * Moves a file from its temporary place to its own, in one step for all who look.
   *
   * @param contentHash of the file
   */
  public void put(Path temporary, String path, String contentHash) throws IOException {
    String uri = uri(path);
    if (uri == null) {
      LocalData.put(temporary, root.resolve(path));
      return;
    }
    if (Files.isDirectory(temporary)) {
      throw new IllegalStateException(
          path + " is a directory, and only files can be put into an object store");
    }
    StoreFiles.patient().put(temporary, uri);
    DiskCache.ofNode().take(uri, contentHash, temporary);
  }

  /** Removes files below {@code data/} and, on a disk, the directories that become empty. */
  public void remove(List<String> paths) throws IOException {
    List<String> uris = new ArrayList<>();
    for (String path : paths) {
      if (!root.resolve(path).normalize().startsWith(root.resolve(DATA))) {
        throw new IllegalArgumentException(path + " is not below " + DATA + "/");
      }
      if (store == null) {
        LocalData.remove(root.resolve(DATA), root.resolve(path).normalize());
      } else {
        uris.add(store + "/" + path);
      }
    }
    StoreFiles.patient().delete(uris);
  }

  /** Removes all that is below a folder of {@code data/}. */
  public void removeFolder(String folder) throws IOException {
    if (store == null) {
      LocalData.remove(root.resolve(DATA), root.resolve(folder));
    } else {
      List<String> paths = new ArrayList<>();
      list(folder, file -> paths.add(file.path()));
      remove(paths);
    }
  }

  /** Hands over the files below a folder of {@code data/}. */
  public void list(String folder, Receiver receiver) throws IOException {
    if (store == null) {
      LocalData.list(root, root.resolve(folder), receiver);
      return;
    }
    for (StoreFiles.Entry entry : StoreFiles.patient().list(store + "/" + folder)) {
      receiver.accept(
          new Stored(entry.uri().substring(store.length() + 1), entry.bytes(), entry.modifiedMs()));
    }
  }
}
