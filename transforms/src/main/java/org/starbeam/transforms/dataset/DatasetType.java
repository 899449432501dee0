package org.starbeam.transforms.dataset;

import java.io.Serializable;
import java.util.List;

/**
 * A kind of dataset: its name, the dimensions of its data id, how it is stored and how long it is
 * kept (specs/05 section 3.2).
 *
 * @param optional dimensions that a data id may have or not
 */
public record DatasetType(
    String name,
    List<String> dimensions,
    StorageClass storage,
    Retention retention,
    List<String> optional)
    implements Serializable {

  /** A type whose dimensions must all be there. */
  public DatasetType(
      String name, List<String> dimensions, StorageClass storage, Retention retention) {
    this(name, dimensions, storage, retention, List.of());
  }

  /** File format of a dataset. */
  public enum StorageClass {
    FITS("fits"),
    PARQUET("parquet"),
    JSON("json"),
    YAML("yaml"),
    BINARY("bin"),
    ARCHIVE("zip"),
    DIRECTORY("d");

    private final String extension;

    StorageClass(String extension) {
      this.extension = extension;
    }

    public String extension() {
      return extension;
    }
  }

  /** How long a dataset is kept (specs/05 section 3.10). */
  public enum Retention {
    RAW,
    CALIB,
    PRODUCT,
    PROVENANCE,
    INTERMEDIATE,
    /** May be deleted at any time; nothing is written of it. */
    CACHE
  }

  /**
   * Refuses a data id whose dimensions are not this type's; instrument and skymap may be absent.
   */
  public void check(DataId id) {
    for (String dimension : id.values().keySet()) {
      if (!dimensions.contains(dimension) && !optional.contains(dimension)) {
        throw new IllegalArgumentException(
            "dataset " + name + " has no dimension " + dimension + ", data id '" + id + "'");
      }
    }
    for (String dimension : dimensions) {
      if (!id.has(dimension) && !dimension.equals("instrument") && !dimension.equals("skymap")) {
        throw new IllegalArgumentException(
            "dataset " + name + " needs dimension " + dimension + ", data id '" + id + "'");
      }
    }
  }

  /** The same with dimensions that may be absent. */
  public DatasetType withOptional(String... more) {
    return new DatasetType(name, dimensions, storage, retention, List.of(more));
  }

  public static DatasetType product(String name, StorageClass storage, String... dimensions) {
    return new DatasetType(name, List.of(dimensions), storage, Retention.PRODUCT);
  }

  public static DatasetType intermediate(String name, StorageClass storage, String... dimensions) {
    return new DatasetType(name, List.of(dimensions), storage, Retention.INTERMEDIATE);
  }

  public static DatasetType calib(String name, StorageClass storage, String... dimensions) {
    return new DatasetType(name, List.of(dimensions), storage, Retention.CALIB);
  }
}
