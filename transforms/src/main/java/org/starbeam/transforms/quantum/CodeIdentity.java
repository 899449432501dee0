package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumRecord;

/**
 * Which Starbeam this JVM runs: the SHA-256 of the jars that make products. A launch takes it along
 * and a worker that has other jars refuses to work: its products would not be those of the run.
 */
final class CodeIdentity {
  /** Classes from directories, of a program that is being developed. */
  static final String DEVELOPMENT = "development";

  private static final List<Class<?>> MARKERS =
      List.of(QuantumRecord.class, BadInputException.class, CodeIdentity.class);

  private CodeIdentity() {}

  private static final class Here {
    static final String CODE = of(MARKERS.stream().map(CodeIdentity::place).toList());
  }

  /** The identity of this JVM. */
  static String here() {
    return Here.CODE;
  }

  static String of(List<Path> jars) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      for (Path jar : jars) {
        if (!Files.isRegularFile(jar)) {
          return DEVELOPMENT;
        }
        digest.update(Files.readAllBytes(jar));
      }
      return HexFormat.of().formatHex(digest.digest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Path place(Class<?> type) {
    CodeSource source = type.getProtectionDomain().getCodeSource();
    try {
      return source == null ? Path.of("") : Path.of(source.getLocation().toURI());
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Compares a launch with this worker.
   *
   * @throws IllegalStateException when they run different Starbeams
   */
  static void require(String launch, String here) {
    if (!launch.equals(here)) {
      throw new IllegalStateException(
          "version skew: the launch runs Starbeam "
              + abbreviated(launch)
              + ", worker "
              + RecordDraft.workerName()
              + " has "
              + abbreviated(here)
              + "; give all workers the launcher's jars");
    }
  }

  private static String abbreviated(String code) {
    return code.length() > 12 ? code.substring(0, 12) : code;
  }
}
