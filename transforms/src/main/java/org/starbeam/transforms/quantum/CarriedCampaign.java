package org.starbeam.transforms.quantum;

import com.google.common.collect.Interner;
import com.google.common.collect.Interners;
import java.io.Serializable;
import java.util.Arrays;
import org.apache.beam.sdk.util.SerializableUtils;
import org.jspecify.annotations.Nullable;

/**
 * A campaign as the functions of the graph carry it. The direct runner writes and reads every
 * function several times for each bundle, and a bundle there is one key: so the campaign's serial
 * form is made once, and what this JVM has read before is found by it and not built again.
 */
final class CarriedCampaign implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final Interner<CarriedCampaign> SEEN = Interners.newWeakInterner();

  private final byte[] form;
  private final int hash;
  private transient @Nullable CampaignContext campaign;

  private CarriedCampaign(CampaignContext campaign) {
    this.form = SerializableUtils.serializeToByteArray(campaign);
    this.hash = Arrays.hashCode(form);
    this.campaign = campaign;
  }

  static CarriedCampaign of(CampaignContext campaign) {
    return SEEN.intern(new CarriedCampaign(campaign));
  }

  synchronized CampaignContext campaign() {
    CampaignContext ready = campaign;
    if (ready == null) {
      ready = (CampaignContext) SerializableUtils.deserializeFromByteArray(form, "campaign");
      campaign = ready;
    }
    return ready;
  }

  private Object readResolve() {
    return SEEN.intern(this);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CarriedCampaign that && Arrays.equals(form, that.form);
  }

  @Override
  public int hashCode() {
    return hash;
  }
}
