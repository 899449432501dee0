package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.MockRuns;
import org.starbeam.pipelines.campaign.Retry;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.RunEnvironment;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.transforms.quantum.FailureClass;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Goes on with a run. */
@Command(
    name = "resume",
    mixinStandardHelpOptions = true,
    description =
        "Goes on with a run: the same campaign, nothing that is done is done again. Failures stay"
            + " failures unless asked for.")
final class ResumeCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Mixin RunOptions how = new RunOptions();

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run = "";

  @Option(
      names = "--retry",
      split = ",",
      paramLabel = "CLASS",
      description =
          "Attempt failures of these classes again: TRANSIENT, RESOURCE, BAD_INPUT, ALGORITHM,"
              + " DEFECT, or all.")
  List<String> classes = new ArrayList<>();

  @Option(
      names = "--retry-task",
      split = ",",
      paramLabel = "TASK",
      description = "Attempt failures of these tasks again.")
  List<String> tasks = new ArrayList<>();

  @Option(
      names = "--allow-env-change",
      description = "Go on although Starbeam, Java or the machine is another than before.")
  boolean allowChange;

  @Spec CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() {
    LauncherScript.requireRepository(repository.root());
    String name = RunCatalog.open(repository.root(), run).run();
    Campaign campaign = FrozenCampaign.load(repository.root(), name);
    RunEnvironment environment = RunEnvironment.of(repository.root(), name);
    environment.require(name, BuildInfo.version(), allowChange);
    JsonNode before = environment.document();
    String on = how.runner.isEmpty() ? before.path("runner").asText("direct") : how.runner;
    CampaignSettings settings =
        new CampaignSettings(
            campaign,
            campaign.steps(),
            repository.root(),
            name,
            on,
            how.settings(spec, campaign),
            null);
    MockPlan mock = MockRuns.of(repository.root(), name);
    return LaunchEnd.run(
        settings,
        r -> mock == null ? r.retrying(retry()) : r.retrying(retry()).mocking(mock),
        how.view(spec, campaign, true));
  }

  private Retry retry() {
    Set<FailureClass> out = new HashSet<>();
    for (String word : classes) {
      if (word.equalsIgnoreCase("all")) {
        out.addAll(Set.of(FailureClass.values()));
        continue;
      }
      try {
        out.add(FailureClass.valueOf(word.toUpperCase(Locale.ROOT)));
      } catch (IllegalArgumentException e) {
        List<String> known = List.of(FailureClass.values()).stream().map(Enum::name).toList();
        throw new UserException(
            ExitCode.USAGE,
            "--retry " + word + Suggestion.amongKnown(word.toUpperCase(Locale.ROOT), known));
      }
    }
    TaskGraph.requireTasks("--retry-task", tasks);
    return Retry.of(out, Set.copyOf(tasks));
  }
}
