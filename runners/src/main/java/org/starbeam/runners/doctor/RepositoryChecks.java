package org.starbeam.runners.doctor;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.starbeam.transforms.store.FileTrees;

/**
 * Whether the file system of a repository can do what publication needs: write, sync, rename over
 * an existing file, tell upper from lower case, keep the time. Works in a directory of its own that
 * it takes away again.
 */
final class RepositoryChecks {
  private static final long LEAST_FREE_MIB = 1000;
  private static final long MUCH_FREE_MIB = 20_000;
  private static final double SLOW_SYNC_MILLIS = 100;
  private static final long CLOCK_DIFFERENCE_MILLIS = 2000;

  private final Path place;
  private final List<Finding> findings = new ArrayList<>();

  private RepositoryChecks(Path place) {
    this.place = place;
  }

  /** Looks at a repository, or at the directory that one would be made in. */
  static List<Finding> all(Path repository) {
    Path place = repository;
    while (place != null && !Files.isDirectory(place)) {
      place = place.getParent();
    }
    if (place == null) {
      return List.of(
          Finding.fail("repository", repository + " is nowhere", "choose another --repo"));
    }
    RepositoryChecks checks = new RepositoryChecks(place);
    checks.findings.add(
        Finding.ok(
            "repository",
            place.equals(repository) ? repository.toString() : repository + " does not exist yet"));
    checks.room();
    checks.tryOut();
    return checks.findings;
  }

  private void room() {
    try {
      long free = Files.getFileStore(place).getUsableSpace() >> 20;
      String text = free + " MiB free";
      if (free < LEAST_FREE_MIB) {
        findings.add(Finding.fail("disk", text, "make room, or choose another --repo"));
      } else if (free < MUCH_FREE_MIB) {
        findings.add(
            Finding.warn("disk", text, "a survey of 40 frames of 4 million pixels takes 1000"));
      } else {
        findings.add(Finding.ok("disk", text));
      }
    } catch (IOException e) {
      findings.add(Finding.fail("disk", String.valueOf(e.getMessage()), "choose another --repo"));
    }
  }

  private void tryOut() {
    Path directory = place.resolve(".doctor-" + UUID.randomUUID());
    try {
      Files.createDirectory(directory);
    } catch (IOException e) {
      findings.add(
          Finding.fail(
              "write", "cannot write to " + place + ": " + e, "give yourself the right to write"));
      return;
    }
    try {
      sync(directory);
      rename(directory);
      upperAndLowerCase(directory);
      fileTime(directory);
    } catch (IOException e) {
      findings.add(Finding.fail("write", place + ": " + e, "choose another file system"));
    } finally {
      FileTrees.discard(directory);
    }
  }

  private void sync(Path directory) throws IOException {
    int times = 5;
    long begin = System.nanoTime();
    for (int i = 0; i < times; i++) {
      try (FileChannel channel =
          FileChannel.open(
              directory.resolve("sync" + i), StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
        channel.write(ByteBuffer.allocate(4096));
        channel.force(true);
      }
    }
    double millis = (System.nanoTime() - begin) / 1e6 / times;
    String text = String.format(java.util.Locale.ROOT, "%.1f ms per file", millis);
    findings.add(
        millis < SLOW_SYNC_MILLIS
            ? Finding.ok("fsync", text)
            : Finding.warn(
                "fsync", text, "each product is synced once: expect that much more per product"));
  }

  private void rename(Path directory) throws IOException {
    Path target = Files.writeString(directory.resolve("target"), "old");
    Path next = Files.writeString(directory.resolve("next"), "new");
    if (Files.getFileStore(next).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(next, PosixFilePermissions.fromString("r--r--r--"));
    }
    try {
      Files.move(next, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      findings.add(
          Finding.fail(
              "rename",
              "cannot rename over an existing file: " + e.getMessage(),
              "products are published by rename; choose another file system"));
      return;
    }
    findings.add(
        Files.readString(target).equals("new")
            ? Finding.ok("rename", "atomic, over existing files too")
            : Finding.fail("rename", "the old file is still there", "choose another file system"));
  }

  private void upperAndLowerCase(Path directory) throws IOException {
    Files.writeString(directory.resolve("Case"), "");
    findings.add(
        Files.exists(directory.resolve("cASE"))
            ? Finding.warn(
                "names",
                "upper and lower case are the same",
                "runs and filters whose names differ in case only would share files")
            : Finding.ok("names", "upper and lower case differ"));
  }

  private void fileTime(Path directory) throws IOException {
    Path file = directory.resolve("time");
    long before = System.currentTimeMillis();
    Files.writeString(file, "");
    long after = System.currentTimeMillis();
    long there = Files.getLastModifiedTime(file).toMillis();
    long difference = there < before ? there - before : Math.max(0, there - after);
    findings.add(
        Math.abs(difference) < CLOCK_DIFFERENCE_MILLIS
            ? Finding.ok("file times", "agree with the clock")
            : Finding.warn(
                "file times",
                "differ from the clock by " + difference + " ms",
                "let the file server and this machine use NTP"));
  }
}
