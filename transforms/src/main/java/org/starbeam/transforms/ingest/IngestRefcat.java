package org.starbeam.transforms.ingest;

import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumStage;

/** The stage that takes in the reference catalogue. */
public final class IngestRefcat {
  private IngestRefcat() {}

  /**
   * @param files results that name the catalogue's files, see {@link
   *     org.starbeam.transforms.quantum.QuantumSources#inputFile}
   * @return one result with all shards
   */
  public static PCollection<QuantumResult> of(
      CampaignContext campaign, PCollection<QuantumResult> files) {
    return QuantumStage.named(RefcatTask.NAME)
        .in(campaign)
        .route(files, (file, reader, out) -> out.send(DataId.GLOBAL, RefcatTask.INPUT, file))
        .run(new RefcatTask());
  }
}
