package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/** A sound tree of order 2 whose pixels hold their own index, and what is wrong when it is not. */
class HipsLintTest {
  private static final int ORDER = 2;
  private static final Box BOX = new Box(0, 0, 512, 512);
  private static final AsinhRgb SCALE = new AsinhRgb(new AsinhRgb.Config(0, 1e5, 8));

  @TempDir Path directory;

  @BeforeEach
  void write() throws Exception {
    TileRaster raster = new TileRaster(TileRaster.Config.defaults());
    Map<HipsTile, float[]> tiles = new TreeMap<>();
    TileTree tree =
        new TileTree(
                ORDER,
                tile -> tile.pixel() == 21 ? null : TileSum.of(indices(tile), 60_000),
                (tile, sum) -> tiles.put(tile, sum.mean()))
            .withLeaves();
    tree.build(new HipsTile(0, 1));
    for (Map.Entry<HipsTile, float[]> t : tiles.entrySet()) {
      put(t.getKey().path("fits"), TileFits.write(t.getKey(), t.getValue(), "r", 60_000));
      put(
          t.getKey().path("png"),
          raster.png(TileRaster.gray(ImageF.wrap(BOX, t.getValue()), SCALE)));
    }
    for (int order = 0; order <= ORDER; order++) {
      Allsky all = new Allsky(order);
      for (Map.Entry<HipsTile, float[]> t : tiles.entrySet()) {
        if (t.getKey().order() == order) {
          all.add(t.getKey(), t.getValue());
        }
      }
      put(Allsky.path(order, "fits"), Allsky.toFits(order, all.image(), "r"));
      put(Allsky.path(order, "png"), raster.png(TileRaster.gray(all.image(), SCALE)));
    }
    long[] deepest =
        tiles.keySet().stream()
            .filter(t -> t.order() == ORDER)
            .mapToLong(HipsTile::pixel)
            .toArray();
    Moc moc = Moc.of(ORDER, deepest);
    put("Moc.fits", moc.toFits());
    HipsProperties properties =
        new HipsProperties(
            "test",
            "r",
            List.of("r"),
            List.of("png", "fits"),
            ORDER,
            3,
            SkyExtent.of(ORDER, deepest).center(),
            SkyExtent.of(ORDER, deepest).widthDeg(),
            moc,
            tiles.size(),
            1_000_000,
            59_000,
            60_000);
    put("properties", properties.file());
    put("index.html", HipsPage.of(properties.pairs()));
    put("metadata.fits", TileFits.write(new HipsTile(0, 0), indices(new HipsTile(0, 0)), "r", 1));
    put(
        "preview.jpg",
        raster.jpeg(
            new SkyPicture(SkyExtent.of(ORDER, deepest).center(), 20, 256)
                .draw(0, tile -> TileRaster.gray(ImageF.wrap(BOX, indices(tile)), SCALE))));
  }

  private static float[] indices(HipsTile tile) {
    float[] out = new float[HipsTile.AREA];
    for (int i = 0; i < out.length; i++) {
      out[i] = i % 7 == 0 ? Float.NaN : tile.healpix(i % 512, i / 512) % 100_000;
    }
    return out;
  }

  private void put(String name, byte[] content) throws Exception {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private List<String> findings() throws Exception {
    List<String> out = new ArrayList<>();
    new HipsLint(HipsFiles.of(directory), true).run().forEach(f -> out.add(f.toString()));
    return out;
  }

  @Test
  void aSoundTreeHasNoFaults() throws Exception {
    assertThat(findings()).isEmpty();
    assertThat(new HipsLint(HipsFiles.of(directory), false).run()).isEmpty();
  }

  @Test
  void theCoverageMergesFourFullSiblings() throws Exception {
    Moc moc = Moc.read("Moc.fits", Files.readAllBytes(directory.resolve("Moc.fits")));
    assertThat(moc.uniq())
        .containsExactly(4 * 4 + 4, 4 * 4 + 6, 4 * 4 + 7, 64 + 20, 64 + 22, 64 + 23);
    assertThat(moc.pixels()).hasSize(15).doesNotContain(21);
    assertThat(moc.fraction()).isCloseTo(15 / (12.0 * 16), within(1e-15));
  }

  @Test
  void theImageOfALowOrderHasTheMeansOfItsTilesInTheirPlaces() throws Exception {
    Allsky all = new Allsky(3);
    HipsTile tile = new HipsTile(3, 450);
    float[] pixels = indices(tile);
    all.add(tile, pixels);
    ImageF image = all.image();
    assertThat(image.width()).isEqualTo(27 * 64);
    assertThat(image.height()).isEqualTo(29 * 64);
    int x0 = 450 % 27 * 64;
    int y0 = (29 - 1 - 450 / 27) * 64;
    double sum = 0;
    int n = 0;
    for (int i = 0; i < pixels.length; i++) {
      boolean inBin = i % 512 / 8 == 5 && i / 512 / 8 == 63;
      if (inBin && !Float.isNaN(pixels[i])) {
        sum += pixels[i];
        n++;
      }
    }
    assertThat(image.get(x0 + 5, y0 + 63)).isEqualTo((float) (sum / n));
    assertThat(image.get(x0 - 1, y0)).isNaN();
    assertThat(image.get(x0, y0 + 64)).isNaN();
  }

  @Test
  void aMissingParentFormatOrTileIsNamed() throws Exception {
    Files.delete(directory.resolve("Norder1/Dir0/Npix6.fits"));
    assertThat(findings())
        .contains("Norder1/Dir0/Npix6.fits: is missing, the tile has other formats");
    Files.delete(directory.resolve("Norder1/Dir0/Npix6.png"));
    assertThat(findings()).contains("Norder1/Dir0/Npix6.png: is missing, there are tiles below it");
    Files.delete(directory.resolve("Norder2/Dir0/Npix31.png"));
    Files.delete(directory.resolve("Norder2/Dir0/Npix31.fits"));
    assertThat(findings()).contains("Moc.fits: is not the list of the tiles of order 2");
  }

  @Test
  void aTileUnderAnotherNameIsFoundByItsHeader() throws Exception {
    Files.copy(
        directory.resolve("Norder2/Dir0/Npix30.fits"),
        directory.resolve("Norder2/Dir0/Npix31.fits"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThat(findings())
        .anyMatch(f -> f.startsWith("Norder2/Dir0/Npix31.fits: CRPIX2 is "))
        .contains("Norder2/Dir0/Npix31.fits: ORDER and NPIX are not those of its name")
        .anyMatch(f -> f.matches("Norder1/Dir0/Npix7.fits: \\d+ pixels are no mean of .*"));
  }

  @Test
  void aTileInTheWrongDirectoryAndAStrangerAreNamed() throws Exception {
    put("Norder2/Dir10000/Npix30.fits", new byte[3]);
    put("Norder2/Dir0/Npix99999.png", new byte[3]);
    put("notes.txt", new byte[3]);
    assertThat(findings())
        .contains(
            "Norder2/Dir10000/Npix30.fits: should be Norder2/Dir0/Npix30.fits",
            "Norder2/Dir0/Npix99999.png: there is no such tile in a tree of order 2",
            "notes.txt: is no file of a HiPS");
  }

  @Test
  void aRasterThatShowsWhatHasNoValueIsNamed() throws Exception {
    float[] full = new float[HipsTile.AREA];
    put(
        "Norder2/Dir0/Npix30.png",
        new TileRaster(TileRaster.Config.defaults())
            .png(TileRaster.gray(ImageF.wrap(BOX, full), SCALE)));
    assertThat(findings())
        .singleElement()
        .asString()
        .matches("Norder2/Dir0/Npix30.png: \\d+ pixels are transparent where .*");
  }

  @Test
  void propertiesThatLackAKeyOrContradictTheTreeAreNamed() throws Exception {
    Path file = directory.resolve("properties");
    String text = Files.readString(file);
    Files.writeString(
        file,
        text.replaceAll("(?m)^creator_did.*\\n", "")
            .replaceAll("(?m)^hips_pixel_scale.*", "hips_pixel_scale = 1")
            .replaceAll("(?m)^hips_tile_width.*", "hips_tile_width = 256"));
    assertThat(findings())
        .contains(
            "properties: has no creator_did",
            "properties: hips_pixel_scale 1.0 is not that of order 2",
            "properties: hips_tile_width is '256', expected '512'");
  }

  @Test
  void aPageThatLoadsFromOutsideAndAWrongImageOfALowOrderAreNamed() throws Exception {
    put(
        "index.html",
        "<script src=\"https://example.org/aladin.js\"></script>".getBytes(StandardCharsets.UTF_8));
    Allsky empty = new Allsky(1);
    put("Norder1/Allsky.fits", Allsky.toFits(1, empty.image(), "r"));
    assertThat(findings())
        .containsExactly(
            "Norder1/Allsky.fits: is not made of the tiles of order 1",
            "index.html: loads something from outside");
  }
}
