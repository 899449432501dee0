package org.starbeam.transforms.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class SelectionTest {

  List<ExpressionVector.Selects> selects() {
    return ExpressionVector.selects();
  }

  Iterable<JsonNode> errors() {
    return ExpressionVector.errors();
  }

  @ParameterizedTest
  @MethodSource("selects")
  void selectsTheVisitsOfTheVector(ExpressionVector.Selects expected) {
    var predicate = parse(expected.expression()).predicate();
    assertThat(
            ExpressionVector.rows().stream()
                .filter(row -> predicate.test(VisitFields.row(row)))
                .map(row -> (Long) row.get("visit")))
        .containsExactlyElementsOf(expected.visits());
  }

  @ParameterizedTest
  @MethodSource("errors")
  void saysWhatIsWrongWhereAndWhatWasMeant(JsonNode expected) {
    String text = expected.get("expr").asText();
    Problem problem = fault(text).problems().get(0);
    assertThat(problem.code()).isEqualTo(expected.get("code").asText());
    assertThat(problem.column(text)).isEqualTo(expected.get("column").asInt());
    if (expected.get("suggest").isNull()) {
      assertThat(problem.suggestions()).isEmpty();
    } else {
      assertThat(problem.suggestions().get(0)).isEqualTo(expected.get("suggest").asText());
    }
  }

  @Test
  void anErrorIsRenderedAsTheManualShows() {
    assertThat(fault("seing < 1.2").render("--where"))
        .isEqualTo(
            """
            --where:1:1: EXPR_UNKNOWN_FIELD: no field 'seing' for visits
              seing < 1.2
              ^~~~~ did you mean 'seeing'?""");
  }

  @Test
  void allFaultsOfMeaningAreReportedTogetherOnTheirLines() {
    SelectionException fault =
        fault("airmas < 2\n  AND band = q AND target > 3\n AND abs(1, 2) = 1");
    assertThat(fault.problems())
        .extracting(Problem::code)
        .containsExactly("EXPR_UNKNOWN_FIELD", "EXPR_UNKNOWN_VALUE", "EXPR_TYPE", "EXPR_TYPE");
    assertThat(fault.render("rc2.yaml"))
        .contains("rc2.yaml:1:1: EXPR_UNKNOWN_FIELD")
        .contains("rc2.yaml:2:14: EXPR_UNKNOWN_VALUE: no band 'q'; known: u, g, r, i, z, y")
        .contains("\n    AND band = q AND target > 3\n               ^\n")
        .contains("rc2.yaml:3:6: EXPR_TYPE: expected abs(x), found 2 arguments");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "mid_time > T'2025-05-20T03:00:00'|mid_time > T'2025-05-20T03:00'",
        "mid_time > T'2025-05-20T03:00:00' utc|mid_time > T'2025-05-20T03:00:37'",
        "mid_time > T'2025-05-20T03:00:00Z' and TRUE|mid_time > T'2025-05-20T03:00:37' AND TRUE",
        "night in (20250501..20250531)|day_obs IN (20250501..20250531)",
        "not (band = r or band = 'g')|NOT (band = 'r' OR band = 'g')",
        "1 + 2 * visit - -3 = +5|((1 + (2 * visit)) - -3) = 5",
        "point overlaps box(350, -5, 10, 5.5)|POINT OVERLAPS BOX(350, -5, 10, 5.5)",
        "TRACT(9813) OVERLAPS REGION|REGION OVERLAPS TRACT(9813)",
        "airmass is not null|airmass IS NOT NULL",
        "target not like 'a?b*'|target NOT LIKE 'a?b*'",
        "(airmass + 1) * 2 between 3 and 5|((airmass + 1) * 2) BETWEEN 3 AND 5",
        "nvl(seeing, 9) < 1|nvl(seeing, 9) < 1",
      })
  void theCanonicalTextReadsBackAsTheSame(String text, String canonical) {
    Selection selection = parse(text);
    assertThat(selection).hasToString(canonical);
    assertThat(parse(canonical)).isEqualTo(selection);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '"',
      value = {
        "band = r AND|EXPR_SYNTAX|13",
        "band = \"r\"|EXPR_SYNTAX|8",
        "band = r && night > 1|EXPR_SYNTAX|10",
        "airmass|EXPR_TYPE|1",
        "TRUE = TRUE|EXPR_SYNTAX|6",
        "(airmass < 2) + 1 > 2|EXPR_TYPE|1",
        "target = COSMOS|EXPR_UNKNOWN_FIELD|10",
        "band LIKE r|EXPR_SYNTAX|11",
        "mid_time > 60000|EXPR_TYPE|12",
        "mid_time > T'yesterday'|EXPR_DATE|12",
        "mid_time > T'2025-02-30'|EXPR_DATE|12",
        "visit = 99999999999999999999|EXPR_LIMIT|9",
        "seq_num IN (3..1)|EXPR_SYNTAX|13",
        "seq_num IN (1..9:0)|EXPR_SYNTAX|13",
        "target IN (1..3)|EXPR_TYPE|1",
        "CIRCLE(1,2,3) OVERLAPS BOX(1,2,3,4)|EXPR_TYPE|1",
        "POINT OVERLAPS CIRCLE(1, 95, 1)|EXPR_TYPE|16",
        "POINT OVERLAPS POLYGON(0,0, 10,10, 10,0, 0,10)|EXPR_TYPE|16",
        "POINT OVERLAPS TRACT(999999)|EXPR_TYPE|16",
        "REGION OVERLAPS REGION|EXPR_TYPE|1",
        "night = 20250520 NOT 3|EXPR_SYNTAX|18",
        "night NOT 3|EXPR_SYNTAX|11",
        "seq_num IN ()|EXPR_SYNTAX|13",
        "target = 'open|EXPR_SYNTAX|10",
        "a.b = 1|EXPR_SYNTAX|2",
      })
  void faultsHaveTheirCodeAndColumn(String text, String code, int column) {
    Problem problem = fault(text).problems().get(0);
    assertThat(problem.code()).isEqualTo(code);
    assertThat(problem.column(text)).isEqualTo(column);
  }

  @Test
  void limitsAreOfLengthDepthAndItems() {
    assertThat(fault("TRUE" + " OR TRUE".repeat(9000)).problems().get(0).code())
        .isEqualTo("EXPR_LIMIT");
    assertThat(parse("TRUE" + " OR TRUE".repeat(8000)).isAll()).isFalse();
    assertThat(parse("(".repeat(64) + "TRUE" + ")".repeat(64)).isAll()).isTrue();
    assertThat(fault("NOT ".repeat(65) + "TRUE").problems().get(0).code()).isEqualTo("EXPR_LIMIT");
    assertThat(fault("1" + "+1".repeat(70) + " = 1").problems().get(0).code())
        .isEqualTo("EXPR_LIMIT");
    assertThat(parse("visit IN (1..100000)").predicate().test(VisitFields.row(Map.of("visit", 7L))))
        .isTrue();
    assertThat(fault("visit IN (1..100000, 3)").problems().get(0).code()).isEqualTo("EXPR_LIMIT");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "7 / 2 = 3 AND -7 / 2 = -3 AND -7 % 2 = -1 AND 7.0 / 2 = 3.5",
        "(1 / 0) IS NULL AND (1.0 / 0) IS NULL AND (visit % 0) IS NULL",
        "(9223372036854775807 + 1) IS NULL AND (-9223372036854775808 / -1) IS NULL",
        "sqrt(-1) IS NULL AND sqrt(9) = 3 AND round(-2.5) = -3 AND ceil(1.2) = 2",
        "sin(30) = 0.5 AND cos(90) = 0 AND abs(-3) = 3 AND floor(-1.5) = -2",
        "hour(T'2025-05-20T03:59:59') = 3 AND day(T'2025-05-20T03:59:59') = 20250520",
        "T'2025-05-21' - T'2025-05-20' = 1 AND T'2025-05-20' + 0.5 = T'2025-05-20T12:00'",
        "nvl(seeing, 2.5) = 2.5 AND NOT (seeing = 1 AND FALSE) AND (seeing = 1 OR TRUE)",
        "'Z' < 'a' AND 'a' < 'b' AND 'x*y' LIKE 'x*' AND 'xxyxxz' LIKE '*x?z' AND 'a' NOT LIKE '?a'",
        "1 IN (1.0, 2) AND 2 IN (1..5:1) AND 2 NOT IN (1..5:2) AND 2.0 IN (1..3)",
        "(1 BETWEEN 0 AND 2) AND (3 NOT BETWEEN 0 AND 2) AND NOT (3 BETWEEN seeing AND 2)",
      })
  void valuesFollowTheRules(String text) {
    assertThat(parse(text).predicate().test(VisitFields.row(Map.of("visit", 7L)))).isTrue();
  }

  @Test
  void parametersAreBoundAsTypedLiterals() {
    Map<String, Object> parameters =
        Map.of(
            "target",
            "x' OR TRUE OR target = '",
            "bands",
            List.of("g", "r"),
            "maxSeeing",
            1.5,
            "first",
            20250501,
            "where",
            parse("seeing < 1 OR airmass < 2"));
    Selection bound =
        Selection.parse(
            "${where} AND band IN ${bands} AND target = ${target} AND seeing < ${maxSeeing}"
                + " AND band IN (u, ${bands}) AND night >= ${first}",
            VisitFields.all(),
            parameters);
    assertThat(bound)
        .hasToString(
            "(seeing < 1 OR airmass < 2) AND band IN ('g', 'r') AND target = 'x'' OR TRUE OR target"
                + " = ''' AND seeing < 1.5 AND band IN ('u', 'g', 'r') AND day_obs >= 20250501");
  }

  @Test
  void aParameterThatIsNotDeclaredOrOfTheWrongTypeIsAFaultAtItsPlace() {
    SelectionException fault =
        org.junit.jupiter.api.Assertions.assertThrows(
            SelectionException.class,
            () ->
                Selection.parse(
                    "airmass < ${limits} AND target = ${limit}",
                    VisitFields.all(),
                    Map.of("limit", 2.0)));
    assertThat(fault.problems())
        .extracting(Problem::code)
        .containsExactly("EXPR_UNKNOWN_FIELD", "EXPR_TYPE");
    assertThat(fault.problems().get(0).suggestions()).containsExactly("limit");
    assertThat(fault.problems().get(1).offset()).isEqualTo(33);
  }

  @Test
  void headerAndMeasuredPartsTogetherAreTheWhole() {
    Selection all =
        parse(
            "band = r AND (seeing < 1 OR airmass < 2) AND POINT OVERLAPS CIRCLE(1, 2, 3) AND REGION OVERLAPS TRACT(1)");
    assertThat(all.header()).hasToString("band = 'r' AND POINT OVERLAPS CIRCLE(1, 2, 3)");
    assertThat(all.measured())
        .hasToString("(seeing < 1 OR airmass < 2) AND REGION OVERLAPS TRACT(1)");
    assertThat(parse("band = r").measured().isAll()).isTrue();
    assertThat(parse("target = 'x' OR seeing < 1").undecidable()).containsExactly("target");
    assertThat(parse("target = 'x' AND seeing < 1").undecidable()).isEmpty();
  }

  @Test
  void anEmptySelectionIsExplainedByConditions() {
    SelectionTally tally =
        new SelectionTally(parse("band IN (g, r) AND airmass < 1 AND night > 0"));
    ExpressionVector.rows().forEach(row -> tally.add(VisitFields.row(row)));
    assertThat(tally.selected()).isZero();
    assertThat(tally.explanation("visits"))
        .isEqualTo(
            "         8 visits\n"
                + "         3 after band IN ('g', 'r')\n"
                + "         0 after airmass < 1   <- took the last 3\n"
                + "         0 after day_obs > 0\n");
  }

  @Test
  void aCameraMayHaveOtherBands() {
    FieldSet fields = VisitFields.all().withWords("band", List.of("N921"));
    assertThat(Selection.parse("band = N921", fields)).hasToString("band = 'N921'");
  }

  private static Selection parse(String text) {
    return Selection.parse(text, VisitFields.all());
  }

  private static SelectionException fault(String text) {
    SelectionException fault = catchThrowableOfType(SelectionException.class, () -> parse(text));
    assertThat(fault).as(text).isNotNull();
    return fault;
  }
}
