package org.starbeam.transforms.step3;

import java.io.IOException;
import java.util.List;
import org.apache.beam.sdk.values.PCollection;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.Router;
import org.starbeam.transforms.selection.Selection;
import org.starbeam.transforms.selection.VisitFields;
import org.starbeam.transforms.sky.SkyRouting;

/**
 * step3, first half: the inputs of each tract and band are selected, blocks of cells are coadded,
 * and the cells are stitched into patches for detection and for templates.
 */
public final class Step3Coadds {
  private Step3Coadds() {}

  /**
   * The coadds.
   *
   * @param deep results of deepCoadd, by tract, patch and band
   * @param templates results of templateCoadd, by tract, patch and band
   * @param cells results of cellCoadd, by tract, block and band
   */
  public record Coadds(
      PCollection<QuantumResult> deep,
      PCollection<QuantumResult> templates,
      PCollection<QuantumResult> cells) {}

  /**
   * Makes the coadds.
   *
   * @param visits results of finalVisit, with their summaries
   */
  public static Coadds coadds(CampaignContext campaign, PCollection<QuantumResult> visits) {
    PCollection<QuantumResult> selections =
        QuantumStage.named(SelectVisitsTask.NAME)
            .in(campaign)
            .route(visits, Step3Coadds::toTracts)
            .run(
                new SelectVisitsTask(
                    campaign.config(SelectVisitsTask.NAME, CoaddInputSelector.Config.defaults()),
                    measured(campaign)));
    PCollection<QuantumResult> cells =
        QuantumStage.named(CellCoaddTask.NAME)
            .in(campaign)
            .route(visits, Step3Coadds::toBlocks)
            .route(selections, Step3Coadds::selectionToBlocks)
            .assemble(Step3Coadds::blocksWithSelection)
            .run(
                new CellCoaddTask(
                    campaign.config(CellCoaddTask.NAME, CellCoaddTask.Config.defaults())));
    return new Coadds(
        stitched(campaign, cells, "deepCoadd", PatchCoaddTask.deep()),
        stitched(campaign, cells, "templateCoadd", PatchCoaddTask.template()),
        cells);
  }

  /** The part of the campaign's selection that only measurements can decide; empty for all. */
  private static String measured(CampaignContext campaign) {
    Selection part = VisitFields.selection(campaign.where()).measured();
    return part.isAll() ? "" : part.toString();
  }

  private static PCollection<QuantumResult> stitched(
      CampaignContext campaign,
      PCollection<QuantumResult> cells,
      String name,
      PatchCoaddTask task) {
    return QuantumStage.named(name).in(campaign).route(cells, Step3Coadds::toPatches).run(task);
  }

  private static void toTracts(
      QuantumResult visit, QuantumContext.DatasetReader reader, Router.Output out) {
    if (visit.getPayload() instanceof ExposureSummary summary) {
      for (DataId tract : SkyRouting.tracts(summary)) {
        out.sendWithPayload(tract.with("band", summary.getBand()), SelectVisitsTask.VISIT, visit);
      }
    }
  }

  private static void toBlocks(
      QuantumResult visit, QuantumContext.DatasetReader reader, Router.Output out) {
    if (visit.getPayload() instanceof ExposureSummary summary) {
      for (DataId block : SkyRouting.blocks(summary)) {
        out.sendWithPayload(block, CellCoaddTask.VISIT, visit);
      }
    }
  }

  private static void selectionToBlocks(
      QuantumResult result, QuantumContext.DatasetReader reader, Router.Output out)
      throws IOException {
    DataId id = DataId.parse(result.getDataId());
    for (DatasetRef ref : result.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.COADD_INPUT_SELECTION.name())) {
        for (int block : reader.json(ref, SelectVisitsTask.Selection.class).blocks()) {
          out.send(id.with("block", block), CellCoaddTask.SELECTION, result);
        }
      }
    }
  }

  /** A block over which nothing was selected needs no work. */
  private static List<Quantum> blocksWithSelection(
      DataId key, List<QuantumInput> inputs, List<QuantumResult> side) {
    boolean selected = inputs.stream().anyMatch(i -> i.getRole().equals(CellCoaddTask.SELECTION));
    return selected ? List.of(Quantum.of(key, inputs)) : List.of();
  }

  /** To every patch whose view shows a cell of the block. */
  private static void toPatches(
      QuantumResult cells, QuantumContext.DatasetReader reader, Router.Output out) {
    DataId id = DataId.parse(cells.getDataId());
    for (int patch : SkyRouting.patchesShowing(id.getInt("tract"), id.getInt("block"))) {
      out.send(
          id.only("skymap", "tract", "band").with("patch", patch), PatchCoaddTask.CELLS, cells);
    }
  }
}
