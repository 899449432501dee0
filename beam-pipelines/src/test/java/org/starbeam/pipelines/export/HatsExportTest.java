package org.starbeam.pipelines.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.hats.CountMap;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * A HATS collection holds the rows of the release table, each once and in its pixel, margins that
 * are complete, and files that say what is there (specs/07 section 9.2). Rows are read by DuckDB.
 */
class HatsExportTest {
  private static final String PYTHON = "/usr/bin/python3";
  private static final int ROWS = Boolean.getBoolean("starbeam.full") ? 100_000 : 3_000;
  private static final HatsExport.Settings SMALL =
      new HatsExport.Settings(new CountMap.Limits(ROWS / 40, 300_000_000), 10);

  @TempDir static Path repository;
  @TempDir static Path shared;
  @TempDir Path out;
  private static RunCatalog catalog;
  private static HatsLint objects;

  @BeforeAll
  static void makeRun() throws IOException {
    catalog = HatsRun.make(repository, ROWS);
    write("Object", SMALL, 2, shared);
    objects = new HatsLint(shared.resolve("object"));
  }

  private static HatsExport export(HatsExport.Settings settings, int threads) {
    return new HatsExport(catalog, settings, threads, "test");
  }

  private static HatsExport.Result write(
      String what, HatsExport.Settings settings, int threads, Path out) throws IOException {
    HatsExport export = export(settings, threads);
    return export.write(export.products(what).get(0), out, true);
  }

  private static List<Map<String, Object>> ask(String sql, Object... values) throws Exception {
    return HatsLint.ask(sql.formatted(values));
  }

  /** All files of partitions of a catalogue. */
  private static String files(Path primary) {
    return "read_parquet('" + primary + "/dataset/*/*/*', filename = true)";
  }

  private static String release(String table) {
    return "read_parquet('%s/data/r/release_table/%s/dataset/*/*/*', union_by_name = true)"
        .formatted(repository, table);
  }

  @Test
  void everythingThatReadersAskForIsThere() throws Exception {
    objects.check();
    write("ForcedSource", SMALL, 2, out);
    HatsLint forced = new HatsLint(out.resolve("forced_source"));
    forced.check();
    assertThat(HatsLint.properties(forced.primary().resolve("hats.properties")))
        .containsEntry("dataproduct_type", "source")
        .containsEntry("hats_col_ra", "coord_ra");
  }

  @Test
  void rowsAreThoseOfTheReleaseTableEachOnce() throws Exception {
    String columns = "_healpix_29, objectId, coord_ra, coord_dec, refBand, detect_isPrimary";
    String all = columns + ", g_psfFlux, g_psfFlux_flag, r_psfFlux, r_psfFlux_flag";
    String mine = "select " + all + " from " + files(objects.primary());
    String theirs = "select " + all + " from " + release("Object");
    assertThat(ask("(%s) except all (%s)", mine, theirs)).isEmpty();
    assertThat(ask("(%s) except all (%s)", theirs, mine)).isEmpty();
    assertThat(
            ask("select count(*) n, count(distinct objectId) d from %s", files(objects.primary())))
        .containsExactly(Map.of("n", (long) ROWS, "d", (long) ROWS));
  }

  @Test
  void partitionsAdaptToTheDensityOfRows() throws Exception {
    List<HatsLint.Pixel> pixels = HatsLint.partitions(objects.primary());
    assertThat(pixels.stream().map(HatsLint.Pixel::order).distinct().count()).isGreaterThan(3);
    for (Map<String, Object> row :
        ask("select filename f, count(*) n from %s group by f", files(objects.primary()))) {
      HatsLint.Pixel pixel = HatsLint.ofPath((String) row.get("f"));
      if (pixel.order() < 10) {
        assertThat((Long) row.get("n")).isLessThanOrEqualTo(ROWS / 40);
      }
    }
    write("Object", HatsExport.Settings.DEFAULT, 1, out);
    HatsLint whole = new HatsLint(out.resolve("object"));
    assertThat(HatsLint.partitions(whole.primary())).allMatch(p -> p.order() == 0);
    whole.check();
  }

  /** Each row with the partitions that a circle of a radius around it meets. */
  private static Set<String> near(double arcsec, int directions) throws Exception {
    List<HatsLint.Pixel> pixels = HatsLint.partitions(objects.primary());
    TreeMap<Long, HatsLint.Pixel> byStart = new TreeMap<>();
    pixels.forEach(p -> byStart.put(p.first(), p));
    Set<String> out = new HashSet<>();
    for (Map<String, Object> row :
        ask("select objectId id, coord_ra ra, coord_dec d from %s", files(objects.primary()))) {
      double[] c = Angles.vector((Double) row.get("ra"), (Double) row.get("d"));
      double[] pole = Math.abs(c[2]) > 0.9 ? new double[] {1, 0, 0} : new double[] {0, 0, 1};
      double[] u = unit(cross(c, pole));
      double[] v = cross(c, u);
      HatsLint.Pixel own = at(byStart, Angles.direction(c));
      double r = Math.toRadians(arcsec / 3600);
      for (int i = 0; i < directions; i++) {
        double a = 2 * Math.PI * i / directions;
        double[] p = new double[3];
        for (int k = 0; k < 3; k++) {
          p[k] = Math.cos(r) * c[k] + Math.sin(r) * (Math.cos(a) * u[k] + Math.sin(a) * v[k]);
        }
        HatsLint.Pixel met = at(byStart, Angles.direction(p));
        if (met != null && !met.equals(own)) {
          out.add(row.get("id") + " " + met.path());
        }
      }
    }
    return out;
  }

  private static HatsLint.Pixel at(TreeMap<Long, HatsLint.Pixel> byStart, SkyPoint p) {
    long index = HatsRun.ROWS.pixel(p.raDeg(), p.decDeg());
    Map.Entry<Long, HatsLint.Pixel> entry = byStart.floorEntry(index);
    return entry != null && index < entry.getValue().end() ? entry.getValue() : null;
  }

  private static double[] cross(double[] a, double[] b) {
    return new double[] {
      a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    };
  }

  private static double[] unit(double[] a) {
    double n = Math.sqrt(a[0] * a[0] + a[1] * a[1] + a[2] * a[2]);
    return new double[] {a[0] / n, a[1] / n, a[2] / n};
  }

  /** Truth is which partitions the points of a circle of 10 arcsec around every row lie in. */
  @Test
  void marginsHoldAllRowsWithinTenArcsecAndNoOthers() throws Exception {
    Set<String> held = new HashSet<>();
    for (Map<String, Object> row :
        ask("select objectId id, filename f from %s", files(objects.margin()))) {
      String path = HatsLint.ofPath((String) row.get("f")).path();
      assertThat(held.add(row.get("id") + " " + path)).as("once in a margin").isTrue();
    }
    assertThat(held).hasSizeGreaterThan(ROWS / 10);
    assertThat(held).containsAll(near(10, 360));
    assertThat(near(10.1, 360)).containsAll(held);
  }

  @Test
  void marginsHaveAllColumnsOfTheirRows() throws Exception {
    String columns = "_healpix_29, objectId, coord_ra, g_psfFlux, r_psfFlux, r_psfFlux_flag";
    assertThat(
            ask(
                "(select %s from %s) except (select %s from %s)",
                columns, files(objects.margin()), columns, files(objects.primary())))
        .isEmpty();
  }

  @Test
  void coneSearchNeedsOnlyThePartitionsThatTheConeMeets() throws Exception {
    SkyPoint corner = new Healpix(3).corners(555)[0];
    for (double radius : new double[] {3 / 3600.0, 0.02, 0.5}) {
      String cone =
          "select count(*) n from %s where 2 * degrees(asin(sqrt(pow(sin(radians(coord_dec - %s)"
              + " / 2), 2) + cos(radians(coord_dec)) * cos(radians(%s)) * pow(sin(radians(coord_ra"
              + " - %s) / 2), 2)))) < %s";
      List<String> opened = new ArrayList<>();
      for (HatsLint.Pixel pixel : HatsLint.partitions(objects.primary())) {
        Healpix grid = new Healpix(pixel.order());
        if (grid.cone(corner.raDeg(), corner.decDeg(), radius).contains(pixel.pixel())) {
          opened.add("'" + objects.primary().resolve("dataset").resolve(pixel.path()) + "'");
        }
      }
      Object[] place = {"", corner.decDeg(), corner.decDeg(), corner.raDeg(), radius};
      place[0] = "read_parquet([" + String.join(",", opened) + "])";
      List<Map<String, Object>> pruned = ask(cone, place);
      place[0] = release("Object");
      assertThat(pruned).isEqualTo(ask(cone, place));
      assertThat((Long) pruned.get(0).get("n")).isPositive();
      assertThat(opened.size()).isLessThan(HatsLint.partitions(objects.primary()).size());
    }
  }

  @Test
  void metadataTellUnitsAndUcdsInEveryFile() throws Exception {
    HatsLint.Pixel any = HatsLint.partitions(objects.primary()).get(0);
    for (String name : List.of("_metadata", "_common_metadata", any.path())) {
      Map<String, String> entries = new HashMap<>();
      for (Map<String, Object> row :
          ask(
              "select decode(key) k, decode(value) v from parquet_kv_metadata('%s')",
              objects.primary().resolve("dataset").resolve(name))) {
        entries.put((String) row.get("k"), (String) row.get("v"));
      }
      Path votable = out.resolve("head.vot");
      Files.writeString(votable, entries.get("IVOA.VOTable-Parquet.content"));
      VoTable head = VoTable.read(votable);
      assertThat(head.fields().get("coord_ra"))
          .containsEntry("unit", "deg")
          .containsEntry("ucd", "pos.eq.ra;meta.main");
      assertThat(head.fields().get("g_psfFlux"))
          .containsEntry("unit", "nJy")
          .containsEntry("ucd", "phot.flux.density;em.opt.B");
      assertThat(head.fields().get("r_psfFlux").get("DESCRIPTION")).isNotEmpty();
      assertThat(entries)
          .containsEntry("starbeam.run", HatsRun.RUN)
          .containsKeys("starbeam.columns", "starbeam.schema_hash");
    }
  }

  @Test
  void numbersAreStoredAsReadersExpectThem() throws Exception {
    Path file =
        objects
            .primary()
            .resolve("dataset")
            .resolve(HatsLint.partitions(objects.primary()).get(0).path());
    Map<String, String> encodings = new HashMap<>();
    for (Map<String, Object> row :
        ask(
            "select path_in_schema p, type t, encodings e, compression c from parquet_metadata('%s')",
            file)) {
      encodings.put((String) row.get("p"), row.get("t") + " " + row.get("c") + " " + row.get("e"));
    }
    assertThat(encodings.get("_healpix_29")).startsWith("INT64 ZSTD");
    assertThat(encodings.get("coord_ra")).startsWith("DOUBLE ZSTD").contains("BYTE_STREAM_SPLIT");
    assertThat(encodings.get("r_psfFlux")).startsWith("FLOAT ZSTD").contains("BYTE_STREAM_SPLIT");
    assertThat(encodings.get("refBand")).startsWith("BYTE_ARRAY ZSTD").contains("DICTIONARY");
  }

  private static Map<String, String> bytes(Path root) throws IOException {
    Map<String, String> out = new TreeMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        out.put(root.relativize(file).toString(), ContentHash.ofFile(file));
      }
    }
    return out;
  }

  @Test
  void bytesAreTheSameWhateverTheNumberOfThreads() throws Exception {
    for (int threads : new int[] {1, 5}) {
      HatsExport export = export(SMALL, threads);
      export.write(export.products("object").get(0), out, false);
      assertThat(bytes(out.resolve("object"))).isEqualTo(bytes(shared.resolve("object")));
    }
    try (Stream<Path> left = Files.list(out)) {
      assertThat(left).containsExactly(out.resolve("object"));
    }
  }

  @Test
  void whatIsThereOfTheSameRowsIsLeftAlone() throws Exception {
    assertThat(write("ForcedSource", SMALL, 1, out).written()).isTrue();
    assertThat(write("ForcedSource", SMALL, 1, out).written()).isFalse();
    assertThat(write("ForcedSource", HatsExport.Settings.DEFAULT, 1, out).written()).isTrue();
  }

  /** Truth is the table of measurements itself, whose rows of an object are not in time's order. */
  @Test
  void lightCurvesAreTheForcedMeasurementsOfEachObjectInTheOrderOfTime() throws Exception {
    write("object_lc", SMALL, 2, out);
    HatsLint curves = new HatsLint(out.resolve("object_lc"));
    curves.check();
    String columns = "objectId, visit, detector, band, midpointMjdTai, psfFlux";
    String mine =
        "select objectId, unnest(forcedSource, recursive := true) from " + files(curves.primary());
    mine = "select " + columns + " from (" + mine + ")";
    String theirs = "select " + columns + " from " + release("ForcedSource");
    assertThat(ask("(%s) except all (%s)", mine, theirs)).isEmpty();
    assertThat(ask("(%s) except all (%s)", theirs, mine)).isEmpty();
    assertThat(
            ask(
                "select l, count(*) n, bool_and(l = 0 or c[1].midpointMjdTai <"
                    + " c[2].midpointMjdTai) s from (select len(forcedSource) l, forcedSource c"
                    + " from %s) group by l order by l",
                files(curves.primary())))
        .containsExactly(
            Map.of("l", 0L, "n", (long) (ROWS - (ROWS + 2) / 3), "s", true),
            Map.of("l", 2L, "n", (long) ((ROWS + 2) / 3), "s", true));
    assertThat(
            ask("select name from parquet_schema('%s/dataset/_metadata')", curves.primary())
                .toString())
        .contains("r_psfFlux}", "refBand}", "coord_ra}");
  }

  @Test
  void tablesAreNamedAsEverywhere() {
    HatsExport export = export(SMALL, 1);
    assertThat(export.products("tables"))
        .extracting(HatsExport.Product::name)
        .containsExactly("object", "forced_source");
    for (String name : List.of("ForcedSource", "forcedsource", "forced_source")) {
      assertThat(export.products(name))
          .containsExactly(new HatsExport.Product(ReleaseTable.FORCED_SOURCE, null));
    }
    assertThatThrownBy(() -> export.products("Source"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("object, forced_source, object_lc");
  }

  /** Another reader of FITS finds the map as the tools of HEALPix write theirs. */
  @Test
  @Tag("peer")
  void astropyReadsTheSkyMap() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of(PYTHON)), "no python3");
    Process python =
        new ProcessBuilder(
                PYTHON,
                "-c",
                """
                from astropy.io import fits
                from astropy.table import Table
                hdus = fits.open('skymap.fits')
                hdus.verify('exception')
                h = hdus[1].header
                assert h['PIXTYPE'] == 'HEALPIX' and h['ORDERING'] == 'NESTED'
                assert h['INDXSCHM'] == 'IMPLICIT' and h['TFORM1'].strip('1') == 'J'
                assert h['LASTPIX'] + 1 == h['NAXIS2'] == 12 * h['NSIDE'] ** 2
                print(hdus[1].data.field(0).sum())
                """)
            .directory(objects.primary().toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(python.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(printed).isEqualTo(ROWS + "\n");
  }
}
