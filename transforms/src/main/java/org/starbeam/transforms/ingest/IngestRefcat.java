package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;

/** The stages that take in the reference catalogue: by file, then by place in the sky. */
public final class IngestRefcat {
  private IngestRefcat() {}

  /**
   * @param files results that name the catalogue's files, see {@link
   *     org.starbeam.transforms.quantum.QuantumSources#inputFile}
   * @return one result per shard, and one per file, of which only those are of interest that failed
   */
  public static PCollection<QuantumResult> of(
      CampaignContext campaign, PCollection<QuantumResult> files) {
    PCollection<QuantumResult> parts =
        QuantumStage.named(IngestRefcatTask.NAME)
            .in(campaign)
            .route(
                files,
                (file, reader, out) ->
                    out.send(DataId.parse(file.getDataId()), IngestRefcatTask.INPUT, file))
            .run(new IngestRefcatTask());
    PCollection<QuantumResult> shards =
        QuantumStage.named(ShardRefcatTask.NAME)
            .in(campaign)
            .route(parts, IngestRefcat::toShards)
            .run(new ShardRefcatTask());
    return PCollectionList.of(parts).and(shards).apply("refcat", Flatten.pCollections());
  }

  private static void toShards(
      QuantumResult part, QuantumContext.DatasetReader reader, Router.Output out)
      throws IOException {
    for (DatasetRef ref : part.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.REFCAT_COVERAGE.name())) {
        for (long pixel : reader.json(ref, IngestRefcatTask.Coverage.class).shards()) {
          out.send(DataId.of("healpix3", pixel), ShardRefcatTask.PART, part);
        }
      }
    }
  }

  /** The files of a reference catalogue that lie in {@code refcat/} itself. */
  public static List<InputFile> files(InputFolder input) throws IOException {
    return input.files("refcat").stream()
        .filter(file -> file.relative().matches("refcat/[^/]*\\.(fits(\\.gz|\\.fz)?|parquet)"))
        .toList();
  }
}
