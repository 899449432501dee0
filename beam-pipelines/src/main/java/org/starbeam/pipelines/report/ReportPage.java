package org.starbeam.pipelines.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.dataset.TableSchemas;

/**
 * The first page of the quality report of a run, which opens from the file system: its styles are
 * inside it, its pictures and the other pages beside it, no script, nothing loaded from elsewhere.
 * Every number of a metric carries its record's key in {@code data-key}.
 */
final class ReportPage {
  /** Counts of one task. */
  record TaskRow(
      String step,
      String task,
      long done,
      long adopted,
      long failed,
      long blocked,
      long noWork,
      long degraded,
      double coreSeconds) {}

  /**
   * One failed or degraded quantum.
   *
   * @param href where the page of its step tells of it; empty without such a page
   */
  record ProblemRow(
      String task, String dataId, String status, String cause, String message, String href) {}

  /** One metric with its limit. */
  record MetricRow(
      String name,
      String band,
      @Nullable Double value,
      String unit,
      long n,
      @Nullable Double limit,
      String status) {
    boolean exceeds() {
      return value != null && limit != null && Math.abs(value) > limit;
    }

    /** Whether there was not enough to measure, which is no fault. */
    boolean isOfTooFew() {
      return value == null && (status.equals("too_few") || status.equals("no_input"));
    }

    String tone() {
      return value == null ? "warn" : exceeds() ? "bad" : limit == null ? "" : "good";
    }

    String verdict() {
      if (value == null) {
        return "not measured (" + status + ")";
      }
      return limit == null ? "no limit" : exceeds() ? "exceeds the limit" : "good";
    }
  }

  /** A picture with what it shows. */
  record Figure(String title, String caption, byte[] png) {}

  /** A section of figures. */
  record Section(String id, String title, String text, List<Figure> figures) {}

  /** Where cells of a table lead to, and what its rows are called by those that lead to them. */
  interface Links {
    /** Nothing leads anywhere. */
    Links NONE = (row, column) -> "";

    /** Page or place that a cell leads to; empty for none. */
    String href(int row, int column);

    /** Name of a row; empty for none. */
    default String id(int row) {
      return "";
    }
  }

  /** A section with a table; the first columns, up to {@code texts}, are texts. */
  record TableSection(
      String id,
      String title,
      String text,
      List<String> heads,
      List<List<String>> rows,
      int texts,
      Links links) {
    TableSection(
        String id,
        String title,
        String text,
        List<String> heads,
        List<List<String>> rows,
        int texts) {
      this(id, title, text, heads, rows, texts, Links.NONE);
    }
  }

  /** Beginning of the links to the pages beside the report. */
  static final String PAGES = "<nav aria-label=\"Pages\">";

  private static final Pattern IMAGE = Pattern.compile("src=\"(img/[a-z0-9-]+\\.png)\"");

  /** A link to a page beside, with what it is on. */
  private static final Pattern OTHER_PAGE = Pattern.compile("<a href=\"[^#\"][^\"]*\">([^<]*)</a>");

  /** A page beside the report. */
  record Link(String href, String title) {}

  private final String run;
  private final List<Link> pages;
  private final String summary;
  private final List<TaskRow> tasks;
  private final List<ProblemRow> problems;
  private final List<MetricRow> metrics;
  private final List<Section> sections;
  private final List<TableSection> tables;
  private final List<String[]> facts;

  ReportPage(
      String run,
      List<Link> pages,
      String summary,
      List<TaskRow> tasks,
      List<ProblemRow> problems,
      List<MetricRow> metrics,
      List<Section> sections,
      List<TableSection> tables,
      List<String[]> facts) {
    this.run = run;
    this.pages = pages;
    this.summary = summary;
    this.tasks = tasks;
    this.problems = problems;
    this.metrics = metrics;
    this.sections = sections;
    this.tables = tables;
    this.facts = facts;
  }

  String html() {
    StringBuilder out = new StringBuilder(1 << 20);
    head(out, run);
    header(out);
    out.append("<main>\n");
    metricTable(out);
    for (Section section : sections) {
      section(out, section);
    }
    taskTable(out);
    problemTable(out);
    for (TableSection table : tables) {
      table(out, table);
    }
    factTable(out);
    foot(out);
    return out.toString();
  }

  private static String image(Section section, int figure) {
    return "img/%s-%d.png".formatted(section.id(), figure);
  }

  /** The pictures of the page by the names that it has for them. */
  Map<String, byte[]> images() {
    Map<String, byte[]> out = new LinkedHashMap<>();
    for (Section section : sections) {
      for (int k = 0; k < section.figures().size(); k++) {
        out.put(image(section, k), section.figures().get(k).png());
      }
    }
    return out;
  }

  /** A page beside the report that has nothing but tables. */
  static String tables(String run, List<TableSection> tables) {
    StringBuilder out = new StringBuilder(1 << 20);
    head(out, run);
    out.append("<header>\n<h1>").append(escape(run)).append("</h1>\n");
    out.append("<nav aria-label=\"Sections\"><a href=\"index.html\">Report</a>");
    tables.forEach(table -> link(out, "#" + table.id(), table.title()));
    out.append("</nav>\n</header>\n<main>\n");
    tables.forEach(table -> table(out, table));
    foot(out);
    return out.toString();
  }

  /**
   * The page for a place where nothing is beside it: with its pictures inside, and words instead of
   * links.
   *
   * @param directory of the report
   */
  static String alone(String html, Path directory) throws IOException {
    StringBuilder out = new StringBuilder();
    Matcher image = IMAGE.matcher(html);
    while (image.find()) {
      byte[] png = Files.readAllBytes(directory.resolve(image.group(1)));
      image.appendReplacement(
          out, "src=\"data:image/png;base64," + Base64.getEncoder().encodeToString(png) + "\"");
    }
    return withoutLinks(image.appendTail(out).toString());
  }

  private static String withoutLinks(String html) {
    int from = html.indexOf(PAGES);
    int to = html.indexOf("</nav>", from);
    return from < 0
        ? html
        : OTHER_PAGE.matcher(html.substring(0, from)).replaceAll("$1")
            + "<p class=\"warn\">A copy of the first page alone: the sky view and the other pages"
            + " are not beside it. starbeam report --out DIRECTORY copies all.</p>"
            + OTHER_PAGE.matcher(html.substring(to + "</nav>".length())).replaceAll("$1");
  }

  private static void head(StringBuilder out, String run) {
    head(out, run, "report", "");
  }

  /**
   * The beginning of a page with the style of the report.
   *
   * @param more markup in the head
   */
  static void head(StringBuilder out, String run, String kind, String more) {
    out.append("<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
        .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<title>")
        .append(escape(run))
        .append(" - Starbeam ")
        .append(kind)
        .append("</title>\n<style>\n")
        .append(css())
        .append("</style>\n")
        .append(more)
        .append("</head>\n<body>\n");
  }

  static void foot(StringBuilder out) {
    out.append(
        "</main>\n"
            + "<footer>Made by Starbeam from the products of this run alone.</footer>\n"
            + "</body>\n"
            + "</html>\n");
  }

  static void link(StringBuilder out, String href, String title) {
    out.append("<a href=\"").append(href).append("\">").append(escape(title)).append("</a>");
  }

  private void header(StringBuilder out) {
    long failed = tasks.stream().mapToLong(t -> t.failed() + t.blocked()).sum();
    long over = metrics.stream().filter(MetricRow::exceeds).count();
    Set<String> nowhere = measuredNowhere();
    long unmeasured =
        metrics.stream()
            .filter(m -> m.limit() != null && m.value() == null && !nowhere.contains(m.name()))
            .count();
    String verdict;
    String tone;
    if (failed > 0) {
      verdict =
          failed
              + " quanta failed or were blocked; everything that did not depend on them was"
              + " finished.";
      tone = "bad";
    } else if (over > 0) {
      verdict = "All quanta finished; " + over + " metrics exceed their limit.";
      tone = "warn";
    } else if (unmeasured > 0) {
      verdict = "All quanta finished; " + unmeasured + " metrics could not be measured.";
      tone = "warn";
    } else if (!nowhere.isEmpty()) {
      verdict =
          "All quanta finished; every metric that could be measured is within its limit ("
              + nowhere.size()
              + " have too few stars).";
      tone = nowhere.containsAll(metrics.stream().map(MetricRow::name).toList()) ? "warn" : "good";
    } else {
      verdict = "All quanta finished and every metric is within its limit.";
      tone = "good";
    }
    out.append("<header>\n<h1>")
        .append(escape(run))
        .append("</h1>\n<p>")
        .append(escape(summary))
        .append("</p>\n")
        .append("<p class=\"verdict ")
        .append(tone)
        .append("\">")
        .append(verdict)
        .append("</p>\n");
    if (!pages.isEmpty()) {
      out.append(PAGES);
      pages.forEach(page -> link(out, page.href(), page.title()));
      out.append("</nav>\n");
    }
    out.append("<nav aria-label=\"Sections\"><a href=\"#metrics\">Metrics</a>");
    sections.forEach(section -> link(out, "#" + section.id(), section.title()));
    out.append("<a href=\"#quanta\">Quanta</a><a href=\"#problems\">Problems</a>");
    tables.forEach(table -> link(out, "#" + table.id(), table.title()));
    out.append("<a href=\"#facts\">Run</a></nav>\n</header>\n");
  }

  /** Names of metrics that no band has enough stars for. */
  private Set<String> measuredNowhere() {
    Set<String> out = new TreeSet<>();
    metrics.stream().filter(MetricRow::isOfTooFew).forEach(m -> out.add(m.name()));
    metrics.stream().filter(m -> !m.isOfTooFew()).forEach(m -> out.remove(m.name()));
    return out;
  }

  /** One row for each metric, with a column for each band and one for what is of all. */
  private void metricTable(StringBuilder out) {
    Map<String, Map<String, MetricRow>> rows = new LinkedHashMap<>();
    Set<String> single = new TreeSet<>();
    Set<String> nowhere = measuredNowhere();
    for (MetricRow m : metrics) {
      if (nowhere.contains(m.name())) {
        continue;
      }
      if (!m.band().isEmpty()) {
        single.add(m.band());
      }
      String key = m.name() + "\n" + m.unit() + "\n" + m.limit();
      rows.computeIfAbsent(key, k -> new LinkedHashMap<>()).put(m.band(), m);
    }
    List<String> columns = new ArrayList<>(TableSchemas.orderBands(single, List.of()));
    columns.add("");
    out.append("<h2 id=\"metrics\">Metrics</h2>\n")
        .append(scroll("metrics"))
        .append("<table>\n<thead><tr>")
        .append("<th scope=\"col\">metric</th><th scope=\"col\">unit</th>")
        .append("<th scope=\"col\" class=\"n\">limit</th>");
    for (String band : columns) {
      out.append("<th scope=\"col\" class=\"n\">")
          .append(band.isEmpty() ? "all bands" : escape(band))
          .append("</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (Map<String, MetricRow> row : rows.values()) {
      MetricRow first = row.values().iterator().next();
      out.append("<tr><th scope=\"row\">")
          .append(escape(first.name()))
          .append("</th><td>")
          .append(escape(first.unit()))
          .append("</td><td class=\"n\">")
          .append(first.limit() == null ? "" : number(first.limit()))
          .append("</td>");
      columns.forEach(band -> metricCell(out, row.get(band)));
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>\n");
    if (!nowhere.isEmpty()) {
      out.append("<p>Too few stars or pairs in every band: ")
          .append(escape(String.join(", ", nowhere)))
          .append(".</p>\n");
    }
  }

  private static void metricCell(StringBuilder out, @Nullable MetricRow m) {
    if (m == null) {
      out.append("<td></td>");
      return;
    }
    out.append("<td class=\"n ")
        .append(m.tone())
        .append("\" data-key=\"")
        .append(escape(m.name() + "," + m.band()))
        .append("\" title=\"")
        .append(escape(m.verdict()))
        .append("\">")
        .append(m.value() == null ? escape(m.status().replace('_', ' ')) : number(m.value()))
        .append(m.exceeds() ? " !" : "")
        .append(" <small>n ")
        .append(m.n())
        .append("</small></td>");
  }

  private static void section(StringBuilder out, Section section) {
    out.append("<h2 id=\"")
        .append(section.id())
        .append("\">")
        .append(escape(section.title()))
        .append("</h2>\n<p>")
        .append(escape(section.text()))
        .append("</p>\n<div class=\"grid\">\n");
    for (int k = 0; k < section.figures().size(); k++) {
      Figure figure = section.figures().get(k);
      out.append("<figure><img loading=\"lazy\" alt=\"")
          .append(escape(figure.title() + ". " + figure.caption()))
          .append("\" src=\"")
          .append(image(section, k))
          .append("\"><figcaption><strong>")
          .append(escape(figure.title()))
          .append(".</strong> ")
          .append(escape(figure.caption()))
          .append("</figcaption></figure>\n");
    }
    out.append("</div>\n");
  }

  private void taskTable(StringBuilder out) {
    out.append(
        "<h2 id=\"quanta\">What ran</h2>\n"
            + scroll("quanta")
            + "<table>\n"
            + "<caption>Quanta by task and status</caption>\n"
            + "<thead><tr>");
    for (String head :
        List.of(
            "step",
            "task",
            "done",
            "adopted",
            "failed",
            "blocked",
            "no work",
            "degraded",
            "core seconds")) {
      boolean text = head.equals("step") || head.equals("task");
      out.append("<th scope=\"col\"")
          .append(text ? "" : " class=\"n\"")
          .append('>')
          .append(head)
          .append("</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (TaskRow t : tasks) {
      out.append("<tr><td>")
          .append(linked(t.step(), pageOf(t.step())))
          .append("</td><th scope=\"row\">")
          .append(escape(t.task()))
          .append("</th>");
      for (long count :
          new long[] {t.done(), t.adopted(), t.failed(), t.blocked(), t.noWork(), t.degraded()}) {
        out.append("<td class=\"n\">").append(count).append("</td>");
      }
      out.append("<td class=\"n\">")
          .append("%.1f".formatted(t.coreSeconds()))
          .append("</td></tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  private void problemTable(StringBuilder out) {
    out.append("<h2 id=\"problems\">Problems</h2>\n");
    if (problems.isEmpty()) {
      out.append("<p>No quantum failed, was blocked or is degraded.</p>\n");
      return;
    }
    out.append(
            scroll("problems")
                + "<table>\n"
                + "<thead><tr><th scope=\"col\">task</th><th scope=\"col\">data id</th>")
        .append(
            "<th scope=\"col\">status</th><th scope=\"col\">cause</th><th"
                + " scope=\"col\">message</th></tr></thead>\n"
                + "<tbody>\n");
    for (ProblemRow p : problems.subList(0, Math.min(200, problems.size()))) {
      out.append("<tr><th scope=\"row\">")
          .append(escape(p.task()))
          .append("</th><td>")
          .append(linked(p.dataId(), p.href()))
          .append("</td><td>")
          .append(escape(p.status()))
          .append("</td><td>")
          .append(escape(p.cause()))
          .append("</td><td>")
          .append(escape(p.message()))
          .append("</td></tr>\n");
    }
    out.append("</tbody></table></div>\n");
    if (problems.size() > 200) {
      out.append("<p>")
          .append(problems.size() - 200)
          .append(" more: <code>starbeam status ")
          .append(escape(run))
          .append(" --failed</code></p>\n");
    }
  }

  /** The beginning of what may be wider than the window, which keys can scroll. */
  static String scroll(String heading) {
    return "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-labelledby=\"%s\">"
        .formatted(heading);
  }

  /** The page of a step; empty when the report has none. */
  private String pageOf(String step) {
    String page = StepPages.page(step);
    return pages.stream().anyMatch(p -> p.href().equals(page)) ? page : "";
  }

  /** A text that leads somewhere when there is somewhere. */
  static String linked(String text, String href) {
    return href.isEmpty()
        ? escape(text)
        : "<a href=\"%s\">%s</a>".formatted(escape(href), escape(text));
  }

  static void table(StringBuilder out, TableSection table) {
    out.append("<h2 id=\"").append(table.id()).append("\">").append(escape(table.title()));
    out.append("</h2>\n<p>").append(escape(table.text())).append("</p>\n");
    out.append(scroll(table.id())).append("<table>\n<thead><tr>");
    for (int i = 0; i < table.heads().size(); i++) {
      out.append("<th scope=\"col\"")
          .append(i < table.texts() ? "" : " class=\"n\"")
          .append('>')
          .append(escape(table.heads().get(i)))
          .append("</th>");
    }
    out.append("</tr></thead>\n<tbody>\n");
    for (int r = 0; r < table.rows().size(); r++) {
      String id = table.links().id(r);
      out.append(id.isEmpty() ? "<tr>" : "<tr id=\"" + escape(id) + "\">");
      for (int i = 0; i < table.rows().get(r).size(); i++) {
        out.append(i < table.texts() ? "<td>" : "<td class=\"n\">")
            .append(linked(table.rows().get(r).get(i), table.links().href(r, i)))
            .append("</td>");
      }
      out.append("</tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  private void factTable(StringBuilder out) {
    out.append("<h2 id=\"facts\">Run</h2>\n").append(scroll("facts")).append("<table><tbody>\n");
    for (String[] fact : facts) {
      out.append("<tr><th scope=\"row\">")
          .append(escape(fact[0]))
          .append("</th><td><code>")
          .append(escape(fact[1]))
          .append("</code></td></tr>\n");
    }
    out.append("</tbody></table></div>\n");
  }

  private static String number(double value) {
    return "%.4g".formatted(value);
  }

  static String escape(String text) {
    return text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace("\"", "&quot;");
  }

  private static String css() {
    return new String(resource("/report.css"), StandardCharsets.UTF_8);
  }

  /** A file of the class path. */
  static byte[] resource(String name) {
    try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException(name + " is not in the jar");
      }
      return in.readAllBytes();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
