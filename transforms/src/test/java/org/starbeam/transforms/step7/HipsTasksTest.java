package org.starbeam.transforms.step7;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.hips.HipsLint;
import org.starbeam.hips.HipsProperties;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.Moc;
import org.starbeam.hips.TileArchives;
import org.starbeam.hips.TileFits;
import org.starbeam.hips.TileRaster;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.sky.SkyRouting;

/**
 * The tasks of the HiPS one after the other on a patch of known surface brightness, in a tree of
 * order 9.
 */
class HipsTasksTest {
  private static final int TRACT = RingsSkyMap.defaults().tractOf(53, -28);
  private static final int PATCH = 45;
  private static final int ORDER = 9;
  private static final Map<String, Double> BRIGHTNESS = Map.of("g", 100.0, "r", 200.0, "i", 300.0);

  @TempDir Path directory;

  private static DataId coaddId(String band) {
    return DataId.of("skymap", SkyRouting.SKYMAP, "tract", TRACT, "patch", PATCH, "band", band);
  }

  /** Constant brightness over the half of the patch with noise of known width. */
  private static void writeCoadd(Path file, String band, double brightness) {
    Tract tract = RingsSkyMap.defaults().tract(TRACT);
    Box box = tract.patchInnerBox(PATCH).grow(50);
    MaskedImage image = new MaskedImage(box);
    Random random = new Random(band.hashCode());
    double area = tract.wcs().pixelArea(box.x0() + 1500, box.y0() + 1500);
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        boolean covered = x >= box.x0() + 50 + 1500;
        double noise = 10 * (random.nextDouble() - 0.5);
        image.image().set(x, y, (float) (area * (brightness + noise)));
        image.mask().set(x, y, covered ? 0 : MaskPlanes.NO_DATA);
        image.variance().set(x, y, 1);
      }
    }
    Map<String, Object> cells = new TreeMap<>();
    cells.put("mjdMin", new double[] {60_000.25, 60_100});
    cells.put("mjdMax", new double[] {60_000.5, 60_300.75});
    new ImageFile(
            image,
            Map.of("BAND", band),
            tract.wcs().toHeader(),
            List.of(new FitsTable("CELLS", Map.of(), cells)))
        .write(file, ImageFile.Form.plain());
  }

  /** What the tasks made, by the names of the trees. */
  private record Made(Map<String, List<Path>> trees, List<String> hashes) {}

  private static Made make(QuantumTester tester, List<String> bands, boolean backwards)
      throws Exception {
    Map<Long, List<QuantumInput>> byPixel = new TreeMap<>();
    List<QuantumInput> summaries = new ArrayList<>();
    List<QuantumInput> pieces = new ArrayList<>();
    Made made = new Made(new TreeMap<>(), new ArrayList<>());
    for (String band : bands) {
      var coadd =
          tester
              .given("deepCoadd", coaddId(band))
              .file(
                  DatasetTypes.DEEP_COADD,
                  coaddId(band),
                  file -> writeCoadd(file, band, BRIGHTNESS.get(band)))
              .result();
      for (long pixel : HipsPixels.blocks(TRACT, PATCH)) {
        DataId id = DataId.of("healpix8", pixel, "band", band);
        var block =
            tester.run(
                new HipsBlockTask(new HipsBlockTask.Config(ORDER, 1.05)),
                id,
                tester.input(HipsBlockTask.COADD, coadd));
        if (block.result().getStatus() == QuantumStatus.DONE) {
          byPixel
              .computeIfAbsent(pixel, p -> new ArrayList<>())
              .add(tester.input(HipsRasterTask.BLOCK, block.result()));
          summaries.add(tester.input(HipsStretchTask.SUMMARY, block.result()));
          pieces.add(tester.input(HipsTask.PIECES, block.result()));
        }
      }
    }
    if (backwards) {
      Collections.reverse(summaries);
    }
    var stretch =
        tester
            .run(
                new HipsStretchTask(HipsStretchTask.Config.defaults()),
                DataId.of("name", "run"),
                summaries.toArray(QuantumInput[]::new))
            .requireDone();
    QuantumInput drawn = tester.input(HipsRasterTask.STRETCH, stretch.result());
    for (Map.Entry<Long, List<QuantumInput>> place : byPixel.entrySet()) {
      List<QuantumInput> inputs = new ArrayList<>(place.getValue());
      inputs.add(drawn);
      var raster =
          tester
              .run(
                  new HipsRasterTask(TileRaster.Config.defaults()),
                  DataId.of("healpix8", place.getKey()),
                  inputs.toArray(QuantumInput[]::new))
              .requireDone();
      pieces.add(tester.input(HipsTask.PIECES, raster.result()));
    }
    List<QuantumInput> below = new ArrayList<>(pieces);
    for (int order = 8; order > 0; order -= 3) {
      Map<DataId, List<QuantumInput>> groups = new TreeMap<>();
      for (QuantumInput input : below) {
        DataId id = DataId.parse(input.getResult().getDataId());
        boolean sums =
            input.getResult().getOutputs().stream()
                .anyMatch(o -> o.getDatasetType().equals(DatasetTypes.HIPS_SUM.name()));
        if (sums && id.has("healpix" + order)) {
          long above = HipsPixels.above(id.getLong("healpix" + order));
          groups
              .computeIfAbsent(HipsPixels.id(Math.max(0, order - 3), above), k -> new ArrayList<>())
              .add(tester.input(HipsMergeTask.PART, input.getResult()));
        }
      }
      below = new ArrayList<>();
      for (Map.Entry<DataId, List<QuantumInput>> group : groups.entrySet()) {
        List<QuantumInput> inputs = new ArrayList<>(group.getValue());
        inputs.add(drawn);
        var merged =
            tester
                .run(
                    new HipsMergeTask(TileRaster.Config.defaults()),
                    group.getKey(),
                    inputs.toArray(QuantumInput[]::new))
                .requireDone();
        below.add(tester.input(HipsTask.PIECES, merged.result()));
      }
      pieces.addAll(below);
    }
    TreeSet<String> trees = new TreeSet<>(HipsStretchTask.Config.defaults().trees(bands));
    if (backwards) {
      Collections.reverse(pieces);
    }
    pieces.add(drawn);
    for (String tree : trees) {
      var end =
          tester
              .run(
                  new HipsTask(
                      new HipsTask.Configuration(
                          new HipsTask.Config("test"), TileRaster.Config.defaults())),
                  DataId.of("name", tree),
                  pieces.toArray(QuantumInput[]::new))
              .requireDone();
      assertThat(end.record().getCaveats()).isEmpty();
      List<Path> paths = new ArrayList<>(List.of(end.path(DatasetTypes.HIPS)));
      made.hashes().add(end.ref(DatasetTypes.HIPS).getContentHash());
      for (QuantumInput piece : pieces) {
        for (DatasetRef ref : piece.getResult().getOutputs()) {
          DataId id = DataId.parse(ref.getDataId());
          DatasetType type = DatasetTypes.named(ref.getDatasetType());
          boolean own = tree.equals(id.has("band") ? id.get("band") : id.get("name"));
          if (type.storage() == DatasetType.StorageClass.ARCHIVE && own) {
            paths.add(tester.reader().path(ref));
            made.hashes().add(ref.getContentHash());
          }
        }
      }
      made.trees().put(tree, paths);
    }
    Collections.sort(made.hashes());
    return made;
  }

  @Test
  void bandsAndColoursBecomeSoundTreesOfTheCoaddsBrightness() throws Exception {
    try (QuantumTester tester = QuantumTester.in(directory)) {
      Made made = make(tester, List.of("g", "r", "i"), false);
      assertThat(made.trees().keySet()).containsExactly("color_gri", "g", "i", "r");
      for (Map.Entry<String, List<Path>> tree : made.trees().entrySet()) {
        try (TileArchives files = new TileArchives(tree.getValue())) {
          assertThat(new HipsLint(files, true).run()).as(tree.getKey()).isEmpty();
        }
      }
      try (TileArchives files = new TileArchives(made.trees().get("r"))) {
        Map<String, String> properties = HipsProperties.read(files.read("properties"));
        assertThat(properties)
            .containsEntry("hips_order", "9")
            .containsEntry("creator_did", "ivo://starbeam/P/test/r")
            .containsEntry("t_min", "60000.25000")
            .containsEntry("t_max", "60300.75000")
            .containsEntry("hips_release_date", "2023-12-22T00:00Z");
        checkBrightness(files);
        Moc pixels = Moc.read("MocPixels.fits", files.read("MocPixels.fits"));
        Moc tiles = Moc.read("Moc.fits", files.read("Moc.fits"));
        assertThat(pixels.order()).isEqualTo(ORDER + 4);
        assertThat(pixels.fraction()).isLessThan(tiles.fraction());
        double arcsec2 = 4 * Math.PI * Math.pow(Math.toDegrees(1) * 3600, 2);
        double diagonal = Math.sqrt(2) * HipsTile.pixelDeg(ORDER + 4 - HipsTile.SHIFT) * 3600;
        assertThat(pixels.fraction() * arcsec2)
            .isBetween(300.0 * 600, 300.0 * 600 + 2 * (300 + 600) * diagonal);
      }
    }
  }

  /** Means over the whole sky, each order the same. */
  private static void checkBrightness(TileArchives files) throws IOException {
    double[] sum = new double[ORDER + 1];
    long[] count = new long[ORDER + 1];
    for (String name : files.names()) {
      HipsTile tile = HipsTile.ofPath(name);
      if (tile != null && name.endsWith(".fits")) {
        for (float v : TileFits.read(name, files.read(name))) {
          if (!Float.isNaN(v)) {
            sum[tile.order()] += v;
            count[tile.order()]++;
          }
        }
      }
    }
    double pixels = count[ORDER] * Math.pow(HipsTile.pixelDeg(ORDER) * 3600, 2);
    assertThat(pixels).isCloseTo(1500 * 3000 * 0.04, within(0.002 * pixels));
    for (int order = 0; order <= ORDER; order++) {
      assertThat(sum[order] / count[order]).as("order " + order).isCloseTo(200, within(0.1));
    }
  }

  @Test
  void bytesDoNotDependOnTheOrderOfArrival() throws Exception {
    try (QuantumTester one = QuantumTester.in(directory.resolve("one"));
        QuantumTester two = QuantumTester.in(directory.resolve("two"))) {
      Made first = make(one, List.of("g", "r"), false);
      Made second = make(two, List.of("r", "g"), true);
      assertThat(first.trees().keySet()).containsExactly("color_gri", "g", "r");
      assertThat(second.hashes()).isEqualTo(first.hashes());
    }
  }

  @Test
  void oneBandHasNoColoursAndWhatCannotBeReadIsACaveat() throws Exception {
    try (QuantumTester tester = QuantumTester.in(directory)) {
      assertThat(make(tester, List.of("r"), false).trees().keySet()).containsExactly("r");
      var broken =
          tester
              .given("deepCoadd", coaddId("z"))
              .file(
                  DatasetTypes.DEEP_COADD,
                  coaddId("z"),
                  file ->
                      new ImageFile(
                              new MaskedImage(new Box(0, 0, 9, 9)), Map.of(), Map.of(), List.of())
                          .write(file, ImageFile.Form.plain()))
              .result();
      long pixel = HipsPixels.blocks(TRACT, PATCH).iterator().next();
      var block =
          tester.run(
              new HipsBlockTask(new HipsBlockTask.Config(ORDER, 1.05)),
              DataId.of("healpix8", pixel, "band", "z"),
              tester.input(HipsBlockTask.COADD, broken));
      assertThat(block.result().getStatus()).isEqualTo(QuantumStatus.NO_WORK);
      assertThat(block.record().getMessage()).contains("no pixel of this block has a value");
    }
  }

  @Test
  void everyPixelThatOwnsAPartOfAPatchIsABlock() {
    Tract tract = RingsSkyMap.defaults().tract(TRACT);
    Box box = tract.patchInnerBox(PATCH);
    Healpix grid = new Healpix(HipsPixels.BLOCK_ORDER);
    TreeSet<Long> expected = new TreeSet<>();
    for (int y = box.y0(); y < box.y1(); y += 3) {
      for (int x = box.x0(); x < box.x1(); x += 3) {
        var p = tract.wcs().toSky(x, y);
        expected.add(grid.pixel(p.raDeg(), p.decDeg()));
      }
    }
    assertThat(HipsPixels.blocks(TRACT, PATCH)).containsAll(expected);
  }
}
