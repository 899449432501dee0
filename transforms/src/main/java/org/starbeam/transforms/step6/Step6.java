package org.starbeam.transforms.step6;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SpherePolygon;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;

/** step6: the parts of every release table, gathered by sky pixel and packed. */
public final class Step6 {
  private Step6() {}

  /**
   * Packs the tables.
   *
   * @param parts results of the tasks that wrote parts: finalVisit, visitTables, objectTable,
   *     diffim, forcedOnObjects
   */
  public static PCollection<QuantumResult> releaseTables(
      CampaignContext campaign, List<PCollection<QuantumResult>> parts) {
    QuantumStage stage = QuantumStage.named("releaseTables").in(campaign);
    for (PCollection<QuantumResult> part : parts) {
      stage = stage.route(part, Step6::route);
    }
    return stage.run(new ReleaseTablesTask(campaign.bands()));
  }

  private static void route(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out)
      throws IOException {
    for (DatasetRef ref : result.getOutputs()) {
      Optional<ReleaseTable> table = ReleaseTable.ofPart(ref.getDatasetType());
      if (table.isPresent()) {
        for (long pixel : pixels(table.get(), table.get().rowClass(), ref, result, reader)) {
          DataId key = DataId.of("healpix3", pixel, "name", table.get().tableName());
          out.send(key, ReleaseTablesTask.PART, result);
        }
      }
    }
  }

  private static <T extends SpecificRecord> TreeSet<Long> pixels(
      ReleaseTable table,
      Class<T> rowClass,
      DatasetRef ref,
      QuantumResult result,
      QuantumContext.DatasetReader reader)
      throws IOException {
    Healpix grid = new Healpix(ReleaseTablesTask.PARTITION_ORDER);
    TreeSet<Long> pixels = new TreeSet<>();
    if (result.getPayload() instanceof ExposureSummary summary) {
      SpherePolygon polygon =
          new SpherePolygon(array(summary.getRaCorners()), array(summary.getDecCorners()));
      double margin = 30.0 / 3600;
      pixels.addAll(
          grid.cone(
              polygon.center().raDeg(), polygon.center().decDeg(), polygon.radiusDeg() + margin));
      return pixels;
    }
    for (T row : reader.table(ref, rowClass)) {
      if (table.hasPosition(row)) {
        pixels.add(grid.pixel(table.ra(row), table.dec(row)));
      }
    }
    return pixels;
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
