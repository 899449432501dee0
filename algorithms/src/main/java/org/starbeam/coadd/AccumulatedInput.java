package org.starbeam.coadd;

import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the state of a block keeps of an input: enough to find artifacts again without warping it,
 * and to tell whether it is still the same.
 *
 * @param visit visit id
 * @param detector detector number
 * @param content names its content, {@link CoaddSource#content}
 * @param weight integer weight; not positive when the input cannot be used
 * @param psfSigma width of its PSF, pixels of the image
 * @param statistics numbers of the exposure, as {@link CoaddSource#statistics} gives them
 * @param cells the cells of the block that it fills
 * @param smoothed what artifacts are looked for in; null when it fills no cell
 * @param mask its artifacts, with which it is in the accumulators
 */
public record AccumulatedInput(
    long visit,
    int detector,
    String content,
    int weight,
    double psfSigma,
    InputStatistics statistics,
    List<CellKey> cells,
    @Nullable PackedWarp smoothed,
    ArtifactMask mask) {
  /** Order of the input list. */
  static final Comparator<AccumulatedInput> ORDER =
      Comparator.comparingLong(AccumulatedInput::visit)
          .thenComparingInt(AccumulatedInput::detector)
          .thenComparing(AccumulatedInput::content);

  static AccumulatedInput of(
      CoaddSource source, List<CellKey> cells, @Nullable PackedWarp smoothed) {
    return new AccumulatedInput(
        source.visit(),
        source.detector(),
        source.content(),
        source.weight(),
        source.psfSigma(),
        source.statistics(),
        List.copyOf(cells),
        smoothed,
        new ArtifactMask(source.visit(), source.detector(), List.of()));
  }

  AccumulatedInput with(ArtifactMask other) {
    return new AccumulatedInput(
        visit, detector, content, weight, psfSigma, statistics, cells, smoothed, other);
  }

  boolean isSameImage(AccumulatedInput other) {
    return visit == other.visit && detector == other.detector;
  }
}
