package org.starbeam.pipelines.plan;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.pipelines.plan.PlannedVisit.Outline;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.sky.SkyRouting;
import org.starbeam.transforms.step2.IsolatedStarsTask;
import org.starbeam.transforms.step2.Step2Solve;
import org.starbeam.transforms.step5.DiaPixels;
import org.starbeam.transforms.step6.ReleaseTablesTask;
import org.starbeam.transforms.step6.Step6;

/**
 * Counts the places of the sky that detectors overlap, with the routing functions of the graph.
 * Detectors stream through; kept are a number for each block of cells that was touched and for each
 * pixel of stars.
 */
final class SkyCounts {
  private static final Healpix PARTITIONS = new Healpix(ReleaseTablesTask.PARTITION_ORDER);
  private static final int NO_MONTH = 0;
  private static final int PIXEL_BITS = 24;

  /** Detectors that overlap a tract, and each of its blocks, in one band. */
  private static final class TractBand {
    private int detectors;
    private final int[] blocks;

    TractBand(int count) {
      blocks = new int[count];
    }

    void addAll(TractBand other) {
      detectors += other.detectors;
      for (int i = 0; i < blocks.length; i++) {
        blocks[i] += other.blocks[i];
      }
    }
  }

  private final boolean byMonth;
  private final Set<Integer> chosen;
  private final Map<Integer, Map<String, TractBand>> tracts = new TreeMap<>();
  private final Map<String, LongCounts> stars = new TreeMap<>();
  private final Map<String, LongCounts> partitions = new TreeMap<>();
  private final LongCounts associations = new LongCounts();

  /**
   * @param byMonth true when stars are gathered by month
   * @param chosen tracts that are made; empty for all
   */
  SkyCounts(boolean byMonth, Set<Integer> chosen) {
    this.byMonth = byMonth;
    this.chosen = chosen;
  }

  private boolean isMade(int tract) {
    return chosen.isEmpty() || chosen.contains(tract);
  }

  /** Adds a detector; {@code margin} is how far beyond its outline places count, arcsec. */
  void add(PlannedVisit visit, Outline nominal, double margin) {
    Outline outline = nominal.grown(margin);
    double[] ra = outline.raDeg();
    double[] dec = outline.decDeg();
    int blocksPerTract = blocks();
    for (int tract : SkyRouting.tracts(ra, dec)) {
      if (!isMade(tract)) {
        continue;
      }
      TractBand counts =
          tracts
              .computeIfAbsent(tract, t -> new HashMap<>())
              .computeIfAbsent(visit.band(), b -> new TractBand(blocksPerTract));
      counts.detectors++;
      for (int block : RingsSkyMap.defaults().tract(tract).blocksOverlapping(ra, dec)) {
        counts.blocks[block]++;
      }
    }
    long month = byMonth ? visit.month() : NO_MONTH;
    LongCounts pixels = stars.computeIfAbsent(visit.instrument(), i -> new LongCounts());
    for (long pixel : Step2Solve.pixels(list(ra), list(dec))) {
      pixels.add((month << PIXEL_BITS) | pixel, 1);
    }
    for (long pixel : DiaPixels.under(list(ra), list(dec))) {
      associations.add(pixel, 1);
    }
    TreeSet<Long> under = Step6.pixelsUnder(ra, dec);
    for (String table : List.of("Source", "ForcedSource", "ForcedSourceOnDiaObject")) {
      LongCounts parts = partitions.computeIfAbsent(table, t -> new LongCounts());
      under.forEach(pixel -> parts.add(pixel, 1));
    }
    SkyPoint center = outline.center();
    partitions
        .computeIfAbsent("CcdVisit", t -> new LongCounts())
        .add(PARTITIONS.pixel(center.raDeg(), center.decDeg()), 1);
  }

  /** Adds a visit to the partition of the table of visits in which it lies. */
  void addVisit(PlannedVisit visit) {
    double x = 0;
    double y = 0;
    double z = 0;
    for (Outline outline : visit.detectors()) {
      SkyPoint c = outline.center();
      double[] v = org.starbeam.sky.Angles.vector(c.raDeg(), c.decDeg());
      x += v[0];
      y += v[1];
      z += v[2];
    }
    SkyPoint center = org.starbeam.sky.Angles.direction(new double[] {x, y, z});
    partitions
        .computeIfAbsent("Visit", t -> new LongCounts())
        .add(PARTITIONS.pixel(center.raDeg(), center.decDeg()), 1);
  }

  private static int blocks() {
    int perAxis = RingsSkyMap.defaults().tract(0).blocksPerAxis();
    return perAxis * perAxis;
  }

  private static List<Double> list(double[] values) {
    List<Double> out = new ArrayList<>(values.length);
    for (double v : values) {
      out.add(v);
    }
    return out;
  }

  /** Adds what another has counted. */
  void addAll(SkyCounts other) {
    other.tracts.forEach(
        (tract, bands) ->
            bands.forEach(
                (band, counts) ->
                    tracts
                        .computeIfAbsent(tract, t -> new HashMap<>())
                        .computeIfAbsent(band, b -> new TractBand(counts.blocks.length))
                        .addAll(counts)));
    other.stars.forEach(
        (i, pixels) -> stars.computeIfAbsent(i, k -> new LongCounts()).addAll(pixels));
    associations.addAll(other.associations);
    other.partitions.forEach(
        (t, pixels) -> partitions.computeIfAbsent(t, k -> new LongCounts()).addAll(pixels));
  }

  /**
   * Hands over the quanta in the order of the sky; bins of a patch count as {@code binsPerPatch}.
   */
  void quanta(QuantumSink sink, double binsPerPatch) {
    stars.forEach(
        (instrument, pixels) ->
            pixels.forEach(
                (key, n) ->
                    sink.quantum(
                        "isolatedStars",
                        () ->
                            "instrument="
                                + instrument
                                + ",healpix9="
                                + (key & ((1L << PIXEL_BITS) - 1))
                                + (byMonth ? ",name=m" + (key >> PIXEL_BITS) : ""),
                        n)));
    BitSet objectPartitions = new BitSet();
    HipsCounts hips = new HipsCounts();
    TreeMap<Integer, Integer> patchesByTract = new TreeMap<>();
    double binsLeft = 0;
    for (Map.Entry<Integer, Map<String, TractBand>> e : tracts.entrySet()) {
      int patches = tract(sink, e.getKey(), e.getValue(), patchesByTract, objectPartitions, hips);
      for (binsLeft += patches * binsPerPatch; binsLeft >= 1; binsLeft--) {
        sink.quantum("measureObjects", () -> "tract=" + e.getKey(), e.getValue().size());
      }
    }
    patchesByTract.forEach((tract, n) -> sink.quantum("objectTable", () -> "tract=" + tract, n));
    partitions.forEach(
        (table, pixels) ->
            pixels.forEach(
                (pixel, n) ->
                    sink.quantum(
                        "releaseTables", () -> "healpix3=" + pixel + ",name=" + table, n)));
    associations(sink);
    hips.quanta(sink);
    for (String table : List.of("Object", "ObjectParent")) {
      objectPartitions.stream()
          .forEach(
              pixel ->
                  sink.quantum("releaseTables", () -> "healpix3=" + pixel + ",name=" + table, 1));
    }
  }

  /** Hands over the quanta of the motions of stars, of all months together, and of their table. */
  void motions(QuantumSink sink) {
    LongCounts tables = new LongCounts();
    stars.forEach(
        (instrument, pixels) -> {
          LongCounts all = new LongCounts();
          pixels.forEach((key, n) -> all.add(key & ((1L << PIXEL_BITS) - 1), n));
          all.forEach(
              (pixel, n) -> {
                sink.quantum(
                    "starMotion", () -> "instrument=" + instrument + ",healpix9=" + pixel, n);
                tables.add(partitionOf(pixel), 1);
              });
        });
    tables.forEach(
        (pixel, n) ->
            sink.quantum("releaseTables", () -> "healpix3=" + pixel + ",name=IsolatedStar", n));
  }

  /** The partition of tables around a pixel of stars. */
  private static long partitionOf(long pixel) {
    return pixel >> 2 * (IsolatedStarsTask.ORDER - ReleaseTablesTask.PARTITION_ORDER);
  }

  /**
   * The quanta of the pixels in which DiaSources are associated, and of the tables made of them.
   */
  private void associations(QuantumSink sink) {
    LongCounts tables = new LongCounts();
    associations.forEach(
        (pixel, n) -> {
          sink.quantum("associateDia", () -> "healpix8=" + pixel, n);
          sink.quantum("diaObjects", () -> "healpix8=" + pixel, n);
          tables.add(Step6.partitionOf(pixel), 1);
        });
    for (String table : List.of("DiaSource", "DiaObject")) {
      tables.forEach(
          (pixel, n) ->
              sink.quantum("releaseTables", () -> "healpix3=" + pixel + ",name=" + table, n));
    }
  }

  /** The quanta of a tract; returns the number of its patches. */
  private int tract(
      QuantumSink sink,
      int id,
      Map<String, TractBand> bands,
      Map<Integer, Integer> patchesByTract,
      BitSet objectPartitions,
      HipsCounts hips) {
    Tract tract = RingsSkyMap.defaults().tract(id);
    TreeMap<Integer, Integer> bandsOfPatch = new TreeMap<>();
    for (Map.Entry<String, TractBand> band : new TreeMap<>(bands).entrySet()) {
      for (String task : List.of("selectVisits", "tractMetrics")) {
        sink.quantum(
            task, () -> "tract=" + id + ",band=" + band.getKey(), band.getValue().detectors);
      }
      TreeMap<Integer, Integer> blocksOfPatch = new TreeMap<>();
      int[] blocks = band.getValue().blocks;
      for (int block = 0; block < blocks.length; block++) {
        if (blocks[block] > 0) {
          int number = block;
          sink.quantum(
              "cellCoadd",
              () -> "tract=" + id + ",block=" + number + ",band=" + band.getKey(),
              blocks[block]);
          SkyRouting.patchesShowing(id, block)
              .forEach(patch -> blocksOfPatch.merge(patch, 1, Integer::sum));
        }
      }
      for (String task : List.of("deepCoadd", "templateCoadd")) {
        blocksOfPatch.forEach(
            (patch, n) ->
                sink.quantum(
                    task, () -> "tract=" + id + ",patch=" + patch + ",band=" + band.getKey(), n));
      }
      blocksOfPatch.keySet().forEach(patch -> bandsOfPatch.merge(patch, 1, Integer::sum));
      blocksOfPatch.keySet().forEach(patch -> hips.add(id, patch, band.getKey()));
    }
    bandsOfPatch.forEach(
        (patch, n) -> {
          sink.quantum("detectObjects", () -> "tract=" + id + ",patch=" + patch, n);
          patchesByTract.merge(id, 1, Integer::sum);
          for (int near : SkyRouting.tractsNear(id, patch)) {
            if (near != id && isMade(near)) {
              patchesByTract.merge(near, 1, Integer::sum);
            }
          }
          int inner = tract.patchInner();
          int px = patch % tract.patchesPerAxis();
          int py = patch / tract.patchesPerAxis();
          SkyPoint middle = tract.wcs().toSky((px + 0.5) * inner, (py + 0.5) * inner);
          objectPartitions.set((int) PARTITIONS.pixel(middle.raDeg(), middle.decDeg()));
        });
    return bandsOfPatch.size();
  }
}
