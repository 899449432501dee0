package org.starbeam.benchmark;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.Detector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.isr.RawExposure;

/** A raw of 2048 x 2048 imaging pixels on eight amplifiers through ISR with masters. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class IsrBenchmark extends PixelBenchmark {
  private final IsrTask isr = new IsrTask(IsrTask.Config.defaults());
  private RawExposure raw;
  private IsrCalibrations masters;

  @Override
  protected void prepare() {
    Detector detector = CameraYaml.parse("camera.yaml", camera()).detector(0);
    List<ImageF> images = new ArrayList<>();
    SplittableRandom random = new SplittableRandom(1);
    for (Amplifier amplifier : detector.amplifiers()) {
      ImageF image = new ImageF(new Box(0, 0, 548, 1040));
      for (int i = 0; i < image.data.length; i++) {
        image.data[i] = (float) Math.rint(1500 + 12 * random.nextGaussian());
      }
      images.add(image);
    }
    masters =
        new IsrCalibrations(master(1), master(0.01f), master(1), List.of(), null, null, null, null);
    raw = new RawExposure(detector, new ArrayList<>(images));
  }

  private static CalibrationFrame master(float level) {
    ImageF image = new ImageF(SIZE, SIZE);
    image.fill(level);
    return CalibrationFrame.of(image, 1e-4);
  }

  private static String camera() {
    StringBuilder out = new StringBuilder();
    out.append(
        """
        name: Bench
        instrument: Bench
        pixel_pitch_mm: 0.01
        pixel_scale_arcsec: 0.2
        focal_length_mm: 10313.24
        distortion: {model: radial_cubic, k: 2363.6}
        site: {name: Here, latitude_deg: -30, longitude_deg: -70, elevation_m: 2600}
        day_obs: {timescale: TAI, offset_hours: -12}
        filters:
          - {name: r_sim, band: r}
        amplifier_defaults: &amp
          raw_prescan: [0, 0, 4, 1024]
          raw_data: [4, 0, 512, 1024]
          raw_serial_overscan: [516, 0, 32, 1024]
          raw_parallel_overscan: [4, 1024, 512, 16]
          raw_size: [548, 1040]
          gain: 1.6
          read_noise: 6.0
          saturation: 90000.0
          suspect_level: 76500.0
          adc_max: 65535
        detectors:
          - id: 0
            name: D0
            serial: B-0
            size: [2048, 2048]
            focal_plane_mm: [0, 0]
            yaw_deg: 0
            amplifiers:
        """);
    for (int i = 0; i < 8; i++) {
      boolean upper = i >= 4;
      out.append(
          String.format(
              java.util.Locale.ROOT,
              "      - {<<: *amp, name: C%d, extname: S%d, bbox: [%d, %d, 512, 1024],"
                  + " flip_x: %s, flip_y: %s}%n",
              i,
              i,
              i % 4 * 512,
              upper ? 1024 : 0,
              upper,
              upper));
    }
    return out.toString();
  }

  @Benchmark
  public IsrTask.Result instrumentSignatureRemoval() {
    return isr.run(raw, masters, 30);
  }
}
