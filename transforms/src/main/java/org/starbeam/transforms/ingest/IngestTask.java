package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.HeaderTranslator;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.calibs.IsrInputs;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Reads the headers of one frame and names it as the dataset {@code raw} where the user put it,
 * with its metadata as payload. With a camera the amplifier images are checked against it by name
 * and size. Pixels are not decoded, only hashed.
 *
 * <p>A file that is truncated, of an unknown instrument or detector, without a needed keyword or
 * amplifier is a failed quantum that names it; the others go on.
 */
public final class IngestTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "ingest";

  /** Role of the file. */
  static final String FILE = "file";

  /** Role of the camera. */
  static final String CAMERA = "camera";

  /**
   * @param generic true to read headers that no mapping recognises by common customs
   */
  public record Config(boolean generic) implements Serializable {
    public static Config defaults() {
      return new Config(false);
    }
  }

  /** Mapping files are read once per JVM. */
  private static final class Translators {
    static final HeaderTranslator BUILT_IN = HeaderTranslator.builtIn();
    static final HeaderTranslator GENERIC = BUILT_IN.withGeneric();

    private Translators() {}
  }

  private final boolean generic;

  public IngestTask(Config config) {
    this.generic = config.generic();
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "ingest",
        1,
        Configs.json(new Config(generic)),
        List.of(TaskSpec.InputRule.required(FILE), TaskSpec.InputRule.optional(CAMERA)),
        List.of(DatasetTypes.RAW));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    Path file = context.reader().path(quantum.ref(FILE, DatasetTypes.INPUT_FILE.name()));
    Camera camera = camera(quantum, context);
    ObservationInfo info = describe(file, camera);
    info.getWarnings().forEach(code -> context.metric("warning." + metricName(code), 1));
    DataId id =
        DataId.of(
            "instrument",
            info.getInstrument(),
            "exposure",
            info.getExposureId(),
            "detector",
            info.getDetector());
    context.stageExisting(
        new DatasetRef(
            DatasetTypes.RAW.name(),
            id.toString(),
            "",
            file.toAbsolutePath().normalize().toString(),
            ContentHash.ofFile(file),
            Files.size(file)));
    return Outcome.done(info);
  }

  private static @Nullable Camera camera(Quantum quantum, QuantumContext context)
      throws IOException {
    List<DatasetRef> refs = quantum.refs(CAMERA, DatasetTypes.CAMERA.name());
    return refs.isEmpty()
        ? null
        : context.reader().cached(refs.get(0), Camera.class, CameraYaml::read);
  }

  private ObservationInfo describe(Path file, @Nullable Camera camera) {
    try (FitsReader reader = FitsReader.open(file)) {
      ObservationInfo info = translate(reader, camera);
      boolean calibrated = isCalibrated(file);
      if (calibrated) {
        info.setObservationType(IsrInputs.CALIBRATED);
        info.setVisitId(info.getExposureId());
      }
      if (camera != null && camera.name().equals(info.getInstrument())) {
        var detector = camera.detector(info.getDetector());
        String band = camera.filters().get(info.getPhysicalFilter());
        if (info.getBand() == null && band != null) {
          info.setBand(band);
        }
        if (!calibrated) {
          new RawExposureReader(false).check(reader, detector);
        }
      }
      return info;
    }
  }

  private ObservationInfo translate(FitsReader reader, @Nullable Camera camera) {
    HeaderView primary = reader.primaryHeader();
    HeaderView header =
        reader.hdus().stream()
            .filter(FitsHdu::isImage)
            .findFirst()
            .map(reader::mergedHeader)
            .orElse(primary);
    String instrument = primary.stringOr("INSTRUME", "");
    boolean named = camera != null && instrument.equals(camera.name());
    HeaderTranslator translator = generic || named ? Translators.GENERIC : Translators.BUILT_IN;
    try {
      ObservationInfo info = translator.translate(header);
      if (info.getInstrument().equals("generic") && !instrument.isEmpty()) {
        info.setInstrument(instrument.replaceAll("[^A-Za-z0-9_.+-]", "_"));
      }
      return info;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "BAD_KEY", reader.name() + ": the header cannot be read: " + e.getMessage(), e);
    }
  }

  /** True for files below a folder named calibrated. */
  private static boolean isCalibrated(Path file) {
    for (Path part : file.toAbsolutePath().normalize()) {
      if (part.toString().equals(RawInputs.CALIBRATED)) {
        return true;
      }
    }
    return false;
  }

  private static String metricName(String code) {
    int colon = code.indexOf(':');
    return colon < 0 ? code : code.substring(0, colon);
  }
}
