package org.starbeam.runners.cluster;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a cluster's directory says of it: its settings and its processes. */
final class ClusterState {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SETTINGS = "cluster.json";
  private static final String PROCESSES = "processes.json";

  private final Path directory;

  ClusterState(Path directory) {
    this.directory = directory;
  }

  /** The settings with which the cluster was started last, or null. */
  @Nullable ClusterSettings settings() throws IOException {
    Path file = directory.resolve(SETTINGS);
    return Files.exists(file) ? JSON.readValue(file.toFile(), ClusterSettings.class) : null;
  }

  List<ClusterProcess> processes() throws IOException {
    Path file = directory.resolve(PROCESSES);
    return Files.exists(file)
        ? JSON.readValue(file.toFile(), new TypeReference<List<ClusterProcess>>() {})
        : List.of();
  }

  void write(ClusterSettings settings) throws IOException {
    write(SETTINGS, settings);
  }

  void write(List<ClusterProcess> processes) throws IOException {
    write(PROCESSES, processes);
  }

  private void write(String name, Object content) throws IOException {
    Path temporary = directory.resolve("." + name + ".tmp");
    JSON.writerWithDefaultPrettyPrinter().writeValue(temporary.toFile(), content);
    Files.move(
        temporary,
        directory.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
  }
}
