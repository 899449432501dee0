package org.starbeam.transforms.calibs;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.calibration.FrameCombiner;
import org.starbeam.calibration.ScratchFrame;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Detector;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.store.FileTrees;

/** The inputs of one master after ISR, each in a temporary file until the master is made. */
final class MasterInputs implements AutoCloseable {
  /** What divides an input. */
  @FunctionalInterface
  interface Scale {
    double of(ObservationInfo info);
  }

  private final Path directory;
  private final List<ScratchFrame> scratch = new ArrayList<>();
  private final List<FrameCombiner.Input> inputs = new ArrayList<>();

  MasterInputs() throws IOException {
    directory = Files.createTempDirectory("starbeam-master");
  }

  /** Reduces one exposure; not for inputs that other tasks see. */
  static MaskedImage reduce(
      QuantumContext context,
      QuantumResult raw,
      Detector detector,
      IsrTask isr,
      IsrCalibrations calibrations)
      throws IOException {
    ObservationInfo info = IsrInputs.info(raw);
    DatasetRef ref = raw.getOutputs().get(0);
    return isr.run(IsrRunner.read(context, ref, detector), calibrations, IsrRunner.darkTime(info))
        .image();
  }

  void add(ObservationInfo info, MaskedImage frame, Detector detector, double scale) {
    ScratchFrame rows = ScratchFrame.write(directory, frame);
    scratch.add(rows);
    List<Box> amplifiers = detector.amplifiers().stream().map(Amplifier::box).toList();
    inputs.add(FrameCombiner.Input.of(name(info), frame, rows, scale, amplifiers));
  }

  static String name(ObservationInfo info) {
    return Long.toString(info.getExposureId());
  }

  List<FrameCombiner.Input> inputs() {
    return inputs;
  }

  @Override
  public void close() throws IOException {
    scratch.forEach(ScratchFrame::close);
    FileTrees.delete(directory);
  }
}
