package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.GaussianWidth;
import org.starbeam.sky.Tract;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.Warp;
import org.starbeam.warp.WarpSource;

/** One block from a state and its inputs to the next state; see {@link BlockCoadder}. */
final class BlockFold {
  private static final int BYTES_PER_PIXEL = 13;

  private final BlockCoadder.Config config;
  private final LanczosWarper warper;
  private final ChipCutter cutter;
  private final Tract tract;
  private final double pixelScale;
  private final Box block;
  private final double smoothingSigma;
  private long scratch;
  private long smoothedScratch;
  private long warpedPixels;

  BlockFold(
      BlockCoadder.Config config, LanczosWarper warper, Tract tract, double pixelScale, Box block) {
    this.config = config;
    this.warper = warper;
    this.cutter = new ChipCutter(tract, warper, config.cell());
    this.tract = tract;
    this.pixelScale = pixelScale;
    this.block = block;
    this.smoothingSigma = config.smoothingFwhmArcsec() / GaussianWidth.FWHM_PER_SIGMA / pixelScale;
    this.scratch = config.scratchMegabytes() * 1_000_000L;
    this.smoothedScratch = scratch;
  }

  BlockCoadder.Result run(List<? extends CoaddSource> sources, BlockCoadder.Before before) {
    List<CoaddSource> now = inOrder(sources);
    boolean usable = !before.state().hasDuplicates() && !hasDuplicates(now);
    BlockState state = usable ? before.state() : BlockState.EMPTY;
    List<AccumulatedInput> gone = new ArrayList<>(state.inputs());
    List<FoldEntry> entries = new ArrayList<>();
    for (CoaddSource source : now) {
      AccumulatedInput known = known(state, source);
      if (known != null) {
        gone.remove(known);
      }
      entries.add(known == null ? open(source) : new FoldEntry(source, known, known));
    }
    List<ArtifactMask> masks = decideMasks(entries, before.masks());
    gone.removeIf(input -> input.cells().isEmpty());
    FoldPlan plan = new FoldPlan(tract, before, state, entries, gone);
    Map<CellKey, CellAccumulator> cells = new TreeMap<>(state.cells());
    Set<CellKey> touched = fold(plan, cells);
    Map<CellKey, CellCoadd> coadds = new TreeMap<>();
    cells.forEach((key, cell) -> coadds.put(key, cell.extract()));
    BlockState next = new BlockState(entries.stream().map(e -> e.input).toList(), cells);
    return new BlockCoadder.Result(
        coadds, masks, next, work(entries, gone.size(), plan, cells, touched));
  }

  private BlockCoadder.Work work(
      List<FoldEntry> entries,
      int retracted,
      FoldPlan plan,
      Map<CellKey, CellAccumulator> cells,
      Set<CellKey> touched) {
    touched.retainAll(cells.keySet());
    int kept = (int) entries.stream().filter(e -> e.known != null).count();
    int made = (int) touched.stream().filter(plan.anew()::contains).count();
    return new BlockCoadder.Work(
        kept,
        entries.size() - kept,
        retracted,
        plan.remasked(),
        warpedPixels,
        cells.size() - touched.size(),
        touched.size() - made,
        made);
  }

  private static List<CoaddSource> inOrder(List<? extends CoaddSource> sources) {
    List<CoaddSource> sorted = new ArrayList<>(sources);
    sorted.sort(
        Comparator.comparingLong(CoaddSource::visit)
            .thenComparingInt(CoaddSource::detector)
            .thenComparing(CoaddSource::content));
    return sorted;
  }

  private static boolean hasDuplicates(List<CoaddSource> sorted) {
    for (int i = 1; i < sorted.size(); i++) {
      CoaddSource a = sorted.get(i - 1);
      CoaddSource b = sorted.get(i);
      if (a.visit() == b.visit() && a.detector() == b.detector()) {
        return true;
      }
    }
    return false;
  }

  private static @Nullable AccumulatedInput known(BlockState state, CoaddSource source) {
    for (AccumulatedInput input : state.inputs()) {
      if (input.visit() == source.visit()
          && input.detector() == source.detector()
          && input.content().equals(source.content())) {
        return input;
      }
    }
    return null;
  }

  /** A new input: placed, warped and smoothed. */
  private FoldEntry open(CoaddSource source) {
    Placement placement = source.weight() > 0 ? place(source) : null;
    if (placement == null) {
      return new FoldEntry(source, null, AccumulatedInput.of(source, List.of(), null));
    }
    Warp warp = warp(source, placement, placement.region());
    SmoothedWarp smoothed = maker(source).make(warp);
    PackedWarp packed = PackedWarp.of(smoothed, takes(8L * smoothed.box().area()));
    AccumulatedInput input = AccumulatedInput.of(source, placement.cells(), packed);
    FoldEntry entry = new FoldEntry(source, null, input);
    scratch -= (long) placement.region().area() * BYTES_PER_PIXEL;
    entry.placement = placement;
    entry.warp = scratch > 0 ? warp : null;
    return entry;
  }

  /** True while there is memory for a smoothed warp of a size to stay unpacked. */
  private boolean takes(long bytes) {
    smoothedScratch -= bytes;
    return smoothedScratch > 0;
  }

  private @Nullable Placement place(CoaddSource source) {
    return Placement.of(
        source, tract, block, warper.order() + 1, config.edgeGuard(), config.grid());
  }

  private Warp warp(CoaddSource source, Placement placement, Box region) {
    Box needed = placement.grid().sourceBounds(region);
    Box part = needed.grow(warper.margin()).intersect(source.box());
    warpedPixels += region.area();
    return warper.warp(WarpSource.of(source.read(part)), placement.grid(), region);
  }

  private SmoothedWarp.Maker maker(CoaddSource source) {
    Box box = source.box();
    double area = source.wcs().pixelArea(0.5 * (box.x0() + box.x1()), 0.5 * (box.y0() + box.y1()));
    NoiseCorrelation correlation =
        NoiseCorrelation.lanczos(warper.order(), pixelScale / Math.sqrt(area));
    return new SmoothedWarp.Maker(smoothingSigma, correlation, source.statistics().noiseFactor());
  }

  /**
   * Finds artifacts among all inputs and gives each its mask.
   *
   * @return the masks that are not empty
   */
  private List<ArtifactMask> decideMasks(List<FoldEntry> entries, BlockCoadder.Masks rule) {
    List<ArtifactFinder.Input> inputs = new ArrayList<>();
    Box all = Box.EMPTY;
    for (FoldEntry entry : entries) {
      AccumulatedInput input = entry.input;
      PackedWarp smoothed = input.smoothed();
      if (smoothed != null) {
        boolean unpack = entry.known != null && takes(smoothed.unpackedBytes());
        all = all.union(smoothed.box());
        inputs.add(
            new ArtifactFinder.Input(
                input.visit(),
                input.detector(),
                input.weight(),
                smoothed.box(),
                unpack ? smoothed.unpacked() : smoothed,
                input.psfSigma(),
                smoothingSigma));
      }
    }
    List<ArtifactMask> found = new ArtifactFinder(config.artifacts()).find(all, inputs);
    List<ArtifactMask> masks = new ArrayList<>();
    for (FoldEntry entry : entries) {
      if (entry.known == null || rule == BlockCoadder.Masks.RECONCILE) {
        entry.input = entry.input.with(maskOf(entry.input, found));
      }
      if (!entry.input.mask().artifacts().isEmpty()) {
        masks.add(entry.input.mask());
      }
    }
    return masks;
  }

  /** All that was found in a visit and detector. */
  private static ArtifactMask maskOf(AccumulatedInput input, List<ArtifactMask> found) {
    List<ArtifactMask.Artifact> artifacts = new ArrayList<>();
    for (ArtifactMask mask : found) {
      if (mask.visit() == input.visit() && mask.detector() == input.detector()) {
        artifacts.addAll(mask.artifacts());
      }
    }
    return new ArtifactMask(input.visit(), input.detector(), List.copyOf(artifacts));
  }

  /**
   * Does what was planned.
   *
   * @return the cells that were changed
   */
  private Set<CellKey> fold(FoldPlan plan, Map<CellKey, CellAccumulator> cells) {
    cells.keySet().removeAll(plan.anew());
    Set<CellKey> touched = new TreeSet<>();
    for (FoldPlan.Touch touch : plan.touches()) {
      FoldEntry entry = touch.entry();
      Placement known = entry == null ? null : entry.placement;
      Placement placement = known == null ? place(touch.source()) : known;
      if (placement == null) {
        throw new IllegalStateException(
            "visit "
                + touch.source().visit()
                + " is in the state of a block that it does not fill");
      }
      parts(touch.cells()).forEach((region, keys) -> fold(touch, placement, region, keys, cells));
      if (entry != null) {
        entry.warp = null;
      }
      touched.addAll(touch.cells());
    }
    cells.values().removeIf(cell -> cell.inputCount() == 0);
    return touched;
  }

  private void fold(
      FoldPlan.Touch touch,
      Placement placement,
      Box region,
      List<CellKey> keys,
      Map<CellKey, CellAccumulator> cells) {
    CoaddSource source = touch.source();
    Warp kept = touch.entry() == null ? null : touch.entry().warp;
    Warp warp = kept == null ? warp(source, placement, region) : kept;
    for (CellKey key : keys) {
      CellAccumulator cell = cells.get(key);
      if (cell != null && touch.retract().contains(key)) {
        CellChip chip = cutter.cut(source, placement, warp, touch.before(), key);
        if (chip != null) {
          cell.retract(chip);
        }
      }
      if (touch.add().contains(key)) {
        CellChip chip = cutter.cut(source, placement, warp, touch.now(), key);
        if (chip != null) {
          cells.computeIfAbsent(key, k -> new CellAccumulator(config.cell())).add(chip);
        }
      }
    }
  }

  /** Boxes to warp: one around all cells, or each cell's own when these are fewer pixels. */
  private Map<Box, List<CellKey>> parts(Set<CellKey> keys) {
    Map<Box, List<CellKey>> own = new LinkedHashMap<>();
    Box all = Box.EMPTY;
    long pixels = 0;
    for (CellKey key : keys) {
      Box outer = tract.cellOuterBox(key.cx(), key.cy());
      own.put(outer, List.of(key));
      all = all.union(outer);
      pixels += outer.area();
    }
    return all.area() <= pixels ? Map.of(all, List.copyOf(keys)) : own;
  }
}
