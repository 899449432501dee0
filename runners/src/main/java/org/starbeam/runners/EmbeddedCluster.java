package org.starbeam.runners;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.transforms.store.FileTrees;

/**
 * Settings of the Flink cluster inside this JVM, in a directory of its own that lives as long as
 * the run. It listens on the loopback only. Its sort memory is outside the heap and bounded, where
 * Flink's own choice is two fifths of the heap once more.
 */
final class EmbeddedCluster implements AutoCloseable {
  private static final long MEBIBYTE = 1 << 20;

  private final Path directory;

  private EmbeddedCluster(Path directory) {
    this.directory = directory;
  }

  static EmbeddedCluster open() {
    try {
      Path directory = Files.createTempDirectory("starbeam-flink");
      Path spill = Files.createDirectory(directory.resolve("spill"));
      Path checkpoints = Files.createDirectory(directory.resolve("checkpoints"));
      long heap = Runtime.getRuntime().maxMemory() / MEBIBYTE;
      long sortMemory = Math.min(1024, Math.max(256, heap / 6));
      Files.write(
          directory.resolve("config.yaml"),
          List.of(
              "rest.bind-address: 127.0.0.1",
              "rest.address: 127.0.0.1",
              "jobmanager.bind-host: 127.0.0.1",
              "taskmanager.bind-host: 127.0.0.1",
              "taskmanager.host: 127.0.0.1",
              "taskmanager.memory.managed.size: " + sortMemory + "mb",
              "taskmanager.memory.network.min: 128mb",
              "taskmanager.memory.network.max: 128mb",
              "taskmanager.network.sort-shuffle.min-buffers: 32",
              "state.backend.type: hashmap",
              "state.checkpoints.dir: \"" + checkpoints.toUri() + "\"",
              "io.tmp.dirs: \"" + spill + "\""));
      return new EmbeddedCluster(directory);
    } catch (IOException e) {
      throw new UncheckedIOException("the embedded Flink cluster cannot use the temp directory", e);
    }
  }

  /** Directory to give to Flink as its configuration directory. */
  Path configuration() {
    return directory;
  }

  @Override
  public void close() {
    FileTrees.discard(directory);
  }
}
