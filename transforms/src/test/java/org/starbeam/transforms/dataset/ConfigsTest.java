package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.ExposureSummary;

class ConfigsTest {
  enum Mode {
    FAST,
    EXACT
  }

  record Selection(double maxVisitFwhm, List<String> bands) {}

  record Config(
      int width,
      double nSigma,
      float growth,
      boolean isOn,
      Mode mode,
      Map<String, Double> byBand,
      Selection selection,
      @Nullable Double limit) {
    static Config defaults() {
      return new Config(
          128, 5, 2.4f, true, Mode.EXACT, Map.of("r", 1.0), new Selection(1.7, List.of("g")), null);
    }

    /** A method that looks like a property must not become one. */
    public double getTwice() {
      return 2 * nSigma;
    }
  }

  @Test
  void jsonHasSortedKeysAndShortestNumbers() {
    assertThat(Configs.json(Config.defaults()))
        .isEqualTo(
            "{\"byBand\":{\"r\":1},\"growth\":2.4,\"isOn\":true,\"limit\":null,\"mode\":\"EXACT\","
                + "\"nSigma\":5,\"selection\":{\"bands\":[\"g\"],\"maxVisitFwhm\":1.7},"
                + "\"width\":128}");
  }

  @Test
  void anOverrideReplacesNamedValuesOnly() {
    Config config =
        Configs.override(
            "task",
            Config.defaults(),
            "{\"nSigma\": 4, \"mode\": \"FAST\", \"selection.maxVisitFwhm\": 1.2,"
                + " \"byBand\": {\"z\": 3}, \"limit\": 9}");
    assertThat(config)
        .isEqualTo(
            new Config(
                128,
                4,
                2.4f,
                true,
                Mode.FAST,
                Map.of("z", 3.0),
                new Selection(1.2, List.of("g")),
                9.0));
    assertThat(Configs.override("task", config, "{\"selection\": {\"bands\": [\"y\"]}}"))
        .extracting(Config::selection)
        .isEqualTo(new Selection(1.2, List.of("y")));
    assertThat(Configs.override("task", config, Configs.json(config))).isEqualTo(config);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"nSgma\": 4}            | did you mean 'nSigma'?",
        "{\"selection.maxFwhm\":1} | no key 'selection.maxFwhm'",
        "{\"zebra\": 4}            | known: [byBand, growth",
        "{\"width.x\": 4}          | width has no parts",
      })
  void anUnknownKeyIsNamedWithTheNearest(String overrides, String message) {
    assertThatThrownBy(() -> Configs.override("task", Config.defaults(), overrides))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("configuration of task")
        .hasMessageContaining(message)
        .extracting(e -> ((BadInputException) e).code())
        .isEqualTo("CONFIG_UNKNOWN_KEY");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"{\"width\": \"wide\"}", "{\"mode\": \"SLOW\"}", "[1]", "{", "{\"width\": 1.5}"})
  void aValueOfTheWrongTypeIsRefused(String overrides) {
    assertThatThrownBy(() -> Configs.override("task", Config.defaults(), overrides))
        .isInstanceOf(BadInputException.class)
        .extracting(e -> ((BadInputException) e).code())
        .isEqualTo("CONFIG_TYPE");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0",
    "-0.0, 0",
    "1, 1",
    "-1.5, -1.5",
    "1e21, 1e+21",
    "1e20, 100000000000000000000",
    "1e-6, 0.000001",
    "1e-7, 1e-7",
    "1.5e-9, 1.5e-9",
    "2e-3, 0.002",
    "4.9e-324, 5e-324",
    "1.7976931348623157e308, 1.7976931348623157e+308",
    "0.1, 0.1",
    "333333333.33333329, 333333333.3333333",
    "2.0E-323, 2e-323"
  })
  void numbersAreWrittenAsEcmaScriptDoes(double value, String expected) {
    assertThat(CanonicalJson.number(value)).isEqualTo(expected);
    assertThat(Double.parseDouble(CanonicalJson.number(value))).isEqualTo(value + 0.0);
  }

  @Test
  void aGeneratedRecordSurvivesJsonAndNaNStaysNaN() throws Exception {
    ExposureSummary summary = new RandomRecords().make(ExposureSummary.class);
    summary.setSeeing(Double.NaN);
    String json = CanonicalJson.write(summary);
    assertThat(json).contains("\"seeing\":null").doesNotContain("schema");
    ExposureSummary back = CanonicalJson.read(json, ExposureSummary.class);
    assertThat(back.getSeeing()).isNaN();
    assertThat(CanonicalJson.write(back)).isEqualTo(json);
  }

  record Arrays(double[] wide, float[] narrow) {}

  @Test
  void arraysKeepTheirNaNs() throws Exception {
    String json = CanonicalJson.write(new Arrays(new double[] {1, Double.NaN}, new float[] {2.1f}));
    assertThat(json).isEqualTo("{\"narrow\":[2.1],\"wide\":[1,null]}");
    assertThat(CanonicalJson.read(json, Arrays.class).wide()).containsExactly(1, Double.NaN);
  }
}
