package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.avro.file.DataFileReader;
import org.apache.avro.specific.SpecificDatumReader;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.CampaignRun;
import org.starbeam.schema.OverallInput;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.quantum.CampaignContext;

/** Frozen campaigns and locks. */
class FreezeTest {
  private static final String VERSION = "0.1.0-test";

  @TempDir Path directory;
  private Path input;

  @BeforeEach
  void makeInput() throws IOException {
    input = Files.createDirectories(directory.resolve("survey"));
    Files.createDirectories(input.resolve("raw/20250520"));
    Files.writeString(input.resolve("raw/20250520/a.fits"), "exposure a");
    Files.writeString(input.resolve("raw/20250520/b.fits"), "exposure b");
    Files.createDirectory(input.resolve("refcat"));
    Files.writeString(input.resolve("refcat/stars.fits"), "stars");
    Files.writeString(input.resolve("camera.yaml"), "x: 1");
  }

  private Campaign campaign(String template, String... settings) {
    List<String> all = new ArrayList<>(List.of(settings));
    all.add("input=" + input);
    return Template.load(template).resolve(null, all);
  }

  private CampaignSettings settings(Campaign campaign) {
    return new CampaignSettings(
        campaign,
        campaign.steps(),
        directory.resolve("repo"),
        "run",
        "direct",
        LaunchSettings.ofParallelism(1),
        null);
  }

  private SortedMap<String, CampaignGraph.GraphTask> tasks(CampaignSettings settings) {
    return CampaignGraph.tasks(settings, CampaignContext.of(directory.resolve("repo"), "run"));
  }

  private ObjectNode actual(Campaign campaign) {
    CampaignSettings settings = settings(campaign);
    return FreezeLock.actual(settings, tasks(settings), VERSION);
  }

  private Campaign read(String text) throws IOException {
    Path file = directory.resolve("read.yaml");
    Files.writeString(file, text);
    return Template.load(file.toString()).resolve(Map.of());
  }

  private static String yaml(Campaign campaign) {
    return campaign.resolution().yaml(CampaignShape.BODY);
  }

  @Test
  void resolvedYamlFedBackGivesTheSameHashAndTheSameText() throws IOException {
    for (String name : Template.SHIPPED) {
      Campaign campaign = campaign(name, settingsOf(name));
      Campaign again = read(yaml(campaign));
      assertThat(FrozenCampaign.configHash(again))
          .as(name)
          .isEqualTo(FrozenCampaign.configHash(campaign));
      assertThat(CanonicalJson.write(again.body())).isEqualTo(CanonicalJson.write(campaign.body()));
      if (Template.load(name).parameters().containsKey("where")) {
        assertThat(again.select().visits().text()).isEqualTo(campaign.select().visits().text());
      }
    }
  }

  /** Values that are hard to write, for those of these parameters that a template has. */
  private static String[] settingsOf(String template) {
    Map<String, String> values =
        Map.of(
            "bands", "g,r",
            "where", "seeing < 1.2 AND target = 'a \"b\" #c'",
            "base", "chain:data-release/last",
            "releases", "{DR1: 20250501..20250531}");
    return values.entrySet().stream()
        .filter(e -> Template.load(template).parameters().containsKey(e.getKey()))
        .map(e -> e.getKey() + "=" + e.getValue())
        .toArray(String[]::new);
  }

  @Test
  void boundExpressionSurvivesTheResolvedYaml() throws IOException {
    Path file = directory.resolve("mine.yaml");
    Files.writeString(
        file,
        """
        starbeam: 1
        template: mine
        extends: rc2-monthly
        parameters:
          where: {default: seeing < 1.7}
          wanted: {type: list<string>, default: [g, "r'x"], help: Bands}
        select: {visits: "(${where}) AND band IN ${wanted}"}
        """);
    Campaign campaign = campaign(file.toString());
    BoundExpression visits = campaign.select().visits();
    assertThat(visits.text()).isEqualTo("(${where}) AND band IN ${wanted}");
    assertThat(visits.bindings().get("wanted")).isEqualTo(List.of("g", "r'x"));
    assertThat(((BoundExpression) visits.bindings().get("where")).text()).isEqualTo("seeing < 1.7");
    assertThat(FrozenCampaign.configHash(read(yaml(campaign))))
        .isEqualTo(FrozenCampaign.configHash(campaign));
    assertThat(FrozenCampaign.configHash(campaign(file.toString(), "wanted=g")))
        .isNotEqualTo(FrozenCampaign.configHash(campaign));
  }

  @Test
  void orderCommentsWhiteSpaceNamesPathsAndResourcesDoNotChangeTheHash() throws IOException {
    String hash = FrozenCampaign.configHash(read(SMALL));
    String other =
        """
        # another text of the same campaign
        parameters:   {}
        starbeam: 1
        description:    something else
        template: renamed
        resources: {parallelism: 7, memoryCap: 3GiB}
        observability: {metrics: "influx:file:/elsewhere"}
        inputs: {path: /elsewhere}


        tasks:
          detectObjects: {skyObjects: 50,
                          threshold: 6.0}
          selectVisits:
            maxVisitFwhm:     1.5
        steps: [step1, ingest]
        """;
    assertThat(FrozenCampaign.configHash(read(other))).isEqualTo(hash);
  }

  private static final String SMALL =
      """
      starbeam: 1
      template: small
      parameters: {}
      inputs: {path: /data}
      steps: [ingest, step1]
      tasks:
        selectVisits: {maxVisitFwhm: 1.5}
        detectObjects: {threshold: 6, skyObjects: 50}
      """;

  /** Every leaf of every task's configuration is in what is hashed, and its change shows. */
  @Test
  void anyChangeOfATaskDefaultChangesTheHash() throws IOException {
    ObjectNode hashed = FrozenCampaign.hashed(read(SMALL));
    for (String task : TaskConfigs.names()) {
      assertThat(leaves(hashed.path("tasks").path(task)))
          .as(task)
          .isEqualTo(leaves(TaskConfigs.builtIn(task)));
    }
    Map<String, String> settings = new TreeMap<>();
    TaskConfigs.names()
        .forEach(task -> changed("tasks." + task, TaskConfigs.builtIn(task), settings));
    assertThat(settings).hasSizeGreaterThan(100);
    String hash = FrozenCampaign.configHash(read(SMALL));
    Set<String> hashes = new TreeSet<>(Set.of(hash));
    int refused = 0;
    for (Map.Entry<String, String> setting : settings.entrySet()) {
      String change = setting.getKey() + "=" + setting.getValue();
      Campaign other;
      try {
        other = Template.parse("small.yaml", SMALL).resolve(null, List.of(change));
      } catch (UserException e) {
        refused++;
        continue;
      }
      assertThat(hashes.add(FrozenCampaign.configHash(other))).as(change).isTrue();
    }
    assertThat(refused).as("beyond the range of their key").isLessThan(settings.size() / 10);
  }

  /** A value near each default, by dotted key: numbers one more, truths turned round. */
  private static void changed(String key, JsonNode value, Map<String, String> out) {
    if (value.isObject()) {
      value.properties().forEach(e -> changed(key + "." + e.getKey(), e.getValue(), out));
    } else if (value.isBoolean()) {
      out.put(key, String.valueOf(!value.asBoolean()));
    } else if (value.isIntegralNumber()) {
      out.put(key, String.valueOf(value.asLong() + 1));
    } else if (value.isNumber()) {
      out.put(key, String.valueOf(value.asDouble() == 0 ? 0.125 : value.asDouble() * 1.0625));
    }
  }

  private static long leaves(JsonNode node) {
    if (!node.isContainerNode()) {
      return 1;
    }
    long sum = 0;
    for (JsonNode child : node) {
      sum += leaves(child);
    }
    return sum;
  }

  @Test
  void taskDefaultsAreThoseOfTheGraph() {
    SortedMap<String, CampaignGraph.GraphTask> tasks = tasks(settings(campaign("ci")));
    for (String task : TaskConfigs.names()) {
      if (!task.equals("combineFrames")) {
        assertThat(tasks).containsKey(task);
        String ownKeys = CanonicalJson.write(TaskConfigs.builtIn(task));
        assertThat(tasks.get(task).configJson())
            .as(task)
            .isEqualTo(task.equals("hips") ? withPictures(ownKeys) : ownKeys);
      }
    }
  }

  /** A tree's bytes depend on how its pictures are packed too. */
  private static String withPictures(String hips) {
    String raster = CanonicalJson.write(TaskConfigs.builtIn("hipsRaster"));
    return "{\"hips\":" + hips + ",\"raster\":" + raster + "}";
  }

  @Test
  void frozenCampaignHoldsRecordInputsAndEnvironment() throws IOException {
    CampaignSettings settings = settings(campaign("ci"));
    assertThat(FrozenCampaign.freeze(settings, tasks(settings), VERSION)).isFalse();
    Path frozen = FrozenCampaign.directory(settings.repository(), "run");
    try (DataFileReader<CampaignRun> reader =
        new DataFileReader<>(
            frozen.resolve("campaign.avro").toFile(),
            new SpecificDatumReader<>(CampaignRun.class))) {
      CampaignRun record = reader.next();
      assertThat(record.getConfigHash()).isEqualTo(FrozenCampaign.configHash(settings.campaign()));
      assertThat(record.getTaskVersions()).containsKeys("singleFrame", "combineBias", "diffim");
      assertThat(record.getDocuments()).hasSize(2);
      assertThat(record.getInputs()).isEqualTo(4);
    }
    List<OverallInput> inputs =
        TableReader.read(frozen.resolve("inputs.parquet"), OverallInput.class);
    assertThat(inputs)
        .extracting(OverallInput::getPath)
        .containsExactly(
            "camera.yaml", "raw/20250520/a.fits", "raw/20250520/b.fits", "refcat/stars.fits");
    assertThat(inputs.get(3).getSha256())
        .isEqualTo(org.starbeam.transforms.dataset.ContentHash.ofText("stars"));
    String environment = Files.readString(frozen.resolve("environment.json"));
    assertThat(environment).contains("\"utc\"", "\"tai\"", "\"modules\"", "\"git\"", "\"cpu\"");
    assertThat(CanonicalJson.write(FrozenCampaign.load(settings.repository(), "run").body()))
        .isEqualTo(CanonicalJson.write(settings.campaign().body()));
  }

  @Test
  void continuingWithAnotherCampaignNamesEveryDifference() {
    CampaignSettings first = settings(campaign("ci"));
    SortedMap<String, CampaignGraph.GraphTask> tasks = tasks(first);
    FrozenCampaign.freeze(first, tasks, VERSION);
    assertThat(FrozenCampaign.freeze(first, tasks, VERSION)).isTrue();
    CampaignSettings other = settings(campaign("ci", "bands=g", "tasks.detectObjects.threshold=7"));
    UserException refused =
        catchThrowableOfType(
            UserException.class, () -> FrozenCampaign.freeze(other, tasks, VERSION));
    assertThat(refused.exitCode()).isEqualTo(ExitCode.CONFLICT);
    assertThat(refused)
        .hasMessageContaining("select.bands: [] -> [\"g\"]")
        .hasMessageContaining("tasks.detectObjects.threshold: 5 -> 7");
  }

  private FreezeLock lock(CampaignSettings settings) {
    return FreezeLock.of(
        "DR1",
        settings,
        new FreezeLock.Given("ci", null, List.of("input=" + input)),
        "none",
        VERSION);
  }

  private Path write(FreezeLock lock) {
    Path file = directory.resolve(lock.name() + ".lock.yaml");
    lock.write(file);
    return file;
  }

  @Test
  void unchangedLockIsAcceptedWhereverTheInputsLie() throws IOException {
    Path file = write(lock(settings(campaign("ci"))));
    Path moved = directory.resolve("elsewhere");
    Files.move(input, moved);
    input = moved;
    FreezeLock.read(file).require(file, actual(campaign("ci")));
  }

  @Test
  void lockThatDiffersInOneFieldIsRefusedNamingJustThatField() throws IOException {
    Path file = write(lock(settings(campaign("ci"))));
    ObjectNode actual = actual(campaign("ci"));
    String good = Files.readString(file);
    List<String> fields = new ArrayList<>();
    collect("", FreezeLock.read(file).locked(), fields);
    assertThat(fields).hasSizeGreaterThan(40);
    String locked = good.substring(good.indexOf("\nlocked:"));
    int lines = 0;
    for (String line : locked.lines().skip(2).toList()) {
      if (line.matches(".*: \".*\"")) {
        String changed = line.replaceFirst("\"([^\"]*)\"$", "\"other\"");
        Files.writeString(file, good.replace("\n" + line + "\n", "\n" + changed + "\n"));
        UserException refused =
            catchThrowableOfType(
                UserException.class, () -> FreezeLock.read(file).require(file, actual));
        assertThat(refused).as(line).isNotNull();
        assertThat(refused.exitCode()).isEqualTo(ExitCode.LOCK);
        List<String> named =
            String.valueOf(refused.getMessage()).lines().skip(1).map(String::strip).toList();
        assertThat(named).as(line).hasSize(1);
        String key = line.strip().replaceFirst("\"?: \".*", "").replace("\"", "");
        assertThat(named.get(0)).contains(key + ": other → ");
        lines++;
      }
    }
    assertThat(lines).isEqualTo(fields.size());
  }

  private static void collect(String path, JsonNode node, List<String> out) {
    node.properties()
        .forEach(
            e -> {
              if (e.getValue().isObject()) {
                collect(path + e.getKey() + ".", e.getValue(), out);
              } else {
                out.add(path + e.getKey());
              }
            });
  }

  @Test
  void anotherInputFileOrSettingBreaksTheLock() throws IOException {
    Path file = write(lock(settings(campaign("ci"))));
    assertThatThrownBy(() -> FreezeLock.read(file).require(file, actual(campaign("ci", "bands=g"))))
        .hasMessageContaining("configHash: ");
    Files.writeString(input.resolve("raw/20250520/c.fits"), "one more");
    assertThatThrownBy(() -> FreezeLock.read(file).require(file, actual(campaign("ci"))))
        .hasMessageContaining("inputs.exposures: ")
        .hasMessageNotContaining("configHash");
  }

  @Test
  void releaseWithoutALockIsRefused() {
    CampaignSettings release =
        settings(campaign("data-release", "releases={DR1: 20250501..20250531}"));
    assertThatThrownBy(() -> new CampaignRunner(VERSION).run(release))
        .isInstanceOfSatisfying(
            UserException.class, e -> assertThat(e.exitCode()).isEqualTo(ExitCode.LOCK))
        .hasMessageContaining("--locked FILE");
    assertThat(directory.resolve("repo")).doesNotExist();
  }

  @Test
  void amendedLockHasAParentAndAChangeThatIsTrue() throws IOException {
    Path file = write(lock(settings(campaign("ci"))));
    Path change = directory.resolve("change.yaml");
    Files.writeString(change, "kind: operations-only\nsummary: a faster disk\n");
    FreezeLock next = FreezeLock.read(file).amend(change, settings(campaign("ci")), "0.1.1");
    assertThat(next.name()).isEqualTo("DR1-p1");
    assertThat(next.yaml()).contains("parent: \"DR1\"").contains("kind: \"operations-only\"");
    Path second = write(next);
    CampaignSettings same = settings(campaign("ci"));
    FreezeLock.read(second).require(second, FreezeLock.actual(same, tasks(same), "0.1.1"));
    assertThatThrownBy(
            () ->
                FreezeLock.read(second).amend(change, settings(campaign("ci", "bands=g")), "0.1.1"))
        .hasMessageContaining("this is no operations-only")
        .hasMessageContaining("configHash differs");
    Files.writeString(
        change, "kind: declared-change\nsummary: s\ntasks: [diffim]\nproducts: [dia_source]\n");
    assertThatThrownBy(
            () -> FreezeLock.read(second).amend(change, settings(campaign("ci")), "0.1.1"))
        .hasMessageContaining("tasks with another version: [], named: [diffim]");
    assertThat(FreezeLock.nextName("DR1-p1")).isEqualTo("DR1-p2");
  }

  @Test
  void aLockIsNeverReplaced() {
    FreezeLock lock = lock(settings(campaign("ci")));
    Path file = write(lock);
    assertThatThrownBy(() -> lock.write(file)).hasMessageContaining("a lock is never changed");
  }
}
