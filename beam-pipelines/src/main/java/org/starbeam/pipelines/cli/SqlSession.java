package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RecommendedFluxes;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.pipelines.repository.Registry;
import org.starbeam.transforms.step6.ReleaseTable;

/** Queries over one run, one or many of them. */
final class SqlSession {
  private static final String HELP =
      """
      A query may go over several lines; a semicolon ends it.
      .tables       tables of the run and views of its registry
      .schema NAME  columns of a table, with unit and description
      .help         this
      .quit         the end; so does the end of the input
      """;

  /** Answers a query. */
  @FunctionalInterface
  interface Answerer {
    /**
     * @param database the tables, not confined yet
     * @param readable directories that queries may read
     */
    void answer(RunDatabase database, List<Path> readable, String query)
        throws SQLException, IOException;
  }

  private final RunCatalog catalog;
  private final Registry registry;
  private final Answerer answerer;

  SqlSession(RunCatalog catalog, Registry registry, Answerer answerer) {
    this.catalog = catalog;
    this.registry = registry;
    this.answerer = answerer;
  }

  /**
   * Answers one query.
   *
   * @throws UserException with what is wrong with it and which tables there are
   */
  void ask(String query) throws SQLException, IOException {
    try (RunDatabase database = open(query)) {
      answerer.answer(database, List.of(catalog.root()), query);
    } catch (UserException e) {
      throw new UserException(e.exitCode(), e.getMessage() + "\n" + tables());
    }
  }

  private String tables() {
    return "tables of run "
        + catalog.run()
        + ": "
        + String.join(", ", catalog.tableNames())
        + "; of its registry: "
        + String.join(", ", registry.views().keySet())
        + (hasRecommended() ? "; of Object: " + RecommendedFluxes.VIEW : "");
  }

  private boolean hasRecommended() {
    return catalog.tableNames().contains(RecommendedFluxes.TABLE);
  }

  /** The tables that a text names, itself or by a view of them. */
  private RunDatabase open(String text) {
    String lower = text.toLowerCase(Locale.ROOT);
    String names = text;
    if (lower.contains(RecommendedFluxes.VIEW)) {
      names += " " + RecommendedFluxes.TABLE;
    }
    if (lower.contains(ReleaseTable.STAR.toLowerCase(Locale.ROOT))) {
      names += " " + ReleaseTable.nameOf(ReleaseTable.STAR);
    }
    return registry.open(catalog.tablesFor(names));
  }

  /**
   * Answers queries until the input ends.
   *
   * @param prompts true for somebody who types: faults are told, and it goes on
   * @throws UserException for a fault in an input that nobody types; nothing after it was read
   */
  void read(BufferedReader in, boolean prompts) throws SQLException, IOException {
    QueryReader queries = new QueryReader();
    prompt(prompts, queries);
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String word = line.strip();
      if (queries.isBlank() && (word.equals(".quit") || word.equals(".exit"))) {
        return;
      }
      boolean isCommand = queries.isBlank() && word.startsWith(".");
      for (String one : isCommand ? List.of(word) : queries.line(line)) {
        take(one, isCommand, prompts);
      }
      prompt(prompts, queries);
    }
    if (!queries.rest().isEmpty()) {
      take(queries.rest(), false, prompts);
    }
  }

  private void prompt(boolean prompts, QueryReader queries) {
    if (prompts) {
      System.err.print(queries.isBlank() ? catalog.run() + "> " : "   ...> ");
      System.err.flush();
    }
  }

  private void take(String text, boolean isCommand, boolean prompts)
      throws SQLException, IOException {
    try {
      if (isCommand) {
        command(text);
      } else {
        ask(text);
      }
    } catch (UserException e) {
      if (!prompts) {
        throw e;
      }
      System.err.println(e.getMessage());
    }
  }

  private void command(String text) throws SQLException {
    String[] words = text.split("\\s+", 2);
    switch (words[0]) {
      case ".tables" -> {
        catalog.tableNames().forEach(System.out::println);
        registry.views().keySet().forEach(System.out::println);
      }
      case ".schema" -> schema(words.length < 2 ? "" : words[1].replaceAll("[\";]", "").strip());
      case ".help" -> System.out.print(HELP);
      default ->
          throw new UserException(
              ExitCode.USAGE,
              "no command "
                  + words[0]
                  + Suggestion.didYouMean(
                      words[0], List.of(".tables", ".schema", ".help", ".quit")));
    }
  }

  private void schema(String name) throws SQLException {
    String table =
        catalog.tableNames().stream()
            .filter(t -> t.equalsIgnoreCase(name))
            .findFirst()
            .orElse(name.toLowerCase(Locale.ROOT));
    Map<String, JsonNode> described = new HashMap<>();
    if (catalog.tableNames().contains(table)) {
      catalog.columnMetadata(table).forEach(c -> described.put(c.path("name").asText(), c));
    } else if (!registry.views().containsKey(table)
        && !(hasRecommended() && table.equals(RecommendedFluxes.VIEW))) {
      throw new UserException(ExitCode.USAGE, "no table '" + name + "'\n" + tables());
    }
    try (RunDatabase database = open(table);
        ResultSet rows =
            database.ask("select column_name, column_type from (describe \"" + table + "\")")) {
      while (rows.next()) {
        JsonNode column = described.get(rows.getString(1));
        String unit =
            column == null || column.path("unit").isNull() ? "" : column.path("unit").asText();
        String more = column == null ? "" : column.path("description").asText();
        System.out.println(
            String.format(
                    Locale.ROOT,
                    "%-32s %-9s %-14s %s",
                    rows.getString(1),
                    rows.getString(2),
                    unit,
                    more)
                .stripTrailing());
      }
    }
  }
}
