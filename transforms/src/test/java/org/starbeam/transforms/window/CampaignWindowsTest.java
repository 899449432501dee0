package org.starbeam.transforms.window;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.sdk.testing.CoderProperties;
import org.apache.beam.sdk.testing.WindowFnTestUtils;
import org.apache.beam.sdk.transforms.windowing.TimestampCombiner;
import org.apache.beam.sdk.util.CoderUtils;
import org.apache.beam.sdk.util.SerializableUtils;
import org.joda.time.Instant;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;
import org.starbeam.transforms.window.CampaignWindows.Interval;

class CampaignWindowsTest {
  private static final double NOON = 12;

  @Test
  void nightsAndMonthsAreThoseOfTheVectors() {
    JsonNode cases = Shared.vector("campaign-windows").get("cases");
    assertThat(cases).isNotEmpty();
    for (JsonNode one : cases) {
      long time = one.get("taiMillis").asLong();
      double rollover = one.get("rolloverHours").asDouble();
      String dayObs = one.get("dayObs").asText();
      assertThat(CampaignWindows.dayObs(time, rollover)).isEqualTo(one.get("dayObs").asInt());
      assertThat(CampaignWindows.nights(rollover).windowsAt(time))
          .containsExactly(window("n" + dayObs, one.get("night")));
      JsonNode month = one.get("month");
      assertThat(CampaignWindows.months(rollover).windowsAt(time))
          .containsExactly(window(month.get("name").asText(), month.get("window")));
    }
  }

  private static CampaignWindow window(String name, JsonNode bounds) {
    return new CampaignWindow(name, bounds.get(0).asLong(), bounds.get(1).asLong());
  }

  @Test
  void anExposureIsInEveryReleaseThatHoldsItsDay() {
    JsonNode release = Shared.vector("campaign-windows").get("release");
    CampaignWindows windows = CampaignWindows.releases(NOON, intervals(release));
    for (JsonNode expected : release.get("expect")) {
      List<String> names = new ArrayList<>();
      expected.get("windows").forEach(name -> names.add("r" + name.asText()));
      long middle = middleOf(expected.get("dayObs").asInt());
      assertThat(windows.windowsAt(middle))
          .extracting(CampaignWindow::name)
          .containsExactlyInAnyOrderElementsOf(names);
      assertThat(windows.windowsAt(middle))
          .allMatch(w -> w.startMs() <= middle && middle < w.endMs());
    }
  }

  private static List<Interval> intervals(JsonNode release) {
    List<Interval> intervals = new ArrayList<>();
    for (JsonNode one : release.get("intervals")) {
      intervals.add(
          new Interval(
              one.get("name").asText(), one.get("first").asInt(), one.get("last").asInt()));
    }
    return intervals;
  }

  private static long middleOf(int dayObs) {
    String text = String.valueOf(dayObs);
    return LocalDate.of(
                    Integer.parseInt(text.substring(0, 4)),
                    Integer.parseInt(text.substring(4, 6)),
                    Integer.parseInt(text.substring(6)))
                .toEpochDay()
            * 86_400_000L
        + 86_400_000L;
  }

  @Test
  void aTimeOutsideEveryReleaseIsRefused() {
    CampaignWindows windows =
        CampaignWindows.releases(NOON, List.of(new Interval("DR1", 20250101, 20250201)));
    assertThatThrownBy(() -> WindowFnTestUtils.runWindowFn(windows, List.of(0L)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no release");
  }

  @Test
  void windowsKeepBeamsPromises() {
    for (CampaignWindows windows :
        List.of(
            CampaignWindows.nights(NOON),
            CampaignWindows.months(22),
            CampaignWindows.releases(NOON, List.of(new Interval("DR1", 20200101, 20301231))),
            CampaignWindows.global())) {
      assertThat(SerializableUtils.clone(windows)).isEqualTo(windows);
      assertThat(windows.isCompatible(CampaignWindows.nights(11))).isFalse();
      CampaignWindow window = windows.windowsAt(1_747_742_400_000L).get(0);
      assertThat(window.maxTimestamp()).isEqualTo(new Instant(window.endMs() - 1));
    }
  }

  @Test
  void theCoderIsDeterministicAndConsistentWithEquals() throws Exception {
    CampaignWindow night = new CampaignWindow("n20250520", 1_747_742_400_000L, 1_747_828_800_000L);
    CampaignWindow month = new CampaignWindow("m202505", 1_746_100_800_000L, 1_748_779_200_000L);
    CampaignWindow.WindowCoder coder = CampaignWindow.WindowCoder.of();
    CoderProperties.coderDecodeEncodeEqual(coder, night);
    CoderProperties.coderDeterministic(
        coder, night, new CampaignWindow("n20250520", night.startMs(), night.endMs()));
    CoderProperties.coderConsistentWithEquals(coder, night, month);
    CoderProperties.coderSerializable(coder);
  }

  @Test
  void aNightLooksIntoItsMonth() {
    CampaignWindow night = CampaignWindows.nights(NOON).windowsAt(1_747_797_255_500L).get(0);
    CampaignWindow month =
        CampaignWindows.months(NOON).getDefaultWindowMappingFn().getSideInputWindow(night);
    assertThat(month.name()).isEqualTo("m202505");
    List<Interval> twice =
        List.of(new Interval("A", 20250101, 20251231), new Interval("B", 20250501, 20250531));
    assertThatThrownBy(
            () ->
                CampaignWindows.releases(NOON, twice)
                    .getDefaultWindowMappingFn()
                    .getSideInputWindow(night))
        .hasMessageContaining("2 windows");
  }

  /** Run through Beam's own harness, the times of the vectors meet by their observing days. */
  @Test
  void timesMeetByTheirObservingDays() throws Exception {
    Map<String, Set<String>> expected = new TreeMap<>();
    List<Long> times = new ArrayList<>();
    for (JsonNode one : Shared.vector("campaign-windows").get("cases")) {
      if (one.get("rolloverHours").asDouble() == NOON) {
        long time = one.get("taiMillis").asLong();
        times.add(time);
        expected
            .computeIfAbsent("n" + one.get("dayObs").asText(), n -> new TreeSet<>())
            .addAll(WindowFnTestUtils.set(time));
      }
    }
    CampaignWindows nights = CampaignWindows.nights(NOON);
    Map<String, Set<String>> found = new TreeMap<>();
    WindowFnTestUtils.runWindowFn(nights, times)
        .forEach((window, members) -> found.put(window.name(), new TreeSet<>(members)));
    assertThat(found).isEqualTo(expected);
    for (long time : times) {
      CampaignWindow window = nights.windowsAt(time).get(0);
      assertThat(WindowFnTestUtils.assignedWindows(nights, time)).hasSize(1).contains(window);
      for (TimestampCombiner combiner : TimestampCombiner.values()) {
        Instant output = combiner.assign(window, new Instant(time));
        assertThat(output).isBetween(new Instant(time), window.maxTimestamp());
      }
    }
  }

  /** What one worker sends another must understand, whatever its hash codes. */
  @Test
  void windowsDecodeInAnotherJvm() throws Exception {
    List<CampaignWindow> windows = new ArrayList<>();
    for (JsonNode one : Shared.vector("campaign-windows").get("cases")) {
      long time = one.get("taiMillis").asLong();
      windows.addAll(CampaignWindows.nights(NOON).windowsAt(time));
      windows.addAll(CampaignWindows.months(NOON).windowsAt(time));
    }
    windows.addAll(CampaignWindows.global().windowsAt(0));
    StringBuilder lines = new StringBuilder();
    for (CampaignWindow window : windows) {
      byte[] bytes = CoderUtils.encodeToByteArray(CampaignWindow.WindowCoder.of(), window);
      lines.append(Base64.getEncoder().encodeToString(bytes)).append('\n');
    }
    Process other =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                OtherJvm.class.getName())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (OutputStream in = other.getOutputStream()) {
      in.write(lines.toString().getBytes(StandardCharsets.US_ASCII));
    }
    String out = new String(other.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(other.waitFor()).isZero();
    assertThat(out.lines())
        .containsExactlyElementsOf(windows.stream().map(CampaignWindow::toString).toList());
  }

  /** Prints the windows that come in. */
  static final class OtherJvm {
    private OtherJvm() {}

    public static void main(String[] arguments) throws Exception {
      BufferedReader in =
          new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        CampaignWindow window =
            CoderUtils.decodeFromByteArray(
                CampaignWindow.WindowCoder.of(), Base64.getDecoder().decode(line));
        System.out.println(window);
      }
    }
  }
}
