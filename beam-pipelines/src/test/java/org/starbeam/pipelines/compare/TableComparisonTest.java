package org.starbeam.pipelines.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.report.RunDatabase;

/** Sources of 12 detectors and 5 visits, and copies of their table in which something changed. */
class TableComparisonTest {
  private static final Tolerances TOLERANCES = Tolerances.defaults();

  @TempDir Path directory;

  private Path original;

  @BeforeEach
  void makeSources() {
    original =
        copy(
            "original",
            "select setseed(0.42), null",
            "select d.i * 1000000 + v.i * 1000 + s.i as \"sourceId\", v.i as visit, d.i as detector,"
                + " 'r' as band, 150 + 0.01 * d.i + 0.008 * random() as ra,"
                + " 2 + 0.008 * random() as dec, 1e-6 as \"raErr\", 1e-6 as \"decErr\","
                + " 1000 + 5000 * random() as \"psfFlux\", 10.0 as \"psfFluxErr\","
                + " 4 + random() as ixx, 4 + random() as iyy, true as detect_isPrimary,"
                + " false as sky_source from range(12) d(i), range(5) v(i), range(200) s(i)");
  }

  private Path copy(String name, String before, String query) {
    Path file = directory.resolve(name + ".parquet");
    try (RunDatabase database = new RunDatabase(Map.of())) {
      database.texts(before);
      database.execute("copy (" + query + ") to '" + file + "' (format parquet)");
    }
    return file;
  }

  private Path changed(String name, String replacements) {
    return copy(
        name,
        "select 'x'",
        "select * replace (" + replacements + ") from read_parquet('" + original + "')");
  }

  private static TableComparison compare(Path here, Path there) {
    return new TableComparison(
        Map.of("Source", List.of(here)), Map.of("Source", List.of(there)), List.of());
  }

  @Test
  void aTableComparedWithItselfHasNoDifference() {
    try (TableComparison same = compare(original, original)) {
      assertThat(same.rows()).containsExactly(new TableComparison.Rows("Source", 12_000, 12_000));
      assertThat(same.matched())
          .containsExactly(new TableComparison.Matched("Source", 12_000, 0, 0));
      assertThat(same.sources()).hasSize(4);
      assertThat(same.sources())
          .allSatisfy(
              d -> {
                assertThat(d.n()).isEqualTo(12_000);
                assertThat(d.median()).isZero();
                assertThat(d.mad()).isZero();
                assertThat(d.beyondFiveSigma()).isZero();
              });
      assertThat(same.detectors(TOLERANCES)).hasSize(12).allMatch(d -> d.median() == 0);
    }
  }

  @Test
  void aZeroPointShiftOfFiveMillimagnitudesPutsItsDetectorOnTop() {
    Path shifted =
        changed(
            "shifted",
            "case when detector = 7 then \"psfFlux\" * pow(10, -0.4 * 0.005) else \"psfFlux\" end"
                + " as \"psfFlux\"");
    try (TableComparison comparison = compare(shifted, original)) {
      List<TableComparison.Difference> detectors = comparison.detectors(TOLERANCES);
      assertThat(detectors.get(0).detector()).isEqualTo(7);
      assertThat(detectors.get(0).median()).isCloseTo(0.005, within(1e-6));
      assertThat(detectors.get(0).excess(TOLERANCES.magnitude(), TOLERANCES.sigma()))
          .isGreaterThan(1);
      assertThat(detectors.subList(1, 12)).allMatch(d -> d.median() == 0);
    }
  }

  @Test
  void theShiftIsFoundUnderTheNoiseOfAnotherReduction() {
    Path noisy =
        changed(
            "noisy",
            "(\"psfFlux\" + \"psfFluxErr\" * (random() + random() + random() - 1.5)) * case when"
                + " detector = 3 then pow(10, -0.4 * 0.005) else 1 end as \"psfFlux\","
                + " ra + 2e-6 * (random() - 0.5) as ra, dec + 2e-6 * (random() - 0.5) as dec");
    try (TableComparison comparison = compare(noisy, original)) {
      assertThat(comparison.matched().get(0).both()).isEqualTo(12_000);
      List<TableComparison.Difference> detectors = comparison.detectors(TOLERANCES);
      assertThat(detectors.get(0).detector()).isEqualTo(3);
      assertThat(detectors)
          .filteredOn(d -> d.excess(TOLERANCES.magnitude(), TOLERANCES.sigma()) > 1)
          .hasSize(1);
    }
  }

  @Test
  void shiftedPositionsAndMissingRowsAreCounted() {
    Path moved =
        copy(
            "moved",
            "select 'x'",
            "select * replace (dec + 0.01 / 3600 as dec) from read_parquet('"
                + original
                + "') where \"sourceId\" % 10 != 0");
    try (TableComparison comparison = compare(moved, original)) {
      assertThat(comparison.rows().get(0).difference()).isEqualTo(-1200);
      assertThat(comparison.matched().get(0))
          .isEqualTo(new TableComparison.Matched("Source", 10_800, 0, 1200));
      assertThat(comparison.sources().get(1).what()).isEqualTo("Source declination");
      assertThat(comparison.sources().get(1).median()).isCloseTo(10, within(1e-3));
    }
  }
}
