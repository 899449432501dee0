package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.HeaderTranslator;
import org.starbeam.camera.MappingFile;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.IdPacker;
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
 * <p>The user's mapping file, where there is one with a header section, says how headers are read:
 * of all frames, or of those that it recognises.
 *
 * <p>A file that is truncated, of an unknown instrument or detector, without a needed keyword or
 * amplifier, or with an exposure number that ids cannot hold is a failed quantum that names it; the
 * others go on.
 */
public final class IngestTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "ingest";

  /** Role of the file. */
  static final String FILE = "file";

  /** Role of the camera. */
  static final String CAMERA = "camera";

  /** Role of the user's mapping file. */
  static final String MAPPING = "mapping";

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
        List.of(
            TaskSpec.InputRule.required(FILE),
            TaskSpec.InputRule.optional(CAMERA),
            new TaskSpec.InputRule(MAPPING, TaskSpec.InputRule.Kind.REQUIRED, 0)),
        List.of(DatasetTypes.RAW));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws IOException {
    DatasetRef input = quantum.ref(FILE, DatasetTypes.INPUT_FILE.name());
    Path file = context.reader().path(input);
    Camera camera = camera(quantum, context);
    String place = input.getPath();
    ObservationInfo info = describe(file, place, camera, mapping(quantum, context));
    checkNumber(place, info);
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
            place,
            ContentHash.ofFile(file),
            Files.size(file)));
    return Outcome.done(info);
  }

  /** Refuses a frame of the sky whose exposure number no row id can hold. */
  private static void checkNumber(String file, ObservationInfo info) {
    if (info.getVisitId() == null) {
      return;
    }
    try {
      IdPacker.observation(info.getDayObs(), info.getSeqNum(), info.getExposureId());
    } catch (BadInputException e) {
      throw new BadInputException(
          e.code(),
          file
              + " ("
              + info.getInstrument()
              + "): exposure number "
              + info.getExposureId()
              + " does not fit the ids of table rows: they hold day and sequence number (1 to 16383)"
              + " of cameras that count by day, from 2010 on, or an exposure number up to 268435455."
              + " Give a mapping file (--set mapping=FILE) with a rule that makes a unique number of"
              + " it, for example the last digits: exposureId: {key: OBSID, pattern: '(\\d{8})$'}, or"
              + " with an offset: exposureId: {key: OBSID, plus: -800000000}",
          e);
    }
  }

  private static @Nullable Camera camera(Quantum quantum, QuantumContext context)
      throws IOException {
    List<DatasetRef> refs = quantum.refs(CAMERA, DatasetTypes.CAMERA.name());
    return refs.isEmpty()
        ? null
        : context.reader().cached(refs.get(0), Camera.class, CameraYaml::read);
  }

  /** The header mapping that the user's mapping file gives, or null. */
  private static @Nullable MappingFile mapping(Quantum quantum, QuantumContext context)
      throws IOException {
    List<DatasetRef> refs = quantum.refs(MAPPING, DatasetTypes.MAPPING.name());
    return refs.isEmpty()
        ? null
        : context
            .reader()
            .cached(refs.get(0), CalibratedFrameMapping.class, CalibratedFrameMapping::read)
            .headerMapping();
  }

  /**
   * Reads the metadata of a frame; with a camera it is checked against it.
   *
   * @param place where the user has the file
   */
  public ObservationInfo describe(
      Path file, String place, @Nullable Camera camera, @Nullable MappingFile mapping) {
    try (FitsReader reader = FitsReader.open(file)) {
      boolean calibrated = isCalibrated(place);
      if (calibrated) {
        // A file that ends after its first header holds none.
        reader.firstImage();
      }
      HeaderView header = header(reader);
      HeaderTranslator translator =
          mapping != null && mapping.isMeantFor(header)
              ? HeaderTranslator.only(mapping)
              : translator(reader, camera, calibrated);
      ObservationInfo info = translate(reader, header, translator);
      if (calibrated) {
        info.setObservationType(SkyExposures.CALIBRATED);
        info.setVisitId(info.getExposureId());
      }
      if (camera != null && !calibrated && !camera.name().equals(info.getInstrument())) {
        throw new BadInputException(
            "WRONG_CAMERA",
            place
                + ": the frame is of instrument "
                + info.getInstrument()
                + ", camera.yaml describes "
                + camera.name()
                + "; the names must be the same (instrument of the mapping file, name of the camera)");
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

  /** Detrended frames keep to common customs, so nobody has to name their instrument. */
  private HeaderTranslator translator(
      FitsReader reader, @Nullable Camera camera, boolean calibrated) {
    String instrument = reader.primaryHeader().stringOr("INSTRUME", "");
    boolean named = camera != null && instrument.equals(camera.name());
    return generic || named || calibrated ? Translators.GENERIC : Translators.BUILT_IN;
  }

  /** The header of the first image with that of the file behind it. */
  private static HeaderView header(FitsReader reader) {
    return reader.hdus().stream()
        .filter(FitsHdu::isImage)
        .findFirst()
        .map(reader::mergedHeader)
        .orElseGet(reader::primaryHeader);
  }

  private static ObservationInfo translate(
      FitsReader reader, HeaderView header, HeaderTranslator translator) {
    String instrument = header.stringOr("INSTRUME", "");
    try {
      ObservationInfo info = translator.translate(header);
      if (info.getInstrument().equals("generic") && !instrument.isEmpty()) {
        info.setInstrument(instrument.replaceAll("[^A-Za-z0-9_.+-]|\\.{2,}", "_"));
      }
      return info;
    } catch (IllegalArgumentException e) {
      throw new BadInputException(
          "BAD_KEY", reader.name() + ": the header cannot be read: " + e.getMessage(), e);
    }
  }

  /** True for files below a folder named calibrated. */
  private static boolean isCalibrated(String place) {
    return List.of(place.split("[/\\\\]")).contains(RawInputs.CALIBRATED);
  }

  private static String metricName(String code) {
    int colon = code.indexOf(':');
    return colon < 0 ? code : code.substring(0, colon);
  }
}
