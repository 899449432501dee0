package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;

class ChainsTest {
  @TempDir Path root;

  private Chains chains() {
    return new Chains(root);
  }

  private static Collection run(String name) {
    return Collection.run(name);
  }

  @Test
  void theLastPrependedIsSearchedFirst() throws IOException {
    chains().prepend("rc2/last", List.of(run("a")));
    chains().prepend("rc2/last", List.of(run("b"), run("c")));
    chains().prepend("rc2/last", List.of(run("a")));
    assertThat(chains().runs("chain:rc2/last")).containsExactly("a", "b", "c");
    chains().remove("rc2/last", List.of(run("b")));
    assertThat(chains().runs("chain:rc2/last")).containsExactly("a", "c");
    assertThat(chains().history("rc2/last")).hasSize(4);
    assertThat(chains().history("rc2/last").get(1).members())
        .containsExactly(run("b"), run("c"), run("a"));
    assertThat(chains().names()).containsExactly("rc2/last");
  }

  @Test
  void aChangeThatChangesNothingMakesNoRevision() throws IOException {
    chains().prepend("x", List.of(run("a")));
    assertThat(chains().prepend("x", List.of(run("a"))).revision()).isEqualTo(1);
  }

  @Test
  void nestedChainsAreFlattenedEachRunOnce() throws IOException {
    chains().set("old", List.of(run("m1"), run("m2")));
    chains().set("all", List.of(run("m3"), Collection.chain("old"), run("m1"), run("m0")));
    assertThat(chains().runs("chain:all")).containsExactly("m3", "m1", "m2", "m0");
    assertThat(chains().runs("m7")).containsExactly("m7");
  }

  @Test
  void aCycleIsRefusedWithItsPath() throws IOException {
    chains().set("a", List.of(run("r")));
    chains().set("b", List.of(Collection.chain("a")));
    assertThatThrownBy(() -> chains().prepend("a", List.of(Collection.chain("b"))))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("a -> b -> a");
    assertThatThrownBy(() -> chains().set("c", List.of(Collection.chain("c"))))
        .hasMessageContaining("c -> c");
    assertThat(chains().runs("chain:a")).containsExactly("r");
  }

  @Test
  void unknownChainsAndKindsAreNamed() throws IOException {
    chains().set("nightly", List.of(run("r")));
    assertThatThrownBy(() -> chains().runs("chain:nightli"))
        .hasMessageContaining("did you mean 'nightly'?");
    assertThatThrownBy(() -> chains().runs("chian:nightly"))
        .hasMessageContaining("did you mean 'chain'?");
    assertThatThrownBy(() -> chains().set("x", List.of(new Collection(Collection.Kind.CALIB, "c"))))
        .hasMessageContaining("calib:c");
    for (String bad : List.of("../x", "a//b", "", "a/./b", "a b", "x".repeat(201))) {
      assertThatThrownBy(() -> Collection.parse(bad)).isInstanceOf(BadInputException.class);
    }
    assertThatThrownBy(() -> chains().set("a/000001.json", List.of(run("r"))))
        .hasMessageContaining("revision");
  }

  @Test
  void twoHundredConcurrentPrependsAllSurvive() throws Exception {
    int writers = 200;
    CountDownLatch start = new CountDownLatch(1);
    ExecutorService pool = Executors.newFixedThreadPool(50);
    try {
      List<Future<?>> futures = new ArrayList<>();
      for (int i = 0; i < writers; i++) {
        String name = "run" + i;
        futures.add(
            pool.submit(
                () -> {
                  start.await();
                  return new Chains(root).prepend("busy", List.of(run(name)));
                }));
      }
      start.countDown();
      for (Future<?> future : futures) {
        future.get();
      }
    } finally {
      pool.shutdownNow();
    }
    assertThat(chains().runs("chain:busy"))
        .containsExactlyInAnyOrderElementsOf(
            IntStream.range(0, writers).mapToObj(i -> "run" + i).toList());
    assertThat(chains().history("busy")).hasSize(writers);
    try (Stream<Path> files = Files.list(root.resolve("registry/chains/busy"))) {
      assertThat(files.filter(f -> f.toString().endsWith(".tmp"))).isEmpty();
    }
  }
}
