package org.starbeam.pipelines.observe;

import java.util.List;
import java.util.Map;

/** The text format in which Prometheus reads metrics (version 0.0.4). */
final class PrometheusText {
  static final String CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8";

  private PrometheusText() {}

  static String of(List<MetricFamily> families) {
    StringBuilder out = new StringBuilder();
    for (MetricFamily family : families) {
      if (family.series().isEmpty()) {
        continue;
      }
      out.append("# HELP ").append(family.name()).append(' ').append(help(family.help()));
      out.append("\n# TYPE ")
          .append(family.name())
          .append(' ')
          .append(family.type().name().toLowerCase(java.util.Locale.ROOT))
          .append('\n');
      for (MetricFamily.Series series : family.series()) {
        out.append(family.name()).append(series.suffix());
        labels(out, series.labels());
        out.append(' ').append(number(series.value())).append('\n');
      }
    }
    return out.toString();
  }

  private static void labels(StringBuilder out, Map<String, String> labels) {
    char before = '{';
    for (Map.Entry<String, String> label : labels.entrySet()) {
      out.append(before).append(label.getKey()).append("=\"");
      out.append(escape(label.getValue())).append('"');
      before = ',';
    }
    out.append(labels.isEmpty() ? "" : "}");
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace("\"", "\\\"");
  }

  private static String help(String text) {
    return text.replace("\\", "\\\\").replace("\n", "\\n");
  }

  private static String number(double value) {
    if (Double.isInfinite(value)) {
      return value > 0 ? "+Inf" : "-Inf";
    }
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.valueOf(value);
  }
}
