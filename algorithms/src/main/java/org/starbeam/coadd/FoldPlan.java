package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.SpanSet;
import org.starbeam.sky.Tract;

/**
 * Which inputs are to be taken out of which cells and added to which, to get from one state of a
 * block to the next. A cell of which more than half of the inputs would have to be taken out, or an
 * input of which cannot be opened any more, is made anew from all its inputs.
 */
final class FoldPlan {
  /**
   * Cells of a source to take out with one mask and to add with another.
   *
   * @param entry where the source is an input of the next state; null for one that is gone
   */
  record Touch(
      CoaddSource source,
      @Nullable FoldEntry entry,
      ArtifactMask before,
      Set<CellKey> retract,
      ArtifactMask now,
      Set<CellKey> add) {
    Set<CellKey> cells() {
      Set<CellKey> all = new TreeSet<>(retract);
      all.addAll(add);
      return all;
    }
  }

  private final Tract tract;
  private final BlockState state;
  private final Map<CellKey, Integer> leaving = new TreeMap<>();
  private final Set<CellKey> anew = new TreeSet<>();
  private final Map<FoldEntry, Set<CellKey>> remasked = new IdentityHashMap<>();
  private final List<Touch> touches = new ArrayList<>();

  /**
   * @param entries inputs of the next state with their masks
   * @param gone inputs of the last state that the next does not have
   */
  FoldPlan(
      Tract tract,
      BlockCoadder.Before before,
      BlockState state,
      List<FoldEntry> entries,
      List<AccumulatedInput> gone) {
    this.tract = tract;
    this.state = state;
    List<Optional<CoaddSource>> former = new ArrayList<>();
    for (AccumulatedInput input : gone) {
      Optional<CoaddSource> source = before.former().apply(input);
      former.add(source);
      if (source.isPresent()) {
        count(input.cells());
      } else {
        anew.addAll(input.cells());
      }
    }
    entries.forEach(this::compareMasks);
    state.cells().forEach(this::judge);
    for (int i = 0; i < gone.size(); i++) {
      AccumulatedInput input = gone.get(i);
      former.get(i).ifPresent(source -> takeOut(input, source));
    }
    entries.forEach(this::bringIn);
  }

  /** Cells that are made from all their inputs. */
  Set<CellKey> anew() {
    return anew;
  }

  List<Touch> touches() {
    return touches;
  }

  /** Number of inputs that stay and get another mask. */
  int remasked() {
    return remasked.size();
  }

  private void count(Iterable<CellKey> cells) {
    cells.forEach(key -> leaving.merge(key, 1, Integer::sum));
  }

  private void compareMasks(FoldEntry entry) {
    AccumulatedInput known = entry.known;
    if (known != null) {
      Set<CellKey> cells = cellsThatDiffer(known, entry.input.mask());
      if (!cells.isEmpty()) {
        count(cells);
        remasked.put(entry, cells);
      }
    }
  }

  /** Cells in which other pixels are masked than before. */
  private Set<CellKey> cellsThatDiffer(AccumulatedInput known, ArtifactMask now) {
    Set<CellKey> cells = new TreeSet<>();
    for (ArtifactMask.Reason reason : ArtifactMask.Reason.values()) {
      SpanSet a = known.mask().pixels(reason);
      SpanSet b = now.pixels(reason);
      SpanSet difference = a.equals(b) ? SpanSet.EMPTY : a.minus(b).union(b.minus(a));
      if (!difference.isEmpty()) {
        for (CellKey key : known.cells()) {
          if (!difference.clip(tract.cellOuterBox(key.cx(), key.cy())).isEmpty()) {
            cells.add(key);
          }
        }
      }
    }
    return cells;
  }

  private void judge(CellKey key, CellAccumulator cell) {
    if (2 * leaving.getOrDefault(key, 0) > cell.inputCount()) {
      anew.add(key);
    }
  }

  private void takeOut(AccumulatedInput input, CoaddSource source) {
    Set<CellKey> retract = new TreeSet<>(input.cells());
    retract.removeAll(anew);
    if (!retract.isEmpty()) {
      touches.add(new Touch(source, null, input.mask(), retract, input.mask(), Set.of()));
    }
  }

  private void bringIn(FoldEntry entry) {
    AccumulatedInput known = entry.known;
    Set<CellKey> differ = remasked.getOrDefault(entry, Set.of());
    Set<CellKey> retract = new TreeSet<>();
    Set<CellKey> add = new TreeSet<>();
    for (CellKey key : entry.input.cells()) {
      if (!state.cells().containsKey(key)) {
        anew.add(key);
      }
      boolean made = anew.contains(key);
      if (differ.contains(key) && !made) {
        retract.add(key);
      }
      if (known == null || made || differ.contains(key)) {
        add.add(key);
      }
    }
    if (!add.isEmpty()) {
      ArtifactMask now = entry.input.mask();
      ArtifactMask before = known == null ? now : known.mask();
      touches.add(new Touch(entry.source, entry, before, retract, now, add));
    }
  }
}
