package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;

/** The demo never reduces another survey than the one that was asked for. */
class DemoCommandTest {
  @TempDir Path directory;

  @BeforeEach
  void framesOfAnEarlierDemo() throws IOException {
    Files.createDirectories(directory.resolve("survey/raw"));
    Files.createDirectories(directory.resolve("survey/truth"));
  }

  /** What the demo says when it does not begin. */
  private String refused(String... more) {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    PrintStream before = System.err;
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      String[] words = {"demo", "--out", directory.toString(), more[0], more[1]};
      assertThat(Main.execute(Map.of(), words)).isEqualTo(ExitCode.CONFLICT.code());
    } finally {
      System.setErr(before);
    }
    assertThat(directory.resolve("repo")).doesNotExist();
    return err.toString(StandardCharsets.UTF_8);
  }

  private void made(String config) throws IOException {
    Files.writeString(directory.resolve("survey/truth/config.json"), config);
  }

  @Test
  void surveyOfAnotherSizeOrSeedIsNamed() throws IOException {
    made("{\"preset\": \"tiny\", \"seed\": 1}");
    assertThat(refused("--size", "medium")).contains("preset tiny, seed 1", "preset ci, seed 1");
    made("{\"preset\": \"demo\", \"seed\": 1}");
    assertThat(refused("--seed", "7")).contains("preset demo, seed 1", "seed 7");
  }

  @Test
  void surveyThatWasBrokenOffIsNotTakenForAWholeOne() {
    assertThat(refused("--size", "small")).contains("broken off");
  }
}
