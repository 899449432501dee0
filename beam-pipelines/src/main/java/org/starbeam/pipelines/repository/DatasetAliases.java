package org.starbeam.pipelines.repository;

import java.util.List;
import java.util.Map;

/** Names that other pipelines give to the kinds of datasets, for searching only. */
public final class DatasetAliases {
  private static final Map<String, List<String>> ALIASES =
      Map.ofEntries(
          Map.entry("initial_stars_detector", List.of("icSrc", "single_visit_star_unstandardized")),
          Map.entry("initial_summary_detector", List.of("icExp", "preliminary_visit_summary")),
          Map.entry("initial_psf", List.of("icExp.psf")),
          Map.entry("visit_image", List.of("calexp", "pvi", "finalVisitImage")),
          Map.entry("source_detector", List.of("src")),
          Map.entry("source", List.of("sourceTable_visit")),
          Map.entry("visit_summary", List.of("visitSummary", "finalVisitSummary")),
          Map.entry("visit", List.of("visitTable")),
          Map.entry("ccd_visit", List.of("ccdVisitTable", "visit_detector_table")),
          Map.entry(
              "visit_solution",
              List.of("gbdesAstrometricFitSkyWcsCatalog", "fgcmPhotoCalibCatalog")),
          Map.entry("deep_coadd", List.of("deepCoadd_calexp", "deep_coadd_predetection")),
          Map.entry("cell_coadd", List.of("deepCoaddCell")),
          Map.entry("template_coadd", List.of("goodSeeingCoadd")),
          Map.entry("coadd_input_selection", List.of("selectedVisits", "goodSeeingVisits")),
          Map.entry("coadd_detection", List.of("deepCoadd_det")),
          Map.entry("merged_parent", List.of("deepCoadd_mergeDet", "mergedDetections")),
          Map.entry("object_unpublished", List.of("deepCoadd_obj")),
          Map.entry("object", List.of("objectTable_tract")),
          Map.entry("difference_image", List.of("goodSeeingDiff_differenceExp", "diaExp")),
          Map.entry("dia_source_detector", List.of("goodSeeingDiff_diaSrc", "diaSrc")),
          Map.entry(
              "forced_source_detector", List.of("object_forced_source", "mergedForcedSource")),
          Map.entry("dia_object", List.of("diaObjectTable_tract")),
          Map.entry("forced_source_on_dia_object_detector", List.of("dia_object_forced_source")),
          Map.entry("refcat", List.of("the_monster", "gaia_dr3")),
          Map.entry("skymap", List.of("skyMap")));

  private DatasetAliases() {}

  /** Other names of a dataset type. */
  public static List<String> of(String type) {
    return ALIASES.getOrDefault(type, List.of());
  }
}
