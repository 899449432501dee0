package org.starbeam.pipelines.gates;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.RevisionFiles;

/**
 * What persons decided about gates: revisions under {@code registry/gates/<run>/}, one for each
 * decision, with user, time and reason. A decision counts for the value that was accepted; when the
 * number changes, it has to be looked at again.
 */
final class Acceptances {
  private final RevisionFiles files;
  private final String run;

  Acceptances(Path root, String run) {
    this.files = new RevisionFiles(root, "gates");
    this.run = run;
  }

  void accept(GateResult result, String why) {
    ObjectNode document = new ObjectMapper().createObjectNode();
    document.put("step", result.gate().step()).put("id", result.id());
    document.put("value", String.valueOf(result.value()));
    document.put("why", why).put("user", System.getProperty("user.name", ""));
    document.put("time", Instant.now().truncatedTo(ChronoUnit.SECONDS).toString());
    try {
      files.append(run, document);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot record the decision: " + e.getMessage());
    }
  }

  /** The results with what was decided about them. */
  List<GateResult> apply(List<GateResult> results) {
    Map<String, String> decided = new HashMap<>();
    try {
      for (RevisionFiles.Revision revision : files.all(run)) {
        JsonNode d = revision.document();
        decided.put(
            key(d.path("step").asText(), d.path("id").asText(), d.path("value").asText()),
            "%s, %s: %s"
                .formatted(
                    d.path("user").asText(), d.path("time").asText(), d.path("why").asText()));
      }
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot read the decisions about gates: " + e.getMessage());
    }
    return results.stream()
        .map(
            r ->
                r.acceptedBy(
                    decided.getOrDefault(
                        key(r.gate().step(), r.id(), String.valueOf(r.value())), "")))
        .toList();
  }

  private static String key(String step, String id, String value) {
    return step + "\n" + id + "\n" + value;
  }
}
