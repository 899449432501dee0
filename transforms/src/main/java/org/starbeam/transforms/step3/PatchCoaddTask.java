package org.starbeam.transforms.step3;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.coadd.CellBlock;
import org.starbeam.coadd.CellBlockFile;
import org.starbeam.coadd.CellCoadd;
import org.starbeam.coadd.PatchStitcher;
import org.starbeam.coadd.StitchedPatch;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Stitches the cells of a patch in one band into one image with a PSF per cell: {@code deep_coadd}
 * for detection and measurement, {@code template_coadd} for differences. Templates use the cells of
 * the deep coadd.
 */
public final class PatchCoaddTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final int LANCZOS_ORDER = 3;

  /** Role of the cell coadds. */
  public static final String CELLS = "cells";

  private final String name;
  private final DatasetType output;

  private PatchCoaddTask(String name, DatasetType output) {
    this.name = name;
    this.output = output;
  }

  public static PatchCoaddTask deep() {
    return new PatchCoaddTask("deepCoadd", DatasetTypes.DEEP_COADD);
  }

  public static PatchCoaddTask template() {
    return new PatchCoaddTask("templateCoadd", DatasetTypes.TEMPLATE_COADD);
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        name, "step3", 3, "{}", List.of(TaskSpec.InputRule.gather(CELLS, 1)), List.of(output));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId id = quantum.dataId();
    RingsSkyMap map = RingsSkyMap.defaults();
    Tract tract = map.tract(id.getInt("tract"));
    int patch = id.getInt("patch");
    List<CellBlock> blocks = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(CELLS, DatasetTypes.CELL_COADD.name())) {
      CellBlock block = CellBlockFile.read(context.reader().path(ref), tract.cellsOfPatch(patch));
      if (!block.cells().isEmpty()) {
        blocks.add(block);
      }
    }
    if (blocks.isEmpty()) {
      return Outcome.noWork("no cell of this patch has inputs");
    }
    StitchedPatch stitched =
        new PatchStitcher(tract, map.config().cellBorder(), LANCZOS_ORDER).stitch(patch, blocks);
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("SKYMAP", id.get("skymap"));
    cards.put("SKYHASH", map.identity());
    cards.put("TRACT", tract.id());
    cards.put("PATCH", patch);
    cards.put("BAND", id.get("band"));
    context.stageFile(output, id, file -> stitched.toFile(cards).write(file, stitched.form()));
    context.metric("cells", stitched.cells().size());
    context.metric(
        "meanInputs",
        stitched.cells().values().stream()
            .map(CellCoadd::inputs)
            .mapToInt(List::size)
            .average()
            .orElse(0));
    return Outcome.done();
  }
}
