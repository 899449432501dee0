package org.starbeam.pipelines.compare;

import java.util.Comparator;
import org.starbeam.pipelines.compare.Comparison.Metric;
import org.starbeam.pipelines.compare.Comparison.StatusChange;

/** A comparison of two runs for people. */
record ComparisonPage(Comparison c) {
  private static final int SHOWN = 15;

  /** For people. */
  String text() {
    StringBuilder out = new StringBuilder();
    out.append("%s against %s: %s%n".formatted(c.run(), c.base(), verdict()));
    out.append("%n%-24s%14s%14s%14s%n".formatted("rows", "run", "base", "difference"));
    c.rows()
        .forEach(
            r ->
                out.append(
                    "%-24s%,14d%,14d%,14d%s%n"
                        .formatted(
                            r.table(), r.here(), r.there(), r.difference(), mark(c.isFlagged(r)))));
    c.matched()
        .forEach(
            m ->
                out.append(
                    "matched %s: %,d; only in the run %,d, only in the base %,d%n"
                        .formatted(m.table(), m.both(), m.onlyHere(), m.onlyThere())));
    if (!c.objects().isEmpty() || !c.sources().isEmpty()) {
      out.append(
          "%n%-28s%10s%12s%12s%12s  %s%n"
              .formatted("matched rows", "n", "median", "MAD", "> 5 sigma", "unit"));
      c.objects().forEach(d -> line(out, d.what(), d));
      c.sources().forEach(d -> line(out, d.what(), d));
    }
    c.detectors().stream()
        .filter(c::isFlagged)
        .limit(SHOWN)
        .forEach(d -> line(out, "detector " + d.detector(), d));
    metricsText(out);
    costsText(out);
    changesText(out);
    if (!c.settings().isEmpty()) {
      out.append("\ncode and configuration\n");
      c.settings()
          .forEach(s -> out.append("  %s: %s -> %s%n".formatted(s.what(), s.there(), s.here())));
    }
    return out.toString();
  }

  private String verdict() {
    return c.isIdentical() ? "identical" : c.isRegression() ? "differences flagged" : "as good";
  }

  private void line(StringBuilder out, String what, TableComparison.Difference d) {
    out.append(
        "%-28s%,10d%12.5f%12.5f%12.4f  %s%s%n"
            .formatted(
                what,
                d.n(),
                d.median(),
                d.mad(),
                d.beyondFiveSigma(),
                d.unit(),
                mark(c.isFlagged(d))));
  }

  private static String mark(boolean flagged) {
    return flagged ? "  <--" : "";
  }

  private void metricsText(StringBuilder out) {
    if (c.metrics().isEmpty()) {
      out.append("\nno metric differs\n");
      return;
    }
    out.append(
        "%n%-44s%12s%12s%12s%12s%n".formatted("metrics", "run", "base", "difference", "scatter"));
    c.metrics().stream()
        .filter(Metric::flagged)
        .forEach(
            m ->
                out.append(
                    "%-44s%12.5g%12.5g%12.5g%12.5g  <--%n"
                        .formatted(
                            m.level() + "." + m.name(),
                            m.here() == null ? Double.NaN : m.here(),
                            m.there() == null ? Double.NaN : m.there(),
                            m.difference(),
                            m.scatter())));
    long rest = c.metrics().stream().filter(m -> !m.flagged()).count();
    out.append("%d more differ within the tolerances%n".formatted(rest));
  }

  private void costsText(StringBuilder out) {
    out.append(
        "%n%-24s%12s%12s%10s%16s%16s%n"
            .formatted("task", "cpu s", "base", "ratio", "bytes", "base"));
    c.costs()
        .forEach(
            x ->
                out.append(
                    "%-24s%12.1f%12.1f%10.2f%,16d%,16d%n"
                        .formatted(
                            x.task(),
                            x.cpuHere(),
                            x.cpuThere(),
                            x.cpuThere() == 0 ? Double.NaN : x.cpuHere() / x.cpuThere(),
                            x.bytesHere(),
                            x.bytesThere())));
  }

  private void changesText(StringBuilder out) {
    long failures = c.changes().stream().filter(StatusChange::isNewFailure).count();
    long fixed =
        c.changes().stream()
            .filter(x -> x.there().equals("FAILED") || x.there().equals("BLOCKED"))
            .count();
    out.append(
        "%n%d quanta ended in another way: %d newly failing, %d newly fixed%n"
            .formatted(c.changes().size(), failures, fixed));
    c.changes().stream()
        .sorted(Comparator.comparing((StatusChange x) -> !x.isNewFailure()))
        .limit(SHOWN)
        .forEach(x -> out.append("  %s: %s -> %s%n".formatted(x.quantum(), x.there(), x.here())));
  }
}
