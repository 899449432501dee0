package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.Tombstones;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.StoreUnavailableException;

/**
 * Compares ledgers, files and content hashes (specs/05 section 3.11): files that a ledger names and
 * that are not there, files whose content is not what the ledger says, files that no ledger names.
 */
public final class RepositoryCheck {
  /** What is wrong with a file. */
  public enum Kind {
    /** A ledger names it and it is not there. */
    MISSING,
    /** It has another size or another content than the ledger says. */
    CORRUPT,
    /** No ledger names it. */
    ORPHAN
  }

  /** Something wrong. */
  public record Finding(Kind kind, String run, String dataset, String path, String why) {}

  /**
   * What was found.
   *
   * @param datasets number that ledgers name
   * @param hashed number whose content was hashed
   * @param pruned number that were deleted on purpose
   */
  public record Result(long datasets, long hashed, long pruned, List<Finding> findings) {
    public long count(Kind kind) {
      return findings.stream().filter(f -> f.kind() == kind).count();
    }

    /** True when nothing is missing or corrupt. */
    public boolean isSound() {
      return count(Kind.MISSING) == 0 && count(Kind.CORRUPT) == 0;
    }
  }

  private final Path root;
  private final DatasetFiles files;
  private final double sample;
  private final Tombstones tombstones;
  private final List<Finding> findings = new ArrayList<>();
  private long datasets;
  private long hashed;
  private long pruned;

  /**
   * @param sample share of the files whose content is hashed, chosen by a hash of the path
   */
  public RepositoryCheck(Path root, double sample) {
    this.root = root;
    this.files = DatasetFiles.of(root);
    this.sample = sample;
    this.tombstones = new Tombstones(root);
  }

  /** Checks the datasets of some runs and looks for orphans in the whole repository. */
  public Result run(List<String> runs) throws IOException {
    try (FileIndex index = FileIndex.of(root)) {
      String wanted = String.join("','", runs);
      index.each(
          "select any_value(in_run), type, data_id, any_value(run), path, hash, any_value(bytes)"
              + ", any_value(found) from (select known.*, file.bytes as found from known"
              + " left join file using (path)) where in_run in ('"
              + wanted
              + "') and type != 'input_file' group by type, data_id, path, hash"
              + " order by 1, type, data_id",
          rows ->
              check(
                  (Long) rows.getObject(8),
                  rows.getString(1),
                  new DatasetRef(
                      rows.getString(2),
                      rows.getString(3),
                      rows.getString(4),
                      rows.getString(5),
                      rows.getString(6),
                      rows.getLong(7))));
      index.each(
          "select path, bytes, staging from file where path not in (select path from known)"
              + " order by path",
          rows ->
              findings.add(
                  new Finding(
                      Kind.ORPHAN,
                      "",
                      "",
                      rows.getString(1),
                      rows.getBoolean(3)
                          ? "staging file, %,d bytes".formatted(rows.getLong(2))
                          : "no ledger names it, %,d bytes".formatted(rows.getLong(2)))));
    }
    return new Result(datasets, hashed, pruned, List.copyOf(findings));
  }

  /**
   * Checks a dataset.
   *
   * @param listed its length when the files were listed, null when it was not among them
   */
  private void check(@Nullable Long listed, String run, DatasetRef ref) throws IOException {
    datasets++;
    long bytes = listed == null ? files.bytes(ref.getPath()) : listed;
    if (bytes < 0) {
      if (!ref.getRun().isEmpty() && tombstones.contains(ref)) {
        pruned++;
      } else {
        add(Kind.MISSING, run, ref, "not there");
      }
      return;
    }
    if (ref.getBytes() > 0 && bytes != ref.getBytes()) {
      add(
          Kind.CORRUPT,
          run,
          ref,
          "has %,d bytes, the ledger says %,d".formatted(bytes, ref.getBytes()));
    } else if (isSampled(ref, sample)) {
      hashed++;
      hash(run, ref);
    }
  }

  private void hash(String run, DatasetRef ref) {
    try {
      files.reread(
          ref,
          file -> {
            String found = ContentHash.of(DatasetTypes.named(ref.getDatasetType()), file);
            if (!found.equals(ref.getContentHash())) {
              String known = ref.getContentHash();
              add(Kind.CORRUPT, run, ref, "hash " + found + ", the ledger says " + known);
            }
          });
    } catch (StoreUnavailableException e) {
      throw new UncheckedIOException(e);
    } catch (IOException | RuntimeException e) {
      add(Kind.CORRUPT, run, ref, "cannot be read: " + e.getMessage());
    }
  }

  /** Whether the content of a dataset is hashed when this share of all is. */
  static boolean isSampled(DatasetRef ref, double share) {
    String digits = ContentHash.ofText(ref.getPath()).substring(0, 8);
    return Long.parseLong(digits, 16) < share * (1L << 32);
  }

  private void add(Kind kind, String run, DatasetRef ref, String why) {
    findings.add(
        new Finding(
            kind, run, ref.getDatasetType() + "(" + ref.getDataId() + ")", ref.getPath(), why));
  }
}
