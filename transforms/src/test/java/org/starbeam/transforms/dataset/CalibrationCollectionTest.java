package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.CalibrationCollection.Entry;

class CalibrationCollectionTest {
  private static final DataId ID = DataId.of("instrument", "SimCam", "detector", 3);
  private static final double OPEN = CalibrationCollection.OPEN_END;

  @TempDir Path root;

  private static Entry bias(String run, double begin, double end) {
    return new Entry(
        new DatasetRef("bias", ID.toString(), run, "data/" + run + "/b", "h" + run, 1L),
        begin,
        end);
  }

  private CalibrationCollection collection() {
    return new CalibrationCollection(root, "certified");
  }

  @Test
  void aSuccessorClosesAnOpenEndedEntryAtItsOwnBegin() throws Exception {
    collection().certify(List.of(bias("a", 100.5, OPEN)));
    collection().certify(List.of(bias("b", 107.5, OPEN)));
    assertThat(collection().entries())
        .extracting(Entry::text)
        .containsExactly(
            "bias(instrument=SimCam,detector=3) of a [MJD 100.5000, 107.5000)",
            "bias(instrument=SimCam,detector=3) of b [MJD 107.5000, open)");
    assertThat(collection().get("bias", ID, 107.4999).dataset().getRun()).isEqualTo("a");
    assertThat(collection().get("bias", ID, 107.5).dataset().getRun()).isEqualTo("b");
  }

  @Test
  void overlapIsRefusedAndShowsTheEntryInTheWay() throws Exception {
    collection().certify(List.of(bias("a", 100, 110)));
    assertThatThrownBy(() -> collection().certify(List.of(bias("b", 105, OPEN))))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("of a [MJD 100.0000, 110.0000)");
    collection().certify(List.of(bias("c", 120, OPEN)));
    assertThatThrownBy(() -> collection().certify(List.of(bias("d", 115, OPEN))))
        .hasMessageContaining("of c [MJD 120.0000, open)");
    assertThat(collection().entries()).hasSize(2);
  }

  @Test
  void certifyingTheSameAgainChangesNothing() throws Exception {
    assertThat(collection().certify(List.of(bias("a", 100, OPEN)))).isEqualTo(1);
    assertThat(collection().certify(List.of(bias("a", 100, OPEN)))).isZero();
    collection().certify(List.of(bias("b", 110, OPEN)));
    assertThat(collection().certify(List.of(bias("a", 100, OPEN)))).isZero();
    assertThat(collection().history()).hasSize(2);
  }

  @Test
  void decertifyTakesATimeOutAndLeavesTheRest() throws Exception {
    collection().certify(List.of(bias("a", 100, OPEN)));
    collection().decertify("bias", ID, 110, 112, "light leak");
    assertThat(collection().find("bias", ID, 109.9)).isPresent();
    assertThat(collection().find("bias", ID, 110)).isEmpty();
    assertThat(collection().find("bias", ID, 112)).isPresent();
    assertThat(collection().history()).last().asString().contains("light leak");
    collection().certify(List.of(bias("b", 110, 112)));
    assertThat(collection().get("bias", ID, 111).dataset().getRun()).isEqualTo("b");
  }

  @Test
  void aMissingCalibrationNamesTheNearest() throws Exception {
    collection().certify(List.of(bias("a", 100, 110), bias("b", 120, 130)));
    assertThatThrownBy(() -> collection().get("bias", ID, 115))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("nearest before: bias(instrument=SimCam,detector=3) of a")
        .hasMessageContaining("after: bias(instrument=SimCam,detector=3) of b");
  }

  /** Truth is a table of which entry holds each whole day. */
  @Test
  void lookUpEqualsBruteForceOverRandomIntervals() throws Exception {
    Random random = new Random(3);
    String[] byDay = new String[400];
    for (int n = 0; n < 150; n++) {
      int begin = random.nextInt(390);
      int end = begin + 1 + random.nextInt(9);
      boolean free = true;
      for (int day = begin; day < end; day++) {
        free &= byDay[day] == null;
      }
      String run = "r" + n;
      if (free) {
        collection().certify(List.of(bias(run, begin, end)));
        for (int day = begin; day < end; day++) {
          byDay[day] = run;
        }
      } else {
        assertThatThrownBy(() -> collection().certify(List.of(bias(run, begin, end))))
            .isInstanceOf(BadInputException.class);
      }
    }
    List<Entry> entries = collection().entries();
    for (int day = 0; day < byDay.length; day++) {
      double time = day + 0.5;
      List<String> found =
          entries.stream()
              .filter(e -> e.begin() <= time && time < e.end())
              .map(e -> e.dataset().getRun())
              .toList();
      assertThat(found).isEqualTo(byDay[day] == null ? List.of() : List.of(byDay[day]));
    }
  }

  @Test
  void ofManyWhoCertifyForTheSameTimeOneWins() throws Exception {
    ExecutorService writers = Executors.newFixedThreadPool(8);
    List<Future<Boolean>> results = new ArrayList<>();
    for (int n = 0; n < 8; n++) {
      String run = "w" + n;
      results.add(
          writers.submit(
              () -> {
                try {
                  return collection().certify(List.of(bias(run, 100, 110))) == 1;
                } catch (BadInputException e) {
                  return false;
                }
              }));
    }
    int won = 0;
    for (Future<Boolean> result : results) {
      won += result.get() ? 1 : 0;
    }
    writers.shutdown();
    assertThat(won).isEqualTo(1);
    assertThat(collection().entries()).hasSize(1);
  }
}
