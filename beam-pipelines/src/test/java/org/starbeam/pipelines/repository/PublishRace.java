package org.starbeam.pipelines.repository;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.QuantumTester;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * One of the processes that publish the same datasets at once: works on all quanta in order and
 * prints a line for each that it has run itself.
 */
final class PublishRace {
  static final List<DatasetType> TYPES =
      List.of(DatasetTypes.VISIT_SUMMARY, DatasetTypes.VISIT_SOLUTION);
  private static final int ROWS = 400;

  private PublishRace() {}

  /**
   * @param arguments file of the serialised campaign, number of quanta
   */
  public static void main(String[] arguments) throws IOException, ClassNotFoundException {
    CampaignContext campaign;
    try (ObjectInputStream in =
        new ObjectInputStream(Files.newInputStream(Path.of(arguments[0])))) {
      campaign = (CampaignContext) in.readObject();
    }
    try (QuantumTester worker = QuantumTester.in(campaign)) {
      for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
        if (worker.execute(new Writer(), id(i)).getStatus() != QuantumStatus.ADOPTED) {
          System.out.println(i);
        }
      }
    }
  }

  static DataId id(int number) {
    return DataId.of("instrument", "SimCam", "visit", 2026090700001L + number);
  }

  /** What the dataset of a type and data id has in it, whoever writes it. */
  static String content(DatasetType type, DataId id) {
    StringBuilder text = new StringBuilder("{\"id\":\"" + id + "\",\"rows\":[0");
    for (int row = 1; row < ROWS; row++) {
      text.append(',').append(row * (long) (id + type.name()).hashCode());
    }
    return text.append("]}").toString();
  }

  /** Writes its datasets piece by piece, so that many deaths are deaths in the middle of a file. */
  private record Writer() implements QuantumTask {
    @Override
    public TaskSpec spec() {
      return new TaskSpec("write", "step1", 1, "{}", List.of(), TYPES);
    }

    @Override
    public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
      for (DatasetType type : TYPES) {
        String text = content(type, quantum.dataId());
        context.stageFile(type, quantum.dataId(), file -> write(file, text));
      }
      return Outcome.done();
    }

    private static void write(Path file, String text) throws IOException {
      try (BufferedWriter out = Files.newBufferedWriter(file)) {
        for (int at = 0; at < text.length(); at += 512) {
          out.write(text, at, Math.min(512, text.length() - at));
          out.flush();
        }
      }
    }
  }
}
