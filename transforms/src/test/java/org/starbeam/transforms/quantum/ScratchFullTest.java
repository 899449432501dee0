package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;

/**
 * The disk of temporary files is full, that of the repository is not: a small tmpfs, which takes
 * the right to mount one; without it the tests are skipped.
 */
@EnabledOnOs(OS.LINUX)
class ScratchFullTest {
  private static final int MEBIBYTE = 1 << 20;
  private static final long DELAY_MILLIS = 2000;

  @TempDir Path directory;
  private Path scratch;

  @BeforeEach
  void mount() throws IOException, InterruptedException {
    scratch = Files.createDirectory(directory.resolve("scratch"));
    assumeTrue(
        command("mount", "-t", "tmpfs", "-o", "size=16m", "starbeam", scratch.toString()),
        "no right to mount a file system");
  }

  @AfterEach
  void unmount() throws IOException, InterruptedException {
    command("umount", "-l", scratch.toString());
  }

  private static boolean command(String... words) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    return process.waitFor(30, TimeUnit.SECONDS) && process.exitValue() == 0;
  }

  /** Needs eight mebibytes for a while, or none. */
  private record ScratchTask(boolean needs) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      String config = "{\"needs\":" + needs + "}";
      return new TaskSpec(
          "scratch", "step1", 1, config, List.of(), List.of(DatasetTypes.VISIT_SUMMARY));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      if (needs) {
        Path file = Files.createTempFile("starbeam", ".scratch");
        try {
          Files.write(file, new byte[8 * MEBIBYTE]);
        } catch (IOException e) {
          System.out.println("full");
          throw e;
        } finally {
          Files.delete(file);
        }
      }
      context.stageJson(DatasetTypes.VISIT_SUMMARY, quantum.dataId(), List.of(needs));
      return Outcome.done();
    }
  }

  /** One quantum that needs room and one that needs none; prints how they ended. */
  public static void main(String[] arguments) throws IOException {
    CampaignContext campaign =
        CampaignContext.of(Path.of(arguments[0]), "run")
            .withRetryDelaysMillis(List.of(DELAY_MILLIS));
    try (QuantumTester tester = QuantumTester.in(campaign)) {
      for (boolean needs : new boolean[] {true, false}) {
        DataId id = DataId.of("instrument", "SimCam", "visit", needs ? 1 : 2);
        QuantumRecord r = tester.run(new ScratchTask(needs), id).record();
        System.out.println(
            "%s %s %s %d %s"
                .formatted(
                    r.getStatus(),
                    r.getErrorClass(),
                    r.getErrorCode(),
                    r.getAttempt(),
                    r.getCaveats()));
      }
    }
  }

  /**
   * What the quanta print. Beside the ballast there are four mebibytes for what libraries unpack;
   * the ballast goes when an attempt has found no room, if it is to go.
   */
  private List<String> run(boolean ballastGoes) throws Exception {
    Path ballast = Files.write(scratch.resolve("ballast"), new byte[12 * MEBIBYTE]);
    Path errors = directory.resolve("errors");
    Path repository = Files.createDirectory(directory.resolve("repo"));
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "-Djava.io.tmpdir=" + scratch,
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                ScratchFullTest.class.getName(),
                repository.toString())
            .redirectError(errors.toFile())
            .start();
    try (BufferedReader out = process.inputReader(StandardCharsets.UTF_8)) {
      List<String> lines =
          out.lines()
              .filter(line -> line.matches("(full|DONE|FAILED).*"))
              .peek(
                  line -> {
                    if (ballastGoes && line.equals("full")) {
                      ballast.toFile().delete();
                    }
                  })
              .toList();
      assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
      return lines;
    }
  }

  @Test
  void aQuantumIsTriedAgainAndEndsWellWhenThereIsRoom() throws Exception {
    assertThat(run(true))
        .containsExactly("full", "DONE null null 2 [RETRIED]", "DONE null null 1 []");
  }

  @Test
  void whereThereIsNeverRoomItFailsForWantOfItAndOthersDoNot() throws Exception {
    assertThat(run(false))
        .containsExactly(
            "full", "full", "full", "FAILED RESOURCE SCRATCH_FULL 3 []", "DONE null null 1 []");
    try (Stream<Path> left = Files.list(scratch)) {
      assertThat(left.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".scratch"));
    }
  }
}
