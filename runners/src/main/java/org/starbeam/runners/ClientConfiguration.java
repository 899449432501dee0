package org.starbeam.runners;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.flink.configuration.PipelineOptions;

/**
 * What Flink's client reads before it submits a job, in a directory of its own that lives as long
 * as the job: the jars that the workers load from their own disks.
 */
final class ClientConfiguration implements AutoCloseable {
  private final Path directory;

  private ClientConfiguration(Path directory) {
    this.directory = directory;
  }

  static ClientConfiguration withClassPath(List<Path> jars) {
    try {
      Path directory = Files.createTempDirectory("starbeam-client");
      String urls =
          jars.stream().map(jar -> jar.toUri().toString()).collect(Collectors.joining(";"));
      List<String> lines =
          jars.isEmpty()
              ? List.of()
              : List.of(PipelineOptions.CLASSPATHS.key() + ": \"" + urls + "\"");
      Files.write(directory.resolve("config.yaml"), lines);
      return new ClientConfiguration(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the temp directory cannot be used", e);
    }
  }

  Path directory() {
    return directory;
  }

  @Override
  public void close() {
    remove(directory);
  }

  /** Removes a directory with what is in it; what cannot be removed now goes with the JVM. */
  static void remove(Path directory) {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException | UncheckedIOException e) {
      directory.toFile().deleteOnExit();
    }
  }
}
