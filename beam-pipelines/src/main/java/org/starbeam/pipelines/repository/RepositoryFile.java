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
    try {
      Files.createDirectories(root);
      ObjectNode document = JSON.createObjectNode();
      document.put("starbeam", "repository");
      document.put("format", FORMAT);
      document.put("uuid", UUID.randomUUID().toString());
      document.put("created", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
      Files.writeString(
          file(root), document.toPrettyString() + "\n", StandardOpenOption.CREATE_NEW);
      return true;
    } catch (FileAlreadyExistsException e) {
      read(root);
      return false;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot make a repository of " + root + ": " + e.getMessage());
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
