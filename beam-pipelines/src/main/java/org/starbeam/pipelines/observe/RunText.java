package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.campaign.Template;

/** The state of a run as lines for people; not an interface for programs. */
public final class RunText {
  private static final int MOST_KINDS = 4;
  private static final int MOST_EXAMPLES = 3;
  private static final int MESSAGE_LENGTH = 110;

  private RunText() {}

  /** The head line of {@code status}. */
  public static String head(RunState state) {
    StringBuilder out = new StringBuilder("RUN ").append(state.run()).append("   ");
    out.append(state.state()).append(' ').append(clock(state.elapsedSeconds()));
    String step = state.step();
    if (step != null && state.state().equals("running")) {
      int number = Template.ALL_STEPS.indexOf(step) + 1;
      out.append("   ").append(step).append(", ").append(number).append(" of ");
      out.append(Template.ALL_STEPS.size()).append(" steps");
    }
    if (state.state().equals("running")) {
      out.append("   ").append(eta(state.forecast()));
    }
    if (state.slotEfficiency() != null) {
      out.append("   slots used ").append(percent(state.slotEfficiency()));
    }
    return out.toString();
  }

  static String eta(Forecast forecast) {
    Double seconds = forecast.seconds();
    if (seconds == null) {
      return "ETA unknown";
    }
    Double error = forecast.errorFraction();
    return "ETA " + clock(seconds) + (error == null ? "" : " (±" + percent(error) + ")");
  }

  private static String percent(double share) {
    return String.format(Locale.ROOT, "%.0f %%", 100 * share);
  }

  /** The table of {@code status}: one line per task. */
  public static List<String> tasks(RunState state) {
    List<String> out = new ArrayList<>();
    out.add(
        String.format(
            Locale.ROOT,
            "%-7s%-18s%10s%10s%9s%8s%8s%8s%8s%9s%9s%8s",
            "step",
            "task",
            "total",
            "done",
            "adopted",
            "failed",
            "blocked",
            "no-work",
            "running",
            "degraded",
            "core-h",
            "p95 GB"));
    for (RunState.TaskState task : state.tasks()) {
      out.add(
          line(task.step(), task.task(), task.counts(), task.coreSeconds(), task.p95PeakBytes()));
    }
    out.add(line("", "all", state.totals(), state.coreSeconds(), null));
    return out;
  }

  private static String line(
      String step, String task, Counts c, double coreSeconds, @Nullable Double peak) {
    return String.format(
        Locale.ROOT,
        "%-7s%-18s%,10d%,10d%,9d%,8d%,8d%,8d%,8d%,9d%9s%8s",
        step,
        task,
        c.total(),
        c.done(),
        c.adopted(),
        c.failed(),
        c.blocked(),
        c.noWork() + c.skipped(),
        c.running(),
        c.degraded(),
        coreHours(coreSeconds),
        peak == null ? "-" : String.format(Locale.ROOT, "%.2f", peak / 1e9));
  }

  /** With as many digits as a small run needs. */
  private static String coreHours(double seconds) {
    double hours = seconds / 3600;
    return String.format(Locale.ROOT, hours < 1 ? "%.4f" : "%,.2f", hours);
  }

  /** Failures and degraded quanta: a line of counts each, then examples. */
  public static List<String> problems(RunState state) {
    List<String> out = new ArrayList<>();
    kinds("failures: ", state.failures(), out);
    kinds("degraded: ", state.caveats(), out);
    return out;
  }

  private static void kinds(String title, List<RunState.ProblemKind> kinds, List<String> out) {
    if (kinds.isEmpty()) {
      return;
    }
    StringBuilder line = new StringBuilder(title);
    for (RunState.ProblemKind kind : kinds.subList(0, Math.min(MOST_KINDS, kinds.size()))) {
      boolean caveat = kind.errorClass().equals(MonitorState.DEGRADED);
      line.append(String.format(Locale.ROOT, "%,d × ", kind.count()))
          .append(caveat ? "" : kind.errorClass() + " ")
          .append(kind.errorCode())
          .append(" in ")
          .append(kind.task())
          .append("   ");
    }
    if (kinds.size() > MOST_KINDS) {
      line.append("and ").append(kinds.size() - MOST_KINDS).append(" more kinds");
    }
    out.add(line.toString().stripTrailing());
    for (RunState.ProblemKind kind : kinds.subList(0, Math.min(MOST_EXAMPLES, kinds.size()))) {
      out.add("  " + kind.task() + "(" + kind.example() + ") " + cut(cause(kind)));
    }
  }

  /** The message without the task, data id and files that it begins with. */
  static String cause(RunState.ProblemKind kind) {
    String message = kind.message();
    if (!message.startsWith(kind.task() + "(")) {
      return message;
    }
    int end = message.indexOf("): ");
    int files = message.indexOf("]: ");
    int from = files >= 0 && (end < 0 || files < end) ? files : end;
    return from < 0 ? message : message.substring(from + 3);
  }

  private static String cut(String message) {
    String one = message.replaceAll("\\s+", " ");
    return one.length() <= MESSAGE_LENGTH ? one : one.substring(0, MESSAGE_LENGTH - 3) + "...";
  }

  /** The display of {@code launch} on a terminal: one line per step. */
  public static List<String> steps(RunState state) {
    List<String> out = new ArrayList<>();
    for (RunState.StepState step : state.steps()) {
      Counts c = step.counts();
      Double left = step.secondsLeft();
      out.add(
          String.format(
              Locale.ROOT,
              "%-7s %,9d/%,d done %,6d failed %,6d blocked %,6d no-work %8.1f/min%s",
              step.step(),
              c.done() + c.adopted(),
              c.total(),
              c.failed(),
              c.blocked(),
              c.noWork() + c.skipped(),
              step.perMinute(),
              left == null ? "" : "  ETA " + clock(left)));
    }
    out.add(summary(state));
    return out;
  }

  /** Everything in one line. */
  public static String summary(RunState state) {
    Counts c = state.totals();
    return String.format(
        Locale.ROOT,
        "%s %s: %,d/%,d done, %,d running, %,d failed, %,d blocked, %,d no-work, %,d degraded; %s",
        clock(state.elapsedSeconds()),
        state.step() == null ? "starting" : state.step(),
        c.done() + c.adopted(),
        c.total(),
        c.running(),
        c.failed(),
        c.blocked(),
        c.noWork() + c.skipped(),
        c.degraded(),
        eta(state.forecast()));
  }

  /** Hours, minutes and seconds. */
  static String clock(double seconds) {
    long whole = Math.round(Math.max(0, seconds));
    return String.format(Locale.ROOT, "%02d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
  }
}
