package org.starbeam.pipelines.observe;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.Detector;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.transforms.store.DatasetFiles;

/** Maps of a run: its quanta and the quality of its frames by detector, its quanta by patch. */
final class FocalPlane {
  private static final int MOST_FRAMES = 4000;

  /** Metrics that a map can show, from the summaries of frames. */
  static final Map<String, ToDoubleFunction<ExposureSummary>> METRICS =
      new TreeMap<>(
          Map.of(
              "seeing", ExposureSummary::getSeeing,
              "skyBg", ExposureSummary::getSkyBg,
              "skyNoise", ExposureSummary::getSkyNoise,
              "zeroPoint", ExposureSummary::getZeroPoint,
              "magLim", ExposureSummary::getMagLim,
              "nPsfStar", s -> s.getNPsfStar(),
              "nSource", s -> s.getNSource()));

  /**
   * One detector.
   *
   * @param corners x, y of its four corners on the focal plane, mm; empty when they are not known
   * @param value median of the metric over the frames of the detector; null without frames
   */
  record DetectorCell(
      String detector,
      String name,
      double[] corners,
      Counts counts,
      int frames,
      @Nullable Double value) {}

  /** One patch of a tract with the place of its inner box in patches. */
  record PatchCell(String tract, String patch, int x, int y, Counts counts) {}

  private FocalPlane() {}

  /**
   * The detectors that the run has met.
   *
   * @param metric one of {@link #METRICS}, or empty for counts alone
   */
  static List<DetectorCell> detectors(RunMonitor monitor, String metric) {
    Map<String, List<Double>> values = metric.isEmpty() ? Map.of() : values(monitor, metric);
    Map<String, Placed> known = camera(monitor);
    List<DetectorCell> out = new ArrayList<>();
    for (Grouping.Group group : Grouping.by(monitor, "detector")) {
      if (!group.value().equals("-")) {
        Placed placed = known.get(group.value());
        List<Double> own = values.getOrDefault(group.value(), List.of());
        out.add(
            new DetectorCell(
                group.value(),
                placed == null ? group.value() : placed.detector().name(),
                placed == null ? new double[0] : placed.corners(),
                group.counts(),
                own.size(),
                median(own)));
      }
    }
    return out;
  }

  /** A detector with the size of its camera's pixels. */
  private record Placed(Detector detector, double pixelMm) {
    double[] corners() {
      int width = detector.box().width();
      int height = detector.box().height();
      double cos = Math.cos(Math.toRadians(detector.yawDeg()));
      double sin = Math.sin(Math.toRadians(detector.yawDeg()));
      double[] out = new double[8];
      int[][] pixels = {{0, 0}, {width, 0}, {width, height}, {0, height}};
      for (int i = 0; i < 4; i++) {
        double dx = (pixels[i][0] - detector.refX()) * pixelMm;
        double dy = (pixels[i][1] - detector.refY()) * pixelMm;
        out[2 * i] = detector.offsetXmm() + cos * dx - sin * dy;
        out[2 * i + 1] = detector.offsetYmm() + sin * dx + cos * dy;
      }
      return out;
    }
  }

  /** The run's camera, when it has taken one in. */
  private static Map<String, Placed> camera(RunMonitor monitor) {
    Map<String, Placed> out = new TreeMap<>();
    DatasetFiles files = DatasetFiles.of(monitor.root());
    try {
      files.list(
          DatasetFiles.DATA + "/" + monitor.run() + "/camera",
          found -> {
            if (found.path().endsWith(".yaml")) {
              Camera camera = CameraYaml.read(files.keep(ref(found, monitor.run())));
              camera
                  .detectors()
                  .forEach(
                      d -> out.put(String.valueOf(d.id()), new Placed(d, camera.pixelSizeMm())));
            }
          });
    } catch (java.io.IOException | RuntimeException e) {
      // Then the map has no places.
    }
    return out;
  }

  /** A file that was found where it rests, by its time instead of the hash of its content. */
  private static DatasetRef ref(DatasetFiles.Stored found, String run) {
    String version = "changed " + found.modifiedMs();
    return new DatasetRef("camera", "", run, found.path(), version, found.bytes());
  }

  private static Map<String, List<Double>> values(RunMonitor monitor, String metric) {
    ToDoubleFunction<ExposureSummary> of = METRICS.get(metric);
    Map<String, List<Double>> out = new TreeMap<>();
    if (of == null) {
      return out;
    }
    for (String task : List.of("finalVisit", "singleFrame")) {
      List<QuantumView> views =
          monitor.last(
              MOST_FRAMES,
              new QuantumFilter(
                  task, List.of(QuantumStatus.DONE, QuantumStatus.ADOPTED), null, List.of()));
      for (QuantumRecord record : monitor.records(views)) {
        if (record.getPayload() instanceof ExposureSummary summary) {
          double value = of.applyAsDouble(summary);
          if (Double.isFinite(value)) {
            out.computeIfAbsent(String.valueOf(summary.getDetector()), d -> new ArrayList<>())
                .add(value);
          }
        }
      }
      if (!out.isEmpty()) {
        return out;
      }
    }
    return out;
  }

  private static @Nullable Double median(List<Double> values) {
    if (values.isEmpty()) {
      return null;
    }
    List<Double> sorted = new ArrayList<>(values);
    Collections.sort(sorted);
    return sorted.get(sorted.size() / 2);
  }

  /** The patches that the run has met, by the default sky map. */
  static List<PatchCell> patches(RunMonitor monitor) {
    Map<List<String>, long[]> counts =
        new TreeMap<>(
            java.util.Comparator.comparing((List<String> key) -> key.get(0))
                .thenComparing(key -> key.get(1)));
    monitor.forEach(
        (dataId, status, degraded) -> {
          String tract = Grouping.value(dataId, "tract");
          String patch = Grouping.value(dataId, "patch");
          if (!tract.equals("-") && !patch.equals("-")) {
            counts
                .computeIfAbsent(
                    List.of(tract, patch), k -> new long[QuantumStatus.values().length])[
                status.ordinal()]++;
          }
        });
    int perAxis = patchesPerAxis();
    List<PatchCell> out = new ArrayList<>();
    counts.forEach(
        (key, byStatus) -> {
          int patch = key.get(1).matches("\\d{1,9}") ? Integer.parseInt(key.get(1)) : 0;
          out.add(
              new PatchCell(
                  key.get(0),
                  key.get(1),
                  patch % perAxis,
                  patch / perAxis,
                  Counts.of(byStatus, 0, 0)));
        });
    return out;
  }

  private static int patchesPerAxis() {
    RingsSkyMap map = RingsSkyMap.defaults();
    return map.tract(0).patchesPerAxis();
  }
}
