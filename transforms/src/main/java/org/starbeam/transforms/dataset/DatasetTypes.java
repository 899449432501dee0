package org.starbeam.transforms.dataset;

import static org.starbeam.transforms.dataset.DatasetType.calib;
import static org.starbeam.transforms.dataset.DatasetType.intermediate;
import static org.starbeam.transforms.dataset.DatasetType.product;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.starbeam.transforms.dataset.DatasetType.Retention;
import org.starbeam.transforms.dataset.DatasetType.StorageClass;

/**
 * Every kind of dataset that the graph reads or writes (specs/05 section 3.2), in the order in
 * which light travels.
 */
public final class DatasetTypes {
  private static final String[] DETECTOR = {"instrument", "detector"};
  private static final String[] VISIT = {"instrument", "visit"};
  private static final String[] VISIT_DETECTOR = {"instrument", "visit", "detector"};
  private static final String[] TRACT = {"skymap", "tract"};
  private static final String[] PATCH = {"skymap", "tract", "patch"};
  private static final String[] PATCH_BAND = {"skymap", "tract", "patch", "band"};
  private static final String[] BLOCK_BAND = {"skymap", "tract", "block", "band"};
  private static final String HEALPIX8 = "healpix8";

  /** A file of the input directory, before anybody has looked into it. */
  public static final DatasetType INPUT_FILE =
      new DatasetType("input_file", List.of("name"), StorageClass.BINARY, Retention.RAW);

  /** Raw frame of one detector, where the user put it. */
  public static final DatasetType RAW =
      new DatasetType(
          "raw", List.of("instrument", "exposure", "detector"), StorageClass.FITS, Retention.RAW);

  /** The camera file. */
  public static final DatasetType CAMERA = calib("camera", StorageClass.YAML, "instrument");

  /**
   * A calibration for which the camera file gives a nominal value, by name: frames may do without
   * it.
   */
  public static final DatasetType NOMINAL_CALIB =
      calib("nominal_calib", StorageClass.JSON, "instrument", "name");

  /** Mapping file of the user. */
  public static final DatasetType MAPPING = calib("mapping", StorageClass.YAML, "name");

  /** One file of the reference catalogue, sorted: rows RefStar. */
  public static final DatasetType REFCAT_PART =
      intermediate("refcat_part", StorageClass.PARQUET, "name");

  /** Shards that a file of the reference catalogue has stars in. */
  public static final DatasetType REFCAT_COVERAGE =
      intermediate("refcat_coverage", StorageClass.JSON, "name");

  /** Reference catalogue, one shard per HEALPix pixel of order 3: rows RefStar. */
  public static final DatasetType REFCAT = calib("refcat", StorageClass.PARQUET, "healpix3");

  public static final DatasetType BIAS = calib("bias", StorageClass.FITS, DETECTOR);
  public static final DatasetType DARK = calib("dark", StorageClass.FITS, DETECTOR);
  public static final DatasetType FLAT =
      calib("flat", StorageClass.FITS, "instrument", "detector", "physical_filter");
  public static final DatasetType FRINGE =
      calib("fringe", StorageClass.FITS, "instrument", "detector", "physical_filter");
  public static final DatasetType DEFECTS = calib("defects", StorageClass.FITS, DETECTOR);

  /** PhotonTransfer: gain, read noise and area changes. */
  public static final DatasetType PTC = calib("ptc", StorageClass.JSON, DETECTOR);

  /** LinearityCurve. */
  public static final DatasetType LINEARIZER = calib("linearizer", StorageClass.JSON, DETECTOR);

  /** BrighterFatterKernel. */
  public static final DatasetType BRIGHTER_FATTER =
      calib("brighter_fatter", StorageClass.JSON, DETECTOR);

  /** DeferredCharge: serial charge transfer. */
  public static final DatasetType CTI = calib("cti", StorageClass.JSON, DETECTOR);

  /** MeasuredCrosstalk. */
  public static final DatasetType CROSSTALK = calib("crosstalk", StorageClass.JSON, DETECTOR);

  /** FlatPairs of a photon transfer ramp. */
  public static final DatasetType FLAT_PAIRS =
      intermediate("flat_pairs", StorageClass.JSON, DETECTOR);

  /** Rows AmplifierRow of the certified photon transfer curve. */
  public static final DatasetType AMPLIFIER = product("amplifier", StorageClass.PARQUET, DETECTOR);

  /** Rows DefectRow of the certified defects. */
  public static final DatasetType DEFECT = product("defect", StorageClass.PARQUET, DETECTOR);

  /** Rows CalibVerifyRow of the product that the name tells. */
  public static final DatasetType CALIB_VERIFY =
      product("calib_verify", StorageClass.PARQUET, "instrument", "detector", "name")
          .withOptional("physical_filter");

  /** Level of every flat exposure of a detector and filter. */
  public static final DatasetType FLAT_LEVELS =
      intermediate("flat_levels", StorageClass.JSON, "instrument", "detector", "physical_filter");

  /** Scale of every flat exposure of a filter over the whole focal plane. */
  public static final DatasetType FLAT_SCALES =
      intermediate("flat_scales", StorageClass.JSON, "instrument", "physical_filter");

  /** Tables PSF, APCORR, WCS, PHOTOCALIB, BACKGROUND of the first characterization. */
  public static final DatasetType INITIAL_PSF =
      intermediate("initial_psf", StorageClass.FITS, VISIT_DETECTOR);

  /** Rows StarCandidate: all primary detections with S/N above 5. */
  public static final DatasetType INITIAL_STARS_DETECTOR =
      intermediate("initial_stars_detector", StorageClass.PARQUET, VISIT_DETECTOR);

  /** ExposureSummary of the first characterization. */
  public static final DatasetType INITIAL_SUMMARY_DETECTOR =
      intermediate("initial_summary_detector", StorageClass.JSON, VISIT_DETECTOR);

  public static final DatasetType INITIAL_VISIT_SUMMARY =
      intermediate("initial_visit_summary", StorageClass.JSON, VISIT);

  /** Rows IsolatedStar; of one month, which the name tells, when solves are by month. */
  public static final DatasetType ISOLATED_STAR_BLOCK =
      intermediate("isolated_star_block", StorageClass.PARQUET, "instrument", "healpix9")
          .withOptional("name");

  /** Zero points of the visits of a band, solved together; of one month as the blocks are. */
  public static final DatasetType PHOTOMETRIC_SOLUTION =
      intermediate("photometric_solution", StorageClass.JSON, "instrument", "band")
          .withOptional("name");

  /** WCS and photometric calibration of every detector of a visit. */
  public static final DatasetType VISIT_SOLUTION =
      product("visit_solution", StorageClass.JSON, VISIT);

  /** Rows IsolatedStarRow. */
  public static final DatasetType ISOLATED_STAR =
      product("isolated_star", StorageClass.PARQUET, "instrument", "healpix9");

  public static final DatasetType VISIT_IMAGE =
      product("visit_image", StorageClass.FITS, VISIT_DETECTOR);

  /** Rows SourceRow. */
  public static final DatasetType SOURCE_DETECTOR =
      intermediate("source_detector", StorageClass.PARQUET, VISIT_DETECTOR);

  public static final DatasetType VISIT_SUMMARY =
      product("visit_summary", StorageClass.JSON, VISIT);
  public static final DatasetType SOURCE = product("source", StorageClass.PARQUET, VISIT);
  public static final DatasetType VISIT_TABLE = product("visit", StorageClass.PARQUET, VISIT);
  public static final DatasetType CCD_VISIT = product("ccd_visit", StorageClass.PARQUET, VISIT);

  public static final DatasetType SKYMAP = product("skymap", StorageClass.JSON, "skymap");

  /** Visits chosen for the coadds of a tract and band, with the reasons for those left out. */
  public static final DatasetType COADD_INPUT_SELECTION =
      product("coadd_input_selection", StorageClass.JSON, "skymap", "tract", "band");

  public static final DatasetType CELL_COADD = product("cell_coadd", StorageClass.FITS, BLOCK_BAND);
  public static final DatasetType ARTIFACT_MASK =
      product("artifact_mask", StorageClass.FITS, BLOCK_BAND);

  /** State of a block that later inputs are added to; written when increments are exact. */
  public static final DatasetType CELL_ACCUMULATOR =
      product("cell_accumulator", StorageClass.BINARY, BLOCK_BAND);

  public static final DatasetType DEEP_COADD = product("deep_coadd", StorageClass.FITS, PATCH_BAND);
  public static final DatasetType TEMPLATE_COADD =
      product("template_coadd", StorageClass.FITS, PATCH_BAND);

  public static final DatasetType COADD_DETECTION =
      intermediate("coadd_detection", StorageClass.FITS, PATCH_BAND);
  public static final DatasetType MERGED_PARENT =
      intermediate("merged_parent", StorageClass.PARQUET, PATCH);

  /** Rows ObjectRow of one bin of parents. */
  public static final DatasetType OBJECT_UNPUBLISHED =
      intermediate("object_unpublished", StorageClass.PARQUET, "skymap", "tract", "patch", "name");

  /** Rows ObjectParentRow of one bin of parents. */
  public static final DatasetType OBJECT_PARENT_UNPUBLISHED =
      intermediate(
          "object_parent_unpublished", StorageClass.PARQUET, "skymap", "tract", "patch", "name");

  /** Rows ScarletBlendRow of the blends of one bin of parents. */
  public static final DatasetType SCARLET_BLEND =
      product("scarlet_blend", StorageClass.PARQUET, "skymap", "tract", "patch", "name");

  /** Rows MultiProFitRow of the objects of one bin of parents. */
  public static final DatasetType MULTIPROFIT_FIT =
      product("multiprofit_fit", StorageClass.PARQUET, "skymap", "tract", "patch", "name");

  /** Rows ObjectRow of a tract. */
  public static final DatasetType OBJECT = product("object", StorageClass.PARQUET, TRACT);

  /** Rows ObjectParentRow of a tract. */
  public static final DatasetType OBJECT_PARENT =
      product("object_parent", StorageClass.PARQUET, TRACT);

  public static final DatasetType DIFFERENCE_IMAGE =
      product("difference_image", StorageClass.FITS, VISIT_DETECTOR);

  /** Rows DiaSourceRow. */
  public static final DatasetType DIA_SOURCE_DETECTOR =
      intermediate("dia_source_detector", StorageClass.PARQUET, VISIT_DETECTOR);

  /** Rows DiaSourceFeatures: what the score of each source is made of. */
  public static final DatasetType DIA_SOURCE_FEATURES =
      intermediate("dia_source_features", StorageClass.PARQUET, VISIT_DETECTOR);

  /** Rows ForcedSourceRow. */
  public static final DatasetType FORCED_SOURCE_DETECTOR =
      intermediate("forced_source_detector", StorageClass.PARQUET, VISIT_DETECTOR);

  /** Rows DiaSourceRow of the objects that a pixel owns, with the ids of the objects. */
  public static final DatasetType DIA_SOURCE =
      product("dia_source", StorageClass.PARQUET, HEALPIX8);

  /** Rows DiaObjectRow with what is known from the DiaSources alone. */
  public static final DatasetType DIA_OBJECT_UNPUBLISHED =
      intermediate("dia_object_unpublished", StorageClass.PARQUET, HEALPIX8);

  /** Rows ForcedSourceOnDiaObjectRow. */
  public static final DatasetType FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR =
      intermediate("forced_source_on_dia_object_detector", StorageClass.PARQUET, VISIT_DETECTOR);

  /** Rows DiaObjectRow. */
  public static final DatasetType DIA_OBJECT =
      product("dia_object", StorageClass.PARQUET, HEALPIX8);

  public static final DatasetType RELEASE_TABLE =
      product("release_table", StorageClass.PARQUET, "healpix3", "name");

  /** Part of a release table that one night fills. */
  public static final DatasetType NIGHT_TABLE =
      product("night_table", StorageClass.PARQUET, "day_obs", "healpix3", "name");

  /** Rows MetricValue. */
  public static final DatasetType METRIC = product("metric", StorageClass.PARQUET, "name");

  /** Rows MetricValue of a tract and band. */
  public static final DatasetType TRACT_METRIC =
      product("tract_metric", StorageClass.PARQUET, "skymap", "tract", "band");

  /** Rows StarPosition of a tract and band: where its stars are by the visits of the band. */
  public static final DatasetType STAR_POSITION =
      product("star_position", StorageClass.PARQUET, "skymap", "tract", "band");

  /** Rows RhoStatistic of the visits of a tract and band. */
  public static final DatasetType RHO_STATISTIC =
      product("rho_statistic", StorageClass.PARQUET, "skymap", "tract", "band");

  /** Rows IsolatedStarSource: what repeatability is measured with. */
  public static final DatasetType ISOLATED_STAR_SOURCE =
      product("isolated_star_source", StorageClass.PARQUET, VISIT);

  /** Rows StarResidual: the sample that residual plots are drawn from. */
  public static final DatasetType STAR_RESIDUAL =
      product("star_residual", StorageClass.PARQUET, VISIT);

  /** FITS tiles of a band of a HiPS below a pixel of order 8. */
  public static final DatasetType HIPS_BLOCK =
      product("hips_block", StorageClass.ARCHIVE, HEALPIX8, "band");

  /** What is known of the tiles of a hips_block: Summary of HipsBlockTask. */
  public static final DatasetType HIPS_SUMMARY =
      intermediate("hips_summary", StorageClass.JSON, HEALPIX8, "band");

  /** Sums and numbers of pixels of a tile of order 8, 5 or 2. */
  public static final DatasetType HIPS_SUM =
      intermediate("hips_sum", StorageClass.BINARY, "band")
          .withOptional("healpix2", "healpix5", HEALPIX8);

  /** How the rasters of all trees are drawn: Stretch of HipsStretchTask. */
  public static final DatasetType HIPS_STRETCH = product("hips_stretch", StorageClass.JSON, "name");

  /** Raster tiles of a tree of a HiPS below a pixel of order 8. */
  public static final DatasetType HIPS_RASTER =
      product("hips_raster", StorageClass.ARCHIVE, HEALPIX8, "name");

  /** Tiles of a tree of orders 7 to 5 below a pixel of order 5, 4 to 2 of order 2, or 1 and 0. */
  public static final DatasetType HIPS_MERGE =
      product("hips_merge", StorageClass.ARCHIVE, "name").withOptional("healpix2", "healpix5");

  /** What a tree of a HiPS has besides its tiles. */
  public static final DatasetType HIPS = product("hips", StorageClass.ARCHIVE, "name");

  public static final DatasetType REPORT = product("report", StorageClass.DIRECTORY);

  /** All types in the order above. */
  public static final List<DatasetType> ALL =
      List.of(
          INPUT_FILE,
          RAW,
          CAMERA,
          NOMINAL_CALIB,
          MAPPING,
          REFCAT_PART,
          REFCAT_COVERAGE,
          REFCAT,
          BIAS,
          DARK,
          FLAT,
          FRINGE,
          DEFECTS,
          PTC,
          LINEARIZER,
          BRIGHTER_FATTER,
          CTI,
          CROSSTALK,
          FLAT_PAIRS,
          AMPLIFIER,
          DEFECT,
          CALIB_VERIFY,
          FLAT_LEVELS,
          FLAT_SCALES,
          INITIAL_PSF,
          INITIAL_STARS_DETECTOR,
          INITIAL_SUMMARY_DETECTOR,
          INITIAL_VISIT_SUMMARY,
          ISOLATED_STAR_BLOCK,
          PHOTOMETRIC_SOLUTION,
          VISIT_SOLUTION,
          ISOLATED_STAR,
          VISIT_IMAGE,
          SOURCE_DETECTOR,
          VISIT_SUMMARY,
          SOURCE,
          VISIT_TABLE,
          CCD_VISIT,
          SKYMAP,
          COADD_INPUT_SELECTION,
          CELL_COADD,
          ARTIFACT_MASK,
          CELL_ACCUMULATOR,
          DEEP_COADD,
          TEMPLATE_COADD,
          COADD_DETECTION,
          MERGED_PARENT,
          OBJECT_UNPUBLISHED,
          OBJECT_PARENT_UNPUBLISHED,
          SCARLET_BLEND,
          MULTIPROFIT_FIT,
          OBJECT,
          OBJECT_PARENT,
          DIFFERENCE_IMAGE,
          DIA_SOURCE_DETECTOR,
          DIA_SOURCE_FEATURES,
          FORCED_SOURCE_DETECTOR,
          DIA_SOURCE,
          DIA_OBJECT_UNPUBLISHED,
          FORCED_SOURCE_ON_DIA_OBJECT_DETECTOR,
          DIA_OBJECT,
          RELEASE_TABLE,
          NIGHT_TABLE,
          METRIC,
          TRACT_METRIC,
          STAR_POSITION,
          RHO_STATISTIC,
          ISOLATED_STAR_SOURCE,
          STAR_RESIDUAL,
          HIPS_BLOCK,
          HIPS_SUMMARY,
          HIPS_SUM,
          HIPS_STRETCH,
          HIPS_RASTER,
          HIPS_MERGE,
          HIPS,
          REPORT);

  private static final Map<String, DatasetType> BY_NAME =
      ALL.stream().collect(Collectors.toUnmodifiableMap(DatasetType::name, Function.identity()));

  /** Begin of the names of what mock tasks write, which is not in {@link #ALL}. */
  private static final String MOCK = "mock_";

  private DatasetTypes() {}

  /** The type that a mock task writes. */
  public static DatasetType mock(String task, List<String> dimensions) {
    String name = MOCK + task.replaceAll("([A-Z])", "_$1").toLowerCase(Locale.ROOT);
    return new DatasetType(name, dimensions, StorageClass.BINARY, Retention.INTERMEDIATE);
  }

  /** True for the name of a type. */
  public static boolean isType(String name) {
    return BY_NAME.containsKey(name) || name.startsWith(MOCK);
  }

  /**
   * The type of a name, for example of a reference read from the ledger; one of a mock task says
   * nothing of its dimensions.
   */
  public static DatasetType named(String name) {
    DatasetType type = BY_NAME.get(name);
    if (name.startsWith(MOCK)) {
      return mock(name.substring(MOCK.length()), List.of());
    }
    if (type == null) {
      throw new IllegalArgumentException("no dataset type '" + name + "'");
    }
    return type;
  }
}
