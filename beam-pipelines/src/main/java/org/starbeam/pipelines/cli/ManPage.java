package org.starbeam.pipelines.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.starbeam.pipelines.ExitCode;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual page of a command, from the same model as its options. */
final class ManPage {
  private static final String FILES =
      "REPO/runs/RUN/campaign/  the frozen campaign\n"
          + "REPO/runs/RUN/ledger/    what was done\n"
          + "REPO/runs/RUN/logs/      what was logged\n"
          + "REPO/runs/RUN/report/    the report";

  /** In place of a term: the text stays in the lines that it has. */
  private static final String VERBATIM = "\n";

  /** A heading with its paragraphs; a pair is a term and what it means. */
  private record Section(String title, List<String[]> pairs) {}

  private ManPage() {}

  private static List<Section> sections(CommandLine command) {
    CommandSpec spec = command.getCommandSpec();
    List<Section> out = new ArrayList<>();
    String about = String.join(" ", spec.usageMessage().description());
    out.add(new Section("NAME", List.<String[]>of(new String[] {spec.qualifiedName(), about})));
    String synopsis = command.getHelp().synopsis(0).strip();
    out.add(new Section("SYNOPSIS", List.<String[]>of(new String[] {"", synopsis})));
    out.add(new Section("DESCRIPTION", List.<String[]>of(new String[] {"", about})));
    List<String[]> options = new ArrayList<>();
    for (PositionalParamSpec parameter : spec.positionalParameters()) {
      options.add(new String[] {parameter.paramLabel(), text(parameter.description())});
    }
    for (OptionSpec option : spec.options()) {
      if (!option.hidden()) {
        String names = String.join(", ", option.names());
        String value = option.arity().max() > 0 ? " " + option.paramLabel() : "";
        String described = text(command, option);
        options.add(new String[] {names + value, described});
      }
    }
    out.add(new Section("OPTIONS", options));
    List<String[]> commands = new ArrayList<>();
    for (Map.Entry<String, CommandLine> sub : command.getSubcommands().entrySet()) {
      String of = text(sub.getValue().getCommandSpec().usageMessage().description());
      commands.add(new String[] {sub.getKey(), of});
    }
    if (!commands.isEmpty()) {
      out.add(new Section("COMMANDS", commands));
    }
    List<String[]> codes = new ArrayList<>();
    ExitCode.meanings().forEach((code, what) -> codes.add(new String[] {code.strip(), what}));
    out.add(new Section("EXIT STATUS", codes));
    List<String[]> files = new ArrayList<>();
    FILES
        .lines()
        .forEach(
            line -> {
              int gap = line.indexOf("  ");
              files.add(new String[] {line.substring(0, gap), line.substring(gap).strip()});
            });
    out.add(new Section("FILES", files));
    String notes = HelpTexts.get("notes-" + ConfigFile.name(spec));
    if (notes != null) {
      out.add(new Section("NOTES", List.<String[]>of(new String[] {VERBATIM, notes})));
    }
    String examples = String.join("\n  ", HelpTexts.examples(spec.qualifiedName()));
    if (!examples.isEmpty()) {
      String[] lines = {VERBATIM, "  " + examples + "\n"};
      out.add(new Section("EXAMPLES", List.<String[]>of(lines)));
    }
    return out;
  }

  /** A command and all below it. */
  static List<CommandLine> all(CommandLine command) {
    List<CommandLine> out = new ArrayList<>(List.of(command));
    command.getSubcommands().values().forEach(sub -> out.addAll(all(sub)));
    return out;
  }

  private static String text(String[] description) {
    return String.join(" ", description);
  }

  /** The description of an option with its default and choices put in. */
  private static String text(CommandLine command, OptionSpec option) {
    CommandLine.Help help = command.getHelp();
    String value = String.valueOf(option.defaultValueString());
    StringBuilder choices = new StringBuilder();
    Iterable<String> candidates = option.completionCandidates();
    if (candidates != null) {
      candidates.forEach(c -> choices.append(choices.isEmpty() ? "" : ", ").append(c));
    }
    String plain =
        text(option.description())
            .replace("${DEFAULT-VALUE}", value)
            .replace("${COMPLETION-CANDIDATES}", choices);
    return help.ansi() == Ansi.ON ? Ansi.OFF.string(plain) : plain;
  }

  static String text(CommandLine command) {
    StringBuilder out = new StringBuilder();
    for (Section section : sections(command)) {
      out.append(section.title()).append('\n');
      for (String[] pair : section.pairs()) {
        if (pair[0].equals(VERBATIM)) {
          out.append(pair[1]);
        } else if (pair[0].isEmpty()) {
          out.append("  ").append(pair[1]).append('\n');
        } else {
          out.append("  ").append(pair[0]).append("\n      ").append(pair[1]).append('\n');
        }
      }
      out.append('\n');
    }
    return out.toString();
  }

  static String troff(CommandLine command) {
    String name = command.getCommandSpec().qualifiedName("-").toUpperCase(java.util.Locale.ROOT);
    StringBuilder out = new StringBuilder(".TH \"").append(name);
    out.append("\" 1 \"\" \"Starbeam ").append(BuildInfo.version()).append("\"\n");
    for (Section section : sections(command)) {
      out.append(".SH ").append(section.title()).append('\n');
      for (String[] pair : section.pairs()) {
        if (pair[0].equals(VERBATIM)) {
          out.append(".nf\n");
          pair[1].lines().forEach(line -> out.append(escape(line)).append('\n'));
          out.append(".fi\n");
        } else if (pair[0].isEmpty()) {
          out.append(".PP\n").append(escape(pair[1])).append('\n');
        } else if (section.title().equals("NAME")) {
          out.append(escape(pair[0])).append(" \\- ").append(escape(pair[1])).append('\n');
        } else {
          out.append(".TP\n.B ").append(escape(pair[0])).append('\n');
          out.append(escape(pair[1])).append('\n');
        }
      }
    }
    return out.toString();
  }

  private static String escape(String text) {
    String safe = text.replace("\\", "\\e").replace("-", "\\-");
    return safe.startsWith(".") || safe.startsWith("'") ? "\\&" + safe : safe;
  }
}
