package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.TreeSet;
import org.starbeam.astrometry.ReferenceCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Takes in one file of the reference catalogue (FITS, or Parquet with the columns of RefStar) as
 * {@code refcat_part}: its stars sorted by nested HEALPix pixel of order 12 and id, so that {@link
 * ShardRefcatTask} reads only what lies in its pixel. Cost O(n log n) in the rows of the file.
 */
public final class IngestRefcatTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final Healpix SORT = new Healpix(12);
  private static final Healpix SHARD = new Healpix(RefStars.SHARD_ORDER);

  public static final String NAME = "ingestRefcat";

  /** Role of the file. */
  public static final String INPUT = "input";

  /** Order of the stars in files of the catalogue. */
  static final Comparator<RefStar> ORDER =
      Comparator.<RefStar>comparingLong(s -> SORT.pixel(s.getRa(), s.getDec()))
          .thenComparingLong(RefStar::getId);

  /**
   * Where the stars of a part are.
   *
   * @param shards nested HEALPix pixels of order {@value RefStars#SHARD_ORDER}, ascending
   */
  public record Coverage(List<Long> shards) {}

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "ingest",
        3,
        "{}",
        List.of(TaskSpec.InputRule.required(INPUT)),
        List.of(DatasetTypes.REFCAT_PART, DatasetTypes.REFCAT_COVERAGE));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DatasetRef input = quantum.ref(INPUT, DatasetTypes.INPUT_FILE.name());
    List<RefStar> stars = new ArrayList<>(read(context.reader().path(input)));
    stars.sort(ORDER);
    TreeSet<Long> shards = shards(stars);
    context.stageFile(DatasetTypes.REFCAT_PART, quantum.dataId(), file -> write(file, stars));
    context.stageJson(
        DatasetTypes.REFCAT_COVERAGE, quantum.dataId(), new Coverage(List.copyOf(shards)));
    context.metric("referenceStars", stars.size());
    return Outcome.done();
  }

  /** Pixels of the shards that a file has stars in. */
  public static TreeSet<Long> shards(Path file) {
    try {
      return shards(read(file));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static TreeSet<Long> shards(List<RefStar> stars) {
    TreeSet<Long> shards = new TreeSet<>();
    stars.forEach(s -> shards.add(SHARD.pixel(s.getRa(), s.getDec())));
    return shards;
  }

  static void write(Path file, List<RefStar> stars) throws IOException {
    TableWriter.writePartition(
        file, RefStar.class, stars, List.of(), List.of(), RefStars::healpix29);
  }

  private static List<RefStar> read(Path file) throws IOException {
    return file.getFileName().toString().endsWith(".parquet")
        ? TableReader.read(file, RefStar.class).stream()
            .filter(s -> Double.isFinite(s.getRa()) && Double.isFinite(s.getDec()))
            .toList()
        : ReferenceCatalog.read(file);
  }
}
