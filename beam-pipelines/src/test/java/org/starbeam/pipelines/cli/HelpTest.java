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
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
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

  private static final Pattern OPTION = Pattern.compile("(?m)^ {2}(-[^\\s,]+(?:, -[^\\s,]+)*)");

  @Test
  void everyOptionIsInTheManPageAndTheOtherWayRound() {
    for (CommandLine command : ManPage.all(new CommandLine(new Main()))) {
      String name = command.getCommandSpec().qualifiedName();
      String page = ManPage.text(command);
      String usage =
          command
              .getUsageMessage(CommandLine.Help.Ansi.OFF)
              .replaceAll("\\s+", "")
              .replace("[no-]", "");
      Set<String> ofCommand = new TreeSet<>();
      for (OptionSpec option : command.getCommandSpec().options()) {
        ofCommand.addAll(List.of(option.names()));
        assertThat(usage)
            .as(name)
            .contains(
                option.negatable()
                    ? option.longestName().replaceFirst("^--no-", "--")
                    : option.longestName());
      }
      Set<String> ofPage = new TreeSet<>();
      String options = page.substring(page.indexOf("OPTIONS\n"), page.indexOf("EXIT STATUS\n"));
      OPTION
          .matcher(options)
          .results()
          .forEach(match -> ofPage.addAll(List.of(match.group(1).split(", "))));
      assertThat(ofPage).as(name).isEqualTo(ofCommand);
      assertThat(page)
          .as(name)
          .contains("NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "EXIT STATUS", "FILES")
          .contains("EXAMPLES")
          .doesNotContainPattern("\\$\\{[A-Z]");
      assertThat(ManPage.troff(command)).startsWith(".TH ").contains(".SH OPTIONS");
    }
  }

  @Test
  void manPagesOfAllCommandsAreWritten() throws IOException {
    Answer answer = run("help", "--man-dir", directory.resolve("man").toString());
    assertThat(answer.code()).isZero();
    assertThat(directory.resolve("man/starbeam-repo-gc.1")).content().startsWith(".TH ");
    assertThat(directory.resolve("man/starbeam.1")).exists();
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
    for (String command : List.of("gates", "templates", "logs")) {
      assertThat(run("help", command).out()).contains("\nNOTES\n");
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

  /** One line of the script for every option and every command. */
  @Test
  void fishIsToldOfEveryCommandAndOption() {
    List<String> script = run("completion", "fish").out().lines().toList();
    for (CommandLine command : ManPage.all(new CommandLine(new Main()))) {
      List<String> words = List.of(command.getCommandSpec().qualifiedName().split(" "));
      String seen =
          words.stream()
              .skip(1)
              .map(word -> "__fish_seen_subcommand_from " + word)
              .collect(Collectors.joining("; and "));
      for (OptionSpec option : command.getCommandSpec().options()) {
        if (!option.inherited()) {
          assertThat(script)
              .as("%s %s", words, option.longestName())
              .anyMatch(
                  line ->
                      (seen.isEmpty() ? !line.contains(" -n ") : line.contains("'" + seen + "'"))
                          && line.contains(" -l " + option.longestName().substring(2)));
        }
      }
      if (words.size() == 2) {
        assertThat(script)
            .anyMatch(line -> line.contains("__fish_use_subcommand' -a " + words.get(1) + " "));
      }
    }
    assertThat(script).allMatch(line -> line.chars().filter(c -> c == '\'').count() % 2 == 0);
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
