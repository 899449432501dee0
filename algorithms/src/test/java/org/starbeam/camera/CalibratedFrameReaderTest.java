package org.starbeam.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.WcsReader;
import org.starbeam.testing.Shared;

class CalibratedFrameReaderTest {
  private static final CalibratedFrameReader AUTOMATIC =
      new CalibratedFrameReader(CalibratedFrameMapping.automatic());

  @TempDir Path folder;

  private static Map<String, Object> wcs() {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("CTYPE1", "RA---TAN");
    cards.put("CTYPE2", "DEC--TAN");
    cards.put("CRVAL1", 10.0);
    cards.put("CRVAL2", -5.0);
    cards.put("CRPIX1", 100.0);
    cards.put("CRPIX2", 100.0);
    cards.put("CD1_1", -5e-5);
    cards.put("CD2_2", 5e-5);
    return cards;
  }

  /** Sky 500, Poisson noise of gain 2 electrons per unit, one bright flat source of 20000. */
  private Path write(Map<String, Object> cards, boolean weight) {
    ImageF image = new ImageF(400, 300);
    ImageF plane = new ImageF(400, 300);
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < image.data.length; i++) {
      boolean source = i / 400 >= 100 && i / 400 < 140 && i % 400 >= 200 && i % 400 < 240;
      double mean = source ? 20_000 : 500;
      image.data[i] = (float) (mean + Math.sqrt(mean / 2) * random.nextGaussian());
      plane.data[i] = i == 7 ? 0 : (float) (2 / mean);
    }
    Path path = folder.resolve("frame.fits");
    try (FitsWriter writer = FitsWriter.create(path)) {
      writer.primary(Map.of()).image("DATA", image, cards);
      if (weight) {
        writer.image("IVAR", plane, Map.of());
      }
      writer.commit();
    }
    return path;
  }

  @Test
  void varianceIsEstimatedFromSkyAndSources() {
    Map<String, Object> cards = wcs();
    cards.put("GAIN", 2.0);
    var frame = AUTOMATIC.read(write(cards, false));
    assertThat(frame.unit()).isEqualTo(CalibratedExposure.Unit.COUNT);
    assertThat(frame.varianceEstimated()).isTrue();
    assertThat((double) frame.image().variance().get(50, 50)).isCloseTo(250, within(5.0));
    assertThat((double) frame.image().variance().get(220, 120)).isCloseTo(10_000, within(500.0));
    assertThat(frame.skySigma()).isCloseTo(Math.sqrt(250), within(0.3));
  }

  @Test
  void mappingNamesExtensionsKindZeroPointAndSaturation() {
    Map<String, Object> cards = wcs();
    cards.put("ZP", 27.0);
    cards.put("SECONDS", 100.0);
    String yaml =
        """
        image: {extension: DATA}
        mask: {extension: none}
        variance: {extension: IVAR, kind: weight}
        unit: electron
        zeroPoint: {key: [MISSING, ZP], perSecond: true}
        exposure: {key: SECONDS}
        gain: {value: 1}
        saturation: {value: 19000}
        """;
    var frame =
        new CalibratedFrameReader(CalibratedFrameMapping.parse("map.yaml", yaml))
            .read(write(cards, true));
    double factor = Math.pow(10, 0.4 * (31.4 - 32));
    assertThat(frame.zeroPoint().getAsDouble()).isEqualTo(32);
    assertThat(frame.unit()).isEqualTo(CalibratedExposure.Unit.NANOJANSKY);
    assertThat(frame.electronsPerUnit().getAsDouble()).isCloseTo(1 / factor, within(1e-12));
    assertThat((double) frame.image().variance().get(50, 50))
        .isCloseTo(250 * factor * factor, within(1e-3));
    assertThat(frame.image().mask().get(7, 0)).isEqualTo(MaskPlanes.NO_DATA);
    assertThat(frame.image().mask().get(220, 120) & MaskPlanes.SAT).isNotZero();
    assertThat(frame.image().mask().get(50, 50)).isZero();
  }

  @Test
  void unusableMappingsAndFramesSayWhy() {
    assertThatThrownBy(() -> CalibratedFrameMapping.parse("m.yaml", "images: {extension: A}"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("images");
    assertThatThrownBy(() -> CalibratedFrameMapping.parse("m.yaml", "variance: {kind: noise}"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("variance, error or weight");
    Path noWcs = write(new LinkedHashMap<>(), false);
    assertThatThrownBy(() -> AUTOMATIC.read(noWcs))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("WCS");
  }

  /** VISTA: tile-compressed floats with dither, ZPN, no variance, zero point 30, GAIN in header. */
  @Test
  void vistaFramesOpenWithTheirWcsAndNoise() {
    Path file = Shared.path("data/vista-h-multiepoch/image_1.fits");
    var frame = AUTOMATIC.read(file);
    assertThat(frame.image().box().width()).isEqualTo(1816);
    assertThat(frame.image().box().height()).isEqualTo(1836);
    assertThat(frame.zeroPoint().getAsDouble()).isEqualTo(30);
    assertThat(frame.unit()).isEqualTo(CalibratedExposure.Unit.NANOJANSKY);
    double factor = Math.pow(10, 0.4 * 1.4);
    var pulls = new float[frame.image().box().area()];
    for (int i = 0; i < pulls.length; i++) {
      pulls[i] =
          (float) (frame.image().image().data[i] / Math.sqrt(frame.image().variance().data[i]));
    }
    var statistics = new ClippedStatistics(ClippedStatistics.Config.noise()).of(pulls);
    assertThat(statistics.sdClip()).isCloseTo(1, within(0.05));
    // astropy: median of the pixels 0.9750611 in the file's units.
    assertThat(ClippedStatistics.median(frame.image().image().data))
        .isCloseTo(0.9750611 * factor, within(1e-5));
    // astropy.wcs for FITS pixel (900, 900), that is (899, 899) from 0.
    SkyPoint sky = WcsReader.fromHeader(HeaderView.of("wcs", frame.wcs())).toSky(899, 899);
    assertThat(sky.raDeg()).isCloseTo(36.89698166, within(2e-8));
    assertThat(sky.decDeg()).isCloseTo(-5.18891200, within(2e-8));
  }

  /**
   * Frames that {@code make-data DIR --preset galaxies} made; DIR by property starbeam.galaxies.
   */
  @Test
  void simcamCalibratedFramesOpen() throws Exception {
    Path frames = Path.of(System.getProperty("starbeam.galaxies", "none"), "calibrated");
    Assumptions.assumeTrue(Files.isDirectory(frames), "no simcam calibrated frames");
    try (var files = Files.walk(frames)) {
      for (Path file :
          files.filter(f -> f.toString().endsWith(".fits")).sorted().limit(3).toList()) {
        var frame = AUTOMATIC.read(file);
        assertThat(frame.unit()).isEqualTo(CalibratedExposure.Unit.NANOJANSKY);
        assertThat(frame.varianceEstimated()).isFalse();
        assertThat(frame.zeroPoint().getAsDouble()).isEqualTo(31.4);
        assertThat(frame.wcs()).containsKeys("A_ORDER", "CRPIX1", "CTYPE1");
        double sigma = Math.sqrt(ClippedStatistics.median(frame.image().variance().data));
        assertThat(frame.skySigma()).isBetween(0.95 * sigma, 1.2 * sigma);
      }
    }
  }

  @Test
  void mappingSaysHowTheHeaderIsRead() {
    var mapping =
        CalibratedFrameMapping.parse(
            "m.yaml",
            """
            zeroPoint: {key: MAGZPT}
            header:
              instrument: MyCam
              base: generic
              fields:
                exposureId: {key: RUN}
                detector: {const: "3"}
            """);
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("RUN", 77);
    cards.put("DATE-OBS", "2020-01-02T03:04:05");
    cards.put("EXPTIME", 30.0);
    var info =
        HeaderTranslator.only(java.util.Objects.requireNonNull(mapping.headerMapping()))
            .translate(HeaderView.of("frame", cards));
    assertThat(info.getInstrument()).isEqualTo("MyCam");
    assertThat(info.getExposureId()).isEqualTo(77);
    assertThat(info.getDetector()).isEqualTo(3);
  }
}
