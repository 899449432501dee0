package org.starbeam.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Columns of the release tables that the pages of docs/products name in their tables. */
public final class DocumentedColumns {
  /** Pages with their tables; a name that is marked * belongs to the first alone. */
  private static final Map<String, List<String>> PAGES =
      new TreeMap<>(
          Map.of(
              "object.md", List.of("Object"),
              "object-parent.md", List.of("ObjectParent"),
              "source.md", List.of("Source"),
              "forced-source.md", List.of("ForcedSource"),
              "difference-image.md", List.of("DiaSource"),
              "dia-object.md", List.of("DiaObject"),
              "visit-tables.md", List.of("CcdVisit", "Visit")));

  /** The page whose rows say which tables have the flags, those of a band with (BAND) behind. */
  private static final String FLAGS = "flags.md";

  private static final String OF_BAND = " (BAND)";

  private static final Pattern CODE = Pattern.compile("`([^`]+)`(\\*?)");

  private DocumentedColumns() {}

  /**
   * A name as a page writes it.
   *
   * @param tables the tables that have it
   * @param text with {@code BAND_} for any band, {@code *} for any letters, {@code ...} for any end
   */
  public record Name(String page, List<String> tables, String text) {
    /** True when one of the columns is meant. */
    public boolean isAmong(Collection<String> columns) {
      String regex =
          text.replace("BAND_", "[a-z]_").replaceAll("\\.\\.\\.$", "*").replace("*", ".*");
      return columns.stream().anyMatch(column -> column.matches(regex));
    }
  }

  /** The names, in the order of the pages' rows. */
  public static List<Name> all(Path home) throws IOException {
    Map<String, Name> out = new LinkedHashMap<>();
    for (Map.Entry<String, List<String>> page : PAGES.entrySet()) {
      Path file = home.resolve("docs/products").resolve(page.getKey());
      for (String cell : firstCells(Files.readAllLines(file))) {
        Matcher code = CODE.matcher(cell.replaceAll("\\([^)]*\\)", ""));
        while (code.find()) {
          String text = code.group(1);
          boolean first = !code.group(2).isEmpty();
          List<String> tables = first ? page.getValue().subList(0, 1) : page.getValue();
          out.put(page.getKey() + " " + text, new Name(page.getKey(), tables, text));
        }
      }
    }
    for (String[] row : rows(Files.readAllLines(home.resolve("docs/products/" + FLAGS)), "flags")) {
      for (String table : row[2].strip().split(", ")) {
        Matcher code = CODE.matcher(row[1]);
        while (code.find()) {
          String text = (table.endsWith(OF_BAND) ? "BAND_" : "") + code.group(1);
          String name = table.replace(OF_BAND, "");
          out.put(FLAGS + " " + table + " " + text, new Name(FLAGS, List.of(name), text));
        }
      }
    }
    return List.copyOf(out.values());
  }

  /** First cells of the rows of the tables whose head is "columns". */
  private static List<String> firstCells(List<String> lines) {
    return rows(lines, "columns").stream().map(row -> row[1].strip()).toList();
  }

  /** Rows of the tables whose head begins with a word; their cells from the second entry on. */
  private static List<String[]> rows(List<String> lines, String head) {
    List<String[]> out = new ArrayList<>();
    boolean wanted = false;
    for (String line : lines) {
      if (!line.startsWith("|")) {
        wanted = false;
      } else if (line.startsWith("| " + head + " |")) {
        wanted = true;
      } else if (wanted && !line.startsWith("|---")) {
        out.add(line.split("\\|"));
      }
    }
    return out;
  }
}
