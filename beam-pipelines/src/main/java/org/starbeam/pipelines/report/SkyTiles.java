package org.starbeam.pipelines.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.hips.SkyExtent;
import org.starbeam.hips.SkyPicture;
import org.starbeam.hips.SkyPyramid;
import org.starbeam.hips.TileRaster;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.store.FileTrees;

/**
 * The pictures of the sky view (specs/07 section 13.4): for each connected field a gnomonic pyramid
 * of JPEG tiles ({@link SkyPyramid}), from the colour HiPS of the run, else from that of one band,
 * else from the pictures of its coadds. Tiles lie in a directory that is named by what they are
 * made of, so a report that is made again draws only what has changed.
 */
final class SkyTiles {
  /** Enters the name of the directory: raise it when tiles or their geometry change. */
  private static final int VERSION = 1;

  /** Beginning of the names of trees of colours. */
  private static final String COLOR = "color_";

  private static final String FIELDS = "fields.json";
  private static final Logger LOG = LoggerFactory.getLogger(SkyTiles.class);
  private static final JsonMapper JSON = new JsonMapper();

  private static final List<String> PIECES =
      List.of(DatasetTypes.HIPS_RASTER.name(), DatasetTypes.HIPS_MERGE.name());

  /**
   * A field with its pyramid.
   *
   * @param ra of its centre, degrees
   * @param dec of its centre, degrees
   * @param widthDeg of the square of the pyramid
   * @param depth zoom in whose pixels places are given, those of the HiPS
   * @param levels for each zoom that has tiles x and y of each, in turn; the last one may be above
   *     {@code depth}
   */
  record Field(double ra, double dec, double widthDeg, int depth, int[][] levels) {
    /** The square at the zoom {@link #depth}. */
    SkyPicture picture() {
      return new SkyPicture(new SkyPoint(ra, dec), widthDeg, size());
    }

    /** Pixels of the square per axis at the zoom {@link #depth}. */
    int size() {
      return SkyPyramid.TILE << depth;
    }
  }

  /**
   * What was made.
   *
   * @param path of the tiles below the report, {@code sky/KEY}
   * @param source what they show, as words
   */
  record Made(String path, String source, List<Field> fields) {}

  /** Opens a source when tiles are to be drawn. */
  @FunctionalInterface
  private interface Opener {
    SkySource open() throws IOException;
  }

  private final SkyView.Config config;

  SkyTiles(SkyView.Config config) {
    this.config = config;
  }

  /** Makes the tiles of a run below the directory of its report; none without coadds. */
  Optional<Made> write(RunCatalog catalog, List<CoaddPicture.Picture> pictures, Path directory)
      throws IOException {
    List<String> trees =
        catalog.datasets(DatasetTypes.HIPS.name()).stream()
            .map(ref -> DataId.parse(ref.getDataId()).get("name"))
            .toList();
    if (!trees.isEmpty()) {
      try {
        return Optional.of(ofTree(catalog, trees, directory));
      } catch (NoSuchFileException e) {
        LOG.info("the HiPS of run {} is pruned, the sky view shows its coadds", catalog.run());
      }
    }
    return pictures.isEmpty() ? Optional.empty() : Optional.of(ofCoadds(pictures, directory));
  }

  /** From the tree of colours, or else from that of a band in the middle. */
  private Made ofTree(RunCatalog catalog, List<String> trees, Path directory) throws IOException {
    String tree =
        trees.stream()
            .filter(name -> name.startsWith(COLOR))
            .findFirst()
            .orElseGet(() -> CoaddPicture.threeOf(trees).get(1));
    List<DatasetRef> refs = new ArrayList<>();
    for (String type : PIECES) {
      catalog.datasets(type).stream()
          .filter(ref -> DataId.parse(ref.getDataId()).get("name").equals(tree))
          .forEach(refs::add);
    }
    String content = String.join("\n", refs.stream().map(DatasetRef::getContentHash).toList());
    return made(
        words(tree),
        tree + "\n" + content,
        () -> new HipsSkySource(refs.stream().map(catalog::path).toList()),
        directory);
  }

  /**
   * Makes the tiles from a tree of a HiPS.
   *
   * @param content changes when the archives do
   */
  Made ofHips(String tree, String content, List<Path> archives, Path directory) throws IOException {
    return made(words(tree), tree + "\n" + content, () -> new HipsSkySource(archives), directory);
  }

  /** Makes the tiles from pictures of coadds. */
  Made ofCoadds(List<CoaddPicture.Picture> pictures, Path directory) throws IOException {
    List<String> content =
        pictures.stream().map(p -> ContentHash.ofBytes(Charts.png(p.image()))).toList();
    return made(
        "the coadds", String.join("\n", content), () -> new CoaddSkySource(pictures), directory);
  }

  private static String words(String tree) {
    if (!tree.startsWith(COLOR)) {
      return "the HiPS of band " + tree;
    }
    List<String> bands =
        tree.substring(COLOR.length()).chars().mapToObj(Character::toString).toList();
    return bands.size() == 3
        ? "the colour HiPS (" + CoaddPicture.colours(bands) + ")"
        : "the HiPS " + tree;
  }

  /**
   * Draws the tiles unless they are there.
   *
   * @param content what is seen changes just when this does
   */
  private Made made(String words, String content, Opener opener, Path directory)
      throws IOException {
    String key =
        ContentHash.ofText(
            "%d %d %d %d\n%s"
                .formatted(
                    VERSION, config.tiles(), config.fields(), config.jpegQuality(), content));
    Path all = directory.resolve("sky");
    Path own = all.resolve(key.substring(0, 12));
    if (!Files.exists(own.resolve(FIELDS))) {
      Path unfinished = all.resolve("." + own.getFileName() + ".tmp");
      FileTrees.delete(unfinished);
      Files.createDirectories(unfinished);
      try (SkySource source = opener.open()) {
        JSON.writeValue(unfinished.resolve(FIELDS).toFile(), draw(source, unfinished));
      }
      FileTrees.delete(own);
      Files.move(unfinished, own);
    }
    try (Stream<Path> others = Files.list(all)) {
      for (Path other : others.filter(path -> !path.equals(own)).toList()) {
        FileTrees.delete(other);
      }
    }
    Field[] fields = JSON.readValue(own.resolve(FIELDS).toFile(), Field[].class);
    return new Made("sky/" + own.getFileName(), words, List.of(fields));
  }

  private List<Field> draw(SkySource source, Path directory) throws IOException {
    TileRaster raster =
        new TileRaster(
            new TileRaster.Config(TileRaster.Config.defaults().pngLevel(), config.jpegQuality()));
    List<SkyExtent> extents = source.fields();
    int count = Math.min(config.fields(), extents.size());
    List<Field> out = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      int extent = k;
      int field = out.size();
      SkyPyramid pyramid = new SkyPyramid(extents.get(k), source.pixelDeg(k));
      List<List<SkyPyramid.Tile>> levels =
          pyramid.draw(
              (picture, above, part) -> source.draw(extent, picture, above, part),
              Math.max(1, config.tiles() / count),
              (tile, image) -> {
                Path line = directory.resolve("%d/%d/%d".formatted(field, tile.zoom(), tile.y()));
                Files.createDirectories(line);
                Files.write(line.resolve(tile.x() + ".jpg"), raster.jpeg(image));
              });
      if (levels.get(0).isEmpty()) {
        continue;
      }
      out.add(
          new Field(
              pyramid.center().raDeg(),
              pyramid.center().decDeg(),
              pyramid.widthDeg(),
              pyramid.depth(),
              levels.stream()
                  .map(l -> l.stream().flatMapToInt(t -> IntStream.of(t.x(), t.y())))
                  .map(IntStream::toArray)
                  .toArray(int[][]::new)));
    }
    return out;
  }
}
