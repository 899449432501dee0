package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.quantum.FailureRules;
import org.starbeam.transforms.quantum.QuantumLimits;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;
import org.starbeam.transforms.quantum.QuantumLimits.TaskLimits;
import org.starbeam.transforms.quantum.QuantumLimits.TimeLimit;

/** What a campaign document says of limits and failures, in the words of the harness. */
public final class LaunchRules {
  private LaunchRules() {}

  /**
   * Limits of the quanta of a campaign in a repository.
   *
   * @throws IOException when the repository's file of known errors cannot be read
   */
  static QuantumLimits limits(Campaign campaign, Path repository, Retry retry) throws IOException {
    Campaign.Resources resources = campaign.resources();
    FailureRules rules =
        new FailureRules(
            campaign.failurePolicy(),
            ErrorsFile.all(repository),
            retry.defectsTwice(),
            List.copyOf(retry.tasks()));
    Campaign.QuantumResources all = resources.quantum();
    Map<String, TaskLimits> tasks = new TreeMap<>();
    campaign.taskResources().forEach((task, own) -> tasks.put(task, limits(own)));
    TimeLimit time = TimeLimit.defaults();
    return QuantumLimits.defaults()
        .withTime(
            time.withSeconds(seconds(all.timeLimit(), time.softSeconds()), time.graceSeconds()))
        .withMemoryCap(resources.memoryCapBytes() == null ? 0 : resources.memoryCapBytes())
        .isolating(isolate(all.isolate(), Isolate.AUTO))
        .withTasks(tasks)
        .withFailures(rules);
  }

  /** The failure rules of a run's frozen campaign; nothing may fail when it cannot be read. */
  public static FailureRules failures(Path repository, String run) {
    try {
      Campaign campaign = FrozenCampaign.load(repository, run);
      return new FailureRules(
          campaign.failurePolicy(), ErrorsFile.all(repository), false, List.of());
    } catch (UserException | IOException e) {
      return FailureRules.strict();
    }
  }

  private static TaskLimits limits(Campaign.QuantumResources of) {
    return new TaskLimits(
        of.timeLimit() == null ? null : seconds(of.timeLimit(), 0),
        of.memoryBytes() == null ? 0 : of.memoryBytes(),
        of.isolate() == null ? null : isolate(of.isolate(), Isolate.AUTO));
  }

  private static double seconds(@Nullable Duration limit, double otherwise) {
    return limit == null ? otherwise : limit.toMillis() / 1000.0;
  }

  private static Isolate isolate(@Nullable String word, Isolate otherwise) {
    return word == null ? otherwise : Isolate.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
