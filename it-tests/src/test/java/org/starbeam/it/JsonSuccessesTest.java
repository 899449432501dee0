package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.cli.Main;
import org.starbeam.runners.cluster.Listeners;

/**
 * Documents of commands that do not fit into {@code TemplatesIT}, which holds all others against
 * their schemas: those that write into the directory they are called in, that serve until they are
 * interrupted, or whose answer needs a gate.
 */
@Tag("acceptance")
class JsonSuccessesTest {
  @TempDir Path directory;

  @Test
  void aNewCampaignFile() throws Exception {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-Xmx256m", "-XX:TieredStopAtLevel=1"));
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("templates", "new", "mine", "--template", "rc2-monthly", "--json"));
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor()).isZero();
    JsonNode made = JsonDocuments.require("templates new", said);
    assertThat(directory.resolve(made.path("file").asText())).isNotEmptyFile();
    assertThat(directory.resolve(made.path("schema").asText())).isNotEmptyFile();
  }

  @Test
  void aSurvey() {
    Path survey = directory.resolve("survey");
    CommandLine.Answer answer =
        CommandLine.run(
            "simulate",
            "--out",
            survey.toString(),
            "--detectors",
            "1",
            "--visits",
            "1",
            "--bands",
            "r",
            "--json");
    assertThat(answer.code()).as(answer.err()).isZero();
    JsonNode made = JsonDocuments.require("simulate", answer.out());
    assertThat(Path.of(made.path("survey").asText())).isDirectoryContaining("glob:**/camera.yaml");
  }

  /** A run of one frame that cannot be read, at which a person has to look. */
  private Path run() throws IOException {
    Path repository = directory.resolve("repo");
    Path input = FramesThatAreNone.input(directory.resolve("input"), "no FITS");
    Path campaign =
        FramesThatAreNone.campaign(directory.resolve("mine.yaml"), "max: 0.5, severity: review");
    CommandLine.Answer launched =
        CommandLine.run(
            "launch",
            campaign.toString(),
            "--set",
            "input=" + input,
            "--repo",
            repository.toString(),
            "--name",
            "r",
            "--status-port",
            "0",
            "-q",
            "--json");
    assertThat(launched.code()).as(launched.err()).isZero();
    assertThat(JsonDocuments.require("launch", launched.out()).path("gates").asText())
        .isEqualTo("review");
    return repository;
  }

  @Test
  void anAcceptedGateAndPagesThatAreServed() throws Exception {
    String repository = run().toString();
    CommandLine.Answer accepted =
        CommandLine.run(
            "gates",
            "accept",
            "r",
            "ingest",
            "frames",
            "--why",
            "it is no frame",
            "--repo",
            repository,
            "--json");
    assertThat(accepted.code()).as(accepted.err()).isZero();
    assertThat(JsonDocuments.require("gates accept", accepted.out()).path("why").asText())
        .isEqualTo("it is no frame");
    assertThat(served("report", repository)).contains("<html");
    assertThat(served("status", repository)).contains("<html");
  }

  /** The page whose address a command prints. */
  private String served(String command, String repository) throws Exception {
    String port = Integer.toString(Listeners.freePort());
    StarbeamProcess server =
        StarbeamProcess.ofClasses(
            directory,
            "256m",
            List.of(),
            command,
            "r",
            "--serve",
            "--status-port",
            port,
            "--repo",
            repository,
            "--json");
    try {
      while (server.isAlive() && !server.printed().contains("}")) {
        Thread.sleep(50);
      }
      String printed = server.printed();
      assertThat(printed).contains("{");
      JsonNode made =
          JsonDocuments.require("report --serve", printed.substring(printed.indexOf('{')));
      URI address = URI.create(made.path("url").asText());
      HttpResponse<String> page =
          HttpClient.newHttpClient()
              .send(HttpRequest.newBuilder(address).build(), HttpResponse.BodyHandlers.ofString());
      assertThat(page.statusCode()).isEqualTo(200);
      return page.body();
    } finally {
      server.kill();
    }
  }
}
