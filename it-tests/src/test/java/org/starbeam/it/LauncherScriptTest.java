package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * The launcher script beside a Java that does what a test says: which exit codes come out, when a
 * launch is repeated.
 */
@EnabledOnOs(OS.LINUX)
class LauncherScriptTest {
  @TempDir Path home;

  @BeforeEach
  void installWithABuild() throws IOException {
    Files.copy(Path.of("../starbeam"), home.resolve("starbeam"));
    Path build = Files.createDirectories(home.resolve("runners/target/dist/build-1"));
    Files.createDirectories(build.resolve("starbeam"));
    Files.createDirectories(build.resolve("libraries"));
    Files.createFile(build.resolve("starbeam/a.jar"));
    Files.createFile(build.resolve("libraries/b.jar"));
    Files.createFile(build.resolve(".complete"));
    Files.createSymbolicLink(home.resolve("runners/target/dist/current"), build);
    Path java = Files.createDirectories(home.resolve("jdk/bin")).resolve("java");
    Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"17.0.1\"\n");
    Files.createFile(
        java, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
  }

  /**
   * A Java that notes its arguments and then does this; {@code $state} is the script's directory.
   */
  private void java(String body) throws IOException {
    Files.writeString(
        home.resolve("jdk/bin/java"),
        "#!/bin/bash\nprintf '%s ' \"$@\" >> "
            + home.resolve("calls")
            + "\necho >> "
            + home.resolve("calls")
            + "\nfor a in \"$@\"; do case $a in -Dstarbeam.script.state=*) state=${a#*=} ;; esac; done\n"
            + body
            + "\n");
  }

  private Process start(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(List.of(home.resolve("starbeam").toString()));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(home.resolve("out").toFile());
    builder.environment().put("JAVA_HOME", home.resolve("jdk").toString());
    builder.environment().put("PATH", home.resolve("jdk/bin") + ":" + System.getenv("PATH"));
    builder.environment().put("STARBEAM_HEAP", "100m");
    builder.environment().put("STARBEAM_RESUME_PAUSE", "0");
    return builder.start();
  }

  private int run(String... arguments) throws IOException, InterruptedException {
    Process process = start(arguments);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return process.exitValue();
  }

  private List<String> calls() throws IOException {
    return Files.readAllLines(home.resolve("calls"));
  }

  @Test
  void codeOfALaunchThatEndsByItselfComesOut() throws IOException, InterruptedException {
    for (int code : new int[] {0, 2, 3, 4, 8}) {
      java("touch $state/begun; echo " + code + " > $state/ended; exit " + code);
      assertThat(run("launch", "ci")).isEqualTo(code);
    }
    assertThat(calls()).as("none was repeated").hasSize(5);
  }

  @Test
  void jvmOutOfMemoryIsReportedAsInfrastructureNotAsInputs()
      throws IOException, InterruptedException {
    java("touch $state/begun; exit 3");
    assertThat(run("launch", "ci", "--auto-resume", "0")).isEqualTo(6);
    assertThat(Files.readString(home.resolve("out"))).contains("died with 3 (out of memory)");
    assertThat(calls()).hasSize(1);
  }

  @Test
  void launchThatBrokeOffIsContinuedUnderItsName() throws IOException, InterruptedException {
    java(
        "touch $state/begun; [ $(wc -l < "
            + home.resolve("calls")
            + ") -ge 3 ] || kill -9 $$\n"
            + "echo 0 > $state/ended");
    assertThat(run("launch", "ci")).isZero();
    assertThat(calls()).hasSize(3);
    assertThat(calls().stream().map(call -> call.replaceFirst(".*script\\.stamp=(\\S+).*", "$1")))
        .as("one time for all, which is in the name of the run")
        .containsOnly(calls().get(0).replaceFirst(".*script\\.stamp=(\\S+).*", "$1"));
  }

  @Test
  void launchIsNotContinuedForEverNorWhenItNeverBegan() throws IOException, InterruptedException {
    java("touch $state/begun; echo 6 > $state/ended; exit 6");
    assertThat(run("launch", "ci", "--auto-resume=2")).isEqualTo(6);
    assertThat(calls()).hasSize(3);
    java("echo 6 > $state/ended; exit 6");
    assertThat(run("launch", "ci")).isEqualTo(6);
    assertThat(calls()).hasSize(4);
  }

  @Test
  void sigtermReachesTheLaunchAndEndsIt() throws IOException, InterruptedException {
    java(
        "touch $state/begun; trap 'echo 143 > $state/ended; exit 143' TERM\n"
            + "touch "
            + home.resolve("ready")
            + "; while :; do sleep 0.1; done");
    Process process = start("launch", "ci");
    while (!Files.exists(home.resolve("ready"))) {
      Thread.sleep(20);
    }
    process.destroy();
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).isEqualTo(143);
    assertThat(calls()).hasSize(1);
  }

  @Test
  void helpAndSmallCommandsReplaceTheScript() throws IOException, InterruptedException {
    java("exit 5");
    assertThat(run("launch", "--help")).isEqualTo(5);
    assertThat(run("status")).isEqualTo(5);
    assertThat(calls()).allSatisfy(call -> assertThat(call).doesNotContain("script.state"));
  }

  @Test
  void oldJavaIsRefused() throws IOException, InterruptedException {
    java("exit 0");
    Files.writeString(home.resolve("jdk/release"), "JAVA_VERSION=\"11.0.2\"\n");
    assertThat(run("status")).isEqualTo(3);
    assertThat(Files.readString(home.resolve("out"))).contains("java 11.0.2 found, 17 or newer");
  }

  private void mavenThatMakes(String jar) throws IOException {
    Files.createDirectories(home.resolve("algorithms/src/main/java"));
    Files.writeString(home.resolve("algorithms/src/main/java/A.java"), jar);
    Files.writeString(home.resolve("pom.xml"), "<project/>");
    Files.writeString(home.resolve("algorithms/pom.xml"), "<project/>");
    Path mvn = home.resolve("jdk/bin/mvn");
    Files.deleteIfExists(mvn);
    Files.createFile(
        mvn, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwxr-xr-x")));
    Files.writeString(
        mvn,
        "#!/bin/bash\nfor a in \"$@\"; do case $a in -Dstarbeam.dist=*) d=${a#*=} ;;"
            + " -Dstarbeam.libraries=*) l=${a#*=} ;; esac; done\n"
            + "mkdir -p $d/starbeam $l; touch $d/starbeam/"
            + jar
            + " $l/c.jar\n");
  }

  private void runAfterAChange(String jar) throws IOException, InterruptedException {
    mavenThatMakes(jar);
    Files.setLastModifiedTime(
        home.resolve("runners/target/dist/current/.complete"),
        FileTime.from(Instant.now().minusSeconds(3600)));
    assertThat(run("status")).as(Files.readString(home.resolve("out"))).isZero();
    assertThat(calls().get(calls().size() - 1)).contains("/" + jar);
  }

  @Test
  void newerSourceIsBuiltAsideAndWhatIsInUseStays() throws IOException, InterruptedException {
    java("exit 0");
    Path first = home.resolve("runners/target/dist/build-1");
    try (InputStream held = Files.newInputStream(first.resolve("starbeam/a.jar"))) {
      assertThat(held.read()).isEqualTo(-1);
      runAfterAChange("second.jar");
      runAfterAChange("third.jar");
      assertThat(first).as("a process has a jar of it open").isDirectory();
    }
    runAfterAChange("fourth.jar");
    assertThat(first).as("nobody uses it any more").doesNotExist();
    assertThat(home.resolve("runners/target/dist/.building")).doesNotExist();
  }
}
