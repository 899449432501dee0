package org.starbeam.hats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;

/** Partitions and maps against counts of the rows one by one. */
class CountMapTest {
  private static final long BASE = 1L << 58;

  @TempDir Path directory;

  /** Rows all over the sky, a cluster in one pixel of order 8, and a heap at one place. */
  private static long[] rows() {
    Random random = new Random(16);
    return LongStream.concat(
            LongStream.concat(
                random.longs(3000, 0, 12 * BASE),
                random.longs(2000, 5 * BASE, 5 * BASE + (1L << 42))),
            LongStream.generate(() -> 9 * BASE + 77).limit(700))
        .sorted()
        .toArray();
  }

  private static CountMap map(long[] rows) {
    CountMap.Builder out = new CountMap.Builder();
    Arrays.stream(rows).forEach(out::add);
    return out.build();
  }

  private static long count(long[] rows, Partition partition) {
    return Arrays.stream(rows)
        .filter(row -> row >> 2 * (29 - partition.order()) == partition.pixel())
        .count();
  }

  @Test
  void partitionsAreTheLargestPixelsThatKeepToTheLimits() {
    long[] rows = rows();
    List<Partition> partitions = map(rows).partitions(new CountMap.Limits(100, 6000), 50);
    assertThat(partitions).isSortedAccordingTo(Partition.ALONG_THE_SKY);
    long sum = 0;
    for (Partition p : partitions) {
      long inside = count(rows, p);
      sum += inside;
      assertThat(inside).isPositive();
      assertThat(inside <= 100 || p.order() == CountMap.ORDER).as("%s", p).isTrue();
      if (p.order() > 0) {
        assertThat(count(rows, new Partition(p.order() - 1, p.pixel() >> 2)))
            .as("parent of %s", p)
            .isGreaterThan(100);
      }
    }
    assertThat(sum).isEqualTo(rows.length);
    assertThat(partitions).contains(new Partition(10, 9L << 20));
    assertThat(partitions.stream().map(Partition::order).distinct().count()).isGreaterThan(4);
  }

  @Test
  void bytesLimitAPartitionAsRowsDo() {
    CountMap map = map(rows());
    assertThat(map.partitions(new CountMap.Limits(1000, 5000), 50))
        .isEqualTo(map.partitions(new CountMap.Limits(100, Long.MAX_VALUE), 50));
  }

  @Test
  void aSmallTableIsOnePartitionOfEachBasePixelWithRows() {
    CountMap map = map(new long[] {3, BASE - 1, 4 * BASE});
    assertThat(map.partitions(CountMap.Limits.DEFAULT, 1000))
        .containsExactly(new Partition(0, 0), new Partition(0, 4));
    assertThat(map(new long[0]).partitions(CountMap.Limits.DEFAULT, 0)).isEmpty();
  }

  @Test
  void partsAddUp() {
    long[] rows = rows();
    int cut =
        Arrays.binarySearch(rows, Arrays.stream(rows).filter(r -> r >= BASE).min().getAsLong());
    CountMap joined =
        CountMap.join(
            List.of(
                map(Arrays.copyOf(rows, cut)), map(Arrays.copyOfRange(rows, cut, rows.length))));
    assertThat(joined.rows()).isEqualTo(rows.length);
    assertThat(joined.counts(10)).isEqualTo(map(rows).counts(10));
  }

  @Test
  void theMapHoldsTheCountsOfTheWholeSky() {
    long[] rows = rows();
    CountMap map = map(rows);
    Path file = directory.resolve("skymap.fits");
    map.write(file, 3);
    try (FitsReader reader = FitsReader.open(file)) {
      FitsTable table = reader.readTable("SKYMAP");
      int[] counts = table.ints("COUNT");
      assertThat(counts).hasSize(768);
      for (int i = 0; i < 768; i++) {
        assertThat(counts[i]).isEqualTo((int) count(rows, new Partition(3, i)));
      }
      assertThat(table.text("ORDERING")).isEqualTo("NESTED");
      assertThat(table.integer("NSIDE")).isEqualTo(8);
      assertThat(table.text("INDXSCHM")).isEqualTo("IMPLICIT");
    }
    assertThat(map.skyFraction(0)).isEqualTo(1);
    assertThat(map(new long[] {0, 1}).skyFraction(1)).isEqualTo(1 / 48.0);
  }

  @Test
  void rowsOutOfOrderAreRefused() {
    CountMap.Builder out = new CountMap.Builder();
    out.add(BASE);
    assertThatThrownBy(() -> out.add(0)).hasMessageContaining("not sorted");
  }

  @Test
  void filesOfPartitionsAreWhereReadersLookForThem() {
    assertThat(new Partition(8, 123_456).path())
        .isEqualTo("Norder=8/Dir=120000/Npix=123456.parquet");
    assertThat(new Partition(0, 11).path()).isEqualTo("Norder=0/Dir=0/Npix=11.parquet");
  }
}
