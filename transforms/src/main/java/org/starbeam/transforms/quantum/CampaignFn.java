package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.transforms.DoFn;
import org.jspecify.annotations.Nullable;
import org.starbeam.transforms.dataset.DataId;

/**
 * A function of the graph that needs the services of its launch. They stay open while such a
 * function lives in this JVM, see {@link ServiceLease}. It refuses to work for a launch of another
 * Starbeam.
 */
abstract class CampaignFn<InputT, OutputT> extends DoFn<InputT, OutputT> {
  private static final long serialVersionUID = 1L;

  private final CarriedCampaign carried;
  private final String code = CodeIdentity.here();
  private transient @Nullable ServiceLease lease;

  CampaignFn(CampaignContext campaign) {
    this.carried = CarriedCampaign.of(campaign);
  }

  @Setup
  public void takeServices() {
    CodeIdentity.require(code, CodeIdentity.here());
    lease = ServiceLease.take(carried.campaign());
    CampaignServices.follow(carried.campaign());
  }

  /** What is recorded can be read by others when a stage has ended. */
  @Teardown
  public void endServices() {
    if (lease != null) {
      CampaignServices.flush(carried.campaign());
      lease.end();
    }
  }

  final CampaignServices services() {
    return CampaignServices.of(carried.campaign());
  }

  /** True for a key whose quanta this launch computes. */
  final boolean isMine(DataId key) {
    return carried.campaign().slice().holds(key);
  }
}
