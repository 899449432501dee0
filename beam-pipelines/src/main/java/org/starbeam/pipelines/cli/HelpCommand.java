package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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
      List.of(
          "config",
          "errors",
          "exit-codes",
          "expressions",
          "fields",
          "glossary",
          "metrics",
          "repository",
          "schemas",
          "windows");

  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(
      arity = "0..*",
      paramLabel = "TOPIC",
      description = "A command, with its subcommand, or a topic; without one, the list of them.")
  List<String> topic = List.of();

  @Option(names = "--man", description = "As the source of a man page (troff).")
  boolean man;

  @Option(
      names = "--man-dir",
      paramLabel = "DIR",
      description = "Writes the man pages of all commands into a directory, as starbeam-launch.1.")
  @Nullable Path manDirectory;

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() throws IOException {
    CommandLine root = spec.root().commandLine();
    if (manDirectory != null) {
      List<String> files = write(root, manDirectory);
      answer.print(files.size() + " pages in " + manDirectory, Answer.list(files));
    } else if (topic.isEmpty() && !answer.isJson()) {
      root.usage(System.out);
      System.out.println("\nTopics: " + String.join(", ", TOPICS));
    } else if (topic.isEmpty()) {
      ObjectNode out = Answer.object();
      out.set("commands", Answer.list(List.copyOf(root.getSubcommands().keySet())));
      out.set("topics", Answer.list(TOPICS));
      Answer.print(out);
    } else if (topic.get(0).equals("schemas") && (topic.size() > 1 || answer.isJson())) {
      Answer.print(
          topic.size() == 1
              ? Answer.list(JsonSchemas.names())
              : JsonSchemas.named(String.join(" ", topic.subList(1, topic.size()))));
    } else {
      String page = page(root);
      answer.print(
          page.stripTrailing(),
          Answer.object().put("topic", String.join(" ", topic)).put("text", page));
    }
    return 0;
  }

  private String page(CommandLine root) {
    if (topic.size() == 1 && TOPICS.contains(topic.get(0))) {
      return page(topic.get(0));
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
    return man ? ManPage.troff(command) : ManPage.text(command);
  }

  /** Writes the pages of all commands; returns the names of the files. */
  private static List<String> write(CommandLine root, Path directory) throws IOException {
    Files.createDirectories(directory);
    List<String> out = new ArrayList<>();
    for (CommandLine command : ManPage.all(root)) {
      String name = command.getCommandSpec().qualifiedName("-") + ".1";
      Files.writeString(directory.resolve(name), ManPage.troff(command));
      out.add(name);
    }
    return out;
  }

  /** A page that is made, or a text under {@code help/} in the jar. */
  private static String page(String name) {
    return switch (name) {
      case "exit-codes" -> exitCodes();
      case "expressions" -> ExpressionPages.expressions();
      case "fields" -> ExpressionPages.fields();
      case "schemas" -> text(name) + "  " + String.join("\n  ", JsonSchemas.names()) + "\n";
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
    String text = HelpTexts.get(name);
    if (text == null) {
      throw new IllegalStateException("help/" + name + ".txt is not in the jar");
    }
    return text;
  }
}
