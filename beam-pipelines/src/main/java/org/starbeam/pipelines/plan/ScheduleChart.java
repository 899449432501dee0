package org.starbeam.pipelines.plan;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.plan.ScheduleSimulation.Result;
import org.starbeam.pipelines.plan.ScheduleSimulation.Span;

/**
 * A simulated run as a picture (SVG): above, how many slots work at a time; below, when each task
 * begins and ends, its bar as dark as its share of the slots' time. One look shows where slots idle
 * and which task takes the time.
 */
public final class ScheduleChart {
  private static final int WIDTH = 900;
  private static final int LEFT = 150;
  private static final int RIGHT = 70;
  private static final int TOP = 46;
  private static final int SLOTS_HEIGHT = 110;
  private static final int ROW = 15;
  private static final Map<String, String> COLORS =
      Map.of(
          "ingest", "#7f8c8d",
          "calibs", "#8e6bbf",
          "step1", "#2f7ed8",
          "step2", "#1aa5a5",
          "step3", "#d98a1f",
          "step4", "#c0504d",
          "step5", "#b04a9a",
          "step6", "#5a7a2f",
          "step7", "#4a5a6a");

  private final Result result;
  private final StringBuilder svg = new StringBuilder();

  private ScheduleChart(Result result) {
    this.result = result;
  }

  /** The picture. */
  public static String svg(Result result, String title) {
    return new ScheduleChart(result).draw(title);
  }

  private String draw(String title) {
    List<Span> spans = result.spans();
    int height = TOP + SLOTS_HEIGHT + 30 + ROW * spans.size() + 34;
    add(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"sans-serif\""
            + " font-size=\"11\"><rect width=\"%d\" height=\"%d\" fill=\"white\"/>",
        WIDTH, height, WIDTH, height);
    text(LEFT, 18, "start", 13, title);
    text(
        LEFT,
        34,
        "start",
        11,
        "%,d slots, %s, %.0f %% of their time used"
            .formatted(
                result.slots(),
                PlanReport.duration(result.makespanSeconds()),
                100 * result.utilisation()));
    slots();
    int y = TOP + SLOTS_HEIGHT + 30;
    double total = spans.stream().mapToDouble(Span::busySeconds).sum();
    for (Span span : spans) {
      row(span, y, total);
      y += ROW;
    }
    axis(y + 6);
    add("</svg>");
    return svg.toString();
  }

  private void add(String format, Object... values) {
    svg.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  private void text(double x, double y, String anchor, int size, String words) {
    add(
        "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\">%s</text>",
        x, y, anchor, size, words.replace("&", "&amp;").replace("<", "&lt;"));
  }

  private double x(double seconds) {
    return LEFT + (WIDTH - LEFT - RIGHT) * seconds / result.makespanSeconds();
  }

  private void slots() {
    double[] used = result.usedSlots();
    StringBuilder area = new StringBuilder();
    double bottom = TOP + SLOTS_HEIGHT;
    area.append("M%d %.1f".formatted(LEFT, bottom));
    for (int i = 0; i < used.length; i++) {
      double y = bottom - SLOTS_HEIGHT * Math.min(1, used[i] / result.slots());
      double from = x(result.makespanSeconds() * i / used.length);
      double to = x(result.makespanSeconds() * (i + 1) / used.length);
      area.append(String.format(Locale.ROOT, "L%.1f %.1fL%.1f %.1f", from, y, to, y));
    }
    area.append(String.format(Locale.ROOT, "L%d %.1fZ", WIDTH - RIGHT, bottom));
    add("<path d=\"%s\" fill=\"#9cc3e6\"/>", area);
    add(
        "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#999\"/>",
        LEFT, TOP, WIDTH - LEFT - RIGHT, SLOTS_HEIGHT);
    text(LEFT - 6, TOP + 9, "end", 11, "all slots");
    text(LEFT - 6, bottom, "end", 11, "none");
  }

  private void row(Span span, int y, double total) {
    String color = COLORS.getOrDefault(step(span.task()), "#666");
    double from = x(span.beginSeconds());
    double width = Math.max(1, x(span.endSeconds()) - from);
    double share = span.busySeconds() / total;
    text(LEFT - 6, y + 10, "end", 11, span.task());
    add(
        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" fill-opacity=\"%.2f\"/>",
        from, y + 1, width, ROW - 4, color, 0.2 + 0.8 * Math.min(1, 4 * share));
    text(WIDTH - RIGHT + 6, y + 10, "start", 11, "%.1f %%".formatted(100 * share));
  }

  private static String step(String task) {
    return TaskGraph.all().stream()
        .filter(s -> s.name().equals(task))
        .map(TaskGraph.Stage::step)
        .findFirst()
        .orElse("");
  }

  private void axis(int y) {
    for (int i = 0; i <= 4; i++) {
      double seconds = result.makespanSeconds() * i / 4;
      add(
          "<line x1=\"%.1f\" y1=\"%d\" x2=\"%.1f\" y2=\"%d\" stroke=\"#ccc\"/>",
          x(seconds), TOP, x(seconds), y);
      text(x(seconds), y + 13, "middle", 11, PlanReport.duration(seconds));
    }
  }
}
