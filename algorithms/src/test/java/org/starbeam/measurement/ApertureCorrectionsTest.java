package org.starbeam.measurement;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.image.Chebyshev2D;

class ApertureCorrectionsTest {
  private static final Box BOX = new Box(0, 0, 100, 80);

  private static final ApertureCorrection CONSTANT =
      new ApertureCorrection(
          Fields.PSF_FLUX,
          Chebyshev2D.constant(BOX, 1.02),
          new double[][] {{1e-6}},
          List.of(new int[] {0, 0}),
          8,
          0.004);

  @TempDir Path directory;

  /** A frame with few stars has constants only, so that vectors in the file have one element. */
  @Test
  void constantsSurviveAFile() throws Exception {
    assertSurvives(new ApertureCorrections(List.of(CONSTANT)));
  }

  @Test
  void mapsAndConstantsSurviveAFileTogether() throws Exception {
    ApertureCorrection map =
        new ApertureCorrection(
            Fields.CALIB_FLUX,
            new Chebyshev2D(BOX, 1, 1, new double[] {1, 0.01, -0.02, 0}),
            new double[][] {{1, 2}, {2, 5}},
            List.of(new int[] {0, 0}, new int[] {1, 0}),
            40,
            0.002);
    assertSurvives(new ApertureCorrections(List.of(CONSTANT, map)));
  }

  private void assertSurvives(ApertureCorrections before) throws Exception {
    Path file = directory.resolve("apcorr.fits");
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Map.of()).table(before.toTable()).commit();
    }
    try (FitsReader reader = FitsReader.open(file)) {
      ApertureCorrections after =
          ApertureCorrections.fromTable(reader.readTable(reader.hdus().get(1)));
      assertThat(after.all()).hasSameSizeAs(before.all());
      for (int i = 0; i < after.all().size(); i++) {
        ApertureCorrection a = after.all().get(i);
        ApertureCorrection b = before.all().get(i);
        assertThat(a.flux()).isEqualTo(b.flux());
        assertThat(a.map().coefficients()).isEqualTo(b.map().coefficients());
        assertThat(a.covariance()).isDeepEqualTo(b.covariance());
        assertThat(a.terms()).usingRecursiveComparison().isEqualTo(b.terms());
        assertThat(a.stars()).isEqualTo(b.stars());
        assertThat(a.scatter()).isEqualTo(b.scatter());
      }
    }
  }
}
