package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.schema.VisitRow;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.step2.WcsDocument;

/**
 * Eight clear visits of one band, of which one says that it points a minute of arc to the south of
 * where it does, or that it was exposed twice as long as it was, so that its stars have half of
 * their flux. It is named with the reason and the others stay where they are without the fault.
 */
@Tag("acceptance")
class BadVisitIT {
  private static final List<String> STEPS =
      List.of("ingest", "calibs", "step1", "step2", "step3:selectVisits");
  private static final String RUN = "bad";
  private static final long BAD = 2021091000101L;
  private static final double HALF_MAG = 2.5 * Math.log10(2);
  private static final int SIDE_PX = 1024;

  /** Terms of each axis of a map of degree 1, the least that is fitted. */
  private static final int LINEAR_TERMS = 3;

  @TempDir static Path directory;
  private static Path good;
  private static Path pointing;
  private static Path flux;

  @BeforeAll
  static void reduceWithAndWithoutFault() throws IOException {
    Path survey = directory.resolve("survey");
    CampaignWriter.write(survey, preset(), 1, ProgressListener.NONE);
    Path south = directory.resolve("south");
    SurveyFaults.copy(survey, south);
    SurveyFaults.addToHeader(south, BAD, "DEC", 1 / 60.0);
    Path twice = directory.resolve("twice");
    SurveyFaults.copy(survey, twice);
    SurveyFaults.addToHeader(twice, BAD, "EXPTIME", Presets.it().expTime());
    good = launch(survey, ExitCode.SUCCESS);
    pointing = launch(south, ExitCode.POLICY);
    flux = launch(twice, ExitCode.SUCCESS);
  }

  /** The preset {@code it} in one band, eight visits in four nights without clouds and trails. */
  private static Preset preset() {
    Preset it = Presets.it();
    Preset.Observing o = it.observing();
    List<Integer> nights = List.of(20210907, 20210910, 20210916, 20211008);
    return new Preset(
        it.name(),
        it.frames(),
        it.detectors(),
        "r",
        nights.stream().map(n -> new Preset.Night(n, 2)).toList(),
        it.expTime(),
        new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false),
        it.field(),
        it.sensor(),
        new Preset.Observing(
            o.ditherArcsec(),
            o.pointingErrorArcsec(),
            o.rotationErrorDeg(),
            o.seeingLow(),
            o.seeingHigh(),
            0,
            0,
            true,
            true));
  }

  private static Path launch(Path survey, ExitCode code) {
    Path repository = survey.resolveSibling(survey.getFileName() + " repo");
    Map<String, String> values = Map.of("input", survey.toString(), "bands", "r");
    CampaignRunner.Result result =
        Campaigns.launch("ci", values, repository, RUN, "direct", 2, STEPS);
    assertThat(result.summary().exitCode()).isEqualTo(code);
    return repository;
  }

  private static List<QuantumRecord> quanta(Path repository, Predicate<QuantumRecord> which) {
    return RunCatalog.open(repository, RUN).quanta().stream().filter(which).toList();
  }

  private static List<Path> files(Path repository, String type) {
    RunCatalog run = RunCatalog.open(repository, RUN);
    return run.datasets(type).stream().map(run::path).toList();
  }

  /** Rows of detectors by visit and detector. */
  private static Map<String, CcdVisitRow> detectors(Path repository) throws IOException {
    Map<String, CcdVisitRow> out = new TreeMap<>();
    for (Path file : files(repository, "ccd_visit")) {
      TableReader.read(file, CcdVisitRow.class)
          .forEach(row -> out.put(row.getVisitId() + "/" + row.getDetector(), row));
    }
    return out;
  }

  private static Map<Long, VisitRow> visits(Path repository) throws IOException {
    Map<Long, VisitRow> out = new TreeMap<>();
    for (Path file : files(repository, "visit")) {
      TableReader.read(file, VisitRow.class).forEach(row -> out.put(row.getVisit(), row));
    }
    return out;
  }

  private static List<JsonNode> documents(Path repository, String type) throws IOException {
    List<JsonNode> out = new ArrayList<>();
    for (Path file : files(repository, type)) {
      out.add(new ObjectMapper().readTree(file.toFile()));
    }
    return out;
  }

  /** Reasons of the coadds' selection, of both tracts, for the bad visit. */
  private static List<String> reasons(Path repository) throws IOException {
    List<String> out = new ArrayList<>();
    for (JsonNode selection : documents(repository, "coadd_input_selection")) {
      for (JsonNode choice : selection.get("choices")) {
        if (choice.get("visit").longValue() == BAD) {
          assertThat(choice.get("selected").booleanValue())
              .isEqualTo(choice.get("reason").textValue().isEmpty());
          out.add(choice.get("reason").textValue());
        }
      }
    }
    return out;
  }

  @Test
  void withoutFaultAllVisitsAreGood() throws IOException {
    assertThat(detectors(good))
        .hasSize(16)
        .allSatisfy((k, d) -> assertThat(isSelected(d)).isTrue());
    assertThat(visits(good).values())
        .extracting(v -> v.getPhotometricClass().toString())
        .containsOnly("photometric");
    assertThat(reasons(good)).hasSize(4).containsOnly("");
  }

  private static boolean isSelected(CcdVisitRow detector) {
    return Boolean.TRUE.equals(detector.getSelectedForCoadd());
  }

  @Test
  void aVisitOfWrongPointingIsNamedAndNothingIsMadeOfIt() throws IOException {
    String visit = "visit=" + BAD;
    assertThat(quanta(pointing, r -> r.getTask().equals("singleFrame") && r.getMessage() != null))
        .hasSize(2)
        .allSatisfy(
            r ->
                assertThat(r.getMessage())
                    .contains(visit)
                    .contains("no wcs")
                    .contains("shift up to 60 arcsec")
                    .contains("no map passed"));
    assertThat(quanta(pointing, r -> r.getStatus() == QuantumStatus.FAILED))
        .allSatisfy(r -> assertThat(r.getDataId()).contains(visit))
        .extracting(QuantumRecord::getErrorCode)
        .containsExactlyInAnyOrder("NO_ZERO_POINT", "NOT_RECOVERED", "NOT_RECOVERED");
    assertThat(quanta(pointing, r -> r.getStatus() == QuantumStatus.BLOCKED))
        .allSatisfy(r -> assertThat(r.getDataId()).contains(visit));
    assertThat(visits(pointing)).hasSize(7).doesNotContainKey(BAD);
    assertThat(reasons(pointing)).isEmpty();
  }

  @Test
  void aVisitOfHalfTheFluxIsToldByItsGrayTermAndKeptOutOfCoadds() throws IOException {
    VisitRow visit = Objects.requireNonNull(visits(flux).get(BAD));
    assertThat(visit.getPhotometricClass().toString()).isEqualTo("recovered");
    assertThat(visit.getExpGray().doubleValue()).isCloseTo(-HALF_MAG, within(0.02));
    detectors(flux)
        .forEach((k, d) -> assertThat(isSelected(d)).as(k).isEqualTo(d.getVisitId() != BAD));
    assertThat(reasons(flux)).hasSize(4).containsOnly("ZERO_POINT_SCALE");
  }

  @Test
  void theOthersMoveByLessThanTheirErrors() throws IOException {
    for (Path faulty : List.of(pointing, flux)) {
      double[] zeroPoints = zeroPointMoves(faulty);
      double[] detectors = detectorMoves(faulty);
      double[] places = placeMoves(faulty);
      System.out.printf(
          Locale.ROOT,
          "BadVisitIT: %s: moves over errors, worst and rms: zero points of visits %.2f %.2f,"
              + " of detectors %.2f %.2f, places %.2f %.2f%n",
          faulty.getFileName(),
          worst(zeroPoints),
          rms(zeroPoints),
          worst(detectors),
          rms(detectors),
          worst(places),
          rms(places));
      assertThat(zeroPoints).hasSize(7);
      assertThat(worst(zeroPoints)).as("zero points of visits").isLessThan(1);
      assertThat(detectors).hasSize(14);
      assertThat(rms(detectors)).as("zero points of detectors").isLessThan(1);
      assertThat(places).hasSize(14);
      assertThat(worst(places)).as("places").isLessThan(1);
      detectors(faulty)
          .forEach((k, d) -> assertThat(isSelected(d)).as(k).isEqualTo(d.getVisitId() != BAD));
    }
  }

  private static double worst(double[] moves) {
    return Arrays.stream(moves).map(Math::abs).max().orElse(Double.NaN);
  }

  private static double rms(double[] moves) {
    return Math.sqrt(Arrays.stream(moves).map(m -> m * m).average().orElse(Double.NaN));
  }

  /** How far the constants of the other visits have moved, in their errors. */
  private static double[] zeroPointMoves(Path faulty) throws IOException {
    JsonNode was = documents(good, "photometric_solution").get(0).get("visits");
    JsonNode is = documents(faulty, "photometric_solution").get(0).get("visits");
    List<Double> out = new ArrayList<>();
    was.fieldNames()
        .forEachRemaining(
            visit -> {
              if (!visit.equals(String.valueOf(BAD))) {
                double from = was.get(visit).get("zeroPoint").doubleValue();
                double to = is.get(visit).get("zeroPoint").doubleValue();
                out.add((to - from) / was.get(visit).get("zeroPointErr").doubleValue());
              }
            });
    return out.stream().mapToDouble(Double::doubleValue).toArray();
  }

  /** The same of their detectors. */
  private static double[] detectorMoves(Path faulty) throws IOException {
    Map<String, CcdVisitRow> was = detectors(good);
    return detectors(faulty).entrySet().stream()
        .filter(e -> e.getValue().getVisitId() != BAD)
        .mapToDouble(
            e -> {
              CcdVisitRow before = Objects.requireNonNull(was.get(e.getKey()));
              return (e.getValue().getZeroPoint() - before.getZeroPoint())
                  / before.getZeroPointErr();
            })
        .toArray();
  }

  /** How far the maps of the other visits' detectors have moved, in their errors. */
  private static double[] placeMoves(Path faulty) throws IOException {
    Map<String, TanSip> was = maps(good);
    Map<String, CcdVisitRow> rows = detectors(good);
    return maps(faulty).entrySet().stream()
        .filter(e -> !e.getKey().startsWith(BAD + "/"))
        .mapToDouble(
            e -> {
              CcdVisitRow row = Objects.requireNonNull(rows.get(e.getKey()));
              double perStar = Math.sqrt((double) LINEAR_TERMS / row.getNStarAstrom());
              return distance(was.get(e.getKey()), e.getValue())
                  / (row.getAstromGlobalRms() * perStar);
            })
        .toArray();
  }

  /** Maps of the final solution by visit and detector. */
  private static Map<String, TanSip> maps(Path repository) throws IOException {
    Map<String, TanSip> out = new TreeMap<>();
    for (JsonNode visit : documents(repository, "visit_solution")) {
      for (JsonNode detector : visit.get("detectors")) {
        out.put(
            visit.get("visit").asText() + "/" + detector.get("detector").asText(),
            new ObjectMapper().treeToValue(detector.get("wcs"), WcsDocument.class).wcs());
      }
    }
    return out;
  }

  /** Root mean square distance per axis of two maps over a detector, arcsec. */
  private static double distance(TanSip a, TanSip b) {
    double[] steps = {0, 0.25, 0.5, 0.75, 1};
    double sum = 0;
    for (double x : steps) {
      for (double y : steps) {
        SkyPoint p = a.toSky(x * (SIDE_PX - 1), y * (SIDE_PX - 1));
        SkyPoint q = b.toSky(x * (SIDE_PX - 1), y * (SIDE_PX - 1));
        double d = Angles.separationArcsec(p.raDeg(), p.decDeg(), q.raDeg(), q.decDeg());
        sum += d * d;
      }
    }
    return Math.sqrt(sum / (2 * steps.length * steps.length));
  }
}
