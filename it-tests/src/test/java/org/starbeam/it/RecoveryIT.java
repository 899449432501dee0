package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.avro.specific.SpecificRecord;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.CcdVisitRow;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.SourceRow;
import org.starbeam.simulation.CampaignWriter;
import org.starbeam.simulation.Preset;
import org.starbeam.simulation.Presets;
import org.starbeam.simulation.ProgressListener;
import org.starbeam.sky.Angles;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.TableReader;

/**
 * Two visits of four detectors: the reference catalogue has a hole over detector 2, and on detector
 * 1 of the second visit the shutter stayed closed. Both get what they lack from the other detectors
 * (specs/02 section 14.2); truth is the simulator's.
 */
@Tag("acceptance")
class RecoveryIT {
  private static final String RUN = "recovery";
  private static final int HOLE = 2;
  private static final int DARK = 1;

  @TempDir static Path directory;
  private static Truth truth;
  private static Path repository;
  private static long darkVisit;
  private static CampaignRunner.Result result;

  @BeforeAll
  static void reduce() throws IOException {
    Path survey = directory.resolve("survey");
    Preset preset =
        Presets.it()
            .withDetectors(4)
            .withBands("r")
            .withNights(List.of(new Preset.Night(20210907, 2)))
            .withCalibs(new Preset.CalibSequence(3, 3, 3, 30000, 0, false, false));
    CampaignWriter.write(survey, preset, 1, ProgressListener.NONE);
    truth = Truth.read(survey);
    darkVisit = Arrays.stream(truth.visit()).max().orElseThrow();
    SurveyFaults.closeShutter(survey, DARK);
    SurveyFaults.removeReferences(survey, truth, HOLE);
    repository = directory.resolve("repo");
    result = Campaigns.launch(survey, repository, RUN, "direct", 2, List.of("..step2"));
  }

  @Test
  void nothingFailsAndTheFirstPassSaysWhatItLeftToTheVisit() {
    assertThat(result.summary().problems().stream().filter(r -> r.getErrorClass() != null))
        .isEmpty();
    assertThat(result.summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    List<QuantumRecord> frames =
        RunCatalog.open(repository, RUN).quanta().stream()
            .filter(r -> r.getTask().equals("singleFrame"))
            .toList();
    assertThat(frames).hasSize(8);
    for (QuantumRecord frame : frames) {
      DataId id = DataId.parse(frame.getDataId());
      boolean lost = isLost(id.getLong("visit"), id.getInt("detector"));
      assertThat(frame.getMessage() != null && frame.getMessage().contains("no wcs ("))
          .as(frame.getDataId())
          .isEqualTo(lost);
      if (lost) {
        assertThat(frame.getCaveats()).contains("FALLBACK");
        assertThat(frame.getMessage()).contains("no zp (");
      }
    }
  }

  @Test
  void starsWithoutReferencesHaveTheirPlacesAndFluxes() throws IOException {
    List<SourceRow> rows =
        rows("source", SourceRow.class).stream()
            .filter(s -> s.getDetector() == HOLE && s.getDetectIsPrimary() && !s.getPsfFluxFlag())
            .filter(s -> !s.getPixelFlagsSaturatedCenter() && !s.getPixelFlagsInterpolatedCenter())
            .toList();
    assertThat(rows).isNotEmpty().allMatch(SourceRow::getRecovered);
    List<Double> distance = new ArrayList<>();
    List<Double> ratio = new ArrayList<>();
    for (int i = 0; i < truth.size(); i++) {
      if (truth.detector()[i] == HOLE && truth.isCleanStar(i) && truth.snr()[i] > 50) {
        double nearest = 3;
        double flux = Double.NaN;
        for (SourceRow s : rows) {
          double d = Angles.separationArcsec(truth.ra()[i], truth.dec()[i], s.getRa(), s.getDec());
          if (s.getVisit() == truth.visit()[i] && d < nearest) {
            nearest = d;
            flux = s.getPsfFlux() / truth.flux()[i];
          }
        }
        distance.add(nearest);
        ratio.add(flux);
      }
    }
    assertThat(distance).hasSizeGreaterThan(20);
    assertThat(median(distance.stream().mapToDouble(d -> d).toArray()))
        .as("the simulated camera's file has detectors 0.4 arcsec off per axis")
        .isLessThan(2);
    assertThat(median(ratio.stream().mapToDouble(r -> r).toArray())).isBetween(0.985, 1.015);
  }

  @Test
  void theDarkDetectorHasTheZeroPointAndTheSeeingOfItsVisit() throws IOException {
    Map<Integer, CcdVisitRow> row = new TreeMap<>();
    rows("ccd_visit", CcdVisitRow.class).stream()
        .filter(r -> r.getVisitId() == darkVisit)
        .forEach(r -> row.put(r.getDetector(), r));
    assertThat(row).hasSize(4);
    double zeroPoint = (row.get(0).getZeroPoint() + row.get(3).getZeroPoint()) / 2;
    assertThat(row.get(DARK).getZeroPoint() - zeroPoint).isBetween(-0.01, 0.01);
    double sigma = (row.get(0).getPsfSigma() + row.get(3).getPsfSigma()) / 2;
    assertThat(row.get(DARK).getPsfSigma() / sigma).isBetween(0.96, 1.04);
    assertThat(row.get(DARK).getWcsMethod()).isEqualTo("camera-model");
    assertThat(row.get(DARK).getAstromOffsetMean())
        .as("no input of coadds, which take 0.05 arcsec")
        .isGreaterThan(0.05);
    assertThat(rows("source", SourceRow.class))
        .allMatch(s -> s.getRecovered() == isLost(s.getVisit(), s.getDetector()));
  }

  private static boolean isLost(long visit, int detector) {
    return detector == HOLE || (detector == DARK && visit == darkVisit);
  }

  @Test
  void anIsolatedStarIsOneStarInBothVisits() throws IOException {
    Map<Long, List<SourceRow>> stars = new TreeMap<>();
    for (SourceRow row : rows("source", SourceRow.class)) {
      if (row.getIsolatedStarId() != 0) {
        stars.computeIfAbsent(row.getIsolatedStarId(), id -> new ArrayList<>()).add(row);
      }
    }
    List<List<SourceRow>> twice = stars.values().stream().filter(s -> s.size() > 1).toList();
    assertThat(twice.size()).isGreaterThan(30);
    int used = 0;
    for (List<SourceRow> star : twice) {
      SourceRow a = star.get(0);
      SourceRow b = star.get(1);
      assertThat(star).hasSize(2);
      assertThat(a.getVisit()).isNotEqualTo(b.getVisit());
      assertThat(Angles.separationArcsec(a.getRa(), a.getDec(), b.getRa(), b.getDec()))
          .isLessThan(0.5);
      assertThat(a.getCalibPhotometryUsed() && a.getCalibPhotometryReserved()).isFalse();
      used += a.getCalibAstrometryUsed() ? 1 : 0;
    }
    assertThat(used).isGreaterThan(twice.size() / 2);
    assertThat(isStars(twice)).isGreaterThan(0.95);
  }

  /** Share of sources at which the truth has a star. */
  private static double isStars(List<List<SourceRow>> stars) {
    int good = 0;
    for (List<SourceRow> star : stars) {
      SourceRow row = star.get(0);
      boolean found = false;
      for (int i = 0; i < truth.size(); i++) {
        found |=
            truth.type()[i] == 0
                && truth.visit()[i] == row.getVisit()
                && Angles.separationArcsec(truth.ra()[i], truth.dec()[i], row.getRa(), row.getDec())
                    < 0.3;
      }
      good += found ? 1 : 0;
    }
    return (double) good / stars.size();
  }

  private static <T extends SpecificRecord> List<T> rows(String type, Class<T> rowClass)
      throws IOException {
    RunCatalog run = RunCatalog.open(repository, RUN);
    List<T> out = new ArrayList<>();
    for (DatasetRef ref : run.datasets(type)) {
      out.addAll(TableReader.read(run.path(ref), rowClass));
    }
    return out;
  }

  private static double median(double[] values) {
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
