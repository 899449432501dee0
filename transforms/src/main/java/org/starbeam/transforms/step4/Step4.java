package org.starbeam.transforms.step4;

import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.sky.SkyRouting;

/**
 * step4: differences. Visits and templates of a band meet at (tract, patch, band); from there each
 * visit takes the templates to its own key (visit, detector).
 */
public final class Step4 {
  private Step4() {}

  /**
   * Subtracts the templates.
   *
   * @param visits results of finalVisit, with their summaries
   * @param templates results of templateCoadd
   * @return results of diffim, with the summaries of their visits
   */
  public static PCollection<QuantumResult> differences(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> templates) {
    return QuantumStage.named(DiffimTask.NAME)
        .in(campaign)
        .route(visits, Step4::routeVisit)
        .route(templates, Step4::routeTemplate)
        .rejoin(Step4::rejoin)
        .run(new DiffimTask(campaign.config(DiffimTask.NAME, DiffimTask.Config.defaults())));
  }

  /** To every patch it overlaps; an absent visit has no place and goes to its own key. */
  private static void routeVisit(
      QuantumResult visit, QuantumContext.DatasetReader reader, Router.Output out) {
    DataId own = DataId.parse(visit.getDataId());
    out.sendWithPayload(own, DiffimTask.VISIT, visit);
    if (visit.getPayload() instanceof ExposureSummary summary) {
      for (DataId patch : SkyRouting.patches(summary)) {
        out.send(patch, DiffimTask.VISIT, visit);
      }
    }
  }

  private static void routeTemplate(
      QuantumResult template, QuantumContext.DatasetReader reader, Router.Output out) {
    out.send(DataId.parse(template.getDataId()), DiffimTask.TEMPLATE, template);
  }

  private static void rejoin(DataId key, List<QuantumInput> inputs, Router.Output out)
      throws IOException {
    if (key.has("visit")) {
      inputs.forEach(input -> out.send(key, input));
      return;
    }
    List<QuantumInput> templates =
        inputs.stream().filter(i -> i.getRole().equals(DiffimTask.TEMPLATE)).toList();
    for (QuantumInput input : inputs) {
      if (input.getRole().equals(DiffimTask.VISIT)) {
        DataId visit = DataId.parse(input.getResult().getDataId());
        templates.forEach(template -> out.send(visit, template));
      }
    }
  }
}
