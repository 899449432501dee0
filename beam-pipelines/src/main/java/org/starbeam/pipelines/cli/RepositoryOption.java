package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import picocli.CommandLine.Option;

/** Where the repository is. */
public final class RepositoryOption {
  @Option(
      names = {"-R", "--repo"},
      paramLabel = "DIR",
      defaultValue = "${env:STARBEAM_REPO:-./repo}",
      description = "Repository directory (default: ${DEFAULT-VALUE}).")
  Path repository = Path.of("./repo");

  /** The directory, absolute. */
  public Path root() {
    return repository.toAbsolutePath().normalize();
  }
}
