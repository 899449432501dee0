package org.starbeam.astrometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.schema.RefStar;

/** What a file of a reference catalogue may leave out, and how its columns may be called. */
class ReferenceCatalogTest {
  private static final double MJD = 57388.5;

  @TempDir Path directory;

  private Path file(String name, Map<String, Object> columns) {
    Path out = directory.resolve(name);
    try (FitsWriter writer = FitsWriter.create(out)) {
      writer.primary(Map.of()).table(new FitsTable("STARS", Map.of(), columns)).commit();
    }
    return out;
  }

  @Test
  void starsOfTwoFilesWithoutIdsAreAllThere() {
    Path north = file("n.fits", Map.of("ra", new double[] {10, 11}, "dec", new double[] {1, 2}));
    Path south = file("s.fits", Map.of("ra", new double[] {10, 11}, "dec", new double[] {-1, 2}));
    List<RefStar> both = new ArrayList<>(ReferenceCatalog.read(north));
    both.addAll(ReferenceCatalog.read(south));
    assertThat(ReferenceStars.at(both, MJD).size())
        .as("three places, of which one is in both files")
        .isEqualTo(3);
  }

  @Test
  void idIsThatOfTheFile() {
    Path file =
        file(
            "gaia.fits",
            Map.of(
                "SOURCE_ID", new long[] {4295806720L},
                "RA", new double[] {44.996},
                "DEC", new double[] {0.0056}));
    assertThat(ReferenceCatalog.read(file)).singleElement().matches(s -> s.getId() == 4295806720L);
  }

  @Test
  void bandsAreSpelledAsInTheFile() {
    Path file =
        file(
            "mixed.fits",
            Map.of(
                "ra", new double[] {10},
                "dec", new double[] {1},
                "flux_V", new double[] {1000},
                "flux_V_error", new double[] {10},
                "flux_r", new double[] {2000}));
    RefStar star = ReferenceCatalog.read(file).get(0);
    assertThat(star.getFlux()).isEqualTo(Map.of("V", 1000.0, "r", 2000.0));
    assertThat(star.getFluxErr()).containsEntry("V", 10.0).containsEntry("r", Double.NaN);
  }

  @Test
  void namesInCapitalsMeanBandsInLowerCase() {
    Path file =
        file(
            "capitals.fits",
            Map.of(
                "RA", new double[] {10},
                "DEC", new double[] {1},
                "FLUX_G", new double[] {1000},
                "FLUX_G_ERROR", new double[] {10}));
    RefStar star = ReferenceCatalog.read(file).get(0);
    assertThat(star.getFlux()).isEqualTo(Map.of("g", 1000.0));
    assertThat(star.getFluxErr()).isEqualTo(Map.of("g", 10.0));
  }

  @Test
  void fileWithoutPlacesIsRefusedWithWhatItHas() {
    Path file = file("mags.fits", Map.of("ra", new double[] {10}, "mag", new double[] {18}));
    assertThatThrownBy(() -> ReferenceCatalog.read(file))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("dec")
        .hasMessageContaining("mag");
  }
}
