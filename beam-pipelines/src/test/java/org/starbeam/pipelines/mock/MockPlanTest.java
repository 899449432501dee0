package org.starbeam.pipelines.mock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;

/** Mock files as users write them. */
class MockPlanTest {
  @TempDir Path directory;

  private Path file(String cost) throws IOException {
    return Files.writeString(
        directory.resolve("mock.json"),
        """
        {"visits": 4, "detectors": 2, "fields": 2, "patches": 2, "bands": ["r"], "files": false,
         "speed": 2, "tasks": {"singleFrame": %s},
         "failures": {"seed": 1, "rate": 0, "weights": {"EXCEPTION": 1}}, "timeLimitSeconds": 900,
         "isolate": "NEVER"}
        """
            .formatted(cost));
  }

  @Test
  void aTaskWithoutScatterTakesTheTimeThatItNames() throws IOException {
    MockPlan plan = MockPlan.read(file("{\"seconds\": 600, \"bytes\": 1}"));
    assertThat(plan.seconds("singleFrame", "visit=1")).isEqualTo(300);
    assertThat(plan.seconds("finalVisit", "visit=1")).isZero();
  }

  @Test
  void timesAndSizesThatCannotBeAreRefusedWithTheFile() throws IOException {
    for (String cost :
        new String[] {
          "{\"seconds\": -1, \"bytes\": 1}",
          "{\"bytes\": 1}",
          "{\"seconds\": 1, \"bytes\": -1}",
          "{\"seconds\": 1, \"bytes\": 1, \"sigma\": -0.1}"
        }) {
      assertThatThrownBy(() -> MockPlan.read(file(cost)))
          .as(cost)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("mock.json")
          .hasMessageContaining("seconds, bytes and sigma");
    }
  }

  @Test
  void aFileOfSizesAloneIsAPlanWithoutCostsAndFaults() throws IOException {
    Path sizes =
        Files.writeString(
            directory.resolve("sizes.json"),
            """
            {"visits": 4, "detectors": 2, "fields": 2, "patches": 2, "bands": ["g", "r", "i"],
             "speed": 1}
            """);
    assertThat(MockPlan.read(sizes)).isEqualTo(MockPlan.of(4, 2, 2, 2));
  }

  @Test
  void aFileWithoutBandsSaysSo() throws IOException {
    Path file = Files.writeString(directory.resolve("mock.json"), "{\"visits\": 4, \"speed\": 1}");
    assertThatThrownBy(() -> MockPlan.read(file))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("mock.json")
        .hasMessageContaining("bands and speed must be positive");
  }
}
