package org.starbeam.pipelines.campaign;

import org.apache.beam.sdk.Pipeline;
import org.starbeam.transforms.quantum.CampaignContext;

/** Assembles the graph of a campaign from the steps' transforms; it computes nothing itself. */
final class CampaignGraph {
  private CampaignGraph() {}

  static void build(Pipeline pipeline, CampaignSettings settings, CampaignContext campaign) {
    throw new IllegalStateException("no steps yet");
  }
}
