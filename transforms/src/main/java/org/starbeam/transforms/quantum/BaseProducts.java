package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;

/**
 * Products of the runs that a campaign is based on, as inputs for assemblers. A dataset enters a
 * quantum as an input like any other, so its content is in the input hash. The ledgers are read
 * once for each launch in a JVM.
 */
public final class BaseProducts {
  private static final String TASK = "accepted";

  private BaseProducts() {}

  /**
   * The datasets of a type that there are of some data ids, as inputs in a role; where the runs
   * have several that differ in {@code name}, all of them.
   */
  public static List<QuantumInput> inputs(
      CampaignContext campaign, DatasetType type, Set<DataId> ids, String role) throws IOException {
    if (campaign.base().isEmpty()) {
      return List.of();
    }
    AcceptedProducts products = CampaignServices.of(campaign).base();
    List<QuantumInput> out = new ArrayList<>();
    for (DataId id : new TreeSet<>(ids)) {
      for (DataId named : products.named(type, id)) {
        DatasetRef newest = products.versions(type, named.toString()).get(0);
        out.add(new QuantumInput(role, QuantumSources.of(TASK, named, List.of(newest))));
      }
    }
    return out;
  }
}
