package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.RecordCoder;

/**
 * Brings together results that name the same dataset, which two files can be that say they are the
 * same exposure and detector (specs/01 section 1.3). Copies of one file count once. Different files
 * get one event time, so that the task of their exposure sees them all, whatever nights their
 * headers say, and can refuse them by name: otherwise frames of two nights with the same number
 * would overwrite each other. In a stream the first file has gone on when the second comes: see
 * {@link SameDatasetStream}.
 */
public final class SameDataset
    extends PTransform<PCollection<QuantumResult>, PCollection<QuantumResult>> {
  private static final long serialVersionUID = 1L;

  private final transient CampaignContext campaign;
  private final transient TaskSpec spec;
  private final double rolloverHours;

  /**
   * @param spec the task whose results are the exposures
   * @param rolloverHours when the observing day begins, hours TAI
   */
  public SameDataset(CampaignContext campaign, TaskSpec spec, double rolloverHours) {
    this.campaign = campaign;
    this.spec = spec;
    this.rolloverHours = rolloverHours;
  }

  @Override
  public PCollection<QuantumResult> expand(PCollection<QuantumResult> exposures) {
    RecordCoder<QuantumResult> coder = RecordCoder.of(QuantumResult.class);
    PCollection<KV<String, QuantumResult>> keyed =
        exposures
            .apply("Key", ParDo.of(new KeyFn()))
            .setCoder(KvCoder.of(StringUtf8Coder.of(), coder));
    if (exposures.isBounded() == PCollection.IsBounded.UNBOUNDED) {
      return keyed
          .apply("First", ParDo.of(new SameDatasetStream(campaign, spec, rolloverHours)))
          .setCoder(coder);
    }
    return keyed
        .apply("Gather", GroupByKey.create())
        .apply("Join", ParDo.of(new JoinFn()))
        .setCoder(coder);
  }

  /** Keys results by their first dataset, those without by themselves. */
  private static final class KeyFn extends DoFn<QuantumResult, KV<String, QuantumResult>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element QuantumResult result, OutputReceiver<KV<String, QuantumResult>> out) {
      boolean present = QuantumResults.isPresent(result) && !result.getOutputs().isEmpty();
      out.output(
          KV.of(present ? result.getOutputs().get(0).getDataId() : result.getQuantumId(), result));
    }
  }

  /** Passes results on; those of one dataset without copies and with the earliest event time. */
  private static final class JoinFn
      extends DoFn<KV<String, Iterable<QuantumResult>>, QuantumResult> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<String, Iterable<QuantumResult>> group, OutputReceiver<QuantumResult> out) {
      List<QuantumResult> files = new ArrayList<>();
      group.getValue().forEach(files::add);
      if (files.size() == 1) {
        out.output(files.get(0));
        return;
      }
      files.sort(Comparator.comparing(r -> r.getOutputs().get(0).getPath()));
      long time = files.stream().mapToLong(QuantumResult::getEventTimeMs).min().orElseThrow();
      List<String> seen = new ArrayList<>();
      for (QuantumResult file : files) {
        String content = file.getOutputs().get(0).getContentHash();
        if (!seen.contains(content)) {
          seen.add(content);
          out.output(QuantumResult.newBuilder(file).setEventTimeMs(time).build());
        }
      }
    }
  }
}
