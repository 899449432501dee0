package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.transforms.Filter;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.values.PCollection;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.quantum.ArrivalGate;
import org.starbeam.transforms.quantum.Assembler;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Completeness;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumSources;
import org.starbeam.transforms.quantum.QuantumStage;
import org.starbeam.transforms.quantum.SameDataset;
import org.starbeam.transforms.quantum.SideResults;

/** The first step of the graph: the camera and the exposures of an input directory. */
public final class Ingest {
  /** Name of the camera file in an input directory. */
  public static final String CAMERA_FILE = "camera.yaml";

  private Ingest() {}

  /**
   * The camera of the input directory as a result with the dataset {@code camera}; {@code
   * MISSING_CAMERA} when raw frames come without a camera file. A directory of calibrated frames
   * may have none: then the collection is empty.
   */
  public static PCollection<QuantumResult> camera(
      Pipeline pipeline, InputFolder input, CampaignContext campaign) throws IOException {
    InputFile file = input.file(CAMERA_FILE);
    List<QuantumResult> files = new ArrayList<>();
    if (file != null) {
      files.add(QuantumSources.inputFile(file));
    } else if (input.has(RawInputs.RAW)) {
      throw new BadInputException(
          "MISSING_CAMERA",
          "no "
              + input
              + "/"
              + CAMERA_FILE
              + ": raw frames need a camera file; starbeam simulate writes one of its form");
    }
    return copies(
        QuantumSources.of(pipeline, "cameraFile", files), IngestFileTask.camera(), campaign);
  }

  /** The mapping file as a result with the dataset {@code mapping}; empty when there is none. */
  public static PCollection<QuantumResult> mapping(
      Pipeline pipeline, @Nullable Path file, CampaignContext campaign) throws IOException {
    List<QuantumResult> files = new ArrayList<>();
    if (file != null) {
      if (!Files.isRegularFile(file)) {
        throw new BadInputException("NO_INPUT", "mapping file " + file + " does not exist");
      }
      Path folder = file.toAbsolutePath().normalize().resolveSibling("");
      files.add(QuantumSources.inputFile(InputFile.of(folder, file.toAbsolutePath().normalize())));
    }
    return copies(
        QuantumSources.of(pipeline, "mappingFile", files), IngestFileTask.mapping(), campaign);
  }

  private static PCollection<QuantumResult> copies(
      PCollection<QuantumResult> files, IngestFileTask task, CampaignContext campaign) {
    return QuantumStage.named(task.spec().name())
        .in(campaign)
        .route(files, (result, reader, out) -> out.send(DataId.GLOBAL, IngestTask.FILE, result))
        .run(task);
  }

  /**
   * The exposures: one result per frame with the dataset {@code raw} and an ObservationInfo, in the
   * global window, event time the middle of the exposure. Exposures of the sky in bands that the
   * campaign leaves out end here; calibration frames of all bands go on, so that the masters do not
   * depend on the choice.
   *
   * @param camera what {@link #camera} returned
   * @param mapping what {@link #mapping} returned
   * @param rolloverHours when the observing day begins, hours TAI
   */
  public static PCollection<QuantumResult> exposures(
      PCollection<QuantumResult> frames,
      PCollection<QuantumResult> camera,
      PCollection<QuantumResult> mapping,
      double rolloverHours,
      CampaignContext campaign) {
    IngestTask task = new IngestTask(config(campaign));
    PCollection<QuantumResult> exposures =
        QuantumStage.named(IngestTask.NAME)
            .in(campaign)
            .route(
                frames,
                (result, reader, out) ->
                    out.send(DataId.parse(result.getDataId()), IngestTask.FILE, result))
            .side(SideResults.of("ingestSide", List.of(camera, mapping)))
            .assemble(withSide())
            .completeWhen(Completeness.single())
            .run(task);
    if (exposures.isBounded() == PCollection.IsBounded.UNBOUNDED) {
      exposures =
          exposures
              .apply("inTime", ParDo.of(new ArrivalGate(campaign, task.spec(), rolloverHours)))
              .setCoder(exposures.getCoder());
    }
    return exposures
        .apply("chosenBands", Filter.by(SkyExposures.inBands(campaign.bands())))
        .apply("sameExposure", new SameDataset(campaign, task.spec(), rolloverHours));
  }

  private static IngestTask.Config config(CampaignContext campaign) {
    return campaign.config(IngestTask.NAME, IngestTask.Config.defaults());
  }

  /**
   * The frames of an input directory as they arrive, see {@link RawArrivals}.
   *
   * @param mapping mapping file of the user, if any
   */
  public static PCollection<QuantumResult> arrivals(
      Pipeline pipeline,
      Path input,
      @Nullable Path mapping,
      double rolloverHours,
      RawArrivals.StopSignal stop,
      CampaignContext campaign) {
    FrameClock clock = new HeaderClock(input.resolve(CAMERA_FILE), mapping, config(campaign));
    return pipeline.apply(
        "arrivals", new RawArrivals(input, campaign.arrivals(), rolloverHours, clock, stop));
  }

  /**
   * The exposures, calibration frames as well, up to an observing day; what ingest refused stays.
   *
   * @param exposures what {@link #exposures} returned
   * @param lastDayObs YYYYMMDD, null for all
   */
  public static PCollection<QuantumResult> through(
      PCollection<QuantumResult> exposures, @Nullable Integer lastDayObs) {
    return lastDayObs == null
        ? exposures
        : exposures.apply("through", Filter.by(SkyExposures.through(lastDayObs)));
  }

  private static Assembler withSide() {
    return (key, inputs, side) -> {
      List<QuantumInput> all = new ArrayList<>(inputs);
      for (QuantumResult result : side) {
        boolean isMapping = result.getTask().equals(IngestFileTask.MAPPING);
        all.add(new QuantumInput(isMapping ? IngestTask.MAPPING : IngestTask.CAMERA, result));
      }
      return List.of(Quantum.of(key, all));
    };
  }
}
