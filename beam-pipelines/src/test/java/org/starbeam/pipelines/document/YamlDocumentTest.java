package org.starbeam.pipelines.document;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class YamlDocumentTest {
  private static Problems problems(String text) {
    Problems problems = new Problems();
    YamlDocument.read("x.yaml", text, problems);
    return problems;
  }

  private static String json(String text) {
    Problems problems = new Problems();
    String json = YamlDocument.read("x.yaml", text, problems).json().toString();
    assertThat(problems.found()).isEmpty();
    return json;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "yes|\"yes\"",
        "on|\"on\"",
        "y|\"y\"",
        "true|true",
        "~|null",
        "0644|644",
        "0x1F|31",
        "1_000|\"1_000\"",
        "12:30|\"12:30\"",
        "1e3|1000.0",
        ".5|0.5",
        "2025-05-20|\"2025-05-20\"",
        "9223372036854775807|9223372036854775807"
      })
  void scalarsAreThoseOfYaml12(String written, String json) {
    assertThat(json("a: " + written)).isEqualTo("{\"a\":" + json + "}");
  }

  @Test
  void aliasesStandForWhatTheyName() {
    assertThat(json("a: &x {b: 1}\nc: *x\n")).isEqualTo("{\"a\":{\"b\":1},\"c\":{\"b\":1}}");
  }

  @Test
  void billionLaughsAreRefusedBeforeTheyAreExpanded() {
    StringBuilder text = new StringBuilder("a0: &a0 [l, l, l, l, l]\n");
    for (int i = 1; i < 10; i++) {
      text.append("a").append(i).append(": &a").append(i).append(" [");
      text.append(("*a" + (i - 1) + ", ").repeat(5)).append("x]\n");
    }
    assertThat(problems(text.toString()).found())
        .singleElement()
        .asString()
        .contains("TPL_SYNTAX: aliases expand to more than 100000 values");
    assertThat(problems("a: &a x\nb: [" + "*a, ".repeat(51) + "x]\n").found())
        .singleElement()
        .asString()
        .contains("more than 50 aliases");
  }

  @Test
  void depthAndSizeAreLimited() {
    assertThat(json("a: " + "[".repeat(49) + "]".repeat(49))).contains("[[[");
    assertThat(problems("a: " + "[".repeat(60) + "]".repeat(60)).found())
        .singleElement()
        .asString()
        .contains("nested deeper than 50");
    assertThat(problems("a: " + "[".repeat(3000)).found()).hasSize(1);
    assertThat(problems("a: " + "x".repeat(5 << 20)).found())
        .singleElement()
        .asString()
        .contains("larger than 4 MiB");
  }

  @Test
  void everyDuplicateKeyIsReported() {
    assertThat(problems("a: 1\nb: 2\na: 3\nb: 4\n").found())
        .extracting(p -> p.place().toString())
        .containsExactly("x.yaml:3:1", "x.yaml:4:1");
  }

  @Test
  void controlCharactersAreRefusedAndDoNotReachTheTerminal() {
    assertThat(problems("a: 1\nb: \u0007x\n").found())
        .singleElement()
        .asString()
        .startsWith("x.yaml:2:4: TPL_SYNTAX: character U+0007")
        .doesNotContain("\u0007");
  }

  @Test
  void byteOrderMarkAndWindowsLinesAreRead() {
    assertThat(json("\uFEFFa: 1\r\nb: [x,\r\n y]\r\n")).isEqualTo("{\"a\":1,\"b\":[\"x\",\"y\"]}");
  }

  /** Any bytes end in a document or in problems, never in an exception. */
  @Test
  void noiseNeverEscapes() {
    Random random = new Random(7);
    String alphabet = "ab:-[]{}&*!|>'\"#%@,? \n\t\\x0~<$.";
    for (int i = 0; i < (Boolean.getBoolean("starbeam.full") ? 1_000_000 : 5_000); i++) {
      StringBuilder text = new StringBuilder();
      for (int n = random.nextInt(60); n > 0; n--) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      problems(text.toString()).found().forEach(Problem::toString);
    }
  }

  @Test
  void atMostFiftyProblemsAreShown() {
    StringBuilder text = new StringBuilder("a: 1\n");
    for (int i = 0; i < 80; i++) {
      text.append("a: 1\n");
    }
    Problems problems = problems(text.toString());
    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> problems.throwIfAny(null)))
        .hasMessageContaining("(30 more)");
  }
}
