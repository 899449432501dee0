package org.starbeam.transforms.step3;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.coadd.AccumulatedInput;
import org.starbeam.coadd.ArtifactMask;
import org.starbeam.coadd.BlockCoadder;
import org.starbeam.coadd.BlockState;
import org.starbeam.coadd.BlockStateFile;
import org.starbeam.coadd.CellBlock;
import org.starbeam.coadd.CellBlockFile;
import org.starbeam.coadd.CoaddSource;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsWriter;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.ContentHash;
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
 *
 * <p>With exact increments the state of the block is kept as {@code cell_accumulator}. Where an
 * earlier launch or a run that this one is based on has left one, only what is new or different is
 * warped, and the bytes come out as if all had been made at once (specs/05 section 2.7). The state
 * is no input of the quantum: whether it is there changes the time that it takes and nothing else.
 */
public final class CellCoaddTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final Logger LOG = LoggerFactory.getLogger(CellCoaddTask.class);

  public static final String NAME = "cellCoadd";

  /** Role of the final characterizations, with their summaries. */
  public static final String VISIT = "visit";

  /** Role of the input selection of the tract and band. */
  public static final String SELECTION = "selection";

  /** How a block over which more visits have come in is brought up to date. */
  public enum Increment {
    /** Blocks whose inputs are the same are adopted, the others made from all their inputs. */
    HASH,
    /** The state of blocks is kept, and new inputs are added to it. */
    EXACT
  }

  /**
   * @param coadd warps, artifacts and cells
   * @param increment whether the state of blocks is kept
   * @param masks whether the artifacts of inputs in the state are decided again; with frozen masks
   *     a run cannot be compared with one that was made at once
   */
  public record Config(BlockCoadder.Config coadd, Increment increment, BlockCoadder.Masks masks)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          BlockCoadder.Config.defaults(), Increment.HASH, BlockCoadder.Masks.RECONCILE);
    }
  }

  private final Config config;

  public CellCoaddTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step3",
        4,
        Configs.json(config),
        List.of(TaskSpec.InputRule.required(SELECTION), TaskSpec.InputRule.gather(VISIT, 1)),
        List.of(
            DatasetTypes.CELL_COADD, DatasetTypes.ARTIFACT_MASK, DatasetTypes.CELL_ACCUMULATOR));
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
        new BlockCoadder(config.coadd())
            .coadd(
                tract,
                map.config().pixelScaleArcsec(),
                tract.cellsOfBlock(block),
                sources,
                before(id, map, context));
    if (result.cells().isEmpty()) {
      return Outcome.noWork("no detector covers a whole cell of this block");
    }
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("SKYMAP", id.get("skymap"));
    cards.put("SKYHASH", map.identity());
    CellBlock cells =
        new CellBlock(
            tract.id(),
            block,
            id.get("band"),
            config.coadd().cell().inner(),
            config.coadd().cell().border(),
            result.cells());
    context.stageFile(DatasetTypes.CELL_COADD, id, file -> CellBlockFile.write(file, cells, cards));
    context.stageFile(
        DatasetTypes.ARTIFACT_MASK, id, file -> writeMasks(file, result.masks(), cards));
    if (config.increment() == Increment.EXACT) {
      context.stageFile(
          DatasetTypes.CELL_ACCUMULATOR,
          id,
          file -> BlockStateFile.write(file, identity(id, map), result.state()));
    }
    report(result, context);
    return Outcome.done();
  }

  /** What a state must have been made with to be of use: everything but its inputs. */
  private String identity(DataId id, RingsSkyMap map) {
    return ContentHash.ofText(
        String.join(
            "\n", NAME, "" + spec().version(), spec().configJson(), map.identity(), "" + id));
  }

  private BlockCoadder.Before before(DataId id, RingsSkyMap map, QuantumContext context)
      throws IOException {
    if (config.increment() == Increment.EXACT) {
      for (DatasetRef ref : context.earlier(DatasetTypes.CELL_ACCUMULATOR, id)) {
        Optional<BlockState> state = state(context.reader().path(ref), identity(id, map));
        if (state.isPresent()) {
          return new BlockCoadder.Before(
              state.get(), input -> former(input, id, context), config.masks());
        }
      }
    }
    return BlockCoadder.Before.nothing();
  }

  private static Optional<BlockState> state(Path file, String identity) {
    try {
      return BlockStateFile.read(file, identity);
    } catch (BadInputException e) {
      LOG.warn("{}; the block is made from all its inputs", e.getMessage());
      return Optional.empty();
    }
  }

  /** The image that an input of a state was made of, when some run still has it. */
  private static Optional<CoaddSource> former(
      AccumulatedInput input, DataId block, QuantumContext context) {
    ImageVersion version = ImageVersion.parse(input.content());
    try {
      for (DatasetRef ref : context.earlier(DatasetTypes.VISIT_IMAGE, version.id())) {
        if (version.image().equals(ref.getContentHash())) {
          return Optional.of(VisitCutouts.of(() -> context.reader().path(ref), input));
        }
      }
    } catch (IOException e) {
      LOG.warn("{}: {}", block, e.getMessage());
    }
    return Optional.empty();
  }

  private void report(BlockCoadder.Result result, QuantumContext context) {
    BlockCoadder.Work work = result.work();
    for (AccumulatedInput input : result.state().inputs()) {
      if (input.weight() <= 0) {
        context.caveat(
            Caveat.UPSTREAM_MISSING,
            "visit "
                + input.visit()
                + ", detector "
                + input.detector()
                + " has no usable variance and is left out");
      }
    }
    if (config.masks() == BlockCoadder.Masks.FROZEN && work.kept() > 0) {
      context.caveat(
          Caveat.FALLBACK,
          "artifacts of "
              + work.kept()
              + " inputs were not decided again (masks: frozen): not comparable with a coadd of all"
              + " inputs at once");
    }
    context.metric("inputs", work.kept() + work.added());
    context.metric("cells", result.cells().size());
    context.metric("artifacts", result.masks().stream().mapToInt(m -> m.artifacts().size()).sum());
    context.metric("inputsAdded", work.added());
    context.metric("inputsRetracted", work.retracted());
    context.metric("inputsRemasked", work.remasked());
    context.metric("megapixelsWarped", work.warpedPixels() / 1e6);
    context.metric("cellsUntouched", work.cellsUntouched());
    context.metric("cellsFolded", work.cellsFolded());
    context.metric("cellsMade", work.cellsMade());
  }

  private static List<CoaddSource> sources(Quantum quantum, QuantumContext context)
      throws Exception {
    DatasetRef ref = quantum.ref(SELECTION, DatasetTypes.COADD_INPUT_SELECTION.name());
    SelectVisitsTask.Selection selection =
        context.reader().json(ref, SelectVisitsTask.Selection.class);
    List<CoaddSource> sources = new ArrayList<>();
    for (QuantumResult result : quantum.results(VISIT)) {
      if (result.getPayload() instanceof ExposureSummary summary
          && SelectVisitsTask.isSelected(selection.choices(), summary)) {
        DatasetRef image = image(result);
        sources.add(
            VisitCutouts.of(
                () -> context.reader().path(image),
                summary,
                ImageVersion.of(image, summary).text()));
      }
    }
    return sources;
  }

  private static DatasetRef image(QuantumResult result) {
    for (DatasetRef output : result.getOutputs()) {
      if (output.getDatasetType().equals(DatasetTypes.VISIT_IMAGE.name())) {
        return output;
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
