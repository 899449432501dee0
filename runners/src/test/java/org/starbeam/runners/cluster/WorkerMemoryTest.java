package org.starbeam.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.ConfigurationUtils;
import org.apache.flink.configuration.MemorySize;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessSpec;
import org.apache.flink.runtime.clusterframework.TaskExecutorProcessUtils;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.pipelines.UserException;

/** The division of a worker's memory, judged by Flink's own arithmetic. */
class WorkerMemoryTest {
  private static Configuration flink(List<String> options) {
    Configuration configuration = new Configuration();
    for (String option : options) {
      String[] parts = option.split("=", 2);
      configuration.setString(parts[0], parts[1]);
    }
    return configuration;
  }

  @ParameterizedTest
  @ValueSource(ints = {WorkerMemory.LEAST, 2000, 8192, 65536})
  void partsAreTheWhole(int mebibytes) {
    WorkerMemory memory = new WorkerMemory(mebibytes);
    TaskExecutorProcessSpec spec =
        TaskExecutorProcessUtils.processSpecFromConfig(flink(memory.flink(2)));
    assertThat(spec.getTotalProcessMemorySize()).isEqualTo(MemorySize.ofMebiBytes(mebibytes));
    assertThat(spec.getJvmHeapMemorySize()).isEqualTo(MemorySize.ofMebiBytes(memory.heap()));
    assertThat(memory.jvm())
        .contains(
            "-Xmx" + spec.getJvmHeapMemorySize().getMebiBytes() + "m",
            "-XX:MaxDirectMemorySize=" + spec.getJvmDirectMemorySize().getMebiBytes() + "m");
    assertThat(memory.heap()).as("most is for quanta").isGreaterThan(mebibytes / 4);
    assertThat(ConfigurationUtils.parseTempDirectories(new Configuration())).isNotNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "8", "8x", "-8g", "99999999g"})
  void sizesThatAreNoneAreRefused(String text) {
    assertThatThrownBy(() -> MachineMemory.parse("--memory", text))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("expected a size like");
  }

  @ParameterizedTest
  @ValueSource(strings = {"8g", "8192m", "8GiB", "8 G"})
  void sizesAreReadAsPeopleWriteThem(String text) {
    assertThat(MachineMemory.parse("--memory", text)).isEqualTo(8192);
  }
}
