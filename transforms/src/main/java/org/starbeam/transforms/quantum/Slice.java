package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.Collection;
import java.util.Set;
import org.starbeam.transforms.dataset.DataId;

/**
 * The part of a campaign's graph that one launch computes (specs/05 sections 5.1 and 5.2): some of
 * its stages, and of these the quanta of one shard. Whether a graph is computed at once, stage by
 * stage or in shards cannot change a product, because a quantum depends on its inputs alone.
 *
 * @param recorded names of stages whose results are read from the run's ledger
 * @param leftOut names of stages that have no results in this launch
 * @param shard which quanta of the other stages are computed
 * @param tracts tracts of the sky map that are made, which is the campaign's choice; empty for all
 */
public record Slice(Set<String> recorded, Set<String> leftOut, Shard shard, Set<Integer> tracts)
    implements Serializable {
  /** Everything. */
  public static final Slice WHOLE = new Slice(Set.of(), Set.of(), Shard.ALL, Set.of());

  public Slice {
    recorded = Set.copyOf(recorded);
    leftOut = Set.copyOf(leftOut);
    tracts = Set.copyOf(tracts);
  }

  /** The same on some tracts; none means all. */
  public Slice onTracts(Collection<Integer> some) {
    return new Slice(recorded, leftOut, shard, Set.copyOf(some));
  }

  /** True for a key whose quanta are computed. */
  public boolean holds(DataId key) {
    return shard.holds(key)
        && (tracts.isEmpty() || !key.has("tract") || tracts.contains(key.getInt("tract")));
  }

  /** How a launch treats a stage. */
  public enum Treatment {
    COMPUTED,
    RECORDED,
    LEFT_OUT
  }

  public Treatment of(String stage) {
    if (recorded.contains(stage)) {
      return Treatment.RECORDED;
    }
    return leftOut.contains(stage) ? Treatment.LEFT_OUT : Treatment.COMPUTED;
  }

  /**
   * Quanta whose number in one dimension falls to this shard. Numbers are scattered, so that
   * neighbours (and with them expensive regions) go to different shards.
   *
   * @param dimension a dimension with whole numbers, for example {@code visit} or {@code tract}
   * @param index 0 to count - 1
   */
  public record Shard(String dimension, int index, int count) implements Serializable {
    /** Not sharded. */
    public static final Shard ALL = new Shard("", 0, 1);

    private static final long SCATTER = 0x9E3779B97F4A7C15L;

    public Shard {
      if (count < 1 || index < 0 || index >= count) {
        throw new IllegalArgumentException(
            "shard " + index + " of " + count + ", expected 0 to " + (count - 1));
      }
    }

    /** True when the shard is the whole or a key without its dimension is asked for. */
    public boolean holds(DataId key) {
      return count == 1 || !key.has(dimension) || of(key.getLong(dimension)) == index;
    }

    private int of(long number) {
      return (int) Math.floorMod((number * SCATTER) >>> 32, (long) count);
    }
  }
}
