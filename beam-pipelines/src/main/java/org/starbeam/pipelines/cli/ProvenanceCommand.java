package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.repository.Provenance;
import org.starbeam.pipelines.repository.ProvenanceFormat;
import org.starbeam.pipelines.repository.Replay;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Where a dataset came from and what was made of it. */
@Command(
    name = "provenance",
    mixinStandardHelpOptions = true,
    description =
        "Shows what a dataset was made of, what was made of it, why it differs from another run's,"
            + " or makes it again.")
final class ProvenanceCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(
      paramLabel = "DATASET",
      description =
          "type(key=value,...), a path, or the id of a row, for example"
              + " 'visit_image(visit=12,detector=3)'.")
  String dataset = "";

  @Option(
      names = "--run",
      paramLabel = "RUN",
      description = "Run or chain:NAME to look in; may be repeated (default: the newest run).")
  List<String> runs = new ArrayList<>();

  @Option(names = "--all-runs", description = "Look in every run of the repository.")
  boolean allRuns;

  @Option(
      names = "--up",
      paramLabel = "N",
      description = "Generations of quanta towards the raw frames (default: all of them).")
  @Nullable Integer up;

  @Option(
      names = "--down",
      paramLabel = "N",
      arity = "0..1",
      fallbackValue = "1000000",
      description = "Generations towards the release tables (default: none; without N all).")
  @Nullable Integer down;

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES} (default: ${DEFAULT-VALUE}).")
  ProvenanceFormat format = ProvenanceFormat.TEXT;

  @Mixin Answer answer = new Answer();

  @Option(
      names = "--rows",
      description = "Prints the ids of all objects that were made of it instead of the graph.")
  boolean rows;

  @Option(
      names = "--diff",
      paramLabel = "RUN",
      description = "Says why the dataset of the same data id of another run differs.")
  @Nullable String other;

  @Option(
      names = "--replay",
      description =
          "Makes it again: runs its quanta (--up generations of them) in a scratch run and compares"
              + " the hashes. Exit code 4 when one differs.")
  boolean replay;

  @Option(names = "--keep", description = "With --replay: leaves the scratch run.")
  boolean keep;

  @Option(
      names = "--limit",
      paramLabel = "N",
      defaultValue = "200000",
      description = "Largest number of nodes of the graph (default: ${DEFAULT-VALUE}).")
  int limit = 200_000;

  @Override
  public Integer call() throws IOException {
    ProvenanceFormat form = answer.isJson() ? ProvenanceFormat.JSON : format;
    try (Provenance provenance = Provenance.open(repository.root(), runs, allRuns, limit)) {
      String text;
      if (replay) {
        int generations = up == null ? Integer.MAX_VALUE : up;
        Replay.Result result = provenance.replay(dataset, generations, BuildInfo.version(), keep);
        text =
            form == ProvenanceFormat.JSON ? result.json().toPrettyString() + "\n" : result.text();
        System.out.print(text);
        return (result.isSame() ? ExitCode.SUCCESS : ExitCode.POLICY).code();
      } else if (other != null) {
        text = provenance.difference(dataset, other, form == ProvenanceFormat.JSON);
      } else if (rows) {
        String ids = provenance.objects(dataset);
        text = form == ProvenanceFormat.JSON ? json(ids) : ids;
      } else {
        int upward = up != null ? up : down != null ? 0 : Integer.MAX_VALUE;
        text = provenance.graph(dataset, upward, down == null ? 0 : down, form);
      }
      System.out.print(text);
      System.out.flush();
    }
    return 0;
  }

  private static String json(String ids) {
    ObjectNode out = Answer.object();
    out.set("objects", Answer.list(ids.lines().toList()));
    return out.toPrettyString() + "\n";
  }
}
