package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * MultiProFit (specs/04 section 9): fits every object of a blend with a point source, an
 * exponential, a de Vaucouleurs, a Sersic and a bulge plus disk, all bands at once and all members
 * of a group jointly. Large blends are cut into blocks whose neighbours are held, in two sweeps
 * from the same state, so that the order of the objects does not matter.
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
    List<Map<Model, ModelFit>> found = sweep(bands, source, limits, targets, blocks, null);
    return blocks.size() == 1 ? found : sweep(bands, source, limits, targets, blocks, found);
  }

  private List<Map<Model, ModelFit>> sweep(
      int bands,
      PixelSource source,
      Box limits,
      List<ModelTarget> targets,
      List<List<Integer>> blocks,
      @Nullable List<Map<Model, ModelFit>> before) {
    List<Map<Model, ModelFit>> out = new ArrayList<>();
    targets.forEach(t -> out.add(new EnumMap<>(Model.class)));
    for (List<Integer> block : blocks) {
      List<ModelTarget> members = block.stream().map(targets::get).toList();
      List<HeldModel> held = new ArrayList<>();
      for (int i = 0; i < targets.size(); i++) {
        if (!block.contains(i)) {
          held.add(HeldModel.of(targets.get(i), before == null ? null : before.get(i)));
        }
      }
      GroupFit group = new GroupFit(config, bands, source, limits, members, held);
      List<Map<Model, ModelFit>> fits = group.run();
      for (int i = 0; i < block.size(); i++) {
        out.get(block.get(i)).putAll(fits.get(i));
      }
    }
    return out;
  }
}
