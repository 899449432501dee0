package org.starbeam.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Commands that the documentation shows. */
public final class DocumentedCommands {
  private static final Pattern COMMAND =
      Pattern.compile("^(?:\\./)?starbeam .*$|^ {2}starbeam .*$", Pattern.MULTILINE);
  private static final Pattern QUOTED = Pattern.compile("\"((?:[^\"\\\\]|\\\\.)*)\"");

  /** Commands that ask something of a run and end by themselves. */
  private static final Pattern ASKING =
      Pattern.compile(
          "\\./starbeam (status|logs|report|export|audit|gates eval|plan ci|provenance|templates"
              + " (list|show)) ?.*");

  /** What such a command may have that a test cannot give it. */
  private static final Pattern ELSEWHERE =
      Pattern.compile("--(watch|serve|follow|replay|diff|costs costs.json|chart)\\b");

  private DocumentedCommands() {}

  /** Every shown command line with the file that shows it, in the order of the files. */
  static List<String> all(Path home) throws IOException {
    List<Path> files;
    try (Stream<Path> docs = Files.walk(home.resolve("docs"))) {
      files =
          Stream.concat(Stream.of(home.resolve("README.md")), docs)
              .filter(f -> f.toString().endsWith(".md"))
              .sorted()
              .toList();
    }
    List<String> out = new ArrayList<>();
    for (Path file : files) {
      Matcher found = COMMAND.matcher(Files.readString(file));
      while (found.find()) {
        out.add(found.group().strip());
      }
    }
    return out;
  }

  /** The queries of {@code starbeam sql}. */
  static List<String> queries(Path home) throws IOException {
    List<String> out = new ArrayList<>();
    for (String command : all(home)) {
      Matcher query = QUOTED.matcher(command);
      if (command.contains("starbeam sql ") && query.find()) {
        out.add(query.group(1).replace("\\\"", "\""));
      }
    }
    return out;
  }

  /** The commands that ask something of a run, without comments and what a shell does. */
  static List<String> asking(Path home) throws IOException {
    return all(home).stream()
        .map(line -> bare(line).replaceAll(" *\\[[^]]*]", ""))
        .filter(line -> ASKING.matcher(line).matches() && !ELSEWHERE.matcher(line).find())
        .distinct()
        .toList();
  }

  /** A line without its comment and without what a shell does with the output. */
  public static String bare(String line) {
    return line.replaceFirst(" +(#|\\||>) (?=([^\"]*\"[^\"]*\")*[^\"]*$).*", "");
  }

  /** Words of a line as a shell parts them; quotes of both kinds, no escapes, no variables. */
  public static String[] words(String line) {
    return Pattern.compile("(?:[^\\s\"']|\"[^\"]*\"|'[^']*')+")
        .matcher(line)
        .results()
        .map(match -> match.group().replaceAll("^['\"]|['\"]$", ""))
        .toArray(String[]::new);
  }
}
