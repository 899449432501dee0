package org.starbeam.pipelines.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.geom.AffineTransform;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import javax.imageio.ImageIO;
import org.knowm.xchart.BitmapEncoder;
import org.knowm.xchart.BitmapEncoder.BitmapFormat;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.style.Styler.LegendPosition;
import org.knowm.xchart.style.XYStyler;
import org.knowm.xchart.style.lines.SeriesLines;
import org.knowm.xchart.style.markers.SeriesMarkers;

/**
 * The report's pictures as PNG bytes: one look for all of them, colours that the colour-blind can
 * tell apart.
 */
final class Charts {
  /** Okabe and Ito's palette without its yellow, which is too pale on white. */
  private static final Color[] PALETTE = {
    new Color(0x0072B2),
    new Color(0xD55E00),
    new Color(0x009E73),
    new Color(0xCC79A7),
    new Color(0x56B4E9)
  };

  private static final int WIDTH = 560;
  private static final int HEIGHT = 400;

  /** The map of the focal plane: its place in the picture and its bins. */
  private static final int MAP_LEFT = 110;

  private static final int MAP_TOP = 38;
  private static final int MAP_SIDE = 304;
  private static final int MAP_BINS = 16;
  private static final int FEWEST_IN_BIN = 5;

  /** Opacity of points: few are dark, many are pale. */
  private static final int MIN_ALPHA = 70;

  private static final int MAX_ALPHA = 200;
  private static final int INK = 60_000;

  private Charts() {}

  /** One named set of points of a scatter chart. */
  record Points(String name, double[] x, double[] y) {}

  /**
   * Scatter of points with running medians drawn as a line, axes fixed when given as {xMin, xMax,
   * yMin, yMax}.
   */
  static byte[] scatterWithMedians(
      String title, String xLabel, String yLabel, List<Points> sets, double[] range, int bins) {
    XYChart chart = chart(title, xLabel, yLabel, range);
    points(chart, sets, range);
    int color = 0;
    for (Points set : sets) {
      if (inside(set, range).x().length > 0) {
        Points medians = runningMedian(set, range[0], range[1], bins);
        Color tone = PALETTE[color++ % PALETTE.length];
        if (medians.x().length > 1) {
          line(chart, new Points(set.name() + " median", medians.x(), medians.y()), tone);
        }
      }
    }
    return png(chart);
  }

  /** Scatter of points with lines of their own over them. */
  static byte[] scatterWithLines(
      String title,
      String xLabel,
      String yLabel,
      List<Points> sets,
      List<Points> lines,
      double[] range) {
    XYChart chart = chart(title, xLabel, yLabel, range);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNW);
    int color = points(chart, sets, range);
    for (Points line : lines) {
      line(chart, line, PALETTE[color++ % PALETTE.length]);
    }
    return png(chart);
  }

  /** Scatter with a logarithmic y axis and one line. */
  static byte[] logScatter(
      String title, String xLabel, String yLabel, List<Points> sets, Points line, double[] range) {
    XYChart chart = chart(title, xLabel, yLabel, range);
    chart.getStyler().setYAxisLogarithmic(true);
    chart.getStyler().setLegendPosition(LegendPosition.InsideNW);
    points(chart, sets, range);
    line(chart, line, Color.DARK_GRAY);
    return png(chart);
  }

  /** A named set of values with errors. */
  record Bars(String name, double[] x, double[] y, double[] err) {}

  /**
   * Values with errors over a logarithmic x axis, and lines, of which the legend names the first.
   */
  static byte[] errorBars(
      String title,
      String xLabel,
      String yLabel,
      List<Bars> sets,
      List<Points> lines,
      double[] range) {
    XYChart chart = chart(title, xLabel, yLabel, range);
    chart.getStyler().setXAxisLogarithmic(true);
    chart.getStyler().setErrorBarsColorSeriesColor(true);
    int color = 0;
    for (Bars set : sets) {
      if (set.x().length > 0) {
        var series = chart.addSeries(set.name(), set.x(), set.y(), set.err());
        series.setLineStyle(SeriesLines.NONE);
        series.setMarker(SeriesMarkers.CIRCLE);
        series.setMarkerColor(PALETTE[color % PALETTE.length]);
        series.setLineColor(PALETTE[color++ % PALETTE.length]);
      }
    }
    boolean isNamed = true;
    for (Points line : lines) {
      line(chart, line, Color.DARK_GRAY).setShowInLegend(isNamed);
      isNamed = false;
    }
    return png(chart);
  }

  /** Adds the points of each set that are in range; returns the number of colours used. */
  private static int points(XYChart chart, List<Points> sets, double[] range) {
    int color = 0;
    for (Points set : sets) {
      Points visible = inside(set, range);
      if (visible.x().length > 0) {
        Color tone = PALETTE[color++ % PALETTE.length];
        var points =
            chart.addSeries(set.name() + " (n = " + set.x().length + ")", visible.x(), visible.y());
        points.setLineStyle(SeriesLines.NONE);
        points.setMarker(SeriesMarkers.CIRCLE);
        int alpha = Math.max(MIN_ALPHA, Math.min(MAX_ALPHA, INK / visible.x().length));
        points.setMarkerColor(new Color(tone.getRed(), tone.getGreen(), tone.getBlue(), alpha));
      }
    }
    return color;
  }

  private static XYSeries line(XYChart chart, Points line, Color color) {
    var series = chart.addSeries(line.name(), line.x(), line.y());
    series.setMarker(SeriesMarkers.NONE);
    series.setLineColor(color);
    series.setLineStyle(new BasicStroke(2.5f));
    return series;
  }

  /** Plain scatter with equal axes. */
  static byte[] scatter(
      String title, String xLabel, String yLabel, List<Points> sets, double[] range) {
    return scatterWithMedians(title, xLabel, yLabel, sets, range, 0);
  }

  private static XYChart chart(String title, String xLabel, String yLabel, double[] range) {
    XYChart chart =
        new XYChartBuilder()
            .width(WIDTH)
            .height(HEIGHT)
            .title(title)
            .xAxisTitle(xLabel)
            .yAxisTitle(yLabel)
            .build();
    XYStyler style = chart.getStyler();
    style.setChartBackgroundColor(Color.WHITE);
    style.setPlotGridLinesColor(new Color(0xE0E0E0));
    style.setPlotBorderVisible(false);
    style.setMarkerSize(4);
    style.setLegendPosition(LegendPosition.InsideNE);
    style.setLegendBorderColor(new Color(0xD0D0D0));
    style.setXAxisMin(range[0]);
    style.setXAxisMax(range[1]);
    style.setYAxisMin(range[2]);
    style.setYAxisMax(range[3]);
    style.setChartTitleFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    style.setAntiAlias(true);
    return chart;
  }

  private static Points inside(Points set, double[] range) {
    List<double[]> kept = new ArrayList<>();
    for (int i = 0; i < set.x().length; i++) {
      double x = set.x()[i];
      double y = set.y()[i];
      if (x >= range[0] && x <= range[1] && y >= range[2] && y <= range[3]) {
        kept.add(new double[] {x, y});
      }
    }
    int step = Math.max(1, kept.size() / 4000);
    List<double[]> shown = new ArrayList<>();
    for (int i = 0; i < kept.size(); i += step) {
      shown.add(kept.get(i));
    }
    return new Points(
        set.name(),
        shown.stream().mapToDouble(p -> p[0]).toArray(),
        shown.stream().mapToDouble(p -> p[1]).toArray());
  }

  private static Points runningMedian(Points set, double from, double to, int bins) {
    List<Double> x = new ArrayList<>();
    List<Double> y = new ArrayList<>();
    for (int bin = 0; bin < bins; bin++) {
      double low = from + (to - from) * bin / bins;
      double high = from + (to - from) * (bin + 1) / bins;
      double[] values = new double[set.x().length];
      int n = 0;
      for (int i = 0; i < set.x().length; i++) {
        if (set.x()[i] >= low && set.x()[i] < high && Double.isFinite(set.y()[i])) {
          values[n++] = set.y()[i];
        }
      }
      if (n >= 5) {
        x.add((low + high) / 2);
        y.add(median(Arrays.copyOf(values, n)));
      }
    }
    return new Points(
        set.name(),
        x.stream().mapToDouble(Double::doubleValue).toArray(),
        y.stream().mapToDouble(Double::doubleValue).toArray());
  }

  static double median(double[] values) {
    if (values.length == 0) {
      return Double.NaN;
    }
    double[] sorted = values.clone();
    Arrays.sort(sorted);
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle]);
  }

  /**
   * A map over the focal plane: the median of z in square bins of (x, y), blue below zero, red
   * above, white at zero, with axes in arcsec about the boresight and a colour bar. Bins with fewer
   * than {@value #FEWEST_IN_BIN} values are gray.
   */
  static byte[] focalPlaneMap(
      String title, String unit, double[] x, double[] y, double[] z, double limit) {
    double half = Math.max(reach(x), reach(y));
    double[][] medians = binnedMedians(x, y, z, half);
    BufferedImage image = new BufferedImage(WIDTH, HEIGHT, BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, HEIGHT);
    g.setColor(Color.BLACK);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    g.drawString(title, (WIDTH - g.getFontMetrics().stringWidth(title)) / 2, 22);
    int side = MAP_SIDE / MAP_BINS;
    for (int row = 0; row < MAP_BINS; row++) {
      for (int column = 0; column < MAP_BINS; column++) {
        g.setColor(diverging(medians[row][column] / limit));
        g.fillRect(MAP_LEFT + column * side, MAP_TOP + (MAP_BINS - 1 - row) * side, side, side);
      }
    }
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    mapAxes(g, half);
    colorBar(g, MAP_LEFT + MAP_SIDE + 24, MAP_TOP, MAP_SIDE, limit, unit);
    g.dispose();
    return png(image);
  }

  /** Frame, ticks and labels of a map whose middle is 0 and whose edges are half away. */
  private static void mapAxes(Graphics2D g, double half) {
    g.setColor(Color.BLACK);
    g.drawRect(MAP_LEFT, MAP_TOP, MAP_SIDE, MAP_SIDE);
    double decade = Math.pow(10, Math.floor(Math.log10(half)));
    double step = half < 2 * decade ? decade / 2 : half < 5 * decade ? decade : 2 * decade;
    int bottom = MAP_TOP + MAP_SIDE;
    for (int k = (int) -Math.floor(half / step); k * step <= half; k++) {
      int offset = (int) Math.round(MAP_SIDE * (k * step + half) / (2 * half));
      String text = "%.4g".formatted(k * step).replaceAll("\\.0+$", "");
      int width = g.getFontMetrics().stringWidth(text);
      g.drawLine(MAP_LEFT + offset, bottom, MAP_LEFT + offset, bottom + 5);
      g.drawString(text, MAP_LEFT + offset - width / 2, bottom + 19);
      g.drawLine(MAP_LEFT - 5, bottom - offset, MAP_LEFT, bottom - offset);
      g.drawString(text, MAP_LEFT - 9 - width, bottom - offset + 4);
    }
    String label = "x in the focal plane [arcsec]";
    g.drawString(
        label, MAP_LEFT + (MAP_SIDE - g.getFontMetrics().stringWidth(label)) / 2, bottom + 38);
    AffineTransform upright = g.getTransform();
    g.rotate(-Math.PI / 2);
    String y = "y [arcsec]";
    g.drawString(
        y, -(MAP_TOP + MAP_SIDE / 2 + g.getFontMetrics().stringWidth(y) / 2), MAP_LEFT - 48);
    g.setTransform(upright);
  }

  /** The largest distance from 0; 1 of none. */
  private static double reach(double[] values) {
    double reach = Arrays.stream(values).filter(Double::isFinite).map(Math::abs).max().orElse(1);
    return reach > 0 ? reach : 1;
  }

  private static double[][] binnedMedians(double[] x, double[] y, double[] z, double half) {
    List<List<Double>> bins = new ArrayList<>();
    for (int i = 0; i < MAP_BINS * MAP_BINS; i++) {
      bins.add(new ArrayList<>());
    }
    for (int i = 0; i < x.length; i++) {
      if (Double.isFinite(x[i]) && Double.isFinite(y[i]) && Double.isFinite(z[i])) {
        bins.get(mapBin(y[i], half) * MAP_BINS + mapBin(x[i], half)).add(z[i]);
      }
    }
    double[][] medians = new double[MAP_BINS][MAP_BINS];
    for (int k = 0; k < bins.size(); k++) {
      List<Double> values = bins.get(k);
      medians[k / MAP_BINS][k % MAP_BINS] =
          values.size() < FEWEST_IN_BIN
              ? Double.NaN
              : median(values.stream().mapToDouble(Double::doubleValue).toArray());
    }
    return medians;
  }

  private static int mapBin(double value, double half) {
    return (int) Math.min(MAP_BINS - 1, MAP_BINS * (value + half) / (2 * half));
  }

  /** Blue below zero, white at zero, red above; gray where there is no value. */
  static Color diverging(double t) {
    if (!Double.isFinite(t)) {
      return new Color(0xEEEEEE);
    }
    double s = Math.max(-1, Math.min(1, t));
    double fade = 1 - Math.abs(s);
    return s < 0
        ? new Color((float) fade, (float) (0.45 + 0.55 * fade), (float) (0.7 + 0.3 * fade))
        : new Color((float) (0.84 + 0.16 * fade), (float) (0.37 + 0.63 * fade), (float) fade);
  }

  private static void colorBar(Graphics2D g, int x, int y, int height, double limit, String unit) {
    for (int i = 0; i < height; i++) {
      g.setColor(diverging(1 - 2.0 * i / height));
      g.fillRect(x, y + i, 16, 1);
    }
    g.setColor(Color.BLACK);
    g.drawRect(x, y, 16, height);
    g.drawString("+%.3g %s".formatted(limit, unit), x + 22, y + 10);
    g.drawString("0", x + 22, y + height / 2 + 4);
    g.drawString("-%.3g %s".formatted(limit, unit), x + 22, y + height);
  }

  private static byte[] png(XYChart chart) {
    try {
      return BitmapEncoder.getBitmapBytes(chart, BitmapFormat.PNG);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static byte[] png(BufferedImage image) {
    try (ByteArrayOutputStream out = new ByteArrayOutputStream()) {
      ImageIO.write(image, "png", out);
      return out.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
