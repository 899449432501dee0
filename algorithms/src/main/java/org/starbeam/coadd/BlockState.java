package org.starbeam.coadd;

import java.util.List;
import java.util.Map;

/**
 * The accumulators of a block of cells with what was added to them. Coadds are extracted from it;
 * inputs can be added and taken out again, and the state is then what it would be if they had been
 * all there, or never, from the beginning.
 *
 * @param inputs in the order of visit and detector
 * @param cells accumulators of the cells that have inputs, by row and column
 */
public record BlockState(List<AccumulatedInput> inputs, Map<CellKey, CellAccumulator> cells) {
  /** Nothing. */
  public static final BlockState EMPTY = new BlockState(List.of(), Map.of());

  /** True when a visit and detector is in twice, which is a defect of the pipeline. */
  boolean hasDuplicates() {
    for (int i = 1; i < inputs.size(); i++) {
      if (inputs.get(i - 1).isSameImage(inputs.get(i))) {
        return true;
      }
    }
    return false;
  }
}
