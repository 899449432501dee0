package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * Where a run was launched, {@code campaign/environment.json}, compared with where it is to go on:
 * the version of Starbeam, the hash of its modules, Java, the kind of machine. Bytes are promised
 * for equal ones only.
 */
public final class RunEnvironment {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CHANGES = "environment-changes.jsonl";

  private final Path directory;
  private final ObjectNode document;

  private RunEnvironment(Path directory, ObjectNode document) {
    this.directory = directory;
    this.document = document;
  }

  public static RunEnvironment of(Path repository, String run) {
    Path directory = FrozenCampaign.directory(repository, run);
    try {
      ObjectNode document =
          (ObjectNode) JSON.readTree(directory.resolve("environment.json").toFile());
      Path changed = directory.resolve(CHANGES);
      if (Files.exists(changed)) {
        for (String line : Files.readAllLines(changed)) {
          JSON.readTree(line)
              .path("now")
              .properties()
              .forEach(entry -> document.set(entry.getKey(), entry.getValue()));
        }
      }
      return new RunEnvironment(directory, document);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read where run " + run + " was launched: " + e.getMessage());
    }
  }

  /** The document, with the changes that were allowed since. */
  public JsonNode document() {
    return document;
  }

  /**
   * Refuses to go on with a run elsewhere than where it was launched, or notes that it does.
   *
   * @param allowed true when the operator allows it
   * @throws UserException when something that matters has changed and that is not allowed
   */
  public void require(String run, String version, boolean allowed) {
    SortedMap<String, String> now = now(version);
    now.keySet().removeIf(key -> document.path(key).asText(now.get(key)).equals(now.get(key)));
    if (now.isEmpty()) {
      return;
    }
    List<String> changes = new ArrayList<>();
    now.forEach(
        (key, value) -> changes.add(key + ": " + document.path(key).asText() + " -> " + value));
    if (!allowed) {
      throw new UserException(
          ExitCode.LOCK,
          "run " + run + " was launched elsewhere:\n  " + String.join("\n  ", changes),
          "starbeam resume " + run + " --allow-env-change");
    }
    note(changes, now);
  }

  private static SortedMap<String, String> now(String version) {
    SortedMap<String, String> now = new TreeMap<>();
    now.put("starbeam", version);
    now.put("jarSha256", Software.running(version).jarHash());
    now.put("java", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
    now.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    return now;
  }

  /** Notes changes that the operator allowed, one JSON line each time. */
  private void note(List<String> changes, SortedMap<String, String> now) {
    ObjectNode line = JSON.createObjectNode().put("time", Instant.now().toString());
    changes.forEach(line.putArray("changes")::add);
    ObjectNode values = line.putObject("now");
    now.forEach(values::put);
    try {
      Files.writeString(
          directory.resolve(CHANGES),
          line + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write to " + directory + ": " + e.getMessage());
    }
  }
}
