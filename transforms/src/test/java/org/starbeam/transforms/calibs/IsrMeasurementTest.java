package org.starbeam.transforms.calibs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DefectList;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.HeaderTranslator;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.ImageFile;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.isr.RawExposure;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * Time and result of ISR on science frames of a campaign, with the masters that {@link
 * CalibsCampaignTest} left in {@code -Dstarbeam.repo=DIR}. Writes the frames to {@code
 * -Dstarbeam.out=DIR} for a look beside the truth.
 */
class IsrMeasurementTest {
  private static final java.lang.management.ThreadMXBean THREADS =
      java.lang.management.ManagementFactory.getThreadMXBean();

  @Test
  void aFrameOfAMillionPixelsTakesLessThanThreeTenthsOfASecond() throws Exception {
    String input = System.getProperty("starbeam.campaign", "");
    String repository = System.getProperty("starbeam.repo", "");
    Assumptions.assumeFalse(input.isEmpty() || repository.isEmpty());
    Camera camera = CameraYaml.read(Path.of(input, "camera.yaml"));
    List<Path> files;
    try (Stream<Path> all = Files.walk(Path.of(input, "raw"))) {
      files = all.filter(f -> f.toString().endsWith("_00.fits.fz")).sorted().toList();
    }
    double best = 1e9;
    int done = 0;
    for (Path file : files) {
      ObservationInfo info;
      try (FitsReader reader = FitsReader.open(file)) {
        info = HeaderTranslator.builtIn().translate(reader.primaryHeader());
      }
      if (!info.getObservationType().equals("SCIENCE") || done >= 12) {
        continue;
      }
      IsrCalibrations calibrations = calibrations(Path.of(repository), info);
      long start = System.nanoTime();
      RawExposure raw =
          new RawExposureReader(false).read(file, camera.detector(info.getDetector()));
      long read = System.nanoTime();
      long cpu = THREADS.getCurrentThreadCpuTime();
      IsrTask.Result result =
          new IsrTask(IsrTask.Config.defaults()).run(raw, calibrations, info.getDarkTime());
      double seconds = (THREADS.getCurrentThreadCpuTime() - cpu) / 1e9;
      long end = System.nanoTime();
      System.out.printf(
          "%s: read %.3f s, ISR %.3f s (CPU %.3f s)%n",
          file.getFileName(), (read - start) / 1e9, (end - read) / 1e9, seconds);
      best = Math.min(best, seconds);
      String out = System.getProperty("starbeam.out", "");
      if (!out.isEmpty()) {
        new ImageFile(result.image(), result.report().cards(), Map.of(), List.of())
            .write(Path.of(out, info.getExposureId() + ".fits"), ImageFile.Form.plain());
      }
      done++;
    }
    assertThat(best).isLessThan(0.3);
  }

  private static IsrCalibrations calibrations(Path repository, ObservationInfo info) {
    DataId id = CalibIds.detector(info);
    return new IsrCalibrations(
        CalibrationFrame.read(path(repository, DatasetTypes.BIAS, id)),
        CalibrationFrame.read(path(repository, DatasetTypes.DARK, id)),
        CalibrationFrame.read(
            path(repository, DatasetTypes.FLAT, CalibIds.detectorAndFilter(info))),
        DefectList.read(path(repository, DatasetTypes.DEFECTS, id)).boxes(),
        null,
        null,
        null,
        null);
  }

  private static Path path(Path repository, DatasetType type, DataId id) {
    return repository.resolve(RepositoryPaths.dataset("calibs", type, id));
  }
}
