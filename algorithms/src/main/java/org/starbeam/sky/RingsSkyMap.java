package org.starbeam.sky;

import com.google.common.hash.Hashing;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * The rings sky map (specs/03 section 1): rings of equal height in declination, each cut into
 * tracts of equal width in right ascension, and two polar caps. The inner regions of the tracts
 * tile the sphere exactly, so every position belongs to one tract. Numbering version 1: south cap
 * 0, then ring by ring eastward, north cap last. {@link #tractOf} is O(1).
 */
public final class RingsSkyMap {
  /**
   * Parameters; the defaults are {@code lsst_cells_v1}.
   *
   * @param numRings number of rings
   * @param raStartDeg right ascension of the centre of the first tract of each ring
   * @param pixelScaleArcsec size of a tract pixel
   * @param tractOverlapDeg overlap of neighbouring tracts
   * @param cellInner pixels of a cell's inner box per axis
   * @param cellBorder pixels around it in the outer box
   * @param cellsPerPatch inner cells of a patch per axis
   * @param borderCells cells of neighbours that a patch view shows on each side
   */
  public record Config(
      int numRings,
      double raStartDeg,
      double pixelScaleArcsec,
      double tractOverlapDeg,
      int cellInner,
      int cellBorder,
      int cellsPerPatch,
      int borderCells)
      implements Serializable {
    public static Config defaults() {
      return new Config(120, 0, 0.2, 1.0 / 60, 150, 50, 20, 1);
    }
  }

  private static final RingsSkyMap DEFAULT = new RingsSkyMap(Config.defaults());

  private final Config config;
  private final double ringSize;
  private final int[] ringStart;
  private final int[] ringCount;
  private final int patchesPerAxis;
  private final double referencePixel;

  /** Tracts that were asked for; they never change. */
  private final AtomicReferenceArray<Tract> tracts;

  public RingsSkyMap(Config config) {
    this.config = config;
    this.ringSize = Math.PI / (config.numRings() + 1);
    ringCount = new int[config.numRings()];
    ringStart = new int[config.numRings()];
    int next = 1;
    for (int ring = 0; ring < config.numRings(); ring++) {
      double low = Math.abs(ringSize * (ring + 0.5) - Math.PI / 2);
      double high = Math.abs(ringSize * (ring + 1.5) - Math.PI / 2);
      ringCount[ring] = (int) (2 * Math.PI * Math.cos(Math.min(low, high)) / ringSize) + 1;
      ringStart[ring] = next;
      next += ringCount[ring];
    }
    double halfExtent =
        Math.toDegrees(Math.tan(ringSize / 2 + Math.toRadians(config.tractOverlapDeg())))
            / (config.pixelScaleArcsec() / 3600);
    int low = (int) Math.ceil(-halfExtent - 0.5);
    int width = (int) Math.floor(halfExtent + 0.5) - low + 1;
    int inner = config.cellInner() * config.cellsPerPatch();
    patchesPerAxis = (width + inner - 1) / inner;
    referencePixel = -(low - Math.floorDiv(patchesPerAxis * inner - width, 2));
    tracts = new AtomicReferenceArray<>(tractCount());
    checkInnerRegionsFit();
  }

  /** The default map, {@code lsst_cells_v1}. */
  public static RingsSkyMap defaults() {
    return DEFAULT;
  }

  public Config config() {
    return config;
  }

  public int tractCount() {
    return ringStart[config.numRings() - 1] + ringCount[config.numRings() - 1] + 1;
  }

  /** Number of tracts in a ring. */
  public int tractsInRing(int ring) {
    return ringCount[ring];
  }

  /**
   * The tract whose inner region holds a position; -1 for NaN or a declination beyond the poles.
   */
  public int tractOf(double raDeg, double decDeg) {
    double dec = Math.toRadians(decDeg);
    if (!(Math.abs(decDeg) <= 90) || !Double.isFinite(raDeg)) {
      return -1;
    }
    if (dec < ringSize / 2 - Math.PI / 2) {
      return 0;
    }
    if (dec > Math.PI / 2 - ringSize / 2) {
      return tractCount() - 1;
    }
    int ring = (int) ((dec + Math.PI / 2 - ringSize / 2) / ringSize);
    ring = Math.max(0, Math.min(config.numRings() - 1, ring));
    int n = ringCount[ring];
    double turn = Gnomonic.normalizeRa(raDeg - config.raStartDeg()) / 360;
    int k = (int) Math.floor(turn * n + 0.5);
    return ringStart[ring] + (k == n ? 0 : k);
  }

  /** A tract by its id. */
  public Tract tract(int id) {
    Tract known = id >= 0 && id < tracts.length() ? tracts.get(id) : null;
    if (known == null) {
      known = new Tract(id, center(id), patchesPerAxis, referencePixel, config);
      tracts.set(id, known);
    }
    return known;
  }

  private SkyPoint center(int id) {
    if (id < 0 || id >= tractCount()) {
      throw new IllegalArgumentException(
          "tract " + id + ", the map has 0 to " + (tractCount() - 1));
    }
    if (id == 0) {
      return new SkyPoint(0, -90);
    }
    if (id == tractCount() - 1) {
      return new SkyPoint(0, 90);
    }
    int ring = ringOf(id);
    int k = id - ringStart[ring];
    double ra = Gnomonic.normalizeRa(config.raStartDeg() + 360.0 * k / ringCount[ring]);
    return new SkyPoint(ra, Math.toDegrees(ringSize * (ring + 1) - Math.PI / 2));
  }

  private int ringOf(int id) {
    int low = 0;
    int high = config.numRings() - 1;
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (ringStart[middle] <= id) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /** Tracts whose pixel box holds a position, ascending. */
  public List<Integer> tractsContaining(double raDeg, double decDeg) {
    List<Integer> out = new ArrayList<>();
    for (int id : candidates(raDeg, decDeg)) {
      Tract tract = tract(id);
      double[] p = tract.wcs().toPixel(raDeg, decDeg);
      if (Double.isFinite(p[0]) && tract.box().containsPosition(p[0], p[1])) {
        out.add(id);
      }
    }
    return out;
  }

  /** Tracts with a patch whose outer box meets a polygon smaller than a tract, ascending. */
  public List<Integer> tractsOverlapping(double[] raDeg, double[] decDeg) {
    TreeSet<Integer> near = new TreeSet<>();
    for (int i = 0; i < raDeg.length; i++) {
      near.addAll(candidates(raDeg[i], decDeg[i]));
    }
    return near.stream()
        .filter(id -> !tract(id).patchesOverlapping(raDeg, decDeg).isEmpty())
        .toList();
  }

  private TreeSet<Integer> candidates(double raDeg, double decDeg) {
    TreeSet<Integer> near = new TreeSet<>();
    int own = tractOf(raDeg, decDeg);
    if (own < 0) {
      return near;
    }
    int last = tractCount() - 1;
    int ring = own == 0 ? -1 : own == last ? config.numRings() : ringOf(own);
    for (int r = ring - 1; r <= ring + 1; r++) {
      if (r < 0) {
        near.add(0);
      } else if (r >= config.numRings()) {
        near.add(last);
      } else {
        addNear(near, r, raDeg, own == 0 || own == last);
      }
    }
    return near;
  }

  private void addNear(TreeSet<Integer> near, int ring, double raDeg, boolean all) {
    int n = ringCount[ring];
    int k = (int) Math.floor(Gnomonic.normalizeRa(raDeg - config.raStartDeg()) / 360 * n + 0.5);
    for (int d = all ? 0 : -1; d <= (all ? n - 1 : 1); d++) {
      near.add(ringStart[ring] + Math.floorMod(k + d, n));
    }
  }

  private void checkInnerRegionsFit() {
    double scale = config.pixelScaleArcsec() / 3600;
    double half = patchesPerAxis * config.cellInner() * config.cellsPerPatch() / 2.0;
    double margin = Math.max(config.tractOverlapDeg() / 2 / scale, 100);
    for (int ring = 0; ring < config.numRings(); ring++) {
      SkyPoint c = center(ringStart[ring]);
      Gnomonic plane = new Gnomonic(c);
      double halfRa = 180.0 / ringCount[ring];
      double reach = 0;
      for (double edge : new double[] {0.5, 1.5}) {
        double dec = Math.toDegrees(ringSize * (ring + edge) - Math.PI / 2);
        for (double d : new double[] {0, halfRa}) {
          double[] p = plane.project(c.raDeg() + d, dec);
          reach = Math.max(reach, Math.toDegrees(Math.max(Math.abs(p[0]), Math.abs(p[1]))) / scale);
        }
      }
      if (reach + margin > half) {
        throw new IllegalArgumentException(
            "ring %d of the sky map reaches %.0f pixels from its tracts' centres, their boxes only %.0f; use more rings or a larger tractOverlap"
                .formatted(ring, reach, half));
      }
    }
  }

  /** SHA-256 over the canonical JSON of type, version and parameters: the map's identity. */
  public String identity() {
    String json =
        String.format(
            Locale.ROOT,
            "{\"borderCells\":%d,\"cellBorder\":%d,\"cellInner\":%d,\"cellsPerPatch\":%d,\"numRings\":%d,"
                + "\"pixelScaleArcsec\":%s,\"raStartDeg\":%s,\"tractOverlapDeg\":%s,\"type\":\"rings\",\"version\":1}",
            config.borderCells(),
            config.cellBorder(),
            config.cellInner(),
            config.cellsPerPatch(),
            config.numRings(),
            config.pixelScaleArcsec(),
            config.raStartDeg(),
            config.tractOverlapDeg());
    return Hashing.sha256().hashString(json, StandardCharsets.UTF_8).toString();
  }
}
