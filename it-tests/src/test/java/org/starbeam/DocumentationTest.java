package org.starbeam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
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

  @Test
  void everyCommandOfTheDocumentationExists() throws IOException {
    Pattern command = Pattern.compile("^\\./starbeam +([a-z]+)", Pattern.MULTILINE);
    Set<String> known = Main.commands();
    for (String file :
        List.of(
            "README.md",
            "docs/user-guide.md",
            "docs/operator-guide.md",
            "docs/flink.md",
            "docs/monitoring.md")) {
      Matcher found = command.matcher(Files.readString(HOME.resolve(file)));
      while (found.find()) {
        assertThat(known).as(file).contains(found.group(1));
      }
    }
  }
}
