package org.starbeam.pipelines.observe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.log.HostName;
import org.starbeam.transforms.quantum.ProcessStart;
import org.starbeam.transforms.window.EventTime;

/**
 * Whether somebody works on a run, as its files tell from any host.
 *
 * @param alive true when the launcher's lease or the ledger was written in the last minute
 * @param leased true when there is a lease, so that {@code alive} is certain
 * @param paused true when the launch waits for room on the disk
 * @param exitCode how the last launch ended, -1 when that is not known
 * @param slots quanta that the launch can work on at a time; 0 when it is not known
 * @param nowMjd the time of looking, TAI
 */
record RunLife(
    boolean alive, boolean leased, boolean paused, int exitCode, int slots, double nowMjd) {
  private static final long ALIVE_MILLIS = 60_000;

  static RunLife of(Path root, String run, LedgerCursor cursor) {
    Path directory = RepositoryPaths.run(root, run);
    long now = System.currentTimeMillis();
    JsonNode lease = document(directory.resolve("lease.json"));
    boolean leased = lease.isObject();
    boolean alive =
        leased
            ? isHeld(root, lease, directory.resolve("lease.json"))
            : newest(RepositoryPaths.ledger(root, run), cursor.segments()) > now - ALIVE_MILLIS;
    return new RunLife(
        alive,
        leased,
        alive && Files.exists(directory.resolve("paused.json")),
        alive ? -1 : lease.path("exitCode").asInt(-1),
        document(directory.resolve("campaign/environment.json")).path("parallelism").asInt(),
        EventTime.mjd(EventTime.ofClock(now)));
  }

  /**
   * Of a holder on this host its process tells; of another that it has renewed the lease lately, by
   * the clock of the storage, because those of the hosts may differ.
   */
  private static boolean isHeld(Path root, JsonNode lease, Path file) {
    if (lease.path("state").asText().equals("ended")) {
      return false;
    }
    if (lease.path("host").asText().equals(HostName.here())) {
      long pid = lease.path("pid").asLong();
      long started = lease.path("started").asLong();
      return ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isPresent()
          && (started == 0 || ProcessStart.of(pid) == started);
    }
    return storageMillis(root) - modified(file) < ALIVE_MILLIS;
  }

  /** What time it is where the repository is; this host's time when nothing can be written. */
  private static long storageMillis(Path root) {
    try {
      Path directory = Files.createDirectories(root.resolve("cache"));
      Path file = Files.createTempFile(directory, ".clock", ".tmp");
      try {
        return modified(file);
      } finally {
        Files.delete(file);
      }
    } catch (IOException e) {
      return System.currentTimeMillis();
    }
  }

  private static JsonNode document(Path file) {
    try {
      return Files.exists(file)
          ? new ObjectMapper().readTree(file.toFile())
          : MissingNode.getInstance();
    } catch (IOException e) {
      return MissingNode.getInstance();
    }
  }

  private static long newest(Path ledger, List<String> segments) {
    return segments.stream().mapToLong(name -> modified(ledger.resolve(name))).max().orElse(0);
  }

  private static long modified(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException e) {
      return 0;
    }
  }

  /** Milliseconds since 1970 of a TAI date. */
  static long unixMillis(double taiMjd) {
    return EventTime.toClock(EventTime.ofMjd(taiMjd));
  }
}
