package org.starbeam.transforms.dataset;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * Small documents of the registry that change: {@code registry/<kind>/<name>/<seq>.json} (specs/05
 * section 3.7). A revision never changes once it is there; a change reads the newest, makes the
 * next, and creates its file only if nobody else did; the loser reads again and retries. So two
 * writers, on one host or many, never lose each other's change and nobody holds a lock.
 */
public final class RevisionFiles {
  private static final int DIGITS = 6;
  private static final int LONGEST_PAUSE_MILLIS = 50;
  private static final int PARTIAL_READS = 40;

  private final Path directory;

  /**
   * @param kind {@code chains}, {@code calibs} or {@code retention}
   */
  public RevisionFiles(Path root, String kind) {
    this.directory = root.resolve("registry").resolve(kind);
  }

  /** One state of a document; {@code seq} begins at 1. */
  public record Revision(int seq, JsonNode document) {}

  /** The next state of a document from its present one. */
  @FunctionalInterface
  public interface Change {
    /**
     * @param present null when the document does not exist yet
     * @return null when nothing is to change
     */
    @Nullable JsonNode apply(@Nullable JsonNode present) throws IOException;
  }

  /** The newest revision of a document, or null when there is none. */
  public @Nullable Revision latest(String name) throws IOException {
    int seq = newest(folder(name));
    return seq == 0 ? null : new Revision(seq, read(folder(name), seq));
  }

  /** All revisions of a document, oldest first. */
  public List<Revision> all(String name) throws IOException {
    int newest = newest(folder(name));
    List<Revision> revisions = new ArrayList<>();
    for (int seq = 1; seq <= newest; seq++) {
      revisions.add(new Revision(seq, read(folder(name), seq)));
    }
    return revisions;
  }

  /** Names of all documents of this kind. */
  public List<String> names() throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    TreeSet<String> names = new TreeSet<>();
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : (Iterable<Path>) files.filter(RevisionFiles::isRevision)::iterator) {
        Path relative = directory.relativize(file).getParent();
        if (relative != null) {
          names.add(relative.toString().replace('\\', '/'));
        }
      }
    }
    return List.copyOf(names);
  }

  /** Changes a document; returns its newest revision, null when it does not exist even now. */
  public @Nullable Revision change(String name, Change change) throws IOException {
    Path folder = folder(name);
    for (int attempt = 0; ; attempt++) {
      Revision present = latest(name);
      JsonNode next = change.apply(present == null ? null : present.document);
      if (next == null || (present != null && next.equals(present.document))) {
        return present;
      }
      int seq = present == null ? 1 : present.seq + 1;
      if (create(folder, seq, next)) {
        return new Revision(seq, next);
      }
      pause(attempt);
    }
  }

  /** Adds a revision that does not depend on those before it. */
  public Revision append(String name, JsonNode document) throws IOException {
    Path folder = folder(name);
    for (int attempt = 0; ; attempt++) {
      int seq = newest(folder) + 1;
      if (create(folder, seq, document)) {
        return new Revision(seq, document);
      }
      pause(attempt);
    }
  }

  private Path folder(String name) {
    RepositoryPaths.checkRun(name);
    for (String part : name.split("/")) {
      if (part.matches("\\d+\\.json")) {
        throw new BadInputException(
            "FORBIDDEN_NAME", "name '" + name + "': '" + part + "' looks like a revision");
      }
    }
    return directory.resolve(name);
  }

  private static boolean isRevision(Path file) {
    return file.getFileName().toString().matches("\\d{" + DIGITS + ",}\\.json");
  }

  private static int newest(Path folder) throws IOException {
    if (!Files.isDirectory(folder)) {
      return 0;
    }
    try (Stream<Path> files = Files.list(folder)) {
      return files
          .filter(RevisionFiles::isRevision)
          .mapToInt(f -> Integer.parseInt(f.getFileName().toString().replace(".json", "")))
          .max()
          .orElse(0);
    }
  }

  private static Path file(Path folder, int seq) {
    return folder.resolve(String.format("%0" + DIGITS + "d.json", seq));
  }

  private static JsonNode read(Path folder, int seq) throws IOException {
    Path file = file(folder, seq);
    for (int attempt = 0; ; attempt++) {
      try {
        return CanonicalJson.parse(Files.readString(file));
      } catch (JsonProcessingException e) {
        // Where hard links do not exist a revision may be seen while it is being written.
        if (attempt == PARTIAL_READS) {
          throw new BadInputException(
              "REGISTRY_CORRUPT", file + " is not JSON: " + e.getOriginalMessage(), e);
        }
        pause(LONGEST_PAUSE_MILLIS);
      }
    }
  }

  /** Creates a revision; false when it exists. */
  private static boolean create(Path folder, int seq, JsonNode document) throws IOException {
    Files.createDirectories(folder);
    Path target = file(folder, seq);
    if (Files.exists(target)) {
      return false;
    }
    byte[] text = (document.toPrettyString() + "\n").getBytes(StandardCharsets.UTF_8);
    Path temporary = folder.resolve("." + target.getFileName() + "." + UUID.randomUUID() + ".tmp");
    try {
      write(temporary, text);
      Files.createLink(target, temporary);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    } catch (NoSuchFileException e) {
      throw e;
    } catch (UnsupportedOperationException | FileSystemException e) {
      return createWithoutLink(target, text);
    } finally {
      Files.deleteIfExists(temporary);
    }
  }

  private static boolean createWithoutLink(Path target, byte[] text) throws IOException {
    try {
      write(target, text);
      return true;
    } catch (FileAlreadyExistsException e) {
      return false;
    }
  }

  private static void write(Path file, byte[] text) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(text);
      while (buffer.hasRemaining()) {
        channel.write(buffer);
      }
      channel.force(true);
    }
  }

  private static void pause(int attempt) throws IOException {
    int bound = Math.min(LONGEST_PAUSE_MILLIS, 1 << Math.min(attempt, 10));
    try {
      Thread.sleep(ThreadLocalRandom.current().nextInt(bound) + 1L);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while the registry was being changed", e);
    }
  }
}
