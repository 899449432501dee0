package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.util.EnumSet;
import java.util.Set;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.windowing.TimestampCombiner;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PBegin;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The results of a task as the run's ledger has them: the last end of each quantum, absence markers
 * included. It lets a launch begin in the middle of a graph.
 *
 * <p>Gathers of these results carry the time of their latest input, as those of a stage do; at the
 * end of the global window they would be late for every window that follows.
 */
final class RecordedResults extends PTransform<PBegin, PCollection<QuantumResult>> {
  private static final long serialVersionUID = 1L;

  private final CampaignContext campaign;
  private final String task;

  RecordedResults(CampaignContext campaign, String task) {
    this.campaign = campaign;
    this.task = task;
  }

  @Override
  public PCollection<QuantumResult> expand(PBegin begin) {
    return begin
        .apply("Task", Create.of(task).withCoder(StringUtf8Coder.of()))
        .apply("Read", ParDo.of(new ReadFn(campaign)))
        .setCoder(RecordCoder.of(QuantumResult.class))
        .apply(
            "Times",
            Window.<QuantumResult>configure().withTimestampCombiner(TimestampCombiner.LATEST))
        .apply("Spread", Reshuffle.viaRandomKey());
  }

  /** Reads the ledger for the task that comes in. */
  private static final class ReadFn extends DoFn<String, QuantumResult> {
    private static final long serialVersionUID = 1L;

    /** What was left out (SKIPPED) is no result of a stage, and an open quantum has none yet. */
    private static final Set<QuantumStatus> FLOWING =
        EnumSet.complementOf(
            EnumSet.of(
                QuantumStatus.PLANNED,
                QuantumStatus.RUNNING,
                QuantumStatus.ABORTED,
                QuantumStatus.SKIPPED));

    private final CampaignContext campaign;

    ReadFn(CampaignContext campaign) {
      this.campaign = campaign;
    }

    @ProcessElement
    public void process(@Element String task, OutputReceiver<QuantumResult> out)
        throws IOException {
      LastRecords.of(RepositoryPaths.ledger(campaign.root(), campaign.run()))
          .forEach(
              record -> {
                if (record.getTask().equals(task) && FLOWING.contains(record.getStatus())) {
                  out.output(result(record));
                }
              });
    }

    private static QuantumResult result(QuantumRecord record) {
      return QuantumResult.newBuilder()
          .setTask(record.getTask())
          .setQuantumId(record.getQuantumId())
          .setDataId(record.getDataId())
          .setWindow(record.getWindow())
          .setEventTimeMs(record.getEventTimeMs())
          .setStatus(record.getStatus())
          .setOutputs(record.getOutputs())
          .setRootCauses(record.getRootCauses())
          .setPayload(record.getPayload())
          .build();
    }
  }
}
