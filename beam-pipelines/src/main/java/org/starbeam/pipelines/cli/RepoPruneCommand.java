package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.repository.Expiry;
import org.starbeam.pipelines.repository.Pruning;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Datasets that may go. */
@Command(
    name = "prune",
    mixinStandardHelpOptions = true,
    description =
        "Deletes datasets of a run by retention class. Their quanta stay done; what is needed"
            + " later is made again.")
final class RepoPruneCommand implements Callable<Integer> {
  @Mixin RepositoryOption repository = new RepositoryOption();

  @Mixin Answer answer = new Answer();

  @Parameters(arity = "0..1", paramLabel = "RUN", description = "Name of the run.")
  String run = "";

  @Option(
      names = "--expired",
      description =
          "The intermediates of all runs whose template keeps them for a time that is over.")
  boolean expired;

  @Option(
      names = "--class",
      split = ",",
      defaultValue = "intermediate",
      paramLabel = "CLASS",
      description = "intermediate, product, calib, cache (default: ${DEFAULT-VALUE}).")
  List<DatasetType.Retention> classes = new ArrayList<>();

  @Option(
      names = "--type",
      split = ",",
      paramLabel = "TYPE",
      description = "Only these dataset types of the class.")
  List<String> types = new ArrayList<>();

  @Option(names = "--yes", description = "Really delete.")
  boolean yes;

  @Option(
      names = "--force",
      description = "Also from a run that was written to within the last minute.")
  boolean force;

  @Option(
      names = "--shared",
      description =
          "Also products and calibrations that other runs have adopted or read, or that a"
              + " collection of calibrations has; they lose them.")
  boolean shared;

  @Override
  public Integer call() throws IOException {
    if (expired != run.isEmpty()) {
      throw new UserException(ExitCode.USAGE, "repo prune needs either RUN or --expired");
    }
    Path root = repository.root();
    long number = 0;
    long bytes = 0;
    ArrayNode shown = Answer.list();
    List<String> runs =
        expired
            ? Expiry.runs(root, System.currentTimeMillis())
            : List.of(RunCatalog.open(root, run).run());
    for (String name : runs) {
      Pruning pruning = new Pruning(root, name);
      Set<DatasetType.Retention> chosen =
          expired ? EnumSet.of(DatasetType.Retention.INTERMEDIATE) : EnumSet.copyOf(classes);
      List<DatasetRef> found = pruning.find(chosen, Set.copyOf(types));
      if (!shared) {
        pruning.requireUnshared(found);
      }
      types(name, found, shown);
      if (yes) {
        if (!force) {
          RepoCommand.requireQuiet(root, name);
        }
        pruning.delete(found, expired ? "repo prune --expired" : "repo prune");
      }
      number += found.size();
      bytes += found.stream().mapToLong(DatasetRef::getBytes).sum();
    }
    System.err.printf(
        "%d datasets, %,d bytes %s%n", number, bytes, yes ? "deleted" : "would be deleted");
    if (answer.isJson()) {
      ObjectNode out = Answer.object().put("deleted", yes);
      out.put("datasets", number).put("bytes", bytes).set("types", shown);
      Answer.print(out);
    } else {
      shown.forEach(RepoPruneCommand::print);
    }
    if (!yes && number > 0) {
      System.err.println("next: the same command with --yes");
    }
    return 0;
  }

  /** Adds number and bytes of each type. */
  private static void types(String run, List<DatasetRef> found, ArrayNode out) {
    Map<String, long[]> byType = new TreeMap<>();
    for (DatasetRef ref : found) {
      long[] sum = byType.computeIfAbsent(ref.getDatasetType(), t -> new long[2]);
      sum[0]++;
      sum[1] += ref.getBytes();
    }
    byType.forEach(
        (type, sum) ->
            out.addObject()
                .put("run", run)
                .put("type", type)
                .put("retention", RepoCommand.name(DatasetTypes.named(type).retention()))
                .put("datasets", sum[0])
                .put("bytes", sum[1]));
  }

  private static void print(JsonNode type) {
    System.out.printf(
        "%s  %-14s%-28s%,10d datasets%,18d bytes%n",
        type.path("run").asText(),
        type.path("retention").asText(),
        type.path("type").asText(),
        type.path("datasets").asLong(),
        type.path("bytes").asLong());
  }
}
