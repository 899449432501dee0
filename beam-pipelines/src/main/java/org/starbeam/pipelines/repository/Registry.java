package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.report.RecommendedFluxes;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.step6.ReleaseTable;

/**
 * The registry of a run: tables under {@code registry/datasets/<run>/} that say what is in the
 * ledger in a form that SQL can ask (specs/05 section 3.9). It is made from the ledger alone, at
 * the end of a launch and whenever the ledger has grown since, so it may be deleted at any time.
 */
public final class Registry {
  private static final String VERSION = "sbr2";
  private static final String STATE = "state";

  private final Path root;
  private final String run;
  private final Path directory;

  private Registry(Path root, String run) {
    this.root = root;
    this.run = run;
    this.directory = directory(root, run);
  }

  /** Where the registry of a run is. */
  static Path directory(Path root, String run) {
    return root.resolve("registry").resolve("datasets").resolve(RepositoryPaths.checkRun(run));
  }

  /** The registry of a run, brought up to date with its ledger. */
  public static Registry of(Path root, String run) {
    Registry registry = new Registry(root, run);
    try {
      registry.refresh();
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "cannot bring the registry of run " + run + " up to date: " + e.getMessage());
    }
    return registry;
  }

  /** Makes the registry of a run again from its ledger, whatever there is. */
  public static Registry rebuild(Path root, String run) throws IOException {
    Registry registry = new Registry(root, run);
    Files.deleteIfExists(registry.directory.resolve(STATE));
    registry.refresh();
    return registry;
  }

  private void refresh() throws IOException {
    String wanted = fingerprint();
    Path state = directory.resolve(STATE);
    if (wanted.equals(read(state))) {
      return;
    }
    Files.createDirectories(directory);
    new RegistryWriter(root, run).write(directory);
    Files.writeString(state, wanted);
  }

  private static String read(Path state) throws IOException {
    try {
      return Files.readString(state);
    } catch (NoSuchFileException e) {
      return "";
    }
  }

  /** Names and sizes of the ledger's files: they only grow. */
  private String fingerprint() throws IOException {
    StringBuilder text = new StringBuilder(VERSION).append('\n');
    Path ledger = RepositoryPaths.ledger(root, run);
    if (Files.isDirectory(ledger)) {
      try (Stream<Path> files = Files.list(ledger)) {
        for (Path file : files.filter(f -> f.toString().endsWith(".avro")).sorted().toList()) {
          text.append(file.getFileName()).append(' ').append(Files.size(file)).append('\n');
        }
      }
    }
    return ContentHash.ofText(text.toString());
  }

  public String run() {
    return run;
  }

  /** File of a part: quanta, datasets, superseded, inputs, raws, summaries, metrics, calibs. */
  public Path part(String name) {
    return directory.resolve("part-" + name + ".parquet");
  }

  private String from(String part) {
    return "read_parquet('" + part(part).toString().replace("'", "''") + "')";
  }

  /** The views that users see beside the released tables: name and query. */
  public Map<String, String> views() {
    Map<String, String> views = new LinkedHashMap<>();
    views.put("raws", "select * from " + from("raws"));
    views.put(
        "visits",
        "select visit, any_value(band) as band, any_value(physical_filter) as physical_filter,"
            + " any_value(instrument) as instrument, any_value(day_obs) as day_obs,"
            + " any_value(seq_num) as seq_num, any_value(exp_time) as exposure_time,"
            + " any_value(exp_midpt_mjd) as mid_time, any_value(boresight_ra) as ra,"
            + " any_value(boresight_dec) as dec, any_value(airmass) as airmass,"
            + " count(distinct detector) as ndetectors, median(seeing) as seeing,"
            + " median(zero_point) as zero_point, median(eff_time) as eff_time,"
            + " median(sky_bg) as sky, median(mag_lim) as mag_lim,"
            + " sum(n_psf_star) as nstars from (select * from "
            + from("summaries")
            + " where task in ('finalVisit', 'singleFrame') qualify row_number() over"
            + " (partition by visit, detector order by task) = 1) group by visit order by visit");
    views.put("datasets", "select * from " + from("datasets"));
    views.put("quanta", "select * from " + from("quanta"));
    views.put("inputs", "select * from " + from("inputs"));
    views.put(
        "outputs",
        "select quantum_id, task, type, data_id, run, path, hash, bytes from " + from("datasets"));
    views.put("metrics", "select * from " + from("metrics"));
    views.put(
        "costs",
        "select step, task, count(*) as quanta, sum(executions) as executions,"
            + " sum(total_cpu_seconds) as cpu_seconds, sum(total_wall_seconds) as wall_seconds,"
            + " median(total_cpu_seconds) as cpu_seconds_median,"
            + " quantile_cont(total_cpu_seconds, 0.95) as cpu_seconds_p95,"
            + " max(alloc_bytes) as alloc_bytes_max, sum(bytes_read) as bytes_read,"
            + " sum(bytes_written) as bytes_written from "
            + from("quanta")
            + " group by step, task order by step, task");
    views.put("calibs", "select * from " + from("calibs"));
    views.put("chains", chains());
    return views;
  }

  private String chains() {
    StringBuilder rows = new StringBuilder();
    try {
      Chains chains = new Chains(root);
      for (String name : chains.names()) {
        int place = 0;
        for (Collection member : chains.members(name)) {
          rows.append(rows.isEmpty() ? "" : ", ")
              .append("('%s', %d, '%s')".formatted(name, place++, member));
        }
      }
    } catch (IOException e) {
      throw new UserException(ExitCode.INFRASTRUCTURE, "cannot read the chains: " + e);
    }
    String columns = "t(chain, place, member)";
    return rows.isEmpty()
        ? "select * from (values ('', 0, '')) " + columns + " where false"
        : "select * from (values " + rows + ") " + columns;
  }

  /**
   * A database with the released tables of the run and the alias Star, the views of the registry
   * and the recommended fluxes of objects.
   */
  public RunDatabase open(Map<String, List<Path>> tables) {
    RunDatabase database = new RunDatabase(tables);
    views().forEach(database::createView);
    if (tables.containsKey(RecommendedFluxes.TABLE)) {
      RecommendedFluxes.query(database.texts("select column_name from (describe Object)"))
          .ifPresent(query -> database.createView(RecommendedFluxes.VIEW, query));
    }
    String stars = ReleaseTable.nameOf(ReleaseTable.STAR);
    if (tables.containsKey(stars)) {
      database.createView(ReleaseTable.STAR, "select * from " + stars);
    }
    return database;
  }

  /** A database with the views of the registry alone. */
  public RunDatabase open() {
    return open(Map.of());
  }
}
