package org.starbeam.pipelines.gates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.repository.RunFacts;

/**
 * The gates of a run: those of its frozen campaign, else the default set.
 *
 * @param isOwn true when they are the campaign's
 */
public record GateSet(List<Gate> gates, boolean isOwn) {
  private static final String DEFAULT = "/gates/default.yaml";

  /** The gates of a run. */
  public static GateSet of(Path root, String run) {
    JsonNode own = RunFacts.campaign(root, run).path("gates");
    return own.isObject() && !own.isEmpty()
        ? new GateSet(parse("campaign of run " + run, own), true)
        : new GateSet(defaults(), false);
  }

  /** The gates of a file: a map from step to a list of gates. */
  public static GateSet read(Path file) {
    try {
      JsonNode document = new YAMLMapper().readTree(file.toFile());
      return new GateSet(
          parse(
              file.toString(),
              document.path("gates").isObject() ? document.path("gates") : document),
          true);
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, "cannot read " + file + ": " + e.getMessage());
    }
  }

  private static List<Gate> defaults() {
    try (InputStream in = GateSet.class.getResourceAsStream(DEFAULT)) {
      return parse(DEFAULT, new YAMLMapper().readTree(in));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static List<Gate> parse(String source, JsonNode steps) {
    List<String> problems = new ArrayList<>();
    List<Gate> gates =
        Gate.parseAll(
            steps,
            (key, code, message) ->
                problems.add(source + ": " + key + ": " + code + ": " + message));
    if (!problems.isEmpty()) {
      throw new UserException(ExitCode.USAGE, String.join("\n", problems));
    }
    return gates;
  }
}
