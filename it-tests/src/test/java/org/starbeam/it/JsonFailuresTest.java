package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.cli.JsonSchemas;
import org.starbeam.pipelines.cli.Main;

/** A command that fails prints a document that says so, and nothing else, on stdout. */
class JsonFailuresTest {
  @TempDir Path directory;

  static List<String> leaves() {
    return Main.leaves();
  }

  private static JsonNode failure(CommandLine.Answer answer) {
    JsonNode error = JsonDocuments.require("error", answer.out()).path("error");
    assertThat(error.path("exitCode").asInt()).isEqualTo(answer.code()).isNotZero();
    assertThat(answer.err()).contains(error.path("message").asText().lines().findFirst().get());
    assertThat(answer.err()).doesNotContain("\tat ");
    return error;
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void wrongOptionOfAnyCommandIsADocument(String command) {
    List<String> words = new ArrayList<>(List.of(command.split(" ")));
    words.addAll(List.of("--json", "--no-such-option"));
    CommandLine.Answer answer = CommandLine.run(words.toArray(String[]::new));
    JsonNode error = failure(answer);
    assertThat(answer.code()).isEqualTo(ExitCode.USAGE.code());
    assertThat(error.path("next").asText()).isEqualTo("starbeam " + command + " --help");
  }

  @ParameterizedTest
  @MethodSource("leaves")
  void everyCommandHasASchema(String command) {
    assertThat(JsonSchemas.names())
        .anyMatch(name -> name.equals(command) || name.startsWith(command + " "));
  }

  @Test
  void missingRepositoryRunAndTemplateAreDocuments() throws Exception {
    String none = directory.resolve("none").toString();
    String file =
        Files.writeString(directory.resolve("a.yaml"), "starbeam: 1\nstpes: []\n").toString();
    String[][] commands = {
      {"status"},
      {"status", "r"},
      {"logs", "r"},
      {"report", "r"},
      {"report", "r", "--costs"},
      {"export", "r", "--what", "Object", "--out", "o.fits"},
      {"export", "r", "--what", "visit_image", "--out", none},
      {"sql", "select 1"},
      {"stop", "r"},
      {"resume", "r"},
      {"gates", "eval", "r"},
      {"gates", "list", "r"},
      {"gates", "accept", "r", "step1", "g", "--why", "w"},
      {"compare", "r", "s"},
      {"audit", "r"},
      {"provenance", "visit_image(visit=1)"},
      {"repo", "info"},
      {"repo", "verify"},
      {"repo", "prune", "r"},
      {"repo", "compact", "r"},
      {"repo", "migrate"},
      {"repo", "chains", "show", "c"},
      {"repo", "chains", "prepend", "c", "r"},
      {"calibs", "show", "c"},
      {"calibs", "verify", "c"},
      {"calibs", "certify", "c", "--run", "r"},
      {"plan", "ci"},
      {"plan", "nosuch"},
      {"launch", "nosuch"},
      {"launch", file},
      {"templates", "validate", file},
      {"templates", "show", "nosuch"},
      {"templates", "explain", "ci", "nosuch"},
      {"freeze", "ci"},
      {"simulate"},
      {"simulate", "--preset", "nosuch", "--out", none},
      {"simulate", "--bands", "g,q", "--out", none},
      {"simulate", "--visits", "0", "--out", none},
      {"ingest", none},
      {"help", "nosuch"},
      {"help", "schemas", "nosuch"},
      {"doctor", "--runner", "spark"},
      {"cluster", "status", "--dir", none},
      {"cluster", "submit-args", "ci", "--target", "x"},
    };
    for (String[] command : commands) {
      List<String> words = new ArrayList<>(List.of(command));
      words.addAll(List.of("--json", "--repo", none));
      failure(CommandLine.run(words.toArray(String[]::new)));
    }
    assertThat(directory.resolve("none")).doesNotExist();
  }
}
