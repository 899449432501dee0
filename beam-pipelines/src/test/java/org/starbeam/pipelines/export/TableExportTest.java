package org.starbeam.pipelines.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.export.TableExport.Choice;
import org.starbeam.pipelines.export.TableExport.Format;
import org.starbeam.transforms.selection.SkySelection;

/** Tables that leave the repository hold the chosen rows, whole and unchanged. */
class TableExportTest {
  private static final String PYTHON = "/usr/bin/python3";
  private static final String STILTS = System.getProperty("starbeam.stilts", "/usr/bin/stilts");

  @TempDir static Path repository;
  @TempDir Path out;
  private static RunCatalog catalog;

  @BeforeAll
  static void makeRun() throws IOException {
    catalog = ExportedRun.make(repository);
  }

  private static Choice choice(String columns, String where, @Nullable String region) {
    return new Choice(columns, where, region == null ? null : SkySelection.parse(region));
  }

  private Path export(String table, Format format, Choice choice) throws IOException {
    Path file = out.resolve(table + "." + format);
    return new TableExport(catalog, table, choice).write(file, format, false).file();
  }

  @Test
  void votableHasEveryValueAndWhatIsMissingIsMarked() throws Exception {
    VoTable table = VoTable.read(export("object", Format.VOTABLE, choice("", "", null)));
    assertThat(table.rows()).hasSize(3);
    Map<String, Object> first = table.rows().get(0);
    assertThat(first)
        .containsEntry("objectId", 4_758_498_612_931_985_409L)
        .containsEntry("coord_ra", 10.0)
        .containsEntry("refBand", "r")
        .containsEntry("shape_flag", false)
        .containsEntry("r_psfFlux", 3.5f);
    assertThat(table.rows().get(1))
        .containsEntry("r_psfFlux", null)
        .containsEntry("refBand", "café");
    assertThat(table.rows().get(2))
        .containsEntry("r_psfFlux", null)
        .containsEntry("refBand", null)
        .containsEntry("refExtendedness", null)
        .containsEntry("shape_flag", null)
        .containsEntry("objectId", 3L);
  }

  @Test
  void votableSaysWhatItsColumnsMean() throws Exception {
    VoTable table = VoTable.read(export("Object", Format.VOTABLE, choice("", "", null)));
    assertThat(table.fields().get("coord_ra"))
        .containsEntry("unit", "deg")
        .containsEntry("ucd", "pos.eq.ra;meta.main")
        .containsEntry("ref", "icrs");
    assertThat(table.fields().get("objectId")).containsEntry("ucd", "meta.id;meta.main");
    assertThat(table.fields().get("r_psfFlux"))
        .containsEntry("unit", "nJy")
        .containsEntry("ucd", "phot.flux.density;em.opt.R");
    assertThat(table.fields().get("r_psfFlux").get("DESCRIPTION")).isNotEmpty();
    assertThat(table.fields().get("refBand")).containsEntry("datatype", "unicodeChar");
  }

  /** Another reader of VOTables finds nothing to complain of, and the same numbers. */
  @Test
  @Tag("peer")
  void astropyReadsTheVotablesOfAllTables() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of(PYTHON)), "no python3");
    for (String table : List.of("Object", "Source", "CcdVisit")) {
      export(table, Format.VOTABLE, choice("", "", null));
    }
    Process python =
        new ProcessBuilder(
                PYTHON,
                "-W",
                "error",
                "-c",
                """
                from astropy.io.votable import parse
                for name in ['Object', 'Source', 'CcdVisit']:
                    table = parse(name + '.VOTABLE', verify='exception').get_first_table()
                    print(name, table.array.size)
                t = parse('Object.VOTABLE').get_first_table().array
                assert t['objectId'][0] == 4758498612931985409 and t['r_psfFlux'][0] == 3.5
                assert t['refBand'][1] == 'caf\\u00e9' and t.mask['r_psfFlux'].tolist() == [0, 1, 1]
                """)
            .directory(out.toFile())
            .redirectErrorStream(true)
            .start();
    String printed = new String(python.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(python.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(printed).isEqualTo("Object 3\nSource 2\nCcdVisit 1\n");
  }

  private String stilts(String... words) throws Exception {
    List<String> command = new ArrayList<>(List.of(STILTS));
    command.addAll(List.of(words));
    Process process =
        new ProcessBuilder(command).directory(out.toFile()).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(printed).isZero();
    return printed;
  }

  /** STILTS finds no error, and the same numbers, units and UCDs in both formats. */
  @Test
  @Tag("peer")
  void stiltsReadsVotablesAndFitsTables() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(Path.of(STILTS)), "no STILTS: apt-get install stilts");
    for (String table : List.of("Object", "Source", "CcdVisit")) {
      String votable = export(table, Format.VOTABLE, choice("", "", null)).toString();
      assertThat(stilts("votlint", votable)).doesNotContain("ERROR");
    }
    Choice numbers = choice("objectId, coord_ra, coord_dec, r_psfFlux", "", null);
    for (Format format : List.of(Format.VOTABLE, Format.FITS)) {
      String in = "in=" + export("Object", format, numbers);
      String ifmt = "ifmt=" + format.name().toLowerCase(Locale.ROOT);
      assertThat(stilts("tpipe", in, ifmt, "cmd=meta name units ucd", "out=-", "ofmt=csv"))
          .isEqualTo(
              """
              Name,Units,UCD
              objectId,,meta.id;meta.main
              coord_ra,deg,pos.eq.ra;meta.main
              coord_dec,deg,pos.eq.dec;meta.main
              r_psfFlux,nJy,phot.flux.density;em.opt.R
              """);
      assertThat(stilts("tpipe", in, ifmt, "out=-", "ofmt=csv"))
          .isEqualTo(
              """
              objectId,coord_ra,coord_dec,r_psfFlux
              4758498612931985409,10.0,-30.0,3.5
              2,12.0,-30.0,
              3,350.0,-30.0,
              """);
    }
  }

  @Test
  void rowsAreChosenByColumnsConditionAndRegionInEveryFormat() throws Exception {
    Choice near = choice("objectId", "objectId < 9", "CIRCLE(-10, -30, 0.5)");
    assertThat(Files.readString(export("Object", Format.CSV, near))).isEqualTo("objectId\n3\n");
    VoTable table = VoTable.read(export("Object", Format.VOTABLE, near));
    assertThat(table.rows()).containsExactly(Map.of("objectId", 3L));
    for (Format format : List.of(Format.FITS, Format.PARQUET)) {
      Path file = out.resolve("x." + format);
      assertThat(new TableExport(catalog, "Object", near).write(file, format, false).rows())
          .as("%s", format)
          .isEqualTo(1);
    }
  }

  @Test
  void conditionIsNoWayToAnotherStatement() throws IOException {
    Path other = out.resolve("other.csv");
    for (String where :
        List.of("true) to '" + other + "' --", "true); create table t as (select 1 --")) {
      assertThatThrownBy(() -> export("Object", Format.CSV, choice("", where, null)))
          .isInstanceOf(UserException.class);
    }
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files).isEmpty();
    }
  }

  /** Shape, numbers, colour and tag of a region, by the grammar of DS9. */
  private record Region(String shape, double[] numbers, String colour, String tag) {
    private static final Pattern LINE =
        Pattern.compile("(\\w+)\\(([^)]*)\\) # color=(\\S+) tag=\\{(\\w+)\\}( text=\\{[^}]*\\})?");

    static List<Region> read(Path file) throws IOException {
      List<String> lines =
          Files.readAllLines(file).stream().filter(l -> !l.startsWith("#")).toList();
      assertThat(lines.get(0)).startsWith("global ");
      assertThat(lines.get(1)).isEqualTo("icrs");
      return lines.stream().skip(2).map(Region::of).toList();
    }

    private static Region of(String line) {
      Matcher match = LINE.matcher(line);
      assertThat(match.matches()).as(line).isTrue();
      double[] numbers =
          Stream.of(match.group(2).split(",", -1))
              .mapToDouble(n -> Double.parseDouble(n.replace("\"", "")))
              .toArray();
      return new Region(match.group(1), numbers, match.group(3), match.group(4));
    }
  }

  /**
   * 25, 4 and 0 pixels squared along columns of 0.2 arcsec, east to the left: axes of two sigma are
   * 2 and 0.8 arcsec, and the long one lies east-west. 16, 16 and 12: 28 along the rising diagonal,
   * which is 45 degrees from west to north, and 4 across.
   */
  @Test
  void ellipsesHaveTheAxesAndAnglesOfTheMoments() throws IOException {
    List<Region> regions = Region.read(export("Source", Format.REGIONS, choice("", "", null)));
    assertThat(regions).extracting(Region::shape).containsOnly("ellipse");
    double[] first = {11, -30, 2, 0.8, 0};
    double[] second = {12, -30, 2 * 0.2 * Math.sqrt(28), 0.8, 45};
    assertThat(regions.get(0).numbers()).containsExactly(first, within(0.001));
    assertThat(regions.get(1).numbers()).containsExactly(second, within(0.001));
    assertThat(regions.get(0).colour()).isEqualTo("green");
  }

  private static org.assertj.core.data.Offset<Double> within(double value) {
    return org.assertj.core.data.Offset.offset(value);
  }

  @Test
  void regionsAreOutlinesOfDetectorsAndCirclesColouredByKind() throws IOException {
    List<Region> detectors = Region.read(export("CcdVisit", Format.REGIONS, choice("", "", null)));
    assertThat(detectors).hasSize(1);
    assertThat(detectors.get(0).shape()).isEqualTo("polygon");
    assertThat(detectors.get(0).numbers())
        .containsExactly(10.1, -30.1, 9.9, -30.1, 9.9, -29.9, 10.1, -29.9);
    Map<String, String> tags = new TreeMap<>();
    for (Region region : Region.read(export("Object", Format.REGIONS, choice("", "", null)))) {
      assertThat(region.shape()).isEqualTo("circle");
      tags.put(region.tag(), region.colour());
    }
    assertThat(tags).isEqualTo(Map.of("star", "cyan", "galaxy", "green", "unclassified", "white"));
  }

  @Test
  void resumeWritesAgainWhatIsBrokenOrWasAskedOtherwise() throws IOException {
    Path file = out.resolve("o.csv");
    TableExport all = new TableExport(catalog, "Object", choice("", "", null));
    assertThat(all.write(file, Format.CSV, true).rows()).isEqualTo(3);
    String whole = Files.readString(file);
    assertThat(all.write(file, Format.CSV, true).rows()).as("it is there").isNull();
    Files.writeString(file, whole.substring(0, 20));
    assertThat(all.write(file, Format.CSV, true).rows()).as("it is broken").isEqualTo(3);
    assertThat(file).hasContent(whole);
    TableExport some = new TableExport(catalog, "Object", choice("", "objectId = 2", null));
    assertThat(some.write(file, Format.CSV, true).rows()).as("another question").isEqualTo(1);
  }

  @Test
  void fileKeepsItsContentWhenTheExportFails() throws IOException {
    Path file = Files.writeString(out.resolve("o.csv"), "before");
    TableExport wrong = new TableExport(catalog, "Object", choice("nosuch", "", null));
    assertThatThrownBy(() -> wrong.write(file, Format.CSV, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nosuch");
    assertThat(file).hasContent("before");
    try (Stream<Path> files = Files.list(out)) {
      assertThat(files).hasSize(1);
    }
  }
}
