package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.HipsFiles;
import org.starbeam.hips.HipsLint;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.pipelines.repository.RepositoryCheck;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether a repository is sound. */
@Command(
    name = "verify",
    mixinStandardHelpOptions = true,
    description =
        "Compares ledgers, files and content hashes; lists what is missing, corrupt or orphaned."
            + " Exit code 3 when something is missing or corrupt.")
final class RepoVerifyCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(
      arity = "0..*",
      paramLabel = "RUN",
      description = "Runs or chains to check (default: all).")
  List<String> runs = new ArrayList<>();

  @Option(
      names = "--sample",
      paramLabel = "F",
      defaultValue = "1",
      description = "Share of the files whose content is hashed (default: ${DEFAULT-VALUE}).")
  double sample = 1;

  @Option(
      names = "--hips",
      paramLabel = "DIR",
      description =
          "Checks this HiPS, or all that it holds, instead of a repository: every rule of the"
              + " standard, header and pixel of its tiles.")
  @Nullable Path hips;

  @Option(
      names = "--repair-index",
      description = "Makes the registry again from the ledgers first.")
  boolean repairIndex;

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() throws IOException {
    if (hips != null) {
      return hips(hips);
    }
    Path root = repository.root();
    if (!(sample >= 0 && sample <= 1)) {
      throw new UserException(ExitCode.USAGE, "--sample " + sample + ": expected 0 to 1");
    }
    List<String> wanted = RepoCommand.wanted(root, runs);
    if (repairIndex) {
      for (String run : wanted) {
        Registry.rebuild(root, run);
        System.err.println("registry of run " + run + " made again from its ledger");
      }
    }
    RepositoryCheck.Result result = new RepositoryCheck(root, sample).run(wanted);
    if (answer.isJson()) {
      Answer.print(document(result));
    } else {
      print(result);
    }
    return (result.isSound() ? ExitCode.SUCCESS : ExitCode.INPUTS).code();
  }

  private int hips(Path directory) throws IOException {
    if (!runs.isEmpty() || repairIndex) {
      throw new UserException(ExitCode.USAGE, "--hips checks a directory and takes no runs");
    }
    ArrayNode trees = Answer.list();
    long faults = 0;
    for (Path tree : trees(directory)) {
      HipsLint lint = new HipsLint(HipsFiles.of(tree), true);
      List<HipsLint.Finding> findings = lint.run();
      faults += findings.size();
      ObjectNode node = trees.addObject().put("tree", tree.toString());
      ArrayNode found = node.put("tiles", lint.tiles()).putArray("findings");
      findings.forEach(f -> found.addObject().put("file", f.file()).put("what", f.what()));
      if (!answer.isJson()) {
        findings.forEach(f -> System.out.println(tree.resolve(f.file()) + ": " + f.what()));
        System.out.printf("%s: %d tiles, %d faults%n", tree, lint.tiles(), findings.size());
      }
    }
    if (answer.isJson()) {
      ObjectNode out = Answer.object().put("faults", faults);
      out.set("trees", trees);
      Answer.print(out);
    }
    return (faults == 0 ? ExitCode.SUCCESS : ExitCode.INPUTS).code();
  }

  /** The directory itself, or those in it that have properties. */
  private static List<Path> trees(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      throw new UserException(ExitCode.INPUTS, "--hips " + directory + " is no directory");
    }
    if (Files.exists(directory.resolve("properties"))) {
      return List.of(directory);
    }
    try (Stream<Path> below = Files.list(directory)) {
      List<Path> found = below.filter(d -> Files.exists(d.resolve("properties"))).sorted().toList();
      return found.isEmpty() ? List.of(directory) : found;
    }
  }

  private static ObjectNode document(RepositoryCheck.Result result) {
    ObjectNode out = Answer.object();
    out.put("datasets", result.datasets()).put("hashed", result.hashed());
    out.put("pruned", result.pruned());
    for (RepositoryCheck.Kind kind : RepositoryCheck.Kind.values()) {
      out.put(kind.name().toLowerCase(Locale.ROOT), result.count(kind));
    }
    ArrayNode findings = out.putArray("findings");
    for (RepositoryCheck.Finding f : result.findings()) {
      findings
          .addObject()
          .put("kind", f.kind().name().toLowerCase(Locale.ROOT))
          .put("run", f.run())
          .put("dataset", f.dataset())
          .put("path", f.path())
          .put("why", f.why());
    }
    return out;
  }

  private static void print(RepositoryCheck.Result result) {
    for (RepositoryCheck.Finding f : result.findings()) {
      System.out.printf(
          "%-8s %s  %s%s%n",
          f.kind().name().toLowerCase(Locale.ROOT),
          f.path(),
          f.dataset().isEmpty() ? "" : f.dataset() + " of " + f.run() + ": ",
          f.why());
    }
    System.out.printf(
        "%,d datasets, %,d hashed, %,d pruned, %d missing, %d corrupt, %d orphaned%n",
        result.datasets(),
        result.hashed(),
        result.pruned(),
        result.count(RepositoryCheck.Kind.MISSING),
        result.count(RepositoryCheck.Kind.CORRUPT),
        result.count(RepositoryCheck.Kind.ORPHAN));
    if (!result.isSound()) {
      System.err.println(
          "next: launch the campaign of the run again; what is missing is made again");
    }
  }
}
