package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.dataset.TableReader;

/**
 * Raw frames of a camera that Starbeam does not know, with the mapping file and the camera file of
 * docs/cameras.md: three PhoSim frames (two in g, one in r) of four amplifiers that lie in one
 * image, whose exposure numbers do not fit ids, without calibration frames, without a reference
 * catalogue, and with a header WCS that counts rows of another image. They go through step1; what
 * was not to be had is said by frame; SExtractor, where it is installed, sees the same stars.
 */
class OwnCameraIT {
  private static final String RAWS = "data/lsst-raw-phosim";
  private static final Path EXAMPLE = Path.of("..", "docs", "examples", "phosim");
  private static final String RUN = "phosim";
  private static final Path SEXTRACTOR = Path.of("/usr/bin/source-extractor");
  private static final Map<Long, String> FILES =
      new TreeMap<>(
          Map.of(
              90104911L, "raw_v1_fg.fits.gz",
              90106021L, "raw_v2_fg.fits.gz",
              90880321L, "raw_v3_fr.fits.gz"));
  private static final int OVERSCAN = 4;
  private static final int WIDTH = 509;
  private static final int HEIGHT = 1000;

  @TempDir static Path directory;
  private static RunCatalog run;
  private static CampaignRunner.Result result;

  @BeforeAll
  static void reduceRaws() throws IOException {
    Path input = input("input", Files.readString(EXAMPLE.resolve("camera.yaml")) + pointDefects());
    result =
        launch(input, EXAMPLE.resolve("mapping.yaml"), RUN, List.of("ingest", "calibs", "step1"));
    run = RunCatalog.open(directory.resolve("repo"), RUN);
  }

  /** An input directory with the raws, or some of them, and a camera file. */
  private static Path input(String name, String camera, String... files) throws IOException {
    Path input = directory.resolve(name);
    Path raw = Files.createDirectories(input.resolve("raw"));
    for (String file : files.length == 0 ? FILES.values().toArray(String[]::new) : files) {
      Files.createSymbolicLink(raw.resolve(file), Shared.path(RAWS).resolve(file).toRealPath());
    }
    Files.writeString(input.resolve("camera.yaml"), camera);
    return input;
  }

  private static CampaignRunner.Result launch(
      Path input, Path mapping, String name, List<String> steps) {
    return Campaigns.launch(
        "ci",
        Map.of("input", input.toString(), "mapping", mapping.toString()),
        directory.resolve("repo"),
        name,
        "direct",
        2,
        steps);
  }

  /**
   * The single bad pixels of the defect table, for the end of the camera file; it counts from 1.
   */
  private static String pointDefects() {
    try (FitsReader reader = FitsReader.open(Shared.path(RAWS + "/defects.fits.gz"))) {
      FitsTable table = reader.readTable(reader.hdu(1));
      String[] shapes = table.strings("SHAPE");
      double[] x = table.doubles("X");
      double[] y = table.doubles("Y");
      StringBuilder out = new StringBuilder();
      for (int i = 0; i < shapes.length; i++) {
        if (shapes[i].strip().equals("POINT")) {
          out.append(
              String.format(
                  Locale.ROOT, "      - [%d, %d, 1, 1]%n", (int) x[i] - 1, (int) y[i] - 1));
        }
      }
      return out.toString();
    }
  }

  private static List<QuantumRecord> quanta(RunCatalog catalog, String task) {
    return catalog.quanta().stream().filter(q -> q.getTask().equals(task)).toList();
  }

  private static List<StarCandidate> stars(long visit) throws IOException {
    for (DatasetRef ref : run.datasets("initial_stars_detector")) {
      if (ref.getDataId().contains("visit=" + visit + ",")) {
        return TableReader.read(run.path(ref), StarCandidate.class);
      }
    }
    throw new AssertionError("no stars of visit " + visit);
  }

  private static ExposureSummary summary(long visit) {
    return quanta(run, "singleFrame").stream()
        .map(q -> (ExposureSummary) q.getPayload())
        .filter(s -> s.getVisit() == visit)
        .findFirst()
        .orElseThrow();
  }

  private static HeaderView header(long visit) {
    try (FitsReader reader = FitsReader.open(Shared.path(RAWS).resolve(FILES.get(visit)))) {
      return reader.primaryHeader();
    }
  }

  @Test
  void everyFrameIsRecognisedAndGoesThroughStep1() {
    assertThat(result.summary().exitCode()).isEqualTo(ExitCode.SUCCESS);
    List<ObservationInfo> frames =
        quanta(run, "ingest").stream().map(q -> (ObservationInfo) q.getPayload()).toList();
    assertThat(frames)
        .extracting(ObservationInfo::getExposureId)
        .containsExactlyInAnyOrderElementsOf(FILES.keySet());
    for (ObservationInfo frame : frames) {
      HeaderView header = header(frame.getExposureId());
      assertThat(frame.getInstrument()).isEqualTo("PhoSimS12");
      assertThat(frame.getBand()).isEqualTo(header.string("FILTER").strip());
      assertThat(frame.getExposureTime()).isEqualTo(15);
      assertThat(frame.getBeginTaiMjd()).isCloseTo(header.number("MJD-OBS"), within(1e-9));
      assertThat(frame.getBoresightRa()).isCloseTo(header.number("RA_DEG"), within(1e-9));
    }
    assertThat(quanta(run, "singleFrame"))
        .hasSize(3)
        .allMatch(q -> q.getStatus() == QuantumStatus.DONE);
  }

  @Test
  void whatWasNotToBeHadIsSaidOfEachFrame() {
    for (QuantumRecord frame : quanta(run, "singleFrame")) {
      assertThat(frame.getCaveats()).containsExactly("FALLBACK");
      assertThat(frame.getMessage())
          .contains("no bias: the nominal 0.0 e- of the camera file stands in")
          .contains("no dark: the nominal 0.02 e-/s of the camera file stands in")
          .contains("no flat: the nominal 1.0 of the camera file stands in")
          .contains(
              frame.getDataId() + ": WCS not refined, for the reference catalogue has no star")
          .contains("the nominal zero point of the camera file stands in")
          .doesNotContain("defects");
      // The header's WCS counts rows of the whole CCD, 1000 of 0.2 arcsec before the file's first.
      assertThat(frame.getMetrics().get("headerWcsOffset")).isCloseTo(200, within(1.0));
    }
  }

  @Test
  void isrLeavesNoStepsBetweenAmplifiers() throws IOException {
    Camera camera = CameraYaml.read(EXAMPLE.resolve("camera.yaml"));
    IsrTask isr = new IsrTask(IsrTask.Config.defaults().applying(false, false, false));
    for (String file : FILES.values()) {
      Path raw = Shared.path(RAWS).resolve(file);
      var read = new RawExposureReader(false).read(raw, camera.detector(0));
      IsrTask.Result reduced = isr.run(read, IsrCalibrations.none(), 15);
      double[] sky = medians(reduced.image().image(), WIDTH);
      double[] before = medians(assembled(raw, 0), WIDTH);
      assertThat(spread(before)).as("steps of the raw, ADU").isGreaterThan(50);
      assertThat(spread(sky) / sky[0]).as("steps after ISR %s", file).isLessThan(0.01);
      // The same without the overscan: the level comes from the noise of the pixels.
      Camera blind =
          CameraYaml.parse(
              "camera.yaml without overscan",
              Files.readString(EXAMPLE.resolve("camera.yaml"))
                  .replaceAll("raw_serial_overscan:.*", "")
                  .replaceAll(" overscan:.*", ""));
      IsrTask.Result estimated =
          new IsrTask(IsrTask.Config.defaults().applying(false, false, false).withLevelFromNoise())
              .run(new RawExposureReader(false).read(raw, blind.detector(0)), none(), 15);
      double[] blindSky = medians(estimated.image().image(), WIDTH);
      System.out.printf(
          Locale.ROOT,
          "%s: sky of the amplifiers %s e-, from the noise %s e-%n",
          file,
          Arrays.toString(sky),
          Arrays.toString(blindSky));
      assertThat(spread(blindSky)).as("steps with levels from the noise").isLessThan(0.01);
      assertThat(blindSky[0]).as("sky by its noise").isCloseTo(sky[0], within(0.1 * sky[0]));
      assertThat(estimated.report().fallbacks()).hasSize(4).allMatch(t -> t.contains("bias_level"));
    }
  }

  private static IsrCalibrations none() {
    return IsrCalibrations.none();
  }

  private static double spread(double[] values) {
    return Arrays.stream(values).max().orElseThrow() - Arrays.stream(values).min().orElseThrow();
  }

  private static double[] medians(ImageF image, int width) {
    double[] out = new double[4];
    for (int i = 0; i < 4; i++) {
      Box box = new Box(i / 2 * width, i % 2 * HEIGHT, width, HEIGHT);
      out[i] = ClippedStatistics.median(image.view(box).toArray());
    }
    return out;
  }

  @Test
  void starsOfTwoVisitsAgreeOnTheSkyByTheCameraFileAndNotByTheHeader() throws IOException {
    List<StarCandidate> first = bright(90104911L);
    List<StarCandidate> second = bright(90106021L);
    List<double[]> ours = new ArrayList<>();
    List<double[]> headers = new ArrayList<>();
    Wcs a = WcsReader.fromHeader(header(90104911L));
    Wcs b = WcsReader.fromHeader(header(90106021L));
    for (StarCandidate s : first) {
      for (StarCandidate t : second) {
        double[] offset = offset(s.getRa(), s.getDec(), t.getRa(), t.getDec());
        if (Math.hypot(offset[0], offset[1]) < 1) {
          ours.add(offset);
          var p = a.toSky(s.getX(), s.getY());
          var q = b.toSky(t.getX(), t.getY());
          headers.add(offset(p.raDeg(), p.decDeg(), q.raDeg(), q.decDeg()));
        }
      }
    }
    System.out.printf(
        Locale.ROOT,
        "%d and %d stars, %d pairs: camera file %.3f arcsec apart with scatter %.3f, header %.3f%n",
        first.size(),
        second.size(),
        ours.size(),
        apart(ours),
        scatter(ours),
        apart(headers));
    assertThat(ours).hasSizeGreaterThan(25);
    assertThat(apart(ours)).as("by the camera file, arcsec").isLessThan(0.1);
    assertThat(scatter(ours)).as("scatter, arcsec").isLessThan(0.03);
    assertThat(apart(headers)).as("by the header, arcsec").isGreaterThan(4);
  }

  private static List<StarCandidate> bright(long visit) throws IOException {
    return stars(visit).stream()
        .filter(s -> s.getPsfInstFlux() > 30 * s.getPsfInstFluxErr())
        .toList();
  }

  private static double[] offset(double ra, double dec, double otherRa, double otherDec) {
    return new double[] {
      3600 * (otherRa - ra) * Math.cos(Math.toRadians(dec)), 3600 * (otherDec - dec)
    };
  }

  private static double apart(List<double[]> offsets) {
    return Math.hypot(median(offsets, 0), median(offsets, 1));
  }

  private static double median(List<double[]> offsets, int axis) {
    return ClippedStatistics.median(offsets.stream().mapToDouble(o -> o[axis]).toArray());
  }

  /** 1.4826 times the median distance from the median, of one axis. */
  private static double scatter(List<double[]> offsets) {
    double x = median(offsets, 0);
    return 1.4826
        * ClippedStatistics.median(offsets.stream().mapToDouble(o -> Math.abs(o[0] - x)).toArray());
  }

  @Test
  void widthOfThePsfIsThatOfTheSimulatedAtmosphereAndTelescope() {
    for (long visit : FILES.keySet()) {
      HeaderView header = header(visit);
      double square = 0;
      for (int layer = 0; layer < header.integerOr("ATMFILE", 0); layer++) {
        square += Math.pow(header.number("SEE" + layer), 2);
      }
      // SEEn are sigmas in arcsec at 500 nm in the zenith; 0.35 to 0.65 arcsec are optics, chip.
      double air = Math.pow(header.number("AIRMASS"), 0.6);
      double atmosphere = 2.3548 * Math.sqrt(square) * air;
      double seeing = summary(visit).getSeeing();
      System.out.printf(
          Locale.ROOT, "%d: PSF %.3f arcsec, atmosphere %.3f%n", visit, seeing, atmosphere);
      assertThat(seeing)
          .isBetween(Math.hypot(0.9 * atmosphere, 0.2), Math.hypot(1.1 * atmosphere, 0.6));
      assertThat(summary(visit).getNPsfStar()).isGreaterThanOrEqualTo(15);
    }
  }

  @Test
  void sextractorSeesTheSameStars() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(SEXTRACTOR), "no SExtractor");
    for (long visit : FILES.keySet()) {
      List<StarCandidate> ours = stars(visit);
      List<double[]> offsets = new ArrayList<>();
      List<Double> widths = new ArrayList<>();
      int looked = 0;
      for (double[] row : sextractor(visit)) {
        double px = row[0] - 1;
        double py = row[1] - 1;
        if (row[2] < 20 || row[4] > 0) {
          continue;
        }
        looked++;
        StarCandidate nearest =
            ours.stream()
                .min(Comparator.comparingDouble(s -> Math.hypot(s.getX() - px, s.getY() - py)))
                .orElseThrow();
        double[] offset = {nearest.getX() - px, nearest.getY() - py};
        if (Math.hypot(offset[0], offset[1]) < 1) {
          offsets.add(offset);
          if (nearest.getPsfUsed()) {
            widths.add(row[3]);
          }
        }
      }
      double theirWidth = ClippedStatistics.median(widths.stream().mapToDouble(w -> w).toArray());
      double ourWidth = summary(visit).getSeeing() / summary(visit).getPixelScale();
      System.out.printf(
          Locale.ROOT,
          "%d: SExtractor %d objects above S/N 20, %d also ours (of %d), offset %.3f %.3f pixels,"
              + " scatter %.3f; width of the PSF stars %.2f pixels, ours %.2f%n",
          visit,
          looked,
          offsets.size(),
          ours.size(),
          median(offsets, 0),
          median(offsets, 1),
          scatter(offsets),
          theirWidth,
          ourWidth);
      assertThat(looked).isGreaterThan(30);
      assertThat((double) offsets.size() / looked).as("found of theirs").isGreaterThan(0.95);
      assertThat(median(offsets, 0)).isCloseTo(0, within(0.03));
      assertThat(median(offsets, 1)).isCloseTo(0, within(0.03));
      assertThat(scatter(offsets)).isLessThan(0.1);
      assertThat(ourWidth / theirWidth).as("PSF width").isCloseTo(1, within(0.08));
    }
  }

  /** The data of the four amplifiers side by side, ADU, each less its median overscan x share. */
  private static ImageF assembled(Path raw, double share) {
    ImageF out = new ImageF(2 * WIDTH, 2 * HEIGHT);
    try (FitsReader reader = FitsReader.open(raw)) {
      ImageF in = reader.readFloats(reader.firstImage());
      for (int amplifier = 0; amplifier < 4; amplifier++) {
        int column = amplifier / 2;
        int row = amplifier % 2 * HEIGHT;
        int start = column * (WIDTH + OVERSCAN);
        Box overscan = new Box(start, row, OVERSCAN, HEIGHT);
        double level = share * ClippedStatistics.median(in.view(overscan).toArray());
        for (int y = row; y < row + HEIGHT; y++) {
          for (int x = 0; x < WIDTH; x++) {
            out.set(column * WIDTH + x, y, (float) (in.get(start + OVERSCAN + x, y) - level));
          }
        }
      }
    }
    return out;
  }

  /** Rows of x, y (from 1), S/N, FWHM, flags. */
  private static List<double[]> sextractor(long visit) throws Exception {
    Path work = Files.createDirectories(directory.resolve("sextractor" + visit));
    ImageF image = assembled(Shared.path(RAWS).resolve(FILES.get(visit)), 1);
    ImageF weight = new ImageF(image.box());
    weight.fill(1);
    Camera camera =
        CameraYaml.parse(
            "camera.yaml", Files.readString(directory.resolve("input").resolve("camera.yaml")));
    camera.detector(0).defects().forEach(box -> weight.view(box).fill(0));
    write(work.resolve("image.fits"), image);
    write(work.resolve("weight.fits"), weight);
    Files.writeString(
        work.resolve("columns"), "XWIN_IMAGE\nYWIN_IMAGE\nSNR_WIN\nFWHM_IMAGE\nFLAGS\n");
    Files.writeString(work.resolve("kernel"), "CONV NORM\n1 2 1\n2 4 2\n1 2 1\n");
    Files.writeString(work.resolve("settings"), "");
    List<String> command =
        List.of(
            SEXTRACTOR.toString(),
            "image.fits",
            "-c",
            "settings",
            "-CATALOG_NAME",
            "out.txt",
            "-CATALOG_TYPE",
            "ASCII",
            "-PARAMETERS_NAME",
            "columns",
            "-FILTER_NAME",
            "kernel",
            "-DETECT_THRESH",
            "2",
            "-ANALYSIS_THRESH",
            "2",
            "-WEIGHT_TYPE",
            "MAP_WEIGHT",
            "-WEIGHT_IMAGE",
            "weight.fits",
            "-SATUR_LEVEL",
            "50000",
            "-GAIN",
            "1.7",
            "-VERBOSE_TYPE",
            "QUIET");
    Process process = new ProcessBuilder(command).directory(work.toFile()).inheritIO().start();
    assertThat(process.waitFor()).as("exit code of SExtractor").isZero();
    return Files.readAllLines(work.resolve("out.txt")).stream()
        .map(l -> Arrays.stream(l.strip().split("\\s+")).mapToDouble(Double::parseDouble).toArray())
        .toList();
  }

  private static void write(Path path, ImageF image) {
    try (FitsWriter writer = FitsWriter.create(path)) {
      writer.primary(Map.of()).image("DATA", image, Map.of()).commit();
    }
  }

  @Test
  void exposureNumberThatIdsCannotHoldIsRefusedWithTheRuleToWrite() throws IOException {
    Path input = input("numbers", camera(), "raw_v1_fg.fits.gz");
    Path mapping = mapping("exposureId: {key: OBSID}");
    launch(input, mapping, "numbers", List.of("ingest", "calibs", "step1"));
    QuantumRecord frame = failed("numbers", "ingest");
    assertThat(frame.getErrorClass()).isEqualTo("BAD_INPUT");
    assertThat(frame.getErrorCode()).isEqualTo("ID_OVERFLOW");
    assertThat(frame.getMessage())
        .contains("raw_v1_fg.fits.gz")
        .contains("890104911")
        .contains("up to 268435455")
        .contains("exposureId: {key: OBSID, pattern: '(\\d{8})$'}");
  }

  @Test
  void filesThatBecomeTheSameExposureAreRefusedByName() throws IOException {
    Path input = input("same", camera(), "raw_v2_fg.fits.gz", "raw_v3_fr.fits.gz");
    Files.createSymbolicLink(
        input.resolve("raw/zz_copy.fits.gz"),
        Shared.path(RAWS).resolve("raw_v2_fg.fits.gz").toRealPath());
    Path mapping = mapping("exposureId: {key: OBSID, pattern: '(\\d{2})$'}");
    launch(input, mapping, "same", List.of("ingest", "calibs", "step1"));
    QuantumRecord frame = failed("same", "singleFrame");
    assertThat(frame.getErrorCode()).isEqualTo("DUPLICATE_CONFLICT");
    assertThat(frame.getMessage())
        .as("files of two nights, a copy of one of them counts once")
        .contains("2 files have this exposure and detector")
        .contains("raw_v2_fg.fits.gz")
        .contains("raw_v3_fr.fits.gz");
  }

  @Test
  void withoutANominalFlatTheMissingFlatIsAFailure() throws IOException {
    Path input = input("flat", camera().replaceAll(", flat: 1}", "}"), "raw_v1_fg.fits.gz");
    Path mapping = EXAMPLE.resolve("mapping.yaml");
    launch(input, mapping, "flat", List.of("ingest", "calibs", "step1"));
    QuantumRecord frame = failed("flat", "singleFrame");
    assertThat(frame.getErrorClass()).isEqualTo("BAD_INPUT");
    assertThat(frame.getErrorCode()).isEqualTo("MISSING_CALIB");
    assertThat(frame.getMessage()).contains("no flat for detector 0, filter g").contains("nominal");
  }

  @Test
  void withoutANominalZeroPointTheMissingReferencesAreAFailure() throws IOException {
    Path input =
        input("zero", camera().replaceAll(", zero_point: [0-9.]+", ""), "raw_v1_fg.fits.gz");
    // Without a rotation nothing but the WCS of the header says where the frame looks.
    Path mapping = mapping("exposureId: {key: OBSID, plus: -890000000}", "rotSkyPos: []");
    launch(input, mapping, "zero", List.of("ingest", "calibs", "step1"));
    QuantumRecord frame = failed("zero", "singleFrame");
    assertThat(frame.getDataId()).contains("visit=104911,");
    assertThat(frame.getErrorClass()).isEqualTo("BAD_INPUT");
    assertThat(frame.getErrorCode()).isEqualTo("NO_REFERENCES");
    assertThat(frame.getMessage()).contains("zero_point");
    Matcher place = Pattern.compile("RA ([0-9.]+), Dec (-[0-9.]+)").matcher(frame.getMessage());
    assertThat(place.find()).isTrue();
    var middle = WcsReader.fromHeader(header(90104911L)).toSky(WIDTH - 0.5, HEIGHT - 0.5);
    assertThat(Double.parseDouble(place.group(1))).isCloseTo(middle.raDeg(), within(0.001));
    assertThat(Double.parseDouble(place.group(2))).isCloseTo(middle.decDeg(), within(0.001));
  }

  private static String camera() throws IOException {
    return Files.readString(EXAMPLE.resolve("camera.yaml"));
  }

  /** The mapping of the example with other rules for some fields. */
  private static Path mapping(String... rules) throws IOException {
    StringBuilder text = new StringBuilder();
    for (String line : Files.readAllLines(EXAMPLE.resolve("mapping.yaml"))) {
      String field = line.strip().replaceAll(":.*", ":");
      String other = Arrays.stream(rules).filter(r -> r.startsWith(field)).findFirst().orElse(null);
      text.append(other == null || field.isEmpty() ? line : "    " + other).append('\n');
    }
    return Files.writeString(Files.createTempFile(directory, "mapping", ".yaml"), text);
  }

  private static QuantumRecord failed(String name, String task) {
    List<QuantumRecord> found =
        quanta(RunCatalog.open(directory.resolve("repo"), name), task).stream()
            .filter(q -> q.getStatus() == QuantumStatus.FAILED)
            .toList();
    assertThat(found).as("failed quanta of %s", task).hasSize(1);
    return found.get(0);
  }
}
