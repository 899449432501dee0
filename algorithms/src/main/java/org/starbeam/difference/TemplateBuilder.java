package org.starbeam.difference;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.coadd.CellKey;
import org.starbeam.coadd.CellPsf;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.sky.Wcs;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.PixelMap;
import org.starbeam.warp.TransformGrid;
import org.starbeam.warp.WarpSource;

/**
 * The template of one detector from every overlapping patch of every overlapping tract (specs/03
 * sections 6.2 and 6.3). The patches of a tract share their pixels where they overlap and are laid
 * beside each other; the tract is warped to the detector's grid; across tracts {@code T = sum a_t
 * T_t / sum a_t}, where a_t rises as a smooth step from 0 at 20 tract pixels inside the tract's
 * border to 1 at 320. The variance has the same weights, not their squares, because the tracts
 * share their inputs. Sums run over tracts in the order of their numbers, in double.
 *
 * <p>Cost: one Lanczos warp per tract; three images of the box in memory.
 */
public final class TemplateBuilder {
  /**
   * @param border pixels around the detector that are made as well
   * @param edge tract pixels at a tract's border that are not used
   * @param blend tract pixels over which a tract fades
   * @param psfStep side of the squares of tract pixels that share a PSF where the coadd has no
   *     cells
   * @param psfRadius half width of its stamps
   * @param minCoverage smallest share of the detector with a template
   * @param varianceBin side of the bins of HIGH_VARIANCE
   * @param varianceExcess variance of a bin over the median of the image
   */
  public record Config(
      int border,
      double edge,
      double blend,
      double psfStep,
      int psfRadius,
      double minCoverage,
      int varianceBin,
      double varianceExcess)
      implements Serializable {
    public static Config defaults() {
      return new Config(20, 20, 300, 128, 20, 0.1, 32, 4);
    }
  }

  /**
   * Part of a coadd that may cover the detector.
   *
   * @param tract number of the tract
   * @param patch number of the patch
   * @param pixels in tract pixels; may be a cut-out
   * @param wcs of the tract
   * @param tractBox all pixels of the tract
   * @param inner the patch's own pixels
   * @param psf PSF in tract pixels
   * @param noise correlation of the pixels
   * @param own cells of which the visit is an input
   */
  public record Piece(
      int tract,
      int patch,
      MaskedImage pixels,
      Wcs wcs,
      Box tractBox,
      Box inner,
      PsfModel psf,
      NoiseCorrelation noise,
      Set<CellKey> own) {}

  /**
   * A template.
   *
   * @param pixels on the detector's grid, box grown by the border; NO_DATA where there is none
   * @param psf on the detector
   * @param noise correlation of the noise, also with the visit's
   * @param coverage share of the detector with data
   * @param tracts the tracts it was made from
   */
  public record Template(
      MaskedImage pixels,
      TemplatePsf psf,
      TemplateNoise noise,
      double coverage,
      List<Integer> tracts) {}

  private static final int DISTANCE_STEP = 16;
  private static final int PSF_BLOCK = 8;
  private static final double LEAST_WEIGHT = 1e-6;

  private final Config config;
  private final LanczosWarper warper;

  public TemplateBuilder(Config config, LanczosWarper warper) {
    this.config = config;
    this.warper = warper;
  }

  /** Pixels of a tract around a detector's outline that the template depends on. */
  public int margin() {
    return config.border + warper.margin();
  }

  /** One tract, laid out and warped. */
  private record Layer(
      int tract, PixelMap map, List<Piece> pieces, MaskedImage warped, double[] weight) {}

  /** Part of a coadd that has one PSF: a cell of a patch, or a square of a continuous model. */
  private record Zone(int patch, int cx, int cy) {}

  /**
   * Builds the template.
   *
   * @param detector box of the science image
   * @param wcs its WCS
   * @param pieces in any order
   * @throws AlgorithmException NO_TEMPLATE when too little of the detector is covered
   */
  public Template build(Box detector, Wcs wcs, List<Piece> pieces) {
    Box box = detector.grow(config.border);
    TreeMap<Integer, List<Piece>> byTract = new TreeMap<>();
    pieces.stream()
        .sorted(Comparator.comparingInt(Piece::patch))
        .forEach(p -> byTract.computeIfAbsent(p.tract, t -> new ArrayList<>()).add(p));
    List<Layer> layers = new ArrayList<>();
    for (List<Piece> tract : byTract.values()) {
      layers.add(layer(box, wcs, tract));
    }
    MaskedImage out = combined(box, layers);
    double coverage = coverage(out.view(detector));
    if (coverage < config.minCoverage) {
      throw new AlgorithmException(
          "NO_TEMPLATE",
          String.format(
              java.util.Locale.ROOT,
              "the template covers %.1f %% of the detector, needed are %.0f %%",
              100 * coverage,
              100 * config.minCoverage));
    }
    markHighVariance(out);
    return new Template(
        out,
        psf(detector, layers),
        noise(detector, layers),
        coverage,
        layers.stream().map(Layer::tract).toList());
  }

  /** The noise of the tract and patch in the middle of the detector, and the visit's own cells. */
  private TemplateNoise noise(Box detector, List<Layer> layers) {
    double x = detector.x0() + (detector.width() - 1) / 2.0;
    double y = detector.y0() + (detector.height() - 1) / 2.0;
    Layer layer =
        layers.stream()
            .max(Comparator.comparingDouble(l -> l.weight[l.weight.length / 2]))
            .orElseThrow();
    double[] q = new double[2];
    layer.map.apply(x, y, q);
    boolean some = layers.stream().flatMap(l -> l.pieces.stream()).anyMatch(p -> !p.own.isEmpty());
    return TemplateNoise.resampled(
        nearest(layer.pieces, q).noise,
        warper.order(),
        layer.map.jacobian(x, y),
        some ? own(detector, layers) : null);
  }

  /** Share of the tracts, by weight, of which the visit is an input; equal in each block. */
  private static ImageF own(Box detector, List<Layer> layers) {
    int nx = TemplatePsf.blocks(detector.width(), PSF_BLOCK);
    int blocks = nx * TemplatePsf.blocks(detector.height(), PSF_BLOCK);
    double[] share = new double[blocks];
    double[] sum = new double[blocks];
    for (Layer layer : layers) {
      float[] weight = weights(detector, layers, layer, nx, blocks);
      for (int k = 0; k < blocks; k++) {
        sum[k] += weight[k];
        share[k] += weight[k] > 0 && isOwn(layer, centre(detector, k, nx)) ? weight[k] : 0;
      }
    }
    ImageF out = new ImageF(detector);
    for (int y = 0; y < detector.height(); y++) {
      for (int x = 0; x < detector.width(); x++) {
        int k = y / PSF_BLOCK * nx + x / PSF_BLOCK;
        out.data[y * detector.width() + x] = (float) (share[k] / sum[k]);
      }
    }
    return out;
  }

  private static boolean isOwn(Layer layer, int[] place) {
    double[] q = new double[2];
    layer.map.apply(place[0], place[1], q);
    Piece piece = nearest(layer.pieces, q);
    return piece.psf instanceof CellPsf cells && piece.own.contains(cells.cellAt(q[0], q[1]));
  }

  private Layer layer(Box box, Wcs wcs, List<Piece> pieces) {
    Piece first = pieces.get(0);
    PixelMap map = PixelMap.between(wcs, first.wcs);
    TransformGrid grid = TransformGrid.of(map, box, TransformGrid.Config.defaults());
    Box need = grid.sourceBounds(box).grow(warper.margin());
    MaskedImage canvas = laidOut(need, pieces);
    MaskedImage warped = warper.warp(WarpSource.of(canvas), grid, box).pixels();
    return new Layer(first.tract, map, pieces, warped, weights(box, map, first.tractBox));
  }

  /** The patches side by side: own pixels first, then what neighbours show of theirs. */
  private static MaskedImage laidOut(Box box, List<Piece> pieces) {
    MaskedImage canvas = new MaskedImage(box);
    canvas.mask().fill(MaskPlanes.NO_DATA);
    canvas.variance().fill(Float.POSITIVE_INFINITY);
    for (Piece p : pieces) {
      copy(p.pixels, p.inner.intersect(box), canvas, false);
    }
    for (Piece p : pieces) {
      copy(p.pixels, box, canvas, true);
    }
    return canvas;
  }

  private static void copy(MaskedImage from, Box box, MaskedImage to, boolean onlyEmpty) {
    Box part = from.box().intersect(box);
    for (int y = part.y0(); y < part.y1(); y++) {
      for (int x = part.x0(); x < part.x1(); x++) {
        int at = to.mask().index(x, y);
        if (!onlyEmpty || (to.mask().data[at] & MaskPlanes.NO_DATA) != 0) {
          to.image().data[at] = from.image().get(x, y);
          to.mask().data[at] = from.mask().get(x, y);
          to.variance().data[at] = from.variance().get(x, y);
        }
      }
    }
  }

  /** a_t per pixel, from the distance to the tract's border on a coarse grid. */
  private double[] weights(Box box, PixelMap map, Box tract) {
    int nx = (box.width() - 1) / DISTANCE_STEP + 2;
    int ny = (box.height() - 1) / DISTANCE_STEP + 2;
    double[] nodes = new double[nx * ny];
    double[] q = new double[2];
    for (int j = 0; j < ny; j++) {
      for (int i = 0; i < nx; i++) {
        map.apply(box.x0() + i * DISTANCE_STEP, box.y0() + j * DISTANCE_STEP, q);
        nodes[j * nx + i] = distance(q, tract);
      }
    }
    double[] out = new double[box.area()];
    for (int y = 0; y < box.height(); y++) {
      int j = y / DISTANCE_STEP;
      double v = (y - j * DISTANCE_STEP) / (double) DISTANCE_STEP;
      for (int x = 0; x < box.width(); x++) {
        int i = x / DISTANCE_STEP;
        double u = (x - i * DISTANCE_STEP) / (double) DISTANCE_STEP;
        int k = j * nx + i;
        double low = nodes[k] + u * (nodes[k + 1] - nodes[k]);
        double high = nodes[k + nx] + u * (nodes[k + nx + 1] - nodes[k + nx]);
        out[y * box.width() + x] = step(low + v * (high - low));
      }
    }
    return out;
  }

  private static double distance(double[] q, Box tract) {
    if (Double.isNaN(q[0])) {
      return Double.NEGATIVE_INFINITY;
    }
    double dx = Math.min(q[0] - (tract.x0() - 0.5), tract.x1() - 0.5 - q[0]);
    double dy = Math.min(q[1] - (tract.y0() - 0.5), tract.y1() - 0.5 - q[1]);
    return Math.min(dx, dy);
  }

  private double step(double distance) {
    double u = (distance - config.edge) / config.blend;
    double smooth = !(u > 0) ? 0 : u >= 1 ? 1 : u * u * (3 - 2 * u);
    return Math.max(LEAST_WEIGHT, smooth);
  }

  private static MaskedImage combined(Box box, List<Layer> layers) {
    MaskedImage out = new MaskedImage(box);
    for (int i = 0; i < box.area(); i++) {
      double weight = 0;
      double image = 0;
      double variance = 0;
      int bits = 0;
      for (Layer layer : layers) {
        int mask = layer.warped.mask().data[i];
        if ((mask & MaskPlanes.NO_DATA) == 0) {
          double a = layer.weight[i];
          weight += a;
          image += a * layer.warped.image().data[i];
          variance += a * layer.warped.variance().data[i];
          bits |= a > LEAST_WEIGHT ? mask : 0;
        }
      }
      boolean some = weight > 0;
      out.image().data[i] = some ? (float) (image / weight) : 0;
      out.variance().data[i] = some ? (float) (variance / weight) : Float.POSITIVE_INFINITY;
      out.mask().data[i] = some ? bits : MaskPlanes.NO_DATA;
    }
    return out;
  }

  private static double coverage(MaskedImage view) {
    Box box = view.box();
    int n = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        n += (view.mask().get(x, y) & MaskPlanes.NO_DATA) == 0 ? 1 : 0;
      }
    }
    return n / (double) box.area();
  }

  private void markHighVariance(MaskedImage image) {
    float[] all = new float[image.box().area()];
    int n = 0;
    for (float v : image.variance().data) {
      if (Float.isFinite(v)) {
        all[n++] = v;
      }
    }
    if (n < 0.1 * all.length) {
      return;
    }
    double limit = config.varianceExcess * ClippedStatistics.median(Arrays.copyOf(all, n));
    Box box = image.box();
    for (int y = box.y0(); y < box.y1(); y += config.varianceBin) {
      for (int x = box.x0(); x < box.x1(); x += config.varianceBin) {
        Box bin = new Box(x, y, config.varianceBin, config.varianceBin).intersect(box);
        if (ClippedStatistics.median(finite(image, bin)) > limit) {
          setPlane(image, bin);
        }
      }
    }
  }

  private static float[] finite(MaskedImage image, Box bin) {
    float[] out = new float[bin.area()];
    int n = 0;
    for (int y = bin.y0(); y < bin.y1(); y++) {
      for (int x = bin.x0(); x < bin.x1(); x++) {
        float v = image.variance().get(x, y);
        if (Float.isFinite(v)) {
          out[n++] = v;
        }
      }
    }
    return Arrays.copyOf(out, n);
  }

  private static void setPlane(MaskedImage image, Box bin) {
    for (int y = bin.y0(); y < bin.y1(); y++) {
      for (int x = bin.x0(); x < bin.x1(); x++) {
        image.mask().data[image.mask().index(x, y)] |= MaskPlanes.HIGH_VARIANCE;
      }
    }
  }

  /** Zones of the tracts by blocks of the detector; the stamp of a zone is warped at its middle. */
  private TemplatePsf psf(Box detector, List<Layer> layers) {
    int nx = TemplatePsf.blocks(detector.width(), PSF_BLOCK);
    int blocks = nx * TemplatePsf.blocks(detector.height(), PSF_BLOCK);
    List<TemplatePsf.Layer> out = new ArrayList<>();
    List<ImageD> stamps = new ArrayList<>();
    for (Layer layer : layers) {
      float[] weight = weights(detector, layers, layer, nx, blocks);
      Map<Zone, List<Integer>> members = new LinkedHashMap<>();
      for (int k = 0; k < blocks; k++) {
        if (weight[k] > 0) {
          members
              .computeIfAbsent(zone(layer, centre(detector, k, nx)), z -> new ArrayList<>())
              .add(k);
        }
      }
      int[] zones = new int[blocks];
      for (List<Integer> of : members.values()) {
        of.forEach(k -> zones[k] = stamps.size());
        stamps.add(stamp(layer, middle(of.stream().map(k -> centre(detector, k, nx)).toList())));
      }
      out.add(new TemplatePsf.Layer(zones, weight));
    }
    return new TemplatePsf(detector, PSF_BLOCK, out, stamps);
  }

  private static int[] centre(Box box, int block, int nx) {
    return new int[] {
      Math.min(box.x1() - 1, box.x0() + block % nx * PSF_BLOCK + PSF_BLOCK / 2),
      Math.min(box.y1() - 1, box.y0() + block / nx * PSF_BLOCK + PSF_BLOCK / 2)
    };
  }

  private Zone zone(Layer layer, int[] place) {
    double[] q = new double[2];
    layer.map.apply(place[0], place[1], q);
    Piece piece = nearest(layer.pieces, q);
    if (piece.psf instanceof CellPsf cells) {
      CellKey cell = cells.cellAt(q[0], q[1]);
      return new Zone(piece.patch, cell.cx(), cell.cy());
    }
    return new Zone(
        piece.patch,
        (int) Math.floor(q[0] / config.psfStep),
        (int) Math.floor(q[1] / config.psfStep));
  }

  /** The place that is nearest to the mean of all. */
  private static int[] middle(List<int[]> places) {
    double x = places.stream().mapToInt(p -> p[0]).average().orElseThrow();
    double y = places.stream().mapToInt(p -> p[1]).average().orElseThrow();
    return places.stream()
        .min(Comparator.comparingDouble(p -> Math.hypot(p[0] - x, p[1] - y)))
        .orElseThrow();
  }

  private ImageD stamp(Layer layer, int[] place) {
    double[] q = new double[2];
    layer.map.apply(place[0], place[1], q);
    PsfModel psf = nearest(layer.pieces, q).psf;
    return warper.warpPsf(psf, layer.map, place[0], place[1], config.psfRadius);
  }

  /** Weights of a tract at the centres of the blocks; 0 where only others have data. */
  private static float[] weights(
      Box detector, List<Layer> layers, Layer layer, int nx, int blocks) {
    float[] out = new float[blocks];
    for (int k = 0; k < blocks; k++) {
      int[] at = centre(detector, k, nx);
      boolean any = layers.stream().anyMatch(l -> hasData(l, at));
      Box box = layer.warped.box();
      int i = (at[1] - box.y0()) * box.width() + at[0] - box.x0();
      out[k] = hasData(layer, at) || !any ? (float) layer.weight[i] : 0;
    }
    return out;
  }

  private static boolean hasData(Layer layer, int[] at) {
    return (layer.warped.mask().get(at[0], at[1]) & MaskPlanes.NO_DATA) == 0;
  }

  /** The piece whose own pixels hold a position, or the nearest one. */
  private static Piece nearest(List<Piece> pieces, double[] q) {
    Piece best = pieces.get(0);
    double smallest = Double.POSITIVE_INFINITY;
    for (Piece p : pieces) {
      double dx = Math.max(0, Math.max(p.inner.x0() - q[0], q[0] - (p.inner.x1() - 1)));
      double dy = Math.max(0, Math.max(p.inner.y0() - q[1], q[1] - (p.inner.y1() - 1)));
      if (dx + dy < smallest) {
        smallest = dx + dy;
        best = p;
      }
    }
    return best;
  }
}
