package org.starbeam.transforms.quantum;

import java.nio.file.Path;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The small files of a run by which its processes talk to each other.
 *
 * @param lease who launches it
 * @param stop that somebody wants it to stop
 * @param paused that it waits for room on the disk
 * @param reserve room on the disk that the ledger can have when there is no other
 */
public record RunFiles(Path lease, Path stop, Path paused, Path reserve) {
  public static RunFiles of(Path root, String run) {
    Path directory = RepositoryPaths.run(root, run);
    return new RunFiles(
        directory.resolve("lease.json"),
        directory.resolve("stop.json"),
        directory.resolve("paused.json"),
        directory.resolve("reserve"));
  }
}
