package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A worker that has another jar of Starbeam than the launcher refuses the launcher's functions when
 * it is handed them: two JVMs, each with the jars of the build, in one of them one with another
 * file in it.
 */
class VersionSkewIT {
  @TempDir Path directory;

  private String run(List<Path> jars, String... arguments) throws Exception {
    List<Path> entries = new ArrayList<>(jars);
    entries.addAll(StarbeamProcess.jars("libraries-maven"));
    entries.add(Path.of("target/test-classes").toAbsolutePath());
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", StarbeamProcess.classPath(entries)));
    command.add(CarriedFunction.class.getName());
    command.addAll(List.of(arguments));
    Path errors = directory.resolve("err");
    Process process = new ProcessBuilder(command).redirectError(errors.toFile()).start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).as("%s%n%s", said, Files.readString(errors)).isZero();
    return said;
  }

  /** These jars, of which that of a module has one more file. */
  private List<Path> skewed(List<Path> jars, String module) throws IOException {
    List<Path> out = new ArrayList<>();
    for (Path jar : jars) {
      String name = jar.getFileName().toString();
      if (!name.startsWith(module)) {
        out.add(jar);
        continue;
      }
      Path other = Files.copy(jar, directory.resolve(name));
      try (FileSystem files = FileSystems.newFileSystem(other)) {
        Files.writeString(files.getPath("other.txt"), "another build");
      }
      out.add(other);
    }
    assertThat(out).as(module).isNotEqualTo(jars);
    return out;
  }

  @Test
  void aWorkerWithAnotherJarRefusesWhatTheLauncherSends() throws Exception {
    List<Path> jars = StarbeamProcess.jars("maven/starbeam");
    String file = directory.resolve("function").toString();
    run(jars, "send", file, directory.resolve("repo").toString());
    assertThat(run(jars, "take", file)).startsWith("it works");
    for (String module : List.of("algorithms", "transforms")) {
      assertThat(run(skewed(jars, module), "take", file))
          .as(module)
          .contains("version skew: the launch runs Starbeam ", "worker ");
    }
  }
}
