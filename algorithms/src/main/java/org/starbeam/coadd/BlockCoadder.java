package org.starbeam.coadd;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.starbeam.image.Box;
import org.starbeam.sky.Tract;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.TransformGrid;

/**
 * Coadds of a block of cells from the detector images that cover it (specs/03 sections 2 to 4), in
 * two passes: first every input is warped, binned and smoothed, and artifacts are found; then every
 * input is added to the accumulators of its cells without them. Warps of the first pass are kept up
 * to a memory limit, the others are made again; the result is the same.
 *
 * <p>The result is a function of the set of inputs, not of their order. It may be made from the
 * state that an earlier set has left (specs/03 section 4.8): inputs that are new are warped and
 * added, those that are gone or have changed are taken out, artifacts are found again among all of
 * them from the smoothed warps in the state, and inputs whose masks became others are taken out
 * with the old mask and added with the new one, in the cells that this concerns. Coadds, masks and
 * state come out as if all had been made at once.
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
   * @param scratchMegabytes memory for warps between the passes, and as much again for smoothed
   *     ones
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

  /** What happens to the artifact masks of inputs that are in the state already. */
  public enum Masks {
    /** They are decided again with all inputs: the result is that of all inputs at once. */
    RECONCILE,
    /** They stay, which saves warps; the result depends on what was added when. */
    FROZEN
  }

  /**
   * What is there already.
   *
   * @param state accumulators of this block, made with the same configuration; they are used up
   * @param former opens an input of the state in the version that was added, to take it out again;
   *     where it cannot, its cells are made anew
   * @param masks what to do with the masks of the state
   */
  public record Before(
      BlockState state, Function<AccumulatedInput, Optional<CoaddSource>> former, Masks masks) {
    /** Nothing is there. */
    public static Before nothing() {
      return new Before(BlockState.EMPTY, input -> Optional.empty(), Masks.RECONCILE);
    }
  }

  /**
   * The coadds of a block.
   *
   * @param cells the cells that have inputs
   * @param masks artifacts of the inputs, in the order of visit and detector
   * @param state what the next inputs may be added to
   * @param work what was done
   */
  public record Result(
      Map<CellKey, CellCoadd> cells, List<ArtifactMask> masks, BlockState state, Work work) {}

  /**
   * How a result came about.
   *
   * @param kept inputs that were in the state and stay
   * @param added inputs that were not
   * @param retracted inputs of the state that are gone or have another content
   * @param remasked kept inputs that were taken out and added again with another mask
   * @param warpedPixels tract pixels that were warped
   * @param cellsUntouched cells extracted from the state as it was
   * @param cellsFolded cells whose accumulators inputs were added to or taken out of
   * @param cellsMade cells accumulated from all their inputs
   */
  public record Work(
      int kept,
      int added,
      int retracted,
      int remasked,
      long warpedPixels,
      int cellsUntouched,
      int cellsFolded,
      int cellsMade) {}

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
    return coadd(tract, pixelScale, cells, sources, Before.nothing());
  }

  /**
   * Coadds the cells of a box of cell indices, with what is there already.
   *
   * @param pixelScale of the tract, arcsec
   * @param sources all inputs, those of the state included; these are opened only when they must be
   */
  public Result coadd(
      Tract tract,
      double pixelScale,
      Box cells,
      List<? extends CoaddSource> sources,
      Before before) {
    return new BlockFold(config, warper, tract, pixelScale, cells).run(sources, before);
  }
}
