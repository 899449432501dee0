package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.Suggestion;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Pages of the manual: of each command, made from its options, and of topics beside them. */
@Command(
    name = "help",
    mixinStandardHelpOptions = true,
    description = "Prints the manual page of a command or topic.")
final class HelpCommand implements Callable<Integer> {
  /** Topics beside the commands. */
  static final List<String> TOPICS =
      List.of("exit-codes", "expressions", "fields", "logs", "metrics", "schemas");

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..*",
      paramLabel = "TOPIC",
      description = "A command, with its subcommand, or a topic; without one, the list of them.")
  List<String> topic = List.of();

  @Option(names = "--man", description = "As the source of a man page (troff).")
  boolean man;

  @Override
  public Integer call() {
    CommandLine root = spec.root().commandLine();
    if (topic.isEmpty()) {
      root.usage(System.out);
      System.out.println("\nTopics: " + String.join(", ", TOPICS));
      return 0;
    }
    if (topic.size() == 1 && TOPICS.contains(topic.get(0))) {
      System.out.print(page(topic.get(0)));
      return 0;
    }
    CommandLine command = root;
    for (String name : topic) {
      CommandLine next = command.getSubcommands().get(name);
      if (next == null) {
        TreeSet<String> known = new TreeSet<>(command.getSubcommands().keySet());
        known.addAll(TOPICS);
        throw new UserException(
            ExitCode.USAGE,
            "no command or topic '" + name + "'" + Suggestion.didYouMean(name, known),
            "starbeam help");
      }
      command = next;
    }
    System.out.print(man ? ManPage.troff(command) : ManPage.text(command));
    return 0;
  }

  /** A page that is made, or a text under {@code help/} in the jar. */
  private static String page(String name) {
    return switch (name) {
      case "exit-codes" -> exitCodes();
      case "expressions" -> ExpressionPages.expressions();
      case "fields" -> ExpressionPages.fields();
      default -> text(name);
    };
  }

  private static String exitCodes() {
    StringBuilder out = new StringBuilder("EXIT CODES\n\n");
    ExitCode.meanings()
        .forEach((code, meaning) -> out.append("  %-5s%s%n".formatted(code.strip(), meaning)));
    return out.append("\n`starbeam status RUN --exit-code` returns the code that the run has.\n")
        .toString();
  }

  private static String text(String name) {
    try (InputStream in = HelpCommand.class.getResourceAsStream("/help/" + name + ".txt")) {
      if (in == null) {
        throw new IllegalStateException("help/" + name + ".txt is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
