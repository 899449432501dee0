package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.Stream;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.dataset.Tombstones;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * What a launch finds out about datasets that it needs and that were deleted on purpose (specs/05
 * section 3.10). The first worker that opens one notes it, with all others of that type among the
 * inputs of its quantum, in a file of the run; from then on this launch only adopts and notes, on
 * every worker, because what comes after a missing input must not be made without it. When the
 * graph has ended, the launcher has the producers of what was noted run again and goes through the
 * graph once more; producers whose own inputs are gone are found in the same way.
 */
public final class PrunedInputs {
  private final DatasetFiles files;
  private final Tombstones tombstones;
  private final Path notes;
  private final Set<String> rerun;
  private final boolean force;
  private final Set<String> written = new HashSet<>();

  PrunedInputs(CampaignContext campaign, DatasetFiles files) {
    this.files = files;
    this.tombstones = new Tombstones(campaign.root());
    this.notes = notes(campaign);
    this.rerun = rerun(campaign);
    this.force = campaign.adoption().force();
  }

  /** One dataset that a launch needs. */
  public record Needed(String datasetType, String dataId, String contentHash) {}

  /** What a launch that has ended needs before it can go on, from all its workers. */
  public static Set<Needed> needed(CampaignContext campaign) throws IOException {
    Path directory = notes(campaign);
    Set<Needed> needed = new HashSet<>();
    for (Path file : list(directory)) {
      for (String line : Files.readAllLines(file)) {
        String[] fields = line.split("\t", -1);
        if (fields.length == 3) {
          needed.add(new Needed(fields[0], fields[1], fields[2]));
        }
      }
    }
    return needed;
  }

  private static Path notes(CampaignContext campaign) {
    return RepositoryPaths.run(campaign.root(), campaign.run())
        .resolve("regenerate")
        .resolve(campaign.launchId());
  }

  private static Set<String> rerun(CampaignContext campaign) {
    String list = campaign.adoption().rerunList();
    try {
      return list.isEmpty()
          ? Set.of()
          : new HashSet<>(Files.readAllLines(campaign.root().resolve(list)));
    } catch (IOException e) {
      throw new UncheckedIOException("list of quanta to run again " + list, e);
    }
  }

  /** True when a quantum that is done is to run again. */
  boolean isRerun(String quantumId, List<DatasetRef> outputs) {
    return rerun.contains(quantumId) && (force || outputs.stream().anyMatch(this::isPruned));
  }

  /** True when a dataset's file is not there because it was deleted on purpose. */
  boolean isPruned(DatasetRef ref) {
    return !ref.getRun().isEmpty() && tombstones.contains(ref) && !files.exists(ref);
  }

  /** Notes what of a type is missing among the datasets that a task was given. */
  synchronized void note(String task, String datasetType, Collection<DatasetRef> inputs) {
    StringBuilder lines = new StringBuilder();
    for (DatasetRef ref : inputs) {
      if (ref.getDatasetType().equals(datasetType) && isPruned(ref)) {
        String line =
            ref.getDatasetType() + "\t" + ref.getDataId() + "\t" + ref.getContentHash() + "\n";
        lines.append(written.add(line) ? line : "");
      }
    }
    if (!lines.isEmpty()) {
      write(task + "@" + datasetType + "@" + UUID.randomUUID() + ".txt", lines.toString());
    }
  }

  private void write(String name, String text) {
    try {
      Files.createDirectories(notes);
      Path temporary = notes.resolve("." + name);
      Files.write(temporary, text.getBytes(StandardCharsets.UTF_8), StandardOpenOption.CREATE_NEW);
      Files.move(temporary, notes.resolve(name));
    } catch (IOException e) {
      throw new UncheckedIOException("notes of pruned inputs in " + notes, e);
    }
  }

  /** True when this launch lacks an input somewhere, so that nothing new may be made. */
  boolean isWaiting() {
    return Files.isDirectory(notes);
  }

  /** While waiting: notes what this quantum would miss as others of its task did. */
  void noteLikeOthers(String task, Collection<DatasetRef> inputs) {
    try {
      Set<String> types = new TreeSet<>();
      for (Path file : list(notes)) {
        String[] name = file.getFileName().toString().split("@", 3);
        if (name[0].equals(task)) {
          types.add(name[1]);
        }
      }
      types.forEach(type -> note(task, type, inputs));
    } catch (IOException e) {
      throw new UncheckedIOException("notes of pruned inputs in " + notes, e);
    }
  }

  private static List<Path> list(Path directory) throws IOException {
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files
          .filter(f -> f.toString().endsWith(".txt") && !f.getFileName().toString().startsWith("."))
          .sorted()
          .toList();
    }
  }
}
