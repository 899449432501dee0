package org.starbeam.transforms.step5;

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
 * step5: forced photometry. Visits and objects meet at the tract; from there each visit takes the
 * object tables of the tracts that it overlaps to its own key (visit, detector), where its
 * difference image waits.
 */
public final class Step5 {
  private Step5() {}

  /**
   * Measures every object on every visit and difference image.
   *
   * @param visits results of finalVisit, with their summaries
   * @param differences results of diffim
   * @param objects results of objectTable
   */
  public static PCollection<QuantumResult> forcedSources(
      CampaignContext campaign,
      PCollection<QuantumResult> visits,
      PCollection<QuantumResult> differences,
      PCollection<QuantumResult> objects) {
    return QuantumStage.named(ForcedOnObjectsTask.NAME)
        .in(campaign)
        .route(visits, Step5::routeVisit)
        .route(differences, Step5::routeDifference)
        .route(objects, Step5::routeObjects)
        .rejoin(Step5::rejoin)
        .run(
            new ForcedOnObjectsTask(
                campaign.config(ForcedOnObjectsTask.NAME, ForcedOnObjectsTask.Config.defaults())));
  }

  private static void routeVisit(
      QuantumResult visit, QuantumContext.DatasetReader reader, Router.Output out) {
    out.sendWithPayload(DataId.parse(visit.getDataId()), ForcedOnObjectsTask.VISIT, visit);
    if (visit.getPayload() instanceof ExposureSummary summary) {
      for (DataId tract : SkyRouting.tracts(summary)) {
        out.send(tract, ForcedOnObjectsTask.VISIT, visit);
      }
    }
  }

  private static void routeDifference(
      QuantumResult difference, QuantumContext.DatasetReader reader, Router.Output out) {
    out.send(DataId.parse(difference.getDataId()), ForcedOnObjectsTask.DIFFERENCE, difference);
  }

  private static void routeObjects(
      QuantumResult objects, QuantumContext.DatasetReader reader, Router.Output out) {
    out.send(DataId.parse(objects.getDataId()), ForcedOnObjectsTask.OBJECTS, objects);
  }

  private static void rejoin(DataId key, List<QuantumInput> inputs, Router.Output out)
      throws IOException {
    if (key.has("visit")) {
      inputs.forEach(input -> out.send(key, input));
      return;
    }
    List<QuantumInput> objects =
        inputs.stream().filter(i -> i.getRole().equals(ForcedOnObjectsTask.OBJECTS)).toList();
    for (QuantumInput input : inputs) {
      if (input.getRole().equals(ForcedOnObjectsTask.VISIT)) {
        DataId visit = DataId.parse(input.getResult().getDataId());
        objects.forEach(table -> out.send(visit, table));
      }
    }
  }
}
