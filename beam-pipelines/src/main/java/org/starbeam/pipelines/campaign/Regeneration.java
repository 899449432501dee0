package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.AdoptionSettings;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Ledger;
import org.starbeam.transforms.quantum.PrunedInputs;

/**
 * Goes through a graph until nothing that was pruned is needed any more (specs/05 section 3.10). A
 * pass that lacks a pruned dataset makes nothing after it and says what it lacks; the next pass
 * runs the producers of these datasets again, which must give the same bytes, and adopts all else.
 * So exactly the ancestors that are needed are made again, one generation a pass.
 */
final class Regeneration {
  private static final Logger LOG = LoggerFactory.getLogger(Regeneration.class);

  private Regeneration() {}

  /** One pass through the graph. */
  @FunctionalInterface
  interface Launch {
    RunnerResult run(CampaignContext context);
  }

  /** Runs passes until one lacks nothing; returns how the last one ended. */
  static RunnerResult run(CampaignContext first, Launch launch) {
    CampaignContext context = first;
    Set<String> rerun = new TreeSet<>();
    while (true) {
      RunnerResult ended = launch.run(context);
      try {
        Set<PrunedInputs.Needed> needed = PrunedInputs.needed(context);
        if (needed.isEmpty()) {
          return ended;
        }
        if (!rerun.addAll(producers(context, needed))) {
          throw unknownProducer(context, needed);
        }
        LOG.info("{} pruned datasets are needed and are made again", needed.size());
        boolean force = first.adoption().force();
        if (force) {
          rerun.addAll(Files.readAllLines(context.root().resolve(first.adoption().rerunList())));
        }
        context =
            context.relaunched().rerunning(new AdoptionSettings(write(context, rerun), force));
      } catch (IOException e) {
        throw new UserException(
            ExitCode.INFRASTRUCTURE, "cannot note what is to be made again: " + e.getMessage());
      }
    }
  }

  private static Set<String> producers(CampaignContext context, Set<PrunedInputs.Needed> needed)
      throws IOException {
    Set<String> producers = new HashSet<>();
    Ledger.read(
        RepositoryPaths.ledger(context.root(), context.run()),
        record -> {
          for (DatasetRef output : record.getOutputs()) {
            PrunedInputs.Needed dataset =
                new PrunedInputs.Needed(
                    output.getDatasetType(), output.getDataId(), output.getContentHash());
            if (needed.contains(dataset)) {
              producers.add(record.getQuantumId());
            }
          }
        });
    return producers;
  }

  private static UserException unknownProducer(
      CampaignContext context, Set<PrunedInputs.Needed> needed) {
    PrunedInputs.Needed example = needed.iterator().next();
    return new UserException(
        ExitCode.INPUTS,
        "%d datasets that this campaign needs were pruned and cannot be made again in run %s, for example %s(%s)"
            .formatted(needed.size(), context.run(), example.datasetType(), example.dataId()),
        "launch the campaign of the run that made them again");
  }

  private static String write(CampaignContext context, Set<String> rerun) throws IOException {
    Path directory = RepositoryPaths.run(context.root(), context.run()).resolve("regenerate");
    Files.createDirectories(directory);
    Path list = directory.resolve("after-" + context.launchId() + ".list");
    Files.write(list, rerun);
    return context.root().relativize(list).toString();
  }
}
