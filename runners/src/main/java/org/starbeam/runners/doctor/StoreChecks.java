package org.starbeam.runners.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.starbeam.failure.BadInputException;
import org.starbeam.transforms.store.DataPlace;
import org.starbeam.transforms.store.DiskCache;
import org.starbeam.transforms.store.StoreProbe;

/** Whether the object store of a repository can be written, read and deleted in, and cached. */
final class StoreChecks {
  private static final long LITTLE_FREE_MIB = 5000;

  private StoreChecks() {}

  /** Nothing for a repository whose datasets rest in its directory. */
  static List<Finding> all(Path repository) {
    List<Finding> findings = new ArrayList<>();
    try {
      String store = DataPlace.read(repository);
      if (store != null) {
        findings.add(store(store));
        findings.add(cache(DiskCache.ofNode().directory()));
      }
    } catch (BadInputException e) {
      findings.add(
          Finding.fail("object store", String.valueOf(e.getMessage()), "mend repo.json's data"));
    }
    return findings;
  }

  private static Finding store(String store) {
    long begin = System.nanoTime();
    try {
      StoreProbe.check(store);
      double seconds = (System.nanoTime() - begin) / 1e9;
      String text =
          String.format(Locale.ROOT, "%s written, read, deleted in %.1f s", store, seconds);
      return Finding.ok("object store", text);
    } catch (IOException e) {
      return Finding.fail(
          "object store",
          store + ": " + e.getMessage(),
          "give credentials by the environment or a profile of the provider (AWS_PROFILE,"
              + " AWS_ACCESS_KEY_ID, ...), another server by AWS_ENDPOINT_URL, and make the bucket");
    }
  }

  private static Finding cache(Path directory) {
    try {
      Files.createDirectories(directory);
      long free = Files.getFileStore(directory).getUsableSpace() >> 20;
      String text = directory + ", " + free + " MiB free";
      return free < LITTLE_FREE_MIB
          ? Finding.warn("cache", text, "set STARBEAM_CACHE to a directory on a larger disk")
          : Finding.ok("cache", text);
    } catch (IOException e) {
      return Finding.fail(
          "cache",
          directory + ": " + e.getMessage(),
          "set STARBEAM_CACHE to a directory of your own on a local disk");
    }
  }
}
