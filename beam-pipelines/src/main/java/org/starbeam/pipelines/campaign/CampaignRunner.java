package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.Map;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.PipelineFailedException;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;

/** Freezes a campaign, runs its graph and says how it ended. */
public final class CampaignRunner {
  /**
   * How a launch ended.
   *
   * @param continued true when the run existed before
   * @param summary the state of all quanta of the run
   */
  public record Result(boolean continued, RunnerResult runner, RunSummary summary) {}

  private final String version;

  public CampaignRunner(String version) {
    this.version = version;
  }

  /**
   * Runs a campaign to its end.
   *
   * @throws UserException before anything is written when settings or inputs are at fault
   */
  public Result run(CampaignSettings settings) {
    checkInput(settings);
    CampaignContext context = context(settings);
    CampaignGraph.check(settings, context);
    boolean continued = FrozenCampaign.freeze(settings, version);
    RunnerResult ended;
    try {
      ended =
          PipelineLauncher.named(settings.runner())
              .run(pipeline -> CampaignGraph.build(pipeline, settings, context), settings.launch());
    } catch (PipelineFailedException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          String.valueOf(e.getMessage()),
          "the same command again continues the run");
    } finally {
      close(context);
    }
    RunCatalog catalog = RunCatalog.open(settings.repository(), settings.run());
    return new Result(
        continued,
        ended,
        new RunSummary(catalog.quanta(), settings.template().maxFailedFraction()));
  }

  private static void close(CampaignContext context) {
    try {
      CampaignServices.close(context);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private CampaignContext context(CampaignSettings settings) {
    CampaignContext context =
        CampaignContext.of(settings.repository(), settings.run())
            .withBands(settings.bands())
            .adoptingFrom(settings.base())
            .basedOn(settings.base())
            .withCodeVersion(version);
    for (Map.Entry<String, ObjectNode> task : settings.tasks().entrySet()) {
      context = context.withConfig(task.getKey(), task.getValue().toString());
    }
    return context;
  }

  private static void checkInput(CampaignSettings settings) {
    if (!Files.isDirectory(settings.input())) {
      throw new UserException(
          ExitCode.INPUTS,
          "input directory " + settings.input() + " does not exist",
          "starbeam simulate --out DIR --preset demo makes one");
    }
    boolean any =
        Files.isDirectory(settings.input().resolve("raw"))
            || Files.isDirectory(settings.input().resolve("calibrated"));
    if (!any) {
      throw new UserException(
          ExitCode.INPUTS,
          "input directory " + settings.input() + " has neither raw/ nor calibrated/");
    }
  }
}
