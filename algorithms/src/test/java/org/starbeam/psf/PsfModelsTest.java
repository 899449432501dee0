package org.starbeam.psf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.testing.Shared;

class PsfModelsTest {

  @Test
  void rendersAPsfexModelAsTheVectorSays() {
    JsonNode vector = Shared.vector("char-psfex-model");
    PixelPsf psf = (PixelPsf) PsfModels.fromTable(psfexTable(vector));
    for (JsonNode r : vector.get("renders")) {
      double fx = r.get("frac").get(0).asDouble();
      double fy = r.get("frac").get(1).asDouble();
      int half = r.get("n").asInt() / 2;
      ImageD image =
          psf.render(r.get("x_fits").asDouble() - 1, r.get("y_fits").asDouble() - 1, fx, fy, half);
      // a fraction of one half rounds to the next pixel
      int midX = (int) Math.rint(fx);
      int midY = (int) Math.rint(fy);
      if (midX != 0 || midY != 0) {
        continue;
      }
      for (int i = -half; i <= half; i++) {
        assertThat(image.get(i, 0))
            .isCloseTo(r.get("centre_row").get(i + half).asDouble(), within(1e-7));
        assertThat(image.get(0, i))
            .isCloseTo(r.get("centre_col").get(i + half).asDouble(), within(1e-7));
      }
      assertThat(image.get(-half, -half)).isCloseTo(r.get("corner").asDouble(), within(1e-7));
    }
  }

  @Test
  void readBackModelsEvaluateToTheSameBits() {
    PsfModel fitted = fitted(PsfDeterminer.Config.defaults());
    assertThat(fitted.fluxErrFraction(100, 900)).isBetween(1e-4, 1e-2);
    Random random = new Random(4);
    for (PsfModel model :
        List.of(
            fitted,
            fittedByPiff(PiffPsf.Model.PIXEL_GRID, PiffPsf.Interpolation.POLYNOMIAL),
            fittedByPiff(PiffPsf.Model.MOFFAT, PiffPsf.Interpolation.POLYNOMIAL),
            fittedByPiff(PiffPsf.Model.GAUSSIAN, PiffPsf.Interpolation.GP),
            fittedByPiff(PiffPsf.Model.KOLMOGOROV, PiffPsf.Interpolation.GP_VON_KARMAN),
            new MoffatPsf(3.1, 2.8, 0.05, -0.02, 12),
            new GaussianPsf(1.7))) {
      List<FitsTable> tables = PsfModels.toTables(model);
      PsfModel back = PsfModels.fromTables(tables.get(0), tables.stream().skip(1).findFirst());
      for (int i = 0; i < 300; i++) {
        double x = 1023 * random.nextDouble();
        double y = 1023 * random.nextDouble();
        assertThat(back.image(x, y).data).isEqualTo(model.image(x, y).data);
        assertThat(back.kernelImage(x, y).data).isEqualTo(model.kernelImage(x, y).data);
        assertThat(back.fluxErrFraction(x, y)).isEqualTo(model.fluxErrFraction(x, y));
      }
      assertThat(back.shape(10, 20)).isEqualTo(model.shape(10, 20));
    }
  }

  /** Written as PSFEx does and read again; centroids, which its models do not move, as written. */
  @Test
  void aModelWrittenAsPsfexDoesIsTheSameModel() {
    agreesAsPsfex(fitted(PsfDeterminer.Config.defaults()), 2);
  }

  /** Pixels of a profile whose size is a polynomial are none; a higher degree follows them. */
  @Test
  void aProfileWrittenAsPsfexDoesIsFollowedByAHigherDegree() {
    agreesAsPsfex(fittedByPiff(PiffPsf.Model.MOFFAT, PiffPsf.Interpolation.POLYNOMIAL), 4);
  }

  private static void agreesAsPsfex(PsfModel model, int degree) {
    PsfModel back = PsfModels.fromTable(PsfexFile.write(model, new Box(0, 0, 1024, 1024), degree));
    for (int i = 0; i < 25; i++) {
      double x = 100 + 200 * (i % 5);
      double y = 100 + 200 * (i / 5);
      double[] expected = model.shape(x, y);
      double[] found = back.shape(x, y);
      assertThat(found[0]).isCloseTo(expected[0], within(2e-3 * expected[0]));
      assertThat(found[1]).isCloseTo(expected[1], within(2e-3 * expected[1]));
      assertThat(found[2]).isCloseTo(expected[2], within(2e-3 * expected[0]));
      double peak = model.kernelImage(x, y).get(0, 0);
      assertThat(back.kernelImage(x, y).get(0, 0)).isCloseTo(peak, within(2e-3 * peak));
    }
  }

  private static PsfModel fitted(PsfDeterminer.Config config) {
    S1Frame frame = new S1Frame(2, 1, 80, 0);
    List<StampSet.Star> stars = frame.trainingStars(50, new Random(1));
    StampSet stamps = StampSet.of(frame.image, stars, StampSet.Config.defaults());
    return PsfDeterminer.of(config).fit(stamps, 3.6).model();
  }

  private static PsfModel fittedByPiff(PiffPsf.Model model, PiffPsf.Interpolation interpolation) {
    PsfDeterminer.Config defaults = PsfDeterminer.Config.defaults();
    return fitted(defaults.withPiff(defaults.piff().with(model, interpolation)));
  }

  @Test
  void unknownKindsAreRefusedByName() {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("PSFTYPE", "piff");
    assertThatThrownBy(
            () -> PsfModels.fromTable(new FitsTable("PSF", header, new LinkedHashMap<>())))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("piff");
  }

  @Test
  void rhoStatisticsAreThoseOfAllPairs() {
    JsonNode vector = Shared.vector("char-rho-statistics");
    List<RhoStatistics.Star> stars = new ArrayList<>();
    for (JsonNode s : vector.get("catalog")) {
      stars.add(
          new RhoStatistics.Star(
              s.get("x").asDouble(),
              s.get("y").asDouble(),
              s.get("e1").asDouble(),
              s.get("e2").asDouble(),
              s.get("de1").asDouble(),
              s.get("de2").asDouble(),
              s.get("T").asDouble(),
              s.get("dT").asDouble()));
    }
    List<RhoStatistics.Bin> bins = RhoStatistics.of(stars, new double[] {0.5, 2, 5, 12});
    for (int k = 0; k < 3; k++) {
      JsonNode expected = vector.get("bins").get(k);
      assertThat(bins.get(k).pairs()).isEqualTo(expected.get("npairs").asLong());
      for (int r = 0; r < 5; r++) {
        double value = expected.get("rho" + (r + 1)).asDouble();
        assertThat(bins.get(k).rho()[r]).isCloseTo(value, within(1e-12 + 1e-11 * Math.abs(value)));
      }
    }
  }

  private static FitsTable psfexTable(JsonNode vector) {
    byte[] bytes = Base64.getDecoder().decode(vector.get("psf_mask_float32_be_base64").asText());
    float[] mask = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).asFloatBuffer().get(mask);
    Map<String, Object> header = new LinkedHashMap<>();
    Iterator<Map.Entry<String, JsonNode>> cards = vector.get("header").fields();
    while (cards.hasNext()) {
      Map.Entry<String, JsonNode> card = cards.next();
      JsonNode v = card.getValue();
      header.put(
          card.getKey(),
          v.isTextual() ? v.asText() : v.isInt() ? (Object) v.asInt() : (Object) v.asDouble());
    }
    Map<String, Object> columns = new LinkedHashMap<>();
    columns.put("PSF_MASK", new float[][] {mask});
    return new FitsTable("PSF_DATA", header, columns);
  }
}
