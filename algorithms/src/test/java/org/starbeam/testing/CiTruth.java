package org.starbeam.testing;

import java.lang.reflect.Array;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Assumptions;
import org.starbeam.astrometry.ReferenceCatalog;
import org.starbeam.astrometry.StarList;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.InitialWcs;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.SkyPoint;

/**
 * Star lists made from the truth of a simulated campaign (simcam preset {@code ci}), with the
 * simulator's own pointing errors, distortion and clouds; only centroid and flux noise are drawn
 * here. The campaign's directory is the system property {@code starbeam.ci}; without it tests that
 * ask for it are skipped.
 */
public final class CiTruth {
  private final FitsTable visits;
  private final Map<String, List<Integer>> rows = new TreeMap<>();
  private final FitsTable sources;
  private final FitsTable wcs;
  private final Camera camera;
  private final List<RefStar> references;
  private final Map<String, double[]> cache = new HashMap<>();

  private CiTruth(Path dir) {
    visits = table(dir.resolve("truth/visits.fits"));
    sources = table(dir.resolve("truth/visit_sources.fits"));
    wcs = table(dir.resolve("truth/wcs.fits"));
    camera = CameraYaml.read(dir.resolve("camera.yaml"));
    references = ReferenceCatalog.read(dir.resolve("refcat/refcat.fits"));
    long[] visit = sources.longs("visit");
    double[] detector = numbers(sources, "detector");
    for (int i = 0; i < visit.length; i++) {
      rows.computeIfAbsent(visit[i] + "/" + (int) detector[i], k -> new ArrayList<>()).add(i);
    }
  }

  /** The campaign; skips the calling test where there is none. */
  public static CiTruth open() {
    String dir = System.getProperty("starbeam.ci", "");
    if (dir.isEmpty() || !Files.isDirectory(Path.of(dir))) {
      Assumptions.abort("no simulated campaign: set -Dstarbeam.ci=DIR");
    }
    return new CiTruth(Path.of(dir));
  }

  private static FitsTable table(Path file) {
    try (FitsReader reader = FitsReader.open(file)) {
      return reader.readTable(reader.hdu(1));
    }
  }

  private double[] numbers(FitsTable table, String column) {
    return cache.computeIfAbsent(
        System.identityHashCode(table) + column, k -> convert(table, column));
  }

  private static double[] convert(FitsTable table, String column) {
    Object values = table.columns().get(column);
    if (values instanceof double[] d) {
      return d;
    }
    double[] out = new double[Array.getLength(values)];
    for (int i = 0; i < out.length; i++) {
      out[i] = Array.getDouble(values, i);
    }
    return out;
  }

  public List<RefStar> references() {
    return references;
  }

  /** One visit of the campaign. */
  public record Visit(
      int row, long id, String band, double mjd, double exposureSeconds, double airmass) {}

  public List<Visit> visits() {
    List<Visit> out = new ArrayList<>();
    long[] ids = visits.longs("visit");
    String[] bands = visits.strings("band");
    for (int i = 0; i < ids.length; i++) {
      out.add(
          new Visit(
              i,
              ids[i],
              bands[i].strip(),
              numbers(visits, "mjd")[i],
              numbers(visits, "exptime")[i],
              numbers(visits, "airmass")[i]));
    }
    return out;
  }

  /** The WCS that the header and the nominal camera give, wrong as the simulator makes it. */
  public InitialWcs guess(Visit visit, int detector) {
    return new InitialWcs(
        camera,
        camera.detector(detector),
        new SkyPoint(
            numbers(visits, "header_ra")[visit.row], numbers(visits, "header_dec")[visit.row]),
        numbers(visits, "header_rotpa")[visit.row]);
  }

  /** Flattened 17 x 17 grid of one frame: {x, y, ra, dec}. */
  public double[][] grid(Visit visit, int detector) {
    long[] id = wcs.longs("visit");
    double[] d = numbers(wcs, "detector");
    for (int i = 0; i < id.length; i++) {
      if (id[i] == visit.id && d[i] == detector) {
        return new double[][] {
          wcs.vectors("x")[i], wcs.vectors("y")[i], wcs.vectors("ra")[i], wcs.vectors("dec")[i]
        };
      }
    }
    throw new IllegalArgumentException("no grid of " + visit.id + " " + detector);
  }

  /** What was drawn for one frame. */
  public record Frame(StarList stars, long[] objectId, double[] trueFlux, double[] zeroPoint) {}

  /**
   * Unsaturated sources away from the border with S/N above 10 and little contamination; centroid
   * noise FWHM / (2.36 S/N) per axis, flux noise by S/N (the air's displacements are in the truth).
   * {@code flux} is electrons of the exposure before the detector's response.
   */
  public Frame frame(Visit visit, int detector, Random random) {
    List<Integer> chosen = new ArrayList<>();
    boolean[] edge = sources.column("edge", boolean[].class);
    boolean[] saturated = sources.column("saturated", boolean[].class);
    double[] snr = numbers(sources, "snr");
    double[] contamination = numbers(sources, "contam");
    for (int i : rows.getOrDefault(visit.id + "/" + detector, List.of())) {
      if (!edge[i] && !saturated[i] && snr[i] > 10 && contamination[i] < 0.05) {
        chosen.add(i);
      }
    }
    int n = chosen.size();
    double[][] c = new double[5][n];
    long[] ids = new long[n];
    double[] flux = new double[n];
    double[] zp = new double[n];
    double[] fwhm = numbers(sources, "fwhm");
    for (int k = 0; k < n; k++) {
      int i = chosen.get(k);
      double sigma = fwhm[i] / (2.36 * snr[i]);
      c[0][k] = numbers(sources, "x")[i] + sigma * random.nextGaussian();
      c[1][k] = numbers(sources, "y")[i] + sigma * random.nextGaussian();
      c[2][k] = sigma;
      c[4][k] = numbers(sources, "counts")[i] / snr[i];
      c[3][k] = numbers(sources, "counts")[i] + c[4][k] * random.nextGaussian();
      ids[k] = sources.longs("id")[i];
      flux[k] = numbers(sources, "flux")[i];
      zp[k] = numbers(sources, "zp")[i];
    }
    return new Frame(new StarList(c[0], c[1], c[2], c[3], c[4]), ids, flux, zp);
  }
}
