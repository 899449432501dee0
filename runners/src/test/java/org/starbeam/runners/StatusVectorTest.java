package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.FailurePolicy;
import org.starbeam.transforms.quantum.FailurePolicy.Tolerance;
import org.starbeam.transforms.quantum.FailureRules;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

/** The campaign of the status vectors as a graph on both runners, at any parallelism. */
class StatusVectorTest {
  private static final Set<String> TRIED = ConcurrentHashMap.newKeySet();

  @TempDir Path repository;

  /** One quantum of the vectors: what it needs, and what happens to it. */
  private record Scripted(
      String task, String action, List<String> required, List<String> gathered, int min)
      implements Serializable {
    static Scripted of(JsonNode one) {
      JsonNode gather = one.get("gather");
      return new Scripted(
          one.get("task").asText(),
          one.get("action").asText(),
          names(one.get("require")),
          gather.isNull() ? List.of() : names(gather.get("inputs")),
          gather.isNull() ? 0 : gather.get("min").asInt());
    }

    private static List<String> names(JsonNode array) {
      List<String> out = new ArrayList<>();
      array.forEach(id -> out.add(name(id.asText())));
      return out;
    }

    private static String name(String id) {
      return id.replace(':', '.');
    }
  }

  private record ScriptedTask(String name, int min, HashMap<String, Scripted> script, String launch)
      implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          name,
          "step1",
          1,
          "{}",
          List.of(
              InputRule.optional("seed"),
              new InputRule("required", InputRule.Kind.REQUIRED, 0),
              InputRule.gather("gather", min)),
          List.of());
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
      String id = quantum.dataId().get("name");
      switch (script.get(id).action()) {
        case "ok":
          return Outcome.done();
        case "no-work":
          return Outcome.noWork("nothing overlaps");
        case "transient-then-ok":
          if (TRIED.add(launch + id)) {
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
          throw new AssertionError(script.get(id).action());
      }
    }
  }

  private static void build(
      Pipeline pipeline, CampaignContext campaign, LinkedHashMap<String, Scripted> vector) {
    Map<String, PCollection<QuantumResult>> made = new HashMap<>();
    Set<String> tasks = new LinkedHashSet<>();
    vector.values().forEach(one -> tasks.add(one.task()));
    for (String task : tasks) {
      HashMap<String, Scripted> own = new HashMap<>();
      vector.forEach(
          (name, one) -> own.putAll(one.task().equals(task) ? Map.of(name, one) : Map.of()));
      int min = own.values().stream().mapToInt(Scripted::min).max().orElse(0);
      QuantumStage stage = QuantumStage.named(task).in(campaign);
      Set<String> upstream = new TreeSet<>();
      for (Scripted one : own.values()) {
        one.required().forEach(input -> upstream.add(vector.get(input).task()));
        one.gathered().forEach(input -> upstream.add(vector.get(input).task()));
      }
      if (upstream.isEmpty()) {
        List<QuantumResult> seeds =
            own.keySet().stream()
                .map(name -> QuantumSources.of("seed", DataId.of("name", name), List.of()))
                .toList();
        stage.route(
            QuantumSources.of(pipeline, task + "Seeds", seeds),
            (r, reader, out) -> out.send(DataId.parse(r.getDataId()), "seed", r));
      }
      for (String from : upstream) {
        stage.route(
            made.get(from),
            (r, reader, out) -> {
              String name = DataId.parse(r.getDataId()).get("name");
              own.forEach(
                  (to, one) -> {
                    if (one.required().contains(name)) {
                      out.send(DataId.of("name", to), "required", r);
                    }
                    if (one.gathered().contains(name)) {
                      out.send(DataId.of("name", to), "gather", r);
                    }
                  });
            });
      }
      made.put(task, stage.run(new ScriptedTask(task, min, own, campaign.launchId())));
    }
  }

  @ParameterizedTest
  @CsvSource({"direct,1", "direct,2", "direct,8", "flink,1", "flink,2", "flink,8"})
  void everyQuantumCountAndExitCodeIsThatOfTheVectors(String runner, int parallelism)
      throws Exception {
    JsonNode vector = Shared.vector("campaign-status");
    LinkedHashMap<String, Scripted> script = new LinkedHashMap<>();
    vector
        .get("quanta")
        .forEach(q -> script.put(Scripted.name(q.get("id").asText()), Scripted.of(q)));
    CampaignContext campaign = CampaignContext.of(repository, "run");
    campaign =
        campaign
            .withRetryDelaysMillis(List.of())
            .withLimits(campaign.limits().isolating(Isolate.NEVER));
    CampaignContext context = campaign;
    PipelineLauncher.named(runner)
        .run(
            pipeline -> build(pipeline, context, script),
            LaunchSettings.ofParallelism(parallelism));
    CampaignServices.close(campaign);

    Map<String, QuantumRecord> ended = MockGraph.ended(campaign);
    Map<String, Map<String, Integer>> counts = new TreeMap<>();
    for (JsonNode one : vector.get("quanta")) {
      String task = one.get("task").asText();
      String name = Scripted.name(one.get("id").asText());
      QuantumRecord record = ended.remove(task + "(name=" + name + ")");
      List<String> caveats = new ArrayList<>();
      one.get("caveats").forEach(caveat -> caveats.add(caveat.asText()));
      assertThat(record).as(name).isNotNull();
      assertThat(record.getStatus()).as(name).hasToString(one.get("status").asText());
      assertThat(record.getCaveats()).as(name).isEqualTo(caveats);
      assertThat(record.getAttempt()).as(name).isEqualTo(one.get("attempts").asInt());
      counts
          .computeIfAbsent(task, t -> new TreeMap<>())
          .merge(record.getStatus().toString(), 1, Integer::sum);
    }
    assertThat(ended).isEmpty();
    for (Map.Entry<String, JsonNode> task : vector.get("counts").properties()) {
      Map<String, Integer> expected = new TreeMap<>();
      task.getValue().properties().forEach(e -> expected.put(e.getKey(), e.getValue().asInt()));
      assertThat(counts.get(task.getKey())).isEqualTo(expected);
    }
    requireExitCodes(vector, MockGraph.ended(campaign));
  }

  private static void requireExitCodes(JsonNode vector, Map<String, QuantumRecord> ended) {
    for (JsonNode exit : vector.get("exit")) {
      Map<String, Tolerance> tolerances = new HashMap<>();
      exit.get("tolerance")
          .properties()
          .forEach(e -> tolerances.put(e.getKey(), Tolerance.ofFraction(e.getValue().asDouble())));
      FailurePolicy policy =
          new FailurePolicy(Tolerance.NOTHING, tolerances, null, FailurePolicy.OnViolation.FINISH);
      RunSummary summary = RunSummary.of(ended.values(), FailureRules.of(policy));
      assertThat(summary.degraded()).isEqualTo(vector.get("degraded").size());
      assertThat(summary.exitCode().code()).isEqualTo(exit.get("exitCode").asInt());
    }
  }
}
