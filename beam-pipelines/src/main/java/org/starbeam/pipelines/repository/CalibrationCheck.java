package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.CalibrationCollection.Entry;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.StoreUnavailableException;

/**
 * Checks a collection of certified calibrations: what it names must be there with the content that
 * it had, no time may have two of a kind, and every science frame of a run must have what the
 * collection has for others.
 */
public final class CalibrationCheck {
  /** What is wrong. */
  public enum Kind {
    /** The dataset is not where the ledger said. */
    MISSING,
    /** It has another length or content than when it was certified. */
    CORRUPT,
    /** Two are valid at the same time. */
    OVERLAP,
    /** Science frames of the run have none. */
    HOLE
  }

  /**
   * Something wrong.
   *
   * @param begin first moment that it concerns, TAI MJD
   * @param end last moment, {@link CalibrationCollection#OPEN_END} for no end
   */
  public record Finding(
      Kind kind, String type, String dataId, double begin, double end, String why) {}

  /**
   * What was found.
   *
   * @param entries number that are valid
   * @param hashed number whose content was hashed
   * @param frames number of science frames that were looked up
   */
  public record Result(int entries, int hashed, int frames, List<Finding> findings) {}

  /** Without one of these a frame cannot be reduced, unless its camera has nominal values. */
  private static final Set<String> NEEDED = Set.of("bias", "flat");

  private final List<Entry> entries;
  private final DatasetFiles files;
  private final double sample;
  private final List<Finding> findings = new ArrayList<>();
  private int hashed;
  private int frames;

  /**
   * @param entries as {@link CalibrationCollection#entries} gives them
   * @param sample share of the datasets whose content is hashed, chosen by a hash of the path
   */
  public CalibrationCheck(Path root, List<Entry> entries, double sample) {
    this.entries = List.copyOf(entries);
    this.files = DatasetFiles.of(root);
    this.sample = sample;
  }

  /**
   * Does it.
   *
   * @param run registry of the run whose science frames are looked up; null for none
   */
  public Result run(@Nullable Registry run) throws IOException {
    for (Entry entry : entries) {
      present(entry);
    }
    overlaps();
    if (run != null) {
      holes(run);
    }
    return new Result(entries.size(), hashed, frames, List.copyOf(findings));
  }

  private void present(Entry entry) throws IOException {
    DatasetRef ref = entry.dataset();
    long bytes = files.bytes(ref.getPath());
    if (bytes < 0) {
      add(Kind.MISSING, entry, "not at " + files.place(ref.getPath()));
    } else if (ref.getBytes() > 0 && bytes != ref.getBytes()) {
      add(
          Kind.CORRUPT,
          entry,
          "has %,d bytes, had %,d when it was certified".formatted(bytes, ref.getBytes()));
    } else if (RepositoryCheck.isSampled(ref, sample)) {
      hashed++;
      hash(entry);
    }
  }

  private void hash(Entry entry) {
    DatasetRef ref = entry.dataset();
    try {
      files.reread(
          ref,
          file -> {
            String found = ContentHash.of(DatasetTypes.named(ref.getDatasetType()), file);
            if (!found.equals(ref.getContentHash())) {
              add(Kind.CORRUPT, entry, "hash " + found + ", certified " + ref.getContentHash());
            }
          });
    } catch (StoreUnavailableException e) {
      throw new UncheckedIOException(e);
    } catch (IOException | RuntimeException e) {
      add(Kind.CORRUPT, entry, "cannot be read: " + e.getMessage());
    }
  }

  private void add(Kind kind, Entry entry, String why) {
    DatasetRef ref = entry.dataset();
    findings.add(
        new Finding(kind, ref.getDatasetType(), ref.getDataId(), entry.begin(), entry.end(), why));
  }

  private void overlaps() {
    for (int i = 1; i < entries.size(); i++) {
      Entry before = entries.get(i - 1);
      Entry entry = entries.get(i);
      boolean sameKind =
          before.dataset().getDatasetType().equals(entry.dataset().getDatasetType())
              && before.dataset().getDataId().equals(entry.dataset().getDataId());
      if (sameKind && entry.begin() < before.end()) {
        add(Kind.OVERLAP, entry, "beside " + before.text());
      }
    }
  }

  /** Frames without a calibration: how many, and when. */
  private static final class Hole {
    private int frames;
    private double first = Double.POSITIVE_INFINITY;
    private double last = Double.NEGATIVE_INFINITY;

    void add(double mjd) {
      frames++;
      first = Math.min(first, mjd);
      last = Math.max(last, mjd);
    }
  }

  private void holes(Registry run) {
    Set<String> types = new TreeSet<>(NEEDED);
    entries.forEach(entry -> types.add(entry.dataset().getDatasetType()));
    Map<String, Map<String, Hole>> holes = new TreeMap<>();
    try (RunDatabase database = run.open();
        ResultSet rows =
            database.query(
                "select instrument, detector, physical_filter, mid_tai_mjd from raws"
                    + " where observation_type = '"
                    + SkyExposures.SCIENCE
                    + "'")) {
      while (rows.next()) {
        frames++;
        DataId detector = DataId.of("instrument", rows.getString(1), "detector", rows.getInt(2));
        double mjd = rows.getDouble(4);
        for (String type : types) {
          boolean byFilter = DatasetTypes.named(type).dimensions().contains("physical_filter");
          DataId id = byFilter ? detector.with("physical_filter", rows.getString(3)) : detector;
          if (entries.stream().noneMatch(e -> e.isValid(type, id, mjd))) {
            holes
                .computeIfAbsent(type, t -> new TreeMap<>(DataId.TEXT_ORDER))
                .computeIfAbsent(id.toString(), i -> new Hole())
                .add(mjd);
          }
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    holes.forEach(
        (type, ofType) ->
            ofType.forEach(
                (id, hole) ->
                    findings.add(
                        new Finding(
                            Kind.HOLE,
                            type,
                            id,
                            hole.first,
                            hole.last,
                            "%,d science frames of run %s have none"
                                .formatted(hole.frames, run.run())))));
  }
}
