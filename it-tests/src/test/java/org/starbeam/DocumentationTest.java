package org.starbeam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starbeam.pipelines.cli.HelpTexts;
import org.starbeam.pipelines.cli.Main;

/** What the documentation says of the source tree is true. */
class DocumentationTest {
  private static final Path HOME = Path.of("..").toAbsolutePath().normalize();

  private static TreeSet<String> drawn(String module) throws IOException {
    String text = Files.readString(HOME.resolve("docs/architecture.md"));
    Matcher block =
        Pattern.compile("<!-- packages " + module + " -->\\s*```\\s*(.*?)```", Pattern.DOTALL)
            .matcher(text);
    assertThat(block.find()).as("drawing of " + module).isTrue();
    return Stream.of(block.group(1).split("->|\\s+"))
        .map(String::strip)
        .filter(s -> !s.isEmpty())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static TreeSet<String> packages(String sources) throws IOException {
    try (Stream<Path> folders = Files.list(HOME.resolve(sources))) {
      return folders
          .filter(Files::isDirectory)
          .map(f -> f.getFileName().toString())
          .collect(Collectors.toCollection(TreeSet::new));
    }
  }

  @Test
  void drawingOfTheArchitectureShowsThePackagesThatExist() throws IOException {
    assertThat(drawn("algorithms")).isEqualTo(packages("algorithms/src/main/java/org/starbeam"));
    assertThat(drawn("transforms"))
        .isEqualTo(packages("transforms/src/main/java/org/starbeam/transforms"));
  }

  /** Pages with commands that a reader may type. */
  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.list(HOME.resolve("docs"))) {
      List<Path> out = new ArrayList<>(docs.filter(f -> f.toString().endsWith(".md")).toList());
      out.add(HOME.resolve("README.md"));
      return out;
    }
  }

  /** Command, options and the form of their values; names of files and runs are not looked at. */
  @Test
  void everyCommandOfTheDocumentationIsUnderstood() throws IOException {
    Pattern command = Pattern.compile("^(?:\\$ )?\\./starbeam +(.+)$", Pattern.MULTILINE);
    int commands = 0;
    for (Path page : pages()) {
      Matcher found = command.matcher(Files.readString(page));
      while (found.find()) {
        String line = found.group(1).replaceFirst(" +(#|\\||>) .*", "").replaceAll("[\\[\\]]", "");
        assertThat(Main.fault(words(line))).as(page.getFileName() + ": " + line).isNull();
        commands++;
      }
    }
    assertThat(commands).isGreaterThan(50);
  }

  @Test
  void everyExampleOfTheManualIsUnderstood() {
    for (String example : HelpTexts.examples("starbeam")) {
      assertThat(Main.fault(words(example.replaceFirst("^starbeam ", "")))).as(example).isNull();
    }
  }

  /** Words as a shell parts them; quotes of both kinds, no escapes, no variables. */
  private static String[] words(String line) {
    return Pattern.compile("(?:[^\\s\"']|\"[^\"]*\"|'[^']*')+")
        .matcher(line)
        .results()
        .map(match -> match.group().replaceAll("[\"']", ""))
        .toArray(String[]::new);
  }
}
