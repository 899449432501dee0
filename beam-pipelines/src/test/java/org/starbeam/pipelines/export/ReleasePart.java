package org.starbeam.pipelines.export;

import java.io.IOException;
import java.util.List;
import java.util.function.ToLongFunction;
import org.apache.avro.specific.SpecificRecord;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Writes given rows as a part of a release table.
 *
 * @param index nested HEALPix index at order 29 of a row's place
 */
record ReleasePart<T extends SpecificRecord>(
    Class<T> rowClass,
    List<T> rows,
    List<String> columns,
    List<String> bands,
    ToLongFunction<T> index)
    implements QuantumTask {

  /** Writes the part of a pixel of order 3. */
  void write(QuantumTester tester, String table, long pixel) throws IOException {
    tester.run(this, DataId.of("healpix3", pixel, "name", table)).requireDone();
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "releaseTables", "step6", 1, "{}", List.of(), List.of(DatasetTypes.RELEASE_TABLE));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    context.stageFile(
        DatasetTypes.RELEASE_TABLE,
        quantum.dataId(),
        file -> TableWriter.writePartition(file, rowClass, rows, columns, bands, index));
    return Outcome.done();
  }
}
