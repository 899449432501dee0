package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.transforms.dataset.RepositoryPaths;

/** What the plan of a run foresees for each task; empty when the run has no plan. */
final class PlanTotals {
  /**
   * One task of the plan.
   *
   * @param coreSeconds predicted for all its quanta
   */
  record TaskPlan(String step, String task, long quanta, double coreSeconds) {}

  private final Map<String, TaskPlan> byTask;

  private PlanTotals(Map<String, TaskPlan> byTask) {
    this.byTask = byTask;
  }

  /** The document that {@code plan --json} prints, if the launch has stored it. */
  static @Nullable JsonNode document(Path root, String run) {
    Path file = RepositoryPaths.run(root, run).resolve("campaign/plan.json");
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      return new ObjectMapper().readTree(file.toFile());
    } catch (IOException e) {
      return null;
    }
  }

  static PlanTotals of(Path root, String run) {
    Map<String, TaskPlan> byTask = new LinkedHashMap<>();
    JsonNode document = document(root, run);
    if (document != null) {
      for (JsonNode stage : document.path("tasks")) {
        String name = TaskGraph.taskOf(stage.path("task").asText());
        byTask.merge(
            name,
            new TaskPlan(
                stage.path("step").asText(),
                name,
                stage.path("quanta").asLong(),
                stage.path("coreHours").asDouble() * 3600),
            (a, b) ->
                new TaskPlan(
                    a.step(), name, a.quanta() + b.quanta(), a.coreSeconds() + b.coreSeconds()));
      }
    }
    return new PlanTotals(byTask);
  }

  /** The tasks of one step. */
  PlanTotals of(String step) {
    Map<String, TaskPlan> own = new LinkedHashMap<>(byTask);
    own.values().removeIf(task -> !task.step().equals(step));
    return new PlanTotals(own);
  }

  boolean isEmpty() {
    return byTask.isEmpty();
  }

  long quanta(String task) {
    TaskPlan plan = byTask.get(task);
    return plan == null ? 0 : plan.quanta();
  }

  @Nullable TaskPlan task(String task) {
    return byTask.get(task);
  }

  Collection<TaskPlan> tasks() {
    return byTask.values();
  }
}
