package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.List;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RecordCoder;

/**
 * Passes results on unless the operator has left them out. What is left out gets a record SKIPPED
 * with the reason, for the quantum of the next task that would have taken it.
 */
public final class Selected
    extends PTransform<PCollection<QuantumResult>, PCollection<QuantumResult>> {
  private static final long serialVersionUID = 1L;

  /**
   * A result that is left out.
   *
   * @param key data id of the quantum that does not run
   * @param reason for people
   */
  public record LeftOut(DataId key, String reason) {}

  /** Decides about a result. */
  @FunctionalInterface
  public interface Choice extends Serializable {
    /** Why a result is left out, or null when it goes on. */
    @Nullable LeftOut of(QuantumResult result);
  }

  private final CampaignContext campaign;
  private final TaskSpec next;
  private final Choice choice;

  /**
   * @param next task that takes the results
   */
  public Selected(CampaignContext campaign, TaskSpec next, Choice choice) {
    this.campaign = campaign;
    this.next = next;
    this.choice = choice;
  }

  @Override
  public PCollection<QuantumResult> expand(PCollection<QuantumResult> results) {
    return results
        .apply("Choose", ParDo.of(new ChooseFn(campaign, next, choice)))
        .setCoder(RecordCoder.of(QuantumResult.class));
  }

  /** Records what is left out. */
  private static final class ChooseFn extends CampaignFn<QuantumResult, QuantumResult> {
    private static final long serialVersionUID = 1L;

    private final TaskSpec next;
    private final Choice choice;

    ChooseFn(CampaignContext campaign, TaskSpec next, Choice choice) {
      super(campaign);
      this.next = next;
      this.choice = choice;
    }

    @ProcessElement
    public void process(@Element QuantumResult result, OutputReceiver<QuantumResult> out) {
      LeftOut leftOut = choice.of(result);
      if (leftOut == null) {
        out.output(result);
        return;
      }
      Quantum quantum = Quantum.of(leftOut.key(), List.of(new QuantumInput("leftOut", result)));
      CampaignServices services = services();
      services.append(services.draft(next, quantum).skipped(leftOut.reason()));
    }
  }
}
