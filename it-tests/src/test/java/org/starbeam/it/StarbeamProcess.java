package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starbeam.pipelines.cli.Main;

/** Starbeam's command line in a JVM of its own, from the jars that the build has made. */
final class StarbeamProcess {
  private static final Path DIST = Path.of("../runners/target/dist").toAbsolutePath().normalize();
  private static final long PATIENCE_MINUTES = 60;

  private final Process process;
  private final Path output;

  private StarbeamProcess(Process process, Path output) {
    this.process = process;
    this.output = output;
  }

  /** Starts a command; what it prints goes to a file in the directory. */
  static StarbeamProcess start(Path directory, String heap, String... arguments)
      throws IOException {
    Path output = Files.createTempFile(directory, "starbeam", ".out");
    List<String> command =
        java(heap, "-Dstarbeam.cluster.libraries=" + DIST.resolve("libraries-maven/cluster"));
    command.addAll(List.of(arguments));
    return start(command, output);
  }

  /**
   * Starts a command from the classes of this build, for tests that need no jars.
   *
   * @param properties system properties, {@code name=value}
   */
  static StarbeamProcess ofClasses(
      Path directory, String heap, List<String> properties, String... arguments)
      throws IOException {
    Path output = Files.createTempFile(directory, "starbeam", ".out");
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx" + heap, "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-XX:+ExitOnOutOfMemoryError", "-Djava.awt.headless=true"));
    command.add("-Dorg.apache.avro.SERIALIZABLE_PACKAGES=org.starbeam.schema");
    properties.forEach(property -> command.add("-D" + property));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of(arguments));
    return start(command, output);
  }

  private static StarbeamProcess start(List<String> command, Path output) throws IOException {
    Process process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(output.toFile())
            .start();
    return new StarbeamProcess(process, output);
  }

  /** The words that start the command line, with options of the JVM; arguments follow. */
  static List<String> java(String heap, String... options) throws IOException {
    List<String> out =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx" + heap,
                "-XX:+UseG1GC",
                "-XX:+ExitOnOutOfMemoryError",
                "-Djava.awt.headless=true"));
    out.addAll(List.of(options));
    List<Path> jars = jars("maven/starbeam");
    jars.addAll(jars("libraries-maven"));
    out.addAll(List.of("-cp", classPath(jars)));
    out.add("org.starbeam.pipelines.cli.Main");
    return out;
  }

  /** Runs a command to its end and requires that it ends well; returns what it printed. */
  static String run(Path directory, String heap, String... arguments)
      throws IOException, InterruptedException {
    StarbeamProcess started = start(directory, heap, arguments);
    int code = started.await();
    assertThat(code).as("%s%n%s", String.join(" ", arguments), started.printed()).isZero();
    return started.printed();
  }

  static String classPath(List<Path> entries) {
    return entries.stream().map(Path::toString).collect(Collectors.joining(":"));
  }

  /** Jars of the build in a folder of its distribution. */
  static List<Path> jars(String folder) throws IOException {
    try (Stream<Path> files = Files.list(DIST.resolve(folder))) {
      return files
          .filter(file -> file.toString().endsWith(".jar"))
          .sorted()
          .collect(Collectors.toCollection(ArrayList::new));
    }
  }

  int await() throws InterruptedException {
    assertThat(process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)).as("end in time").isTrue();
    return process.exitValue();
  }

  boolean isAlive() {
    return process.isAlive();
  }

  long pid() {
    return process.pid();
  }

  /** Sends a signal, by its name without SIG. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill = new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).start();
    assertThat(kill.waitFor()).isZero();
  }

  /** Makes it stand still: every thread has taken SIGSTOP, also those that were writing. */
  void hold() throws IOException, InterruptedException {
    signal("STOP");
    while (isAlive() && !isHeld()) {
      Thread.sleep(10);
    }
  }

  private boolean isHeld() throws IOException {
    try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid() + "/task"))) {
      for (Path thread : threads.toList()) {
        String stat = Files.readString(thread.resolve("stat"));
        if (stat.charAt(stat.lastIndexOf(')') + 2) != 'T') {
          return false;
        }
      }
      return true;
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  /** Ends it as a power cut does. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  String printed() throws IOException {
    return Files.readString(output);
  }
}
