package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.campaign.TaskGraph;

class RunMetricsTest {
  @TempDir Path root;

  private List<MetricFamily> metrics(int quanta) throws IOException {
    try (SyntheticLedger ledger = new SyntheticLedger(root, "run" + quanta, 3)) {
      ledger.quanta(0, quanta);
    }
    RunMonitor monitor = RunMonitor.open(root, "run" + quanta);
    monitor.refresh();
    return monitor.metrics();
  }

  private static long series(List<MetricFamily> families) {
    return families.stream().mapToLong(f -> f.series().size()).sum();
  }

  @Test
  void theNumberOfSeriesIsBoundedByTheGraphAndNotByTheData() throws IOException {
    long few = series(metrics(400));
    List<MetricFamily> families = metrics(20_000);
    long many = series(families);
    assertThat(many).isLessThanOrEqualTo(few + 20);
    double ofTasks =
        families.stream()
            .flatMap(family -> family.series().stream())
            .filter(series -> series.labels().containsKey("task"))
            .count();
    long tasks =
        TaskGraph.all().stream().map(stage -> TaskGraph.taskOf(stage.name())).distinct().count();
    double whole = many - ofTasks + ofTasks / SyntheticLedger.TASKS.size() * tasks;
    assertThat(whole).as("with all %d tasks of the graph", tasks).isLessThanOrEqualTo(2000);
  }

  @Test
  void theTextIsPrometheusAndEverySeriesIsUnique() throws IOException {
    String text = PrometheusText.of(metrics(1000));
    Set<String> series = new HashSet<>();
    for (String line : text.split("\n")) {
      assertThat(line).matches(PrometheusGrammar.LINE);
      if (!line.startsWith("#")) {
        assertThat(series.add(line.substring(0, line.lastIndexOf(' ')))).as(line).isTrue();
        assertThat(line).startsWith("starbeam_").contains("run=\"run1000\"");
        assertThat(line).doesNotContain("visit=").doesNotContain("detector=");
      }
    }
  }

  @Test
  void bucketsOfTheHistogramAreCumulative() throws IOException {
    MetricFamily seconds =
        metrics(2000).stream().filter(f -> f.name().endsWith("quanta_seconds")).findFirst().get();
    double before = 0;
    for (MetricFamily.Series series : seconds.series()) {
      if (series.suffix().equals("_bucket")) {
        assertThat(series.value()).isGreaterThanOrEqualTo(before);
        before = String.valueOf(series.labels().get("le")).equals("+Inf") ? 0 : series.value();
      }
    }
  }
}
