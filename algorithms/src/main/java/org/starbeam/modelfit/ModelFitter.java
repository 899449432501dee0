package org.starbeam.modelfit;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.starbeam.image.Box;

/**
 * MultiProFit (specs/04 section 9): fits every object of a blend with a point source, an
 * exponential, a de Vaucouleurs, a Sersic and a bulge plus disk, all bands at once and all members
 * of a group jointly. Large blends are cut into blocks whose neighbours are held: in the first
 * sweep over the blocks as points, which finds a profile for each object, in the second, which
 * makes all fits, as those profiles. The order of the objects does not matter.
 *
 * <p>Cost O(objects x objects of a block that overlap), see {@link JointFit}, and O(objects x
 * blocks) with a small factor for the held neighbours.
 */
public final class ModelFitter {
  /** The models, in the order of their fits. */
  public enum Model {
    POINT,
    EXPONENTIAL,
    DEV,
    SERSIC,
    BULGE_DISK
  }

  /**
   * @param pixelArcsec side of a pixel
   * @param groupLimit objects that are fitted at once
   * @param maxPixels of a region; a larger one is cut around its objects
   * @param minSnr below this an object among others stays a point
   * @param devSnr above this a de Vaucouleurs profile is fitted too
   * @param bulgeDiskSnr above this bulge and disk are fitted too, when the object is resolved
   * @param pointSize mean log10 of the half-light radius, arcsec, at the magnitudes below
   * @param sizeSigma width of the size prior, dex; specs/04 section 9.4 has 0.2, which costs
   *     galaxies of twice the mean size and S/N 25 a seventh of their flux
   * @param axisRatio mean axis ratio
   * @param axisRatioSigma in logits
   * @param indexSigma of the Sersic index around 1, in logits; the spec has 0.5, 6 widths from n =
   *     4, which costs such galaxies of S/N 100 a tenth of their flux
   */
  public record Config(
      double pixelArcsec,
      int groupLimit,
      int maxPixels,
      double minSnr,
      double devSnr,
      double bulgeDiskSnr,
      double pointSize,
      double sizeSigma,
      double axisRatio,
      double axisRatioSigma,
      double indexSigma) {
    public static Config defaults(double pixelArcsec) {
      return new Config(pixelArcsec, 12, 40_000, 5, 10, 30, Math.log10(0.2), 0.6, 0.7, 1, 2);
    }
  }

  private final Config config;

  public ModelFitter(Config config) {
    this.config = config;
  }

  /** Where the pixels of a region come from. */
  @FunctionalInterface
  public interface PixelSource {
    /** The pixels of a box in a band, those outside the region with weight 0. */
    BandPixels pixels(int band, Box box);
  }

  /**
   * Fits the objects of a blend.
   *
   * @param bands number of bands
   * @param source of pixels
   * @param limits box that the region stays in
   * @return of every object the fits that were made
   */
  public List<Map<Model, ModelFit>> fit(
      int bands, PixelSource source, Box limits, List<ModelTarget> targets) {
    List<List<Integer>> blocks = Blocks.cut(targets, config.groupLimit());
    List<HeldModel> held = targets.stream().map(HeldModel::of).toList();
    if (blocks.size() > 1) {
      held = sweep(bands, source, limits, targets, blocks, held, GroupFit::heldModels);
    }
    return sweep(bands, source, limits, targets, blocks, held, GroupFit::run);
  }

  /** What is found of each object in its block while the objects of other blocks are held. */
  private <T> List<T> sweep(
      int bands,
      PixelSource source,
      Box limits,
      List<ModelTarget> targets,
      List<List<Integer>> blocks,
      List<HeldModel> held,
      Function<GroupFit, List<T>> fit) {
    Map<Integer, T> found = new TreeMap<>();
    for (List<Integer> block : blocks) {
      List<ModelTarget> members = block.stream().map(targets::get).toList();
      Set<Integer> own = Set.copyOf(block);
      List<HeldModel> others =
          IntStream.range(0, held.size())
              .filter(i -> !own.contains(i))
              .mapToObj(held::get)
              .toList();
      List<T> fits = fit.apply(new GroupFit(config, bands, source, limits, members, others));
      for (int i = 0; i < block.size(); i++) {
        found.put(block.get(i), fits.get(i));
      }
    }
    return List.copyOf(found.values());
  }
}
