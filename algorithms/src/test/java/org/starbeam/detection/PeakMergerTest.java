package org.starbeam.detection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.image.Box;
import org.starbeam.testing.Shared;

class PeakMergerTest {
  @Test
  void mergesThePeaksOfTheReferenceExample() {
    JsonNode v = Shared.vector("objects-merge-peaks");
    Map<String, List<MergedPeak>> in = new LinkedHashMap<>();
    v.get("input")
        .fields()
        .forEachRemaining(
            e -> {
              List<MergedPeak> peaks = new ArrayList<>();
              for (JsonNode p : e.getValue()) {
                peaks.add(
                    new MergedPeak(
                        p.get(0).asDouble(),
                        p.get(1).asDouble(),
                        p.get(2).asDouble(),
                        List.of(e.getKey())));
              }
              in.put(e.getKey(), peaks);
            });
    MergedParent parent =
        new PeakMerger(PeakMerger.Config.defaults()).mergePeaks(new int[] {0, 0, 1}, in);
    List<MergedPeak> expected = new ArrayList<>();
    for (JsonNode p : v.get("expected")) {
      List<String> bands = new ArrayList<>();
      p.get("bands").forEach(b -> bands.add(b.asText()));
      expected.add(
          new MergedPeak(
              p.get("x").asDouble(), p.get("y").asDouble(), p.get("peakValue").asDouble(), bands));
    }
    int sightings = in.values().stream().mapToInt(List::size).sum();
    int told = expected.stream().mapToInt(p -> p.bands().size()).sum();
    assertThat(parent.ambiguous()).isEqualTo(sightings - told).isEqualTo(2);
    expected.sort(Comparator.comparingDouble(p -> -p.significance()));
    assertThat(parent.peaks()).as("by rank").containsExactlyElementsOf(expected);
    assertThat(parent.culled()).isEmpty();
  }

  /** Peaks of a row, far from each other, the strongest first. */
  private static List<MergedPeak> row(String band, int from, int count) {
    List<MergedPeak> out = new ArrayList<>();
    for (int k = from; k < from + count; k++) {
      out.add(new MergedPeak(10 * k, 0, 500 - k, List.of(band)));
    }
    return out;
  }

  private static List<Integer> ranks(List<MergedPeak> peaks) {
    return peaks.stream().map(p -> (int) Math.rint(p.x() / 10)).toList();
  }

  private static List<Integer> culledRanks(MergedParent parent) {
    return ranks(parent.culled().stream().map(CulledPeak::peak).toList());
  }

  private static List<Integer> range(int from, int to) {
    return IntStream.range(from, to).boxed().toList();
  }

  /** Of 25 the last 5 come after 0.7 of the family; of 40 those from 0.7 x 40 = 28 on. */
  @ParameterizedTest
  @CsvSource({"20, 20", "25, 20", "29, 21", "40, 28", "42, 30", "80, 30"})
  void deepPeaksOfOneBandAreCulledFromLargeFamilies(int family, int first) {
    MergedParent parent =
        new PeakMerger(PeakMerger.Config.defaults())
            .mergePeaks(new int[] {0, 0, 1}, Map.of("r", row("r", 0, family)));
    assertThat(ranks(parent.peaks())).isEqualTo(range(0, first));
    assertThat(culledRanks(parent)).isEqualTo(range(first, family));
  }

  @Test
  void peaksOfTwoBandsAreNeverCulledAndTheBandOfAllCounts() {
    Map<String, List<MergedPeak>> in = new LinkedHashMap<>();
    in.put("r", row("r", 0, 60));
    in.put("g", row("g", 35, 1));
    in.put("multi", row("multi", 45, 16));
    MergedParent parent =
        new PeakMerger(PeakMerger.Config.defaults().withLast("multi"))
            .mergePeaks(new int[] {0, 0, 1}, in);
    List<Integer> kept = new ArrayList<>(range(0, 30));
    kept.add(35);
    kept.addAll(range(45, 60));
    assertThat(ranks(parent.peaks())).isEqualTo(kept);
    List<Integer> culled = new ArrayList<>(range(30, 35));
    culled.addAll(range(36, 45));
    culled.add(60);
    assertThat(culledRanks(parent)).isEqualTo(culled);
    assertThat(parent.peaks().get(30).bands()).containsExactly("r", "g");
  }

  /** Blobs of several peaks that touch those of other bands. */
  private static Map<String, List<Footprint>> crowd(Random random) {
    Map<String, List<Footprint>> out = new LinkedHashMap<>();
    for (String band : List.of("g", "r", "i", "z")) {
      List<Footprint> footprints = new ArrayList<>();
      for (int k = 0; k < 40; k++) {
        int x = 20 * (k % 8) + random.nextInt(6);
        int y = 24 * (k / 8) + random.nextInt(6);
        int width = 8 + random.nextInt(10);
        int height = 8 + random.nextInt(10);
        List<Integer> runs = new ArrayList<>();
        List<Peak> peaks = new ArrayList<>();
        for (int row = y; row < y + height; row++) {
          runs.addAll(List.of(row, x, x + width));
        }
        for (int p = 0; p < 1 + random.nextInt(4); p++) {
          // equal strengths on purpose
          peaks.add(
              new Peak(
                  x + random.nextInt(width), y + random.nextInt(height), 5 + random.nextInt(4)));
        }
        footprints.add(new Footprint(runs.stream().mapToInt(Integer::intValue).toArray(), peaks));
      }
      out.put(band, footprints);
    }
    return out;
  }

  @Test
  void anyOrderOfFootprintsPeaksAndBandsGivesTheSameParents() {
    Random random = new Random(8);
    Map<String, List<Footprint>> crowd = crowd(random);
    Box box = new Box(0, 0, 200, 160);
    PeakMerger merger = new PeakMerger(PeakMerger.Config.defaults());
    List<MergedParent> first = null;
    for (int trial = 0; trial < 20; trial++) {
      List<String> bands = new ArrayList<>(crowd.keySet());
      Collections.shuffle(bands, random);
      Map<String, FootprintSet> in = new LinkedHashMap<>();
      for (String band : bands) {
        List<Footprint> footprints = new ArrayList<>();
        for (Footprint f : crowd.get(band)) {
          List<Peak> peaks = new ArrayList<>(f.peaks());
          Collections.shuffle(peaks, random);
          footprints.add(f.withPeaks(peaks));
        }
        Collections.shuffle(footprints, random);
        in.put(band, new FootprintSet(footprints, box, 5));
      }
      List<MergedParent> found = merger.merge(box, in);
      first = first == null ? found : first;
      assertThat(found).usingRecursiveComparison().isEqualTo(first);
    }
    assertThat(first).hasSizeGreaterThan(5);
    assertThat(first).anyMatch(p -> p.ambiguous() > 0).anyMatch(p -> p.peaks().size() > 4);
  }

  @Test
  void unionOfFootprintsDoesNotDependOnTheOrderOfBandsAndCoversTheOrOfTheMasks() {
    Random random = new Random(3);
    Map<String, FootprintSet> bands = new LinkedHashMap<>();
    Box box = new Box(-20, 30, 200, 150);
    boolean[] or = new boolean[box.area()];
    for (String band : List.of("g", "r", "i")) {
      List<Footprint> footprints = new ArrayList<>();
      for (int k = 0; k < 12; k++) {
        int x = -18 + 16 * k;
        int y = 32 + random.nextInt(140);
        int width = 3 + random.nextInt(10);
        footprints.add(
            new Footprint(new int[] {y, x, x + width}, List.of(new Peak(x + 1, y, 6 + k))));
        for (int i = x; i < x + width; i++) {
          or[(y - 30) * 200 + i + 20] = true;
        }
      }
      bands.put(band, new FootprintSet(footprints, box, 5));
    }
    PeakMerger merger = new PeakMerger(PeakMerger.Config.defaults());
    List<MergedParent> forward = merger.merge(box, bands);
    Map<String, FootprintSet> reversed = new LinkedHashMap<>();
    bands.keySet().stream()
        .sorted(Comparator.reverseOrder())
        .forEach(b -> reversed.put(b, bands.get(b)));
    List<MergedParent> backward = merger.merge(box, reversed);
    assertThat(backward.stream().map(p -> p.peaks()).toList())
        .isEqualTo(forward.stream().map(p -> p.peaks()).toList());
    int area = 0;
    for (MergedParent p : forward) {
      for (int i = 0; i < p.runs().length; i += 3) {
        area += p.runs()[i + 2] - p.runs()[i + 1];
      }
    }
    int expected = 0;
    for (boolean b : or) {
      expected += b ? 1 : 0;
    }
    assertThat(area).isEqualTo(expected);
  }

  @Test
  void bandsWithoutDetectionsGiveNoParents() {
    Box box = new Box(0, 0, 10, 10);
    assertThat(
            new PeakMerger(PeakMerger.Config.defaults())
                .merge(box, Map.of("g", new FootprintSet(List.of(), box, 5))))
        .isEmpty();
    assertThat(new PeakMerger(PeakMerger.Config.defaults()).merge(box, Map.of())).isEmpty();
  }

  @Test
  void sharpImagesHavePeaksNearerThanAnArcsecond() {
    PeakMerger.Config usual = PeakMerger.Config.defaults();
    assertThat(usual.forSeeing(0.2, 0.55).minNewPeakArcsec()).isEqualTo(1.4 * 0.55);
    assertThat(usual.forSeeing(0.2, 0.699).minNewPeakArcsec()).isLessThan(1);
    assertThat(usual.forSeeing(0.2, 0.71).minNewPeakArcsec()).isEqualTo(1);
    assertThat(usual.forSeeing(0.1, 0.1).minNewPeakArcsec()).isEqualTo(usual.maxSamePeakArcsec());
    assertThat(usual.forSeeing(0.1, 0.9).pixelScaleArcsec()).isEqualTo(0.1);
  }

  /** Discs at the same places in all bands; the processor's time of the best of three. */
  @Test
  void twentyThousandFootprintsInEachOfSixBandsTakeLessThanTwoSeconds() {
    Box box = new Box(0, 0, 3400, 3400);
    Random random = new Random(3);
    double[] x = random.doubles(20_000, 15, 3385).toArray();
    double[] y = random.doubles(20_000, 15, 3385).toArray();
    Map<String, FootprintSet> bands = new LinkedHashMap<>();
    for (String band : List.of("u", "g", "r", "i", "z", "y")) {
      List<Footprint> footprints = new ArrayList<>();
      for (int k = 0; k < x.length; k++) {
        int cx = (int) (x[k] + 2 * random.nextDouble());
        int cy = (int) (y[k] + 2 * random.nextDouble());
        footprints.add(disc(cx, cy, 4 + random.nextInt(5), random));
      }
      bands.put(band, new FootprintSet(footprints, box, 0));
    }
    PeakMerger merger = new PeakMerger(PeakMerger.Config.defaults());
    double least = Double.POSITIVE_INFINITY;
    int peaks = 0;
    for (int trial = 0; trial < 3; trial++) {
      long start = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      List<MergedParent> parents = merger.merge(box, bands);
      long end = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
      least = Math.min(least, (end - start) / 1e9);
      peaks = parents.stream().mapToInt(p -> p.peaks().size() + p.culled().size()).sum();
    }
    System.out.printf("PeakMergerTest: %d peaks, %.2f s of processor%n", peaks, least);
    assertThat(peaks).isBetween(15_000, 20_000);
    assertThat(least).isLessThan(2);
  }

  private static Footprint disc(int x, int y, int radius, Random random) {
    IntStream.Builder runs = IntStream.builder();
    for (int dy = -radius; dy <= radius; dy++) {
      int half = (int) Math.sqrt(radius * radius - dy * dy);
      runs.add(y + dy).add(x - half).add(x + half + 1);
    }
    return new Footprint(
        runs.build().toArray(), List.of(new Peak(x, y, 5 + 100 * random.nextFloat())));
  }
}
