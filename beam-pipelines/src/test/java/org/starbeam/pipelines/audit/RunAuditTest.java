package org.starbeam.pipelines.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.step6.ReleaseTable;

/** Tables without a fault, and what is found when faults are put into them. */
class RunAuditTest {
  private static final int ROWS = 120;

  @TempDir Path directory;

  private final Map<String, InventedTable> tables = new LinkedHashMap<>();

  /**
   * Six detectors of two visits, and one that nobody has used; every object was seen once, at the
   * same place in all tables.
   */
  @BeforeEach
  void makeTables() {
    add(new InventedTable(ReleaseTable.VISIT, 3));
    add(new InventedTable(ReleaseTable.CCD_VISIT, 7))
        .set("selectedForCoadd", "i < 6")
        .set("visitId", "(i // 3 + 1)::bigint")
        .set("detector", "(i % 3)::integer");
    add(new InventedTable(ReleaseTable.OBJECT, ROWS, "g", "r"))
        .set("detect_isPrimary", "i % 3 != 2")
        .set("detect_isIsolated", "true");
    add(new InventedTable(ReleaseTable.SOURCE, ROWS)).set("detect_isPrimary", "i % 3 != 2");
    add(new InventedTable(ReleaseTable.FORCED_SOURCE, ROWS));
    for (String table : List.of("Source", "ForcedSource")) {
      String prefix = table.equals("Source") ? "" : "coord_";
      of(table)
          .set("visit", "(i % 2 + 1)::bigint")
          .set("detector", "(i % 3)::integer")
          .set(prefix + "ra", "(10 + 0.01 * i)::double")
          .set(prefix + "dec", "(-30 + 0.01 * i)::double")
          .set("psfFlux_flag", "false");
    }
    of("Source").set("psfFlux", "(1000.0 + i)::double").set("psfFluxErr", "(1 + 0.01 * i)::double");
    of("ForcedSource")
        .set("psfFlux", "(1001.0 + i)::float")
        .set("psfFluxErr", "(1 + 0.01 * i)::float");
  }

  private InventedTable add(InventedTable table) {
    tables.put(table.name(), table);
    return table;
  }

  private InventedTable of(String name) {
    InventedTable table = tables.get(name);
    assertThat(table).isNotNull();
    return table;
  }

  private RunAudit audit(String... only) {
    Map<String, List<Path>> files = new LinkedHashMap<>();
    for (InventedTable table : tables.values()) {
      if (only.length == 0 || List.of(only).contains(table.name())) {
        files.put(table.name(), List.of(table.write(directory)));
      }
    }
    try (RunDatabase database = new RunDatabase(files)) {
      return RunAudit.of(database, files, List.of(only));
    }
  }

  private static List<String> lines(RunAudit audit) {
    return audit.findings().stream()
        .map(
            f ->
                f.grade().word()
                    + " "
                    + f.table()
                    + "."
                    + f.column()
                    + ": "
                    + f.rule()
                    + " "
                    + f.rows())
        .toList();
  }

  @Test
  void tablesWithoutAFaultHaveNoFindings() {
    RunAudit audit = audit();
    assertThat(lines(audit)).isEmpty();
    assertThat(audit.tables())
        .extracting(AuditedTable::table)
        .containsExactly("CcdVisit", "ForcedSource", "Object", "Source", "Visit");
    assertThat(audit.tables()).allMatch(t -> t.unwritten().isEmpty() && t.rows() > 0);
  }

  @Test
  void motionsMayBeMissingInAShortSurveyThatSaysSoByTheirFlag() {
    List<String> motions = List.of("raPM", "raPMErr", "decPM", "decPMErr", "parallax");
    motions.forEach(column -> of("Object").set(column, "null::double"));
    of("Object").set("motion_flag", "true");
    assertThat(lines(audit("Object")))
        .contains("note Object.raPM: null by design 80", "note Object.raPMErr: null by design 80")
        .noneMatch(line -> line.startsWith("error"));
    of("Object").set("motion_flag", "false");
    assertThat(lines(audit("Object"))).contains("error Object.raPM: empty 80");
  }

  @Test
  void everySeededFaultIsFoundAndNothingElse() {
    seedNames();
    seedValues();
    seedKeys();
    assertThat(lines(audit()))
        .containsExactlyInAnyOrder(
            // names, types, units
            "error Object.g_psfFluxErr: missing 0",
            "error Object.shape_xx: type 0",
            "error Object.shape_yy: unit 0",
            "warning Object.shape_xy: unit 0",
            "warning Object.refBand: description 0",
            "warning Object.psfFlux: undeclared 0",
            "warning Object.psfFlux: no error 0",
            "warning Object.psfFlux: no flag 0",
            "warning Object.GoodObject: undeclared 0",
            "warning Object.r_ap03Flux: no error 0",
            "warning Object.r_calibFlux: no flag 0",
            "error Object.r_calibFlux_flag: missing 0",
            // values
            "error Object.sersic_index: empty 80",
            "warning Object.starProb: half empty 60",
            "note Object.ebv: never filled 120",
            "warning Object.starLogOdds: constant 120",
            "warning Object.r_kronFlux_flag: constant 120",
            "warning Object.g_cModelFlux: unflagged 6",
            "error Object.g_cModelFlux: null fraction 12",
            "warning Object.r_moments_flag: null flag 4",
            "warning Object.r_free_psfFlux: twin 120",
            "error Object.r_gaap1p0FluxErr: error 3",
            "error Object.r_gaap1p5FluxErr: error 2",
            "error Object.x: infinite 2",
            "error Object.y: NaN 5",
            "error Object.coord_ra: angle 1",
            "error Object.coord_dec: angle 1",
            "error Object.refExtendedness: probability 1",
            "error Object.g_exponentialFlux: flux 1",
            "note Object.g_gaapPsfFlux: flux 1",
            // keys and other tables
            "error Object.objectId: key 2",
            "error Source.sourceId: no key 1",
            "error ForcedSource.objectId: orphan 3",
            "error ForcedSource.objectId,visit,detector: key 1",
            "error Source.visit,detector: orphan 1",
            "error CcdVisit.visitId,detector: no sources 1",
            "error ForcedSource.psfFlux: flux sum 1");
  }

  private void seedNames() {
    of("Object")
        .remove("g_psfFluxErr")
        .set("shape_xx", "(1 + 0.1 * i)::double")
        .say("shape_yy", "unit", "arcsec**2")
        .say("shape_xy", "unit", "")
        .say("refBand", "description", "")
        .set("psfFlux", "(1 + 0.1 * i)::float")
        .set("GoodObject", "i % 2 = 0")
        .remove("r_ap03FluxErr")
        .remove("r_calibFlux_flag");
  }

  private void seedValues() {
    of("Object")
        .set("sersic_index", "null::float")
        .set("sersic_no_data_flag", "i % 3 != 1")
        .where("i % 4 != 0", "starProb", "null")
        .set("ebv", "null::float")
        .set("starLogOdds", "2::float")
        .set("r_kronFlux_flag", "true")
        .where("i < 18", "g_cModelFlux", "null")
        .where("i < 18", "g_cModel_flag", "i >= 6")
        .where("i < 4", "r_moments_flag", "null")
        .set("r_free_psfFlux", "0.5::float * i")
        .set("r_psfFlux", "0.5::float * i")
        .where("i < 9", "r_gaap1p0FluxErr", "0")
        .where("i < 6", "r_gaap1p5FluxErr", "null")
        .set("r_gaapFlux_flag", "i % 3 != 0")
        .where("i in (1, 5)", "x", "'inf'::double")
        .where("i < 5", "y", "'nan'::double")
        .where("i = 6", "coord_ra", "360")
        .where("i = 8", "coord_dec", "-90.5")
        .where("i = 9", "refExtendedness", "1.25")
        .where("i = 9", "g_exponentialFlux", "1e16::float")
        .where("i = 1", "g_gaapPsfFlux", "-1e16::float");
  }

  private void seedKeys() {
    of("Object").where("i in (50, 51)", "objectId", "1");
    of("Source").where("i = 80", "sourceId", "null");
    of("Source").where("i = 40", "visit", "3");
    of("ForcedSource").where("i = 30", "objectId", "999");
    of("ForcedSource").where("i = 36", "objectId", "43");
    of("ForcedSource").where("i % 2 = 1", "psfFlux", "(1001.0 + i) * 1.03");
    of("CcdVisit").set("selectedForCoadd", "true");
  }

  @Test
  void profilesSayWhatIsInTheColumns() {
    of("Object")
        .where("i < 30", "starProb", "null")
        .where("i between 30 and 59", "starProb", "0")
        .set("r_free_psfFlux", "(3 * i)::float")
        .set("r_psfFlux", "(i)::float");
    AuditedTable object = audit("Object").tables().get(0);
    assertThat(object.primaryRows()).isEqualTo(80);
    ColumnProfile star =
        object.columns().stream()
            .filter(c -> c.name().equals("starProb"))
            .findFirst()
            .orElseThrow();
    assertThat(star.nulls()).isEqualTo(30);
    assertThat(star.nullsOfPrimary()).isEqualTo(20);
    assertThat(star.zeros()).isEqualTo(30);
    ColumnProfile free =
        object.columns().stream()
            .filter(c -> c.name().equals("r_free_psfFlux"))
            .findFirst()
            .orElseThrow();
    assertThat(free.twinCorrelation()).isEqualTo(1);
    assertThat(List.of(free.min(), free.p01(), free.median(), free.p99(), free.max()))
        .containsExactly(0f, 3f, 177f, 354f, 357f);
    assertThat(free.distinct()).isBetween(90L, 150L);
  }

  @Test
  void theDocumentHasTotalsFindingsAndColumns() {
    of("Object").where("i = 9", "refExtendedness", "1.25").set("ebv", "null::float");
    JsonNode json = audit("Object").json("r");
    assertThat(json.path("auditErrors").asInt()).isEqualTo(1);
    assertThat(json.path("auditNotes").asInt()).isEqualTo(1);
    assertThat(json.path("findings")).hasSize(2);
    assertThat(json.path("tables").path(0).path("columns").size()).isGreaterThan(400);
  }

  @Test
  void theSameFindingInSeveralBandsIsToldOnce() {
    of("Object")
        .where("i = 9", "g_sersicFlux", "1e16::float")
        .where("i = 9", "r_sersicFlux", "1e16::float");
    List<FindingGroup> groups = audit("Object").groups();
    assertThat(groups).hasSize(1);
    assertThat(groups.get(0).column()).isEqualTo("{band}_sersicFlux");
    assertThat(groups.get(0).text()).startsWith("g 1, r 1: ");
  }

  /** Fluxes over errors from -a to a in equal steps have quartiles at -a / 2 and a / 2. */
  @Test
  void theScatterOnEmptySkyIsPublishedByPatchBandAndEstimator() {
    of("Object")
        .set("merge_peak_sky", "i < 80")
        .set("tract", "4612::bigint")
        .set("patch", "(i % 2 + 17)::bigint")
        .set("g_psfFluxErr", "7::float")
        .set("g_psfFlux", "(7 * (1 + i % 2) * (((i // 2) % 41) / 20.0 - 1))::float");
    AuditedTable table =
        audit("Object").tables().stream().filter(t -> t.table().equals("Object")).findFirst().get();
    List<SkyScale> found =
        table.skyScales().stream()
            .filter(s -> s.band().equals("g") && s.estimator().equals("psfFlux"))
            .toList();
    assertThat(found).extracting(SkyScale::patch).containsExactly(17L, 18L);
    for (int k = 0; k < 2; k++) {
      SkyScale scale = found.get(k);
      assertThat(scale.tract()).isEqualTo(4612);
      assertThat(scale.n()).isEqualTo(40);
      assertThat(scale.scale()).isCloseTo(0.7413 * (1 + k), within(0.06));
      assertThat(scale.mean()).isCloseTo(0, within(0.06));
    }
    assertThat(SkyScale.summaries(found))
        .singleElement()
        .satisfies(s -> assertThat(s.median()).isCloseTo(0.7413 * 1.5, within(0.06)));
  }

  /** Rows i % 3 = 1 have no data in a band, as all flags of the invented table. */
  @Test
  void nullsByDesignAreSaidAndOthersAreErrors() {
    of("Object")
        .where("i % 3 = 1", "g_psfFlux", "null")
        .where("i % 3 = 1 or i < 30", "g_gaap1p0Flux", "null")
        .set("g_gaapFlux_flag", "i < 30")
        .set("g_gaapFlux_flag_bigPsf", "i < 30")
        .set("g_gaapFlux_flag_edge", "false")
        .set("g_gaapFlux_flag_interpolated", "false")
        .where("i = 3", "r_ap12Flux", "null")
        .set("r_ap12Flux_flag", "i % 3 = 0")
        .set("r_pixelFlags_edge", "i = 9")
        .set("r_pixelFlags_offimage", "i = 9");
    List<String> lines = lines(audit("Object"));
    assertThat(lines)
        .contains(
            "note Object.g_gaap1p0Flux: null by design 20",
            "error Object.r_ap12Flux: null fraction 1")
        .noneMatch(l -> l.contains("g_psfFlux: null"))
        .noneMatch(l -> l.contains("g_gaap1p0Flux: null fraction"));
  }

  @Test
  void everyBlendedObjectHasItsParentAndEveryParentItsObject() {
    add(new InventedTable(ReleaseTable.OBJECT_PARENT, 100))
        .where("i = 7", "objectId", "999::bigint")
        .where("i = 8", "objectId", "null");
    of("Object").where("i < 90", "parentObjectId", "0::bigint");
    assertThat(lines(audit("Object", "ObjectParent")))
        .contains(
            "error Object.parentObjectId: orphan 20", "error ObjectParent.objectId: orphan 1");
  }
}
