package org.starbeam.transforms.dataset;

import java.nio.file.Path;
import org.starbeam.failure.BadInputException;

/**
 * Where things are in a repository (specs/05 section 3.1). Every path is a pure function of run,
 * dataset type and data id; nothing else in Starbeam builds a path.
 */
public final class RepositoryPaths {
  private static final long LARGEST_PLAIN_NUMBER = 1_000_000_000_000L;

  private RepositoryPaths() {}

  /** Path of a dataset relative to the repository root, with forward slashes. */
  public static String dataset(String run, DatasetType type, DataId id) {
    type.check(id);
    if (type.equals(DatasetTypes.RELEASE_TABLE)) {
      return "data/" + checkRun(run) + "/" + type.name() + "/" + partition(id);
    }
    String name = type.name() + (id.toString().isEmpty() ? "" : "__" + id);
    return "data/"
        + checkRun(run)
        + "/"
        + type.name()
        + "/"
        + shard(id)
        + name
        + "."
        + type.storage().extension();
  }

  /**
   * Place of a part of a release table, named as in HATS: {@code
   * NAME/dataset/Norder=3/Dir=D/Npix=P.parquet}.
   */
  private static String partition(DataId id) {
    long pixel = id.getLong("healpix3");
    return id.get("name")
        + "/dataset/Norder=3/Dir="
        + pixel / 10_000 * 10_000
        + "/Npix="
        + pixel
        + ".parquet";
  }

  /** Directory of a run's ledger segments. */
  public static Path ledger(Path root, String run) {
    return run(root, run).resolve("ledger");
  }

  /** Directory of a run's logs. */
  public static Path logs(Path root, String run) {
    return run(root, run).resolve("logs");
  }

  /** File in which monitors of a run keep what they have learned; it may be deleted at any time. */
  public static Path monitorCache(Path root, String run) {
    return root.resolve("cache").resolve("monitor").resolve(checkRun(run)).resolve("state.bin");
  }

  /** Directory of what is known of a run: frozen campaign, ledger, logs. */
  public static Path run(Path root, String run) {
    return root.resolve("runs").resolve(checkRun(run));
  }

  /** A run's name, refused when it could leave the repository or cannot be a path. */
  public static String checkRun(String run) {
    boolean good =
        run.matches("[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*")
            && !run.contains("..")
            && !run.matches("(.*/)?[.-](/.*)?")
            && run.length() <= 200;
    if (!good) {
      throw new BadInputException(
          "FORBIDDEN_NAME",
          "run name '" + run + "': allowed are A-Z a-z 0-9 _ . - in parts joined by /, without ..");
    }
    return run;
  }

  private static String shard(DataId id) {
    StringBuilder out = new StringBuilder();
    if (id.has("exposure") || id.has("visit")) {
      String dimension = id.has("visit") ? "visit" : "exposure";
      long number = id.getLong(dimension);
      out.append(id.has("day_obs") ? id.get("day_obs") : String.valueOf(night(number)));
      out.append('/').append(number).append('/');
    } else if (id.has("tract")) {
      for (String dimension : new String[] {"tract", "patch", "band"}) {
        out.append(id.has(dimension) ? id.get(dimension) + "/" : "");
      }
    }
    return out.toString();
  }

  /** The observing day of a number that begins with it, else thousands of a running number. */
  private static long night(long number) {
    return number >= LARGEST_PLAIN_NUMBER ? number / 100_000 : number / 1000;
  }
}
