package org.starbeam.pipelines.observe;

import java.util.List;
import java.util.Map;

/**
 * A metric with its series, as Prometheus names them. Labels are {@code run, step, task, status,
 * error_class, instrument, band} and the {@code le} of histograms, never data ids, so the number of
 * series is bounded by the graph and not by the data.
 */
record MetricFamily(String name, Type type, String unit, String help, List<Series> series) {
  /** Kinds of metrics. */
  enum Type {
    COUNTER,
    GAUGE,
    HISTOGRAM
  }

  /**
   * One series.
   *
   * @param suffix what a histogram's series add to the name, else empty
   */
  record Series(String suffix, Map<String, String> labels, double value) {}
}
