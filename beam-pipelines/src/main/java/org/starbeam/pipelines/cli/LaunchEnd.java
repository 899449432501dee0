package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.MockRuns;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.pipelines.observe.RunMonitor;
import org.starbeam.pipelines.report.ReportWriter;
import org.starbeam.pipelines.repository.Completion;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RecordSizes;
import org.starbeam.transforms.dataset.RepositoryPaths;

/** Runs a campaign for a command and says how it ended. */
final class LaunchEnd {
  private LaunchEnd() {}

  /**
   * What is shown of a launch.
   *
   * @param quiet no progress
   * @param json one JSON document at the end
   * @param page the status page
   * @param metrics sink of metrics, or empty
   * @param whole true when nothing of the campaign is left out
   * @param auto true when nobody is there to review a gate
   */
  record View(
      boolean quiet,
      boolean json,
      StatusPageOptions page,
      String metrics,
      boolean whole,
      boolean auto) {}

  /**
   * Runs a campaign with its progress on stderr and its report at the end.
   *
   * @param how settings of the runner beside the campaign's
   * @return the exit code
   */
  static int run(CampaignSettings campaign, UnaryOperator<CampaignRunner> how, View view) {
    if (!view.quiet) {
      System.err.printf(
          "run %s in %s on %s%n", campaign.run(), campaign.repository(), campaign.runner());
    }
    CampaignRunner.Result result;
    RunMonitor monitor = RunMonitor.open(campaign.repository(), campaign.run());
    try (Progress progress = new Progress(monitor, view.quiet);
        Watchers watchers =
            Watchers.open(monitor, view.page, view.metrics, view.quiet)
                .planning(view.whole ? campaign : null)) {
      result = how.apply(new CampaignRunner(BuildInfo.version())).run(campaign);
    }
    Path root = campaign.repository();
    if (MockRuns.of(root, campaign.run()) != null) {
      return end(campaign, result, null, RepositoryPaths.run(root, campaign.run()), view);
    }
    Path report = ReportWriter.write(root, campaign.run());
    Completion.Result completion =
        result.stop() != null
            ? null
            : new Completion(root, campaign.run(), campaign.campaign())
                .finish(result.exitCode(), view.whole, view.auto);
    return end(campaign, result, completion, report, view);
  }

  private static int end(
      CampaignSettings campaign,
      CampaignRunner.Result result,
      Completion.@Nullable Result completion,
      Path report,
      View view) {
    ExitCode code = completion == null ? result.exitCode() : completion.code();
    if (view.json) {
      print(campaign, result, report, completion, code);
    } else {
      say(campaign, result);
      if (completion != null) {
        String eval =
            "starbeam gates eval %s --repo %s".formatted(campaign.run(), campaign.repository());
        verdict(completion, view.whole, eval).forEach(System.err::println);
      }
      System.out.println(report);
    }
    return code.code();
  }

  /**
   * What gates and chains made of a run, in lines for people.
   *
   * @param whole true when nothing of the campaign was left out
   * @param eval the command that shows the gates
   */
  static List<String> verdict(Completion.Result completion, boolean whole, String eval) {
    GateReport gates = completion.gates();
    ExitCode code = completion.code();
    boolean waits = whole && code == ExitCode.SUCCESS && gates.own() && gates.isReviewPending();
    List<String> out = new ArrayList<>();
    if (code == ExitCode.GATE || waits) {
      out.addAll(gates.decision().lines());
      out.add("next: " + eval);
    }
    if (waits) {
      out.add("in no chain before a person has accepted that and the run is resumed");
    }
    if (!completion.chains().isEmpty()) {
      out.add("accepted: now first in chain:" + String.join(", chain:", completion.chains()));
    }
    return out;
  }

  private static void say(CampaignSettings campaign, CampaignRunner.Result result) {
    System.err.printf(
        "%s in %d s%n", result.summary().line(), result.runner().wallTime().toSeconds());
    if (result.stop() != null) {
      System.err.printf("stopped: %s%n", result.stop().text());
      System.err.printf(
          "next: starbeam resume %s --repo %s%n", campaign.run(), campaign.repository());
    } else if (!result.summary().problems().isEmpty()) {
      System.err.printf(
          "next: starbeam status %s --repo %s --failed%n", campaign.run(), campaign.repository());
    }
  }

  private static void print(
      CampaignSettings campaign,
      CampaignRunner.Result result,
      Path report,
      Completion.@Nullable Result completion,
      ExitCode code) {
    ObjectNode out = Answer.object();
    out.put("run", campaign.run());
    out.put("repository", campaign.repository().toString());
    out.put("continued", result.continued());
    for (QuantumStatus status : QuantumStatus.values()) {
      out.put(status.name().toLowerCase(Locale.ROOT), result.summary().total(status));
    }
    out.put("degraded", result.summary().degraded());
    if (result.stop() != null) {
      out.put("stopped", result.stop().text());
    }
    ObjectNode largest = out.putObject("largestRecordBytes");
    RecordSizes.largest().forEach(largest::put);
    out.put("report", report.toString());
    if (completion != null) {
      ArrayNode chains = out.putArray("chains");
      completion.chains().forEach(chains::add);
      out.put("gates", completion.gates().decision().outcome().name().toLowerCase(Locale.ROOT));
    }
    out.put("exitCode", code.code());
    Answer.print(out);
  }
}
