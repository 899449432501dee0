package org.starbeam.transforms.quantum;

import java.nio.file.Path;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The small files of a run by which its processes talk to each other.
 *
 * @param lease who launches it
 * @param stop that somebody wants it to stop
 * @param paused that it waits for room on the disk
 * @param reserve room on the disk that the ledger can have when there is no other
 */
public record RunFiles(Path lease, Path stop, Path paused, Path reserve) {
  /** Directory of the files of shards in that of their run. */
  static final String SHARDS = "shards";

  public static RunFiles of(Path root, String run) {
    return in(RepositoryPaths.run(root, run));
  }

  /** Those of a launch: shards of a run go on side by side, each with files of its own. */
  public static RunFiles of(CampaignContext campaign) {
    return of(campaign.root(), campaign.run(), campaign.slice().shard());
  }

  /** Those of a launch of a shard. */
  public static RunFiles of(Path root, String run, Slice.Shard shard) {
    Path directory = RepositoryPaths.run(root, run);
    String name = name(shard);
    return in(name.isEmpty() ? directory : directory.resolve(SHARDS).resolve(name));
  }

  /** Name of the shard of a launch; empty for the whole. */
  static String shard(CampaignContext campaign) {
    return name(campaign.slice().shard());
  }

  private static String name(Slice.Shard shard) {
    return shard.count() == 1 ? "" : shard.dimension() + "-" + shard.index() + "-" + shard.count();
  }

  private static RunFiles in(Path directory) {
    return new RunFiles(
        directory.resolve("lease.json"),
        directory.resolve("stop.json"),
        directory.resolve("paused.json"),
        directory.resolve("reserve"));
  }
}
