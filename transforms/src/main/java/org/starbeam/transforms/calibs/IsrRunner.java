package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.BrighterFatterKernel;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DefectList;
import org.starbeam.calibration.DeferredCharge;
import org.starbeam.calibration.FringeFrame;
import org.starbeam.calibration.LinearityCurve;
import org.starbeam.calibration.MeasuredCrosstalk;
import org.starbeam.calibration.PhotonTransfer;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CalibratedExposure;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.CalibratedFrameReader;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.Detector;
import org.starbeam.camera.InitialWcs;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.MaskedImage;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrReport;
import org.starbeam.isr.IsrTask;
import org.starbeam.isr.Linearizer;
import org.starbeam.isr.RawExposure;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.ingest.SkyExposures;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * Runs ISR inside a task, on the inputs that {@link IsrInputs} chose: raw, camera, bias, dark,
 * flat, fringe, defects, photon transfer curve, linearizer, brighter-fatter kernel. Calibrations
 * and the camera come through the JVM's cache. What stands in for a calibration that does not exist
 * ({@link NominalCalibrations}) is a caveat FALLBACK.
 */
public final class IsrRunner {
  /**
   * A frame ready to be characterized.
   *
   * @param image electrons, mask, variance (a calibrated frame: nJy or its own units)
   * @param cards header cards of what ISR did and of the calibrations it was given (specs/01
   *     section 3.3); none for a calibrated frame
   * @param report what ISR did; null for a calibrated frame
   * @param camera null for a calibrated frame without camera file
   * @param detector of the camera
   * @param info metadata of the exposure
   * @param initialWcs from the camera and the commanded pointing; null without boresight or camera
   * @param headerWcs of a raw frame that has one in its header, for pixels of the detector; or null
   * @param calibrated what a calibrated file says of itself; null for a raw frame
   */
  public record Frame(
      MaskedImage image,
      Map<String, Object> cards,
      @Nullable IsrReport report,
      @Nullable Camera camera,
      Detector detector,
      ObservationInfo info,
      @Nullable Wcs initialWcs,
      @Nullable Wcs headerWcs,
      @Nullable CalibratedExposure calibrated) {}

  /** So much of a content hash names a calibration in a header. */
  private static final int HASH_DIGITS = 16;

  private final IsrTask.Config config;

  public IsrRunner(IsrTask.Config config) {
    this.config = config;
  }

  public Frame run(Quantum quantum, QuantumContext context) throws IOException {
    List<QuantumResult> raws = quantum.results(IsrInputs.RAW);
    if (raws.size() != 1) {
      throw new BadInputException(
          "DUPLICATE_CONFLICT",
          quantum.dataId()
              + ": "
              + raws.size()
              + " files have this exposure and detector: "
              + raws.stream().map(r -> r.getOutputs().get(0).getPath()).sorted().toList()
              + "; remove one, or mend the rule for exposureId or detector in the mapping file");
    }
    ObservationInfo info = IsrInputs.info(raws.get(0));
    DatasetRef raw = quantum.ref(IsrInputs.RAW, "raw");
    Camera camera = camera(quantum, context);
    return info.getObservationType().equals(SkyExposures.CALIBRATED)
        ? calibrated(context.reader().path(raw), mapping(quantum, context), camera, info)
        : reduce(quantum, context, raw, camera, info);
  }

  private Frame reduce(
      Quantum quantum,
      QuantumContext context,
      DatasetRef raw,
      @Nullable Camera camera,
      ObservationInfo info)
      throws IOException {
    if (camera == null) {
      throw new IllegalStateException(quantum.dataId() + " has no camera; see IsrInputs");
    }
    Detector detector = camera.detector(info.getDetector());
    NominalCalibrations chosen =
        NominalCalibrations.fill(config, calibrations(quantum, context), camera, detector);
    IsrTask.Result result =
        new IsrTask(chosen.config())
            .run(read(context, raw, detector), chosen.calibrations(), darkTime(info));
    chosen.notes().forEach(note -> context.caveat(QuantumContext.Caveat.FALLBACK, note));
    result
        .report()
        .fallbacks()
        .forEach(note -> context.caveat(QuantumContext.Caveat.FALLBACK, note));
    return new Frame(
        result.image(),
        cards(result.report(), quantum),
        result.report(),
        camera,
        detector,
        info,
        initialWcs(camera, detector, info),
        headerWcs(context.reader().path(raw), detector),
        null);
  }

  private static Map<String, Object> cards(IsrReport report, Quantum quantum) {
    Map<String, Object> cards = new LinkedHashMap<>(report.cards());
    for (String role : IsrInputs.CALIBRATIONS) {
      String key = "CAL " + role.toUpperCase(Locale.ROOT);
      for (DatasetRef ref : quantum.refs(role, role)) {
        String hash = ref.getContentHash();
        cards.put(key + " ID", ref.getDataId());
        cards.put(key + " SHA", hash.substring(0, Math.min(HASH_DIGITS, hash.length())));
      }
    }
    return cards;
  }

  /**
   * The WCS that a raw file carries in its header, or null: where the amplifiers have extensions of
   * their own the headers speak of amplifiers, and a projection that nobody can read is none.
   */
  private static @Nullable Wcs headerWcs(Path file, Detector detector) {
    if (detector.amplifiers().stream().map(Amplifier::extName).distinct().count() != 1) {
      return null;
    }
    try (FitsReader reader = FitsReader.open(file)) {
      return WcsReader.fromHeader(reader.mergedHeader(reader.firstImage()));
    } catch (BadInputException e) {
      return null;
    }
  }

  static RawExposure read(QuantumContext context, DatasetRef raw, Detector detector) {
    return new RawExposureReader(false).read(context.reader().path(raw), detector);
  }

  /** Dark time, or the exposure time where the header has none. */
  static double darkTime(ObservationInfo info) {
    Double dark = info.getDarkTime();
    return dark == null || dark.isNaN() ? info.getExposureTime() : dark;
  }

  static @Nullable Camera camera(Quantum quantum, QuantumContext context) throws IOException {
    List<DatasetRef> refs = quantum.refs(IsrInputs.CAMERA, "camera");
    return refs.isEmpty()
        ? null
        : context.reader().cached(refs.get(0), Camera.class, CameraYaml::read);
  }

  /** The calibrations among a quantum's inputs. */
  static IsrCalibrations calibrations(Quantum quantum, QuantumContext context) throws IOException {
    DefectList defects =
        cached(quantum, context, IsrInputs.DEFECTS, DefectList.class, DefectList::read);
    LinearityCurve curve = document(quantum, context, IsrInputs.LINEARIZER, LinearityCurve.class);
    MeasuredCrosstalk crosstalk =
        document(quantum, context, IsrInputs.CROSSTALK, MeasuredCrosstalk.class);
    return new IsrCalibrations(
        frame(quantum, context, IsrInputs.BIAS),
        frame(quantum, context, IsrInputs.DARK),
        frame(quantum, context, IsrInputs.FLAT),
        defects == null ? null : defects.boxes(),
        curve == null ? null : Linearizer.of(curve),
        cached(quantum, context, IsrInputs.FRINGE, FringeFrame.class, FringeFrame::read),
        document(quantum, context, IsrInputs.PTC, PhotonTransfer.class),
        document(quantum, context, IsrInputs.BRIGHTER_FATTER, BrighterFatterKernel.class),
        crosstalk == null ? null : crosstalk.matrix(),
        document(quantum, context, IsrInputs.CTI, DeferredCharge.class));
  }

  private static <T> @Nullable T document(
      Quantum quantum, QuantumContext context, String role, Class<T> type) throws IOException {
    return cached(
        quantum, context, role, type, file -> CanonicalJson.read(Files.readString(file), type));
  }

  private static @Nullable CalibrationFrame frame(
      Quantum quantum, QuantumContext context, String role) throws IOException {
    return cached(quantum, context, role, CalibrationFrame.class, CalibrationFrame::read);
  }

  private static <T> @Nullable T cached(
      Quantum quantum,
      QuantumContext context,
      String role,
      Class<T> type,
      QuantumContext.DatasetReader.Loader<T> loader)
      throws IOException {
    List<DatasetRef> refs = quantum.refs(role, role);
    return refs.isEmpty() ? null : context.reader().cached(refs.get(0), type, loader);
  }

  private static @Nullable Wcs initialWcs(Camera camera, Detector detector, ObservationInfo info) {
    Double ra = info.getBoresightRa();
    Double dec = info.getBoresightDec();
    Double rotation = info.getRotSkyPos();
    return ra == null || dec == null || rotation == null
        ? null
        : new InitialWcs(camera, detector, new SkyPoint(ra, dec), rotation);
  }

  private static CalibratedFrameMapping mapping(Quantum quantum, QuantumContext context)
      throws IOException {
    List<DatasetRef> refs = quantum.refs(IsrInputs.MAPPING, IsrInputs.MAPPING);
    return refs.isEmpty()
        ? CalibratedFrameMapping.automatic()
        : context
            .reader()
            .cached(refs.get(0), CalibratedFrameMapping.class, CalibratedFrameMapping::read);
  }

  private static Frame calibrated(
      Path file, CalibratedFrameMapping mapping, @Nullable Camera camera, ObservationInfo info) {
    CalibratedExposure read = new CalibratedFrameReader(mapping).read(file);
    boolean known =
        camera != null && camera.detectors().stream().anyMatch(d -> d.id() == info.getDetector());
    String name = info.getDetectorName() == null ? "detector" : info.getDetectorName();
    Detector detector =
        camera != null && known
            ? camera.detector(info.getDetector())
            : Detector.plain(info.getDetector(), name, read.image().box());
    return new Frame(
        read.image(),
        Map.of(),
        null,
        camera,
        detector,
        info,
        camera == null ? null : initialWcs(camera, detector, info),
        null,
        read);
  }
}
