package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.schema.SourceRow;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;

class QuantumTesterTest {
  private static final DataId ID =
      DataId.of("instrument", "SimCam", "visit", 2026090700012L, "detector", 3);

  @TempDir Path repository;

  /** Copies the number of bytes of the raw into a row. */
  private record CountTask(boolean fails) implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec(
          "count",
          "step1",
          1,
          "{}",
          List.of(InputRule.required("raw")),
          List.of(DatasetTypes.SOURCE_DETECTOR));
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      Path raw = context.reader().path(quantum.ref("raw", "raw"));
      if (fails) {
        throw new BadInputException("TRUNCATED", raw + " ends early");
      }
      SourceRow row = new SourceRow();
      row.setSourceId(Files.size(raw));
      row.setBand("r");
      context.stageTable(
          DatasetTypes.SOURCE_DETECTOR,
          quantum.dataId(),
          SourceRow.class,
          List.of(row),
          List.of("sourceId", "band"));
      return Outcome.done();
    }
  }

  private QuantumResult raw(QuantumTester tester) throws Exception {
    Path file = Files.writeString(repository.resolve("raw.fits"), "five!");
    DataId id = DataId.of("instrument", "SimCam", "exposure", 2026090700012L, "detector", 3);
    return tester.given("ingest", id).existing(DatasetTypes.RAW, id, file).result();
  }

  @Test
  void runsATaskPublishesItsTableAndAdoptsItTheSecondTime() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      var raw = tester.input("raw", raw(tester));
      var first = tester.run(new CountTask(false), ID, raw).requireDone();
      assertThat(first.result().getStatus()).isEqualTo(QuantumStatus.DONE);
      assertThat(first.table(DatasetTypes.SOURCE_DETECTOR, SourceRow.class))
          .singleElement()
          .satisfies(row -> assertThat(row.getSourceId()).isEqualTo(5))
          .satisfies(row -> assertThat(row.getBand()).isEqualTo("r"));
      assertThat(Files.isWritable(first.path(DatasetTypes.SOURCE_DETECTOR)) && !isRoot()).isFalse();
      var second = tester.run(new CountTask(false), ID, raw);
      assertThat(second.result().getStatus()).isEqualTo(QuantumStatus.ADOPTED);
      assertThat(second.result().getOutputs()).isEqualTo(first.result().getOutputs());
    }
  }

  @Test
  void aBadInputIsARecordThatNamesDataIdAndFile() throws Exception {
    try (QuantumTester tester = QuantumTester.in(repository)) {
      var ended = tester.run(new CountTask(true), ID, tester.input("raw", raw(tester)));
      assertThat(ended.result().getStatus()).isEqualTo(QuantumStatus.FAILED);
      assertThat(ended.result().getRootCauses()).containsExactly("count(" + ID + ")");
      assertThat(ended.record().getErrorClass()).isEqualTo("BAD_INPUT");
      assertThat(ended.record().getErrorCode()).isEqualTo("TRUNCATED");
      assertThat(ended.record().getMessage()).contains("detector=3").contains("raw.fits");
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }
}
