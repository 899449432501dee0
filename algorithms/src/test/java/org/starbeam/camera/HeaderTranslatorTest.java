package org.starbeam.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.ImageF;
import org.starbeam.isr.AmpAssembler;
import org.starbeam.isr.RawExposure;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.testing.Shared;

class HeaderTranslatorTest {
  private static final HeaderTranslator TRANSLATOR = HeaderTranslator.builtIn();

  private static Map<String, Object> header(JsonNode node) {
    Map<String, Object> out = new LinkedHashMap<>();
    node.properties()
        .forEach(
            e -> {
              JsonNode v = e.getValue();
              out.put(
                  e.getKey(),
                  v.isTextual() ? v.textValue() : v.isInt() ? v.intValue() : v.doubleValue());
            });
    return out;
  }

  @Test
  void translatesTheVectorExactly() {
    for (JsonNode c : Shared.vector("isr-metadata").get("cases")) {
      HeaderView header = HeaderView.of("vector", header(c.get("header")));
      ObservationInfo info = TRANSLATOR.translate(header);
      assertThat(info.getInstrument()).isEqualTo(c.get("instrument").textValue());
      c.get("expect").properties().forEach(e -> check(info, e.getKey(), e.getValue()));
    }
  }

  private static void check(ObservationInfo info, String field, JsonNode expected) {
    if (field.equals("warnings")) {
      List<String> codes = new ArrayList<>();
      expected.forEach(w -> codes.add(w.textValue()));
      assertThat(info.getWarnings()).containsExactlyElementsOf(codes);
      return;
    }
    if (field.equals("detectorUniqueName")) {
      assertThat(info.getDetectorGroup() + "_" + info.getDetectorName())
          .isEqualTo(expected.textValue());
      return;
    }
    Object found = info.get(field);
    if (expected.isNull()) {
      assertThat(found).as(field).isNull();
    } else if (field.equals("observationType")) {
      assertThat(found.toString()).isEqualToIgnoringCase(expected.textValue());
    } else if (expected.isNumber()) {
      double tolerance =
          field.endsWith("Mjd") ? 1e-9 : 1e-9 * (1 + Math.abs(expected.doubleValue()));
      assertThat(((Number) found).doubleValue())
          .as(field)
          .isCloseTo(expected.doubleValue(), within(tolerance));
    } else {
      assertThat(String.valueOf(found)).as(field).isEqualTo(expected.asText());
    }
  }

  /**
   * Prefix of the file name to the instrument that must be found, empty when no mapping knows it,
   * or the code of the refusal (a header without exposure time).
   */
  private static final Map<String, String> EXPECTED = new TreeMap<>();

  static {
    String[][] table = {
      {"UCD-", "LSST-UCDCam"},
      {"bad-megaprime", ""},
      {"comCam-CC", "LSSTComCam"},
      {"comCamSim-", "LSSTComCamSim"},
      {"fitsheader-decam", "DECam"},
      {"fitsheader-hsc", "HSC"},
      {"fitsheader-megaprime", ""},
      {"fitsheader-sdss", ""},
      {"fitsheader-suprimecam", ""},
      {"imsim-", "LSSTCam-imSim"},
      {"latiss-2", "LATISS"},
      {"latiss-AT_C", "MISSING_KEY"},
      {"latiss-AT_O", "LATISS"},
      {"latiss-f", "LATISS"},
      {"lsstCam-", "LSSTCam"},
      {"lsstCam_", "LSSTCam"},
      {"lsstCamSim-", "LSSTCamSim"},
      {"phosim-lsst", "LSSTCam-PhoSim"},
      {"phosim-hdu0", "LSSTCam-PhoSim"},
      {"phosim-hdu1", "LSSTCam-PhoSim"},
      {"ts3-", "LSST-TS3"},
      {"ts8-", "LSST-TS8"},
      {"visit_info", ""}
    };
    for (String[] row : table) {
      EXPECTED.put(row[0], row[1]);
    }
  }

  @Test
  void recognisesEveryHeaderOrRefusesItByName() throws IOException {
    List<String> wrong = new ArrayList<>();
    try (Stream<Path> files = Files.list(Shared.path("data/lsst-raw-headers"))) {
      for (Path file : files.sorted().toList()) {
        String name = file.getFileName().toString();
        String expected =
            EXPECTED.entrySet().stream()
                .filter(e -> name.startsWith(e.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse("no rule");
        String found;
        try {
          found = TRANSLATOR.translate(Headers.read(file)).getInstrument();
        } catch (BadInputException e) {
          found = e.code().equals("UNKNOWN_INSTRUMENT") ? "" : e.code();
          assertThat(e.getMessage()).contains(name);
        }
        if (!found.equals(expected)) {
          wrong.add(name + ": " + found + ", expected " + expected);
        }
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void readsEveryRubinRawAndAssemblesItsAmplifiers() throws IOException {
    Map<String, String> expected =
        Map.of(
            "comCam", "LSSTComCam",
            "imsim", "LSSTCam-imSim",
            "latiss", "LATISS",
            "lsstCam", "LSSTCam",
            "phosim", "LSSTCam-PhoSim",
            "ts8", "LSST-TS8");
    Map<String, Integer> detectors = Map.of("comCam", 0, "imsim", 42, "latiss", 0, "phosim", 42);
    try (Stream<Path> files = Files.list(Shared.path("data/lsst-raw-cameras"))) {
      for (Path file : files.sorted().toList()) {
        String prefix = file.getFileName().toString().split("_")[0];
        try (FitsReader reader = FitsReader.open(file)) {
          HeaderView header = reader.primaryHeader();
          ObservationInfo info = TRANSLATOR.translate(header);
          assertThat(info.getInstrument()).isEqualTo(expected.get(prefix));
          if (detectors.containsKey(prefix)) {
            assertThat(info.getDetector()).isEqualTo(detectors.get(prefix));
          }
          Detector detector =
              HeaderGeometry.detector(
                  reader, info.getDetector(), "d", TRANSLATOR.mapping(header).flipY());
          assertThat(detector.amplifiers()).hasSize(16);
          assertThat(detector.box().area()).isEqualTo(e2v(header) ? 4096 * 4004 : 4072 * 4000);
        }
      }
    }
  }

  private static boolean e2v(HeaderView header) {
    return header.stringOr("LSST_NUM", "").startsWith("E2V");
  }

  @Test
  void assemblesRealSensorsPixelByPixel() {
    for (String vendor : List.of("itl", "e2v")) {
      Path raw = Shared.path("data/itl-e2v-assembly/" + vendor + "_spot.fits.gz");
      Path truth = Shared.path("data/itl-e2v-assembly/" + vendor + "_expected_assembled.fits.gz");
      Detector detector;
      try (FitsReader reader = FitsReader.open(raw)) {
        detector = HeaderGeometry.detector(reader, 0, vendor, true);
      }
      RawExposure exposure = new RawExposureReader(false).read(raw, detector);
      ImageF assembled = new ImageF(detector.box());
      for (int i = 0; i < exposure.size(); i++) {
        AmpAssembler.assemble(detector.amplifiers().get(i), exposure.amplifier(i), assembled);
      }
      try (FitsReader reader = FitsReader.open(truth)) {
        ImageF expected = reader.readFloats(reader.firstImage());
        assertThat(java.util.Arrays.equals(assembled.data, expected.data)).as(vendor).isTrue();
      }
    }
  }

  @Test
  void noDamageToAHeaderEverThrowsAnythingElse() throws IOException {
    Path source = Shared.path("data/lsst-raw-headers/lsstCam-MC_O_20250609_000578_R01_S01.yaml");
    Map<String, Object> whole = Headers.read(source).toMap();
    Random random = new Random(7);
    List<String> keys = List.copyOf(whole.keySet());
    Object[] nonsense = {
      "", "UNDEFINED", "abc", -1e300, Double.NaN, 5, true, "12:61:99", "2025-13-45"
    };
    int valid = 0;
    for (int i = 0; i < 2000; i++) {
      Map<String, Object> damaged = new LinkedHashMap<>(whole);
      for (int k = 0; k < 1 + random.nextInt(40); k++) {
        String key = keys.get(random.nextInt(keys.size()));
        if (random.nextBoolean()) {
          damaged.remove(key);
        } else {
          damaged.put(key, nonsense[random.nextInt(nonsense.length)]);
        }
      }
      try {
        ObservationInfo info = TRANSLATOR.translate(HeaderView.of("fuzz", damaged));
        assertThat(info.getExposureId()).isPositive();
        valid++;
      } catch (BadInputException e) {
        assertThat(e.getMessage()).contains("fuzz");
      }
    }
    assertThat(valid).isBetween(100, 1999);
  }

  @Test
  void correctionsChangeTheHeaderAndAreNoted() {
    HeaderCorrections corrections =
        HeaderCorrections.parse(
            "c.yaml",
            "corrections:\n- when: {dayObs: [20250601, 20250630], seqNum: [[1, 10]]}\n"
                + "  set: {FILTER: i_39}\n  add: {ROTPA: 180}\n  unset: [AMSTART]\n  reason: wheel\n");
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("DAYOBS", "20250609");
    values.put("SEQNUM", 7);
    values.put("FILTER", "r_57");
    values.put("ROTPA", 10.0);
    values.put("AMSTART", 1.2);
    List<String> warnings = new ArrayList<>();
    HeaderView mended = corrections.apply(HeaderView.of("h", values), warnings);
    assertThat(mended.string("FILTER")).isEqualTo("i_39");
    assertThat(mended.number("ROTPA")).isEqualTo(190);
    assertThat(mended.has("AMSTART")).isFalse();
    assertThat(warnings).containsExactly("CORRECTED: wheel");
  }

  @Test
  void wholeNumbersFollowTheArithmeticOfTheirSource() {
    assertThat(exposure("{key: OBSID, plus: -890000000}", "890104911")).isEqualTo(104911);
    assertThat(exposure("{key: OBSID, times: 10, plus: 1}", "890104911")).isEqualTo(8901049111L);
    assertThat(exposure("{key: OBSID, pattern: '(\\d{8})$'}", "890104911")).isEqualTo(90104911);
    assertThatThrownBy(() -> exposure("{key: OBSID, plus: 1}", "1e999999999"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("exposure number");
  }

  private static long exposure(String rule, String value) {
    MappingFile mapping =
        MappingFile.parse(
            "m.yaml", "instrument: X\nbase: generic\nfields: {exposureId: " + rule + "}\n");
    HeaderView header =
        HeaderView.of(
            "x.fits",
            Map.of("OBSID", value, "DATE-OBS", "2020-01-01T00:00:00", "EXPTIME", 1, "DETECTOR", 0));
    return HeaderTranslator.only(mapping).translate(header).getExposureId();
  }

  @Test
  void aMappingIsMeantForTheHeadersThatItRecognisesOrForAll() {
    HeaderView header = HeaderView.of("x.fits", Map.of("INSTRUME", "Mine"));
    String named = "instrument: X\nrecognise: [[{key: INSTRUME, equals: %s}]]\n";
    assertThat(MappingFile.parse("m", named.formatted("Mine")).isMeantFor(header)).isTrue();
    assertThat(MappingFile.parse("m", named.formatted("Other")).isMeantFor(header)).isFalse();
    assertThat(MappingFile.parse("m", "instrument: X\n").isMeantFor(header)).isTrue();
  }

  @Test
  void aMappingWithAnUnknownKeyIsRefusedWhenItIsRead() {
    assertThatThrownBy(
            () -> MappingFile.parse("m.yaml", "instrument: X\nfields: {airmas: {key: A}}\n"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("airmas");
    assertThatThrownBy(
            () -> MappingFile.parse("m.yaml", "instrument: X\nfields: {airmass: {kee: A}}\n"))
        .hasMessageContaining("kee");
  }

  @Test
  void timesOfHeadersAreThoseOfTheVectorLeapSecondsIncluded() {
    JsonNode cases = Shared.vector("campaign-windows").get("cases");
    for (JsonNode c : cases) {
      double mjd =
          ObservationTimes.read(c.get("input").asText())
              .map(
                  t ->
                      c.get("scale").asText().equals("tai")
                          ? t.mjd()
                          : LeapSeconds.utcToTai(t.mjd(), t.day()))
              .orElseThrow();
      long millis = Math.round((mjd - 40587) * 86_400_000);
      assertThat(millis).as("%s", c).isEqualTo(c.get("taiMillis").asLong());
      assertThat(ObservationTimes.dayObs(mjd, c.get("rolloverHours").asDouble()))
          .isEqualTo(c.get("dayObs").asInt());
    }
  }

  @Test
  void leapSecondsFollowTheBulletins() {
    assertThat(LeapSeconds.taiMinusUtc(41317)).isEqualTo(10);
    assertThat(LeapSeconds.taiMinusUtc(57753.9)).isEqualTo(36);
    assertThat(LeapSeconds.taiMinusUtc(57754)).isEqualTo(37);
    assertThat(LeapSeconds.taiMinusUtc(56744)).isEqualTo(35);
  }
}
