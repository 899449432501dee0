package org.starbeam.hats;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The files {@code hats.properties} and {@code collection.properties}: UTF-8 lines {@code
 * key=value} (HATS 1.0; keys in specs/07 section 9.2). What has no value is left out.
 */
public final class HatsProperties {
  private static final String VERSION = "v1.0";
  private static final String RELEASED = "2025-08-22";

  private final Map<String, String> values = new LinkedHashMap<>();

  private HatsProperties() {}

  /** Kind of a catalogue. */
  public enum Kind {
    OBJECT,
    SOURCE,
    MARGIN,
    INDEX
  }

  /**
   * What all catalogues of a collection say of themselves.
   *
   * @param builder program and version
   * @param created when the last of the rows was made, ISO 8601 in UTC, to the minute
   * @param title for people
   */
  public record Origin(String builder, String created, String title) {}

  /** A catalogue of some kind. */
  public static HatsProperties catalog(String name, Kind kind, long rows) {
    return new HatsProperties()
        .with("obs_collection", name)
        .with("dataproduct_type", kind.name().toLowerCase(Locale.ROOT))
        .with("hats_nrows", rows);
  }

  /** The catalogues that belong together; a margin and an index may be missing. */
  public static HatsProperties collection(
      String name, @Nullable String margin, @Nullable String indexed, @Nullable String index) {
    HatsProperties out =
        new HatsProperties().with("obs_collection", name).with("hats_primary_table_url", name);
    out.with("all_margins", margin).with("default_margin", margin);
    out.with("all_indexes", index == null ? null : indexed + " " + index);
    return out.with("default_index", index == null ? null : indexed);
  }

  /** Adds a line; nothing when there is no value. */
  public HatsProperties with(String key, @Nullable Object value) {
    if (value != null) {
      values.put(key, value.toString());
    }
    return this;
  }

  /** Adds where the rows of a catalogue of positions are. */
  public HatsProperties withPositions(String ra, String dec, String index) {
    return with("hats_col_ra", ra)
        .with("hats_col_dec", dec)
        .with("hats_col_healpix", index)
        .with("hats_col_healpix_order", Partition.ROW_ORDER);
  }

  /** Adds what the files of partitions are called. */
  public HatsProperties withFiles() {
    return with("hats_npix_suffix", ".parquet");
  }

  /** Adds where it comes from, and the version of the format. */
  public HatsProperties from(Origin origin, long bytes) {
    return with("obs_title", origin.title)
        .with("hats_builder", origin.builder)
        .with("hats_creation_date", origin.created)
        .with("hats_estsize", bytes / 1024)
        .with("hats_release_date", RELEASED)
        .with("hats_version", VERSION);
  }

  /** The file. */
  public byte[] text() {
    List<String> lines = new ArrayList<>();
    values.forEach((key, value) -> lines.add(key + "=" + value.replace("\\", "\\\\")));
    return (String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8);
  }
}
