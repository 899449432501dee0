package org.starbeam.pipelines.campaign;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.starbeam.pipelines.campaign.TaskGraph.Stage;

/** The table behind {@link TaskGraph}: every stage of the graph, by step. */
final class StageTable {
  /** Dimensions of what belongs to a detector: its calibrations are told apart by their name. */
  private static final String DETECTOR = "instrument detector name";

  private static final String DETECTOR_AND_FILTER = "instrument detector physical_filter name";
  private static final String FRAME = "instrument visit detector";

  /** Curves of a detector, which correct the inputs of its masters. */
  private static final String CURVES = "fitLinearity fitPtc fitBrighterFatter";

  /** Campaign-wide stages that every stage with reference stars reads. */
  private static final String CAMPAIGN_WIDE =
      "ingestCamera ingestMapping ingestRefcat shardRefcat certify";

  private StageTable() {}

  /** All stages in the order of the graph. */
  static List<Stage> all() {
    return Stream.of(ingest(), calibs(), frames(), visits(), coadds(), differences(), products())
        .flatMap(List::stream)
        .toList();
  }

  private static List<Stage> ingest() {
    return List.of(
        stage("ingestCamera", "ingest", "instrument", "", ""),
        stage("ingestMapping", "ingest", "name", "", ""),
        stage("ingestRefcat", "ingest", "name", "", ""),
        stage("shardRefcat", "ingest", "healpix3", "ingestRefcat", ""),
        stage("ingest", "ingest", "name", "ingestCamera ingestMapping", ""));
  }

  private static List<Stage> calibs() {
    return List.of(
        stage("measureFlatPairs", "calibs", DETECTOR, "ingest ingestCamera", ""),
        stage("fitLinearity", "calibs", DETECTOR, "measureFlatPairs", "detector"),
        stage("fitPtc", "calibs", DETECTOR, "measureFlatPairs fitLinearity", "detector"),
        stage("fitBrighterFatter", "calibs", DETECTOR, "fitPtc", ""),
        stage("fitCti", "calibs", DETECTOR, "ingest ingestCamera", ""),
        stage("fitCrosstalk", "calibs", DETECTOR, "ingest ingestCamera", ""),
        stage("combineBias", "calibs", DETECTOR, "ingest ingestCamera " + CURVES, "detector"),
        stage(
            "combineDark",
            "calibs",
            DETECTOR,
            "ingest ingestCamera " + CURVES + " combineBias",
            "detector"),
        stage(
            "flatLevels",
            "calibs",
            DETECTOR_AND_FILTER,
            "ingest ingestCamera " + CURVES + " combineBias combineDark",
            "detector"),
        stage("flatScales", "calibs", "instrument physical_filter", "flatLevels", ""),
        stage(
            "combineFlat",
            "calibs",
            DETECTOR_AND_FILTER,
            "ingest ingestCamera " + CURVES + " combineBias combineDark flatScales",
            "detector"),
        stage(
            "findDefects",
            "calibs",
            DETECTOR,
            "ingestCamera combineBias combineDark combineFlat",
            "detector"),
        stage(
            "combineFringe",
            "calibs",
            DETECTOR_AND_FILTER,
            "ingest ingestCamera " + CURVES + " combineBias combineDark combineFlat findDefects",
            "detector"),
        stage(
            "calibVerify",
            "calibs",
            DETECTOR_AND_FILTER,
            "ingest ingestCamera " + CURVES + " combineBias combineDark combineFlat findDefects",
            "detector"),
        stage(
            "certify",
            "calibs",
            DETECTOR_AND_FILTER,
            CURVES
                + " fitCti fitCrosstalk combineBias combineDark combineFlat findDefects"
                + " combineFringe calibVerify",
            "detector"),
        stage("calibTables", "calibs", DETECTOR, "certify", "detector"));
  }

  private static List<Stage> frames() {
    return List.of(
        stage("singleFrame", "step1", FRAME, "ingest " + CAMPAIGN_WIDE, "visit detector"));
  }

  private static List<Stage> visits() {
    return List.of(
        stage("visitSummary", "step2", "instrument visit", "singleFrame " + CAMPAIGN_WIDE, "visit"),
        stage("isolatedStars", "step2", "instrument healpix9", "singleFrame " + CAMPAIGN_WIDE, ""),
        stage("photometricSolve", "step2", "instrument band", "visitSummary isolatedStars", ""),
        stage(
            "astrometricSolve",
            "step2",
            "instrument visit",
            "singleFrame visitSummary isolatedStars photometricSolve " + CAMPAIGN_WIDE,
            "visit"),
        stage(
            "starMotion",
            "step2",
            "instrument healpix9",
            "isolatedStars astrometricSolve " + CAMPAIGN_WIDE,
            ""),
        stage(
            "finalVisit",
            "step2",
            FRAME,
            "ingest singleFrame astrometricSolve " + CAMPAIGN_WIDE,
            "visit detector"),
        stage("visitTables", "step2", "instrument visit", "finalVisit", "visit"));
  }

  private static List<Stage> coadds() {
    return List.of(
        stage("selectVisits", "step3", "skymap tract band", "finalVisit", ""),
        stage("cellCoadd", "step3", "skymap tract block band", "finalVisit selectVisits", "tract"),
        stage("deepCoadd", "step3", "skymap tract patch band", "cellCoadd", "tract"),
        stage("templateCoadd", "step3", "skymap tract patch band", "cellCoadd", "tract"),
        stage("detectObjects", "step3", "skymap tract patch", "deepCoadd", "tract patch"),
        stage(
            "measureObjects",
            "step3",
            "skymap tract patch name",
            "detectObjects deepCoadd",
            "tract patch"),
        stage("objectTable", "step3", "skymap tract", "measureObjects starMotion", ""));
  }

  private static List<Stage> differences() {
    return List.of(
        stage("diffim", "step4", FRAME, "finalVisit templateCoadd", "visit detector"),
        stage("associateDia", "step5", "healpix8", "finalVisit diffim", ""),
        stage("forcedOnObjects", "step5", FRAME, "finalVisit diffim objectTable", "visit detector"),
        stage(
            "forcedOnDiaObjects",
            "step5",
            FRAME,
            "finalVisit diffim associateDia",
            "visit detector"),
        stage(
            "diaObjects",
            "step5",
            "healpix8",
            "finalVisit objectTable associateDia forcedOnDiaObjects",
            ""));
  }

  private static List<Stage> products() {
    return List.of(
        stage(
            "releaseTables",
            "step6",
            "healpix3 name",
            "starMotion finalVisit visitTables objectTable associateDia forcedOnObjects"
                + " forcedOnDiaObjects diaObjects",
            ""),
        stage("metrics", "step7", "instrument visit", "finalVisit " + CAMPAIGN_WIDE, "visit"),
        stage("tractMetrics", "step7", "skymap tract band", "visitTables", ""),
        stage("runMetrics", "step7", "name", "metrics tractMetrics objectTable visitTables", ""),
        stage("hipsBlock", "step7", "healpix8 band", "deepCoadd", ""),
        stage("hipsStretch", "step7", "name", "hipsBlock", ""),
        stage("hipsRaster", "step7", "healpix8", "hipsBlock hipsStretch", ""),
        stage("hipsMerge5", "step7", "healpix5", "hipsBlock hipsStretch", ""),
        stage("hipsMerge2", "step7", "healpix2", "hipsMerge5 hipsStretch", ""),
        stage("hipsMerge0", "step7", "name", "hipsMerge2 hipsStretch", ""),
        stage(
            "hips",
            "step7",
            "name",
            "hipsBlock hipsRaster hipsMerge5 hipsMerge2 hipsMerge0 hipsStretch",
            ""));
  }

  private static Stage stage(
      String name, String step, String dimensions, String inputs, String within) {
    return new Stage(name, step, words(dimensions), words(inputs), words(within));
  }

  private static Set<String> words(String text) {
    Set<String> out = new LinkedHashSet<>(List.of(text.split(" ")));
    out.remove("");
    return out;
  }
}
