package org.starbeam.simulation;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * Simulates a campaign and writes it: {@code camera.yaml}, {@code raw/} or {@code calibrated/},
 * {@code refcat/refcat.fits} and {@code truth/}. Frames are made in parallel; the bytes depend on
 * preset and seed only. Memory: about 60 MB per core beside 30 MB per detector.
 */
public final class CampaignWriter {
  private static final int SIZE = FocalPlane.SIZE;
  private static final double BAD_BIAS_LEAK = 400;
  private static final double SKY_MARGIN_DEG = 25 / 3600.0;

  private final Path dir;
  private final Preset preset;
  private final long seed;
  private final ProgressListener listener;
  private final FocalPlane plane;
  private final List<Exposure> exposures;
  private final List<SkyObject> objects;
  private final double[] halfLight;
  private final List<SensorModel> sensors;
  private final FrameMaker frames;
  private final AtomicInteger done = new AtomicInteger();

  private CampaignWriter(Path dir, Preset preset, long seed, ProgressListener listener) {
    this.dir = dir;
    this.preset = preset;
    this.seed = seed;
    this.listener = listener;
    Profiles profiles = new Profiles();
    plane = FocalPlane.make(preset, seed);
    exposures = Schedule.make(preset, seed, plane);
    objects = makeSky();
    halfLight = objects.parallelStream().mapToDouble(o -> o.halfLightRadius(profiles)).toArray();
    sensors =
        IntStream.range(0, preset.detectors())
            .parallel()
            .mapToObj(d -> new SensorModel(preset, seed, plane, d))
            .toList();
    frames = new FrameMaker(objects, halfLight, plane, profiles);
  }

  /**
   * Writes a campaign.
   *
   * @param dir a folder that does not exist or is empty
   * @param preset what to simulate
   * @param seed changes sky, sensors, schedule and all noise
   * @param listener hears of every file
   */
  public static void write(Path dir, Preset preset, long seed, ProgressListener listener) {
    try {
      Files.createDirectories(dir);
      try (var entries = Files.list(dir)) {
        if (entries.findAny().isPresent()) {
          throw new BadInputException(
              "NOT_EMPTY", dir + " is not empty; name a new folder for the simulated campaign");
        }
      }
      new CampaignWriter(dir, preset, seed, listener).run();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<SkyObject> makeSky() {
    double radius =
        Math.toDegrees(plane.radiusMm() / plane.focalLengthMm())
            + preset.observing().ditherArcsec() / 3600
            + SKY_MARGIN_DEG;
    double first = Schedule.mjdOf(preset.nights().get(0).dayObs());
    double last = Schedule.mjdOf(preset.nights().get(preset.nights().size() - 1).dayObs());
    return new SkyMaker(preset, radius, seed, first, last).make();
  }

  private void run() throws IOException {
    Files.createDirectories(dir.resolve("truth/response"));
    Files.createDirectories(dir.resolve("refcat"));
    Files.writeString(dir.resolve("camera.yaml"), CameraFile.text(preset, plane, sensors));
    int detectors = preset.detectors();
    List<TruthTables.Part> parts =
        IntStream.range(0, exposures.size() * detectors)
            .parallel()
            .mapToObj(i -> frame(exposures.get(i / detectors), i % detectors))
            .toList();
    List<ReferenceCatalog.Entry> entries = ReferenceCatalog.make(objects, seed);
    table(
        dir.resolve("refcat/refcat.fits"), ReferenceCatalog.table(entries, preset.bands()).build());
    truth(parts, entries);
  }

  private TruthTables.Part frame(Exposure exposure, int detector) {
    Path folder =
        dir.resolve(preset.frames() == Preset.Frames.RAW ? "raw" : "calibrated")
            .resolve(String.valueOf(exposure.dayObs()));
    String stem = "%s_%02d".formatted(exposure.obsId(), detector);
    TruthTables.Part part =
        preset.frames() == Preset.Frames.RAW
            ? raw(exposure, detector, folder.resolve(stem + ".fits.fz"))
            : calibrated(exposure, detector, folder.resolve(stem + ".fits"));
    listener.progress(done.incrementAndGet(), exposures.size() * preset.detectors(), stem);
    return part;
  }

  private TruthTables.Part raw(Exposure exposure, int detector, Path file) {
    SensorModel sensor = sensors.get(detector);
    double[] light = new double[SIZE * SIZE];
    FrameMaker.@Nullable Frame frame = null;
    if (exposure.kind() == Exposure.Kind.FLAT) {
      flatLight(light, sensor, exposure);
    } else if (exposure.kind() == Exposure.Kind.OBJECT) {
      frame = frames.make(exposure, detector);
      scienceLight(light, frame, sensor, exposure);
    }
    double openTime = Math.max(exposure.expTime(), exposure.darkTime());
    SensorModel.Readout readout =
        sensor.read(
            light,
            exposure.darkTime(),
            openTime,
            exposure.bad() ? BAD_BIAS_LEAK : 0,
            exposure.id());
    writeRaw(exposure, detector, readout, file);
    return part(exposure, detector, frame, readout);
  }

  private static void flatLight(double[] light, SensorModel sensor, Exposure exposure) {
    float[] response = sensor.response(exposure.band().charAt(0));
    float[] area = sensor.area();
    float[] dome = sensor.dome();
    for (int i = 0; i < light.length; i++) {
      light[i] = exposure.level() * response[i] * area[i] * dome[i];
    }
  }

  private static void scienceLight(
      double[] light, FrameMaker.Frame frame, SensorModel sensor, Exposure exposure) {
    float[] response = sensor.response(exposure.band().charAt(0));
    float[] fringe = sensor.fringe();
    double amplitude = exposure.visitOrThrow().fringe();
    if (frame.trail() != null) {
      FrameMaker.addTrail(light, frame.trail());
    }
    for (int i = 0; i < light.length; i++) {
      double sky = frame.sky()[i] * (1 + amplitude * fringe[i]);
      light[i] = (light[i] + frame.sources()[i] + sky) * response[i];
    }
  }

  private static TruthTables.Part part(
      Exposure exposure,
      int detector,
      FrameMaker.@Nullable Frame frame,
      SensorModel.Readout readout) {
    List<FrameSource> sources = new ArrayList<>();
    if (frame != null) {
      for (FrameSource s : frame.truth()) {
        sources.add(s.withSaturatedRaw(SensorModel.nearFull(readout.fullPixels(), s.x(), s.y())));
      }
    }
    SensorModel.Readout light =
        new SensorModel.Readout(
            new int[0][],
            readout.offsets(),
            new boolean[0],
            readout.cosmicRays(),
            readout.cosmicPixels());
    return new TruthTables.Part(
        exposure, detector, sources, frame == null ? null : frame.trail(), light);
  }

  private void writeRaw(Exposure exposure, int detector, SensorModel.Readout readout, Path file) {
    double seeing =
        exposure.visit() == null
            ? 0
            : exposure.visit().seeing()
                * (1 + RandomStream.of(seed, "monitor", exposure.id(), 0).normal(0, 0.03));
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Headers.primary(exposure, plane.detectors().get(detector), seeing));
      for (int amp = 0; amp < SensorModel.AMPS; amp++) {
        SensorModel.Amplifier a = sensors.get(detector).amplifiers().get(amp);
        short[] pixels = new short[readout.raw()[amp].length];
        for (int i = 0; i < pixels.length; i++) {
          pixels[i] = (short) readout.raw()[amp][i];
        }
        writer.unsignedShorts(
            "SEGMENT" + a.name().substring(1),
            SensorModel.RAW_WIDTH,
            SensorModel.RAW_HEIGHT,
            pixels,
            Headers.amplifier(a, amp),
            true);
      }
      writer.commit();
    }
  }

  private TruthTables.Part calibrated(Exposure exposure, int detector, Path file) {
    FrameMaker.Frame frame = frames.make(exposure, detector);
    OpticsModel optics = new OpticsModel(exposure.visitOrThrow(), plane, exposure.expTime());
    new CalibratedFrame(exposure, plane.detectors().get(detector), optics, frame, true, seed)
        .write(file);
    return new TruthTables.Part(exposure, detector, frame.truth(), null, null);
  }

  private void truth(List<TruthTables.Part> parts, List<ReferenceCatalog.Entry> entries)
      throws IOException {
    Path folder = dir.resolve("truth");
    TruthTables tables = new TruthTables(preset, plane, objects, halfLight, exposures);
    table(folder.resolve("objects.fits"), tables.objects());
    table(folder.resolve("visits.fits"), tables.visits());
    table(folder.resolve("visit_sources.fits"), tables.sources(parts));
    table(folder.resolve("wcs.fits"), tables.wcs());
    table(folder.resolve("exposures.fits"), TruthTables.exposures(parts));
    table(folder.resolve("detectors.fits"), tables.detectors());
    optional(folder.resolve("lightcurves.fits"), tables.lightCurves());
    optional(folder.resolve("refcat_match.fits"), TruthTables.referenceMatches(entries));
    if (preset.frames() == Preset.Frames.RAW) {
      table(folder.resolve("amplifiers.fits"), TruthTables.amplifiers(sensors));
      optional(folder.resolve("defects.fits"), TruthTables.defects(sensors));
      optional(folder.resolve("cosmic_rays.fits"), TruthTables.cosmicRays(parts));
      optional(folder.resolve("cosmic_pixels.fits"), TruthTables.cosmicPixels(parts));
      optional(folder.resolve("streaks.fits"), TruthTables.streaks(parts));
      for (int d = 0; d < sensors.size(); d++) {
        responses(folder.resolve("response"), d);
      }
    }
    ObjectMapper json = new ObjectMapper();
    ObjectNode config = json.valueToTree(preset);
    config.put("preset", preset.name());
    config.put("seed", seed);
    json.writerWithDefaultPrettyPrinter()
        .writeValue(folder.resolve("config.json").toFile(), config);
  }

  private void responses(Path folder, int detector) {
    SensorModel sensor = sensors.get(detector);
    Map<String, float[]> planes = new LinkedHashMap<>();
    for (char band : preset.bands().toCharArray()) {
      planes.put("RESPONSE_" + Character.toUpperCase(band), sensor.response(band));
    }
    planes.put("AREA", sensor.area());
    planes.put("DOME", sensor.dome());
    planes.put("DARK", sensor.dark());
    planes.put("FRINGE", sensor.fringe());
    images(folder.resolve("detector_%02d.fits".formatted(detector)), planes, SIZE, SIZE);
    Map<String, float[]> bias = new LinkedHashMap<>();
    for (int amp = 0; amp < SensorModel.AMPS; amp++) {
      bias.put(
          "SEGMENT" + sensor.amplifiers().get(amp).name().substring(1), sensor.biasPattern(amp));
    }
    images(
        folder.resolve("bias_%02d.fits".formatted(detector)),
        bias,
        SensorModel.RAW_WIDTH,
        SensorModel.RAW_HEIGHT);
  }

  private static void images(Path file, Map<String, float[]> planes, int width, int height) {
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Map.of());
      planes.forEach(
          (name, data) ->
              writer.image(name, ImageF.wrap(new Box(0, 0, width, height), data), Map.of()));
      writer.commit();
    }
  }

  private static void optional(Path file, TableBuilder<?> table) {
    if (!table.isEmpty()) {
      table(file, table.build());
    }
  }

  private static void table(Path file, FitsTable table) {
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer.primary(Map.of()).table(table).commit();
    }
  }
}
