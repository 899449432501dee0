package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.deblend.DeblendMethod;
import org.starbeam.detection.MergedParent;
import org.starbeam.image.Box;
import org.starbeam.measurement.Fields;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.testing.BlendSky;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Detection and all measurement in three bands of a field like a deep survey's (a cell of 9 arcsec
 * has a galaxy, a pair, a group or a star) and of one ten times as crowded: no object is lost, none
 * is without a number or a flag, a heap of 1 GB is enough, and an object costs no more than a few
 * times what it costs alone. 4,000 objects with {@code -Dstarbeam.full=true}, else 40; {@code
 * -Dstarbeam.side=N} gives the side in pixels.
 */
class CrowdedFieldTest {
  private static final int SIDE =
      Integer.getInteger("starbeam.side", Boolean.getBoolean("starbeam.full") ? 800 : 90);
  private static final double SPARSE = 45;
  private static final double CROWDED = SPARSE / Math.sqrt(10);
  private static final double[] PSF = {2.2, 2.0, 1.9};

  @TempDir Path directory;

  /** Objects and sky of one field. */
  private record Measured(int peaks, List<MeasuredObject> objects, double cpuSeconds) {}

  private static BlendSky sky(double spacing, Random random) {
    BlendSky sky = new BlendSky(new Box(0, 0, SIDE, SIDE), 1, PSF);
    for (double y = spacing / 2; y < SIDE; y += spacing) {
      for (double x = spacing / 2; x < SIDE; x += spacing) {
        double cx = x + 5 * (random.nextDouble() - 0.5);
        double cy = y + 5 * (random.nextDouble() - 0.5);
        double what = random.nextDouble();
        int members = what < 0.4 ? 1 : what < 0.6 ? 2 : what < 0.63 ? 3 + random.nextInt(2) : 0;
        for (int k = 0; k < Math.max(1, members); k++) {
          double angle = 2 * Math.PI * random.nextDouble();
          double distance = k == 0 ? 0 : 3 + 13 * random.nextDouble();
          sky.addNear(
              source(
                  cx + distance * Math.cos(angle),
                  cy + distance * Math.sin(angle),
                  members == 0,
                  sky,
                  random));
        }
      }
    }
    return sky.expose(random.nextLong());
  }

  private static BlendSky.Source source(
      double x, double y, boolean star, BlendSky sky, Random random) {
    double flux = sky.starFlux(6 * Math.pow(50, random.nextDouble()), 1);
    double colour = Math.exp(0.4 * random.nextGaussian());
    double radius = star ? 0 : 1 + 3 * random.nextDouble();
    double q = 0.4 + 0.6 * random.nextDouble();
    return new BlendSky.Source(
        x, y, radius, q, Math.PI * random.nextDouble(), flux / colour, flux, flux * colour);
  }

  private static Measured measure(double spacing) {
    BlendSky sky = sky(spacing, new Random(4));
    List<CoaddBand> bands = new ArrayList<>();
    for (int b = 0; b < PSF.length; b++) {
      bands.add(
          new CoaddBand(
              String.valueOf("gri".charAt(b)),
              sky.images.get(b),
              new GaussianPsf(PSF[b]),
              NoiseCorrelation.white()));
    }
    double start = cpuSeconds();
    List<MergedParent> parents = new CoaddDetector(CoaddDetector.Config.defaults()).detect(bands);
    List<MeasuredObject> objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(bands, parents, List.of(), 5, ObjectMeasurer.Observer.NONE);
    int peaks = parents.stream().mapToInt(p -> p.peaks().size()).sum();
    return new Measured(peaks, objects, cpuSeconds() - start);
  }

  private static double cpuSeconds() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }

  /** Measures both fields and prints peaks, objects, those without number and flag, and seconds. */
  public static void main(String[] none) {
    measure(SPARSE);
    for (double spacing : new double[] {SPARSE, CROWDED}) {
      Measured measured = measure(spacing);
      Map<DeblendMethod, Integer> methods = new EnumMap<>(DeblendMethod.class);
      int silent = 0;
      for (MeasuredObject object : measured.objects) {
        methods.merge(object.blend().method(), 1, Integer::sum);
        silent += isSilent(object) ? 1 : 0;
      }
      System.out.printf(
          Locale.ROOT,
          "%d %d %d %.3f %s%n",
          measured.peaks,
          measured.objects.size(),
          silent,
          measured.cpuSeconds,
          methods.toString().replace(" ", ""));
    }
  }

  private static boolean isSilent(MeasuredObject object) {
    return object.forced().values().stream()
        .anyMatch(
            source ->
                Double.isNaN(source.get(Fields.PSF_FLUX))
                    && !source.flag(Fields.flag(Fields.PSF_FLUX)));
  }

  @Test
  void aFieldTenTimesAsCrowdedIsMeasuredInTheSameMemory() throws Exception {
    Path errors = directory.resolve("errors.txt");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx1g",
                "-Dstarbeam.side=" + SIDE,
                "-cp",
                System.getProperty("java.class.path"),
                CrowdedFieldTest.class.getName())
            .redirectError(errors.toFile())
            .start();
    List<String> lines = process.inputReader(StandardCharsets.UTF_8).lines().toList();
    assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
    System.out.println("CrowdedFieldTest: peaks, objects, silent, CPU s: " + lines);
    assertThat(lines).hasSize(2);
    double[] each = new double[2];
    int[] objects = new int[2];
    for (int i = 0; i < 2; i++) {
      String[] words = lines.get(i).split(" ");
      assertThat(words[1]).as("objects are peaks").isEqualTo(words[0]);
      assertThat(words[2]).as("without number and flag").isEqualTo("0");
      objects[i] = Integer.parseInt(words[1]);
      each[i] = Double.parseDouble(words[3]) / objects[i];
    }
    assertThat(objects[1]).isGreaterThan(3 * objects[0]);
    assertThat(each[1]).as("CPU seconds per object").isLessThan(6 * each[0]);
  }
}
