package org.starbeam.pipelines.export;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.DatasetAliases;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPolygon;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.selection.SkySelection;
import org.starbeam.transforms.selection.VisitFields;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * Copies the FITS files of one type out of the repository, under names that say what they are. A
 * copy gets its name when its content hash is the one of the ledger, so what has the name is whole.
 */
public final class ImageExport {
  private final RunCatalog catalog;
  private final DatasetType type;

  /**
   * What was done.
   *
   * @param written files that were copied
   * @param kept files that were there already
   * @param bytes of the files that were copied
   * @param gone data ids of datasets that were pruned
   * @param damaged paths of datasets that are not what the ledger says
   */
  public record Result(
      String type,
      Path directory,
      List<String> written,
      List<String> kept,
      long bytes,
      List<String> gone,
      List<String> damaged) {}

  public ImageExport(RunCatalog catalog, DatasetType type) {
    this.catalog = catalog;
    this.type = type;
  }

  /** The kinds of images, by their names. */
  public static List<DatasetType> types() {
    return DatasetTypes.ALL.stream()
        .filter(t -> t.storage() == DatasetType.StorageClass.FITS)
        .toList();
  }

  /**
   * The kind of images of a name or of the name that another pipeline has for it; null for none.
   */
  public static @Nullable DatasetType type(String name) {
    return types().stream()
        .filter(t -> t.name().equals(name) || DatasetAliases.of(t.name()).contains(name))
        .findFirst()
        .orElse(null);
  }

  /** Name of the copy of a dataset, as {@code visit_image_SimCam_visit-12_detector-3.fits}. */
  static String name(DatasetRef ref, String ending) {
    StringBuilder out = new StringBuilder(ref.getDatasetType());
    DataId.parse(ref.getDataId())
        .values()
        .forEach(
            (key, value) -> {
              boolean plain = key.equals("instrument") || key.equals("skymap");
              out.append('_').append(plain ? "" : key + "-").append(value);
            });
    return out.append(ending).toString();
  }

  /**
   * The datasets that fulfil a condition and meet a region, in the order of their data ids.
   *
   * @param where SQL condition on the columns of {@code datasets}, for images of visits also on
   *     those of their summaries, for raw frames on those of {@code raws}; empty for none
   * @param region null for anywhere
   */
  public List<DatasetRef> choose(String where, @Nullable SkySelection region) {
    Registry registry = Registry.of(catalog.root(), catalog.run());
    List<DatasetRef> out = new ArrayList<>();
    try (RunDatabase database = registry.open()) {
      database.createView("image", view(registry));
      database.confine(List.of(catalog.root()));
      String condition = where.isBlank() ? "" : "\nwhere (" + where + "\n)";
      try (ResultSet rows =
          database.ask(
              "select data_id, run, path, hash, bytes from image"
                  + condition
                  + " order by data_id")) {
        while (rows.next()) {
          out.add(
              new DatasetRef(
                  type.name(),
                  rows.getString(1),
                  rows.getString(2),
                  rows.getString(3),
                  rows.getString(4),
                  rows.getLong(5)));
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return region == null ? out : within(out, region);
  }

  private String view(Registry registry) {
    String datasets = "(select * from datasets where type = '" + type.name() + "')";
    String own = " exclude (instrument, day_obs, detector, physical_filter, band)";
    if (type.equals(DatasetTypes.RAW)) {
      return "select d.*"
          + own
          + ", r.* exclude (path, hash, bytes) from "
          + datasets
          + " d join raws r on r.path = d.path";
    }
    if (!isOfFrames()) {
      return "select * from " + datasets;
    }
    return "select d.*"
        + own
        + ", d.instrument, d.detector, s.* exclude (instrument, visit, detector, task) from "
        + datasets
        + " d left join (select * from read_parquet('"
        + registry.part("summaries").toString().replace("'", "''")
        + "') where task in ('finalVisit', 'singleFrame') qualify row_number() over (partition by"
        + " visit, detector order by task) = 1) s on s.visit = d.visit and s.detector = d.detector";
  }

  private boolean isOfFrames() {
    return type.dimensions().containsAll(List.of("visit", "detector"));
  }

  private List<DatasetRef> within(List<DatasetRef> refs, SkySelection region) {
    Map<String, SkyPolygon> footprints = isOfFrames() ? footprints() : new HashMap<>();
    if (!isOfFrames() && !type.dimensions().contains("tract")) {
      throw new UserException(
          ExitCode.USAGE, "--region: " + type.name() + " is no image of a known part of the sky");
    }
    return refs.stream()
        .filter(
            ref -> {
              SkyPolygon footprint =
                  footprints.computeIfAbsent(ref.getDataId(), id -> ofTract(DataId.parse(id)));
              return footprint != null && region.region().overlaps(footprint);
            })
        .toList();
  }

  /** Outlines of the frames of the run by data id, as the last characterization has them. */
  private Map<String, SkyPolygon> footprints() {
    Map<String, SkyPolygon> out = new HashMap<>();
    Map<String, SkyPolygon> first = new HashMap<>();
    catalog.forEachLastWithoutInputs(
        record -> {
          if (record.getPayload() instanceof ExposureSummary summary) {
            SkyPolygon footprint = VisitFields.footprint(summary);
            if (footprint != null) {
              boolean isLast = record.getTask().equals("finalVisit");
              (isLast ? out : first).put(record.getDataId(), footprint);
            }
          }
        });
    first.forEach(out::putIfAbsent);
    return out;
  }

  private @Nullable SkyPolygon ofTract(DataId id) {
    if (!id.has("tract")) {
      return null;
    }
    Tract tract = RingsSkyMap.defaults().tract((int) id.getLong("tract"));
    if (id.has("patch")) {
      return SkyPolygon.ofPixels(tract, tract.patchOuterBox((int) id.getLong("patch")));
    }
    return SkyPolygon.ofPixels(
        tract, id.has("block") ? block(tract, (int) id.getLong("block")) : tract.box());
  }

  private static Box block(Tract tract, int block) {
    Box cells = tract.cellsOfBlock(block);
    Box first = tract.cellOuterBox(cells.x0(), cells.y0());
    Box last = tract.cellOuterBox(cells.x1() - 1, cells.y1() - 1);
    return Box.ofCorners(first.x0(), first.y0(), last.x1() - 1, last.y1() - 1);
  }

  /**
   * Copies datasets into a directory.
   *
   * @param resume true to leave copies alone that are there and whole
   */
  public Result copy(List<DatasetRef> refs, Path directory, boolean resume) throws IOException {
    Path into = Files.createDirectories(directory.toAbsolutePath().normalize());
    DatasetFiles files = DatasetFiles.of(catalog.root());
    List<String> written = new ArrayList<>();
    List<String> kept = new ArrayList<>();
    List<String> gone = new ArrayList<>();
    List<String> damaged = new ArrayList<>();
    long bytes = 0;
    for (DatasetRef ref : refs) {
      Path target = into.resolve(name(ref, ending(ref.getPath())));
      String name = String.valueOf(target.getFileName());
      if (resume && Files.isRegularFile(target) && isWhole(ref, target)) {
        kept.add(name);
      } else if (!files.exists(ref)) {
        gone.add(ref.getDataId());
      } else if (copy(files, ref, target)) {
        written.add(name);
        bytes += Files.size(target);
      } else {
        damaged.add(files.place(ref.getPath()));
      }
    }
    return new Result(type.name(), into, written, kept, bytes, gone, damaged);
  }

  /** {@code .fits}, or for a raw frame all that its own name has after that. */
  private static String ending(String path) {
    String name = path.substring(path.lastIndexOf('/') + 1);
    int at = name.toLowerCase(java.util.Locale.ROOT).lastIndexOf(".fit");
    return at < 0 ? ".fits" : name.substring(at);
  }

  private boolean isWhole(DatasetRef ref, Path file) {
    try {
      return ContentHash.of(type, file).equals(ref.getContentHash());
    } catch (IOException | RuntimeException e) {
      return false;
    }
  }

  /** False when the dataset is not what the ledger says; then there is no copy of it. */
  private boolean copy(DatasetFiles files, DatasetRef ref, Path target) throws IOException {
    try {
      WholeFile.write(
          target,
          hidden -> {
            try (OutputStream out = Files.newOutputStream(hidden)) {
              files.reread(ref, file -> Files.copy(file, out));
            }
            if (!isWhole(ref, hidden)) {
              throw new DamagedException();
            }
          });
    } catch (DamagedException e) {
      return false;
    }
    return true;
  }

  /** A copy that is not what it should be. */
  private static final class DamagedException extends IOException {
    private static final long serialVersionUID = 1L;
  }
}
