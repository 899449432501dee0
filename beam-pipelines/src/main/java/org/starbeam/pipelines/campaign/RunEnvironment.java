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
import java.util.TreeMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * Where a run was launched, {@code campaign/environment.json}, compared with where it is to go on:
 * the version of Starbeam, its jars where their hash is known, Java, the kind of machine. Bytes are
 * promised for equal ones only.
 */
public final class RunEnvironment {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;
  private final JsonNode document;

  private RunEnvironment(Path directory, JsonNode document) {
    this.directory = directory;
    this.document = document;
  }

  public static RunEnvironment of(Path repository, String run) {
    Path directory = FrozenCampaign.directory(repository, run);
    try {
      return new RunEnvironment(
          directory, JSON.readTree(directory.resolve("environment.json").toFile()));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read where run " + run + " was launched: " + e.getMessage());
    }
  }

  public JsonNode document() {
    return document;
  }

  /** {@code what: before -> now} for everything that matters and is another. */
  public List<String> changes(String version) {
    TreeMap<String, String> now = new TreeMap<>();
    now.put("starbeam", version);
    now.put("java", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
    now.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    List<String> out = new ArrayList<>();
    now.forEach(
        (key, value) -> {
          String before = document.path(key).asText(value);
          if (!before.equals(value)) {
            out.add(key + ": " + before + " -> " + value);
          }
        });
    return out;
  }

  /** Notes changes that the operator allowed, one JSON line each time. */
  public void record(List<String> changes) {
    if (changes.isEmpty()) {
      return;
    }
    ObjectNode line = JSON.createObjectNode().put("time", Instant.now().toString());
    changes.forEach(line.putArray("changes")::add);
    try {
      Files.writeString(
          directory.resolve("environment-changes.jsonl"),
          line + "\n",
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write to " + directory + ": " + e.getMessage());
    }
  }
}
