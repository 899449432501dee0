package org.starbeam.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.Box;
import org.starbeam.sky.SkyPoint;
import org.starbeam.testing.Shared;

class CameraYamlTest {
  private static final String SIM =
      """
      name: SimCam
      instrument: SimCam
      pixel_pitch_mm: 0.01
      focal_length_mm: 10313.240312
      distortion: {model: radial_cubic, k: 2363.6}
      day_obs: {timescale: TAI, offset_hours: -12}
      filters: [{name: g_sim, band: g}]
      amplifier_defaults: &amp
        raw_prescan: [0, 0, 4, 8]
        raw_data: [4, 0, 16, 8]
        raw_serial_overscan: [20, 0, 8, 8]
        raw_parallel_overscan: [4, 8, 16, 4]
        raw_size: [28, 12]
        gain: 1.6
        read_noise: 6.0
        saturation: 90000.0
        suspect_level: 76500.0
      detectors:
        - id: 3
          name: S3
          size: [32, 8]
          focal_plane_mm: [-5.37, 2.0]
          yaw_deg: 0.0
          amplifiers:
            - {<<: *amp, name: C00, extname: SEGMENT00, bbox: [0, 0, 16, 8], flip_x: false, flip_y: false}
            - {<<: *amp, name: C01, extname: SEGMENT01, bbox: [16, 0, 16, 8], flip_x: true, flip_y: true}
          crosstalk:
            - [0, 1.0e-4]
            - [2.0e-4, 0]
      """;

  @Test
  void readsTheSimulatedCamera() {
    Camera camera = CameraYaml.parse("camera.yaml", SIM);
    assertThat(camera.name()).isEqualTo("SimCam");
    assertThat(camera.dayObsOffsetHours()).isEqualTo(12);
    assertThat(camera.filters()).isEqualTo(Map.of("g_sim", "g"));
    Detector d = camera.detector(3);
    assertThat(d.refX()).isEqualTo(15.5);
    Amplifier a = d.amplifiers().get(1);
    assertThat(a.box()).isEqualTo(new Box(16, 0, 16, 8));
    assertThat(a.raw().serialOverscan()).isEqualTo(new Box(20, 0, 8, 8));
    assertThat(a.saturation()).isEqualTo(90000);
    assertThat(d.crosstalk().linear(1, 0)).isEqualTo(1e-4);
    assertThat(d.crosstalk().linear(0, 1)).isEqualTo(2e-4);
    assertThat(d.amplifierAt(20, 3)).isEqualTo(1);
  }

  @ParameterizedTest
  @CsvSource({
    "saturation:, saturaton:, saturation",
    "read_noise:, readnoise:, readNoise",
    "filters:, filter:, filters",
    "yaw_deg:, yaw_degr:, yaw_deg",
    "band:, bands:, band"
  })
  void keyThatIsMisspeltIsRefusedWithTheOneThatWasMeant(String right, String wrong, String meant) {
    assertThatThrownBy(() -> CameraYaml.parse("camera.yaml", SIM.replace(right, wrong)))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining(wrong.replace(":", "") + ": unknown key; did you mean")
        .hasMessageContaining("'" + meant + "'");
  }

  @Test
  void keysOfOthersArePassedOver() {
    String more = SIM + "vendor_notes: {cooled: true}\n";
    assertThat(CameraYaml.parse("camera.yaml", more).detectors()).hasSize(1);
  }

  @Test
  void readsTheCamelCaseSpelling() {
    Camera camera =
        CameraYaml.parse(
            "camera.yaml",
            """
            name: Cam
            plateScale: 20.0
            pixelSizeMm: 0.01
            wcsFlipX: true
            transforms: [{radial: [0, 1, 0, -8.0e-9]}]
            filters: [{name: r_57, band: r}]
            detectors:
              - id: 0
                name: D
                bbox: [0, 0, 4, 4]
                offsetMm: [1, 2, 0]
                refpos: [1.5, 1.5]
                orientationQuarterTurns: 1
                amplifiers:
                  - {name: A, hdu: Seg, bbox: [0, 0, 4, 4], rawBBox: [0, 0, 6, 5], rawDataBBox: [0, 0, 4, 4], rawSerialOverscanBBox: [4, 0, 2, 4], gain: 2, readNoise: 5, saturation: 1000, suspect: 900}
            """);
    Amplifier a = camera.detector(0).amplifiers().get(0);
    assertThat(a.saturation()).isEqualTo(2000);
    assertThat(a.suspectLevel()).isEqualTo(1800);
    assertThat(camera.detector(0).yawDeg()).isEqualTo(90);
    assertThat(camera.optics().flipX()).isTrue();
  }

  private static final String SHARED =
      """
      name: Mine
      pixelSizeMm: 0.01
      plateScale: 20
      filters: [{name: g, band: g, zero_point: 28.4}, {name: r, band: r}]
      nominal: {bias: 0, flat: 1}
      detectors:
        - id: 0
          name: D
          size: [8, 6]
          focal_plane_mm: [0, 0]
          amplifiers:
            - &amp {name: A, hdu: PRIMARY, bbox: [0, 0, 4, 6], raw_box: [0, 0, 6, 6], raw_data: [2, 0, 4, 6], raw_serial_overscan: [0, 0, 2, 6], overscan: {skip: [0, 0], per_row: false}, gain: 2, read_noise: 5}
            - {<<: *amp, name: B, bbox: [4, 0, 4, 6], raw_box: [6, 0, 6, 6], raw_data: [8, 0, 4, 6], raw_serial_overscan: [6, 0, 2, 6]}
          defects: [[7, 5, 1, 1]]
      """;

  @Test
  void amplifiersThatShareAnImageCountItsPixels() {
    Camera camera = CameraYaml.parse("camera.yaml", SHARED);
    Amplifier b = camera.detector(0).amplifiers().get(1);
    assertThat(b.extName()).isEqualTo(Amplifier.PRIMARY);
    assertThat(b.raw().place()).isEqualTo(new Box(6, 0, 6, 6));
    assertThat(b.raw().data()).as("in the amplifier's own image").isEqualTo(new Box(2, 0, 4, 6));
    assertThat(b.raw().serialOverscan()).isEqualTo(new Box(0, 0, 2, 6));
    assertThat(b.raw().overscanUse()).isEqualTo(new Amplifier.OverscanUse(0, 0, false));
    assertThat(camera.detector(0).defects()).containsExactly(new Box(7, 5, 1, 1));
    assertThat(camera.nominal()).isEqualTo(new Camera.Nominal(0.0, null, 1.0, Map.of("g", 28.4)));
  }

  @Test
  void refusesWhatAmplifiersOfOneImageCannotBe() {
    assertThatThrownBy(
            () ->
                CameraYaml.parse(
                    "c.yaml", SHARED.replace("raw_box: [6, 0, 6,", "raw_box: [5, 0, 7,")))
        .hasMessageContaining("raw images of amplifiers A")
        .hasMessageContaining("overlap in extension PRIMARY");
    assertThatThrownBy(
            () -> CameraYaml.parse("c.yaml", SHARED.replace("[0, 0], per", "[1, 1], per")))
        .hasMessageContaining("leave some of the serial overscan");
    assertThatThrownBy(() -> CameraYaml.parse("c.yaml", SHARED.replace("flat: 1}", "falt: 1}")))
        .hasMessageContaining("falt");
    assertThatThrownBy(() -> CameraYaml.parse("c.yaml", SHARED.replace("flat: 1}", "flat: 0}")))
        .hasMessageContaining("above 0");
    assertThatThrownBy(
            () -> CameraYaml.parse("c.yaml", SHARED.replace("[7, 5, 1, 1]", "[7, 5, 2, 1]")))
        .hasMessageContaining("leaves the detector");
  }

  @Test
  void refusesOverlappingAmplifiersNamingBoth() {
    assertThatThrownBy(
            () -> CameraYaml.parse("c.yaml", SIM.replace("[16, 0, 16, 8]", "[12, 0, 16, 8]")))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("C00")
        .hasMessageContaining("C01")
        .hasMessageContaining("overlap");
  }

  @Test
  void refusesWhatIsHostileOrWrong() {
    assertThatThrownBy(() -> CameraYaml.parse("c.yaml", "!!javax.script.ScriptEngineManager []"))
        .isInstanceOf(BadInputException.class);
    assertThatThrownBy(() -> CameraYaml.parse("c.yaml", SIM.replace("gain: 1.6", "gain: 0")))
        .hasMessageContaining("gain");
    assertThatThrownBy(
            () -> CameraYaml.parse("c.yaml", SIM.replace("[20, 0, 8, 8]", "[20, 0, 9, 8]")))
        .hasMessageContaining("leaves the raw image");
    assertThatThrownBy(
            () ->
                CameraYaml.parse("c.yaml", SIM.replace("{name: g_sim, band: g}", "{name: g_sim}")))
        .hasMessageContaining("band");
  }

  @Test
  void initialWcsMatchesTheVectorAndInverts() {
    JsonNode v = Shared.vector("isr-initial-wcs");
    JsonNode d = v.get("detector");
    double scale = v.get("plateScale_arcsec_per_mm").doubleValue() / 3600 * Math.PI / 180;
    Detector detector =
        new Detector(
            0,
            "D",
            null,
            new Box(0, 0, 4072, 4000),
            d.get("offset").get(0).doubleValue(),
            d.get("offset").get(1).doubleValue(),
            d.get("refpos").get(0).doubleValue(),
            d.get("refpos").get(1).doubleValue(),
            0,
            java.util.List.of(),
            CrosstalkMatrix.none(0));
    SkyPoint boresight =
        new SkyPoint(
            v.get("boresight").get(0).doubleValue(), v.get("boresight").get(1).doubleValue());
    for (JsonNode p : v.get("points")) {
      Camera camera =
          new Camera(
              "C",
              d.get("pix").doubleValue(),
              new Camera.Optics(
                  scale, Shared.numbers(v.get("radialCoeffs")), p.get("flipX").booleanValue()),
              null,
              12,
              Map.of(),
              java.util.List.of(detector));
      InitialWcs wcs = new InitialWcs(camera, detector, boresight, p.get("rotation").doubleValue());
      double x = p.get("x").doubleValue();
      double y = p.get("y").doubleValue();
      SkyPoint sky = wcs.toSky(x, y);
      assertThat(sky.raDeg()).isCloseTo(p.get("sky").get(0).doubleValue(), within(1e-9));
      assertThat(sky.decDeg()).isCloseTo(p.get("sky").get(1).doubleValue(), within(1e-9));
      double[] back = wcs.toPixel(sky.raDeg(), sky.decDeg());
      assertThat(back[0]).isCloseTo(x, within(1e-7));
      assertThat(back[1]).isCloseTo(y, within(1e-7));
      assertThat(wcs.pixelArea(x, y)).isCloseTo(0.04, within(0.001));
    }
  }
}
