package org.starbeam.simulation;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One detector: 1024 x 1024 pixels read through eight amplifiers of 256 x 512 (two rows of four,
 * the upper row rotated by 180 degrees). Light becomes counts in this order: expectation times
 * response plus dark current; shot noise; cosmic rays; full well with bleeding, half up and half
 * down the column inside the amplifier; division by the gain; non-linearity; crosstalk between all
 * amplifiers in raw orientation; bias level, pattern, row drift and the offset of the image
 * columns; read noise; rounding and clipping to 16 bits.
 *
 * <p>Brighter-fatter effect and charge transfer inefficiency are not modelled.
 *
 * <p>Raw amplifier image, 292 x 528: serial prescan 4 columns, image 256, serial overscan 32;
 * parallel overscan 16 rows.
 */
final class SensorModel {
  static final int SIZE = FocalPlane.SIZE;
  static final int AMPS = 8;
  static final int AMP_WIDTH = 256;
  static final int AMP_HEIGHT = 512;
  static final int PRESCAN = 4;
  static final int RAW_WIDTH = 292;
  static final int RAW_HEIGHT = 528;
  static final double FULL_WELL = 90000;
  static final double NOMINAL_GAIN = 1.6;
  static final double NOMINAL_READ_NOISE = 6.0;
  private static final int PER_ROW = 4;
  private static final int ADC_MAX = 65535;
  private static final double DARK_CURRENT = 0.02;
  private static final double DRIFT_ADU = 0.5;
  private static final double DRIFT_MEMORY = 0.97;
  private static final double COSMIC_RAY_THRESHOLD = 10;

  private final Preset.Sensor effects;
  private final long seed;
  private final int detector;
  private final List<Amplifier> amplifiers = new ArrayList<>();
  private final List<Defect> defects = new ArrayList<>();
  private final float[] dark = new float[SIZE * SIZE];
  private final float[] area = new float[SIZE * SIZE];
  private final float[] dome = new float[SIZE * SIZE];
  private final float[] fringe = new float[SIZE * SIZE];
  private final float[][] response;
  private final float[][] biasPattern = new float[AMPS][RAW_WIDTH * RAW_HEIGHT];
  private final String bands;

  /** True and measured properties of an amplifier; crosstalk: ADU into this one by source. */
  record Amplifier(
      String name,
      double gain,
      double readNoise,
      double fullWell,
      double biasLevel,
      double nl2,
      double nl3,
      double nlWave,
      double nlPeriod,
      double[] crosstalk,
      double[] laboratoryCrosstalk) {}

  /** A rectangle of bad pixels; value is the relative response or, for hot ones, electrons/s. */
  record Defect(int x0, int y0, int width, int height, String kind, double value) {}

  /** A cosmic-ray track with its pixels above 10 electrons (x, y, electrons). */
  record CosmicRay(String kind, double x0, double y0, double x1, double y1, double electrons) {}

  /**
   * What a detector wrote.
   *
   * @param raw eight amplifier images in raw orientation, counts 0 to 65535
   * @param offsets offset of the image columns by amplifier, ADU
   * @param fullPixels whether a pixel is at full well
   * @param cosmicPixels x, y, electrons of each pixel with cosmic-ray charge
   */
  record Readout(
      int[][] raw,
      double[] offsets,
      boolean[] fullPixels,
      List<CosmicRay> cosmicRays,
      List<double[]> cosmicPixels) {}

  SensorModel(Preset preset, long seed, FocalPlane plane, int detector) {
    this.effects = preset.sensor();
    this.seed = seed;
    this.detector = detector;
    this.bands = preset.bands();
    this.response = new float[bands.length()][SIZE * SIZE];
    makeAmplifiers();
    makeDefects();
    makeBias();
    makeResponse(plane);
    makeDark();
  }

  List<Amplifier> amplifiers() {
    return amplifiers;
  }

  List<Defect> defects() {
    return defects;
  }

  float[] response(char band) {
    return response[bands.indexOf(band)];
  }

  float[] dark() {
    return dark;
  }

  float[] area() {
    return area;
  }

  float[] dome() {
    return dome;
  }

  float[] fringe() {
    return fringe;
  }

  float[] biasPattern(int amp) {
    return biasPattern[amp];
  }

  /** First column of an amplifier on the detector. */
  static int ampX0(int amp) {
    return amp % PER_ROW * AMP_WIDTH;
  }

  /** First row of an amplifier on the detector. */
  static int ampY0(int amp) {
    return amp / PER_ROW * AMP_HEIGHT;
  }

  /** Whether the amplifier is stored rotated by 180 degrees. */
  static boolean rotated(int amp) {
    return amp >= PER_ROW;
  }

  private RandomStream stream(String purpose) {
    return RandomStream.of(seed, purpose, 0, detector);
  }

  private void makeAmplifiers() {
    RandomStream random = stream("amplifiers");
    for (int a = 0; a < AMPS; a++) {
      double[] crosstalk = new double[AMPS];
      double[] measured = new double[AMPS];
      for (int b = 0; b < AMPS; b++) {
        double value =
            Math.abs(a - b) == 1 ? random.uniform(0.8e-4, 3e-4) : random.normal(2e-5, 1e-5);
        double error = 1 + random.normal(0, 0.05);
        crosstalk[b] = a == b || !effects.crosstalk() ? 0 : value;
        measured[b] = crosstalk[b] * error;
      }
      boolean curve = effects.nonLinearity();
      amplifiers.add(
          new Amplifier(
              "C" + a / PER_ROW + a % PER_ROW,
              NOMINAL_GAIN * (1 + (effects.gainErrors() ? random.normal(0, 0.01) : 0)),
              effects.noise() ? NOMINAL_READ_NOISE * (1 + random.normal(0, 0.06)) : 0,
              effects.saturation() ? FULL_WELL * (1 + random.normal(0, 0.03)) : 1e9,
              effects.bias() ? random.normal(1000, 45) : 1000,
              curve ? random.normal(0.009, 0.0015) : 0,
              curve ? random.normal(0, 0.002) : 0,
              curve ? random.uniform(0.3, 2.5) : 0,
              random.uniform(9000, 15000),
              crosstalk,
              measured));
    }
  }

  private void makeDefects() {
    if (!effects.defects()) {
      return;
    }
    RandomStream random = stream("defects");
    int columns = 2 + random.below(3);
    for (int i = 0; i < columns; i++) {
      int height = 60 + random.below(430);
      int y0 = random.below(2) * AMP_HEIGHT + random.below(AMP_HEIGHT - height);
      double value = random.uniform() < 0.7 ? 0 : 0.15;
      defects.add(new Defect(random.below(SIZE), y0, 1, height, "DEAD_COLUMN", value));
    }
    int dead = 30 + random.below(20);
    for (int i = 0; i < dead; i++) {
      defects.add(
          new Defect(
              random.below(SIZE), random.below(SIZE), 1, 1, "DEAD_PIXEL", random.uniform(0, 0.7)));
    }
    defects.add(
        new Defect(random.below(SIZE - 6), random.below(SIZE - 4), 6, 4, "LOW_RESPONSE", 0.5));
    int hot = 50 + random.below(15);
    for (int i = 0; i < hot; i++) {
      defects.add(
          new Defect(
              random.below(SIZE),
              random.below(SIZE),
              1,
              1,
              "HOT_PIXEL",
              Math.pow(10, random.uniform(0, 2.4))));
    }
    defects.add(
        new Defect(
            random.below(SIZE),
            random.below(2) * AMP_HEIGHT,
            1,
            AMP_HEIGHT,
            "HOT_COLUMN",
            random.uniform(10, 20)));
  }

  private void makeBias() {
    if (!effects.bias()) {
      return;
    }
    RandomStream random = stream("bias pattern");
    for (int a = 0; a < AMPS; a++) {
      double tilt = random.normal(0, 1.5);
      double glow = random.uniform(1, 5);
      double wave = random.uniform(0.2, 0.6);
      double phase = random.uniform(0, 6);
      float[] columns = new float[RAW_WIDTH];
      for (int x = 0; x < RAW_WIDTH; x++) {
        columns[x] = (float) random.normal(0, 0.35);
      }
      for (int y = 0; y < RAW_HEIGHT; y++) {
        for (int x = 0; x < RAW_WIDTH; x++) {
          double value =
              columns[x]
                  + tilt * (y / (double) RAW_HEIGHT - 0.5)
                  + glow * Math.exp(-x / 6.0)
                  + wave * Math.sin(y / 23.0 + phase);
          biasPattern[a][y * RAW_WIDTH + x] = (float) value;
        }
      }
    }
  }

  private void makeResponse(FocalPlane plane) {
    RandomStream random = stream("response");
    double radius = plane.radiusMm();
    boolean on = effects.response();
    double gx = on ? random.normal(0, 0.007) : 0;
    double gy = on ? random.normal(0, 0.007) : 0;
    float[] pixel = new float[SIZE * SIZE];
    double ringX = random.uniform(-300, 0);
    double ringY = random.uniform(-300, 0);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int i = y * SIZE + x;
        double[] mm = plane.toFocalPlane(detector, x, y);
        double r = Math.hypot(mm[0], mm[1]) / radius;
        area[i] = (float) plane.relativeArea(mm[0], mm[1]);
        dome[i] = (float) (1 + gx * mm[0] / radius + gy * mm[1] / radius);
        double rings = 0.001 * Math.sin(Math.hypot(x - ringX, y - ringY) / 7);
        pixel[i] =
            (float) (on ? (1 + 0.005 * random.normal() + rings) * (1 - 0.03 * r * r * r * r) : 1);
        double fx = x / 41.0 + 2 * Math.sin(y / 170.0);
        double fy = y / 57.0 + 2 * Math.sin(x / 140.0 + detector);
        fringe[i] = (float) (Math.sin(fx) * Math.cos(fy));
      }
    }
    for (Defect d : defects) {
      if (!d.kind().startsWith("HOT")) {
        multiply(pixel, d);
      }
    }
    for (int b = 0; b < response.length; b++) {
      System.arraycopy(pixel, 0, response[b], 0, pixel.length);
      if (on) {
        dust(response[b], RandomStream.of(seed, "dust", bands.charAt(b), detector));
      }
    }
  }

  private static void multiply(float[] image, Defect d) {
    for (int y = d.y0(); y < d.y0() + d.height(); y++) {
      for (int x = d.x0(); x < d.x0() + d.width(); x++) {
        image[y * SIZE + x] *= (float) d.value();
      }
    }
  }

  /** Shadows of dust on the filter: rings of 12 to 30 pixels that take 1 to 4 %. */
  private static void dust(float[] image, RandomStream random) {
    for (int spot = 0; spot < 6; spot++) {
      double cx = random.uniform(0, SIZE);
      double cy = random.uniform(0, SIZE);
      double outer = random.uniform(12, 30);
      double depth = random.uniform(0.01, 0.04);
      int reach = (int) outer + 4;
      for (int y = Math.max(0, (int) cy - reach); y < Math.min(SIZE, cy + reach); y++) {
        for (int x = Math.max(0, (int) cx - reach); x < Math.min(SIZE, cx + reach); x++) {
          double r = Math.hypot(x - cx, y - cy);
          double ring = 1 / (1 + Math.exp(r - outer)) - 0.8 / (1 + Math.exp(r - outer * 0.45));
          image[y * SIZE + x] *= (float) (1 - depth * Math.max(0, ring));
        }
      }
    }
  }

  private void makeDark() {
    Arrays.fill(dark, effects.darkCurrent() ? (float) DARK_CURRENT : 0);
    for (Defect d : defects) {
      if (d.kind().startsWith("HOT")) {
        for (int y = d.y0(); y < d.y0() + d.height(); y++) {
          for (int x = d.x0(); x < d.x0() + d.width(); x++) {
            dark[y * SIZE + x] += (float) d.value();
          }
        }
      }
    }
  }

  /**
   * Exposes and reads the detector.
   *
   * @param light expected electrons after the response, row by row; changed into the drawn
   *     electrons
   * @param darkTime seconds of dark current
   * @param openTime seconds in which cosmic rays fall
   * @param leak electrons of a light leak at the top row, rising from 0 along y
   */
  Readout read(double[] light, double darkTime, double openTime, double leak, long exposure) {
    RandomStream random = RandomStream.of(seed, "readout", exposure, detector);
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        int i = y * SIZE + x;
        double mean = light[i] + dark[i] * darkTime + leak * y / SIZE;
        light[i] = effects.noise() ? random.poisson(mean) : mean;
      }
    }
    List<CosmicRay> rays = new ArrayList<>();
    List<double[]> pixels = new ArrayList<>();
    cosmicRays(light, openTime, exposure, rays, pixels);
    boolean[] full = bleed(light);
    double[] offsets = new double[AMPS];
    int[][] raw = digitise(light, random, offsets);
    return new Readout(raw, offsets, full, rays, pixels);
  }

  private void cosmicRays(
      double[] electrons,
      double openTime,
      long exposure,
      List<CosmicRay> rays,
      List<double[]> pixels) {
    RandomStream random = RandomStream.of(seed, "cosmic rays", exposure, detector);
    int count = (int) random.poisson(effects.cosmicRaysPerSecond() * openTime);
    float[] charge = count == 0 ? new float[0] : new float[SIZE * SIZE];
    for (int i = 0; i < count; i++) {
      rays.add(random.uniform() < 0.7 ? muon(charge, random) : worm(charge, random));
    }
    for (int i = 0; i < charge.length; i++) {
      if (charge[i] > 0) {
        electrons[i] += effects.noise() ? Math.rint(charge[i]) : charge[i];
      }
      if (charge[i] > COSMIC_RAY_THRESHOLD) {
        pixels.add(new double[] {i % SIZE, i / SIZE, charge[i]});
      }
    }
  }

  private static CosmicRay muon(float[] charge, RandomStream random) {
    double x = random.uniform(0, SIZE);
    double y = random.uniform(0, SIZE);
    double length = Math.min(60, 2 + random.exponential(7));
    double angle = random.uniform(0, 2 * Math.PI);
    double perPixel = random.uniform(700, 1600);
    double x1 = x + length * Math.cos(angle);
    double y1 = y + length * Math.sin(angle);
    int steps = (int) Math.ceil(length * 8);
    double step = length * perPixel / steps;
    for (int s = 0; s < steps; s++) {
      double f = (s + 0.5) / steps;
      spread(charge, x + f * (x1 - x), y + f * (y1 - y), step, 0.25);
    }
    return new CosmicRay("MUON", x, y, x1, y1, length * perPixel);
  }

  private static CosmicRay worm(float[] charge, RandomStream random) {
    double x = random.uniform(0, SIZE);
    double y = random.uniform(0, SIZE);
    double angle = random.uniform(0, 2 * Math.PI);
    int steps = 40 + random.below(120);
    double total = random.uniform(5000, 30000);
    double px = x;
    double py = y;
    for (int s = 0; s < steps; s++) {
      angle += random.normal(0, 0.35);
      px += 0.15 * Math.cos(angle);
      py += 0.15 * Math.sin(angle);
      spread(charge, px, py, total / steps, 0.3);
    }
    return new CosmicRay("WORM", x, y, px, py, total);
  }

  /** Charge over the nearest 3 x 3 pixels as a Gaussian of the given width. */
  private static void spread(float[] charge, double x, double y, double electrons, double sigma) {
    int cx = (int) Math.rint(x);
    int cy = (int) Math.rint(y);
    double[] wx = new double[3];
    double[] wy = new double[3];
    double sx = 0;
    double sy = 0;
    for (int k = 0; k < 3; k++) {
      wx[k] = Math.exp(-0.5 * Math.pow((cx + k - 1 - x) / sigma, 2));
      wy[k] = Math.exp(-0.5 * Math.pow((cy + k - 1 - y) / sigma, 2));
      sx += wx[k];
      sy += wy[k];
    }
    for (int j = 0; j < 3; j++) {
      for (int i = 0; i < 3; i++) {
        int ix = cx + i - 1;
        int iy = cy + j - 1;
        if (ix >= 0 && iy >= 0 && ix < SIZE && iy < SIZE) {
          charge[iy * SIZE + ix] += (float) (electrons * wx[i] * wy[j] / (sx * sy));
        }
      }
    }
  }

  /** Excess over the full well goes half up and half down the column of its amplifier. */
  private boolean[] bleed(double[] electrons) {
    boolean[] full = new boolean[SIZE * SIZE];
    for (int amp = 0; amp < AMPS; amp++) {
      double well = amplifiers.get(amp).fullWell();
      for (int x = ampX0(amp); x < ampX0(amp) + AMP_WIDTH; x++) {
        bleedColumn(electrons, full, x, ampY0(amp), well);
      }
    }
    return full;
  }

  private static void bleedColumn(double[] electrons, boolean[] full, int x, int y0, double well) {
    for (int y = y0; y < y0 + AMP_HEIGHT; y++) {
      double excess = electrons[y * SIZE + x] - well;
      if (excess <= 0) {
        continue;
      }
      electrons[y * SIZE + x] = well;
      full[y * SIZE + x] = true;
      pour(electrons, full, x, y, 1, y0, excess - Math.floor(excess / 2), well);
      pour(electrons, full, x, y, -1, y0, Math.floor(excess / 2), well);
    }
  }

  private static void pour(
      double[] electrons,
      boolean[] full,
      int x,
      int from,
      int direction,
      int y0,
      double charge,
      double well) {
    double left = charge;
    for (int y = from + direction; left > 0 && y >= y0 && y < y0 + AMP_HEIGHT; y += direction) {
      int i = y * SIZE + x;
      double room = well - electrons[i];
      if (room <= 0) {
        continue;
      }
      double moved = Math.min(room, left);
      electrons[i] += moved;
      left -= moved;
      full[i] |= electrons[i] >= well;
    }
  }

  private int[][] digitise(double[] electrons, RandomStream random, double[] offsets) {
    float[][] signal = new float[AMPS][AMP_WIDTH * AMP_HEIGHT];
    for (int amp = 0; amp < AMPS; amp++) {
      toRawOrientation(electrons, amp, signal[amp]);
    }
    int[][] raw = new int[AMPS][RAW_WIDTH * RAW_HEIGHT];
    for (int amp = 0; amp < AMPS; amp++) {
      float[] mixed = withCrosstalk(signal, amp);
      offsets[amp] = effects.bias() ? random.normal() : 0;
      addElectronics(mixed, amp, offsets[amp], random, raw[amp]);
    }
    return raw;
  }

  private void toRawOrientation(double[] electrons, int amp, float[] out) {
    Amplifier a = amplifiers.get(amp);
    boolean turned = rotated(amp);
    for (int y = 0; y < AMP_HEIGHT; y++) {
      for (int x = 0; x < AMP_WIDTH; x++) {
        int dx = turned ? AMP_WIDTH - 1 - x : x;
        int dy = turned ? AMP_HEIGHT - 1 - y : y;
        double s = electrons[(ampY0(amp) + dy) * SIZE + ampX0(amp) + dx] / a.gain();
        out[y * AMP_WIDTH + x] = (float) (effects.nonLinearity() ? bent(s, a) : s);
      }
    }
  }

  private static double bent(double s, Amplifier a) {
    double f = s / 5e4;
    return s * (1 - a.nl2() * f - a.nl3() * f * f)
        + a.nlWave() * Math.sin(2 * Math.PI * s / a.nlPeriod());
  }

  private float[] withCrosstalk(float[][] signal, int amp) {
    float[] out = signal[amp].clone();
    double[] coefficients = amplifiers.get(amp).crosstalk();
    for (int source = 0; source < AMPS; source++) {
      float c = (float) coefficients[source];
      if (c != 0) {
        float[] other = signal[source];
        for (int i = 0; i < out.length; i++) {
          out[i] += c * other[i];
        }
      }
    }
    return out;
  }

  private void addElectronics(
      float[] signal, int amp, double offset, RandomStream random, int[] raw) {
    Amplifier a = amplifiers.get(amp);
    double noise = a.readNoise() / a.gain();
    double level = a.biasLevel() + (effects.bias() ? random.normal(0, 4) : 0);
    double drift = 0;
    for (int y = 0; y < RAW_HEIGHT; y++) {
      if (effects.bias()) {
        double kick = DRIFT_ADU * Math.sqrt(1 - DRIFT_MEMORY * DRIFT_MEMORY);
        drift = DRIFT_MEMORY * drift + random.normal(0, kick);
      }
      double row = level + drift + (effects.bias() ? 3 * Math.exp(-y / 15.0) : 0);
      for (int x = 0; x < RAW_WIDTH; x++) {
        boolean imageColumn = x >= PRESCAN && x < PRESCAN + AMP_WIDTH;
        double value = row + biasPattern[amp][y * RAW_WIDTH + x];
        if (imageColumn) {
          value += offset;
          if (y < AMP_HEIGHT) {
            value += signal[y * AMP_WIDTH + x - PRESCAN];
          }
        }
        if (effects.noise()) {
          value += noise * random.normal();
        }
        raw[y * RAW_WIDTH + x] = (int) Math.max(0, Math.min(ADC_MAX, Math.rint(value)));
      }
    }
  }

  /** Whether one of the 3 x 3 pixels about a position is at full well. */
  static boolean nearFull(boolean[] full, double x, double y) {
    int cx = (int) Math.rint(x);
    int cy = (int) Math.rint(y);
    for (int j = Math.max(0, cy - 1); j <= Math.min(SIZE - 1, cy + 1); j++) {
      for (int i = Math.max(0, cx - 1); i <= Math.min(SIZE - 1, cx + 1); i++) {
        if (full[j * SIZE + i]) {
          return true;
        }
      }
    }
    return false;
  }
}
