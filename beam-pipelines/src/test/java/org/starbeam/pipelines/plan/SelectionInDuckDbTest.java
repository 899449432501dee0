package org.starbeam.pipelines.plan;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.starbeam.transforms.selection.ExpressionVector;
import org.starbeam.transforms.selection.Field;
import org.starbeam.transforms.selection.RandomExpressions;
import org.starbeam.transforms.selection.Selection;
import org.starbeam.transforms.selection.SelectionRow;
import org.starbeam.transforms.selection.SqlCondition;
import org.starbeam.transforms.selection.ValueType;
import org.starbeam.transforms.selection.VisitFields;

/** The SQL of an expression selects the rows that its predicate in Java selects. */
class SelectionInDuckDbTest {
  private static final int EXPRESSIONS = Boolean.getBoolean("starbeam.full") ? 100_000 : 1_500;
  private static final int ROWS = 200;

  private Connection connection;

  @BeforeEach
  void open() throws SQLException {
    connection = DriverManager.getConnection("jdbc:duckdb:");
  }

  @AfterEach
  void close() throws SQLException {
    connection.close();
  }

  @Test
  void selectsTheVisitsOfTheVector() throws SQLException {
    List<Map<String, Object>> rows = ExpressionVector.rows();
    fill(rows);
    for (ExpressionVector.Selects expected : ExpressionVector.selects()) {
      Selection selection = Selection.parse(expected.expression(), VisitFields.all());
      assertThat(selected(selection).stream().map(i -> (Long) rows.get(i).get("visit")))
          .as(expected.expression())
          .containsExactlyElementsOf(expected.visits());
    }
  }

  @Test
  void agreesWithThePredicateOnRandomExpressionsAndRows() throws SQLException {
    RandomExpressions random = new RandomExpressions(20251126);
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      rows.add(random.row());
    }
    fill(rows);
    long selectedRows = 0;
    for (int n = 0; n < EXPRESSIONS; n++) {
      String text = random.next();
      Selection selection = Selection.parse(text, VisitFields.all());
      Predicate<SelectionRow> predicate = selection.predicate();
      List<Integer> inJava = new ArrayList<>();
      for (int i = 0; i < ROWS; i++) {
        if (predicate.test(VisitFields.row(rows.get(i)))) {
          inJava.add(i);
        }
      }
      selectedRows += inJava.size();
      List<Integer> inSql = selected(selection);
      if (!inSql.equals(inJava)) {
        List<Integer> differ = new ArrayList<>(inSql);
        differ.removeAll(inJava);
        inJava.removeAll(inSql);
        differ.addAll(inJava);
        throw new AssertionError(
            "rows "
                + differ
                + " of "
                + text
                + "\n"
                + selection.sql()
                + "\n"
                + rows.get(differ.get(0)));
      }
    }
    System.out.printf(
        "%d expressions x %d rows agree, %d rows selected%n", EXPRESSIONS, ROWS, selectedRows);
    assertThat(selectedRows).isGreaterThan(EXPRESSIONS);
  }

  private void fill(List<Map<String, Object>> rows) throws SQLException {
    List<Field> fields = VisitFields.all().fields();
    String columns =
        fields.stream()
            .map(f -> '"' + f.name() + "\" " + sqlType(f))
            .collect(Collectors.joining(", "));
    try (Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE visits (i INTEGER, " + columns + ")");
    }
    String insert = "INSERT INTO visits VALUES (?" + ", ?".repeat(fields.size()) + ")";
    try (PreparedStatement statement = connection.prepareStatement(insert)) {
      for (int i = 0; i < rows.size(); i++) {
        statement.setInt(1, i);
        for (int k = 0; k < fields.size(); k++) {
          Object value = rows.get(i).get(fields.get(k).name());
          if (value == null) {
            statement.setNull(k + 2, Types.NULL);
          } else {
            statement.setObject(k + 2, value);
          }
        }
        statement.execute();
      }
    }
  }

  private static String sqlType(Field field) {
    return field.type() == ValueType.INTEGER
        ? "BIGINT"
        : field.type() == ValueType.TEXT ? "VARCHAR" : "DOUBLE";
  }

  private List<Integer> selected(Selection selection) throws SQLException {
    SqlCondition condition = selection.sql();
    assertThat(condition.regionColumns()).isEmpty();
    try (PreparedStatement statement =
        connection.prepareStatement(
            "SELECT i FROM visits WHERE " + condition.text() + " ORDER BY i")) {
      int n = 1;
      for (Object parameter : condition.parameters()) {
        statement.setObject(n++, parameter);
      }
      List<Integer> out = new ArrayList<>();
      try (ResultSet result = statement.executeQuery()) {
        while (result.next()) {
          out.add(result.getInt(1));
        }
      }
      return out;
    }
  }
}
