package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.warp.NoiseCorrelation;

class BlockCoadderTest {
  private static final RingsSkyMap MAP = RingsSkyMap.defaults();
  private static final Tract TRACT = MAP.tract(4612);

  /** Corner of four patches: cells 19 and 20 of both axes. */
  private static final int CORNER = 3000;

  @TempDir Path folder;

  private static Scene scene() {
    Scene scene = new Scene(TRACT, CORNER + 0.3, CORNER - 0.4);
    scene.addStar(CORNER - 20.3, CORNER + 30.1, 1e6);
    scene.addStar(CORNER + 60.7, CORNER + 70.2, 3e5);
    scene.addStar(CORNER - 90.2, CORNER - 60.4, 2e4);
    return scene;
  }

  private static BlockCoadder.Result coadd(List<? extends CoaddSource> visits, int scratch) {
    BlockCoadder.Config d = BlockCoadder.Config.defaults();
    BlockCoadder coadder =
        new BlockCoadder(
            new BlockCoadder.Config(
                d.warp(),
                d.grid(),
                d.cell(),
                d.artifacts(),
                d.smoothingFwhmArcsec(),
                d.edgeGuard(),
                scratch));
    return coadder.coadd(TRACT, 0.2, new Box(18, 18, 4, 4), visits);
  }

  private static MaskedImage mosaic(BlockCoadder.Result result) {
    MaskedImage out = new MaskedImage(new Box(CORNER - 150, CORNER - 150, 300, 300));
    result
        .cells()
        .forEach(
            (key, cell) -> {
              Box outer = TRACT.cellOuterBox(key.cx(), key.cy());
              Box inner = TRACT.cellInnerBox(key.cx(), key.cy());
              out.image()
                  .copyFrom(cell.pixels().image().withOrigin(outer.x0(), outer.y0()).view(inner));
              out.mask()
                  .copyFrom(cell.pixels().mask().withOrigin(outer.x0(), outer.y0()).view(inner));
              out.variance()
                  .copyFrom(
                      cell.pixels().variance().withOrigin(outer.x0(), outer.y0()).view(inner));
            });
    return out;
  }

  private static List<Scene.Visit> visits(Scene scene, int n, double noise) {
    List<Scene.Visit> out = new ArrayList<>();
    Random random = new Random(77);
    for (int i = 1; i <= n; i++) {
      out.add(scene.visit(i, 620, 1.6 + 0.7 * random.nextDouble(), noise));
    }
    return out;
  }

  @Test
  void coaddHasTheStarsFluxAndThePsfOfItsCells() {
    Scene scene = scene();
    BlockCoadder.Result result = coadd(visits(scene, 4, 1e-3), 256);
    assertThat(result.cells().keySet())
        .contains(
            new CellKey(19, 19), new CellKey(20, 19), new CellKey(19, 20), new CellKey(20, 20));
    assertThat(result.masks()).isEmpty();
    MaskedImage mosaic = mosaic(result);
    double sum = 0;
    for (int y = CORNER + 10; y < CORNER + 51; y++) {
      for (int x = CORNER - 41; x < CORNER; x++) {
        sum += mosaic.image().get(x, y);
      }
    }
    assertThat(sum / 1e6 - 1).isCloseTo(0, within(5e-4));
    CellCoadd cell = result.cells().get(new CellKey(20, 20));
    assertThat(cell).isNotNull();
    ImageD model =
        new CellPsf(150, Map.of(new CellKey(20, 20), cell.psf()))
            .image(CORNER + 60.7, CORNER + 70.2);
    double worst = 0;
    double total = 0;
    for (int y = CORNER + 60; y < CORNER + 81; y++) {
      for (int x = CORNER + 50; x < CORNER + 71; x++) {
        worst = Math.max(worst, Math.abs(mosaic.image().get(x, y) - 3e5 * model.get(x, y)));
        total = Math.max(total, mosaic.image().get(x, y));
      }
    }
    assertThat(worst / total).isLessThan(0.02);
    CellCoadd.Summary s = cell.summary();
    assertThat(s.ixx()).isBetween(2.5, 5.5);
    assertThat(cell.inputs()).hasSize(4);
  }

  @Test
  void blankSkyScattersAsTheVarianceSays() {
    BlockCoadder.Result result =
        coadd(visits(new Scene(TRACT, CORNER, CORNER), 5, Scene.SKY_SIGMA), 256);
    MaskedImage mosaic = mosaic(result);
    double sum = 0;
    double squares = 0;
    int n = 0;
    for (int i = 0; i < mosaic.box().area(); i++) {
      if ((mosaic.mask().data[i] & MaskPlanes.NO_DATA) == 0) {
        double pull = mosaic.image().data[i] / Math.sqrt(mosaic.variance().data[i]);
        sum += pull;
        squares += pull * pull;
        n++;
      }
    }
    assertThat(n).isEqualTo(90000);
    assertThat(sum / n).isCloseTo(0, within(0.03));
    assertThat(Math.sqrt(squares / n)).isCloseTo(1, within(0.015));
  }

  @Test
  void orderAndScratchDoNotChangeABit() {
    List<Scene.Visit> visits = visits(scene(), 5, Scene.SKY_SIGMA);
    Scene.trail(visits.get(1), 0, 100, 600, 420, 300);
    BlockCoadder.Result first = coadd(visits, 256);
    Collections.reverse(visits);
    BlockCoadder.Result second = coadd(visits, 0);
    assertThat(second.masks()).isEqualTo(first.masks());
    assertThat(second.cells().keySet()).isEqualTo(first.cells().keySet());
    first
        .cells()
        .forEach(
            (key, cell) -> {
              CellCoadd other = second.cells().get(key);
              assertThat(other.pixels().image().data).isEqualTo(cell.pixels().image().data);
              assertThat(other.pixels().variance().data).isEqualTo(cell.pixels().variance().data);
              assertThat(other.pixels().mask().data).isEqualTo(cell.pixels().mask().data);
              assertThat(other.psf().data).isEqualTo(cell.psf().data);
            });
  }

  @Test
  void trailsAreRemovedForThreeFiveAndTenVisits() {
    for (int n : new int[] {3, 5, 10}) {
      List<Scene.Visit> clean = visits(scene(), n, Scene.SKY_SIGMA);
      MaskedImage without = mosaic(coadd(clean, 256));
      for (double peak : new double[] {45, 100, 3000}) {
        List<Scene.Visit> visits = new ArrayList<>(clean);
        visits.set(n / 2, clean.get(n / 2).copy());
        Scene.Visit hit = visits.get(n / 2);
        Scene.trail(hit, 0, 200, 600, 380, peak);
        BlockCoadder.Result result = coadd(visits, 256);
        MaskedImage with = mosaic(result);
        assertThat(result.masks()).anyMatch(m -> m.visit() == hit.visit());
        double added = 0;
        double sigma = 0;
        int on = 0;
        for (int y = CORNER - 150; y < CORNER + 150; y++) {
          for (int x = CORNER - 150; x < CORNER + 150; x++) {
            var sky = TRACT.wcs().toSky(x, y);
            double[] p = hit.wcs().toPixel(sky.raDeg(), sky.decDeg());
            double d = Math.abs((p[1] - 200) * 600 - (p[0]) * 180) / Math.hypot(600, 180);
            if (d < 6) {
              added += with.image().get(x, y) - without.image().get(x, y);
              sigma += Math.sqrt(with.variance().get(x, y));
              on++;
            }
          }
        }
        assertThat(on).isGreaterThan(1000);
        assertThat(Math.abs(added) / sigma).as("n %d peak %f", n, peak).isLessThan(0.3);
        if (n == 5) {
          assertThat(result.masks().get(0).artifacts())
              .anyMatch(a -> a.reason() == ArtifactMask.Reason.TRAIL);
        }
      }
    }
  }

  @Test
  void variablesSeenInMoreVisitsThanTheLimitAreKept() {
    Scene scene = scene();
    scene.addStar(CORNER + 30.2, CORNER - 50.6, 40000);
    List<Scene.Visit> visits = new ArrayList<>();
    for (int i = 1; i <= 10; i++) {
      double factor = i % 2 == 0 ? 2.5 : 1.0;
      visits.add(
          scene.visit(
              i, 620, 1.8, Scene.SKY_SIGMA, s -> s.flux() * (s.flux() == 40000 ? factor : 1)));
    }
    BlockCoadder.Result result = coadd(visits, 256);
    for (ArtifactMask mask : result.masks()) {
      assertThat(mask.pixels().contains(CORNER + 30, CORNER - 51)).isFalse();
    }
  }

  @Test
  void brightStarsUnderDifferentSeeingAreNotMasked() {
    Scene scene = new Scene(TRACT, CORNER, CORNER);
    scene.addStar(CORNER + 30.2, CORNER - 50.6, 3e6);
    BlockCoadder.Result result = coadd(visits(scene, 6, Scene.SKY_SIGMA), 256);
    assertThat(result.masks()).isEmpty();
  }

  @Test
  void patchesShareTheirBorderCellsBitByBitAlsoThroughFiles() {
    List<Scene.Visit> visits = visits(scene(), 3, Scene.SKY_SIGMA);
    CellBlock block = new CellBlock(TRACT.id(), 0, "r", 150, 50, coadd(visits, 256).cells());
    Path file = folder.resolve("cells.fits");
    CellBlockFile.write(file, block, Map.of());
    CellBlock read = CellBlockFile.read(file);
    assertThat(read.cells().keySet()).isEqualTo(block.cells().keySet());
    CellKey key = new CellKey(20, 19);
    CellCoadd before = block.cells().get(key);
    CellCoadd after = read.cells().get(key);
    assertThat(after.inputs()).isEqualTo(before.inputs());
    assertThat(after.summary()).isEqualTo(before.summary());
    assertThat(after.maskedFraction()).isEqualTo(before.maskedFraction());
    double sigma = Math.sqrt(before.pixels().variance().get(100, 100));
    assertThat((double) after.pixels().image().get(100, 100))
        .isCloseTo(before.pixels().image().get(100, 100), within(sigma / 16));
    PatchStitcher stitcher = new PatchStitcher(TRACT, 50, 3);
    int patch = TRACT.patchOf(CORNER + 1, CORNER + 1);
    int left = TRACT.patchOf(CORNER - 1, CORNER + 1);
    StitchedPatch a = stitcher.stitch(patch, List.of(read));
    StitchedPatch b = stitcher.stitch(left, List.of(read));
    Path fileA = folder.resolve("a.fits");
    Path fileB = folder.resolve("b.fits");
    a.toFile(Map.of()).write(fileA, a.form());
    b.toFile(Map.of()).write(fileB, b.form());
    Box shared = new Box(CORNER - 150, CORNER - 150, 300, 300);
    MaskedImage pa = ImageFile.readBox(fileA, shared);
    MaskedImage pb = ImageFile.readBox(fileB, shared);
    assertThat(pa.image().toArray()).isEqualTo(pb.image().toArray());
    assertThat(pa.image().toArray()).isEqualTo(a.pixels().image().view(shared).toArray());
    assertThat(pa.variance().toArray()).isEqualTo(pb.variance().toArray());
    assertThat(pa.mask().toArray()).isEqualTo(pb.mask().toArray());
    CellPsf psf = CellPsf.fromTable(ImageFile.read(fileA).requireTable("PSF"));
    assertThat(psf.image(CORNER + 20.3, CORNER + 5.5).data)
        .isEqualTo(a.psf().image(CORNER + 20.3, CORNER + 5.5).data);
    assertThat(Files.exists(fileB)).isTrue();
  }

  @Test
  void aPixelAtTheRimOfAPatchIsOfTheNearestCellAndNothingIsBeyondTheLastCell() {
    List<Scene.Visit> visits = visits(scene(), 3, Scene.SKY_SIGMA);
    CellBlock block = new CellBlock(TRACT.id(), 0, "r", 150, 50, coadd(visits, 256).cells());
    int patch = TRACT.patchOf(CORNER + 1, CORNER + 1);
    MaskedImage stitched = new PatchStitcher(TRACT, 50, 3).stitch(patch, List.of(block)).pixels();
    int y = TRACT.patchOuterBox(patch).y0() + 10;
    for (int cx = 19; cx <= 21; cx++) {
      CellCoadd cell = block.cells().get(new CellKey(cx, 19));
      assertThat(cell.isEmpty()).as("cell %d", cx).isFalse();
      Box outer = TRACT.cellOuterBox(cx, 19);
      Box inner = TRACT.cellInnerBox(cx, 19);
      for (int x = inner.x0(); x < inner.x1(); x++) {
        assertThat(stitched.image().get(x, y))
            .isEqualTo(cell.pixels().image().get(x - outer.x0(), y - outer.y0()));
      }
    }
    for (int x = TRACT.cellInnerBox(21, 19).x1(); x < stitched.box().x1(); x++) {
      assertThat(stitched.mask().get(x, y) & MaskPlanes.NO_DATA).isNotZero();
    }
  }

  @Test
  void whiteNoiseIsCorrelatedByTheKernelAndOtherNoiseAsTheSkyOfThePatchShows() {
    List<Scene.Visit> white = visits(scene(), 3, Scene.SKY_SIGMA);
    List<Scene.Visit> resampled = white.stream().map(v -> v.withNoiseFactor(1.4)).toList();
    double[] aperture = new double[21 * 21];
    Arrays.fill(aperture, 1);
    double table = NoiseCorrelation.lanczos(3).factor(aperture, 0, 21, 21, 21);
    assertThat(noise(white).factor(aperture, 0, 21, 21, 21)).isCloseTo(table, within(1e-3));
    assertThat(noise(resampled).factor(aperture, 0, 21, 21, 21))
        .isNotCloseTo(table, within(1e-3))
        .isCloseTo(table, within(0.2));
  }

  private static NoiseCorrelation noise(List<Scene.Visit> visits) {
    CellBlock block = new CellBlock(TRACT.id(), 0, "r", 150, 50, coadd(visits, 256).cells());
    int patch = TRACT.patchOf(CORNER + 1, CORNER + 1);
    return new PatchStitcher(TRACT, 50, 3).stitch(patch, List.of(block)).noise();
  }

  @Test
  void aStarOnATractBorderHasTheSameFluxInBothTracts() {
    var sky = TRACT.center();
    Tract next = MAP.tract(TRACT.id() + 1);
    double ra =
        sky.raDeg()
            + org.starbeam.sky.Angles.separationArcsec(sky.raDeg(), 0, next.center().raDeg(), 0)
                / 3600
                / 2;
    List<Double> fluxes = new ArrayList<>();
    double[] home = TRACT.wcs().toPixel(ra, sky.decDeg());
    Scene scene = new Scene(TRACT, home[0], home[1]);
    scene.addStar(home[0] + 3.3, home[1] + 1.7, 1e6);
    List<Scene.Visit> visits = visits(scene, 3, 1e-3);
    for (Tract tract : List.of(TRACT, next)) {
      double[] p = tract.wcs().toPixel(scene.stars.get(0).ra(), scene.stars.get(0).dec());
      int cx = tract.cellOf((int) Math.rint(p[0]));
      int cy = tract.cellOf((int) Math.rint(p[1]));
      BlockCoadder.Result result =
          new BlockCoadder(BlockCoadder.Config.defaults())
              .coadd(tract, 0.2, new Box(cx, cy, 1, 1), visits);
      CellCoadd cell = result.cells().get(new CellKey(cx, cy));
      Box outer = tract.cellOuterBox(cx, cy);
      double sum = 0;
      for (int y = -18; y <= 18; y++) {
        for (int x = -18; x <= 18; x++) {
          sum +=
              cell.pixels()
                  .image()
                  .get(
                      (int) Math.rint(p[0]) + x - outer.x0(),
                      (int) Math.rint(p[1]) + y - outer.y0());
        }
      }
      fluxes.add(sum);
    }
    assertThat(fluxes.get(0) / fluxes.get(1) - 1).isCloseTo(0, within(2e-4));
    assertThat(fluxes.get(0) / 1e6).isCloseTo(1, within(5e-4));
  }

  @Test
  void staticModelKeepsTheExtremesOfTheVectorInAnyPartition() {
    var vector = org.starbeam.testing.Shared.vector("coadd-reprosum").get("top2_merge");
    List<double[]> inputs = new ArrayList<>();
    vector
        .get("inputs")
        .forEach(i -> inputs.add(new double[] {i.get(0).doubleValue(), i.get(1).intValue()}));
    Random random = new Random(2);
    int[] weights = new int[12];
    java.util.Arrays.fill(weights, 65536);
    for (int trial = 0; trial < 100; trial++) {
      Collections.shuffle(inputs, random);
      List<StaticModel> parts = new ArrayList<>();
      for (int p = 0; p < 1 + random.nextInt(4); p++) {
        parts.add(new StaticModel(new Box(0, 0, 1, 1), weights, 2));
      }
      for (double[] input : inputs) {
        parts.get(random.nextInt(parts.size())).addValue(0, (float) input[0], (int) input[1]);
      }
      StaticModel all = parts.get(0);
      for (int p = 1; p < parts.size(); p++) {
        all.merge(parts.get(p));
      }
      assertThat(all.extremes(0, true)).isDeepEqualTo(new double[][] {{7, 2}, {7, 3}});
      assertThat(all.extremes(0, false)).isDeepEqualTo(new double[][] {{-2, 1}, {1, 9}});
      assertThat((double) all.value(0, 1))
          .isEqualTo((float) vector.get("trimmed_mean_K1").doubleValue());
      assertThat((double) all.value(0, 2))
          .isEqualTo((float) vector.get("trimmed_mean_K2").doubleValue());
    }
  }

  @Test
  void artifactThresholdsAreTheTable() {
    int[] expected = {0, 0, 0, 1, 1, 2, 2, 2, 2, 2, 2};
    for (int n = 0; n <= 10; n++) {
      assertThat(ArtifactFinder.maxVisits(n)).isEqualTo(expected[n]);
    }
    assertThat(ArtifactFinder.maxVisits(34)).isEqualTo(3);
    assertThat(ArtifactFinder.maxVisits(200)).isEqualTo(8);
  }

  @Test
  void masksComeBackFromTheirTables() {
    List<Scene.Visit> visits = visits(scene(), 5, Scene.SKY_SIGMA);
    Scene.trail(visits.get(1), 0, 100, 600, 420, 300);
    Scene.trail(visits.get(3), 0, 300, 600, 320, 300);
    List<ArtifactMask> masks = coadd(visits, 256).masks();
    var tables = ArtifactMask.toTables(masks);
    assertThat(ArtifactMask.fromTables(tables.get(0), tables.get(1))).isEqualTo(masks);
  }
}
