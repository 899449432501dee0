package org.starbeam.it;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/** Launches campaigns as the command line does. */
final class Campaigns {
  private Campaigns() {}

  /** One detector of the preset {@code it} for one night in one band. */
  static void simulate(Path survey, String band, int exposures, Preset.CalibSequence calibrations) {
    Preset it = Presets.it();
    Preset preset =
        new Preset(
            it.name(),
            it.frames(),
            1,
            band,
            List.of(new Preset.Night(20210907, exposures)),
            it.expTime(),
            calibrations,
            it.field(),
            it.sensor(),
            it.observing());
    CampaignWriter.write(survey, preset, 1, ProgressListener.NONE);
  }

  static CampaignRunner.Result launch(
      Path input, Path repository, String run, String runner, int parallelism) {
    return launch(input, repository, run, runner, parallelism, Template.ALL_STEPS);
  }

  static CampaignRunner.Result launch(
      Path input, Path repository, String run, String runner, int parallelism, List<String> steps) {
    return launch("ci", input, repository, run, runner, parallelism, steps);
  }

  static CampaignRunner.Result launch(
      String template,
      Path input,
      Path repository,
      String run,
      String runner,
      int parallelism,
      List<String> steps) {
    return launch(
        template, Map.of("input", input.toString()), repository, run, runner, parallelism, steps);
  }

  static CampaignRunner.Result launch(
      String template,
      Map<String, String> values,
      Path repository,
      String run,
      String runner,
      int parallelism,
      List<String> steps) {
    CampaignSettings settings =
        new CampaignSettings(
            Template.load(template),
            values,
            steps,
            repository,
            run,
            runner,
            LaunchSettings.ofParallelism(parallelism));
    return new CampaignRunner("test").run(settings);
  }

  /** A shard of some steps of the template {@code ci} on the DirectRunner; empty for all quanta. */
  static CampaignRunner.Result part(
      Path input, Path repository, String run, String steps, String shard) {
    CampaignSettings settings =
        new CampaignSettings(
            Template.load("ci"),
            Map.of("input", input.toString()),
            List.of(steps),
            repository,
            run,
            "direct",
            LaunchSettings.ofParallelism(2).withShard(shard));
    return new CampaignRunner("test").run(settings);
  }

  static RunDatabase tables(Path repository, String run) {
    return new RunDatabase(RunCatalog.open(repository, run).tables());
  }
}
