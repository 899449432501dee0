package org.starbeam.runners.doctor;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import org.starbeam.camera.LeapSeconds;

/** Java, memory, room for temporary files, the clock, the table of leap seconds. */
final class MachineChecks {
  private static final int JAVA = 17;
  private static final long LEAST_MEMORY_MIB = 2000;

  /** Image, variance, mask, background and one copy of a detector of 4k x 4k, twice. */
  private static final long MEMORY_PER_CORE_MIB = 1500;

  private static final long TEMPORARY_MIB = 2000;
  private static final double MJD_OF_1970 = 40587;
  private static final int EXPIRY_NOTICE_DAYS = 60;
  private static final Instant EARLIEST = Instant.parse("2025-01-01T00:00:00Z");

  private MachineChecks() {}

  static List<Finding> all(long machineMebibytes) {
    return List.of(
        java(), memory(machineMebibytes), temporaryFiles(), nativeCode(), clock(), leapSeconds());
  }

  private static Finding java() {
    String text = System.getProperty("java.version") + ", " + System.getProperty("java.vm.name");
    int found = Runtime.version().feature();
    if (found < JAVA) {
      return Finding.fail("java", text, "install a JDK " + JAVA + " and set JAVA_HOME");
    }
    return found == JAVA
        ? Finding.ok("java", text)
        : Finding.warn(
            "java",
            text,
            "equal bytes are promised for one Java version; Starbeam is tested on " + JAVA);
  }

  static Finding memory(long mebibytes) {
    int cores = Runtime.getRuntime().availableProcessors();
    String text = mebibytes + " MiB for " + cores + " cores";
    if (mebibytes < LEAST_MEMORY_MIB) {
      return Finding.fail("memory", text, "at least " + LEAST_MEMORY_MIB + " MiB are needed");
    }
    long fit = Math.max(1, mebibytes * 7 / 10 / MEMORY_PER_CORE_MIB);
    return fit >= cores
        ? Finding.ok("memory", text)
        : Finding.warn(
            "memory",
            text,
            "with frames of 16 million pixels use --parallelism " + fit + ", or more memory");
  }

  private static Finding temporaryFiles() {
    Path place = Path.of(System.getProperty("java.io.tmpdir"));
    try {
      FileStore store = Files.getFileStore(place);
      long free = store.getUsableSpace() >> 20;
      String text = free + " MiB free in " + place;
      return free >= TEMPORARY_MIB
          ? Finding.ok("temporary files", text)
          : Finding.warn(
              "temporary files",
              text,
              "make room, or set JAVA_TOOL_OPTIONS=-Djava.io.tmpdir=DIR on a larger disk");
    } catch (IOException e) {
      return Finding.fail("temporary files", place + ": " + e.getMessage(), "make it writable");
    }
  }

  /** Compression of tables and of the ledger is native code that unpacks itself. */
  private static Finding nativeCode() {
    try {
      byte[] text = "starbeam".repeat(50).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      boolean same =
          java.util.Arrays.equals(text, Zstd.decompress(Zstd.compress(text), text.length));
      return same
          ? Finding.ok("native code", "zstd works")
          : Finding.fail("native code", "zstd gives other bytes back", "reinstall Java");
    } catch (LinkageError e) {
      return Finding.fail(
          "native code",
          "zstd cannot be loaded: " + e.getMessage(),
          "the temporary directory must allow execution (no noexec)");
    }
  }

  private static Finding clock() {
    Instant now = Instant.now();
    return now.isAfter(EARLIEST)
        ? Finding.ok("clock", now.atOffset(ZoneOffset.UTC).withNano(0) + " UTC")
        : Finding.fail("clock", "the clock says " + now, "set the clock, e.g. with NTP");
  }

  static Finding leapSeconds() {
    return leapSeconds(System.currentTimeMillis() / 86_400_000.0 + MJD_OF_1970);
  }

  static Finding leapSeconds(double mjd) {
    long left = (long) Math.floor(LeapSeconds.EXPIRES_MJD - mjd);
    String text = "TAI-UTC known until MJD " + (long) LeapSeconds.EXPIRES_MJD;
    if (LeapSeconds.isExpired(mjd)) {
      return Finding.warn(
          "leap seconds",
          text + ", " + -left + " days ago",
          "install a newer Starbeam; times in UTC after that day use the last known offset and are"
              + " marked LEAP_TABLE_EXPIRED");
    }
    return left >= EXPIRY_NOTICE_DAYS
        ? Finding.ok("leap seconds", text)
        : Finding.warn(
            "leap seconds", text + ", " + left + " days from now", "install a newer Starbeam soon");
  }
}
