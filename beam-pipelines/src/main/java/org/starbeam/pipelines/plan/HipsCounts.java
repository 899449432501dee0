package org.starbeam.pipelines.plan;

import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.starbeam.transforms.step7.HipsPixels;
import org.starbeam.transforms.step7.HipsStretchTask;

/** Counts the quanta of the HiPS over the patches that have coadds, as the graph routes them. */
final class HipsCounts {
  private final Map<String, LongCounts> blocks = new TreeMap<>();
  private int tract = -1;
  private final Map<Integer, Set<Long>> pixelsOfPatch = new TreeMap<>();

  /** Adds a patch with a coadd in a band; patches come tract by tract. */
  void add(int tractId, int patch, String band) {
    if (tractId != tract) {
      tract = tractId;
      pixelsOfPatch.clear();
    }
    LongCounts counts = blocks.computeIfAbsent(band, b -> new LongCounts());
    pixelsOfPatch
        .computeIfAbsent(patch, p -> HipsPixels.blocks(tractId, p))
        .forEach(pixel -> counts.add(pixel, 1));
  }

  /** Hands over the quanta. */
  void quanta(QuantumSink sink) {
    LongCounts places = new LongCounts();
    int[] all = {0};
    blocks.forEach(
        (band, pixels) ->
            pixels.forEach(
                (pixel, n) -> {
                  sink.quantum("hipsBlock", () -> "healpix8=" + pixel + ",band=" + band, n);
                  places.add(pixel, 1);
                  all[0]++;
                }));
    if (all[0] == 0) {
      return;
    }
    sink.quantum("hipsStretch", () -> "name=run", all[0]);
    places.forEach((pixel, n) -> sink.quantum("hipsRaster", () -> "healpix8=" + pixel, n));
    LongCounts fives = merged(places);
    fives.forEach((pixel, n) -> sink.quantum("hipsMerge5", () -> "healpix5=" + pixel, n));
    LongCounts twos = merged(fives);
    twos.forEach((pixel, n) -> sink.quantum("hipsMerge2", () -> "healpix2=" + pixel, n));
    int[] ofAll = {0};
    twos.forEach((pixel, n) -> ofAll[0]++);
    sink.quantum("hipsMerge0", () -> "name=allsky", ofAll[0]);
    for (String tree : HipsStretchTask.Config.defaults().trees(blocks.keySet())) {
      sink.quantum("hips", () -> "name=" + tree, all[0]);
    }
  }

  private static LongCounts merged(LongCounts below) {
    LongCounts out = new LongCounts();
    below.forEach((pixel, n) -> out.add(HipsPixels.above(pixel), n));
    return out;
  }
}
