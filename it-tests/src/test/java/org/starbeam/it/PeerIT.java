package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.camera.CalibratedExposure;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.CalibratedFrameReader;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.dataset.TableReader;

/**
 * Real frames through the calibrated entry beside an established tool. VISTA frames in H (ZPN, zero
 * points in the headers, no reference catalogue, no camera file, no mapping file) become a coadd,
 * and SWarp stacks the frames that were selected for it on the same grid with the same kernel
 * (LANCZOS3) and inverse variances as weights. Runs where SWarp and the frames are.
 */
@Tag("peer")
class PeerIT {
  private static final String FRAMES = "data/vista-h-multiepoch";
  private static final double STAR_RADIUS = 15;
  private static final double SKY_RADIUS = 5;
  private static final double LEAST_SNR = 25;

  @TempDir Path directory;

  /** A star's place in the coadd and what both say of its flux. */
  private record Star(double ours, double theirs) {}

  @Test
  void coaddOfVistaFramesAgreesWithSwarp() throws Exception {
    Assumptions.assumeTrue(Files.isExecutable(Path.of("/usr/bin/SWarp")), "no SWarp");
    List<Path> frames = frames();
    RunCatalog run = reduce(frames);
    Path path = largest(run);
    ImageFile ours = ImageFile.read(path);
    ImageF theirs = swarp(frames, ours);

    double skyOurs = skyScatter(ours.image().image(), ours.image());
    double skyTheirs = skyScatter(theirs, ours.image());
    List<Star> stars = stars(run, ours, theirs);
    double[] ratios = stars.stream().mapToDouble(s -> s.ours / s.theirs).sorted().toArray();
    double median = ratios[ratios.length / 2];
    double[] off = Arrays.stream(ratios).map(r -> Math.abs(r - 1)).sorted().toArray();
    System.out.printf(
        Locale.ROOT,
        "SWarp: same frames, sky in apertures %.2f nJy, SWarp %.2f, ratio %.4f; %d stars, flux ratio median %.5f,"
            + " 68 %% within %.5f, 95 %% within %.5f%n",
        skyOurs,
        skyTheirs,
        skyOurs / skyTheirs,
        ratios.length,
        median,
        off[off.length * 68 / 100],
        off[off.length * 95 / 100]);
    assertThat(skyOurs / skyTheirs).as("noise").isCloseTo(1, within(0.05));
    assertThat(ratios).hasSizeGreaterThan(20);
    assertThat(median).as("median flux ratio").isCloseTo(1, within(0.01));
    assertThat(off[off.length * 68 / 100]).as("flux ratio of two thirds").isLessThan(0.01);
  }

  private static List<Path> frames() {
    Path folder = Shared.path(FRAMES);
    return IntStream.rangeClosed(1, 8)
        .mapToObj(i -> folder.resolve("image_" + i + ".fits"))
        .toList();
  }

  private RunCatalog reduce(List<Path> frames) throws IOException {
    String done = System.getProperty("starbeam.peerRepository");
    if (done != null) {
      return RunCatalog.open(Path.of(done), "v");
    }
    Path input = Files.createDirectories(directory.resolve("input/calibrated"));
    for (Path frame : frames) {
      Files.createSymbolicLink(input.resolve(frame.getFileName()), frame.toRealPath());
    }
    Path repository = directory.resolve("repo");
    var result =
        Campaigns.launch(
            "calibrated",
            input.getParent(),
            repository,
            "v",
            "direct",
            2,
            List.of("ingest", "step1", "step2", "step3"));
    assertThat(result.summary().problems().stream().filter(r -> r.getErrorClass() != null))
        .as("failed quanta")
        .isEmpty();
    return RunCatalog.open(repository, "v");
  }

  /** The patch with the most pixels. */
  private static Path largest(RunCatalog run) {
    return run.datasets("deep_coadd").stream()
        .max(Comparator.comparingLong(ref -> valid(run.path(ref))))
        .map(run::path)
        .orElseThrow();
  }

  private static long valid(Path file) {
    return Arrays.stream(ImageFile.read(file).image().mask().data)
        .filter(m -> (m & MaskPlanes.NO_DATA) == 0)
        .count();
  }

  /** SWarp's weighted mean of the frames on the grid of the coadd. */
  private ImageF swarp(List<Path> frames, ImageFile ours) throws Exception {
    Path work = Files.createDirectories(directory.resolve("swarp"));
    List<String> names = new ArrayList<>();
    Set<Long> selected = new TreeSet<>();
    for (long visit : ours.requireTable("INPUTS").longs("visit")) {
      selected.add(visit);
    }
    for (Path frame : frames) {
      CalibratedExposure exposure =
          new CalibratedFrameReader(CalibratedFrameMapping.automatic()).read(frame);
      if (!selected.contains(exposure.header().findInteger("ESO DET EXP NO").orElseThrow())) {
        continue;
      }
      String name = frame.getFileName().toString().replace(".fits", "");
      write(work.resolve(name + ".fits"), exposure.image().image(), exposure.wcs());
      write(work.resolve(name + ".weight.fits"), weight(exposure.image()), Map.of());
      names.add(name + ".fits");
    }
    Box box = ours.image().box();
    Files.writeString(work.resolve("coadd.head"), header(ours.wcs(), box));
    List<String> command = new ArrayList<>(List.of("/usr/bin/SWarp"));
    command.addAll(names);
    command.addAll(
        List.of(
            "-IMAGEOUT_NAME",
            "coadd.fits",
            "-WEIGHTOUT_NAME",
            "coadd.weight.fits",
            "-COMBINE_TYPE",
            "WEIGHTED",
            "-RESAMPLING_TYPE",
            "LANCZOS3",
            "-WEIGHT_TYPE",
            "MAP_WEIGHT",
            "-RESCALE_WEIGHTS",
            "N",
            "-SUBTRACT_BACK",
            "N",
            "-FSCALASTRO_TYPE",
            "VARIABLE",
            "-FSCALE_KEYWORD",
            "NONE",
            "-OVERSAMPLING",
            "1",
            "-WRITE_XML",
            "N",
            "-VERBOSE_TYPE",
            "QUIET",
            "-NTHREADS",
            "1"));
    Process process = new ProcessBuilder(command).directory(work.toFile()).inheritIO().start();
    assertThat(process.waitFor()).as("exit code of SWarp").isZero();
    try (FitsReader reader = FitsReader.open(work.resolve("coadd.fits"))) {
      var hdu = reader.firstImage();
      Box whole = new Box(0, 0, box.width(), box.height());
      return reader.readFloats(hdu, whole).withOrigin(box.x0(), box.y0());
    }
  }

  private static void write(Path path, ImageF image, Map<String, Object> cards) {
    try (FitsWriter writer = FitsWriter.create(path)) {
      writer.primary(Map.of()).image("DATA", image, cards).commit();
    }
  }

  private static ImageF weight(MaskedImage image) {
    ImageF out = new ImageF(image.box());
    double typical =
        new ClippedStatistics()
            .of(image.variance(), image.mask(), MaskPlanes.NO_DATA | MaskPlanes.DETECTED)
            .median();
    for (int i = 0; i < out.data.length; i++) {
      boolean missing = (image.mask().data[i] & MaskPlanes.NO_DATA) != 0;
      out.data[i] = missing ? 0 : (float) (1 / typical);
    }
    return out;
  }

  private static String header(Map<String, Object> wcs, Box box) {
    Map<String, Object> cards = new LinkedHashMap<>();
    cards.put("NAXIS", 2);
    cards.put("NAXIS1", box.width());
    cards.put("NAXIS2", box.height());
    cards.putAll(wcs);
    cards.put("CRPIX1", ((Number) wcs.get("CRPIX1")).doubleValue() - box.x0());
    cards.put("CRPIX2", ((Number) wcs.get("CRPIX2")).doubleValue() - box.y0());
    cards.put("CTYPE1", "RA---TAN");
    cards.put("CTYPE2", "DEC--TAN");
    StringBuilder out = new StringBuilder();
    cards.forEach(
        (key, value) -> {
          if (!key.matches("[AB]P?_.*")) {
            String text = value instanceof String s ? "'" + s + "'" : String.valueOf(value);
            out.append(String.format(Locale.ROOT, "%-8s= %s%n", key, text));
          }
        });
    return out.append("END     \n").toString();
  }

  /** Clipped scatter of sums in apertures on a lattice over the sky between the sources. */
  private static double skyScatter(ImageF image, MaskedImage coadd) {
    int bad = MaskPlanes.NO_DATA | MaskPlanes.DETECTED | MaskPlanes.EDGE;
    List<Float> sums = new ArrayList<>();
    Box box = image.box().grow(-30);
    for (int y = box.y0(); y < box.y1(); y += 23) {
      for (int x = box.x0(); x < box.x1(); x += 23) {
        double sum = aperture(image, coadd, x, y, SKY_RADIUS, bad);
        if (Double.isFinite(sum)) {
          sums.add((float) (sum - sky(image, x, y)));
        }
      }
    }
    float[] values = new float[sums.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = sums.get(i);
    }
    assertThat(values).as("places of sky").hasSizeGreaterThan(500);
    return new ClippedStatistics().of(values).sdClip();
  }

  /** Sum within a radius; NaN where a pixel has one of the planes. */
  private static double aperture(
      ImageF image, MaskedImage coadd, double x, double y, double radius, int planes) {
    double sum = 0;
    int r = (int) Math.ceil(radius);
    for (int j = (int) Math.rint(y) - r; j <= Math.rint(y) + r; j++) {
      for (int i = (int) Math.rint(x) - r; i <= Math.rint(x) + r; i++) {
        if (Math.hypot(i - x, j - y) <= radius) {
          if ((coadd.mask().get(i, j) & planes) != 0) {
            return Double.NaN;
          }
          sum += image.get(i, j);
        }
      }
    }
    return sum;
  }

  /** Sky under the sky aperture: median of the ring from 20 to 27 pixels. */
  private static double sky(ImageF image, double x, double y) {
    return Math.PI * SKY_RADIUS * SKY_RADIUS * ring(image, x, y);
  }

  private static double ring(ImageF image, double x, double y) {
    double[] values = new double[57 * 57];
    int n = 0;
    for (int j = (int) Math.rint(y) - 28; j <= Math.rint(y) + 28; j++) {
      for (int i = (int) Math.rint(x) - 28; i <= Math.rint(x) + 28; i++) {
        double r = Math.hypot(i - x, j - y);
        if (r >= 20 && r < 27) {
          values[n++] = image.get(i, j);
        }
      }
    }
    Arrays.sort(values, 0, n);
    return values[n / 2];
  }

  private static List<Star> stars(RunCatalog run, ImageFile ours, ImageF theirs)
      throws IOException {
    Wcs wcs = WcsReader.fromHeader(HeaderView.of("coadd", ours.wcs()));
    Box inside = ours.image().box().grow(-40);
    List<Star> out = new ArrayList<>();
    DatasetRef first = run.datasets("initial_stars_detector").get(0);
    for (StarCandidate s : TableReader.read(run.path(first), StarCandidate.class)) {
      double[] at = wcs.toPixel(s.getRa(), s.getDec());
      if (s.getCandidate()
          && s.getPsfInstFlux() > LEAST_SNR * s.getPsfInstFluxErr()
          && inside.contains((int) Math.rint(at[0]), (int) Math.rint(at[1]))) {
        double a = flux(ours.image().image(), ours.image(), at);
        double b = flux(theirs, ours.image(), at);
        if (Double.isFinite(a) && Double.isFinite(b)) {
          out.add(new Star(a, b));
        }
      }
    }
    return out;
  }

  private static double flux(ImageF image, MaskedImage coadd, double[] at) {
    double sum = aperture(image, coadd, at[0], at[1], STAR_RADIUS, MaskPlanes.NO_DATA);
    double pixels = 0;
    for (int j = -16; j <= 16; j++) {
      for (int i = -16; i <= 16; i++) {
        double dx = Math.rint(at[0]) + i - at[0];
        double dy = Math.rint(at[1]) + j - at[1];
        pixels += Math.hypot(dx, dy) <= STAR_RADIUS ? 1 : 0;
      }
    }
    return sum - pixels * ring(image, at[0], at[1]);
  }
}
