package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.store.DataPlace;
import org.starbeam.transforms.store.StoreFiles;
import org.starbeam.transforms.store.StoreProbe;

/** {@code repo.json}: what a directory must have to be a repository of a format that is known. */
public final class RepositoryFile {
  /** The newest format of repositories, the only one so far. */
  public static final int FORMAT = 1;

  private static final ObjectMapper JSON = new ObjectMapper();

  private RepositoryFile() {}

  private static Path file(Path root) {
    return root.resolve("repo.json");
  }

  /** Makes a directory a repository; one that is already stays as it is. Returns true when new. */
  public static boolean init(Path root) {
    return init(root, "");
  }

  /**
   * Makes a directory a repository whose datasets rest in an object store; one that is already
   * stays as it is. Returns true when new.
   *
   * @param data place in the store, as {@code s3://bucket/prefix}; empty for what the repository
   *     has, a new one its own directory
   * @throws UserException when its datasets rest elsewhere, or the store cannot be used
   */
  public static boolean init(Path root, String data) {
    String store = data.isEmpty() ? "" : StoreFiles.checked(data);
    if (!store.isEmpty()) {
      requireNoOther(root, store);
      if (Files.isRegularFile(file(root))) {
        read(root);
        return false;
      }
      requireUsable(store);
    }
    try {
      Files.createDirectories(root);
      ObjectNode document = JSON.createObjectNode();
      document.put("starbeam", "repository");
      document.put("format", FORMAT);
      document.put("uuid", UUID.randomUUID().toString());
      document.put("created", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      if (!store.isEmpty()) {
        document.put(DataPlace.KEY, store);
      }
      Files.writeString(
          file(root), document.toPrettyString() + "\n", StandardOpenOption.CREATE_NEW);
      return true;
    } catch (FileAlreadyExistsException e) {
      read(root);
      if (!store.isEmpty()) {
        requireNoOther(root, store);
      }
      return false;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot make a repository of " + root + ": " + e.getMessage());
    }
  }

  /** Where the datasets of a repository rest is chosen once. */
  private static void requireNoOther(Path root, String store) {
    String has = DataPlace.read(root);
    boolean chosen = Files.isRegularFile(file(root)) || Files.isDirectory(root.resolve("data"));
    if (chosen && !store.equals(has)) {
      throw new UserException(
          ExitCode.CONFLICT,
          "the datasets of "
              + root
              + " rest in "
              + (has == null ? root.resolve("data") : has)
              + ", not in "
              + store
              + "; that is chosen once, when the repository is made",
          "the same command without --data, or with another --repo");
    }
  }

  /**
   * Looks whether the store of a repository can be used; one without a store always can.
   *
   * @throws UserException with what to do, when it cannot
   */
  public static void requireStore(Path root) {
    String store = DataPlace.read(root);
    if (store != null) {
      requireUsable(store);
    }
  }

  private static void requireUsable(String store) {
    try {
      StoreProbe.check(store);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "the object store " + store + " cannot be used: " + e.getMessage(),
          "starbeam doctor --repo DIR says more; credentials come from the environment or a profile"
              + " of the provider, another server from AWS_ENDPOINT_URL");
    }
  }

  /**
   * The document.
   *
   * @throws UserException when the directory is no repository or one of a newer format
   */
  public static JsonNode read(Path root) {
    if (!Files.isRegularFile(file(root))) {
      throw new UserException(
          ExitCode.INPUTS,
          root + " is no repository: it has no repo.json",
          "starbeam repo init --repo " + root);
    }
    try {
      JsonNode document = JSON.readTree(file(root).toFile());
      int format = document.path("format").asInt(-1);
      if (format != FORMAT) {
        throw new UserException(
            ExitCode.INPUTS,
            file(root)
                + ": format "
                + document.path("format")
                + ", this Starbeam knows format "
                + FORMAT);
      }
      return document;
    } catch (IOException e) {
      throw new UserException(ExitCode.INPUTS, "cannot read " + file(root) + ": " + e.getMessage());
    }
  }
}
