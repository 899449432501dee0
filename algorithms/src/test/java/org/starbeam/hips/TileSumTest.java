package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Lower orders against the plain mean over all pixels of the deepest order by their index. */
class TileSumTest {
  private static final int DEEPEST = 6;
  private static final HipsTile TOP = new HipsTile(4, 700);

  private final Map<HipsTile, float[]> deepest = new HashMap<>();
  private final Map<HipsTile, float[]> built = new HashMap<>();
  private final TileSum sum = build();

  private TileSum build() {
    SplittableRandom random = new SplittableRandom(3);
    for (long pixel = TOP.pixel() * 16; pixel < TOP.pixel() * 16 + 16; pixel++) {
      if (pixel % 5 != 1) {
        deepest.put(new HipsTile(DEEPEST, pixel), ragged(random));
      }
    }
    TileTree tree =
        new TileTree(
            DEEPEST,
            tile ->
                deepest.containsKey(tile)
                    ? TileSum.of(deepest.get(tile), 60_000 + tile.pixel() % 7)
                    : null,
            (tile, s) -> built.put(tile, s.mean()));
    try {
      return java.util.Objects.requireNonNull(tree.build(TOP));
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /** Values over six decades; a half plane and single pixels have none. */
  private static float[] ragged(SplittableRandom random) {
    float[] out = new float[HipsTile.AREA];
    double slope = random.nextDouble(-1, 1);
    for (int i = 0; i < out.length; i++) {
      boolean off = i % 512 + slope * (i / 512) < 100 || random.nextInt(10) == 0;
      out[i] = off ? Float.NaN : (float) (Math.pow(10, random.nextDouble(-3, 3)) - 1);
    }
    return out;
  }

  @Test
  void aPixelIsTheMeanOverAllPixelsOfTheDeepestOrderBelowIt() {
    assertThat(built).hasSize(5);
    built.forEach(
        (tile, pixels) -> {
          int levels = DEEPEST - tile.order();
          Map<Long, double[]> expected = new HashMap<>();
          deepest.forEach(
              (leaf, values) -> {
                if (leaf.ancestor(tile.order()).equals(tile)) {
                  for (int i = 0; i < values.length; i++) {
                    if (!Float.isNaN(values[i])) {
                      double[] s =
                          expected.computeIfAbsent(
                              leaf.healpix(i % 512, i / 512) >> (2 * levels), p -> new double[2]);
                      s[0] += values[i];
                      s[1]++;
                    }
                  }
                }
              });
          for (int i = 0; i < pixels.length; i++) {
            double[] s = expected.get(tile.healpix(i % 512, i / 512));
            if (s == null) {
              assertThat(pixels[i]).isNaN();
            } else {
              double mean = s[0] / s[1];
              assertThat((double) pixels[i]).isCloseTo(mean, within(1e-6 * Math.abs(mean)));
            }
          }
        });
  }

  @Test
  void sumAndNumberAreConserved() {
    double total = 0;
    long count = 0;
    for (float[] values : deepest.values()) {
      for (float v : values) {
        total += Float.isNaN(v) ? 0 : v;
        count += Float.isNaN(v) ? 0 : 1;
      }
    }
    assertThat(sum.totalCount()).isEqualTo(count);
    assertThat(sum.total()).isCloseTo(total, within(1e-9 * total));
    double written = 0;
    float[] mean = built.get(TOP);
    for (int i = 0; i < mean.length; i++) {
      written += sum.count(i) == 0 ? 0 : (double) mean[i] * sum.count(i);
    }
    assertThat(written).isCloseTo(total, within(1e-9 * total));
  }

  @Test
  void comesBackFromItsFileToTheLastBit(@TempDir Path directory) throws Exception {
    Path file = directory.resolve("sum");
    sum.write(file);
    TileSum back = TileSum.read(file);
    assertThat(back.mean()).isEqualTo(sum.mean());
    assertThat(back.total()).isEqualTo(sum.total());
    assertThat(back.lastMjd()).isEqualTo(60_006);
    Path again = directory.resolve("again");
    back.write(again);
    assertThat(again).hasSameBinaryContentAs(file);
    assertThat(Files.size(file)).isLessThan(3L << 20);
  }
}
