package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The dashboards and rules that are shipped ask for metrics that exist. */
class MonitoringExamplesTest {
  private static final Path EXAMPLES = Path.of("../docs/examples/monitoring");
  private static final Pattern METRIC = Pattern.compile("starbeam_[a-z_]+");

  /** Families of science metrics that first light makes (transforms.step7). */
  private static final List<String> SCIENCE =
      List.of("starbeam_astrometry", "starbeam_photometry", "starbeam_psf", "starbeam_object");

  @TempDir Path root;

  private Set<String> exported() throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, "run", 3)) {
      ledger.quanta(0, 100);
    }
    RunMonitor monitor = RunMonitor.open(root, "run");
    monitor.refresh();
    Set<String> names = new HashSet<>(SCIENCE);
    for (MetricFamily family : monitor.metrics()) {
      names.add(family.name());
      if (family.type() == MetricFamily.Type.HISTOGRAM) {
        names.addAll(
            List.of(family.name() + "_bucket", family.name() + "_sum", family.name() + "_count"));
      }
    }
    return names;
  }

  private static Set<String> used(String text) {
    Set<String> names = new TreeSet<>();
    Matcher matcher = METRIC.matcher(text);
    while (matcher.find()) {
      names.add(matcher.group());
    }
    return names;
  }

  @Test
  void everyMetricOfTheDashboardsAndRulesExists() throws IOException {
    Set<String> exported = exported();
    for (String file : List.of("grafana.json", "chronograf.json", "alerts.yaml")) {
      Set<String> names = used(Files.readString(EXAMPLES.resolve(file)));
      assertThat(names).as(file).isNotEmpty();
      assertThat(exported).as(file).containsAll(names);
    }
    assertThat(exported)
        .as("what help metrics lists")
        .containsAll(used(Files.readString(Path.of("src/main/resources/help/metrics.txt"))));
  }

  @Test
  void theFilesAreWhatTheirReadersExpect() throws IOException {
    ObjectMapper json = new ObjectMapper();
    JsonNode grafana = json.readTree(EXAMPLES.resolve("grafana.json").toFile());
    for (JsonNode panel : grafana.path("panels")) {
      assertThat(panel.path("targets")).isNotEmpty();
      panel.path("targets").forEach(t -> assertThat(t.path("expr").asText()).contains("starbeam_"));
    }
    JsonNode chronograf = json.readTree(EXAMPLES.resolve("chronograf.json").toFile());
    for (JsonNode cell : chronograf.path("dashboard").path("cells")) {
      assertThat(cell.path("queries").path(0).path("query").asText()).startsWith("SELECT");
    }
    JsonNode alerts =
        new ObjectMapper(new YAMLFactory()).readTree(EXAMPLES.resolve("alerts.yaml").toFile());
    Set<String> names = new HashSet<>();
    for (JsonNode rule : alerts.path("groups").path(0).path("rules")) {
      names.add(rule.path("alert").asText());
      assertThat(rule.path("expr").asText()).contains("starbeam_");
      assertThat(rule.path("annotations").path("summary").asText()).isNotEmpty();
    }
    assertThat(names)
        .contains(
            "StarbeamFailureRate",
            "StarbeamWatermarkLag",
            "StarbeamNoProgress",
            "StarbeamDiskAlmostFull",
            "StarbeamEtaSlips");
  }
}
