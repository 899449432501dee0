package org.starbeam.transforms.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.util.CoderUtils;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.starbeam.transforms.ingest.ArrivalState.Step;
import org.starbeam.transforms.window.CampaignWindows;

class ArrivalStateTest {
  private static final double NOON = 12;
  private static final int MONDAY = 20210906;
  private static final int TUESDAY = 20210907;
  private static final int FRIDAY = 20210910;

  private final ArrivalState state = new ArrivalState();

  private static Instant end(int night) {
    return new Instant(CampaignWindows.night(night, NOON).endMs());
  }

  private static Instant start(int night) {
    return new Instant(CampaignWindows.night(night, NOON).startMs());
  }

  private void sent(String name, int night) {
    state.apply(new Step.Sent("raw", name, night, 1000));
  }

  private Instant watermark(Integer... expected) {
    return state.watermark(List.of(expected), NOON);
  }

  @Test
  void eventTimeBeginsWhenTheFirstNightCloses() {
    sent("a.fits", TUESDAY);
    assertThat(watermark()).isEqualTo(BoundedWindow.TIMESTAMP_MIN_VALUE);
    state.apply(new Step.Closed(TUESDAY));
    assertThat(watermark()).isEqualTo(end(TUESDAY));
  }

  @Test
  void aNightThatIsOpenOrExpectedHoldsItBack() {
    sent("a.fits", TUESDAY);
    sent("b.fits", FRIDAY);
    state.apply(new Step.Closed(FRIDAY));
    assertThat(watermark()).isEqualTo(start(TUESDAY));
    state.apply(new Step.Closed(TUESDAY));
    assertThat(watermark(MONDAY)).isEqualTo(start(MONDAY));
    assertThat(watermark()).isEqualTo(end(FRIDAY));
  }

  @Test
  void anExposureThatOpensNoNightMovesNothing() {
    sent("a.fits", TUESDAY);
    state.apply(new Step.Closed(TUESDAY));
    sent("ahead.fits", 0);
    assertThat(watermark()).isEqualTo(end(TUESDAY));
    assertThat(state.open()).isEmpty();
  }

  @Test
  void aLateExposureDoesNotOpenItsNightAgain() {
    sent("a.fits", TUESDAY);
    state.apply(new Step.Closed(TUESDAY));
    sent("late.fits", TUESDAY);
    assertThat(watermark()).isEqualTo(end(TUESDAY));
  }

  @Test
  void aStateSurvivesItsCoder() throws Exception {
    sent("a.fits", TUESDAY);
    sent("b.fits", FRIDAY);
    state.apply(new Step.Closed(TUESDAY));
    state.apply(new Step.Listed("raw", 5, 6, List.of("20210907")));
    state.apply(new Step.Wait("raw/c.fits", new ArrivalState.Unsettled(2880, 3, 4)));
    ArrivalState.StateCoder coder = ArrivalState.StateCoder.of();
    byte[] bytes = CoderUtils.encodeToByteArray(coder, state);
    ArrivalState copy = CoderUtils.decodeFromByteArray(coder, bytes);
    assertThat(CoderUtils.encodeToByteArray(coder, copy)).isEqualTo(bytes);
    assertThat(copy.folder("raw").knows("a.fits")).isTrue();
    assertThat(copy.folder("raw").knows("c.fits")).isFalse();
    assertThat(copy.open()).containsOnlyKeys(FRIDAY);
    assertThat(copy.isClosed(TUESDAY)).isTrue();
    assertThat(copy.unsettled()).containsOnlyKeys("raw/c.fits");
  }

  @Test
  void aSplitLeavesEverythingToTheOneThatGoesOn() {
    ArrivalTracker tracker = new ArrivalTracker(state);
    assertThat(tracker.tryClaim(new Step.Sent("raw", "a.fits", TUESDAY, 1000))).isTrue();
    var split = tracker.trySplit(0);
    assertThat(split).isNotNull();
    assertThat(tracker.tryClaim(new Step.Sent("raw", "b.fits", TUESDAY, 1000))).isFalse();
    tracker.checkDone();
    assertThat(split.getResidual().folder("raw").knows("a.fits")).isTrue();
    assertThat(split.getResidual().folder("raw").knows("b.fits")).isFalse();
  }

  @Test
  void aHundredThousandFilesTakeLessThanAKibibyteEach() throws Exception {
    int files = 100_000;
    for (int i = 0; i < 1000; i++) {
      sent("warm" + i, TUESDAY);
    }
    long before = usedHeap();
    for (int i = 0; i < files; i++) {
      sent("SC_O_20210907_" + i + "_00.fits", TUESDAY);
    }
    double heap = (usedHeap() - before) / (double) files;
    double encoded =
        CoderUtils.encodeToByteArray(ArrivalState.StateCoder.of(), state).length / (double) files;
    assertThat(state.known()).isEqualTo(files + 1000);
    assertThat(heap).as("bytes of heap per file").isLessThan(1024);
    assertThat(encoded).as("bytes of state per file").isLessThan(10);
  }

  private static long usedHeap() {
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
  }
}
