package org.starbeam.transforms.step7;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionView;
import org.starbeam.hips.TileRaster;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.quantum.SideResults;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.step2.VisitTablesTask;
import org.starbeam.transforms.window.CampaignWindows;

/** step7: metrics by visit, then of the whole run; the HiPS. */
public final class Step7 {
  private Step7() {}

  /**
   * Measures the run.
   *
   * @param finalVisits results of finalVisit
   * @param visitTables results of visitTables
   * @param objects results of objectTable
   * @param references campaign-wide results, of which the reference catalogue's shards are used
   */
  public static PCollection<QuantumResult> metrics(
      CampaignContext campaign,
      PCollection<QuantumResult> finalVisits,
      PCollection<QuantumResult> visitTables,
      PCollection<QuantumResult> objects,
      PCollectionView<Iterable<QuantumResult>> references) {
    PCollection<QuantumResult> residuals = residuals(campaign, finalVisits, 1, references);
    PCollection<QuantumResult> tracts =
        QuantumStage.named(TractMetricsTask.NAME)
            .in(campaign)
            .route(visitTables, Step7::toTracts)
            .run(
                new TractMetricsTask(
                    campaign.config(TractMetricsTask.NAME, TractMetricsTask.Config.defaults())));
    return QuantumStage.named("runMetrics")
        .in(campaign)
        .route(
            tracts,
            (r, reader, out) -> out.send(DataId.of("name", "run"), RunMetricsTask.TRACTS, r))
        .route(
            visitTables,
            (r, reader, out) -> out.send(DataId.of("name", "run"), RunMetricsTask.VISITS, r))
        .route(
            residuals,
            (r, reader, out) -> out.send(DataId.of("name", "run"), RunMetricsTask.RESIDUALS, r))
        .route(
            objects,
            (r, reader, out) -> out.send(DataId.of("name", "run"), RunMetricsTask.OBJECTS, r))
        .run(RunMetricsTask.ofRun());
  }

  /** The tracts that the detectors of a visit overlap. */
  private static void toTracts(
      QuantumResult visit, QuantumContext.DatasetReader reader, Router.Output out)
      throws IOException {
    Set<DataId> tracts = new TreeSet<>();
    for (DatasetRef ref : visit.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.VISIT_SUMMARY.name())) {
        for (ExposureSummary s : reader.json(ref, VisitTablesTask.VisitSummary.class).detectors()) {
          SkyRouting.tracts(s).forEach(tract -> tracts.add(tract.with("band", s.getBand())));
        }
      }
    }
    tracts.forEach(tract -> out.send(tract, TractMetricsTask.VISIT, visit));
  }

  /**
   * Measures each night, when it closes.
   *
   * @param finalVisits results of finalVisit
   * @param detectors number of detectors of the camera, for streams
   * @param references campaign-wide results, of which the reference catalogue's shards are used
   */
  public static PCollection<QuantumResult> nightMetrics(
      CampaignContext campaign,
      PCollection<QuantumResult> finalVisits,
      int detectors,
      PCollectionView<Iterable<QuantumResult>> references) {
    double rollover = campaign.arrivals().rolloverHours();
    return QuantumStage.named("nightMetrics")
        .in(campaign)
        .window(CampaignWindows.nights(rollover))
        .route(
            residuals(campaign, finalVisits, detectors, references),
            (r, reader, out) ->
                out.send(
                    DataId.of("name", "n" + CampaignWindows.dayObs(r.getEventTimeMs(), rollover)),
                    RunMetricsTask.RESIDUALS,
                    r))
        .run(RunMetricsTask.ofNight());
  }

  private static PCollection<QuantumResult> residuals(
      CampaignContext campaign,
      PCollection<QuantumResult> finalVisits,
      int detectors,
      PCollectionView<Iterable<QuantumResult>> references) {
    return QuantumStage.named("metrics")
        .in(campaign)
        .completeWhen(Completeness.of(VisitMetricsTask.DETECTOR, detectors))
        .route(
            finalVisits,
            (r, reader, out) ->
                out.sendWithPayload(
                    DataId.parse(r.getDataId()).only("instrument", "visit"),
                    VisitMetricsTask.DETECTOR,
                    r))
        .side(references)
        .assemble(Step7::withReferences)
        .run(new VisitMetricsTask());
  }

  private static List<Quantum> withReferences(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    RefStars.Cone cone = RefStars.Cone.aroundDetectors(inputs, VisitMetricsTask.MARGIN_DEG);
    List<QuantumInput> all = new ArrayList<>(inputs);
    all.addAll(RefStars.inputs(side, cone));
    return List.of(Quantum.of(key, all));
  }

  /**
   * Makes the HiPS of the deep coadds: a tree for each band and one of colours (specs/07 sections 2
   * to 6).
   *
   * @param coadds results of deepCoadd
   * @return results of hips, one for each tree
   */
  public static PCollection<QuantumResult> hips(
      CampaignContext campaign, PCollection<QuantumResult> coadds) {
    PCollection<QuantumResult> blocks =
        QuantumStage.named(HipsBlockTask.NAME)
            .in(campaign)
            .route(coadds, Step7::toHipsBlocks)
            .run(
                new HipsBlockTask(
                    campaign.config(HipsBlockTask.NAME, HipsBlockTask.Config.defaults())));
    PCollection<QuantumResult> stretch =
        QuantumStage.named(HipsStretchTask.NAME)
            .in(campaign)
            .route(
                blocks,
                (r, reader, out) -> out.send(DataId.of("name", "run"), HipsStretchTask.SUMMARY, r))
            .run(
                new HipsStretchTask(
                    campaign.config(HipsStretchTask.NAME, HipsStretchTask.Config.defaults())));
    PCollectionView<Iterable<QuantumResult>> drawn =
        SideResults.of("hipsStretchOfAll", List.of(stretch));
    TileRaster.Config raster = campaign.config(HipsRasterTask.NAME, TileRaster.Config.defaults());
    PCollection<QuantumResult> rasters =
        QuantumStage.named(HipsRasterTask.NAME)
            .in(campaign)
            .route(
                blocks,
                (r, reader, out) ->
                    out.send(DataId.parse(r.getDataId()).only("healpix8"), HipsRasterTask.BLOCK, r))
            .side(drawn)
            .assemble(Step7::withStretch)
            .run(new HipsRasterTask(raster));
    List<PCollection<QuantumResult>> pieces = new ArrayList<>(List.of(blocks, rasters));
    PCollection<QuantumResult> below = blocks;
    for (int order = HipsPixels.BLOCK_ORDER; order > 0; order -= HipsPixels.LEVELS) {
      below = merged(campaign, below, order, drawn, raster);
      pieces.add(below);
    }
    QuantumStage trees = QuantumStage.named(HipsTask.NAME).in(campaign);
    for (PCollection<QuantumResult> piece : pieces) {
      trees = trees.route(piece, Step7::toTrees);
    }
    HipsTask.Config names = campaign.config(HipsTask.NAME, HipsTask.Config.defaults());
    return trees
        .side(drawn)
        .assemble(Step7::withStretch)
        .run(new HipsTask(new HipsTask.Configuration(names, raster)));
  }

  private static void toHipsBlocks(
      QuantumResult coadd, QuantumContext.DatasetReader reader, Router.Output out) {
    DataId id = DataId.parse(coadd.getDataId());
    for (long pixel : HipsPixels.blocks(id.getInt("tract"), id.getInt("patch"))) {
      out.send(id.only("band").with("healpix8", pixel), HipsBlockTask.COADD, coadd);
    }
  }

  /** Merges the sums of an order three orders up; the last time to order 0. */
  private static PCollection<QuantumResult> merged(
      CampaignContext campaign,
      PCollection<QuantumResult> below,
      int order,
      PCollectionView<Iterable<QuantumResult>> stretch,
      TileRaster.Config raster) {
    int to = Math.max(0, order - HipsPixels.LEVELS);
    return QuantumStage.named(HipsMergeTask.NAME + to)
        .in(campaign)
        .route(
            below,
            (r, reader, out) -> {
              DataId id = DataId.parse(r.getDataId());
              if (id.has(HipsPixels.dimension(order))) {
                long pixel = id.getLong(HipsPixels.dimension(order));
                out.send(HipsPixels.id(to, HipsPixels.above(pixel)), HipsMergeTask.PART, r);
              }
            })
        .side(stretch)
        .assemble(Step7::withStretch)
        .run(new HipsMergeTask(raster));
  }

  /** To the trees that a piece has files of. */
  private static void toTrees(
      QuantumResult piece, QuantumContext.DatasetReader reader, Router.Output out) {
    for (DatasetRef ref : piece.getOutputs()) {
      DataId id = DataId.parse(ref.getDataId());
      switch (ref.getDatasetType()) {
        case "hips_block" -> out.send(DataId.of("name", id.get("band")), HipsTask.PIECES, piece);
        case "hips_raster", "hips_merge" ->
            out.send(DataId.of("name", id.get("name")), HipsTask.PIECES, piece);
        default -> {}
      }
    }
  }

  private static List<Quantum> withStretch(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    List<QuantumInput> all = new ArrayList<>(inputs);
    side.forEach(stretch -> all.add(new QuantumInput(HipsRasterTask.STRETCH, stretch)));
    return List.of(Quantum.of(key, all));
  }
}
