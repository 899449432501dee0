package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsWriter;
import org.starbeam.hips.HipsTile;
import org.starbeam.hips.TileFits;
import org.starbeam.hips.TileSampler;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;

/**
 * Tiles of the deepest order beside those that Hipsgen (CDS) makes of the same coadds: two patches
 * with stars and smooth galaxies of known place on noise. {@code mvn -Dfast -Ppeer -pl it-tests -am
 * verify} runs it.
 */
@Tag("peer")
class HipsgenPeerIT {
  private static final Path JAR = Path.of("/usr/share/java/aladin.jar");
  private static final int ORDER = 11;
  private static final int STARS = 400;
  private static final double NOISE = 2;
  private static final int GALAXIES = 60;
  private static final double SEEING_SIGMA_PX = 1.6;
  private static final double GALAXY_SIGMA_PX = 12;
  private static final double COADD_PIXEL_AREA = 0.04;
  private static final RingsSkyMap MAP = RingsSkyMap.defaults();
  private static final Tract TRACT = MAP.tract(MAP.tractOf(53, -28));
  private static final int[] PATCHES = {44, 45};

  @TempDir static Path directory;

  private static final List<SkyPoint> PLACES = new ArrayList<>();
  private static final List<SkyPoint> GALAXY_PLACES = new ArrayList<>();
  private static final Map<Integer, ImageF> COADDS = new TreeMap<>();
  private static final Map<HipsTile, float[]> OURS = new TreeMap<>();
  private static final Map<HipsTile, float[]> THEIRS = new HashMap<>();
  private static double ourSeconds;
  private static double theirSeconds;

  @BeforeAll
  static void make() throws Exception {
    Assumptions.assumeTrue(Files.exists(JAR), "no Hipsgen: apt-get install aladin");
    coadds();
    sample();
    hipsgen();
  }

  private static void coadds() throws IOException {
    Box all = TRACT.patchInnerBox(PATCHES[0]).union(TRACT.patchInnerBox(PATCHES[1])).grow(200);
    SplittableRandom random = new SplittableRandom(1);
    double[][] sources = new double[STARS + GALAXIES][];
    for (int k = 0; k < sources.length; k++) {
      double x = random.nextDouble(all.x0() + 300, all.x1() - 300.0);
      double y = random.nextDouble(all.y0() + 300, all.y1() - 300.0);
      boolean isStar = k < STARS;
      double flux = isStar ? Math.pow(10, random.nextDouble(3.5, 5.5)) : 2e5;
      sources[k] = new double[] {x, y, flux, isStar ? SEEING_SIGMA_PX : GALAXY_SIGMA_PX};
      (isStar ? PLACES : GALAXY_PLACES).add(TRACT.wcs().toSky(x, y));
    }
    Path input = Files.createDirectories(directory.resolve("in"));
    ImageF sky = new ImageF(all);
    Random noise = new Random(2);
    for (int i = 0; i < sky.data.length; i++) {
      sky.data[i] = (float) (NOISE * noise.nextGaussian());
    }
    for (double[] source : sources) {
      add(sky, source);
    }
    for (int patch : PATCHES) {
      Box box = TRACT.patchInnerBox(patch).grow(200);
      ImageF coadd = sky.view(box).copy();
      COADDS.put(patch, coadd);
      Map<String, Object> cards = new HashMap<>(TRACT.wcs().toHeader());
      cards.put("CRPIX1", ((Number) cards.get("CRPIX1")).doubleValue() - box.x0());
      cards.put("CRPIX2", ((Number) cards.get("CRPIX2")).doubleValue() - box.y0());
      try (FitsWriter writer = FitsWriter.create(input.resolve("patch" + patch + ".fits"))) {
        writer.primaryImage(coadd.withOrigin(0, 0), cards).commit();
      }
    }
  }

  private static void add(ImageF sky, double[] source) {
    int reach = (int) (9 * source[3]);
    double scale = 1 / (2 * source[3] * source[3]);
    for (int y = (int) source[1] - reach; y <= (int) source[1] + reach; y++) {
      for (int x = (int) source[0] - reach; x <= (int) source[0] + reach; x++) {
        double r2 = Math.pow(x - source[0], 2) + Math.pow(y - source[1], 2);
        double value = source[2] * scale / Math.PI * Math.exp(-r2 * scale);
        sky.set(x, y, (float) (sky.get(x, y) + value));
      }
    }
  }

  private static void sample() throws IOException {
    TileSampler sampler = new TileSampler(MAP);
    SkyPoint middle = TRACT.wcs().toSky(centre(true), centre(false));
    TileSampler.Coadds coadds = (tract, patch, needed) -> own(tract, patch);
    List<HipsTile> tiles =
        new Healpix(ORDER)
            .cone(middle.raDeg(), middle.decDeg(), 0.25).stream()
                .map(p -> new HipsTile(ORDER, p))
                .toList();
    sampler.sample(tiles.get(tiles.size() / 2), coadds);
    long start = System.nanoTime();
    for (HipsTile tile : tiles) {
      float[] pixels = sampler.sample(tile, coadds);
      if (pixels != null) {
        OURS.put(tile, pixels);
        Path file = directory.resolve("ours/" + tile.path("fits"));
        Files.createDirectories(file.getParent());
        Files.write(file, TileFits.write(tile, pixels, "r", 60_000));
      }
    }
    ourSeconds = (System.nanoTime() - start) * 1e-9;
  }

  private static ImageF own(Tract tract, int patch) {
    return tract.id() == TRACT.id() ? COADDS.get(patch) : null;
  }

  private static double centre(boolean x) {
    Box all = TRACT.patchInnerBox(PATCHES[0]).union(TRACT.patchInnerBox(PATCHES[1]));
    return x ? all.x0() + all.width() / 2.0 : all.y0() + all.height() / 2.0;
  }

  private static void hipsgen() throws Exception {
    List<String> command =
        List.of(
            "java",
            "-Djava.awt.headless=true",
            "-Xmx2g",
            "-jar",
            JAR.toString(),
            "-hipsgen",
            "in=" + directory.resolve("in"),
            "out=" + directory.resolve("theirs"),
            "creator_did=ivo://TEST/P/peer",
            "hips_order=" + ORDER,
            "maxThread=1",
            "INDEX",
            "TILES");
    long start = System.nanoTime();
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("hipsgen.log").toFile())
            .start();
    assertThat(process.waitFor()).as("exit code of Hipsgen").isZero();
    theirSeconds = (System.nanoTime() - start) * 1e-9;
    try (Stream<Path> files = Files.walk(directory.resolve("theirs"))) {
      for (Path file : (Iterable<Path>) files.filter(Files::isRegularFile)::iterator) {
        String name = directory.resolve("theirs").relativize(file).toString();
        HipsTile tile = HipsTile.ofPath(name);
        if (tile != null && tile.order() == ORDER && name.endsWith(".fits")) {
          THEIRS.put(tile, TileFits.read(name, Files.readAllBytes(file)));
        }
      }
    }
  }

  private static float at(Map<HipsTile, float[]> tiles, long healpix) {
    float[] pixels = tiles.get(new HipsTile(ORDER, healpix / HipsTile.AREA));
    long within = healpix % HipsTile.AREA;
    int row = HipsTile.WIDTH - 1 - (int) Healpix.column(within);
    return pixels == null
        ? Float.NaN
        : pixels[row * HipsTile.WIDTH + (int) Healpix.column(within >> 1)];
  }

  /**
   * In the smooth light of galaxies; stars Hipsgen's interpolation between 2 x 2 pixels makes
   * broader, so that their wings are some percent brighter there.
   */
  @Test
  void pixelsOfGalaxiesHaveTheValuesOfHipsgen() {
    Healpix grid = new Healpix(ORDER + HipsTile.SHIFT);
    List<Double> ratios = new ArrayList<>();
    double reach = 2 * GALAXY_SIGMA_PX * HipsTile.pixelDeg(ORDER);
    for (SkyPoint galaxy : GALAXY_PLACES) {
      for (long pixel : grid.cone(galaxy.raDeg(), galaxy.decDeg(), reach)) {
        double ours = at(OURS, pixel) * COADD_PIXEL_AREA;
        double theirs = at(THEIRS, pixel);
        if (ours + theirs > 10 * NOISE) {
          ratios.add(ours / theirs);
        }
      }
    }
    double[] sorted = ratios.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double median = ClippedStatistics.quantile(sorted, 0.5);
    System.out.printf("%d pixels, median ratio to Hipsgen %.4f%n", sorted.length, median);
    assertThat(sorted.length).isGreaterThan(20_000);
    assertThat(median).isCloseTo(1, within(0.005));
  }

  @Test
  void starsAreWhereHipsgenHasThem() {
    Healpix grid = new Healpix(ORDER + HipsTile.SHIFT);
    List<Double> apart = new ArrayList<>();
    List<Double> fromTruth = new ArrayList<>();
    for (SkyPoint star : PLACES) {
      double[] ours = centroid(grid, OURS, star);
      double[] theirs = centroid(grid, THEIRS, star);
      if (ours != null && theirs != null) {
        apart.add(Math.hypot(ours[0] - theirs[0], ours[1] - theirs[1]));
        fromTruth.add(Math.hypot(ours[0], ours[1]));
      }
    }
    double[] sorted = apart.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    double median = ClippedStatistics.quantile(sorted, 0.5);
    double own =
        fromTruth.stream().mapToDouble(Double::doubleValue).sorted().toArray()[sorted.length / 2];
    System.out.printf(
        "%d stars: median distance from Hipsgen's %.4f pixels, of ours from truth %.4f%n",
        sorted.length, median, own);
    assertThat(sorted.length).isGreaterThan(STARS / 2);
    assertThat(median).isLessThan(0.05);
  }

  /** Place of a star's light in pixels about its true place; null at the rim. */
  private static double[] centroid(Healpix grid, Map<HipsTile, float[]> tiles, SkyPoint star) {
    Gnomonic plane = new Gnomonic(star);
    double pixelDeg = HipsTile.pixelDeg(ORDER);
    double sum = 0;
    double sx = 0;
    double sy = 0;
    for (long pixel : grid.cone(star.raDeg(), star.decDeg(), 4 * pixelDeg)) {
      double[] p = plane.project(grid.center(pixel));
      double x = Math.toDegrees(p[0]) / pixelDeg;
      double y = Math.toDegrees(p[1]) / pixelDeg;
      if (Math.hypot(x, y) <= 4) {
        double v = at(tiles, pixel);
        sum += v;
        sx += v * x;
        sy += v * y;
      }
    }
    return Double.isNaN(sum) ? null : new double[] {sx / sum, sy / sum};
  }

  @Test
  void coverageDiffersAtTheBorderOnly() {
    long[] ours = OURS.keySet().stream().mapToLong(HipsTile::pixel).sorted().toArray();
    long both = Arrays.stream(ours).filter(p -> THEIRS.containsKey(new HipsTile(ORDER, p))).count();
    assertThat(both).as("tiles of ours that Hipsgen has").isEqualTo(ours.length);
    for (HipsTile tile : THEIRS.keySet()) {
      boolean touches =
          OURS.containsKey(tile)
              || Arrays.stream(new Healpix(ORDER).neighbours(tile.pixel()))
                  .anyMatch(p -> p >= 0 && OURS.containsKey(new HipsTile(ORDER, p)));
      assertThat(touches).as("tile " + tile).isTrue();
    }
  }

  /** Hipsgen interpolates between 2 x 2 pixels, we between 6 x 6; both write FITS, one thread. */
  @Test
  void isNotSlowerThanHipsgen() {
    double ours = OURS.size() / ourSeconds;
    double theirs = THEIRS.size() / theirSeconds;
    System.out.printf(
        "%d tiles at %.1f a second, Hipsgen %d at %.1f: ratio %.1f%n",
        OURS.size(), ours, THEIRS.size(), theirs, ours / theirs);
    assertThat(ours / theirs).isGreaterThan(1);
  }
}
