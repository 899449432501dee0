package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

class GoldenOutputsTest {
  private static final List<String> GOLDEN =
      GoldenOutputs.text(List.of(record("isr", 1, "in", "out"), record("warp", 4, "out", "sky")))
          .lines()
          .toList();

  @Test
  void equalOutputsOfEqualInputsAreFine() {
    assertThat(complaints(record("isr", 1, "in", "out"), record("warp", 4, "out", "sky")))
        .isEmpty();
  }

  @Test
  void otherBytesOfEqualInputsAskForAnotherVersion() {
    assertThat(complaints(record("isr", 1, "in", "other"), record("warp", 4, "out", "sky")))
        .singleElement()
        .asString()
        .startsWith("isr: the same inputs gave other bytes")
        .contains("raise it");
  }

  @Test
  void aMeantChangeAsksForANewFile() {
    assertThat(complaints(record("isr", 2, "in2", "other"), record("warp", 4, "other", "dark")))
        .hasSize(2)
        .allMatch(c -> c.endsWith("write it anew"));
    assertThat(complaints(record("isr", 1, "in", "out")))
        .singleElement()
        .asString()
        .contains("warp");
  }

  private static List<String> complaints(QuantumRecord... quanta) {
    return GoldenOutputs.complaints(GOLDEN, List.of(quanta));
  }

  private static QuantumRecord record(String task, int version, String inputs, String content) {
    QuantumRecord record = new QuantumRecord();
    record.setTask(task);
    record.setTaskVersion(version);
    record.setDataId("visit=1");
    record.setStatus(QuantumStatus.DONE);
    record.setInputHash(inputs);
    record.setOutputs(List.of(new DatasetRef("image", "visit=1", "r", "image.fits", content, 1L)));
    return record;
  }
}
