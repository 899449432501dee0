package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.sky.Tract;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.PixelMap;
import org.starbeam.warp.TransformGrid;
import org.starbeam.warp.Warp;
import org.starbeam.warp.WarpSource;

/**
 * Coadds of a block of cells from the detector images that cover it (specs/03 sections 2 to 4), in
 * two passes: first every input is warped, binned and smoothed, and artifacts are found; then every
 * input is added to the accumulators of its cells without them. Warps of the first pass are kept up
 * to a memory limit, the others are made again; the result is the same.
 *
 * <p>The result is a function of the set of inputs, not of their order.
 */
public final class BlockCoadder {
  /**
   * Defaults of specs/03.
   *
   * @param warp resampling
   * @param grid interpolation of the transform
   * @param cell shape of cells
   * @param artifacts artifact finder
   * @param smoothingFwhmArcsec width of the Gaussian that warps are smoothed with for it
   * @param edgeGuard pixels by which a cell's inner box is grown in the edge-free rule
   * @param scratchMegabytes memory for warps between the passes
   */
  public record Config(
      LanczosWarper.Config warp,
      TransformGrid.Config grid,
      CellAccumulator.Config cell,
      ArtifactFinder.Config artifacts,
      double smoothingFwhmArcsec,
      int edgeGuard,
      int scratchMegabytes)
      implements java.io.Serializable {
    public static Config defaults() {
      return new Config(
          LanczosWarper.Config.defaults(),
          TransformGrid.Config.defaults(),
          CellAccumulator.Config.defaults(),
          ArtifactFinder.Config.defaults(),
          1.8,
          0,
          256);
    }
  }

  /**
   * The coadds of a block.
   *
   * @param cells the cells that have inputs
   * @param masks artifacts of the inputs, in the order of visit and detector
   */
  public record Result(Map<CellKey, CellCoadd> cells, List<ArtifactMask> masks) {}

  private static final double FWHM_PER_SIGMA = 2.3548;
  private static final int BYTES_PER_PIXEL = 13;

  private final Config config;
  private final LanczosWarper warper;

  public BlockCoadder(Config config) {
    this.config = config;
    this.warper = new LanczosWarper(config.warp());
  }

  /**
   * Coadds the cells of a box of cell indices.
   *
   * @param pixelScale of the tract, arcsec
   */
  public Result coadd(
      Tract tract, double pixelScale, Box cells, List<? extends CoaddSource> sources) {
    List<Member> members = new ArrayList<>();
    long scratch = config.scratchMegabytes() * 1_000_000L;
    for (CoaddSource source : inOrder(sources)) {
      Member member = Member.of(source, tract, cells, warper.order() + 1, config);
      if (member != null) {
        scratch -= (long) member.region.area() * BYTES_PER_PIXEL;
        member.keep = scratch > 0;
        members.add(member);
      }
    }
    List<ArtifactMask> masks = findArtifacts(members, pixelScale);
    return new Result(accumulate(tract, members, masks), masks);
  }

  private static List<CoaddSource> inOrder(List<? extends CoaddSource> sources) {
    List<CoaddSource> sorted = new ArrayList<>(sources);
    sorted.removeIf(s -> s.weight() <= 0);
    sorted.sort(
        Comparator.comparingLong(CoaddSource::visit).thenComparingInt(CoaddSource::detector));
    return sorted;
  }

  private List<ArtifactMask> findArtifacts(List<Member> members, double pixelScale) {
    double sigma = config.smoothingFwhmArcsec() / FWHM_PER_SIGMA / pixelScale;
    List<ArtifactFinder.Input> inputs = new ArrayList<>();
    Box all = Box.EMPTY;
    for (Member member : members) {
      Warp warp = warp(member);
      if (member.keep) {
        member.kept = warp;
      }
      SmoothedWarp smoothed = maker(sigma, pixelScale, member.source).make(warp);
      all = all.union(smoothed.box());
      CoaddSource source = member.source;
      inputs.add(
          new ArtifactFinder.Input(
              source.visit(),
              source.detector(),
              source.weight(),
              smoothed,
              source.psfSigma(),
              sigma));
    }
    return new ArtifactFinder(config.artifacts()).find(all, inputs);
  }

  private SmoothedWarp.Maker maker(double sigma, double pixelScale, CoaddSource source) {
    Box box = source.box();
    double area = source.wcs().pixelArea(0.5 * (box.x0() + box.x1()), 0.5 * (box.y0() + box.y1()));
    NoiseCorrelation correlation =
        NoiseCorrelation.lanczos(warper.order(), pixelScale / Math.sqrt(area));
    return new SmoothedWarp.Maker(sigma, correlation, source.statistics().noiseFactor());
  }

  private Warp warp(Member member) {
    Warp kept = member.kept;
    if (kept != null) {
      return kept;
    }
    Box needed = member.grid.sourceBounds(member.region);
    Box part = needed.grow(warper.margin()).intersect(member.source.box());
    return warper.warp(WarpSource.of(member.source.read(part)), member.grid, member.region);
  }

  private Map<CellKey, CellCoadd> accumulate(
      Tract tract, List<Member> members, List<ArtifactMask> masks) {
    Map<CellKey, CellAccumulator> accumulators = new TreeMap<>();
    for (Member member : members) {
      Warp warp = warp(member);
      member.kept = null;
      for (ArtifactMask mask : masks) {
        if (mask.visit() == member.source.visit() && mask.detector() == member.source.detector()) {
          mask.apply(warp.pixels().mask());
        }
      }
      for (CellKey key : member.cells) {
        CellChip chip = chip(tract, member, warp, key);
        if (chip != null) {
          accumulators.computeIfAbsent(key, k -> new CellAccumulator(config.cell())).add(chip);
        }
      }
    }
    Map<CellKey, CellCoadd> cells = new TreeMap<>();
    accumulators.forEach((key, accumulator) -> cells.put(key, accumulator.extract()));
    return cells;
  }

  /** The input's part of a cell; null when its PSF cannot be used there. */
  private @Nullable CellChip chip(Tract tract, Member member, Warp warp, CellKey key) {
    Box outer = tract.cellOuterBox(key.cx(), key.cy());
    int middle = config.cell().inner() / 2 + config.cell().border();
    int x = outer.x0() + middle;
    int y = outer.y0() + middle;
    ImageD psf;
    try {
      psf = warper.warpPsf(member.source.psf(), member.map, x, y, config.cell().psfSize() / 2);
    } catch (AlgorithmException e) {
      return null;
    }
    MaskedImage pixels = warp.pixels().view(outer);
    int width = warp.box().width();
    int offset = (outer.y0() - warp.box().y0()) * width + outer.x0() - warp.box().x0();
    return new CellChip(
        member.source.visit(),
        member.source.detector(),
        member.source.weight(),
        pixels,
        warp.maskedFraction(),
        offset,
        width,
        List.of(),
        psf,
        statistics(member, x, y),
        clippedArea(pixels));
  }

  private int clippedArea(MaskedImage pixels) {
    Box inner = pixels.box().grow(-config.cell().border());
    int clipped = MaskPlanes.CLIPPED | MaskPlanes.STREAK;
    int area = 0;
    for (int y = inner.y0(); y < inner.y1(); y++) {
      for (int x = inner.x0(); x < inner.x1(); x++) {
        area += (pixels.mask().get(x, y) & clipped) != 0 ? 1 : 0;
      }
    }
    return area;
  }

  /** The exposure's numbers with the PSF's moments turned into tract pixels: A M A', A = J^-1. */
  private static InputStatistics statistics(Member member, int x, int y) {
    double[] q = new double[2];
    member.map.apply(x, y, q);
    double[] j = member.map.jacobian(x, y);
    double[] m = member.source.psf().shape(q[0], q[1]);
    double det = j[0] * j[3] - j[1] * j[2];
    double a = j[3] / det;
    double b = -j[1] / det;
    double c = -j[2] / det;
    double d = j[0] / det;
    InputStatistics s = member.source.statistics();
    return new InputStatistics(
        s.mjd(),
        s.exposureTime(),
        s.fwhm(),
        s.airmass(),
        a * a * m[0] + 2 * a * b * m[2] + b * b * m[1],
        c * c * m[0] + 2 * c * d * m[2] + d * d * m[1],
        a * c * m[0] + (a * d + b * c) * m[2] + b * d * m[1],
        s.skyBackground(),
        s.skyNoise(),
        s.noiseFactor(),
        Math.sqrt(Math.abs(det)));
  }

  /** A source with its geometry on the block. */
  private static final class Member {
    final CoaddSource source;
    final PixelMap map;
    final TransformGrid grid;
    final List<CellKey> cells;
    final Box region;
    boolean keep;
    @Nullable Warp kept;

    private Member(
        CoaddSource source, PixelMap map, TransformGrid grid, List<CellKey> cells, Box region) {
      this.source = source;
      this.map = map;
      this.grid = grid;
      this.cells = cells;
      this.region = region;
    }

    /** Null when the source fills no cell. */
    static @Nullable Member of(
        CoaddSource source, Tract tract, Box cells, double shrink, Config config) {
      DetectorOutline outline = new DetectorOutline(tract, source.wcs(), source.box(), shrink);
      Box bounds = outline.bounds();
      List<CellKey> accepted = new ArrayList<>();
      Box region = Box.EMPTY;
      for (int cy = cells.y0(); cy < cells.y1(); cy++) {
        for (int cx = cells.x0(); cx < cells.x1(); cx++) {
          Box inner = tract.cellInnerBox(cx, cy).grow(config.edgeGuard());
          if (bounds.contains(inner) && outline.contains(inner)) {
            accepted.add(new CellKey(cx, cy));
            region = region.union(tract.cellOuterBox(cx, cy));
          }
        }
      }
      if (accepted.isEmpty()) {
        return null;
      }
      PixelMap map = PixelMap.between(tract.wcs(), source.wcs());
      TransformGrid grid = TransformGrid.of(map, bounds, config.grid());
      return new Member(source, map, grid, accepted, region);
    }
  }
}
