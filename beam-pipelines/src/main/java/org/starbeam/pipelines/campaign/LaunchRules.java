package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.quantum.FailureRules;
import org.starbeam.transforms.quantum.QuantumLimits;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;
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
    return QuantumLimits.defaults()
        .withTime(time(resources.timeLimit()))
        .withMemoryCap(resources.memoryCapBytes() == null ? 0 : resources.memoryCapBytes())
        .isolating(isolate(resources.isolate()))
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

  private static TimeLimit time(@Nullable Duration limit) {
    TimeLimit defaults = TimeLimit.defaults();
    if (limit == null) {
      return defaults;
    }
    double seconds = limit.toMillis() / 1000.0;
    return defaults.withSeconds(seconds, seconds, defaults.graceSeconds());
  }

  private static Isolate isolate(@Nullable String word) {
    return word == null ? Isolate.AUTO : Isolate.valueOf(word.toUpperCase(Locale.ROOT));
  }
}
