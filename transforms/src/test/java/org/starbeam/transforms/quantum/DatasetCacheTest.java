package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.store.DatasetFiles;

class DatasetCacheTest {
  @TempDir Path root;

  private static DatasetCache cache(Path root) {
    DatasetFiles files = DatasetFiles.of(root);
    return new DatasetCache(files, new PrunedInputs(CampaignContext.of(root, "run"), files));
  }

  private static DatasetRef ref(String path, String hash) {
    return new DatasetRef("bias", "detector=1", "run", path, hash, 100L);
  }

  @Test
  void manyThreadsLoadOneDatasetOnce() throws Exception {
    Files.writeString(root.resolve("a"), "content");
    DatasetCache cache = cache(root);
    AtomicInteger loads = new AtomicInteger();
    ExecutorService threads = Executors.newFixedThreadPool(8);
    List<Future<String>> results = new ArrayList<>();
    for (int i = 0; i < 32; i++) {
      results.add(
          threads.submit(
              () ->
                  cache.cached(
                      ref("a", "hash"),
                      String.class,
                      file -> {
                        loads.incrementAndGet();
                        Thread.yield();
                        return Files.readString(file);
                      })));
    }
    for (Future<String> result : results) {
      assertThat(result.get()).isEqualTo("content");
    }
    threads.shutdown();
    assertThat(loads).hasValue(1);
    cache.cached(ref("a", "other hash"), String.class, Files::readString);
    assertThat(loads).hasValue(1);
  }

  @Test
  void aPathIsRelativeToTheRootOrAbsoluteOrAFileUri() {
    DatasetCache cache = cache(root);
    assertThat(cache.path(ref("data/a", "h"))).isEqualTo(root.resolve("data/a"));
    assertThat(cache.path(ref("/elsewhere/a", "h"))).isEqualTo(Path.of("/elsewhere/a"));
    assertThat(cache.path(ref("file:///elsewhere/a%20b", "h")))
        .isEqualTo(Path.of("/elsewhere/a b"));
  }

  @Test
  void whatALoaderThrowsComesOutAsItWas() {
    DatasetCache cache = cache(root);
    assertThatThrownBy(() -> cache.cached(ref("absent", "h"), String.class, Files::readString))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(
            () ->
                cache.cached(
                    ref("a", "h"),
                    String.class,
                    file -> {
                      throw new BadInputException("TRUNCATED", "ends early");
                    }))
        .isInstanceOf(BadInputException.class);
    assertThatThrownBy(
            () ->
                cache.cached(
                    ref("a", "h"),
                    String.class,
                    file -> {
                      throw new IOException("disk");
                    }))
        .isInstanceOf(IOException.class)
        .hasMessage("disk");
  }
}
