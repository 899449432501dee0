package org.starbeam.pipelines.cli;

import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Model.OptionSpec;

/** A completion script for fish, from the same model as the options. */
final class FishCompletion {
  private FishCompletion() {}

  static String script(CommandLine root) {
    StringBuilder out = new StringBuilder("complete -c starbeam -f\n");
    add(out, root, List.of());
    return out.toString();
  }

  /**
   * Adds what may follow a command.
   *
   * @param words those of the command
   */
  private static void add(StringBuilder out, CommandLine command, List<String> words) {
    String where = condition(command, words);
    command
        .getSubcommands()
        .forEach(
            (name, sub) -> {
              out.append("complete -c starbeam -n '").append(where).append("' -a ").append(name);
              out.append(description(sub)).append('\n');
            });
    String after = words.isEmpty() ? "" : " -n '" + seen(words) + "'";
    for (OptionSpec option : command.getCommandSpec().options()) {
      if (!option.inherited() && !option.hidden()) {
        out.append("complete -c starbeam").append(after);
        for (String name : option.names()) {
          out.append(name.startsWith("--") ? " -l " : " -s ").append(name.replaceFirst("^-+", ""));
        }
        out.append(option.arity().max() > 0 ? " -r" : "").append(values(option));
        out.append(quoted(String.join(" ", option.description()))).append('\n');
      }
    }
    command
        .getSubcommands()
        .forEach(
            (name, sub) -> {
              List<String> below = new ArrayList<>(words);
              below.add(name);
              add(out, sub, below);
            });
  }

  /** True while none of the subcommands was typed. */
  private static String condition(CommandLine command, List<String> words) {
    String names = String.join(" ", command.getSubcommands().keySet());
    return words.isEmpty()
        ? "__fish_use_subcommand"
        : seen(words) + "; and not __fish_seen_subcommand_from " + names;
  }

  private static String seen(List<String> words) {
    return "__fish_seen_subcommand_from "
        + String.join("; and __fish_seen_subcommand_from ", words);
  }

  private static String values(OptionSpec option) {
    List<String> out = new ArrayList<>();
    Iterable<String> candidates = option.completionCandidates();
    if (candidates != null) {
      candidates.forEach(out::add);
    }
    return out.isEmpty() ? "" : " -a '" + String.join(" ", out) + "'";
  }

  private static String description(CommandLine command) {
    return quoted(String.join(" ", command.getCommandSpec().usageMessage().description()));
  }

  private static String quoted(String text) {
    String first = text.replaceFirst("(?s)[.;:(].*", "");
    return " -d '" + first.replace("\\", "").replace("'", "") + "'";
  }
}
