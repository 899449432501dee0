package org.starbeam.detection;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
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
    assertThat(parent.peaks()).containsExactlyInAnyOrderElementsOf(expected);
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
}
