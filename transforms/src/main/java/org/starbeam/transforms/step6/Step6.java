package org.starbeam.transforms.step6;

import com.google.common.primitives.Doubles;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.apache.avro.specific.SpecificRecord;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.step5.DiaPixels;
import org.starbeam.transforms.window.CampaignWindows;

/** step6: the parts of every release table, gathered by sky pixel and packed. */
public final class Step6 {
  private static final int BORDER_POINTS = 16;

  private Step6() {}

  /**
   * Packs the tables.
   *
   * @param parts results of the tasks that wrote parts: finalVisit, visitTables, objectTable,
   *     associateDia, diaObjects, forcedOnObjects, forcedOnDiaObjects
   */
  public static PCollection<QuantumResult> releaseTables(
      CampaignContext campaign, List<PCollection<QuantumResult>> parts) {
    QuantumStage stage = QuantumStage.named("releaseTables").in(campaign);
    for (PCollection<QuantumResult> part : parts) {
      stage = stage.route(part, Step6::route);
    }
    return stage.run(ReleaseTablesTask.ofRelease(new ReleaseTablesTask.Config(campaign.bands())));
  }

  /**
   * Packs the rows of each night, when it closes.
   *
   * @param parts results of the tasks that wrote parts
   */
  public static PCollection<QuantumResult> nightTables(
      CampaignContext campaign, List<PCollection<QuantumResult>> parts) {
    double rollover = campaign.arrivals().rolloverHours();
    QuantumStage stage =
        QuantumStage.named("nightTables").in(campaign).window(CampaignWindows.nights(rollover));
    for (PCollection<QuantumResult> part : parts) {
      stage =
          stage.route(
              part,
              (result, reader, out) -> {
                int night = CampaignWindows.dayObs(result.getEventTimeMs(), rollover);
                route(result, reader, (key, input) -> out.send(key.with("day_obs", night), input));
              });
    }
    return stage.run(ReleaseTablesTask.ofNight(new ReleaseTablesTask.Config(campaign.bands())));
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
      return pixelsUnder(
          Doubles.toArray(summary.getRaCorners()), Doubles.toArray(summary.getDecCorners()));
    }
    DataId id = DataId.parse(ref.getDataId());
    if (id.has("healpix8")) {
      pixels.add(partitionOf(id.getLong("healpix8")));
    }
    for (T row : reader.table(ref, rowClass)) {
      if (table.hasPosition(row)) {
        pixels.add(grid.pixel(table.ra(row), table.dec(row)));
      }
    }
    return pixels;
  }

  /** The pixel around one of order 8. */
  public static long partitionOf(long healpix8) {
    return healpix8 >> 2 * (DiaPixels.ORDER - ReleaseTablesTask.PARTITION_ORDER);
  }

  /** Pixels of points along the border of a detector; a detector is much smaller than a pixel. */
  public static TreeSet<Long> pixelsUnder(double[] ra, double[] dec) {
    Healpix grid = new Healpix(ReleaseTablesTask.PARTITION_ORDER);
    TreeSet<Long> pixels = new TreeSet<>();
    Gnomonic plane = new Gnomonic(new SkyPoint(ra[0], dec[0]));
    for (int i = 0; i < ra.length; i++) {
      double[] from = plane.project(ra[i], dec[i]);
      double[] to = plane.project(ra[(i + 1) % ra.length], dec[(i + 1) % ra.length]);
      for (int k = 0; k < BORDER_POINTS; k++) {
        double t = k / (double) BORDER_POINTS;
        SkyPoint p =
            plane.deproject(from[0] + t * (to[0] - from[0]), from[1] + t * (to[1] - from[1]));
        pixels.add(grid.pixel(p.raDeg(), p.decDeg()));
      }
    }
    return pixels;
  }
}
