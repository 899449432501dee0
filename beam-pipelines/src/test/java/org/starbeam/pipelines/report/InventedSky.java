package org.starbeam.pipelines.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.TileArchive;
import org.starbeam.hips.TileRaster;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;

/**
 * A colour HiPS of round stars on a gray sky, painted pixel by pixel from the directions that the
 * index rule gives, the table of these stars, and the view of both.
 */
final class InventedSky {
  /** Sigma of a star's image. */
  private static final double SIGMA_ARCSEC = 0.6;

  private static final int SKY = 40;
  private static final int ORDER = 11;

  /** Order that the whole field is shown with. */
  private static final int LOWEST = 8;

  /** A star; its id is its number. */
  record Star(double ra, double dec, double magnitude) {}

  private final List<Star> stars = new ArrayList<>();
  private final TreeSet<HipsTile> tiles = new TreeSet<>();
  private byte @Nullable [] packed;

  /** Stars in the four tiles of the deepest order around a direction, far from each other. */
  InventedSky(double ra, double dec) {
    long pixel = new Healpix(ORDER - 1).pixel(ra, dec);
    HipsTile block = new HipsTile(ORDER - 1, pixel);
    for (int i = 0; i < 6; i++) {
      for (int j = 0; j < 6; j++) {
        SkyPoint p = block.place((i + 0.37 + 0.02 * j) / 6, (j + 0.53 + 0.03 * i) / 6);
        stars.add(new Star(p.raDeg(), p.decDeg(), 15 + 0.2 * (6 * i + j)));
      }
    }
    for (int child = 0; child < 4; child++) {
      tiles.add(block.child(child));
    }
    for (int order = ORDER - 1; order >= LOWEST; order--) {
      tiles.add(block.ancestor(order));
    }
  }

  List<Star> stars() {
    return stars;
  }

  /** Writes the tree as one archive. */
  Path archive(Path file) throws IOException {
    if (packed != null) {
      return Files.write(file, packed);
    }
    TileRaster raster = new TileRaster(TileRaster.Config.defaults());
    try (TileArchive.Writer out = TileArchive.Writer.create(file)) {
      for (HipsTile tile : tiles) {
        out.add(tile.path("png"), raster.png(paint(tile)));
      }
    }
    packed = Files.readAllBytes(file);
    return file;
  }

  private BufferedImage paint(HipsTile tile) {
    int width = HipsTile.WIDTH;
    BufferedImage out = new BufferedImage(width, width, BufferedImage.TYPE_INT_ARGB);
    double[][] at =
        stars.stream().map(s -> Angles.vector(s.ra(), s.dec())).toArray(double[][]::new);
    double sigma = Math.toRadians(Math.max(SIGMA_ARCSEC / 3600, HipsTile.pixelDeg(tile.order())));
    for (int row = 0; row < width; row++) {
      for (int column = 0; column < width; column++) {
        SkyPoint p = tile.center(column, row);
        double[] v = Angles.vector(p.raDeg(), p.decDeg());
        double light = SKY;
        for (double[] star : at) {
          double dx = v[0] - star[0];
          if (Math.abs(dx) > 7 * sigma) {
            continue;
          }
          double dy = v[1] - star[1];
          double dz = v[2] - star[2];
          double square = (dx * dx + dy * dy + dz * dz) / (sigma * sigma);
          light += square < 40 ? 200 * Math.exp(-square / 2) : 0;
        }
        int value = (int) Math.min(255, light);
        out.setRGB(column, width - 1 - row, 0xff000000 | value << 16 | value << 8 | value);
      }
    }
    return out;
  }

  /** The table Object with these stars, some columns of it in two bands. */
  Path table(Path file) {
    String rows =
        IntStream.range(0, stars.size())
            .mapToObj(
                k ->
                    "(%d::bigint, %.12f::double, %.12f::double, %.4f::double, %d)"
                        .formatted(
                            (1L << 62) + k,
                            stars.get(k).ra(),
                            stars.get(k).dec(),
                            Math.pow(10, 0.4 * (31.4 - stars.get(k).magnitude())),
                            k % 2))
            .collect(Collectors.joining(", "));
    try (RunDatabase empty = new RunDatabase(Map.of())) {
      empty.execute(
          ("copy (select id as \"objectId\", ra as coord_ra, dec as coord_dec, true as"
                  + " \"detect_isPrimary\", id = 4611686018427387904 + 35 as sky_object, kind::float"
                  + " as \"refExtendedness\", flux as \"r_psfFlux\", flux / 100 as \"r_psfFluxErr\","
                  + " case when kind = 1 then null else 2 * flux end as \"g_psfFlux\", flux / 50 as"
                  + " \"g_psfFluxErr\", id %% 4 = 3 as \"g_pixelFlags_edge\", false as"
                  + " \"r_pixelFlags_edge\", 0::bigint as \"parentObjectId\" from (values %s) t(id,"
                  + " ra, dec, flux, kind)) to '%s' (format parquet)")
              .formatted(rows, file));
    }
    return file;
  }

  /**
   * The table DiaSource with three detections: one fainter than the template, of a strange band; a
   * dipole; the brightest one on a streak.
   */
  Path detections(Path file) {
    Star at = stars.get(9);
    try (RunDatabase empty = new RunDatabase(Map.of())) {
      empty.execute(
          ("copy (select id as \"diaSourceId\", %.9f::double as ra, %.9f::double as dec, flux as"
                  + " \"psfFlux\", '</script><b>' as band, id = 8 as \"isDipole\", id = 9 as"
                  + " \"pixelFlags_streak\" from (values (7::bigint, -3631.0::double), (8::bigint,"
                  + " 363.1::double), (9::bigint, 99999.0::double)) t(id, flux)) to '%s' (format"
                  + " parquet)")
              .formatted(at.ra(), at.dec(), file));
    }
    return file;
  }

  /** Writes the view of it. */
  SkyTiles.Made write(Path directory, String run, SkyView.Config config) throws IOException {
    Path own = Files.createDirectories(directory.resolveSibling("invented"));
    SkyTiles.Made tiles =
        new SkyTiles(config)
            .ofHips("color_gri", "content", List.of(archive(own.resolve("tree.zip"))), directory);
    Map<String, List<Path>> tables =
        Map.of(
            "Object", List.of(table(own.resolve("object.parquet"))),
            "DiaSource", List.of(detections(own.resolve("dia.parquet"))));
    int tract = RingsSkyMap.defaults().tractOf(stars.get(0).ra(), stars.get(0).dec());
    try (RunDatabase database = new RunDatabase(tables)) {
      new SkyView(config)
          .write(
              directory,
              run,
              tiles,
              new SkyOutlines(Map.of(tract, Set.of(44, 45))),
              database,
              Stream.concat(
                      new SkyQueries(database).objects().stream(),
                      new SkyQueries(database).diaSources().stream())
                  .toList());
    }
    return tiles;
  }
}
