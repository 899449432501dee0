package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.file.DataFileWriter;
import org.apache.avro.specific.SpecificDatumWriter;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignGraph.GraphTask;
import org.starbeam.schema.CampaignDocument;
import org.starbeam.schema.CampaignRun;
import org.starbeam.schema.OverallInput;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.Redaction;

/**
 * The campaign as it was launched, written to {@code runs/RUN/campaign/} before any quantum runs
 * (specs/05 section 1.10). A launch under the name of a run continues it only when it is the same
 * campaign; how it is run (runner, parallelism, resources) does not count.
 */
public final class FrozenCampaign {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String RESOLVED = "resolved.yaml";

  /** Keys of {@code inputs} that say where and how inputs come, not what they are. */
  private static final Set<String> PATHS =
      Set.of("path", "mapping", "preset", "watch", "poll", "settle", "visitTimeout");

  private FrozenCampaign() {}

  /** Directory of the frozen campaign of a run. */
  public static Path directory(Path repository, String run) {
    return RepositoryPaths.run(repository, run).resolve("campaign");
  }

  /** True when a run has been launched. */
  public static boolean exists(Path repository, String run) {
    return Files.isRegularFile(directory(repository, run).resolve(RESOLVED));
  }

  /**
   * The campaign of a run.
   *
   * @throws UserException when there is none
   */
  public static Campaign load(Path repository, String run) {
    Path file = directory(repository, run).resolve(RESOLVED);
    if (!Files.isRegularFile(file)) {
      throw new UserException(
          ExitCode.INPUTS,
          "no run " + run + " in " + repository + ": " + file + " does not exist",
          "starbeam status --repo " + repository);
    }
    return Template.load(file.toString()).resolve(Map.of());
  }

  /** SHA-256 of everything that can change a product. */
  public static String configHash(Campaign campaign) {
    return ContentHash.ofText(CanonicalJson.write(hashed(campaign)));
  }

  /** What enters the hash: the campaign without resources, observability, paths and names. */
  static ObjectNode hashed(Campaign campaign) {
    ObjectNode out = comparable(campaign);
    if (out.path(CampaignShape.INPUTS) instanceof ObjectNode inputs) {
      inputs.remove(PATHS);
    }
    if (out.path(CampaignShape.OUTPUTS) instanceof ObjectNode outputs) {
      outputs.remove("chain");
    }
    return out;
  }

  /** What must be the same for a run to be continued: the hashed document and the inputs' paths. */
  private static ObjectNode comparable(Campaign campaign) {
    ObjectNode out = campaign.body();
    out.remove(CampaignShape.RESOURCES);
    out.remove(CampaignShape.OBSERVABILITY);
    out.set(CampaignShape.STEPS, JSON.valueToTree(campaign.steps()));
    BoundExpression visits = campaign.select().visits();
    if (visits != null) {
      ((ObjectNode) out.path(CampaignShape.SELECT)).set("visits", visits.json());
    }
    return out;
  }

  /**
   * Writes the campaign of a new run, or checks that the run that exists is the same. Returns true
   * when it existed.
   */
  static boolean freeze(
      CampaignSettings settings, SortedMap<String, GraphTask> tasks, String version) {
    Path directory = directory(settings.repository(), settings.run());
    Path file = directory.resolve(RESOLVED);
    try {
      if (Files.exists(file)) {
        requireSame(settings);
        return true;
      }
      Files.createDirectories(directory);
      Software software = Software.running(version);
      List<OverallInput> inputs = OverallInputs.of(settings);
      String environment = Redaction.of(LaunchEnvironment.of(settings, software)).toPrettyString();
      String inputsHash =
          replace(directory.resolve("inputs.parquet"), f -> OverallInputs.write(f, inputs));
      CampaignRun record = record(settings, tasks, software, inputs.size(), inputsHash);
      write(directory.resolve("environment.json"), environment);
      replace(directory.resolve("campaign.avro"), f -> writeRecord(f, record));
      write(file, settings.campaign().resolution().yaml(CampaignShape.BODY));
      return false;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "cannot write the campaign to " + directory + ": " + e.getMessage());
    }
  }

  private static void requireSame(CampaignSettings settings) {
    Campaign found = load(settings.repository(), settings.run());
    List<String> differences =
        differences(
            Redaction.of(comparable(found)), Redaction.of(comparable(settings.campaign())), " -> ");
    if (!differences.isEmpty()) {
      throw new UserException(
          ExitCode.CONFLICT,
          "run "
              + settings.run()
              + " exists with another campaign:\n  "
              + String.join("\n  ", differences),
          "give another --name");
    }
  }

  /** {@code key: a -> b} for every value that differs, by its dotted path. */
  static List<String> differences(JsonNode found, JsonNode wanted, String arrow) {
    Map<String, String> before = new TreeMap<>();
    Map<String, String> after = new TreeMap<>();
    flatten("", found, before);
    flatten("", wanted, after);
    Set<String> keys = new TreeSet<>(before.keySet());
    keys.addAll(after.keySet());
    List<String> out = new ArrayList<>();
    for (String key : keys) {
      String a = before.getOrDefault(key, "nothing");
      String b = after.getOrDefault(key, "nothing");
      if (!a.equals(b)) {
        out.add(key + ": " + a + arrow + b);
      }
    }
    return out;
  }

  private static void flatten(String path, JsonNode node, Map<String, String> out) {
    if (node.isObject() && !node.isEmpty()) {
      node.properties()
          .forEach(
              e ->
                  flatten(
                      path.isEmpty() ? e.getKey() : path + "." + e.getKey(), e.getValue(), out));
    } else if (!node.isObject()) {
      out.put(path, node.isTextual() ? node.asText() : CanonicalJson.write(node));
    }
  }

  private static CampaignRun record(
      CampaignSettings settings,
      SortedMap<String, GraphTask> tasks,
      Software software,
      int inputs,
      String inputsHash) {
    Campaign campaign = settings.campaign();
    Map<String, Long> versions = new TreeMap<>();
    tasks.forEach((stage, t) -> versions.put(stage, t.version()));
    ObjectNode values = JSON.createObjectNode();
    campaign.resolution().values().forEach((name, value) -> values.set(name, value.json()));
    Map<String, String> parameters = new TreeMap<>();
    Redaction.of(values)
        .properties()
        .forEach(e -> parameters.put(e.getKey(), CanonicalJson.write(e.getValue())));
    List<CampaignDocument> documents = new ArrayList<>();
    FreezeLock.documents(campaign)
        .forEach((name, hash) -> documents.add(new CampaignDocument(name, hash)));
    Path lock = settings.lock();
    return CampaignRun.newBuilder()
        .setRun(settings.run())
        .setTemplate(campaign.name())
        .setDescription(campaign.description())
        .setConfigHash(configHash(campaign))
        .setStarbeam(software.version())
        .setSteps(campaign.steps())
        .setParameters(parameters)
        .setTaskVersions(versions)
        .setDocuments(documents)
        .setInputsHash(inputsHash)
        .setInputs(inputs)
        .setLock(lock == null ? null : FreezeLock.read(lock).name())
        .build();
  }

  private static String writeRecord(Path file, CampaignRun record) throws IOException {
    try (DataFileWriter<CampaignRun> out =
        new DataFileWriter<>(new SpecificDatumWriter<>(CampaignRun.class))) {
      out.create(CampaignRun.getClassSchema(), file.toFile());
      out.append(record);
    }
    return record.getConfigHash();
  }

  /** Writes a file beside its place and returns what the hash of its content is. */
  @FunctionalInterface
  private interface FileWriter {
    String write(Path file) throws IOException;
  }

  private static String replace(Path file, FileWriter writer) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    String hash = writer.write(temporary);
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
    return hash;
  }

  private static void write(Path file, String text) throws IOException {
    replace(
        file,
        f -> {
          Files.writeString(f, text.endsWith("\n") ? text : text + "\n");
          return "";
        });
  }
}
