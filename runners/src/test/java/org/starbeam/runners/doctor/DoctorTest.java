package org.starbeam.runners.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.camera.LeapSeconds;
import org.starbeam.runners.FakeCluster;
import org.starbeam.runners.doctor.Finding.Level;

class DoctorTest {
  @TempDir Path directory;

  private static Level level(List<Finding> findings, String name) {
    return findings.stream()
        .filter(finding -> finding.name().equals(name))
        .map(Finding::level)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void goodFileSystemPassesAndIsLeftAsItWas() throws IOException {
    List<Finding> findings = RepositoryChecks.all(directory.resolve("not/yet/there"));
    assertThat(level(findings, "rename")).isEqualTo(Level.OK);
    assertThat(level(findings, "names")).isEqualTo(Level.OK);
    assertThat(level(findings, "file times")).isEqualTo(Level.OK);
    try (Stream<Path> left = Files.list(directory)) {
      assertThat(left).isEmpty();
    }
  }

  @Test
  void fileInPlaceOfADirectoryCannotBeWrittenTo() {
    List<Finding> findings = RepositoryChecks.all(Path.of("/proc/self"));
    assertThat(level(findings, "write")).isEqualTo(Level.FAIL);
  }

  @Test
  void whatIsNotWellHasAFix() {
    assertThat(Stream.of(MachineChecks.memory(1000), MachineChecks.memory(2100)))
        .allSatisfy(
            finding -> {
              assertThat(finding.level()).isNotEqualTo(Level.OK);
              assertThat(finding.fix()).isNotBlank();
            });
  }

  @Test
  void expiryOfTheLeapSecondTableIsToldBeforeAndAfter() {
    double expiry = LeapSeconds.EXPIRES_MJD;
    assertThat(MachineChecks.leapSeconds(expiry - 100).level()).isEqualTo(Level.OK);
    assertThat(MachineChecks.leapSeconds(expiry - 30).level()).isEqualTo(Level.WARN);
    assertThat(MachineChecks.leapSeconds(expiry + 30).text()).contains("30 days ago");
  }

  @Test
  void clusterOfAnotherFlinkOrWithoutWorkersFails() throws IOException {
    String here = EnvironmentInformation.getVersion();
    try (FakeCluster other = new FakeCluster("1.20.0", 2);
        FakeCluster empty = new FakeCluster(here, 0)) {
      assertThat(level(ClusterChecks.all(other.master()), "cluster")).isEqualTo(Level.FAIL);
      assertThat(level(ClusterChecks.all(empty.master()), "cluster")).isEqualTo(Level.OK);
      assertThat(level(ClusterChecks.all(empty.master()), "workers")).isEqualTo(Level.FAIL);
      assertThat(level(ClusterChecks.all(empty.master()), "libraries")).isEqualTo(Level.WARN);
    }
  }
}
