package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.cli.JsonSchemas;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * Each shipped template from the command line to its end, over two visits of one detector in one
 * repository, where a later campaign takes over what an earlier one has made.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
@Tag("acceptance")
class TemplatesIT {
  private static final String DAY = "20210907";
  private static final Set<String> LAUNCHED = new TreeSet<>();
  private static final Set<String> DOCUMENTS = new TreeSet<>();

  @TempDir static Path directory;
  private static Path survey;
  private static Path repository;

  @BeforeAll
  static void simulate() {
    survey = directory.resolve("survey");
    repository = directory.resolve("repo");
    CampaignWriter.write(survey, small(Presets.it(), 2), 1, ProgressListener.NONE);
  }

  /** One detector in one band on one night. */
  private static Preset small(Preset like, int visits) {
    return new Preset(
        like.name(),
        like.frames(),
        1,
        "r",
        List.of(new Preset.Night(Integer.parseInt(DAY), visits)),
        like.expTime(),
        new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false),
        like.field(),
        like.sensor(),
        like.observing());
  }

  private static CommandLine.Answer command(String... arguments) {
    return command(List.of(arguments));
  }

  private static CommandLine.Answer command(List<String> arguments) {
    return CommandLine.run(
        with(arguments, List.of("--repo", repository.toString())).toArray(String[]::new));
  }

  private static List<String> with(List<String> words, List<String> more) {
    List<String> out = new ArrayList<>(words);
    out.addAll(more);
    return out;
  }

  private static JsonNode launch(String template, String run, String... more) {
    List<String> all = new ArrayList<>(List.of("launch", template, "--name", run));
    all.addAll(List.of("--set", "input=" + survey, "--parallelism", "2"));
    all.addAll(List.of("--status-port", "0", "-q", "--json"));
    all.addAll(List.of(more));
    CommandLine.Answer answer = command(all);
    assertThat(answer.code()).as("%s%n%s", answer.out(), answer.err()).isZero();
    LAUNCHED.add(template);
    DOCUMENTS.add("launch");
    return JsonDocuments.require("launch", answer.out());
  }

  private static List<QuantumRecord> quanta(String run) {
    return RunCatalog.open(repository, run).quanta();
  }

  private static Map<String, Long> counts(String run) {
    return new TreeMap<>(
        quanta(run).stream()
            .collect(Collectors.groupingBy(QuantumRecord::getTask, Collectors.counting())));
  }

  /** Tasks of a run that a worker executed. */
  private static Set<String> executed(String run) {
    return quanta(run).stream()
        .filter(r -> r.getStatus() == QuantumStatus.DONE)
        .map(QuantumRecord::getTask)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** Content of the datasets of a type by data id. */
  private static Map<String, String> content(String run, String type) {
    Map<String, String> out = new TreeMap<>();
    for (DatasetRef ref : RunCatalog.open(repository, run).datasets(type)) {
      out.put(ref.getDataId(), ref.getContentHash());
    }
    assertThat(out).as("%s of %s", type, run).isNotEmpty();
    return out;
  }

  @Test
  @Order(1)
  void calibsNightlyCertifiesTheMastersOfANight() {
    launch("calibs-nightly", "calibs");
    JsonNode entries = command("calibs", "show", "certified", "--json").json();
    Set<String> types = new TreeSet<>();
    entries.forEach(e -> types.add(e.path("type").asText()));
    assertThat(types).contains("bias", "dark", "flat", "defects");
    assertThat(entries).allSatisfy(e -> assertThat(e.path("endTaiMjd").isNull()).isTrue());
    assertThat(counts("calibs")).doesNotContainKey("singleFrame");
  }

  @Test
  @Order(2)
  void ciGoesFromRawFramesToAReportAndTakesOverTheMasters() {
    JsonNode end = launch("ci", "ci", "--rescue", "calibs");
    assertThat(Path.of(end.path("report").asText())).isNotEmptyFile();
    assertThat(counts("ci"))
        .containsKeys("singleFrame", "cellCoadd", "measureObjects", "diffim", "releaseTables");
    assertThat(executed("ci")).doesNotContain("combineFrames");
    assertThat(content("ci", "flat")).isEqualTo(content("calibs", "flat"));
  }

  @Test
  @Order(3)
  void resolvedCampaignFedBackIsTheSameCampaignWithTheSamePlan() throws IOException {
    Path resolved = repository.resolve("runs/ci/campaign/resolved.yaml");
    String[] plan = {"plan", "ci", "--set", "input=" + survey, "--json"};
    String[] again = {"plan", resolved.toString(), "--json"};
    assertThat(command(again).json().path("tasks")).isEqualTo(command(plan).json().path("tasks"));
    Path copy = Files.copy(resolved, directory.resolve("again.yaml"));
    CommandLine.Answer answer =
        command("launch", copy.toString(), "--name", "ci", "--status-port", "0", "-q", "--json");
    assertThat(answer.code()).as(answer.err()).isZero();
    JsonNode end = answer.json();
    assertThat(end.path("continued").asBoolean()).isTrue();
    assertThat(end.path("done").asInt()).isZero();
    assertThat(end.path("adopted").asInt()).isPositive();
  }

  @Test
  @Order(3)
  void queryOfAFileIsAnsweredAndExplained() throws IOException {
    Path file =
        Files.writeString(
            directory.resolve("q.sql"), "select count(distinct visit) as n from Visit\n");
    JsonNode rows = command("sql", "--file", file.toString(), "--json").json();
    assertThat(rows.path(0).path("n").asInt()).isEqualTo(2);
    assertThat(command("sql", "--file", file.toString(), "--explain").out()).contains("PARQUET");
    CommandLine.Answer nothing = command("sql");
    assertThat(nothing.code()).as("no query on stdin").isZero();
    assertThat(nothing.out()).isEmpty();
  }

  @Test
  @Order(3)
  void aRunComparedWithItselfDiffersInNothing() {
    CommandLine.Answer answer = command("compare", "ci", "ci", "--fail-on-regression", "--json");
    assertThat(answer.code()).isZero();
    assertThat(answer.json().path("identical").asBoolean()).isTrue();
    for (JsonNode row : answer.json().path("rows")) {
      assertThat(row.path("run")).isEqualTo(row.path("base"));
    }
  }

  /** The first month has nothing to compare with: a person looks, then it is the month before. */
  @Test
  @Order(4)
  void rc2MonthlyTakesOverWhatIsTheSameAndComparesWithTheMonthBefore() {
    List<String> words = List.of("launch", "rc2-monthly", "--name", "rc2a", "--rescue", "ci");
    List<String> how = List.of("--set", "input=" + survey, "--status-port", "0", "-q", "--json");
    CommandLine.Answer first = command(with(with(words, how), List.of("--auto")));
    assertThat(first.code()).as(first.err()).isEqualTo(ExitCode.GATE.code());
    JsonDocuments.require("launch", first.out());
    assertThat(executed("rc2a")).doesNotContain("singleFrame", "cellCoadd", "diffim");
    assertThat(command("repo", "chains", "list").out()).doesNotContain("rc2/last");
    command("gates", "accept", "rc2a", "step7", "vs-last", "--why", "the first month", "--json");
    CommandLine.Answer resumed = command("resume", "rc2a", "--status-port", "0", "-q", "--json");
    assertThat(resumed.code()).as("%s%n%s", resumed.out(), resumed.err()).isZero();
    JsonDocuments.require("resume", resumed.out());
    assertThat(command("repo", "chains", "show", "rc2/last").out()).contains("rc2a");
    launch("rc2-monthly", "rc2b", "--rescue", "rc2a");
    assertThat(executed("rc2b")).doesNotContain("singleFrame", "selectVisits", "cellCoadd");
    assertThat(command("repo", "chains", "show", "rc2/last").out()).startsWith("run:rc2b");
  }

  @Test
  @Order(4)
  void surveyMonthlyHasTheProductsOfCi() {
    launch("survey-monthly", "m202109", "--rescue", "ci", "--window", "m202109");
    assertThat(content("m202109", "visit_image")).isEqualTo(content("ci", "visit_image"));
    assertThat(content("m202109", "deep_coadd")).isEqualTo(content("ci", "deep_coadd"));
    assertThat(content("m202109", "cell_accumulator")).isNotEmpty();
  }

  @Test
  @Order(4)
  void nightlyReducesWithCalibrationsAndTemplatesThatAreThere() {
    launch("nightly", "night", "--set", "base=ci", "--set", "watch=false");
    assertThat(counts("night"))
        .containsKeys("singleFrame", "finalVisit", "diffim")
        .doesNotContainKeys("combineFrames", "cellCoadd", "measureObjects");
    assertThat(content("night", "difference_image")).hasSize(2);
  }

  @Test
  @Order(5)
  void dataReleaseRunsUnderItsLockAndUnderNoOther() throws IOException {
    Path lock = directory.resolve("DR1.lock.yaml");
    String releases = "releases={DR1: 20210901.." + DAY + "}";
    String input = "input=" + survey;
    CommandLine.Answer frozen =
        command(
            "freeze",
            "data-release",
            "--name",
            "DR1",
            "--out",
            lock.toString(),
            "--set",
            input,
            "--set",
            releases,
            "--json");
    assertThat(frozen.code()).as(frozen.err()).isZero();
    JsonDocuments.require("freeze", frozen.out());
    DOCUMENTS.add("freeze");
    String[] refused = {
      "launch",
      "data-release",
      "--set",
      input,
      "--set",
      releases,
      "--set",
      "release=2",
      "--locked",
      lock.toString(),
      "--name",
      "dr1",
      "--status-port",
      "0",
      "-q",
      "--json"
    };
    CommandLine.Answer other = command(refused);
    assertThat(other.code()).isEqualTo(ExitCode.LOCK.code());
    assertThat(other.json().path("error").path("message").asText()).contains("configHash: ");
    assertThat(repository.resolve("runs/dr1")).doesNotExist();
    JsonNode end = launch("data-release", "dr1", "--set", releases, "--locked", lock.toString());
    assertThat(end.path("chains").toString()).contains("data-release/rDR1");
    String ids = "select distinct (sourceId >> 57) & 31 as release from Source";
    assertThat(command("sql", "--run", "dr1", ids, "--json").json().findValuesAsText("release"))
        .containsExactly("1");
    assertThat(content("dr1", "visit_image").keySet())
        .isEqualTo(content("ci", "visit_image").keySet());
  }

  @Test
  @Order(5)
  void calibratedBeginsAfterIsr() {
    Path frames = directory.resolve("calibrated");
    CampaignWriter.write(frames, small(Presets.galaxies(), 2), 1, ProgressListener.NONE);
    launch("calibrated", "frames", "--set", "input=" + frames);
    assertThat(counts("frames"))
        .containsKeys("singleFrame", "cellCoadd", "measureObjects", "diffim")
        .doesNotContainKeys("combineFrames", "flatLevels");
  }

  /** Names of documents, each with a command that prints it. */
  private static Map<String, List<String>> documents() {
    String image = content("ci", "visit_image").keySet().iterator().next();
    String dataset = "visit_image(" + image + ")";
    String out = directory.resolve("visits.csv").toString();
    List<String> which = List.of("--type", "bias", "--instrument", "SimCam", "--detector", "0");
    Map<String, List<String>> all = new LinkedHashMap<>();
    all.put("status", List.of("status"));
    all.put("status RUN", List.of("status", "ci", "--by", "band"));
    all.put("logs", List.of("logs", "ci", "--task", "singleFrame"));
    all.put("report", List.of("report", "ci"));
    all.put("report --costs", List.of("report", "ci", "--costs", "--price", "core_hour=0.03"));
    all.put("report --fit-costs", List.of("report", "ci", "--fit-costs"));
    all.put("export", List.of("export", "ci", "--what", "Visit", "--out", out));
    String images = directory.resolve("images").toString();
    all.put("export IMAGES", List.of("export", "ci", "--what", "visit_image", "--out", images));
    String hats = directory.resolve("catalogs").toString();
    all.put(
        "export --format hats",
        List.of("export", "ci", "--what", "tables", "--format", "hats", "--out", hats));
    all.put("sql", List.of("sql", "--run", "ci", "select * from metrics"));
    String answer = directory.resolve("answer.parquet").toString();
    all.put("sql --out", List.of("sql", "--run", "ci", "--out", answer, "select * from visits"));
    all.put("provenance", List.of("provenance", dataset, "--run", "ci"));
    all.put("provenance --rows", List.of("provenance", dataset, "--run", "ci", "--rows"));
    all.put("plan", List.of("plan", "ci", "--set", "input=" + survey, "--slots", "4"));
    all.put("compare", List.of("compare", "rc2a", "ci"));
    all.put("audit", List.of("audit", "ci"));
    all.put("gates eval", List.of("gates", "eval", "ci"));
    all.put("gates list", List.of("gates", "list", "ci"));
    all.put("repo init", List.of("repo", "init"));
    all.put("repo info", List.of("repo", "info"));
    all.put("repo types", List.of("repo", "types"));
    all.put("repo verify", List.of("repo", "verify", "calibs"));
    all.put("repo gc", List.of("repo", "gc", "--older", "0"));
    all.put("repo prune", List.of("repo", "prune", "ci"));
    all.put("repo compact", List.of("repo", "compact", "calibs", "--force"));
    all.put("repo migrate", List.of("repo", "migrate"));
    all.put("repo chains prepend", List.of("repo", "chains", "prepend", "a/b", "ci"));
    all.put("repo chains set", List.of("repo", "chains", "set", "a/b", "ci", "calibs"));
    all.put("repo chains remove", List.of("repo", "chains", "remove", "a/b", "calibs"));
    all.put("repo chains show", List.of("repo", "chains", "show", "a/b", "--history"));
    all.put("repo chains list", List.of("repo", "chains", "list"));
    all.put("calibs list", List.of("calibs", "list"));
    all.put("calibs certify", List.of("calibs", "certify", "other", "--run", "calibs"));
    all.put(
        "calibs verify", List.of("calibs", "verify", "other", "--run", "calibs", "--sample", "1"));
    all.put("calibs show", List.of("calibs", "show", "other", "--history"));
    all.put(
        "calibs lookup", with(List.of("calibs", "lookup", "other", "--time", "2030-01-01"), which));
    all.put(
        "calibs decertify",
        with(
            List.of("calibs", "decertify", "other", "--begin", "2030-01-01", "--reason", "x"),
            which));
    all.put("templates", List.of("templates"));
    all.put("templates list", List.of("templates", "list"));
    all.put("templates show", List.of("templates", "show", "nightly"));
    all.put("templates explain", List.of("templates", "explain", "ci"));
    all.put("templates validate", List.of("templates", "validate", "ci"));
    all.put("templates schema", List.of("templates", "schema", "ci"));
    all.put("simulate --list", List.of("simulate", "--list"));
    all.put("ingest", List.of("ingest", survey.toString(), "--name", "headers"));
    all.put("stop", List.of("stop", "ci"));
    all.put("completion", List.of("completion", "zsh"));
    all.put("version", List.of("version"));
    all.put("help", List.of("help", "launch"));
    all.put("cluster submit-args", List.of("cluster", "submit-args", "ci"));
    all.put("cluster stop", List.of("cluster", "stop", "--dir", directory.resolve("c").toString()));
    all.put("doctor", List.of("doctor"));
    return all;
  }

  /** Beside these launch and freeze, which are held against theirs where they are called. */
  @Test
  @Order(6)
  void documentsAreOfTheSchemasThatTheManualPublishes() {
    Set<String> seen = new TreeSet<>(DOCUMENTS);
    documents()
        .forEach(
            (name, words) -> {
              CommandLine.Answer answer = command(with(words, List.of("--json")));
              assertThat(answer.err()).doesNotContain("\tat ");
              JsonDocuments.require(name, answer.out());
              seen.add(name);
            });
    assertThat(JsonSchemas.names())
        .filteredOn(name -> !seen.contains(name))
        .as("held against theirs by DemoIT, DetachedLaunchTest, JsonSuccessesTest and ClusterIT")
        .containsExactlyInAnyOrder(
            "error",
            "demo",
            "simulate",
            "launch --detach",
            "report --serve",
            "resume",
            "gates accept",
            "templates new",
            "cluster start",
            "cluster status");
  }

  @Test
  @Order(7)
  void everyShippedTemplateWasLaunched() {
    assertThat(LAUNCHED).containsExactlyInAnyOrderElementsOf(Template.SHIPPED);
  }
}
