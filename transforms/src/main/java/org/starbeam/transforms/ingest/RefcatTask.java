package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.astrometry.ReferenceCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Healpix;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Takes in the reference catalogue: reads the files of the user (FITS, or Parquet with the columns
 * of RefStar) and writes shards of HEALPix order 3, rows sorted by nested pixel of order 12 and id,
 * so that a field reads only what is around it (specs/06 section 3).
 */
public final class RefcatTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final Healpix SORT = new Healpix(12);
  private static final Healpix SHARD = new Healpix(RefStars.SHARD_ORDER);

  public static final String NAME = "ingestRefcat";

  /** Role of the catalogue's files. */
  public static final String INPUT = "input";

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "ingest",
        1,
        "{}",
        List.of(TaskSpec.InputRule.required(INPUT)),
        List.of(DatasetTypes.REFCAT));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    Map<Long, List<RefStar>> shards = new TreeMap<>();
    int rows = 0;
    for (QuantumResult result : quantum.results(INPUT)) {
      for (DatasetRef ref : result.getOutputs()) {
        for (RefStar star : read(context.reader().path(ref))) {
          long pixel = SHARD.pixel(star.getRa(), star.getDec());
          shards.computeIfAbsent(pixel, p -> new ArrayList<>()).add(star);
          rows++;
        }
        context.checkCancelled();
      }
    }
    for (Map.Entry<Long, List<RefStar>> shard : shards.entrySet()) {
      shard.getValue().sort(ORDER);
      context.stageTable(
          DatasetTypes.REFCAT,
          DataId.of("healpix3", shard.getKey()),
          RefStar.class,
          shard.getValue(),
          List.of());
    }
    context.metric("referenceStars", rows);
    context.metric("shards", shards.size());
    return Outcome.done();
  }

  private static final Comparator<RefStar> ORDER =
      Comparator.<RefStar>comparingLong(s -> SORT.pixel(s.getRa(), s.getDec()))
          .thenComparingLong(RefStar::getId);

  private static List<RefStar> read(Path file) throws IOException {
    return file.getFileName().toString().endsWith(".parquet")
        ? TableReader.read(file, RefStar.class).stream()
            .filter(s -> Double.isFinite(s.getRa()) && Double.isFinite(s.getDec()))
            .toList()
        : ReferenceCatalog.read(file);
  }
}
