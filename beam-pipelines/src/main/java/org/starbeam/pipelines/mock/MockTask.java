package org.starbeam.pipelines.mock;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetType;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;
import org.starbeam.transforms.quantum.TaskSpec.InputRule;
import org.starbeam.transforms.store.DatasetFiles;

/**
 * Takes its time, writes its dataset, or does what the plan has for it. What the dataset has in it
 * depends on the inputs and on what the campaign says of the task of this name, as that of a real
 * task does.
 */
record MockTask(TaskSpec spec, MockPlan plan, String launchId) implements QuantumTask {
  private static final int BLOCK = 1 << 16;

  /** Quanta of the launches of this process that have had their first attempt. */
  private static final Set<String> TRIED = ConcurrentHashMap.newKeySet();

  static MockTask of(
      String name,
      String step,
      List<InputRule> inputs,
      List<String> dimensions,
      MockPlan plan,
      CampaignContext campaign) {
    DatasetType type = DatasetTypes.mock(name, dimensions);
    String config = campaign.configByTask().getOrDefault(name, "{}");
    TaskSpec spec = new TaskSpec(name, step, 1, config, inputs, List.of(type));
    return new MockTask(spec, plan, campaign.launchId());
  }

  private String name() {
    return spec.name();
  }

  private DatasetType type() {
    return spec.outputs().get(0);
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    DataId id = quantum.dataId();
    MockFault fault = plan.fault(name(), id.toString());
    MockPlan.MockCost cost = plan.cost(name());
    sleep(plan.seconds(name(), id.toString()), context);
    if (fault != null) {
      happen(fault, id, context);
    }
    String hash = content(quantum);
    if (plan.files()) {
      open(quantum, context);
      context.stageFile(type(), id, file -> write(file, cost.bytes(), hash));
    } else {
      String path = "nofile:" + name() + "/" + id;
      context.stageExisting(
          new DatasetRef(type().name(), id.toString(), "", path, hash, cost.bytes()));
    }
    return Outcome.done();
  }

  /** Asks for the files of the inputs, which may have been pruned. */
  private static void open(Quantum quantum, QuantumContext context) {
    for (QuantumInput input : quantum.inputs()) {
      for (DatasetRef ref : input.getResult().getOutputs()) {
        if (!ref.getPath().startsWith(DatasetFiles.NO_FILE)) {
          context.reader().path(ref);
        }
      }
    }
  }

  private String content(Quantum quantum) {
    StringBuilder text = new StringBuilder("mock\n").append(name()).append('\n');
    text.append(spec.configJson()).append('\n').append(quantum.dataId());
    for (QuantumInput input : quantum.inputs()) {
      for (DatasetRef ref : input.getResult().getOutputs()) {
        text.append('\n').append(ref.getContentHash());
      }
    }
    return ContentHash.ofText(text.toString());
  }

  private static void sleep(double seconds, QuantumContext context) throws InterruptedException {
    long end = System.nanoTime() + (long) (seconds * 1e9);
    for (long left = end - System.nanoTime(); left > 0; left = end - System.nanoTime()) {
      context.checkCancelled();
      Thread.sleep(Math.min(50, left / 1_000_000), (int) (left % 1_000_000));
    }
  }

  private void happen(MockFault fault, DataId id, QuantumContext context) throws Exception {
    switch (fault) {
      case EXCEPTION -> throw new IllegalStateException("a mock defect");
      case CORRUPT -> throw new BadInputException("TRUNCATED", "a mock input ends early");
      case NO_ANSWER -> throw new AlgorithmException("TOO_FEW_STARS", "2 mock stars of 10");
      case MEMORY -> throw new OutOfMemoryError("a mock want of memory");
      case STORAGE -> throw new IOException("mock storage does not answer");
      case HICCUP -> {
        if (TRIED.add(launchId + name() + id)) {
          throw new IOException("mock storage does not answer once");
        }
      }
      case EXIT -> System.exit(0);
      case STACK -> descend(0);
      case TIME -> {
        while (true) {
          context.checkCancelled();
          Thread.sleep(5);
        }
      }
    }
  }

  private static long descend(long depth) {
    return depth < 0 ? 0 : descend(depth + 1) + depth;
  }

  /** The hash over and over. */
  private static void write(Path file, long bytes, String hash) throws IOException {
    byte[] block = hash.repeat(BLOCK / hash.length()).getBytes(StandardCharsets.US_ASCII);
    try (OutputStream out = Files.newOutputStream(file)) {
      for (long left = bytes; left > 0; left -= BLOCK) {
        out.write(block, 0, (int) Math.min(left, BLOCK));
      }
    }
  }
}
