package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/** Every quantum of the status vectors, run through the harness in the order of the graph. */
class CampaignStatusTest {
  @TempDir Path repository;

  /** Does what the vector says; remembers nothing but the number of attempts. */
  private record ScriptedTask(String name, String action, int min, int[] attempts)
      implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          name,
          "step1",
          1,
          "{}",
          List.of(
              new InputRule("required", InputRule.Kind.REQUIRED, 0),
              InputRule.gather("gather", min)),
          List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
      attempts[0]++;
      switch (action) {
        case "ok":
          return Outcome.done();
        case "no-work":
          return Outcome.noWork("nothing overlaps");
        case "transient-then-ok":
          if (attempts[0] == 1) {
            throw new IOException("connection reset");
          }
          return Outcome.done();
        case "fail:BAD_INPUT":
          throw new BadInputException("TRUNCATED", "file ends early");
        case "fail:ALGORITHM":
          throw new AlgorithmException("TOO_FEW_STARS", "2 of 10");
        case "fail:RESOURCE":
          throw new StackOverflowError();
        default:
          throw new AssertionError(action);
      }
    }
  }

  @Test
  void statusesCaveatsAndAttemptsAreThoseOfTheVectors() throws Exception {
    JsonNode vector = Shared.vector("campaign-status");
    Map<String, QuantumResult> results = new LinkedHashMap<>();
    Map<String, Map<String, Integer>> counts = new TreeMap<>();
    try (QuantumTester tester = QuantumTester.in(repository)) {
      for (JsonNode one : vector.get("quanta")) {
        String id = one.get("id").asText();
        JsonNode gather = one.get("gather");
        int min = gather.isNull() ? 0 : gather.get("min").asInt();
        ScriptedTask task =
            new ScriptedTask(one.get("task").asText(), one.get("action").asText(), min, new int[1]);
        List<QuantumInput> inputs = inputs("required", one.get("require"), results);
        if (!gather.isNull()) {
          inputs.addAll(inputs("gather", gather.get("inputs"), results));
        }
        DataId name = DataId.of("name", id.replace(':', '.'));
        var ended = tester.run(task, Quantum.of(name, inputs));
        results.put(id, ended.result());
        String status = ended.result().getStatus().name();
        counts.computeIfAbsent(task.name(), t -> new TreeMap<>()).merge(status, 1, Integer::sum);
        assertThat(status).as(id).isEqualTo(one.get("status").asText());
        assertThat(ended.record().getCaveats()).as(id).isEqualTo(texts(one.get("caveats")));
        assertThat(ended.record().getAttempt()).as(id).isEqualTo(one.get("attempts").asInt());
        boolean alone = task.action().equals("fail:RESOURCE");
        int here = alone ? 1 : one.get("attempts").asInt();
        assertThat(task.attempts()[0]).as("attempts of %s in this JVM", id).isEqualTo(here);
      }
    }
    for (Map.Entry<String, JsonNode> task : vector.get("counts").properties()) {
      Map<String, Integer> expected = new TreeMap<>();
      task.getValue().properties().forEach(e -> expected.put(e.getKey(), e.getValue().asInt()));
      assertThat(counts.get(task.getKey())).isEqualTo(expected);
    }
    assertThat(results.get("ob:p2"))
        .extracting(QuantumResult::getRootCauses)
        .isEqualTo(
            List.of(
                "singleFrame(name=sf.v1d2)",
                "singleFrame(name=sf.v2d1)",
                "singleFrame(name=sf.v2d2)"));
  }

  private static List<QuantumInput> inputs(
      String role, JsonNode names, Map<String, QuantumResult> results) {
    List<QuantumInput> out = new ArrayList<>();
    for (String name : texts(names)) {
      QuantumResult result = results.get(name);
      if (result == null) {
        throw new AssertionError("the vector uses " + name + " before it is defined");
      }
      out.add(new QuantumInput(role, result));
    }
    return out;
  }

  private static List<String> texts(JsonNode array) {
    List<String> out = new ArrayList<>();
    array.forEach(node -> out.add(node.asText()));
    return out;
  }
}
