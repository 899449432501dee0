package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The command that everybody tries first. */
@Tag("acceptance")
class DemoIT {
  private static final Duration LONGEST = Duration.ofMinutes(5);
  private static final long MOST_BYTES = 3L << 30;

  @TempDir Path directory;
  private Duration quickest = Duration.ofDays(1);

  private Map<String, String> demo(String name, String... more) throws IOException {
    Path out = directory.resolve(name);
    String[] words =
        Stream.concat(Stream.of("demo", "--out", out.toString(), "--json", "-q"), Stream.of(more))
            .toArray(String[]::new);
    long start = System.nanoTime();
    CommandLine.Answer answer = CommandLine.run(words);
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    long bytes;
    try (Stream<Path> files = Files.walk(out)) {
      bytes = files.filter(Files::isRegularFile).mapToLong(f -> f.toFile().length()).sum();
    }
    System.out.printf("DemoIT: %s %d s, %d MB%n", name, took.toSeconds(), bytes / 1_000_000);
    assertThat(answer.code()).as(answer.err()).isZero();
    quickest = took.compareTo(quickest) < 0 ? took : quickest;
    assertThat(bytes).isLessThan(MOST_BYTES);
    JsonDocuments.require("demo", answer.out());
    assertThat(Path.of(answer.json().path("report").asText())).isNotEmptyFile();
    return RunLedger.read(out.resolve("repo"), "demo").hashes();
  }

  @Test
  void theDemoKeepsItsTimeAndItsDiskAndTwiceItIsTheSame() throws IOException {
    Map<String, String> first = demo("first");
    assertThat(first).hasSizeGreaterThan(100);
    assertThat(demo("second", "--size", "small")).isEqualTo(first);
    assertThat(quickest).as("the quicker of two").isLessThan(LONGEST);
  }
}
