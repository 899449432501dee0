package org.starbeam.pipelines.cli;

import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.campaign.Campaign;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** How a campaign is run and watched; what the commands that begin a run and that go on share. */
final class RunOptions {
  @Option(
      names = "--runner",
      description =
          "direct or flink (default: of a run that goes on, as before; else STARBEAM_RUNNER, else"
              + " direct; inside a Flink application flink).")
  String runner = "";

  @Option(
      names = "--master",
      paramLabel = "HOST:PORT",
      description = "A Flink cluster; without it Flink runs inside this process.")
  String master = "";

  @Option(
      names = "--parallelism",
      paramLabel = "N",
      description = "Quanta at a time (default: --threads, else cores or slots of the cluster).")
  int parallelism;

  @Option(
      names = "--auto-resume",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "How often the launcher script continues a run whose process died or whose cluster or"
              + " storage gave up (default: ${DEFAULT-VALUE}).")
  int autoResume = 3;

  @Option(
      names = "--shard",
      paramLabel = "DIMENSION:INDEX/COUNT",
      description =
          "Only the quanta of one shard, for example visit:0/4; by visit, detector or tract.")
  String shard = "";

  @Option(
      names = "--auto",
      description = "A gate that needs a review ends the launch with exit code 5.")
  boolean auto;

  @Mixin StatusPageOptions page = new StatusPageOptions();

  @Option(
      names = "--metrics",
      paramLabel = "SINK",
      description =
          "Send metrics in line protocol to influx:http://HOST:PORT/DATABASE or influx:file:PATH"
              + " (default: as the campaign says).")
  String metrics = "";

  /** Settings of a launch of a campaign. */
  LaunchSettings settings(CommandSpec spec, Campaign campaign) {
    Integer wanted = campaign.resources().parallelism();
    int given = parallelism == 0 ? GlobalOptions.of(spec).threads : parallelism;
    return LaunchSettings.ofParallelism(given == 0 && wanted != null ? wanted : given)
        .withMaster(master.isEmpty() ? null : master)
        .withShard(shard)
        .withCommandLine(spec.commandLine().getParseResult().originalArgs());
  }

  /**
   * What is shown.
   *
   * @param spec the command that was called
   * @param whole true when all steps of the campaign run
   */
  LaunchEnd.View view(CommandSpec spec, Campaign campaign, boolean whole) {
    String ofCampaign = campaign.metrics();
    String sink = metrics.isEmpty() && ofCampaign != null ? ofCampaign : metrics;
    GlobalOptions global = GlobalOptions.of(spec);
    return new LaunchEnd.View(
        global.quiet, global.json, page, sink, whole && shard.isEmpty(), auto);
  }
}
