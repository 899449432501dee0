package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.CodeSource;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.LeapSeconds;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.quantum.CampaignContext;

/**
 * The program that runs: its version, where its source stands in git, and a hash of each module. A
 * module's hash is over names and contents of its files, so that two builds of one source agree.
 *
 * @param version of Starbeam
 * @param git as {@code git describe --always --dirty} says, or {@code unknown}
 * @param diff SHA-256 of what is changed and not committed, or {@code none}
 * @param modules hash of each module by name
 */
public record Software(String version, String git, String diff, SortedMap<String, String> modules) {
  private static final long GIT_SECONDS = 10;
  private static final Map<String, Class<?>> MODULES =
      Map.of(
          "avro-schemas", QuantumRecord.class,
          "algorithms", LeapSeconds.class,
          "transforms", CampaignContext.class,
          "beam-pipelines", Software.class);

  /** Found out once in the life of a JVM. */
  private static final class Found {
    static final SortedMap<String, String> MODULE_HASHES = moduleHashes();

    private Found() {}

    private static SortedMap<String, String> moduleHashes() {
      SortedMap<String, String> modules = new TreeMap<>();
      MODULES.forEach((name, anyClass) -> modules.put(name, hash(anyClass)));
      return modules;
    }
  }

  /** Found out once as well. */
  private static final class Commit {
    static final @Nullable String DESCRIBED = git("describe", "--always", "--dirty", "--tags");
    static final @Nullable String DIFF = DESCRIBED == null ? null : git("diff", "HEAD");

    private Commit() {}
  }

  /** Where the source stands in git; null when it is not in git. */
  public static @Nullable String commit() {
    return Commit.DESCRIBED == null ? null : Commit.DESCRIBED.strip();
  }

  /** What this JVM runs. */
  static Software running(String version) {
    String described = commit();
    String diff = Commit.DIFF;
    return new Software(
        version,
        described == null ? "unknown" : described,
        diff == null || diff.isEmpty() ? "none" : ContentHash.ofText(diff),
        Found.MODULE_HASHES);
  }

  /** One hash for all modules. */
  String jarHash() {
    return ContentHash.ofText(modules.toString());
  }

  private static String hash(Class<?> anyClass) {
    CodeSource source = anyClass.getProtectionDomain().getCodeSource();
    try {
      Path place = Path.of(source.getLocation().toURI());
      return Files.isDirectory(place) ? ContentHash.ofDirectory(place) : ofJar(place);
    } catch (URISyntaxException | IOException e) {
      return "unknown";
    }
  }

  /** Hash of a jar's entries, without the times that a build writes. */
  private static String ofJar(Path jar) throws IOException {
    SortedMap<String, String> entries = new TreeMap<>();
    try (JarFile file = new JarFile(jar.toFile())) {
      Enumeration<JarEntry> all = file.entries();
      while (all.hasMoreElements()) {
        JarEntry entry = all.nextElement();
        boolean built = entry.getName().startsWith("META-INF/");
        if (!entry.isDirectory() && !built) {
          try (InputStream in = file.getInputStream(entry)) {
            entries.put(entry.getName(), ContentHash.ofBytes(in.readAllBytes()));
          }
        }
      }
    }
    return ContentHash.ofText(entries.toString());
  }

  private static @Nullable String git(String... arguments) {
    Path home = Path.of(System.getProperty("starbeam.home", "."));
    List<String> command = new ArrayList<>();
    command.add("git");
    command.addAll(List.of(arguments));
    try {
      Process process =
          new ProcessBuilder(command)
              .directory(home.toFile())
              .redirectError(ProcessBuilder.Redirect.DISCARD)
              .start();
      process.getOutputStream().close();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      boolean ended = process.waitFor(GIT_SECONDS, TimeUnit.SECONDS);
      return ended && process.exitValue() == 0 ? out : null;
    } catch (IOException e) {
      return null;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return null;
    }
  }
}
