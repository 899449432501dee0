package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.calibs.Calibs;
import org.starbeam.transforms.calibs.CertifiedCalibs;
import org.starbeam.transforms.calibs.CertifyTask;
import org.starbeam.transforms.calibs.CombineFringeTask;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.InputFolder;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.ingest.FrameHeaders;
import org.starbeam.transforms.ingest.RawInputs;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * The masters that a campaign which reads certified calibrations makes itself: those of the
 * calibration frames in its input, when nothing certified covers one of its raw frames of the sky
 * (specs/05 section 1.5). A run that has begun with its own masters goes on with them, whatever is
 * certified since.
 *
 * @param masters data ids of the masters with the type as {@code name}; empty when none is made
 */
record OwnCalibs(Set<String> masters) {
  static final OwnCalibs NONE = new OwnCalibs(Set.of());

  OwnCalibs {
    masters = Set.copyOf(masters);
  }

  boolean areMade() {
    return !masters.isEmpty();
  }

  /**
   * Looks at the headers of the input, where a night may need masters of its own.
   *
   * @param context what the headers are read with; asked for only then
   * @throws UserException for a watched input of raw frames without any certified calibration: its
   *     masters cannot be made before its frames have come
   */
  static OwnCalibs of(CampaignSettings settings, Supplier<CampaignContext> context) {
    CalibrationCollection collection = settings.calibrations();
    boolean reads =
        settings.campaign().windows().kind() == CampaignWindows.Kind.NIGHT
            && settings.campaign().steps().contains("step1")
            && !settings.campaign().steps().contains("calibs");
    if (collection == null || !reads || !hasRaws(settings.input())) {
      return NONE;
    }
    List<CalibrationCollection.Entry> certified = entries(settings, collection);
    if (settings.watched()) {
      requireAny(settings, certified);
      return NONE;
    }
    FrameHeaders headers =
        VisitSelection.headers(settings.input(), settings.mapping(), context.get());
    boolean covered =
        headers.science().stream()
            .map(FrameHeaders.Frame::info)
            .allMatch(info -> CertifiedCalibs.cover(certified, info));
    CombineFringeTask.Config fringes =
        context.get().config(CombineFringeTask.NAME, CombineFringeTask.Config.defaults());
    return covered && !hasOwn(settings) ? NONE : new OwnCalibs(masters(headers, fringes));
  }

  private static boolean hasRaws(InputFolder input) {
    try {
      return input.has(RawInputs.RAW);
    } catch (IOException e) {
      throw new UserException(ExitCode.INPUTS, "cannot list " + input + ": " + e.getMessage());
    }
  }

  private static List<CalibrationCollection.Entry> entries(
      CampaignSettings settings, CalibrationCollection collection) {
    try {
      return collection.entries();
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INPUTS,
          "cannot read " + settings.campaign().inputs().calibs() + ": " + e.getMessage());
    }
  }

  private static void requireAny(
      CampaignSettings settings, List<CalibrationCollection.Entry> certified) {
    if (certified.isEmpty() && !settings.hasNominalCalibs()) {
      String calibs = settings.campaign().inputs().calibs();
      throw new UserException(
          ExitCode.INPUTS,
          "nothing is certified in "
              + calibs
              + ", and the masters of a watched night cannot be made before its frames have come",
          "starbeam launch calibs-nightly --set input=DIR --set calibs="
              + calibs
              + " --repo "
              + settings.repository());
    }
  }

  /** Whether the run has made masters before. */
  private static boolean hasOwn(CampaignSettings settings) {
    return Files.isDirectory(RepositoryPaths.ledger(settings.repository(), settings.run()))
        && RunCatalog.open(settings.repository(), settings.run()).quanta().stream()
            .anyMatch(record -> record.getTask().equals(CertifyTask.NAME));
  }

  private static Set<String> masters(FrameHeaders headers, CombineFringeTask.Config fringes) {
    Set<String> out = new TreeSet<>();
    for (FrameHeaders.Frame frame : headers.frames()) {
      ObservationInfo info = frame.info();
      for (Calibs.Planned quantum : Calibs.quantaOf(info, fringes)) {
        if (quantum.stage().equals(CertifyTask.NAME)) {
          out.add(quantum.id().toString());
        }
      }
    }
    return out;
  }
}
