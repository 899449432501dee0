package org.starbeam.pipelines.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiPredicate;
import org.starbeam.pipelines.report.RunDatabase;

/**
 * What holds between tables: rows point at rows that exist, every detector that went into the
 * coadds has sources, and stars have the same flux in Source and ForcedSource.
 */
final class CrossChecks {
  /** Relative difference of a visit's flux that is good. */
  private static final double FLUX_TOLERANCE = 0.02;

  private static final int FEWEST_STARS = 10;

  /** A row of {@code table} has a row of {@code other} of the same values. */
  private record Reference(
      String table, List<String> columns, String other, List<String> otherColumns, String where) {}

  private static final List<Reference> REFERENCES =
      List.of(
          reference("ForcedSource", "objectId", "Object", "objectId"),
          new Reference(
              "Object",
              List.of("parentObjectId"),
              "ObjectParent",
              List.of("objectParentId"),
              "coalesce(\"parentObjectId\", 0) != 0"),
          new Reference(
              "ObjectParent",
              List.of("objectId"),
              "Object",
              List.of("objectId"),
              "\"objectId\" is not null"),
          new Reference(
              "DiaSource",
              List.of("diaObjectId"),
              "DiaObject",
              List.of("diaObjectId"),
              "coalesce(\"diaObjectId\", 0) != 0"),
          reference("ForcedSourceOnDiaObject", "diaObjectId", "DiaObject", "diaObjectId"),
          reference("Source", "visit,detector", "CcdVisit", "visitId,detector"),
          reference("ForcedSource", "visit,detector", "CcdVisit", "visitId,detector"),
          reference("ForcedSourceOnDiaObject", "visit,detector", "CcdVisit", "visitId,detector"),
          reference("DiaSource", "visit,detector", "CcdVisit", "visitId,detector"),
          reference("CcdVisit", "visitId", "Visit", "visit"));

  private static Reference reference(String table, String columns, String other, String others) {
    return new Reference(
        table, List.of(columns.split(",")), other, List.of(others.split(",")), "true");
  }

  private final RunDatabase database;
  private final BiPredicate<String, List<String>> has;
  private final List<Finding> findings = new ArrayList<>();

  /**
   * @param columns columns of each table of the run
   */
  CrossChecks(RunDatabase database, Map<String, Set<String>> columns) {
    this.database = database;
    this.has =
        (table, names) -> columns.containsKey(table) && columns.get(table).containsAll(names);
  }

  List<Finding> run() {
    for (Reference reference : REFERENCES) {
      if (has.test(reference.table, reference.columns)
          && has.test(reference.other, reference.otherColumns)) {
        orphans(reference);
      }
    }
    if (has.test("CcdVisit", List.of("visitId", "detector", "selectedForCoadd"))
        && has.test("Source", List.of("visit", "detector"))) {
      sources();
    }
    if (has.test("Source", List.of("visit", "detector", "ra", "dec", "psfFlux", "extendedness"))
        && has.test("ForcedSource", List.of("visit", "detector", "objectId", "psfFlux"))
        && has.test("Object", List.of("objectId", "detect_isIsolated", "refExtendedness"))) {
      fluxes();
    }
    return findings;
  }

  private void add(String table, String column, String rule, long rows, String text) {
    if (rows > 0) {
      findings.add(new Finding(Grade.ERROR, table, column, null, rule, rows, text));
    }
  }

  private void orphans(Reference reference) {
    List<String> same = new ArrayList<>();
    for (int i = 0; i < reference.columns.size(); i++) {
      same.add(
          "o."
              + RunDatabase.quote(reference.otherColumns.get(i))
              + " = t."
              + RunDatabase.quote(reference.columns.get(i)));
    }
    double rows =
        database
            .numbers(
                "select count(*) from %s t where %s and not exists (select 1 from %s o where %s)"
                    .formatted(
                        RunDatabase.quote(reference.table),
                        reference.where,
                        RunDatabase.quote(reference.other),
                        String.join(" and ", same)))[0][0];
    add(
        reference.table,
        String.join(",", reference.columns),
        "orphan",
        (long) rows,
        "rows without their row in " + reference.other);
  }

  private void sources() {
    double rows =
        database
            .numbers(
                "select count(*) from \"CcdVisit\" c where \"selectedForCoadd\" and not exists (select 1"
                    + " from \"Source\" s where s.visit = c.\"visitId\" and s.detector = c.detector)")[
            0][0];
    add(
        "CcdVisit",
        "visitId,detector",
        "no sources",
        (long) rows,
        "selected detectors have no rows in Source");
  }

  /** Stars that are alone, bright and good, by visit: sum in Source against sum in ForcedSource. */
  private void fluxes() {
    double[][] visits = database.numbers(FLUXES.formatted(FEWEST_STARS));
    int beyond = 0;
    double worst = 0;
    for (double ratio : visits[1]) {
      double difference = Math.abs(ratio - 1);
      beyond += difference > FLUX_TOLERANCE ? 1 : 0;
      worst = Math.max(worst, difference);
    }
    add(
        "ForcedSource",
        "psfFlux",
        "flux sum",
        beyond,
        "visits whose stars have another flux than in Source, by up to %.1f %%"
            .formatted(100 * worst));
  }

  private static final String FLUXES =
      """
      with
      f as (
        select f.visit, f.detector, f.coord_ra as ra, f.coord_dec as dec, f."psfFlux" as flux,
          cast(floor(f.coord_dec * 3600) as bigint) as gy
        from "ForcedSource" f join "Object" o on o."objectId" = f."objectId"
        where o."detect_isIsolated" and o."detect_isPrimary" and o."refExtendedness" < 0.5
          and not coalesce(f."psfFlux_flag", true) and f."psfFlux" > 20 * f."psfFluxErr"),
      s as (
        select visit, detector, ra, dec, "psfFlux" as flux,
          cast(floor(dec * 3600) as bigint) + dy as gy
        from "Source", (values (-1), (0), (1)) t(dy)
        where "detect_isPrimary" and not coalesce("psfFlux_flag", true) and extendedness < 0.5
          and not coalesce("pixelFlags_saturated", false)
          and "psfFlux" > 20 * "psfFluxErr"),
      pairs as (
        select f.visit, f.flux as forced, s.flux as free
        from f join s on f.visit = s.visit and f.detector = s.detector and f.gy = s.gy
          and abs(f.ra - s.ra) * cos(radians(f.dec)) < 0.5 / 3600
          and abs(f.dec - s.dec) < 0.5 / 3600)
      select visit, sum(forced) / sum(free) from pairs group by visit having count(*) >= %d
      order by visit
      """;
}
