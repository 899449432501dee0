package org.starbeam.pipelines.report;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
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
  private static final double VALUES_PER_BIN = 12;
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
   * above, white at zero, with a colour bar. Bins are as large as to hold a dozen values on
   * average; those with fewer than {@value #FEWEST_IN_BIN} are gray. The picture is as high as the
   * map needs.
   */
  static byte[] focalPlaneMap(
      String title, String unit, double[] x, double[] y, double[] z, double limit) {
    double[] box = extent(x, y);
    double width = box[1] - box[0];
    double height = box[3] - box[2];
    int columns =
        (int)
            Math.max(
                4, Math.min(24, Math.round(Math.sqrt(x.length / VALUES_PER_BIN * width / height))));
    double size = Math.max(width / columns, height / 24);
    int rows = (int) Math.ceil(height / size - 1e-9);
    double[][] medians = binnedMedians(x, y, z, box, size, columns, rows);
    int side = Math.min((HEIGHT - 90) / rows, (WIDTH - 190) / columns);
    int left = 70;
    int top = 40;
    BufferedImage image =
        new BufferedImage(WIDTH, Math.max(220, top + side * rows + 50), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = image.createGraphics();
    g.setRenderingHint(
        RenderingHints.KEY_TEXT_ANTIALIASING, RenderingHints.VALUE_TEXT_ANTIALIAS_ON);
    g.setColor(Color.WHITE);
    g.fillRect(0, 0, WIDTH, image.getHeight());
    g.setColor(Color.BLACK);
    g.setFont(new Font(Font.SANS_SERIF, Font.BOLD, 14));
    g.drawString(title, (WIDTH - g.getFontMetrics().stringWidth(title)) / 2, 22);
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        double median = medians[row][column];
        g.setColor(Double.isNaN(median) ? Color.LIGHT_GRAY : diverging(median / limit));
        g.fillRect(left + column * side, top + (rows - 1 - row) * side, side, side);
      }
    }
    mapAxes(g, box, left, top, side * columns, side * rows);
    colorBar(g, left + columns * side + 24, top, Math.max(100, side * rows), limit, unit);
    g.dispose();
    return png(image);
  }

  private static void mapAxes(
      Graphics2D g, double[] box, int left, int top, int width, int height) {
    g.setFont(new Font(Font.SANS_SERIF, Font.PLAIN, 12));
    g.setColor(Color.BLACK);
    g.drawRect(left, top, width, height);
    String[] ends = new String[box.length];
    for (int k = 0; k < ends.length; k++) {
      ends[k] = "%.0f".formatted(box[k]);
    }
    int below = top + height + 16;
    g.drawString(ends[0], left, below);
    drawRight(g, ends[1], left + width, below);
    String name = "x [arcsec]";
    g.drawString(name, left + (width - g.getFontMetrics().stringWidth(name)) / 2, below);
    drawRight(g, ends[3], left - 6, top + 12);
    drawRight(g, ends[2], left - 6, top + height);
    drawRight(g, "y", left - 6, top + height / 2 + 4);
  }

  private static void drawRight(Graphics2D g, String text, int right, int y) {
    g.drawString(text, right - g.getFontMetrics().stringWidth(text), y);
  }

  private static double[] extent(double[] x, double[] y) {
    double[] box = {
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY,
      Double.POSITIVE_INFINITY,
      Double.NEGATIVE_INFINITY
    };
    for (int i = 0; i < x.length; i++) {
      box[0] = Math.min(box[0], x[i]);
      box[1] = Math.max(box[1], x[i]);
      box[2] = Math.min(box[2], y[i]);
      box[3] = Math.max(box[3], y[i]);
    }
    return x.length == 0 || box[1] <= box[0] || box[3] <= box[2] ? new double[] {0, 1, 0, 1} : box;
  }

  private static double[][] binnedMedians(
      double[] x, double[] y, double[] z, double[] box, double size, int columns, int rows) {
    List<List<Double>> bins = new ArrayList<>();
    for (int i = 0; i < columns * rows; i++) {
      bins.add(new ArrayList<>());
    }
    for (int i = 0; i < x.length; i++) {
      int column = Math.min(columns - 1, (int) ((x[i] - box[0]) / size));
      int row = Math.min(rows - 1, (int) ((y[i] - box[2]) / size));
      if (Double.isFinite(z[i])) {
        bins.get(row * columns + column).add(z[i]);
      }
    }
    double[][] medians = new double[rows][columns];
    for (int row = 0; row < rows; row++) {
      for (int column = 0; column < columns; column++) {
        List<Double> values = bins.get(row * columns + column);
        medians[row][column] =
            values.size() < FEWEST_IN_BIN
                ? Double.NaN
                : median(values.stream().mapToDouble(Double::doubleValue).toArray());
      }
    }
    return medians;
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
