package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignGraph.GraphTask;
import org.starbeam.pipelines.document.CheckedDocument;
import org.starbeam.pipelines.document.Library;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.Shape;
import org.starbeam.pipelines.document.ValueRule;
import org.starbeam.schema.OverallInput;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.quantum.CampaignContext;

/**
 * The lock of a release (specs/05 section 5.5): everything that can change a product, as it was
 * when the release was frozen. A launch under the lock is refused when anything differs, each
 * difference as {@code field: locked → actual}. There is no way around it but a new lock.
 */
public final class FreezeLock {
  private static final int FORMAT = 1;
  private static final String FORMAT_KEY = "starbeamLock";
  private static final String NAME = "name";
  private static final String PARENT = "parent";
  private static final String CHANGE = "change";
  private static final String LAUNCH = "launch";
  private static final String LOCKED = "locked";
  private static final String ARROW = " → ";

  private static final Shape.Fields SHAPE = shape();

  private final ObjectNode document;

  private FreezeLock(ObjectNode document) {
    this.document = document;
  }

  /** What a lock file holds: what it is called, how it is launched, and what is locked. */
  private static Shape.Fields shape() {
    Shape text = new Shape.Value(ValueRule.of(Kind.STRING), null, "A text");
    Shape word = new Shape.Value(ValueRule.word(), null, "A value");
    Map<String, Shape> locked = new LinkedHashMap<>();
    for (String key :
        List.of(
            "starbeam",
            "git",
            "gitDiff",
            "jar",
            "java",
            "beam",
            "runner",
            "configHash",
            "gates",
            "shards")) {
      locked.put(key, text);
    }
    locked.put("modules", new Shape.Entries("module", ".*", text, "Hash of each module"));
    locked.put("templates", new Shape.Entries("file", ".*", text, "Hash of each document"));
    locked.put("tasks", new Shape.Entries("task", ".*", word, "Version of each task"));
    locked.put("inputs", new Shape.Entries("kind of input", ".*", text, "Hash of the inputs"));
    ValueRule words = ValueRule.of(ParameterType.listOf(Kind.STRING));
    Shape launch =
        new Shape.Fields(
            LAUNCH,
            Map.of(
                "template",
                text,
                "paramsFile",
                text,
                "set",
                new Shape.Value(words, null, "Values")),
            Set.of("template"),
            "How the campaign is launched");
    Map<String, Shape> fields = new LinkedHashMap<>();
    fields.put(
        FORMAT_KEY, new Shape.Value(ValueRule.of(Kind.INT).between(FORMAT, FORMAT), null, ""));
    fields.put(NAME, text);
    fields.put(PARENT, text);
    fields.put(CHANGE, ChangeNote.SHAPE);
    fields.put(LAUNCH, launch);
    fields.put(LOCKED, new Shape.Fields(LOCKED, locked, locked.keySet(), "What must be the same"));
    return new Shape.Fields("a lock", fields, Set.of(FORMAT_KEY, NAME, LAUNCH, LOCKED), "A lock");
  }

  /** Reads a lock. */
  public static FreezeLock read(Path file) {
    return new FreezeLock(CheckedDocument.read(file, SHAPE));
  }

  public String name() {
    return document.path(NAME).asText();
  }

  /** Template or campaign file that the lock was made for. */
  public String template() {
    return document.path(LAUNCH).path("template").asText();
  }

  /** File of parameter values that the lock was made with, or null. */
  public @Nullable Path paramsFile() {
    JsonNode file = document.path(LAUNCH).path("paramsFile");
    return file.isTextual() ? Path.of(file.asText()) : null;
  }

  /** Settings that the lock was made with. */
  public List<String> settings() {
    List<String> out = new ArrayList<>();
    document.path(LAUNCH).path("set").forEach(s -> out.add(s.asText()));
    return out;
  }

  /** How the shards of the campaign are made, {@code none} or {@code DIMENSION:COUNT}. */
  public String shards() {
    return document.path(LOCKED).path("shards").asText();
  }

  /**
   * Makes the lock of a campaign.
   *
   * @param given how it is launched
   * @param shards {@code none} or {@code DIMENSION:COUNT}
   */
  public static FreezeLock of(
      String name, CampaignSettings settings, Given given, String shards, String version) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put(FORMAT_KEY, FORMAT).put(NAME, name);
    out.set(LAUNCH, given.json());
    out.set(LOCKED, actual(settings, shards, version));
    return new FreezeLock(out);
  }

  /**
   * How a locked campaign is launched.
   *
   * @param paramsFile file of parameter values, or null
   */
  public record Given(String template, @Nullable Path paramsFile, List<String> settings) {
    ObjectNode json() {
      ObjectNode out = JsonNodeFactory.instance.objectNode().put("template", template);
      if (paramsFile != null) {
        out.put("paramsFile", paramsFile.toString());
      }
      settings.forEach(out.putArray("set")::add);
      return out;
    }
  }

  /**
   * The lock that follows this one after a change.
   *
   * @param change file that says what the change does
   * @throws UserException when the change is not of the kind that it says
   */
  public FreezeLock amend(Path change, CampaignSettings settings, String version) {
    ObjectNode note = ChangeNote.read(change);
    ObjectNode now = actual(settings, shards(), version);
    ChangeNote.require(note, locked(), now);
    return amended(nextName(name()), now, note);
  }

  /** {@code DR1-p1} after {@code DR1}, {@code DR1-p2} after that. */
  static String nextName(String name) {
    int dash = name.lastIndexOf("-p");
    String number = dash < 0 ? "" : name.substring(dash + 2);
    return number.matches("[0-9]{1,6}")
        ? name.substring(0, dash) + "-p" + (Integer.parseInt(number) + 1)
        : name + "-p1";
  }

  private FreezeLock amended(String name, ObjectNode locked, ObjectNode change) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put(FORMAT_KEY, FORMAT).put(NAME, name).put(PARENT, name());
    out.set(CHANGE, change);
    out.set(LAUNCH, document.path(LAUNCH));
    out.set(LOCKED, locked);
    return new FreezeLock(out);
  }

  ObjectNode locked() {
    return (ObjectNode) document.path(LOCKED);
  }

  /** The lock as it is written to its file. */
  public String yaml() {
    return CheckedDocument.write(
        "Lock of release " + name() + ": starbeam launch --locked FILE", document);
  }

  /**
   * Refuses a campaign that is not the locked one.
   *
   * @param actual what there is now
   * @throws UserException with exit code 7 that lists every difference
   */
  void require(Path file, ObjectNode actual) {
    List<String> differences = FrozenCampaign.differences(locked(), actual, ARROW);
    if (!differences.isEmpty()) {
      throw new UserException(
          ExitCode.LOCK,
          file + ": this is not what was locked:\n  " + String.join("\n  ", differences),
          "starbeam freeze --amend " + file + " --change FILE makes a new lock");
    }
  }

  /** How shards of a launch {@code DIMENSION:INDEX/COUNT} are made. */
  private static String shards(String shard) {
    return shard.isEmpty() ? "none" : shard.replaceFirst(":[0-9]+/", ":");
  }

  /** Everything that can change a product, as a launch has it. */
  static ObjectNode actual(
      CampaignSettings settings, SortedMap<String, GraphTask> tasks, String version) {
    return actual(settings, tasks, shards(settings.launch().shard()), version);
  }

  private static ObjectNode actual(CampaignSettings settings, String shards, String version) {
    CampaignContext context = CampaignContext.of(settings.repository(), settings.run());
    return actual(settings, CampaignGraph.tasks(settings, context), shards, version);
  }

  private static ObjectNode actual(
      CampaignSettings settings,
      SortedMap<String, GraphTask> tasks,
      String shards,
      String version) {
    Campaign campaign = settings.campaign();
    Software software = Software.running(version);
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("starbeam", software.version());
    out.put("git", software.git());
    out.put("gitDiff", software.diff());
    out.put("jar", software.jarHash());
    out.put("java", System.getProperty("java.version"));
    out.put("beam", ReleaseInfo.getReleaseInfo().getVersion());
    out.put("runner", settings.runner());
    out.put("configHash", FrozenCampaign.configHash(campaign));
    out.put("gates", ContentHash.ofText(CanonicalJson.write(campaign.gatesJson())));
    out.put("shards", shards);
    ObjectNode modules = out.putObject("modules");
    software.modules().forEach(modules::put);
    ObjectNode templates = out.putObject("templates");
    documents(campaign).forEach(templates::put);
    ObjectNode versions = out.putObject("tasks");
    tasks.forEach((stage, t) -> versions.put(stage, "v" + t.version()));
    ObjectNode inputs = out.putObject("inputs");
    inputs(settings).forEach(inputs::put);
    return out;
  }

  /** SHA-256 of each document of a campaign by its file; directories do not matter. */
  static Map<String, String> documents(Campaign campaign) {
    Map<String, String> out = new TreeMap<>();
    for (Library.Source source : campaign.resolution().sources()) {
      String name = source.file().replaceFirst("^(?!templates/).*/", "");
      out.put(name, ContentHash.ofText(source.text()));
    }
    return out;
  }

  private static Map<String, String> inputs(CampaignSettings settings) {
    try {
      List<OverallInput> all = OverallInputs.of(settings);
      Map<String, String> out = new LinkedHashMap<>();
      out.put("camera", OverallInputs.hash(all, List.of("camera", "mapping")));
      out.put("exposures", OverallInputs.hash(all, List.of("raw", "calibrated")));
      out.put("refcat", OverallInputs.hash(all, List.of("refcat")));
      out.put("collections", OverallInputs.hash(all, List.of("collection")));
      out.put("skymap", ContentHash.ofText(CanonicalJson.write(RingsSkyMap.Config.defaults())));
      return out;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS, "cannot read the inputs of the campaign: " + e.getMessage());
    }
  }

  /** Writes a new lock; an existing file is never replaced. */
  public void write(Path file) {
    try {
      Files.writeString(file, yaml(), java.nio.file.StandardOpenOption.CREATE_NEW);
    } catch (java.nio.file.FileAlreadyExistsException e) {
      throw new UserException(
          ExitCode.CONFLICT, file + " exists; a lock is never changed", "give another --out");
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write " + file + ": " + e.getMessage());
    }
  }
}
