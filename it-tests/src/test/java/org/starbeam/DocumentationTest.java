package org.starbeam;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.starbeam.it.DocumentedColumns;
import org.starbeam.it.DocumentedCommands;
import org.starbeam.pipelines.campaign.TaskConfigs;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.cli.HelpTexts;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.transforms.dataset.TableSchemas;
import org.starbeam.transforms.step6.ReleaseTable;

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
    assertThat(drawn("beam-pipelines"))
        .isEqualTo(packages("beam-pipelines/src/main/java/org/starbeam/pipelines"));
    assertThat(drawn("runners")).isEqualTo(packages("runners/src/main/java/org/starbeam/runners"));
  }

  /** Step, stage, task and dimensions; those of nights stand beside the graph. */
  @Test
  void tasksOfTheArchitectureAreThoseOfTheGraph() throws IOException {
    String text = Files.readString(HOME.resolve("docs/architecture.md"));
    List<String> told =
        Pattern.compile("^\\| (\\w+ \\| `\\w+`(?: \\(`\\w+`\\))? \\| [^|]+) \\|", Pattern.MULTILINE)
            .matcher(text.substring(text.indexOf("<!-- tasks -->")))
            .results()
            .map(row -> row.group(1))
            .filter(row -> !row.contains("`night"))
            .toList();
    List<String> graph =
        TaskGraph.all().stream()
            .map(
                stage ->
                    "%s | `%s`%s | %s"
                        .formatted(
                            stage.step(),
                            stage.name(),
                            stage.task().equals(stage.name()) ? "" : " (`" + stage.task() + "`)",
                            String.join(" ", stage.dimensions())))
            .toList();
    assertThat(told).isEqualTo(graph);
    assertThat(text).contains("`nightTables`", "`nightMetrics`");
  }

  @Test
  void tasksThatCanBeConfiguredAreListed() throws IOException {
    assertThat(Files.readString(HOME.resolve("docs/templates.md")))
        .contains("Tasks that can be configured: " + String.join(", ", TaskConfigs.names()) + ".");
  }

  @Test
  void columnsOfTheProductPagesAreInTheSchema() throws IOException {
    List<DocumentedColumns.Name> names = DocumentedColumns.all(HOME);
    assertThat(names).hasSizeGreaterThan(100);
    for (DocumentedColumns.Name name : names) {
      for (String table : name.tables()) {
        List<String> columns =
            Stream.of(ReleaseTable.values())
                .filter(t -> t.tableName().equals(table))
                .flatMap(t -> t.columns(List.of("g", "r")).stream())
                .map(TableSchemas.Column::name)
                .toList();
        assertThat(name.isAmong(columns)).as(table + ": " + name).isTrue();
      }
    }
  }

  /** Files and headings that pages link to are there. */
  @Test
  void linksLeadSomewhere() throws IOException {
    Pattern link = Pattern.compile("\\]\\(([^)#:\\s]*)(#[^)\\s]+)?\\)");
    for (Path page : pages()) {
      Matcher found = link.matcher(Files.readString(page));
      while (found.find()) {
        Path target =
            found.group(1).isEmpty() ? page : page.resolveSibling(found.group(1)).normalize();
        assertThat(target).as(page + ": " + found.group()).exists();
        if (found.group(2) != null) {
          assertThat(anchors(target)).as(page + ": " + target).contains(found.group(2));
        }
      }
    }
  }

  /** The anchors of a page's headings as forges make them. */
  private static List<String> anchors(Path page) throws IOException {
    return Pattern.compile("^#+ (.+)$", Pattern.MULTILINE)
        .matcher(Files.readString(page))
        .results()
        .map(heading -> heading.group(1).toLowerCase(Locale.ROOT))
        .map(heading -> "#" + heading.replaceAll("[^a-z0-9 _-]", "").replace(' ', '-'))
        .toList();
  }

  /** Pages with commands that a reader may type. */
  private static List<Path> pages() throws IOException {
    try (Stream<Path> docs = Files.walk(HOME.resolve("docs"))) {
      List<Path> out = new ArrayList<>(docs.filter(f -> f.toString().endsWith(".md")).toList());
      for (String name : List.of("README.md", "CONTRIBUTING.md", "CHANGELOG.md")) {
        out.add(HOME.resolve(name));
      }
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
        String line = DocumentedCommands.bare(found.group(1)).replaceAll("[\\[\\]]", "");
        assertThat(Main.fault(DocumentedCommands.words(line)))
            .as(page.getFileName() + ": " + line)
            .isNull();
        commands++;
      }
    }
    assertThat(commands).isGreaterThan(90);
  }

  @Test
  void everyExampleOfTheManualIsUnderstood() {
    for (String example : HelpTexts.examples("starbeam")) {
      assertThat(Main.fault(DocumentedCommands.words(example.replaceFirst("^starbeam ", ""))))
          .as(example)
          .isNull();
    }
  }
}
