package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.plan.CampaignPlan;
import org.starbeam.pipelines.plan.CostFit;
import org.starbeam.pipelines.plan.CostModel;
import org.starbeam.pipelines.plan.Plan;
import org.starbeam.pipelines.report.ReportWriter;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.pipelines.repository.Replay;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.dataset.RecordSizes;

/**
 * One small simulated survey from raw frames to tables on both runners, judged by the simulator's
 * truth.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class CampaignIT {
  private static final List<String> TABLES =
      List.of(
          "Object",
          "ObjectParent",
          "Source",
          "ForcedSource",
          "DiaSource",
          "DiaObject",
          "ForcedSourceOnDiaObject",
          "Visit",
          "CcdVisit");

  @TempDir static Path directory;
  private static Path survey;
  private static Path repository;
  private static CampaignRunner.Result direct;

  @BeforeAll
  static void reduceOnTheDirectRunner() {
    survey = directory.resolve("survey");
    repository = directory.resolve("repo");
    CampaignWriter.write(survey, Presets.it(), 1, ProgressListener.NONE);
    direct = Campaigns.launch(survey, repository, "direct", "direct", 2);
  }

  @Test
  @Order(1)
  void everyQuantumEndsWell() {
    assertThat(direct.summary().problems().stream().filter(r -> r.getErrorClass() != null))
        .as("failed quanta")
        .isEmpty();
    assertThat(direct.summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    assertThat(RunCatalog.open(repository, "direct").tables().keySet()).containsAll(TABLES);
  }

  @Test
  @Order(1)
  void thePlanCountsTheQuantaThatRan() {
    Map<String, Long> ran = new TreeMap<>();
    RunCatalog run = RunCatalog.open(repository, "direct");
    for (QuantumRecord record : run.quanta()) {
      String stage = CostFit.stage(record.getTask(), DataId.parse(record.getDataId()));
      ran.merge(stage, 1L, Long::sum);
    }
    Campaign campaign = Template.load("ci").resolve(Map.of("input", survey.toString()));
    CostModel costs = CostModel.shipped();
    Map<String, Long> after = new TreeMap<>();
    for (Plan.Task task :
        new CampaignPlan(campaign, InputFolder.of(survey), run)
            .planner(2, 30, costs)
            .plan()
            .tasks()) {
      after.put(task.name(), task.quanta());
      assertThat(task.isExact()).as(task.name()).isTrue();
    }
    assertThat(after).as("with what the run measured").isEqualTo(ran);
    for (Plan.Task task :
        new CampaignPlan(campaign, InputFolder.of(survey), null)
            .planner(1, 30, costs)
            .plan()
            .tasks()) {
      assertThat(ran.get(task.name()))
          .as("%s, from headers", task.name())
          .isBetween(task.least(), task.most());
    }
  }

  /**
   * Truth: the survey has bias, dark and flat frames, no pairs of flats and fewer exposures than
   * fringes take; its camera file tells the crosstalk and the gains; the ledger says which
   * calibrations a quantum was given.
   */
  @Test
  @Order(1)
  void visitImagesSayHowTheInstrumentWasTakenOut() {
    Camera camera = CameraYaml.read(survey.resolve("camera.yaml"));
    RunCatalog run = RunCatalog.open(repository, "direct");
    List<QuantumRecord> makers = new ArrayList<>();
    run.forEachLast(makers::add);
    makers.removeIf(record -> !record.getTask().equals("finalVisit"));
    assertThat(makers).isNotEmpty();
    for (QuantumRecord maker : makers) {
      HeaderView header = visitHeader(run, maker);
      assertThat(List.of("OVERSCAN", "CROSSTALK", "BIAS", "DARK", "DEFECTS", "FLAT"))
          .allSatisfy(step -> assertThat(header.string("ISR " + step)).isEqualTo("APPLIED"));
      assertThat(List.of("LINEARITY", "CTI", "BRIGHTERFATTER", "FRINGE"))
          .allSatisfy(step -> assertThat(header.string("ISR " + step)).isEqualTo("SKIPPED"));
      Map<String, String> given = new TreeMap<>();
      for (DatasetRef input : maker.getInputs()) {
        if (IsrInputs.CALIBRATIONS.contains(input.getDatasetType())) {
          String type = "CAL " + input.getDatasetType().toUpperCase(Locale.ROOT);
          given.put(type + " ID", input.getDataId());
          given.put(type + " SHA", input.getContentHash().substring(0, 16));
        }
      }
      Map<String, String> told = new TreeMap<>();
      header.forEach(
          card -> {
            if (card.key().startsWith("CAL ")) {
              told.put(card.key(), header.string(card.key()));
            }
          });
      assertThat(told)
          .isEqualTo(given)
          .containsKeys("CAL BIAS ID", "CAL DARK ID", "CAL FLAT SHA", "CAL DEFECTS SHA");
      assertThat(header.string("GAINSRC")).isEqualTo("camera");
      int detector = DataId.parse(maker.getDataId()).getInt("detector");
      assertThat(camera.detector(detector).amplifiers())
          .allSatisfy(a -> assertThat(header.number("GAIN " + a.name())).isEqualTo(a.gain()));
    }
  }

  private static HeaderView visitHeader(RunCatalog run, QuantumRecord maker) {
    Path file =
        maker.getOutputs().stream()
            .filter(output -> output.getDatasetType().equals("visit_image"))
            .map(run::path)
            .findAny()
            .orElseThrow();
    try (FitsReader reader = FitsReader.open(file)) {
      return reader.primaryHeader();
    }
  }

  @Test
  @Order(2)
  void secondLaunchRedoesNothing() {
    long done = direct.summary().total(QuantumStatus.DONE);
    CampaignRunner.Result again = Campaigns.launch(survey, repository, "direct", "direct", 2);
    assertThat(again.continued()).isTrue();
    assertThat(again.summary().total(QuantumStatus.DONE)).isZero();
    assertThat(again.summary().total(QuantumStatus.ADOPTED)).isEqualTo(done);
  }

  @Test
  @Order(3)
  void flinkMakesTheSameBytes() {
    CampaignRunner.Result flink = Campaigns.launch(survey, repository, "flink", "flink", 2);
    assertThat(flink.summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    assertThat(hashes("flink")).isEqualTo(hashes("direct"));
  }

  @Test
  @Order(3)
  void stepsAndShardsMakeTheSameBytes() {
    Campaigns.part(survey, repository, "parts", "..calibs", "");
    for (int k = 0; k < 3; k++) {
      Campaigns.part(survey, repository, "parts", "step1", "visit:" + k + "/3");
    }
    Campaigns.part(survey, repository, "parts", "step2..step2:astrometricSolve", "");
    Campaigns.part(survey, repository, "parts", "step2:starMotion", "");
    for (int k = 0; k < 2; k++) {
      Campaigns.part(survey, repository, "parts", "step2:finalVisit", "detector:" + k + "/2");
    }
    Campaigns.part(survey, repository, "parts", "step2:visitTables", "");
    for (int k = 0; k < 2; k++) {
      Campaigns.part(
          survey, repository, "parts", "step3..step3:measureObjects", "tract:" + k + "/2");
    }
    Campaigns.part(survey, repository, "parts", "step3:objectTable..step4", "");
    Campaigns.part(survey, repository, "parts", "step5:associateDia", "");
    for (int k = 0; k < 2; k++) {
      String forced = "step5:forcedOnObjects..step5:forcedOnDiaObjects";
      Campaigns.part(survey, repository, "parts", forced, "visit:" + k + "/2");
    }
    Campaigns.part(survey, repository, "parts", "step5:diaObjects", "");
    CampaignRunner.Result end = Campaigns.part(survey, repository, "parts", "step6..", "");
    assertThat(hashes("parts")).isEqualTo(hashes("direct"));
    assertThat(end.summary().total(QuantumStatus.DONE))
        .isEqualTo(direct.summary().total(QuantumStatus.DONE));
  }

  @Test
  @Order(4)
  void bytesOfATaskChangeWithItsVersionOnly() throws IOException {
    List<QuantumRecord> quanta = RunCatalog.open(repository, "flink").quanta();
    String wanted = System.getProperty("starbeam.writeGolden");
    if (wanted != null) {
      GoldenOutputs.write(Path.of(wanted), quanta);
      return;
    }
    Assumptions.assumeTrue(GoldenOutputs.isOfThisPlatform(), "no golden outputs of this platform");
    assertThat(GoldenOutputs.complaints(quanta)).isEmpty();
  }

  @Test
  @Order(5)
  void noRecordThatCrossedAShuffleIsLargerThanByDesign() {
    assertThat(RecordSizes.largest())
        .containsKeys("QuantumResult", "QuantumInput")
        .allSatisfy(
            (type, bytes) ->
                assertThat(bytes).as(type).isBetween(1L, (long) RecordSizes.DESIGN_BYTES));
  }

  /**
   * Ten products; fifty with {@code -Dstarbeam.full=true}. Their quanta run, all else is adopted.
   */
  @Test
  @Order(5)
  void randomProductsAreMadeAgainWithTheSameHashes() throws IOException {
    int products = Boolean.getBoolean("starbeam.full") ? 50 : 4;
    long seed = Long.getLong("starbeam.seed", System.nanoTime());
    System.out.printf("CampaignIT: replay of %d products, seed %d%n", products, seed);
    List<QuantumRecord> makers = new ArrayList<>();
    for (QuantumRecord record : RunCatalog.open(repository, "direct").quanta()) {
      if (record.getOutputs().stream().anyMatch(output -> output.getPath().startsWith("data/"))) {
        makers.add(record);
      }
    }
    Collections.shuffle(makers, new Random(seed));
    Map<String, String> before = new TreeMap<>();
    Set<String> quanta = new TreeSet<>();
    for (QuantumRecord record : makers) {
      if (before.size() < products) {
        quanta.add(record.getQuantumId());
        record.getOutputs().forEach(o -> before.put(name(o), o.getContentHash()));
      }
    }
    Map<String, String> again = new TreeMap<>();
    Replay.Result result = new Replay(repository, "direct", "test").run(quanta, true);
    result.datasets().forEach(d -> again.put(d.dataset(), d.again()));
    assertThat(again).isEqualTo(before).hasSizeGreaterThanOrEqualTo(products);
    assertThat(RunCatalog.open(repository, result.scratch()).quanta())
        .filteredOn(record -> record.getStatus() == QuantumStatus.DONE)
        .extracting(QuantumRecord::getQuantumId)
        .as("these and no others were executed")
        .containsExactlyInAnyOrderElementsOf(quanta);
  }

  private static String name(DatasetRef ref) {
    return ref.getDatasetType() + "(" + ref.getDataId() + ")";
  }

  /**
   * One frame in twenty ends early, at a random place. Truth: what the undisturbed run's ledger
   * says came of these frames.
   */
  @Test
  @Tag("acceptance")
  @Order(5)
  void framesThatEndEarlyTakeWithThemWhatComesOfThemAndNothingElse() throws IOException {
    long seed = Long.getLong("starbeam.seed", System.nanoTime());
    Path other = directory.resolve("survey cut");
    List<String> cut = SurveyFaults.cut(survey, other, 0.05, new Random(seed));
    System.out.printf("CampaignIT: seed %d, cut: %s%n", seed, cut);
    Path repo = directory.resolve("repo cut");
    Campaigns.launch(other, repo, "cut", "direct", 2);
    List<QuantumRecord> quanta = RunCatalog.open(repo, "cut").quanta();
    assertThat(quanta)
        .filteredOn(record -> record.getStatus() == QuantumStatus.FAILED)
        .allSatisfy(record -> assertThat(record.getTask()).isEqualTo("ingest"))
        .extracting(record -> record.getMessage().replaceAll("(?s).*/([^/]*fits\\.fz).*", "$1"))
        .containsExactlyInAnyOrderElementsOf(cut);
    List<QuantumRecord> undisturbed = new ArrayList<>();
    RunCatalog.open(repository, "direct").forEachLast(undisturbed::add);
    Set<String> touched = new TreeSet<>();
    outputs(undisturbed)
        .filter(output -> cut.stream().anyMatch(output.getPath()::endsWith))
        .forEach(output -> touched.add(name(output)));
    addDescendants(undisturbed, touched);
    Map<String, String> expected = new TreeMap<>();
    outputs(undisturbed)
        .filter(output -> !touched.contains(name(output)))
        .forEach(output -> expected.put(name(output), output.getContentHash()));
    Map<String, String> found = new TreeMap<>();
    outputs(quanta).forEach(output -> found.put(name(output), output.getContentHash()));
    assertThat(touched).hasSizeGreaterThan(cut.size());
    assertThat(expected).hasSizeGreaterThan(50);
    assertThat(found).as("what does not come of them").containsAllEntriesOf(expected);
    Set<String> more = new TreeSet<>(found.keySet());
    more.removeAll(expected.keySet());
    // Other depths of a coadd have other peaks, so there may be bins of objects that were not
    // there.
    addDescendants(quanta, touched);
    more.removeAll(touched);
    assertThat(more).as("new, and not of what they touched").isEmpty();
  }

  private static Stream<DatasetRef> outputs(List<QuantumRecord> records) {
    return records.stream().flatMap(record -> record.getOutputs().stream());
  }

  /** Adds to the names of datasets all that records made of them. */
  private static void addDescendants(List<QuantumRecord> records, Set<String> names) {
    for (int before = -1; before < names.size(); ) {
      before = names.size();
      for (QuantumRecord record : records) {
        if (record.getInputs().stream().anyMatch(input -> names.contains(name(input)))) {
          record.getOutputs().forEach(output -> names.add(name(output)));
        }
      }
    }
  }

  private static Map<String, String> hashes(String run) {
    RunCatalog catalog = RunCatalog.open(repository, run);
    Map<String, String> out = new HashMap<>();
    for (String type :
        List.of("visit_image", "cell_coadd", "deep_coadd", "difference_image", "release_table")) {
      for (DatasetRef ref : catalog.datasets(type)) {
        out.put(type + "(" + ref.getDataId() + ")", ref.getContentHash());
      }
    }
    assertThat(out).isNotEmpty();
    return out;
  }

  @Test
  @Order(6)
  void pointSourceFluxesAndPlacesAgreeWithTheTruth() {
    try (RunDatabase tables = Campaigns.tables(repository, "direct")) {
      double[][] rows =
          tables.numbers(
              "select visit, detector, ra, dec, psfFlux, psfFluxErr from Source where"
                  + " detect_isPrimary and not psfFlux_flag and not pixelFlags_saturatedCenter and"
                  + " not pixelFlags_interpolatedCenter");
      Matches matches = new Matches(Truth.read(survey), rows);
      double[] bright = matches.fluxErrors(50, 200);
      assertThat(bright.length).isGreaterThan(100);
      assertThat(median(bright)).as("flux bias at S/N 50 to 200").isBetween(-0.01, 0.01);
      double[] pulls = matches.pulls(20, 50);
      double width = (quantile(pulls, 0.84) - quantile(pulls, 0.16)) / 2;
      double error = width / Math.sqrt(pulls.length);
      assertThat(width)
          .as("pull width at S/N 20 to 50")
          .isBetween(0.8 - 2 * error, 1.3 + 2 * error);
      assertThat(Math.abs(median(matches.deltaRaMas(50, 1e9)))).as("d RA [mas]").isLessThan(20);
      assertThat(Math.abs(median(matches.deltaDecMas(50, 1e9)))).as("d Dec [mas]").isLessThan(20);
    }
  }

  @Test
  @Order(7)
  void noObjectIsPrimaryTwice() {
    try (RunDatabase tables = Campaigns.tables(repository, "direct")) {
      double repeated =
          tables
              .numbers(
                  "select count(*) from Object a join Object b on a.objectId < b.objectId"
                      + " and abs(a.coord_dec - b.coord_dec) < 0.3 / 3600"
                      + " and abs(a.coord_ra - b.coord_ra) * cos(radians(a.coord_dec)) < 0.3 / 3600"
                      + " where a.detect_isPrimary and b.detect_isPrimary")[0][0];
      assertThat(repeated).isZero();
    }
  }

  @Test
  @Order(8)
  void reportHasASectionOfEachKindOfProduct() {
    Path page = ReportWriter.write(repository, "direct");
    for (String id : List.of("metrics", "sky", "stars", "psf", "objects", "visits")) {
      assertThat(page).content().as(id).contains("id=\"" + id + "\"");
    }
    for (String beside :
        List.of(
            "visits.html",
            "sky.html",
            "data/sky/view.js",
            "img/sky-0.png",
            "ingest.html",
            "step1.html",
            "step7.html",
            "assets/uplot/uPlot.iife.min.js")) {
      assertThat(page.resolveSibling(beside)).isNotEmptyFile();
    }
  }

  @Test
  @Order(8)
  void queriesOfTheDocumentationWork() throws IOException {
    RunCatalog catalog = RunCatalog.open(repository, "direct");
    List<String> queries = DocumentedCommands.queries(Path.of(".."));
    try (RunDatabase tables =
        Registry.of(repository, catalog.run()).open(catalog.tablesFor(String.join(" ", queries)))) {
      tables.confine(List.of(repository));
      String object = tables.texts("select objectId from Object limit 1").get(0);
      assertThat(queries).hasSizeGreaterThan(15);
      for (String query : queries) {
        try (ResultSet rows = tables.query(query.replace("OBJECT_ID", object))) {
          assertThat(rows.next()).as(query).isIn(true, false);
        } catch (UserException | SQLException e) {
          throw new AssertionError(query, e);
        }
      }
    }
  }

  @Test
  @Order(8)
  void columnsOfTheDocumentationAreWritten() throws IOException {
    try (RunDatabase tables = Campaigns.tables(repository, "direct")) {
      for (DocumentedColumns.Name name : DocumentedColumns.all(Path.of(".."))) {
        for (String table : name.tables()) {
          List<String> written =
              tables.texts("select column_name from (describe \"" + table + "\")");
          assertThat(name.isAmong(written)).as(table + ": " + name).isTrue();
        }
      }
    }
  }

  /** Commands that ask something of a run, with this run in the place of the reader's. */
  @Test
  @Order(9)
  void commandsOfTheDocumentationRun() throws IOException {
    String object;
    try (RunDatabase tables = Campaigns.tables(repository, "direct")) {
      object = tables.texts("select objectId from Object limit 1").get(0);
    }
    List<String> commands = DocumentedCommands.asking(Path.of(".."));
    assertThat(commands).hasSizeGreaterThan(25);
    Path out = Files.createDirectories(directory.resolve("documented"));
    for (String command : commands) {
      String line =
          command
              .replaceFirst("^\\./starbeam ", "")
              .replaceFirst("\\bdemo --repo", "RUN --repo")
              .replaceAll("\\b(REPO|demo/repo|DEMO/repo)\\b", repository.toString())
              .replaceAll("\\bRUN\\b", "direct")
              .replaceAll("=DIR\\b", "=" + survey)
              .replaceAll("OBJECT_ID|4612953776816365938", object)
              .replaceFirst("--out ", "--out " + out + "/");
      boolean placed = line.contains("--repo") || line.startsWith("templates");
      String whole = placed ? line : line + " --repo " + repository;
      CommandLine.Answer answer = CommandLine.run(DocumentedCommands.words(whole));
      assertThat(answer.code()).as("%s%n%s", whole, answer.err()).isIn(0, 5);
    }
  }

  private static double median(double[] values) {
    return quantile(values, 0.5);
  }

  private static double quantile(double[] values, double fraction) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[(int) Math.round(fraction * (sorted.length - 1))];
  }
}
