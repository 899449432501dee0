package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.dataset.RecordCoder;

/** Counts and exit codes of the status vectors; their origin is an independent script. */
class RunSummaryTest {
  private static List<QuantumRecord> records(JsonNode vector) {
    RecordCoder.trustRecords();
    List<QuantumRecord> out = new ArrayList<>();
    for (JsonNode one : vector.get("quanta")) {
      List<String> caveats = new ArrayList<>();
      one.get("caveats").forEach(caveat -> caveats.add(caveat.asText()));
      out.add(
          QuantumRecord.newBuilder()
              .setRun("run")
              .setQuantumId(one.get("id").asText())
              .setTask(one.get("task").asText())
              .setTaskVersion(1)
              .setStep("step1")
              .setDataId("name=" + one.get("id").asText())
              .setWindow("all")
              .setAttempt(one.get("attempts").asInt())
              .setStatus(QuantumStatus.valueOf(one.get("status").asText()))
              .setCaveats(caveats)
              .setInputHash("")
              .setStartTaiMjd(0)
              .setEndTaiMjd(0)
              .setCpuSeconds(0)
              .setWallSeconds(0)
              .setHost("host")
              .setWorker("worker")
              .setThread("thread")
              .build());
    }
    return out;
  }

  @Test
  void countsAndDegradedQuantaAreThoseOfTheVectors() {
    JsonNode vector = Shared.vector("campaign-status");
    RunSummary summary = new RunSummary(records(vector), 0);
    for (Map.Entry<String, JsonNode> total : vector.get("total").properties()) {
      assertThat(summary.total(QuantumStatus.valueOf(total.getKey())))
          .as(total.getKey())
          .isEqualTo(total.getValue().asLong());
    }
    for (RunSummary.TaskCount task : summary.tasks()) {
      for (Map.Entry<String, JsonNode> count : vector.get("counts").get(task.task()).properties()) {
        assertThat(task.count(QuantumStatus.valueOf(count.getKey())))
            .as("%s %s", task.task(), count.getKey())
            .isEqualTo(count.getValue().asLong());
      }
    }
    assertThat(summary.degraded()).isEqualTo(vector.get("degraded").size());
  }

  @Test
  void whatFailedIsListedBeforeWhatIsOnlyDegraded() {
    List<QuantumRecord> quanta = new ArrayList<>(records(Shared.vector("campaign-status")));
    Collections.reverse(quanta);
    List<Boolean> made =
        new RunSummary(quanta, 0)
            .problems().stream()
                .map(
                    r ->
                        r.getStatus() == QuantumStatus.DONE
                            || r.getStatus() == QuantumStatus.ADOPTED)
                .toList();
    assertThat(made).isSorted().contains(true, false);
  }

  @Test
  void exitCodesAreThoseOfTheVectors() {
    JsonNode vector = Shared.vector("campaign-status");
    for (JsonNode one : vector.get("exit")) {
      double tolerance = one.get("tolerance").get("singleFrame").asDouble();
      assertThat(new RunSummary(records(vector), tolerance).exitCode().code())
          .as("tolerance %s", tolerance)
          .isEqualTo(one.get("exitCode").asInt());
    }
  }
}
