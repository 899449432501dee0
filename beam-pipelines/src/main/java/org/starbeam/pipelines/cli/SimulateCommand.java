package org.starbeam.pipelines.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Makes a survey to reduce. */
@Command(
    name = "simulate",
    mixinStandardHelpOptions = true,
    description =
        "Makes the raw frames of a small survey, with its reference catalogue and its truth.")
final class SimulateCommand implements Callable<Integer> {
  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Directory to fill; it must be empty or not exist.")
  @Nullable Path out;

  @Option(
      names = "--preset",
      defaultValue = "demo",
      description = "One of --list (default: ${DEFAULT-VALUE}).")
  String preset = "demo";

  @Option(
      names = "--seed",
      defaultValue = "1",
      description = "The same seed gives the same bytes (default: ${DEFAULT-VALUE}).")
  long seed = 1;

  @Option(names = "--list", description = "List the presets.")
  boolean list;

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() {
    if (list) {
      List<String> names = Presets.all().stream().map(Preset::name).toList();
      answer.print(String.join("\n", names), Answer.list(names));
      return 0;
    }
    if (out == null) {
      throw new UserException(
          ExitCode.USAGE,
          "--out DIR is missing",
          "starbeam simulate --preset " + preset + " --out DIR");
    }
    make(out, preset, seed);
    String made = out.toAbsolutePath().toString();
    answer.print(made, Answer.object().put("survey", made).put("preset", preset).put("seed", seed));
    return 0;
  }

  /** Writes a preset's survey; progress goes to stderr. */
  static void make(Path directory, String presetName, long seed) {
    if (Presets.all().stream().noneMatch(p -> p.name().equals(presetName))) {
      throw new UserException(
          ExitCode.USAGE, "no preset '" + presetName + "'", "starbeam simulate --list");
    }
    if (Files.exists(directory.resolve("raw")) || Files.exists(directory.resolve("calibrated"))) {
      throw new UserException(
          ExitCode.CONFLICT, directory + " holds a survey already; give another --out");
    }
    Preset chosen = Presets.named(presetName);
    System.err.printf(
        "simulating preset %s, seed %d, in %s%n", presetName, seed, directory.toAbsolutePath());
    CampaignWriter.write(directory, chosen, seed, ProgressListener.NONE);
  }
}
