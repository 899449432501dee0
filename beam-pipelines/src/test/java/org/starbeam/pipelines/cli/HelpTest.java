package org.starbeam.pipelines.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/**
 * The manual, the completion scripts and the JSON of failures come from the commands themselves.
 */
class HelpTest {
  @TempDir Path directory;

  private record Answer(int code, String out) {}

  private static Answer run(String... arguments) {
    PrintStream before = System.out;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    System.setOut(new PrintStream(out, true, StandardCharsets.UTF_8));
    try {
      return new Answer(Main.execute(arguments), out.toString(StandardCharsets.UTF_8));
    } finally {
      System.setOut(before);
    }
  }

  private static List<CommandLine> commands(CommandLine of) {
    List<CommandLine> out = new ArrayList<>();
    for (CommandLine sub : of.getSubcommands().values()) {
      out.add(sub);
      out.addAll(commands(sub));
    }
    return out;
  }

  @Test
  void everyOptionIsInTheManPageAndTheOtherWayRound() {
    for (CommandLine command : commands(new CommandLine(new Main()))) {
      String page = ManPage.text(command);
      String usage =
          command
              .getUsageMessage(CommandLine.Help.Ansi.OFF)
              .replaceAll("\\s+", "")
              .replace("[no-]", "");
      for (OptionSpec option : command.getCommandSpec().options()) {
        assertThat(page).as(command.getCommandName()).contains(option.longestName());
        assertThat(usage)
            .as(command.getCommandName())
            .contains(
                option.negatable()
                    ? option.longestName().replaceFirst("^--no-", "--")
                    : option.longestName());
      }
      assertThat(page)
          .contains("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "FILES")
          .doesNotContain("${");
      assertThat(ManPage.troff(command)).startsWith(".TH ").contains(".SH OPTIONS");
    }
  }

  @Test
  void everyTopicHasAPage() {
    for (String topic : HelpCommand.TOPICS) {
      Answer answer = run("help", topic);
      assertThat(answer.code()).isZero();
      assertThat(answer.out()).hasSizeGreaterThan(200);
    }
    for (ExitCode code : ExitCode.values()) {
      assertThat(run("help", "exit-codes").out()).contains(String.valueOf(code.code()));
    }
    assertThat(run("help", "nosuch").code()).isEqualTo(ExitCode.USAGE.code());
  }

  @Test
  void completionScriptsAreScripts() throws Exception {
    for (String shell : List.of("bash", "zsh")) {
      Answer answer = run("completion", shell);
      assertThat(answer.code()).isZero();
      assertThat(answer.out()).contains("_complete_starbeam", "--status-port", "logs");
      Path script = Files.writeString(directory.resolve(shell), answer.out());
      Process check = new ProcessBuilder("bash", "-n", script.toString()).start();
      assertThat(check.waitFor(20, TimeUnit.SECONDS)).isTrue();
      assertThat(check.exitValue()).isZero();
    }
  }

  @Test
  void failuresAreDocumentsTooWhenJsonIsAskedFor() throws IOException {
    List<String[]> failing =
        List.of(
            new String[] {"status", "nosuch", "--repo", directory.toString(), "--json"},
            new String[] {"logs", "nosuch", "--repo", directory.toString(), "--json"},
            new String[] {"report", "nosuch", "--repo", directory.toString(), "--costs", "--json"},
            new String[] {"status", "--json", "--no-such-option"},
            new String[] {"launch", "no-such-template", "--json"});
    for (String[] arguments : failing) {
      Answer answer = run(arguments);
      JsonNode error = new ObjectMapper().readTree(answer.out()).path("error");
      assertThat(error.path("exitCode").asInt()).isEqualTo(answer.code()).isNotZero();
      assertThat(error.path("message").asText()).isNotEmpty();
    }
  }
}
