package org.starbeam.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.ImageF;
import org.starbeam.simulation.OpticsModel.Psf;
import org.starbeam.simulation.Preset.CalibSequence;
import org.starbeam.simulation.Preset.Night;
import org.starbeam.simulation.Preset.Sensor;
import org.starbeam.simulation.SkyObject.Ellipse;
import org.starbeam.simulation.SkyObject.GalaxyShape;
import org.starbeam.simulation.SkyObject.Type;

class SimulationTest {
  private static final Psf PSF = new Psf(3.9, 3.5, 0.03, -0.02);
  private static final double[] PIXEL_ON_SKY = {-0.2, 0, 0, 0.2};

  private static Preset oneDetector() {
    Preset it = Presets.it();
    return it.withDetectors(1).withNights(List.of(new Night(20210907, 1)));
  }

  @Test
  void starsOfANoiseFreeFrameSumToTheirTrueElectronsAtTheirTruePlace() {
    for (double x : new double[] {100, 100.25, 99.5, 100.4}) {
      double[] image = new double[201 * 201];
      new SourceRenderer(201, 201, image, new Profiles()).point(x, 99.8, 1e6, PSF);
      double[] moments = moments(image, 201);
      assertThat(moments[0]).isCloseTo(1e6, within(400.0));
      assertThat(moments[1]).isCloseTo(x, within(1e-3));
      assertThat(moments[2]).isCloseTo(99.8, within(1e-3));
    }
  }

  @Test
  void starPixelsAreTheIntegralOfTheMoffatOverThePixel() {
    double[] image = new double[41 * 41];
    new SourceRenderer(41, 41, image, new Profiles()).point(20.3, 19.7, 1, PSF);
    for (int[] at : new int[][] {{20, 20}, {22, 18}, {26, 20}, {30, 12}}) {
      double expected = fineIntegral(at[0] - 20.3, at[1] - 19.7);
      assertThat(image[at[1] * 41 + at[0]]).isCloseTo(expected, within(2e-6));
    }
  }

  private static double fineIntegral(double dx, double dy) {
    int n = 40;
    double[] q = PSF.shape();
    double a2 = PSF.alpha() * PSF.alpha();
    double sum = 0;
    for (int j = 0; j < n; j++) {
      for (int i = 0; i < n; i++) {
        double u = dx + (i + 0.5) / n - 0.5;
        double v = dy + (j + 0.5) / n - 0.5;
        double t = (q[2] * u * u - 2 * q[1] * u * v + q[0] * v * v) / a2;
        sum += Math.pow(1 + t, -PSF.beta());
      }
    }
    return sum / (n * n) * (PSF.beta() - 1) / (Math.PI * a2);
  }

  @Test
  void galaxiesOfANoiseFreeFrameSumToTheirTrueElectronsAtTheirTruePlace() {
    for (double n : new double[] {0.5, 1, 2.5, 4}) {
      double[] image = new double[401 * 401];
      Ellipse ellipse = new Ellipse(n, 0.6, 0.5, 35);
      new SourceRenderer(401, 401, image, new Profiles())
          .ellipse(200.3, 199.6, 1e5, ellipse, PIXEL_ON_SKY, PSF);
      double[] moments = moments(image, 401);
      assertThat(moments[0]).isCloseTo(1e5, within(100.0));
      assertThat(moments[1]).isCloseTo(200.3, within(2e-3));
      assertThat(moments[2]).isCloseTo(199.6, within(2e-3));
    }
  }

  @Test
  void aGalaxyLiesAlongItsPositionAngle() {
    double[] image = new double[101 * 101];
    Ellipse ellipse = new Ellipse(1, 1.5, 0.3, 90);
    new SourceRenderer(101, 101, image, new Profiles())
        .ellipse(50, 50, 1e5, ellipse, PIXEL_ON_SKY, PSF);
    assertThat(image[50 * 101 + 60]).isGreaterThan(3 * image[60 * 101 + 50]);
  }

  @Test
  void mixturesHoldTheLightOfTheirProfileWithinHalfAPercent() {
    for (double n : new double[] {0.5, 0.8, 1, 1.6, 2.5, 4}) {
      RadialMixture mixture = RadialMixture.sersic(n);
      for (double r : new double[] {0.1, 0.3, 1, 2, 5}) {
        double truth = RadialMixture.sersicEnclosed(n).applyAsDouble(r);
        assertThat(mixture.enclosed(r)).as("n %s r %s", n, r).isCloseTo(truth, within(0.005));
      }
    }
    RadialMixture moffat = RadialMixture.moffat(3.3);
    for (double r : new double[] {0.3, 0.7, 1.5, 3}) {
      assertThat(moffat.enclosed(r)).isCloseTo(1 - Math.pow(1 + r * r, -2.3), within(0.003));
    }
  }

  private static double[] moments(double[] image, int side) {
    double s = 0;
    double sx = 0;
    double sy = 0;
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        double v = image[y * side + x];
        s += v;
        sx += v * x;
        sy += v * y;
      }
    }
    return new double[] {s, sx / s, sy / s};
  }

  @Test
  void pixelToSkyAndBackIsExactToAMillionthOfAPixel() {
    Preset preset = Presets.ci();
    FocalPlane plane = FocalPlane.make(preset, 5);
    Exposure e =
        Schedule.make(preset, 5, plane).stream().filter(x -> x.visit() != null).findAny().get();
    OpticsModel optics = new OpticsModel(e.visitOrThrow(), plane, 30);
    for (int d = 0; d < 4; d++) {
      double[] sky = optics.toSky(d, 13.25, 1000.5);
      double[] back = optics.toPixel(d, sky[0], sky[1]);
      assertThat(back[0]).isCloseTo(13.25, within(1e-6));
      assertThat(back[1]).isCloseTo(1000.5, within(1e-6));
    }
  }

  @Test
  void sipHeaderMeetsTheTrueMappingWithinTwoMilliarcsec() {
    Preset preset = Presets.galaxies();
    FocalPlane plane = FocalPlane.make(preset, 2);
    Exposure e = Schedule.make(preset, 2, plane).get(0);
    Map<String, Object> cards = SipHeader.cards(new OpticsModel(e.visitOrThrow(), plane, 150), 1);
    assertThat((double) cards.get("WCSMAX")).isLessThan(2.0);
  }

  @Test
  void anIdealSensorReturnsTheLight() {
    Preset preset = oneDetector().withSensor(Sensor.ideal());
    SensorModel sensor = new SensorModel(preset, 1, FocalPlane.make(preset, 1), 0);
    double[] light = new double[1024 * 1024];
    light[700 * 1024 + 300] = 16000;
    light[3 * 1024 + 1020] = 8000;
    int[][] raw = sensor.read(light, 0, 0, 0, 1).raw();
    int lower = raw[3][3 * 292 + 4 + (1020 - 768)];
    assertThat(lower).isEqualTo(1000 + 5000);
    int upper = raw[5][(1023 - 700) * 292 + 4 + (511 - 300)];
    assertThat(upper).isEqualTo(1000 + 10000);
  }

  @Test
  void bleedingKeepsTheCharge() {
    Preset preset = oneDetector();
    Sensor s = Sensor.ideal();
    Sensor full = new Sensor(false, false, false, false, false, false, false, false, true, 0);
    assertThat(s).isNotEqualTo(full);
    SensorModel sensor = new SensorModel(preset.withSensor(full), 1, FocalPlane.make(preset, 1), 0);
    double[] light = new double[1024 * 1024];
    light[200 * 1024 + 300] = 1.5e6;
    SensorModel.Readout readout = sensor.read(light, 0, 0, 0, 1);
    double sum = 0;
    int fullPixels = 0;
    for (int i = 0; i < light.length; i++) {
      sum += light[i];
      fullPixels += readout.fullPixels()[i] ? 1 : 0;
    }
    assertThat(sum).isCloseTo(1.5e6, within(1e-3));
    assertThat(fullPixels).isBetween(15, 19);
  }

  @Test
  void poissonNumbersHaveTheirMeanAndVariance() {
    for (double mean : new double[] {0.3, 5, 30, 150, 5000}) {
      RandomStream random = RandomStream.of(1, "test", (long) mean, 0);
      int n = 100_000;
      double sum = 0;
      double sum2 = 0;
      for (int i = 0; i < n; i++) {
        double k = random.poisson(mean);
        sum += k;
        sum2 += (k - mean) * (k - mean);
      }
      assertThat(sum / n).isCloseTo(mean, within(4 * Math.sqrt(mean / n)));
      assertThat(sum2 / n / mean).isCloseTo(1, within(0.03));
    }
  }

  @Test
  void theEarthIsOneAuFromTheSunAndMovesWithTheSeasons() {
    double[] march = SkyMotion.earth(59293.9);
    assertThat(Math.sqrt(march[0] * march[0] + march[1] * march[1] + march[2] * march[2]))
        .isCloseTo(1, within(0.03));
    assertThat(march[0]).isLessThan(-0.97);
    double[] june = SkyMotion.earth(59386.6);
    assertThat(june[2]).isCloseTo(-Math.sin(Math.toRadians(23.44)), within(0.02));
  }

  @Test
  void twoRunsWriteTheSameBytesThatTheReaderReads(@TempDir Path dir) throws IOException {
    Preset preset = oneDetector().withCalibs(new CalibSequence(1, 0, 1, 30000, 0, false, false));
    CampaignWriter.write(dir.resolve("a"), preset, 3, ProgressListener.NONE);
    CampaignWriter.write(dir.resolve("b"), preset, 3, ProgressListener.NONE);
    Map<String, byte[]> first = files(dir.resolve("a"));
    Map<String, byte[]> second = files(dir.resolve("b"));
    assertThat(first.keySet()).isEqualTo(second.keySet()).hasSizeGreaterThan(15);
    first.forEach((name, bytes) -> assertThat(second.get(name)).as(name).isEqualTo(bytes));
    Path raw = dir.resolve("a/raw/20210907/SC_O_20210907_000100_00.fits.fz");
    try (FitsReader reader = FitsReader.open(raw)) {
      assertThat(reader.hdus().get(0).header().stringOr("IMGTYPE", "")).isEqualTo("OBJECT");
      assertThat(reader.hdus()).hasSize(9);
      ImageF amp = reader.readFloats(reader.hdus().get(1));
      assertThat(amp.width()).isEqualTo(292);
      assertThat(amp.get(270, 100)).isBetween(800f, 1200f);
      assertThat(amp.get(100, 100)).isGreaterThan(amp.get(270, 100) + 50);
    }
  }

  private static Map<String, byte[]> files(Path dir) throws IOException {
    Map<String, byte[]> out = new TreeMap<>();
    try (var paths = Files.walk(dir)) {
      for (Path p : paths.filter(Files::isRegularFile).toList()) {
        out.put(dir.relativize(p).toString(), Files.readAllBytes(p));
      }
    }
    return out;
  }

  @Test
  void noiseFreeFrameHoldsTheTruthOfItsTable() {
    Preset preset = oneDetector();
    FocalPlane plane = FocalPlane.make(preset, 8);
    Profiles profiles = new Profiles();
    List<SkyObject> objects = new ArrayList<>();
    double[] flux = {0, 50000, 50000, 50000, 0, 0};
    for (int i = 0; i < 9; i++) {
      double ra = preset.field().ra() + (i % 3 - 1) * 0.014;
      double dec = preset.field().dec() + (i / 3 - 1) * 0.014;
      GalaxyShape shape =
          i % 2 == 0 ? null : new GalaxyShape(new Ellipse(1, 0.5, 0.6, 20), null, new double[6]);
      Type type = i % 2 == 0 ? Type.STAR : Type.GALAXY;
      objects.add(new SkyObject(i + 1, type, ra, dec, 30, -20, 2, flux, shape, 0, 0, null));
    }
    Exposure visit =
        Schedule.make(preset, 8, plane).stream().filter(e -> e.visit() != null).findFirst().get();
    FrameMaker maker = new FrameMaker(objects, new double[9], plane, profiles);
    FrameMaker.Frame frame = maker.make(visit, 0);
    assertThat(frame.truth()).hasSize(9);
    for (FrameSource s : frame.truth()) {
      double[] box = box(frame.sources(), s, 60);
      assertThat(box[0] / s.counts()).as("id %s", s.object().id()).isCloseTo(1, within(2e-3));
      assertThat(box[1]).isCloseTo(s.x(), within(5e-3));
      assertThat(box[2]).isCloseTo(s.y(), within(5e-3));
    }
  }

  private static double[] box(double[] image, FrameSource s, int half) {
    int cx = (int) Math.rint(s.x());
    int cy = (int) Math.rint(s.y());
    double[] part = new double[(2 * half + 1) * (2 * half + 1)];
    for (int j = 0; j <= 2 * half; j++) {
      for (int i = 0; i <= 2 * half; i++) {
        part[j * (2 * half + 1) + i] = image[(cy + j - half) * 1024 + cx + i - half];
      }
    }
    double[] m = moments(part, 2 * half + 1);
    return new double[] {m[0], m[1] + cx - half, m[2] + cy - half};
  }

  @Test
  void anUnknownPresetAndAFolderInUseAreRefused(@TempDir Path dir) throws IOException {
    assertThatThrownBy(() -> Presets.named("big"))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("demo, it, ci, galaxies");
    Files.writeString(dir.resolve("x"), "");
    assertThatThrownBy(() -> CampaignWriter.write(dir, oneDetector(), 1, ProgressListener.NONE))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("not empty");
  }
}
