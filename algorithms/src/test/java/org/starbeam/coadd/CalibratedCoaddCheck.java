package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GridPsf;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Coadds of perfect frames of the independent simulator against its truth. Opt-in: {@code make-data
 * DIR --preset tiny --also-calibrated}, then {@code -Dstarbeam.calibrated=DIR
 * -Dstarbeam.excludedGroups=peer}.
 */
@Tag("campaign")
class CalibratedCoaddCheck {
  private record Frame(
      long visit,
      int detector,
      String band,
      Wcs wcs,
      PsfModel psf,
      double psfSigma,
      int weight,
      MaskedImage image)
      implements CoaddSource {
    @Override
    public String content() {
      return band;
    }

    @Override
    public Box box() {
      return image.box();
    }

    @Override
    public double apertureCorrection(double x, double y) {
      return 1;
    }

    @Override
    public InputStatistics statistics() {
      return new InputStatistics(59600, 30, psfSigma * 0.47, 1.2, 0, 0, 0, 0, 0, 1, 1);
    }

    @Override
    public MaskedImage read(Box part) {
      return image.view(part).copy();
    }
  }

  private static Frame frame(Path path) {
    ImageFile file = ImageFile.read(path);
    FitsTable t = file.requireTable("PSF");
    GridPsf psf =
        GridPsf.sample(
            new Box(102, 102, 820, 820),
            205,
            25,
            (x, y) -> {
              int row = 5 * (int) (y / 204.6) + (int) (x / 204.6);
              return new MoffatPsf(
                      t.doubles("fwhm")[row],
                      t.doubles("beta")[row],
                      t.doubles("e1")[row],
                      t.doubles("e2")[row],
                      25)
                  .kernelImage(0, 0);
            });
    HeaderView header = file.header();
    return new Frame(
        header.longInteger("EXPID"),
        header.integer("DETECTOR"),
        header.string("FILTBAND"),
        WcsReader.fromHeader(HeaderView.of(path.toString(), file.wcs())),
        psf,
        t.doubles("fwhm")[12] / 2.3548,
        CoaddWeight.of(Lattice.medianVariance(file.image())),
        file.image());
  }

  @Test
  void starFluxesAreThoseOfTheTruth() throws IOException {
    String place = System.getProperty("starbeam.calibrated", "");
    Assumptions.assumeTrue(!place.isEmpty());
    Path folder = Path.of(place);
    List<Frame> frames = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder.resolve("calibrated"))) {
      files.filter(f -> f.toString().endsWith(".fits")).sorted().forEach(f -> frames.add(frame(f)));
    }
    FitsTable truth;
    try (FitsReader reader = FitsReader.open(folder.resolve("truth/visit_sources.fits"))) {
      truth = reader.readTable(reader.hdu(1));
    }
    for (String band : frames.stream().map(Frame::band).distinct().sorted().toList()) {
      check(band, frames.stream().filter(f -> f.band().equals(band)).toList(), truth);
    }
  }

  private static void check(String band, List<Frame> frames, FitsTable truth) {
    RingsSkyMap map = RingsSkyMap.defaults();
    var center = frames.get(0).wcs().toSky(512, 512);
    Tract tract = map.tract(map.tractOf(center.raDeg(), center.decDeg()));
    double[] p = tract.wcs().toPixel(center.raDeg(), center.decDeg());
    Box cells =
        Box.around(tract.cellOf((int) p[0]), tract.cellOf((int) p[1]), 4)
            .intersect(Box.ofCorners(-1, -1, 200, 200));
    long start = System.nanoTime();
    BlockCoadder.Result result =
        new BlockCoadder(BlockCoadder.Config.defaults()).coadd(tract, 0.2, cells, frames);
    double seconds = (System.nanoTime() - start) / 1e9;
    Map<Long, double[]> stars = stars(band, truth);
    List<Double> ratios = new ArrayList<>();
    List<Double> pulls = new ArrayList<>();
    NoiseCorrelation noise = NoiseCorrelation.lanczos(3);
    for (double[] star : stars.values()) {
      double[] q = tract.wcs().toPixel(star[0], star[1]);
      CellKey key =
          new CellKey(tract.cellOf((int) Math.rint(q[0])), tract.cellOf((int) Math.rint(q[1])));
      CellCoadd cell = result.cells().get(key);
      if (cell == null) {
        continue;
      }
      Box outer = tract.cellOuterBox(key.cx(), key.cy());
      ImageD psf = new CellPsf(150, Map.of(key, cell.psf())).image(q[0], q[1]);
      measure(cell, outer, psf, star[2], noise, ratios, pulls);
    }
    int pixels = result.masks().stream().mapToInt(m -> m.pixels().area()).sum();
    System.out.printf(
        "COADD %s: %d frames, %d cells, %.1f s, %d artifact masks with %d px; %d stars S/N > 50:"
            + " median flux error %+.4f, pull width %.2f%n",
        band,
        frames.size(),
        result.cells().size(),
        seconds,
        result.masks().size(),
        pixels,
        ratios.size(),
        median(ratios),
        width(pulls));
    assertThat(ratios).hasSizeGreaterThan(10);
    assertThat(Math.abs(median(ratios))).isLessThan(0.005);
    assertThat(width(pulls)).isBetween(0.7, 1.4);
  }

  private static void measure(
      CellCoadd cell,
      Box outer,
      ImageD psf,
      double truth,
      NoiseCorrelation noise,
      List<Double> ratios,
      List<Double> pulls) {
    Box box = psf.box().grow(-13);
    ImageD phi = new ImageD(box);
    double sum = 0;
    double norm = 0;
    double variance = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        int u = x - outer.x0();
        int v = y - outer.y0();
        int bad = MaskPlanes.NO_DATA | MaskPlanes.SAT | MaskPlanes.CLIPPED;
        if ((cell.pixels().mask().get(u, v) & bad) != 0) {
          return;
        }
        double w = psf.get(x, y);
        phi.set(x, y, w);
        sum += w * cell.pixels().image().get(u, v);
        norm += w * w;
        variance += w * w * cell.pixels().variance().get(u, v);
      }
    }
    double flux = sum / norm;
    double error = Math.sqrt(variance * noise.factor(phi)) / norm;
    double sn = flux / error;
    if (sn > 50) {
      ratios.add(flux / truth - 1);
    }
    if (sn > 20 && sn < 200) {
      pulls.add((flux - truth) / error);
    }
  }

  /** Isolated stars of a band by id: {ra, dec, mean flux}. */
  private static Map<Long, double[]> stars(String band, FitsTable t) {
    Map<Long, double[]> sums = new TreeMap<>();
    String[] bands = t.strings("band");
    boolean[] isolated = t.column("isolated", boolean[].class);
    boolean[] saturated = t.column("saturated", boolean[].class);
    Number[] ids = numbers(t, "id");
    Number[] types = numbers(t, "type");
    Number[] ra = numbers(t, "ra");
    Number[] dec = numbers(t, "dec");
    Number[] flux = numbers(t, "flux");
    for (int i = 0; i < bands.length; i++) {
      if (bands[i].strip().equals(band)
          && types[i].intValue() == 0
          && isolated[i]
          && !saturated[i]) {
        double[] s = sums.computeIfAbsent(ids[i].longValue(), k -> new double[4]);
        s[0] += ra[i].doubleValue();
        s[1] += dec[i].doubleValue();
        s[2] += flux[i].doubleValue();
        s[3]++;
      }
    }
    sums.values().forEach(s -> Arrays.setAll(s, k -> k < 3 ? s[k] / s[3] : s[3]));
    return sums;
  }

  private static Number[] numbers(FitsTable t, String name) {
    Object column = t.columns().get(name);
    int n = java.lang.reflect.Array.getLength(column);
    Number[] out = new Number[n];
    for (int i = 0; i < n; i++) {
      out[i] = (Number) java.lang.reflect.Array.get(column, i);
    }
    return out;
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(Double.NaN);
  }

  private static double width(List<Double> values) {
    double m = median(values);
    return 1.4826 * median(values.stream().map(v -> Math.abs(v - m)).toList());
  }
}
