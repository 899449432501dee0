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

  @Option(
      names = "--bands",
      split = ",",
      paramLabel = "BAND",
      description = "Bands instead of those of the preset, of u g r i z y; for example g,r,i,z.")
  List<String> bands = List.of();

  @Option(
      names = "--visits",
      paramLabel = "N",
      description = "Visits in each band of each night, 1 to 20, instead of those of the preset.")
  @Nullable Integer visits;

  @Option(
      names = "--detectors",
      paramLabel = "N",
      description = "Detectors of the camera, 1 to 9, instead of those of the preset.")
  @Nullable Integer detectors;

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
    make(out, varied(named(preset)), seed);
    String made = out.toAbsolutePath().toString();
    answer.print(made, Answer.object().put("survey", made).put("preset", preset).put("seed", seed));
    return 0;
  }

  private Preset varied(Preset of) {
    Preset out = of;
    if (!bands.isEmpty()) {
      String letters = String.join("", bands);
      if (!letters.matches("(?:([ugrizy])(?!.*\\1))+") || letters.length() != bands.size()) {
        throw new UserException(
            ExitCode.USAGE,
            "--bands " + String.join(",", bands) + ": not bands of u g r i z y, each once",
            "starbeam simulate --bands g,r,i,z --out DIR");
      }
      out = out.withBands(letters);
    }
    if (visits != null) {
      out = out.withVisitsPerBand(within("--visits", visits, 20));
    }
    return detectors == null ? out : out.withDetectors(within("--detectors", detectors, 9));
  }

  private static int within(String option, int value, int largest) {
    if (value < 1 || value > largest) {
      throw new UserException(
          ExitCode.USAGE, "%s %d is not in 1 to %d".formatted(option, value, largest));
    }
    return value;
  }

  /** The preset of a name. */
  static Preset named(String name) {
    if (Presets.all().stream().noneMatch(p -> p.name().equals(name))) {
      throw new UserException(
          ExitCode.USAGE, "no preset '" + name + "'", "starbeam simulate --list");
    }
    return Presets.named(name);
  }

  /** Writes a survey; progress goes to stderr. */
  static void make(Path directory, Preset chosen, long seed) {
    if (Files.exists(directory.resolve("raw")) || Files.exists(directory.resolve("calibrated"))) {
      throw new UserException(
          ExitCode.CONFLICT, directory + " holds a survey already; give another --out");
    }
    System.err.printf(
        "simulating preset %s, seed %d, in %s%n", chosen.name(), seed, directory.toAbsolutePath());
    CampaignWriter.write(directory, chosen, seed, ProgressListener.NONE);
  }
}
