package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.repository.Completion;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Preset.Night;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;
import org.starbeam.transforms.calibs.CertifiedCalibs;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.ingest.FrameHeaders;
import org.starbeam.transforms.ingest.IngestTask;

/**
 * A night after an accepted run of the nights before: subtracted from its templates, tied to its
 * stars, and the same whether its files are there from the beginning or come one by one. {@code
 * -Dstarbeam.survey=DIR} takes the last night of another survey.
 */
@Tag("acceptance")
@Timeout(3600)
class NightlyIT {

  @TempDir static Path directory;
  private static Path survey;
  private static Path night;
  private static Path repository;
  private static int first;
  private static int last;

  @BeforeAll
  static void reduceTheNightsBeforeAndTheNight() throws IOException {
    survey = directory.resolve("survey");
    night = directory.resolve("night");
    repository = directory.resolve("repo");
    Path whole = Surveys.given().orElseGet(NightlyIT::simulated);
    List<Integer> nights = Surveys.nights(whole);
    first = nights.get(0);
    last = nights.get(nights.size() - 1);
    Surveys.prepare(survey, whole);
    for (int before : nights.subList(0, nights.size() - 1)) {
      Surveys.copyNight(whole, before, survey);
    }
    Surveys.prepare(night, whole);
    Surveys.copyNight(whole, last, night);
    Campaigns.launch(
        "survey-monthly",
        Map.of("input", survey.toString()),
        repository,
        "base",
        "direct",
        2,
        List.of("..step3:templateCoadd"));
    new CalibrationCollection(repository, "certified")
        .certify(CertifiedCalibs.entries(RunCatalog.open(repository, "base").quanta()));
    assertThat(launch("direct", night, "bounded", false).summary().exitCode())
        .isEqualTo(ExitCode.SUCCESS);
  }

  /** Two detectors in one band, two visits before the night and two in it. */
  private static Path simulated() {
    Preset demo = Presets.demo();
    Preset preset =
        new Preset(
            "nightly",
            demo.frames(),
            demo.detectors(),
            "r",
            List.of(new Night(20210907, 2), new Night(20211008, 2)),
            demo.expTime(),
            demo.calibs(),
            demo.field(),
            demo.sensor(),
            demo.observing());
    Path out = directory.resolve("simulated");
    CampaignWriter.write(out, preset, 1, ProgressListener.NONE);
    return out;
  }

  private static CampaignRunner.Result launch(
      String runner, Path input, String run, boolean watch) {
    return Campaigns.launch(
        "nightly",
        Map.of("input", input.toString(), "base", "run:base", "watch", String.valueOf(watch)),
        repository,
        run,
        runner,
        2,
        Template.load("nightly").steps());
  }

  private static List<QuantumRecord> quanta(String run) {
    List<QuantumRecord> out = new ArrayList<>();
    RunCatalog.open(repository, run).forEachLast(out::add);
    return out;
  }

  /** Content of every dataset of a run. */
  private static Map<String, String> datasets(String run) {
    Map<String, String> out = new TreeMap<>();
    for (QuantumRecord record : quanta(run)) {
      for (DatasetRef ref : record.getOutputs()) {
        out.put(ref.getDatasetType() + "(" + ref.getDataId() + ")", ref.getContentHash());
      }
    }
    return out;
  }

  @Test
  void theNightIsSubtractedFromTheTemplatesOfTheBase() throws IOException {
    int frames = frames(night, "SCIENCE").size();
    List<QuantumRecord> differences =
        quanta("bounded").stream().filter(r -> r.getTask().equals("diffim")).toList();
    assertThat(differences).hasSize(frames).allMatch(r -> r.getStatus() == QuantumStatus.DONE);
    assertThat(differences)
        .allSatisfy(
            r ->
                assertThat(r.getInputs())
                    .filteredOn(i -> i.getDatasetType().equals("template_coadd"))
                    .isNotEmpty()
                    .allMatch(i -> i.getRun().equals("base")));
    assertThat(datasets("bounded").keySet())
        .filteredOn(name -> name.startsWith("difference_image("))
        .hasSize(frames);
    assertThat(datasets("bounded").keySet())
        .filteredOn(name -> name.startsWith("dia_source_detector("))
        .hasSize(frames);
  }

  @Test
  void nothingIsSolvedOverVisitsAndTheStarsAreThoseOfTheBase() {
    assertThat(quanta("bounded"))
        .extracting(QuantumRecord::getTask)
        .contains("visitSummary", "finalVisit", "visitTables")
        .doesNotContain("isolatedStars", "astrometricSolve");
    assertThat(quanta("bounded"))
        .filteredOn(r -> r.getTask().equals("visitSummary"))
        .isNotEmpty()
        .allSatisfy(
            r ->
                assertThat(r.getInputs())
                    .filteredOn(i -> i.getDatasetType().equals("isolated_star_block"))
                    .isNotEmpty()
                    .allMatch(i -> i.getRun().equals("base")));
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void shuffledAndLateFilesMakeTheSameBytes(String runner) throws Exception {
    Path input = directory.resolve("arriving-" + runner);
    Surveys.prepare(input, night);
    CompletableFuture<CampaignRunner.Result> stream =
        CompletableFuture.supplyAsync(() -> launch(runner, input, runner, true));
    List<Path> files = new ArrayList<>(Surveys.frames(night, last));
    Collections.shuffle(files, new Random(runner.length()));
    for (Path file : files.subList(2, files.size())) {
      put(file, input);
    }
    Files.createFile(input.resolve("NIGHT_DONE_" + last));
    await(stream, () -> has(runner, "metric("));
    for (Path file : files.subList(0, 2)) {
      put(file, input);
    }
    Files.createFile(input.resolve("CAMPAIGN_DONE"));
    assertThat(stream.get().summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    assertThat(datasets(runner)).isEqualTo(datasets("bounded"));
    assertThat(quanta(runner))
        .filteredOn(r -> r.getTask().equals("nightTables"))
        .isNotEmpty()
        .allSatisfy(r -> assertThat(r.getOutputs().get(0).getRun()).startsWith(runner + "/r"));
  }

  @Test
  void calibrationsOfAWatchedNightAreCertifiedWhenItCloses() throws Exception {
    Path input = directory.resolve("calibs");
    Surveys.prepare(input, survey);
    CompletableFuture<CampaignRunner.Result> stream =
        CompletableFuture.supplyAsync(() -> launchCalibs(input, "calibs", true));
    for (Path file : ofTheFirstNight("BIAS", "DARK", "FLAT")) {
      put(file, input);
    }
    Files.createFile(input.resolve("NIGHT_DONE_" + first));
    assertThat(stream.get().summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    launchCalibs(input, "calibs-bounded", false);
    assertThat(datasets("calibs")).isEqualTo(datasets("calibs-bounded"));
    Campaign campaign = Template.load("calibs-nightly").resolve(calibs(input, true));
    Completion completion = new Completion(repository, "calibs", campaign);
    assertThat(completion.finish(ExitCode.SUCCESS, true, false).code()).isEqualTo(ExitCode.SUCCESS);
    List<String> masters = new ArrayList<>(List.of("bias", "dark", "defects"));
    frames(input, "FLAT").stream()
        .map(frame -> frame.info().getPhysicalFilter())
        .distinct()
        .forEach(filter -> masters.add("flat"));
    assertThat(new CalibrationCollection(repository, "watched").entries())
        .extracting(entry -> entry.dataset().getDatasetType())
        .containsExactlyInAnyOrderElementsOf(masters);
    assertThat(new CalibrationCollection(repository, "watched").entries())
        .allMatch(entry -> entry.isOpen() && entry.begin() == Math.floor(entry.begin()) + 0.5);
  }

  @Test
  void aNightThatNothingCertifiedCoversMakesItsOwnMasters() throws IOException {
    Path input = directory.resolve("own");
    Surveys.prepare(input, survey);
    for (Path file : ofTheFirstNight("BIAS", "DARK", "FLAT")) {
      put(file, input);
    }
    put(ofTheFirstNight("SCIENCE").get(0), input);
    Map<String, String> values =
        Map.of(
            "input", input.toString(),
            "base", "run:base",
            "watch", "false",
            "calibs", "calib:nothing");
    CampaignRunner.Result result =
        Campaigns.launch("nightly", values, repository, "own", "direct", 2, List.of("..step1"));
    assertThat(result.summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    assertThat(quanta("own"))
        .filteredOn(r -> r.getStatus() == QuantumStatus.DONE)
        .extracting(QuantumRecord::getTask)
        .contains("combineFrames", "certify", "singleFrame");
    assertThat(quanta("bounded"))
        .extracting(QuantumRecord::getTask)
        .doesNotContain("combineFrames", "certify");
  }

  private static CampaignRunner.Result launchCalibs(Path input, String run, boolean watch) {
    return Campaigns.launch(
        "calibs-nightly",
        calibs(input, watch),
        repository,
        run,
        "direct",
        2,
        Template.load("calibs-nightly").steps());
  }

  private static Map<String, String> calibs(Path input, boolean watch) {
    return Map.of(
        "input", input.toString(), "calibs", "calib:watched", "watch", String.valueOf(watch));
  }

  /** Frames of an input directory that say to be of these types. */
  private static List<FrameHeaders.Frame> frames(Path input, String... types) throws IOException {
    return FrameHeaders.read(InputFolder.of(input), null, IngestTask.Config.defaults())
        .frames()
        .stream()
        .filter(f -> List.of(types).contains(f.info().getObservationType()))
        .toList();
  }

  /** Frames of detector 0 of the first night that say to be of these types. */
  private static List<Path> ofTheFirstNight(String... types) throws IOException {
    return frames(survey, types).stream()
        .filter(f -> f.info().getDetector() == 0 && f.info().getDayObs() == first)
        .map(FrameHeaders.Frame::file)
        .toList();
  }

  private static void put(Path file, Path input) throws IOException {
    Path hidden = input.resolve("raw/." + file.getFileName());
    Files.copy(file, hidden);
    Files.move(
        hidden, input.resolve("raw").resolve(file.getFileName()), StandardCopyOption.ATOMIC_MOVE);
  }

  private static boolean has(String run, String dataset) {
    try {
      return Files.isDirectory(repository.resolve("runs/" + run + "/ledger"))
          && RunLedger.read(repository, run).hashes().keySet().stream()
              .anyMatch(name -> name.startsWith(dataset));
    } catch (UncheckedIOException e) {
      return false;
    }
  }

  private static void await(CompletableFuture<?> stream, BooleanSupplier condition)
      throws InterruptedException {
    while (!condition.getAsBoolean()) {
      assertThat(stream.isDone() ? String.valueOf(stream.join()) : "").isEmpty();
      Thread.sleep(500);
    }
  }
}
