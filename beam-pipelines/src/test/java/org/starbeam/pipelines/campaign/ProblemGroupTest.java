package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;

class ProblemGroupTest {
  @Test
  void quantaThatEndedAlikeAreOneGroup() {
    List<ProblemGroup> groups =
        ProblemGroup.of(
            List.of(
                record(
                    "singleFrame",
                    "visit=1,detector=0",
                    "singleFrame(visit=1,detector=0): 3 stars"),
                record("diffim", "visit=1,detector=0", "no template"),
                record(
                    "singleFrame",
                    "visit=12,detector=3",
                    "singleFrame(visit=12,detector=3): 11 stars"),
                record("singleFrame", "visit=2,detector=0", "no camera")));
    assertThat(groups).extracting(ProblemGroup::count).containsExactly(2, 1, 1);
    assertThat(groups.get(0).first().getDataId()).isEqualTo("visit=1,detector=0");
    assertThat(groups.get(0).state()).isEqualTo("FAILED");
  }

  @Test
  void numbersAndFilesDoNotMakeAGroupOfTheirOwn() {
    List<ProblemGroup> groups =
        ProblemGroup.of(
            List.of(
                record("ingest", "name=a", "/data/raw/a.fits ends after 1.5e3 bytes"),
                record("ingest", "name=b", "/data/raw/b.fits ends after 28800 bytes")));
    assertThat(groups).hasSize(1);
  }

  private static QuantumRecord record(String task, String dataId, String message) {
    QuantumRecord record = new QuantumRecord();
    record.setTask(task);
    record.setDataId(dataId);
    record.setStatus(QuantumStatus.FAILED);
    record.setErrorClass("ALGORITHM");
    record.setErrorCode("X");
    record.setMessage(message);
    record.setCaveats(List.of());
    return record;
  }
}
