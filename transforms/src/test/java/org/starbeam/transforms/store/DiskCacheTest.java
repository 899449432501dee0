package org.starbeam.transforms.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DiskCacheTest {
  private static final long HOUR = 3_600_000;

  @TempDir Path directory;

  private static Path get(DiskCache cache, String name, int bytes) throws IOException {
    return cache.get("s3://b/" + name, "v", file -> Files.write(file, new byte[bytes]));
  }

  private static void age(Path file, long hours) throws IOException {
    long then = System.currentTimeMillis() - hours * HOUR;
    Files.setLastModifiedTime(file, FileTime.fromMillis(then));
  }

  private long size() throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      long sum = 0;
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(file);
      }
      return sum;
    }
  }

  @Test
  void manyThreadsFetchAFileOnce() throws Exception {
    DiskCache cache = new DiskCache(directory, 1000, 0);
    AtomicInteger fetched = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<Path>> all = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      all.add(
          threads.submit(
              () ->
                  cache.get(
                      "s3://b/x",
                      "v",
                      file -> {
                        fetched.incrementAndGet();
                        Thread.yield();
                        Files.writeString(file, "whole");
                      })));
    }
    for (Future<Path> one : all) {
      assertThat(one.get()).hasContent("whole");
    }
    threads.shutdown();
    assertThat(fetched).hasValue(1);
  }

  @Test
  void whatFailsLeavesNothing() throws IOException {
    DiskCache cache = new DiskCache(directory, 1000, 0);
    assertThatThrownBy(
            () ->
                cache.get(
                    "s3://b/x",
                    "v",
                    file -> {
                      Files.writeString(file, "half");
                      throw new IOException("gone");
                    }))
        .hasMessage("gone");
    assertThat(size()).isZero();
    assertThat(get(cache, "x", 5)).hasSize(5);
  }

  @Test
  void whatWasNotUsedForTheLongestGoesWhenItIsFull() throws IOException {
    DiskCache cache = new DiskCache(directory, 1000, 60_000);
    Path oldest = get(cache, "a", 300);
    Path older = get(cache, "b", 300);
    Path held = get(cache, "c", 300);
    age(oldest, 4);
    age(older, 2);
    age(held, 5);
    cache.hold(held);
    get(cache, "a", 300);
    Path newest = get(cache, "d", 300);
    assertThat(older).doesNotExist();
    assertThat(List.of(oldest, held, newest)).allSatisfy(file -> assertThat(file).exists());
    cache.release(held);
    age(held, 5);
    get(cache, "e", 300);
    assertThat(held).doesNotExist();
  }

  @Test
  void whatWasJustAskedForStaysEvenWhenItIsTooMuch() throws IOException {
    DiskCache cache = new DiskCache(directory, 1000, 60_000);
    for (int i = 0; i < 10; i++) {
      get(cache, "n" + i, 300);
    }
    assertThat(size()).isEqualTo(3000);
  }

  @Test
  void theSizeHoldsOverManyFiles() throws IOException {
    DiskCache cache = new DiskCache(directory, 1000, -HOUR);
    for (int i = 0; i < 200; i++) {
      get(cache, "n" + i, 90);
      assertThat(size()).isLessThanOrEqualTo(1090);
    }
  }

  @Test
  void aSecondProcessFindsTheFilesOfTheFirstAndCountsThem() throws IOException {
    Path first = get(new DiskCache(directory, 1000, 0), "a", 800);
    age(first, 3);
    DiskCache second = new DiskCache(directory, 1000, 0);
    assertThat(second.get("s3://b/a", "v", file -> {})).isEqualTo(first);
    age(first, 3);
    get(second, "b", 800);
    assertThat(first).doesNotExist();
  }

  @Test
  void sizesAreReadWithTheirUnits() {
    assertThat(DiskCache.bytes("20GiB")).isEqualTo(20L << 30);
    assertThat(DiskCache.bytes("500 MB")).isEqualTo(500L << 20);
    assertThat(DiskCache.bytes("1T")).isEqualTo(1L << 40);
    assertThat(DiskCache.bytes("4096")).isEqualTo(4096);
    assertThatThrownBy(() -> DiskCache.bytes("much")).hasMessageContaining("20GiB");
  }
}
