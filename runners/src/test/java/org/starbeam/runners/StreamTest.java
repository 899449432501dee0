package org.starbeam.runners;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.RunnerResult;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.quantum.ArrivalSettings;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.window.EventTime;

/** A watched input gives what the same files give when they are all there from the beginning. */
@Timeout(240)
class StreamTest {
  private static final LaunchSettings CHECKED = LaunchSettings.ofParallelism(2).withChecks();
  private static final int IN_ORDER = 100;
  private static final int FIRST = 20210907;
  private static final int SECOND = 20210908;

  @TempDir Path directory;

  private Path input;
  private SkyFrames frames;

  @BeforeEach
  void makeInput() throws IOException {
    input = directory.resolve("input");
    frames = new SkyFrames(input);
    Files.createDirectory(directory.resolve("repo"));
  }

  private CampaignContext campaign(String run) {
    return CampaignContext.of(directory.resolve("repo"), run)
        .withArrivals(
            ArrivalSettings.defaults()
                .withPollMillis(50)
                .withSettleMillis(200)
                .withGraceMillis(300)
                .withLateFiringMillis(500));
  }

  private CompletableFuture<RunnerResult> watch(String runner, CampaignContext campaign) {
    return watch(runner, campaign, CHECKED.withStreaming());
  }

  private CompletableFuture<RunnerResult> watch(
      String runner, CampaignContext campaign, LaunchSettings settings) {
    return CompletableFuture.supplyAsync(
        () ->
            PipelineLauncher.named(runner)
                .run(pipeline -> StreamGraph.stream(pipeline, input, campaign), settings));
  }

  private static void finish(CompletableFuture<RunnerResult> stream, CampaignContext campaign)
      throws Exception {
    assertThat(stream.get().done()).isTrue();
    CampaignServices.close(campaign);
  }

  private Map<String, String> bounded() throws IOException {
    CampaignContext campaign = campaign("bounded");
    PipelineLauncher.named("direct")
        .run(pipeline -> StreamGraph.bounded(pipeline, input, campaign), CHECKED);
    CampaignServices.close(campaign);
    return StreamGraph.products(campaign);
  }

  /** Waits for something that a stream does; a stream that has ended does nothing any more. */
  private static void await(CompletableFuture<RunnerResult> stream, BooleanSupplier condition)
      throws InterruptedException {
    while (!condition.getAsBoolean()) {
      assertThat(stream.isDone() ? String.valueOf(stream.join()) : "").isEmpty();
      Thread.sleep(50);
    }
  }

  private static QuantumRecord ended(CampaignContext campaign, String quantum) {
    try {
      CampaignServices.of(campaign).reader();
      return MockGraph.ended(campaign).get(quantum);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"direct", "flink"})
  void shuffledAndLateFilesGiveTheProductsOfBoundedInput(String runner) throws Exception {
    CampaignContext campaign = arriving(runner, 5);
    assertThat(StreamGraph.products(campaign)).isEqualTo(bounded()).hasSize(2 * (8 + 4 + 8 + 1));
    QuantumRecord revised = ended(campaign, "night(day_obs=20210907)");
    assertThat(revised.getOutputs().get(0).getRun()).startsWith(campaign.run() + "/r");
  }

  /** The order of time and another one; twenty others with {@code -Dstarbeam.full=true}. */
  @Test
  @Timeout(1800)
  void noOrderOfArrivalChangesAProduct() throws Exception {
    int orders = Boolean.getBoolean("starbeam.full") ? 20 : 1;
    Map<String, String> expected = null;
    for (int seed = IN_ORDER; seed <= IN_ORDER + orders; seed++) {
      CampaignContext campaign = arriving("direct", seed);
      expected = expected == null ? bounded() : expected;
      assertThat(StreamGraph.products(campaign)).as("order " + seed).isEqualTo(expected);
    }
  }

  /**
   * Two nights in the order of time, or in a random order of arrival and a tenth of the files after
   * both nights have closed.
   */
  private CampaignContext arriving(String runner, int seed) throws Exception {
    input = directory.resolve("input" + seed);
    frames = new SkyFrames(input);
    List<int[]> files = new ArrayList<>();
    for (int night : new int[] {FIRST, SECOND}) {
      for (int seq = 1; seq <= 4; seq++) {
        for (int detector = 0; detector < StreamGraph.DETECTORS; detector++) {
          files.add(new int[] {night, seq, detector});
        }
      }
    }
    int late = seed == IN_ORDER ? 0 : Math.round(files.size() / 10f);
    if (seed != IN_ORDER) {
      Collections.shuffle(files, new Random(seed));
    }
    CampaignContext campaign = campaign(runner + seed);
    CompletableFuture<RunnerResult> stream = watch(runner, campaign);
    for (int[] f : files.subList(late, files.size())) {
      frames.put(f[0], f[1], f[2]);
      Thread.sleep(30);
    }
    frames.close(FIRST);
    frames.close(SECOND);
    await(
        stream,
        () ->
            ended(campaign, "night(day_obs=20210907)") != null
                && ended(campaign, "night(day_obs=20210908)") != null);
    for (int[] f : files.subList(0, late)) {
      frames.put(f[0], f[1], f[2]);
      String quantum = frame(f[0], f[1], f[2]);
      await(stream, () -> ended(campaign, quantum) != null);
    }
    frames.end();
    finish(stream, campaign);
    return campaign;
  }

  private static String frame(int night, int seq, int detector) {
    return "frame(instrument=SimCam,visit="
        + (night * 100_000L + seq)
        + ",detector="
        + detector
        + ")";
  }

  @Test
  void copiesTouchedRenamedAndDeliveredAgainCountOnce() throws Exception {
    CampaignContext campaign = campaign("stream");
    CompletableFuture<RunnerResult> stream = watch("direct", campaign);
    Path first = frames.put(FIRST, 1, 0);
    Path second = frames.put(FIRST, 1, 1);
    await(stream, () -> ended(campaign, "visit(instrument=SimCam,visit=2021090700001)") != null);
    frames.put("raw/copy.fits", Files.readAllBytes(first));
    Files.setLastModifiedTime(first, java.nio.file.attribute.FileTime.fromMillis(1));
    Files.move(second, second.resolveSibling("renamed.fits"));
    frames.put(FIRST, 1, 1);
    byte[] other = SkyFrames.frame(FIRST, 1, 0);
    other[other.length - 1] = 'x';
    frames.put("raw/other.fits", other);
    Thread.sleep(500);
    frames.end();
    finish(stream, campaign);
    assertThat(started(campaign, "frame")).isEqualTo(2);
    List<String> refused =
        MockGraph.ended(campaign).values().stream()
            .filter(r -> r.getTask().equals("ingest") && r.getStatus() != QuantumStatus.DONE)
            .map(r -> r.getStatus() + " " + r.getErrorCode() + " " + r.getMessage())
            .sorted()
            .toList();
    assertThat(refused).hasSize(3);
    assertThat(refused.get(0)).startsWith("FAILED DUPLICATE_CONFLICT").contains("other.fits");
    assertThat(refused.get(1)).contains("SKIPPED").contains("DUPLICATE").contains("copy.fits");
    assertThat(refused.get(2)).contains("SKIPPED").contains("renamed.fits");
  }

  @Test
  void aVisitWaitsForAMissingDetectorUntilItsTimeIsOut() throws Exception {
    CampaignContext defaults = campaign("stream");
    CampaignContext campaign =
        defaults.withArrivals(defaults.arrivals().withVisitTimeoutMillis(1000));
    CompletableFuture<RunnerResult> stream = watch("direct", campaign);
    frames.put(FIRST, 1, 0);
    frames.put(SECOND, 1, 0);
    String incomplete = "final(instrument=SimCam,visit=2021090800001,detector=0)";
    await(stream, () -> ended(campaign, incomplete) != null);
    frames.put(FIRST, 1, 1);
    frames.close(FIRST);
    await(stream, () -> ended(campaign, "night(day_obs=20210907)") != null);
    assertThat(ended(campaign, "night(day_obs=20210908)")).isNull();
    frames.put(SECOND, 1, 1);
    frames.end();
    finish(stream, campaign);
    assertThat(StreamGraph.products(campaign)).isEqualTo(bounded());
  }

  @Test
  void anOpenNightDoesNotKeepAnEarlierOneFromClosing() throws Exception {
    CampaignContext campaign = campaign("stream");
    CompletableFuture<RunnerResult> stream = watch("direct", campaign);
    frames.put(SECOND, 1, 0);
    frames.put(FIRST, 1, 0);
    frames.put(FIRST, 1, 1);
    await(
        stream,
        () -> ended(campaign, "frame(instrument=SimCam,visit=2021090800001,detector=0)") != null);
    frames.close(FIRST);
    await(stream, () -> ended(campaign, "night(day_obs=20210907)") != null);
    assertThat(ended(campaign, "visit(instrument=SimCam,visit=2021090800001)")).isNull();
    frames.end();
    finish(stream, campaign);
  }

  @Test
  void aRestartedWatcherDoesNothingTwice() throws Exception {
    frames.put(FIRST, 1, 0);
    frames.put(FIRST, 1, 1);
    frames.put(FIRST, 2, 0);
    frames.end();
    CampaignContext first = campaign("stream");
    finish(watch("direct", first), first);
    frames.put(FIRST, 2, 1);
    CampaignContext second = campaign("stream");
    finish(watch("direct", second), second);
    CampaignContext third = campaign("stream");
    finish(watch("direct", third), third);
    assertThat(started(third, "frame")).isEqualTo(4);
    assertThat(started(third, "visit")).isEqualTo(3);
    assertThat(StreamGraph.products(third)).isEqualTo(bounded());
  }

  @Test
  void aJobOnFlinkGoesOnFromItsCheckpointWhenTheWatcherDies() throws Exception {
    CampaignContext campaign = campaign("stream");
    LaunchSettings often =
        CHECKED.withStreaming().withRunnerOptions(List.of("checkpointingInterval=500"));
    CompletableFuture<RunnerResult> stream = watch("flink", campaign, often);
    frames.put(FIRST, 1, 0);
    await(stream, () -> ended(campaign, frame(FIRST, 1, 0)) != null);
    Thread.sleep(1500);
    StreamGraph.breakDown();
    await(stream, StreamGraph::hasBroken);
    frames.put(FIRST, 1, 1);
    frames.close(FIRST);
    await(stream, () -> ended(campaign, "night(day_obs=20210907)") != null);
    frames.end();
    finish(stream, campaign);
    assertThat(started(campaign, "frame")).isEqualTo(2);
    assertThat(StreamGraph.products(campaign)).isEqualTo(bounded()).hasSize(2 + 1 + 2 + 1);
  }

  /** Three restarts while files arrive; ten with {@code -Dstarbeam.full=true}. */
  @Test
  @Timeout(900)
  void aWatcherThatIsStoppedAndStartedAgainWorksOnEachFileOnce() throws Exception {
    int restarts = Boolean.getBoolean("starbeam.full") ? 10 : 3;
    for (int seq = 1; seq <= restarts; seq++) {
      CampaignContext campaign = campaign("stream");
      StreamGraph.goOn();
      CompletableFuture<RunnerResult> stream = watch("direct", campaign);
      frames.put(FIRST, seq, 0);
      String first = frame(FIRST, seq, 0);
      await(stream, () -> ended(campaign, first) != null);
      frames.put(FIRST, seq, 1);
      StreamGraph.stop();
      finish(stream, campaign);
    }
    StreamGraph.goOn();
    frames.end();
    CampaignContext last = campaign("stream");
    finish(watch("direct", last), last);
    assertThat(started(last, "frame")).isEqualTo(2 * restarts);
    assertThat(StreamGraph.products(last)).isEqualTo(bounded());
  }

  @Test
  void anExposureAheadOfTheClockIsRefusedAndTheNightCloses() throws Exception {
    CampaignContext campaign = campaign("stream");
    CompletableFuture<RunnerResult> stream = watch("direct", campaign);
    frames.put(FIRST, 1, 0);
    long ahead = EventTime.ofClock(System.currentTimeMillis()) + 2 * 3_600_000L;
    frames.put("raw/ahead.fits", SkyFrames.frame(FIRST, 9, 0, ahead));
    frames.put(FIRST, 1, 1);
    frames.close(FIRST);
    await(stream, () -> ended(campaign, "night(day_obs=20210907)") != null);
    frames.put(FIRST, 2, 0);
    frames.put(FIRST, 2, 1);
    frames.end();
    finish(stream, campaign);
    assertThat(StreamGraph.products(campaign)).hasSize(2 * (2 + 1 + 2) + 1);
    assertThat(MockGraph.ended(campaign).values())
        .filteredOn(r -> r.getStatus() == QuantumStatus.FAILED)
        .singleElement()
        .satisfies(
            r -> {
              assertThat(r.getErrorCode()).isEqualTo("FUTURE_TIME");
              assertThat(r.getMessage()).contains("ahead.fits").contains("dated");
            });
  }

  @Test
  void anExposureOfANightThatHasExpiredIsRecordedAsLate() throws Exception {
    CampaignContext campaign = campaign("stream");
    CompletableFuture<RunnerResult> stream = watch("direct", campaign);
    frames.put(FIRST, 1, 0);
    frames.put(FIRST, 1, 1);
    frames.close(FIRST);
    frames.put(20210911, 1, 0);
    frames.put(20210911, 1, 1);
    frames.close(20210911);
    await(stream, () -> ended(campaign, "night(day_obs=20210911)") != null);
    frames.put(FIRST, 2, 0);
    Thread.sleep(300);
    frames.end();
    finish(stream, campaign);
    assertThat(MockGraph.ended(campaign).values())
        .filteredOn(r -> r.getStatus() == QuantumStatus.SKIPPED)
        .singleElement()
        .satisfies(r -> assertThat(r.getMessage()).startsWith("LATE").contains("n20210907"));
    assertThat(StreamGraph.products(campaign)).hasSize(2 * (2 + 1 + 2 + 1));
  }

  /**
   * From a file's place in the input to the record of its quantum on disk, with a task that does
   * nothing: 200 detectors, one a second; 20 at five a second without {@code -Dstarbeam.full=true},
   * for which no limit is asserted.
   */
  @Test
  @Timeout(600)
  void detectorsAreWorkedOnWithinSeconds() throws Exception {
    boolean full = Boolean.getBoolean("starbeam.full");
    int files = full ? 200 : 20;
    CampaignContext defaults = campaign("stream");
    CampaignContext campaign =
        defaults.withArrivals(defaults.arrivals().withPollMillis(1000).withSettleMillis(3000));
    CompletableFuture<RunnerResult> stream = watch("direct", campaign);
    frames.put(FIRST, 9999, 0);
    await(stream, () -> ended(campaign, frame(FIRST, 9999, 0)) != null);
    Map<String, Long> put = new java.util.HashMap<>();
    for (int seq = 1; seq <= files; seq++) {
      frames.put(FIRST, seq, 0);
      put.put(frame(FIRST, seq, 0), System.currentTimeMillis());
      Thread.sleep(full ? 1000 : 200);
    }
    frames.end();
    finish(stream, campaign);
    Map<String, QuantumRecord> ended = MockGraph.ended(campaign);
    List<Double> seconds = new ArrayList<>();
    put.forEach(
        (quantum, from) ->
            seconds.add(
                (EventTime.ofMjd(ended.get(quantum).getEndTaiMjd()) - EventTime.ofClock(from))
                    / 1000.0));
    Collections.sort(seconds);
    double p50 = seconds.get(files / 2);
    double p95 = seconds.get(files * 95 / 100);
    System.out.printf("latency of %d detectors: p50 %.2f s, p95 %.2f s%n", files, p50, p95);
    assertThat(seconds).hasSize(files);
    if (full) {
      assertThat(p50).isLessThanOrEqualTo(2);
      assertThat(p95).isLessThanOrEqualTo(3.5);
    }
  }

  private static int started(CampaignContext campaign, String task) throws IOException {
    int[] count = new int[1];
    org.starbeam.transforms.quantum.Ledger.read(
        org.starbeam.transforms.dataset.RepositoryPaths.ledger(campaign.root(), campaign.run()),
        record ->
            count[0] +=
                record.getTask().equals(task) && record.getStatus() == QuantumStatus.RUNNING
                    ? 1
                    : 0);
    return count[0];
  }
}
