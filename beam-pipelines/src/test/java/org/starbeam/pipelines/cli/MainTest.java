package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.ExitCode;
import picocli.CommandLine.Command;

/** A bug of a command is one line with the place of its stack, on both streams and in JSON. */
class MainTest {
  private static final Pattern STACK = Pattern.compile("the stack is in (\\S+);");

  /** Does what a command should not. */
  @Command(name = "crash")
  static final class Crash implements Subcommand, Callable<Integer> {
    @Override
    public Integer call() {
      throw new IllegalStateException("token=abcdefghijk");
    }
  }

  private static int run(
      ByteArrayOutputStream out, ByteArrayOutputStream err, String... arguments) {
    PrintStream outBefore = System.out;
    PrintStream errBefore = System.err;
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    System.setErr(new PrintStream(err, true, StandardCharsets.UTF_8));
    try {
      return Main.execute(Map.of(), List.of(new Crash()), arguments);
    } finally {
      System.setOut(outBefore);
      System.setErr(errBefore);
    }
  }

  @Test
  void bugIsCodeOneAndItsStackIsInAFile() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    assertThat(run(out, err, "crash", "--json")).isEqualTo(ExitCode.INTERNAL.code());
    String said = err.toString(StandardCharsets.UTF_8);
    assertThat(said).startsWith("internal error: ").doesNotContain("\tat ", "abcdefghijk");
    Matcher named = STACK.matcher(said);
    assertThat(named.find()).isTrue();
    Path file = Path.of(named.group(1));
    assertThat(file).content().contains("Starbeam ", "IllegalStateException", "\tat ");
    assertThat(file).content().doesNotContain("abcdefghijk");
    Files.delete(file);
    assertThat(
            new ObjectMapper().readTree(out.toByteArray()).path("error").path("exitCode").asInt())
        .isEqualTo(1);
  }

  @Test
  void debugPrintsTheStack() {
    ByteArrayOutputStream err = new ByteArrayOutputStream();
    run(new ByteArrayOutputStream(), err, "--debug", "crash");
    assertThat(err.toString(StandardCharsets.UTF_8)).contains("\tat ").doesNotContain("in /");
  }
}
