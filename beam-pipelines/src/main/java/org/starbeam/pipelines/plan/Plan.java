package org.starbeam.pipelines.plan;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.plan.CostModel.Line;
import org.starbeam.pipelines.plan.CostModel.TaskCost;

/** The planned quanta of a campaign by task, in the order of the graph. */
public final class Plan {
  /** The quanta of one task. */
  public static final class Task {
    private final String step;
    private final String name;
    private final Histogram n;
    private final long least;
    private final long most;
    private final Set<String> inputs;

    /** A task of the campaign's graph. */
    Task(String step, String name, Histogram n, long least, long most) {
      this(step, name, n, least, most, TaskGraph.stage(name).inputs());
    }

    /**
     * @param inputs tasks whose results it gathers
     */
    Task(String step, String name, Histogram n, long least, long most, Set<String> inputs) {
      this.step = step;
      this.name = name;
      this.n = n;
      this.least = least;
      this.most = most;
      this.inputs = Set.copyOf(inputs);
    }

    public String step() {
      return step;
    }

    public String name() {
      return name;
    }

    public long quanta() {
      return n.quanta();
    }

    /** The smallest number of quanta that is possible by what is known. */
    public long least() {
      return least;
    }

    /** The largest number. */
    public long most() {
      return most;
    }

    /** True when the number cannot be another unless a quantum fails. */
    public boolean isExact() {
      return least == most;
    }

    Histogram n() {
      return n;
    }

    Set<String> inputs() {
      return inputs;
    }

    double cpuSeconds(TaskCost cost) {
      return cost.workShare() * n.sum(cost.cpuSeconds()::at);
    }

    /** Memory that 95 % of the quanta do not exceed. */
    double memoryBytes(TaskCost cost) {
      return cost.memoryBytes().at(n.quantile(0.95));
    }

    Map<String, Double> writtenBytes(TaskCost cost) {
      Map<String, Double> out = new TreeMap<>();
      for (Map.Entry<String, Line> e : cost.writtenBytes().entrySet()) {
        out.put(e.getKey(), cost.workShare() * n.sum(e.getValue()::at));
      }
      return out;
    }
  }

  private final List<Task> tasks;

  Plan(List<Task> tasks) {
    this.tasks = List.copyOf(tasks);
  }

  /** Quanta of a task in a file of counts, all with the same n. */
  private record Count(long quanta, int n) {}

  /**
   * A plan of given counts: a JSON object with {@code {"quanta": N, "n": n}} for each task.
   *
   * @throws UserException when the file says something else
   */
  public static Plan read(Path file) {
    Map<String, Count> counts;
    try {
      counts = new ObjectMapper().readValue(file.toFile(), new TypeReference<>() {});
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, file + " has no counts: " + e.getMessage());
    }
    List<String> known = TaskGraph.all().stream().map(TaskGraph.Stage::name).toList();
    for (String name : counts.keySet()) {
      if (!known.contains(name)) {
        throw new UserException(
            ExitCode.USAGE, file + ": no task '" + name + "'" + Suggestion.didYouMean(name, known));
      }
    }
    List<Task> tasks = new ArrayList<>();
    for (TaskGraph.Stage stage : TaskGraph.all()) {
      Count count = counts.get(stage.name());
      if (count != null) {
        Histogram n = new Histogram();
        n.add(count.n(), count.quanta());
        tasks.add(new Task(stage.step(), stage.name(), n, count.quanta(), count.quanta()));
      }
    }
    return new Plan(tasks);
  }

  public List<Task> tasks() {
    return tasks;
  }

  public long quanta() {
    return tasks.stream().mapToLong(Task::quanta).sum();
  }

  /** Predicted CPU time of all quanta. */
  public double cpuHours(CostModel costs) {
    return tasks.stream().mapToDouble(t -> t.cpuSeconds(costs.of(t.name()))).sum() / 3600;
  }

  /** Predicted bytes by retention class. */
  public Map<String, Double> writtenBytes(CostModel costs) {
    Map<String, Double> out = new TreeMap<>();
    for (Task task : tasks) {
      task.writtenBytes(costs.of(task.name()))
          .forEach((name, bytes) -> out.merge(name, bytes, Double::sum));
    }
    return out;
  }
}
