package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.LocalData;

/**
 * Makes a dataset again (specs/05 section 4.10): the quanta that it came from run in a scratch run
 * of the same frozen campaign, everything else is adopted from the run, and the content hashes are
 * compared.
 */
public final class Replay {
  private static final DateTimeFormatter STAMP =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);

  private final Path root;
  private final String run;
  private final String version;

  /**
   * @param run run whose campaign is used and from which all else is adopted
   */
  public Replay(Path root, String run, String version) {
    this.root = root;
    this.run = run;
    this.version = version;
  }

  /** A dataset that was made again; {@code again} is empty when it was not. */
  public record Reproduced(String dataset, String before, String again, String why) {
    public boolean isSame() {
      return before.equals(again);
    }
  }

  /** What a replay found. */
  public record Result(String scratch, List<Reproduced> datasets) {
    public boolean isSame() {
      return datasets.stream().allMatch(Reproduced::isSame);
    }

    /** For programs. */
    public ObjectNode json() {
      ObjectNode out = new ObjectMapper().createObjectNode();
      out.put("scratch", scratch).put("same", isSame());
      ArrayNode array = out.putArray("datasets");
      datasets.forEach(
          d ->
              array
                  .addObject()
                  .put("dataset", d.dataset())
                  .put("before", d.before())
                  .put("again", d.again())
                  .put("same", d.isSame())
                  .put("why", d.why()));
      return out;
    }

    /** For people. */
    public String text() {
      StringBuilder out = new StringBuilder();
      datasets.stream()
          .filter(d -> !d.isSame())
          .forEach(
              d ->
                  out.append(
                      "differs  %s%n  before %s%n  again  %s%n  %s%n"
                          .formatted(d.dataset(), d.before(), d.again(), d.why())));
      long same = datasets.stream().filter(Reproduced::isSame).count();
      return out.append("%d of %d datasets have the same hash%n".formatted(same, datasets.size()))
          .toString();
    }
  }

  /**
   * Runs quanta again and compares what they make.
   *
   * @param quanta ids of the quanta
   * @param keep true to leave the scratch run
   */
  public Result run(Set<String> quanta, boolean keep) throws IOException {
    String scratch = "u/replay/" + STAMP.format(Instant.now());
    CampaignSettings settings =
        new CampaignSettings(
            FrozenCampaign.load(root, run),
            FrozenCampaign.load(root, run).steps(),
            root,
            scratch,
            "direct",
            LaunchSettings.ofParallelism(0),
            null);
    Map<String, QuantumRecord> before = records(run, quanta);
    new CampaignRunner(version).replay(settings, run, new TreeSet<>(quanta));
    Map<String, QuantumRecord> again = records(scratch, quanta);
    List<Reproduced> datasets = new ArrayList<>();
    before.forEach((id, record) -> compare(record, again.get(id), datasets));
    if (!keep) {
      DatasetFiles.of(root).removeFolder(DatasetFiles.DATA + "/" + scratch);
      LocalData.remove(root.resolve("runs"), RepositoryPaths.run(root, scratch));
      Path registry = Registry.directory(root, scratch);
      LocalData.remove(registry.resolveSibling(""), registry);
    }
    return new Result(scratch, datasets);
  }

  private static void compare(
      QuantumRecord before,
      @org.jspecify.annotations.Nullable QuantumRecord again,
      List<Reproduced> out) {
    Map<String, String> hashes = new HashMap<>();
    if (again != null) {
      again.getOutputs().forEach(o -> hashes.put(name(o), o.getContentHash()));
    }
    String why =
        again == null
            ? "the quantum did not come up again"
            : again.getStatus() + (again.getMessage() == null ? "" : ": " + again.getMessage());
    for (DatasetRef output : before.getOutputs()) {
      out.add(
          new Reproduced(
              name(output), output.getContentHash(), hashes.getOrDefault(name(output), ""), why));
    }
  }

  private static String name(DatasetRef ref) {
    return ref.getDatasetType() + "(" + ref.getDataId() + ")";
  }

  private Map<String, QuantumRecord> records(String of, Set<String> quanta) {
    Map<String, QuantumRecord> out = new HashMap<>();
    RunCatalog.open(root, of)
        .forEachLast(
            record -> {
              if (quanta.contains(record.getQuantumId())) {
                out.put(record.getQuantumId(), record);
              }
            });
    return out;
  }
}
