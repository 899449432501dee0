package org.starbeam.pipelines.export;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.selection.SkySelection;

/** Writes rows of a table of a run, chosen by columns, condition and region, as a file. */
public final class TableExport {
  /** File formats and the endings of their names. */
  public enum Format {
    FITS("fits"),
    VOTABLE("vot", "votable", "xml"),
    CSV("csv"),
    PARQUET("parquet"),
    REGIONS("reg"),
    /** Directories, see {@link HatsExport}. */
    HATS();

    private final List<String> endings;

    Format(String... endings) {
      this.endings = List.of(endings);
    }

    /**
     * The format that a file's name tells.
     *
     * @throws UserException when it tells none
     */
    public static Format of(Path file) {
      String name = file.toString().toLowerCase(Locale.ROOT);
      for (Format format : values()) {
        if (format.endings.stream().anyMatch(ending -> name.endsWith("." + ending))) {
          return format;
        }
      }
      throw new UserException(
          ExitCode.USAGE,
          "--out "
              + file
              + ": no format can be told from the ending; give --format fits, votable, csv,"
              + " parquet, regions or hats");
    }
  }

  /**
   * Which rows and columns.
   *
   * @param columns as SQL writes them; empty for all
   * @param where SQL condition; empty for none
   * @param region where the position of a row lies; null for anywhere
   */
  public record Choice(String columns, String where, @Nullable SkySelection region) {}

  /**
   * What was done.
   *
   * @param rows number of rows; null when the file was there already
   */
  public record Result(String table, Path file, @Nullable Long rows) {}

  private final RunCatalog catalog;
  private final String table;
  private final Choice choice;

  /**
   * @param what name of the table, in any case
   * @throws UserException when the run has no such table
   */
  public TableExport(RunCatalog catalog, String what, Choice choice) {
    this.catalog = catalog;
    this.table = catalog.table(what);
    this.choice = choice;
  }

  /**
   * Writes the file.
   *
   * @param resume true to leave a file alone that an export with {@code resume} has written of the
   *     same rows
   */
  public Result write(Path out, Format format, boolean resume) throws IOException {
    Path target = out.toAbsolutePath().normalize();
    Path note = target.resolveSibling("." + target.getFileName() + ".export");
    String question = question(format);
    if (resume && note(target, question).equals(read(note))) {
      return new Result(table, target, null);
    }
    Path parent = WholeFile.directory(target);
    long[] rows = new long[1];
    try (RunDatabase database = new RunDatabase(catalog.tablesFor(text()))) {
      List<String> columns = database.texts("select column_name from (describe \"" + table + "\")");
      database.confine(List.of(parent));
      WholeFile.write(target, file -> rows[0] = write(database, columns, format, file));
    }
    if (resume) {
      WholeFile.write(note, file -> Files.writeString(file, note(target, question)));
    }
    return new Result(table, target, rows[0]);
  }

  private long write(RunDatabase database, List<String> columns, Format format, Path file)
      throws IOException {
    String list = choice.columns().isBlank() ? "*" : choice.columns();
    switch (format) {
      case CSV -> {
        return database.copy(query(list, columns), file, "format csv, header");
      }
      case PARQUET -> {
        return database.copy(query(list, columns), file, "format parquet, compression zstd");
      }
      case VOTABLE -> {
        return new VoTableExport(
                database,
                query(list, columns),
                table,
                catalog.columnMetadata(table),
                place(columns))
            .write(information(), file);
      }
      case HATS -> throw new IllegalArgumentException("a HATS catalogue is no file");
      case REGIONS -> {
        return regions(database, columns, file);
      }
      default -> {
        return FitsExport.write(
            database,
            query(list, columns),
            table,
            catalog.columnMetadata(table),
            place(columns),
            file);
      }
    }
  }

  private long regions(RunDatabase database, List<String> columns, Path file) throws IOException {
    if (!choice.columns().isBlank()) {
      throw new UserException(
          ExitCode.USAGE, "--columns has no meaning for regions: they have a shape and a colour");
    }
    RegionExport regions = new RegionExport(columns, requirePlace(columns));
    String list =
        regions.wanted().stream().map(name -> '"' + name + '"').collect(Collectors.joining(", "));
    List<String> head =
        information().entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList();
    return regions.write(database, query(list, columns), head, file);
  }

  /** Text that has the name of every table that is read. */
  private String text() {
    return String.join(" ", table, choice.columns(), choice.where());
  }

  private String query(String list, List<String> columns) {
    StringBuilder out = new StringBuilder("select " + list + "\nfrom \"" + table + "\"");
    if (!choice.where().isBlank()) {
      out.append("\nwhere (").append(choice.where()).append("\n)");
    }
    SkySelection region = choice.region();
    if (region != null) {
      List<String> position = requirePlace(columns);
      out.append(choice.where().isBlank() ? "\nwhere " : " and ")
          .append(region.sql('"' + position.get(0) + '"', '"' + position.get(1) + '"'));
    }
    return out.toString();
  }

  /** The columns of a row's place; empty when it has none. */
  private static List<String> place(List<String> columns) {
    for (String prefix : List.of("coord_", "")) {
      List<String> pair = List.of(prefix + "ra", prefix + "dec");
      if (columns.containsAll(pair)) {
        return pair;
      }
    }
    return List.of();
  }

  private List<String> requirePlace(List<String> columns) {
    List<String> place = place(columns);
    if (place.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE, "the rows of " + table + " have no place on the sky, as ra and dec");
    }
    return place;
  }

  /** What is said of where the rows come from. */
  private Map<String, String> information() {
    Map<String, String> out = new LinkedHashMap<>();
    out.put("run", catalog.run());
    out.put("table", table);
    if (!choice.where().isBlank()) {
      out.put("where", choice.where());
    }
    SkySelection region = choice.region();
    if (region != null) {
      out.put("region", region.text());
    }
    return out;
  }

  /** What the file is asked to hold: two exports with the same text write the same rows. */
  private String question(Format format) {
    String hashes =
        catalog.tableDatasets(table).stream()
            .map(DatasetRef::getContentHash)
            .sorted()
            .collect(Collectors.joining("\n"));
    return String.join("\n", format.name(), choice.columns(), information().toString(), hashes);
  }

  /** Note beside a whole file: hashes of what was asked and of the file; nothing without a file. */
  private static String note(Path target, String question) throws IOException {
    return Files.isRegularFile(target)
        ? ContentHash.ofText(question) + " " + ContentHash.ofFile(target) + "\n"
        : "none";
  }

  private static String read(Path note) throws IOException {
    try {
      return Files.readString(note);
    } catch (NoSuchFileException e) {
      return "";
    }
  }
}
