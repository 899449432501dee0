package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.compare.Comparison;
import org.starbeam.pipelines.compare.Tolerances;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What differs between two runs. */
@Command(
    name = "compare",
    mixinStandardHelpOptions = true,
    description =
        "Compares a run with another: rows, metrics, matched objects, costs, failures, code and"
            + " configuration.")
final class CompareCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(index = "0", paramLabel = "RUN", description = "Name of the run.")
  String run = "";

  @Parameters(
      index = "1",
      paramLabel = "BASE",
      description = "Run or chain:NAME; of a chain the first other run, all of it as history.")
  String base = "";

  @Option(
      names = "--tract",
      split = ",",
      paramLabel = "N",
      description = "Only rows and metrics of these tracts.")
  List<Integer> tracts = new ArrayList<>();

  @Option(
      names = "--tables",
      negatable = true,
      defaultValue = "true",
      fallbackValue = "true",
      description = "Match rows of Object and Source (default: yes).")
  boolean tables = true;

  @Option(
      names = "--relative",
      paramLabel = "F",
      defaultValue = "0.02",
      description = "Change of a metric that is good (default: ${DEFAULT-VALUE}).")
  double relative = 0.02;

  @Option(
      names = "--sigma",
      paramLabel = "S",
      defaultValue = "4",
      description = "Change in scatters of the series that is good (default: ${DEFAULT-VALUE}).")
  double sigma = 4;

  @Option(names = "--out", paramLabel = "FILE", description = "Writes the answer to a file.")
  @Nullable Path out;

  @Mixin Answer answer = new Answer();

  @Option(
      names = "--fail-on-regression",
      description = "Exit code 5 when a difference is flagged or a quantum newly failed.")
  boolean fail;

  @Override
  public Integer call() throws IOException {
    Tolerances standard = Tolerances.defaults();
    Comparison comparison =
        Comparison.of(
            repository.root(),
            run,
            base,
            tracts,
            tables,
            new Tolerances(
                standard.absolute(),
                relative,
                sigma,
                standard.magnitude(),
                standard.positionMas(),
                standard.rows()));
    String text = answer.isJson() ? comparison.json().toPrettyString() + "\n" : comparison.text();
    Path file = out;
    if (file == null) {
      System.out.print(text);
    } else {
      Files.writeString(file, text);
      answer.print(file.toString(), Answer.object().put("file", file.toString()));
    }
    return (fail && comparison.isRegression() ? ExitCode.GATE : ExitCode.SUCCESS).code();
  }
}
