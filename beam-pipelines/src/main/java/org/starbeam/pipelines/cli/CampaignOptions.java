package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.campaign.VisitSelection;
import picocli.CommandLine.Option;

/** What a command line changes in a template; what all commands that take a template share. */
final class CampaignOptions {
  @Option(
      names = "--set",
      paramLabel = "KEY=VALUE",
      description = "Parameter of the template; may be repeated.")
  List<String> settings = new ArrayList<>();

  @Option(
      names = "--params-file",
      paramLabel = "FILE",
      description = "YAML file of parameter values; --set wins over it.")
  @Nullable Path paramsFile;

  @Option(
      names = "--where",
      paramLabel = "EXPR",
      description =
          "Only visits for which this holds, beside what the template selects, for example"
              + " \"band IN (g, r) AND seeing < 1.2\"; see help expressions.")
  String where = "";

  @Option(
      names = "--window",
      paramLabel = "WINDOW",
      description =
          "The month up to which a survey grows, as m202505, or the release that is made, as rDR1.")
  String window = "";

  /** The campaign. */
  Campaign resolve(Template template) {
    return template.resolve(paramsFile, all());
  }

  /** The settings, those of the other options included. */
  List<String> all() {
    List<String> all = new ArrayList<>(settings);
    if (!where.isEmpty()) {
      all.add(VisitSelection.setting(where));
    }
    if (window.matches("m[0-9]{4}(0[1-9]|1[0-2])")) {
      YearMonth month =
          YearMonth.of(
              Integer.parseInt(window.substring(1, 5)), Integer.parseInt(window.substring(5)));
      all.add("windows.through=" + window.substring(1) + month.lengthOfMonth());
    } else if (window.matches("r.+")) {
      all.add("windows.only=" + window.substring(1));
    } else if (!window.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE, "--window " + window + ": expected a month m202505 or a release rNAME");
    }
    return all;
  }
}
