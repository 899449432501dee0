package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import org.junit.jupiter.api.Test;

class LineProtocolTest {
  /**
   * A line as InfluxDB's documentation says that it is read; written without looking at the writer.
   */
  private record Line(
      String measurement, Map<String, String> tags, Map<String, String> fields, long nanos) {
    static Line parse(String text) {
      String series = split(text, ' ', false).get(0);
      List<String> parts = split(text.substring(series.length() + 1), ' ', true);
      List<String> head = split(series, ',', false);
      Map<String, String> tags = new LinkedHashMap<>();
      for (String tag : head.subList(1, head.size())) {
        List<String> pair = split(tag, '=', false);
        tags.put(plain(pair.get(0)), plain(pair.get(1)));
      }
      Map<String, String> fields = new LinkedHashMap<>();
      for (String field : split(parts.get(0), ',', true)) {
        List<String> pair = split(field, '=', true);
        fields.put(plain(pair.get(0)), pair.get(1));
      }
      return new Line(plain(head.get(0)), tags, fields, Long.parseLong(parts.get(1)));
    }

    private static List<String> split(String text, char at, boolean quotes) {
      List<String> out = new ArrayList<>();
      StringBuilder part = new StringBuilder();
      boolean quoted = false;
      for (int i = 0; i < text.length(); i++) {
        char c = text.charAt(i);
        boolean escapes =
            quoted ? "\\\"".indexOf(next(text, i)) >= 0 : ",= ".indexOf(next(text, i)) >= 0;
        if (c == '\\' && escapes) {
          part.append(c).append(text.charAt(++i));
        } else if (c == '"' && quotes) {
          quoted = !quoted;
          part.append(c);
        } else if (c == at && !quoted) {
          out.add(part.toString());
          part.setLength(0);
        } else {
          part.append(c);
        }
      }
      out.add(part.toString());
      return out;
    }

    private static char next(String text, int at) {
      return at + 1 < text.length() ? text.charAt(at + 1) : 'x';
    }

    private static String plain(String escaped) {
      return escaped.replaceAll("\\\\([,= ])", "$1");
    }
  }

  @Test
  void aScienceMetricHasTheFormOfItsSpecification() {
    ScienceMetrics.Metric am1 =
        new ScienceMetrics.Metric(
            "photometry.PA1",
            5.42,
            "mmag",
            1873,
            null,
            "ok",
            "tract",
            "r",
            9813L,
            null,
            null,
            "all",
            null);
    ScienceMetrics.Metric missing =
        new ScienceMetrics.Metric(
            "photometry.PA2",
            null,
            "mmag",
            3,
            null,
            "too_few",
            "tract",
            "r",
            9813L,
            null,
            null,
            "all",
            null);
    List<String> lines =
        ScienceMetrics.lines(
            List.of(am1, missing),
            Map.of("run", "RC2/w48", "campaign", "RC2", "instrument", "HSC"),
            1490771483000000000L);
    assertThat(lines)
        .containsExactly(
            "starbeam_photometry,band=r,campaign=RC2,instrument=HSC,level=tract,run=RC2/w48,"
                + "tract=9813 PA1=5.42,PA1_n=1873i,PA2_n=3i 1490771483000000000");
  }

  @Test
  void visitAndDetectorAreFieldsAndPointsOfOneSeriesDoNotCollide() {
    List<ScienceMetrics.Metric> metrics = new ArrayList<>();
    for (int detector = 0; detector < 3; detector++) {
      metrics.add(
          new ScienceMetrics.Metric(
              "psf.size",
              1.0,
              "1",
              5,
              null,
              "ok",
              "detector",
              "r",
              null,
              7L,
              detector,
              "all",
              null));
    }
    List<Line> lines =
        ScienceMetrics.lines(metrics, Map.of("run", "r"), 1000).stream().map(Line::parse).toList();
    assertThat(lines.stream().map(Line::nanos).distinct()).hasSize(3);
    assertThat(lines).allMatch(l -> !l.tags().containsKey("visit"));
    assertThat(lines).allMatch(l -> l.fields().get("visit").equals("7i"));
  }

  @Property(tries = 500)
  void whatIsWrittenIsReadBack(
      @ForAll String tag, @ForAll String text, @ForAll @DoubleRange double number) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("number", number);
    fields.put("count", -3L);
    fields.put("text", text.replace('\n', ' ').replace('\r', ' '));
    Line line = Line.parse(LineProtocol.line("m, =x", Map.of("tag", tag), fields, -5));
    assertThat(line.measurement()).isEqualTo("m, =x");
    assertThat(Double.parseDouble(line.fields().get("number"))).isEqualTo(number);
    assertThat(line.fields()).containsEntry("count", "-3i");
    assertThat(line.nanos()).isEqualTo(-5);
    if (tag.matches("[A-Za-z0-9 ,=é]+")) {
      assertThat(line.tags()).containsEntry("tag", tag);
    }
  }

  @Test
  void whatIsNoNumberIsLeftOut() {
    assertThat(LineProtocol.line("m", Map.of("a", ""), Map.of("x", Double.NaN), 1)).isEmpty();
    assertThat(LineProtocol.line("m", Map.of("a", ""), Map.of("x", 1e-300), 1))
        .isEqualTo("m x=1.0E-300 1");
  }
}
