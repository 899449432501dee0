package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.RunSummary;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.pipelines.report.ReportWriter;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;

/**
 * A survey with bad files, without the flats of a band, and one without reference stars: the fault
 * is named with its file or data id, what depends on it is blocked and says by whom, everything
 * else is finished, and the summary, the report and the status command say so.
 */
class FaultIT {
  private static final String RUN = "faults";
  private static final Set<String> PER_DETECTOR =
      Set.of("finalVisit", "diffim", "forcedOnObjects", "forcedOnDiaObjects", "singleFrame");
  private static final Set<String> PER_VISIT =
      Set.of("visitSummary", "astrometricSolve", "visitTables", "metrics");

  @TempDir static Path directory;
  private static Path badFiles;
  private static Path noReferences;
  private static SurveyFaults faults;

  @BeforeAll
  static void reduceFaultySurveys() throws IOException {
    Path survey = directory.resolve("survey");
    Preset preset =
        Presets.it()
            .withNights(List.of(new Preset.Night(20210907, 2)))
            .withCalibs(new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false));
    CampaignWriter.write(survey, preset, 1, ProgressListener.NONE);

    Path other = directory.resolve("survey without references");
    SurveyFaults.copyOneDetector(survey, other, "r_sim");
    SurveyFaults.moveReferences(survey, other, 1);
    noReferences = launch(other);

    faults = SurveyFaults.damage(survey, "g_sim", "r_sim");
    badFiles = launch(survey);
  }

  private static Path launch(Path survey) {
    Path repository = survey.resolveSibling(survey.getFileName() + " repo");
    Campaigns.launch(survey, repository, RUN, "direct", 2);
    return repository;
  }

  private static List<QuantumRecord> quanta(Path repository, QuantumStatus status) {
    return RunCatalog.open(repository, RUN).quanta().stream()
        .filter(r -> r.getStatus() == status)
        .toList();
  }

  private static QuantumRecord failure(String code) {
    List<QuantumRecord> found =
        quanta(badFiles, QuantumStatus.FAILED).stream()
            .filter(r -> code.equals(r.getErrorCode()))
            .toList();
    assertThat(found).as(code).hasSize(1);
    return found.get(0);
  }

  @Test
  void truncatedFrameIsNamedWithTheSizeThatItsHeaderAnnounces() {
    QuantumRecord record = failure("TRUNCATED");
    assertThat(record.getTask()).isEqualTo("ingest");
    assertThat(record.getErrorClass()).isEqualTo("BAD_INPUT");
    assertThat(record.getMessage())
        .contains(faults.truncated().getFileName().toString())
        .contains("the header announces data up to byte");
  }

  @Test
  void missingAmplifierIsNamedWithWhatTheFileHas() {
    QuantumRecord record = failure("MISSING_HDU");
    assertThat(record.getTask()).isEqualTo("ingest");
    assertThat(record.getMessage())
        .contains(faults.withoutAmplifier().getFileName().toString())
        .contains("no image extension SEGMENT11")
        .contains("the file has");
  }

  @Test
  void fileThatIsNoFitsIsNamed() {
    QuantumRecord record = failure("NOT_FITS");
    assertThat(record.getMessage())
        .contains(faults.junk().getFileName().toString())
        .contains("this is not a FITS file");
  }

  @Test
  void everyFrameOfABandWithoutFlatsSaysWhichFlatItNeeds() {
    List<QuantumRecord> records =
        quanta(badFiles, QuantumStatus.FAILED).stream()
            .filter(r -> !r.getTask().equals("ingest"))
            .toList();
    assertThat(records).hasSize(4);
    assertThat(records)
        .allSatisfy(
            r -> {
              String detector = r.getDataId().replaceAll(".*detector=", "");
              assertThat(r.getTask()).isEqualTo("singleFrame");
              assertThat(r.getErrorCode()).isEqualTo("MISSING_CALIB");
              assertThat(r.getMessage())
                  .contains(r.getDataId())
                  .contains("no flat for detector " + detector + ", filter g_sim")
                  .contains("Add the exposures");
            });
  }

  @Test
  void dependantsAreBlockedByTheFramesThatFailed() {
    assertThatDependantsAreBlocked(badFiles, 4);
    assertThatDependantsAreBlocked(noReferences, 2);
  }

  private static void assertThatDependantsAreBlocked(Path repository, int frames) {
    Set<String> roots =
        quanta(repository, QuantumStatus.FAILED).stream()
            .filter(r -> r.getTask().equals("singleFrame"))
            .map(r -> "singleFrame(" + r.getDataId() + ")")
            .collect(Collectors.toCollection(TreeSet::new));
    assertThat(roots).hasSize(frames);
    List<QuantumRecord> blocked = quanta(repository, QuantumStatus.BLOCKED);
    assertThat(blocked)
        .allSatisfy(
            r -> {
              assertThat(roots).containsAll(r.getRootCauses());
              assertThat(r.getRootCauses())
                  .isNotEmpty()
                  .allMatch(c -> c.contains(r.getDataId().replaceAll(",detector.*", "")));
              assertThat(r.getMessage()).contains(r.getDataId().replaceAll(",detector.*", ""));
            });
    Set<String> tasks = blocked.stream().map(QuantumRecord::getTask).collect(Collectors.toSet());
    Set<String> expected = new TreeSet<>(PER_DETECTOR);
    expected.addAll(PER_VISIT);
    expected.remove("singleFrame");
    assertThat(tasks).isEqualTo(expected);
    assertThat(blocked.stream().filter(r -> r.getTask().equals("finalVisit"))).hasSize(frames);
  }

  @Test
  void everythingElseIsFinished() {
    RunCatalog catalog = RunCatalog.open(badFiles, RUN);
    assertThat(quanta(badFiles, QuantumStatus.RUNNING)).isEmpty();
    assertThat(quanta(badFiles, QuantumStatus.FAILED)).hasSize(7);
    for (String task : PER_DETECTOR) {
      assertThat(quanta(badFiles, QuantumStatus.DONE).stream())
          .filteredOn(r -> r.getTask().equals(task))
          .as("good frames of %s", task)
          .hasSize(2);
    }
    assertThat(catalog.tables().keySet())
        .contains("Object", "Source", "ForcedSource", "Visit", "CcdVisit")
        .contains("DiaSource", "DiaObject", "ForcedSourceOnDiaObject");
    assertThat(catalog.datasets("deep_coadd")).isNotEmpty();
    assertThat(catalog.datasets("difference_image")).hasSize(2);
  }

  @Test
  void fieldWithoutReferenceStarsIsNamedWithItsPlace() {
    List<QuantumRecord> records = quanta(noReferences, QuantumStatus.FAILED);
    assertThat(records).hasSize(2);
    assertThat(records)
        .allSatisfy(
            r -> {
              assertThat(r.getTask()).isEqualTo("singleFrame");
              assertThat(r.getErrorCode()).isEqualTo("NO_REFERENCES");
              assertThat(r.getMessage())
                  .contains(r.getDataId())
                  .contains(".fits.fz")
                  .contains("the reference catalogue has no star")
                  .contains("RA 11.", "Dec -30.")
                  .contains("refcat/");
            });
  }

  @Test
  void failuresHaveTheClassOfWhatTheUserCanMend() {
    for (Path repository : List.of(badFiles, noReferences)) {
      assertThat(quanta(repository, QuantumStatus.FAILED))
          .extracting(QuantumRecord::getErrorClass)
          .containsOnly("BAD_INPUT");
    }
  }

  @Test
  void summaryReportAndStatusSaySo() throws IOException {
    for (Path repository : List.of(badFiles, noReferences)) {
      RunCatalog catalog = RunCatalog.open(repository, RUN);
      RunSummary summary = new RunSummary(catalog.quanta(), 0);
      assertThat(summary.exitCode()).isEqualTo(ExitCode.POLICY);
      Path first = ReportWriter.write(repository, RUN);
      String report = Files.readString(first);
      JsonNode status = status(repository);
      assertThat(status.path("exitCode").asInt()).isEqualTo(ExitCode.POLICY.code());
      assertThat(status.path("problems")).hasSameSizeAs(summary.problems());
      List<String> messages = new ArrayList<>();
      status.path("problems").forEach(p -> messages.add(p.path("message").asText()));
      for (QuantumRecord failed : quanta(repository, QuantumStatus.FAILED)) {
        assertThat(messages).contains(failed.getMessage());
        assertThat(report).contains(failed.getDataId()).contains(failed.getErrorCode());
        assertThat(first.resolveSibling(failed.getStep() + ".html"))
            .content()
            .contains("<td>" + failed.getDataId() + "</td>")
            .contains(failed.getErrorCode());
      }
    }
    assertThat(Files.readString(ReportWriter.write(badFiles, RUN)))
        .contains(faults.truncated().getFileName().toString())
        .contains(faults.withoutAmplifier().getFileName().toString())
        .contains(faults.junk().getFileName().toString())
        .contains("filter g_sim");
  }

  /** What the command prints. */
  private static JsonNode status(Path repository) throws IOException {
    Path output = directory.resolve("status.json");
    PrintStream before = System.out;
    try (PrintStream file = new PrintStream(output.toFile(), StandardCharsets.UTF_8)) {
      System.setOut(file);
      int code =
          Main.execute("status", RUN, "--repo", repository.toString(), "--json", "--exit-code");
      assertThat(code).isEqualTo(ExitCode.POLICY.code());
    } finally {
      System.setOut(before);
    }
    return new ObjectMapper().readTree(output.toFile());
  }
}
