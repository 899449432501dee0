package org.starbeam.transforms.step3;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.coadd.ArtifactMask;
import org.starbeam.coadd.BlockCoadder;
import org.starbeam.coadd.CellBlock;
import org.starbeam.coadd.CellBlockFile;
import org.starbeam.coadd.CoaddSource;
import org.starbeam.fits.FitsWriter;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumContext.Caveat;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Warps the selected visit images onto a block of cells, finds artifacts, and adds the rest up: the
 * datasets {@code cell_coadd} and {@code artifact_mask} of a (tract, block, band).
 */
public final class CellCoaddTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "cellCoadd";

  /** Role of the final characterizations, with their summaries. */
  public static final String VISIT = "visit";

  /** Role of the input selection of the tract and band. */
  public static final String SELECTION = "selection";

  private final BlockCoadder.Config config;

  public CellCoaddTask(BlockCoadder.Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step3",
        2,
        Configs.json(config),
        List.of(TaskSpec.InputRule.required(SELECTION), TaskSpec.InputRule.gather(VISIT, 1)),
        List.of(DatasetTypes.CELL_COADD, DatasetTypes.ARTIFACT_MASK));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId id = quantum.dataId();
    RingsSkyMap map = RingsSkyMap.defaults();
    Tract tract = map.tract(id.getInt("tract"));
    int block = id.getInt("block");
    List<CoaddSource> sources = sources(quantum, context);
    if (sources.isEmpty()) {
      return Outcome.noWork("none of the visits over this block was selected");
    }
    BlockCoadder.Result result =
        new BlockCoadder(config)
            .coadd(tract, map.config().pixelScaleArcsec(), tract.cellsOfBlock(block), sources);
    if (result.cells().isEmpty()) {
      return Outcome.noWork("no detector covers a whole cell of this block");
    }
    CellBlock cells =
        new CellBlock(
            tract.id(),
            block,
            id.get("band"),
            config.cell().inner(),
            config.cell().border(),
            result.cells());
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("SKYMAP", id.get("skymap"));
    cards.put("SKYHASH", map.identity());
    context.stageFile(DatasetTypes.CELL_COADD, id, file -> CellBlockFile.write(file, cells, cards));
    context.stageFile(
        DatasetTypes.ARTIFACT_MASK, id, file -> writeMasks(file, result.masks(), cards));
    context.metric("inputs", sources.size());
    context.metric("cells", result.cells().size());
    context.metric("artifacts", result.masks().stream().mapToInt(m -> m.artifacts().size()).sum());
    return Outcome.done();
  }

  private static List<CoaddSource> sources(Quantum quantum, QuantumContext context)
      throws Exception {
    DatasetRef ref = quantum.ref(SELECTION, DatasetTypes.COADD_INPUT_SELECTION.name());
    SelectVisitsTask.Selection selection =
        context.reader().json(ref, SelectVisitsTask.Selection.class);
    List<CoaddSource> sources = new ArrayList<>();
    for (QuantumResult result : quantum.results(VISIT)) {
      context.checkCancelled();
      if (result.getPayload() instanceof ExposureSummary summary
          && SelectVisitsTask.isSelected(selection.choices(), summary)) {
        VisitCutouts source = VisitCutouts.open(image(result, context), summary);
        if (source.weight() > 0) {
          sources.add(source);
        } else {
          context.caveat(
              Caveat.UPSTREAM_MISSING,
              "visit "
                  + summary.getVisit()
                  + ", detector "
                  + summary.getDetector()
                  + " has no usable variance and is left out");
        }
      }
    }
    return sources;
  }

  private static Path image(QuantumResult result, QuantumContext context) {
    for (DatasetRef output : result.getOutputs()) {
      if (output.getDatasetType().equals(DatasetTypes.VISIT_IMAGE.name())) {
        return context.reader().path(output);
      }
    }
    throw new IllegalStateException("result of " + result.getDataId() + " without a visit image");
  }

  private static void writeMasks(Path file, List<ArtifactMask> masks, Map<String, Object> cards) {
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(cards);
      ArtifactMask.toTables(masks).forEach(writer::table);
      writer.commit();
    }
  }
}
