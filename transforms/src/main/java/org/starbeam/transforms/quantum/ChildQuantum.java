package org.starbeam.transforms.quantum;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import org.starbeam.transforms.dataset.Publisher;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.store.DatasetFiles;
import org.starbeam.transforms.store.StoreOptions;

/**
 * Main class of a JVM that works on one quantum: reads an {@link Assignment} from the file of the
 * first argument, runs the task, and writes its {@link AttemptEnd} to the file of the second. It
 * stages datasets and publishes none, so a JVM that dies leaves temporary files only.
 */
final class ChildQuantum {
  private static final String STACK_BYTES = "starbeam.stackBytes";

  private ChildQuantum() {}

  public static void main(String[] arguments) throws Exception {
    RecordCoder.trustRecords();
    Assignment work = read(Path.of(arguments[0]));
    CampaignContext campaign = work.campaign();
    List<String> runs = new ArrayList<>(List.of(campaign.run()));
    runs.addAll(campaign.base());
    StoreOptions.inherit(campaign.store());
    DatasetFiles files = DatasetFiles.of(campaign.root());
    Workplace workplace =
        new Workplace(
            campaign,
            files,
            new Publisher(files, campaign.run(), path -> null),
            new DatasetCache(files, new PrunedInputs(campaign, files)),
            new AcceptedProducts(campaign.root(), runs));
    CancelToken cancel = new CancelToken();
    AtomicReference<AttemptEnd> end = new AtomicReference<>();
    Thread thread =
        new Thread(
            null,
            () -> end.set(AttemptEnd.of(work, workplace, cancel)),
            "quantum",
            Long.getLong(STACK_BYTES, 0));
    thread.start();
    thread.join(Math.max(1, Math.round(work.softSeconds() * 1000)));
    if (thread.isAlive()) {
      cancel.cancel(CancelToken.Reason.TIME_LIMIT);
      thread.interrupt();
    }
    thread.join();
    write(Path.of(arguments[1]), withPeak(Objects.requireNonNull(end.get())));
    Runtime.getRuntime().halt(0);
  }

  private static Assignment read(Path file) throws IOException, ClassNotFoundException {
    try (ObjectInputStream in =
        new ObjectInputStream(new BufferedInputStream(Files.newInputStream(file)))) {
      return (Assignment) in.readObject();
    }
  }

  private static void write(Path file, AttemptEnd end) throws IOException {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try (ObjectOutputStream out =
        new ObjectOutputStream(new BufferedOutputStream(Files.newOutputStream(temporary)))) {
      out.writeObject(end);
    }
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Alone in its JVM, the quantum's peak is the sum of the peaks of the heap's pools. */
  private static AttemptEnd withPeak(AttemptEnd end) {
    long peak =
        ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getPeakUsage)
            .mapToLong(usage -> usage == null ? 0 : usage.getUsed())
            .sum();
    AttemptEnd.Usage usage =
        new AttemptEnd.Usage(end.usage().cpuSeconds(), end.usage().allocBytes(), peak);
    return new AttemptEnd(
        end.failure(),
        end.pruned(),
        end.noWork(),
        end.reason(),
        end.payload(),
        end.staged(),
        end.existing(),
        end.caveats(),
        end.messages(),
        end.metrics(),
        usage);
  }
}
