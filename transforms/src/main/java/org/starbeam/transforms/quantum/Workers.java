package org.starbeam.transforms.quantum;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.log.HostName;

/** Finds workers of a run that are gone, by the files that say what they were working on. */
final class Workers {
  private Workers() {}

  /**
   * Records of the attempts that died with their workers: those of earlier launches, and those of
   * processes of this host that are not there any more. Each worker is found by one caller only.
   */
  static List<QuantumRecord> lost(Path ledger, CampaignContext campaign, long fence)
      throws IOException {
    List<QuantumRecord> out = new ArrayList<>();
    for (Path file : inFlight(ledger)) {
      List<InFlight.Entry> entries = InFlight.read(file);
      if (!entries.isEmpty()
          && isGone(entries.get(0), RunFiles.shard(campaign), fence)
          && claim(file)) {
        entries.stream()
            .filter(InFlight.Entry::isQuantum)
            .forEach(entry -> out.add(record(campaign.run(), entry, fence)));
      }
    }
    return out;
  }

  private static List<Path> inFlight(Path ledger) throws IOException {
    if (!Files.isDirectory(ledger)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(ledger)) {
      return files.filter(f -> f.toString().endsWith(InFlight.SUFFIX)).sorted().toList();
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }

  private static boolean isGone(InFlight.Entry entry, String shard, long fence) {
    if (entry.shard().equals(shard) && entry.fence() < fence) {
      return true;
    }
    int at = entry.worker().indexOf('@');
    String own = RecordDraft.workerName();
    boolean here = at > 0 && entry.worker().substring(at).equals(own.substring(own.indexOf('@')));
    return here
        && ProcessHandle.of(Long.parseLong(entry.worker().substring(0, at)))
            .map(p -> !p.isAlive())
            .orElse(true);
  }

  private static boolean claim(Path file) {
    try {
      Path mine = file.resolveSibling(file.getFileName() + ".gone");
      Files.move(file, mine);
      Files.delete(mine);
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static QuantumRecord record(String run, InFlight.Entry entry, long fence) {
    double now = RecordDraft.nowTaiMjd();
    return QuantumRecord.newBuilder()
        .setRun(run)
        .setFence(fence)
        .setQuantumId(entry.quantumId())
        .setTask(entry.task())
        .setTaskVersion(0)
        .setStep("")
        .setDataId(entry.dataId())
        .setWindow("")
        .setAttempt(0)
        .setStatus(QuantumStatus.ABORTED)
        .setErrorClass(FailureClass.INFRA.name())
        .setErrorCode(LedgerIndex.WORKER_LOST)
        .setMessage("its worker " + entry.worker() + " is gone")
        .setInputHash(entry.inputHash())
        .setStartTaiMjd(now)
        .setEndTaiMjd(now)
        .setCpuSeconds(0)
        .setWallSeconds(0)
        .setHost(HostName.here())
        .setWorker(entry.worker() + " fence " + entry.fence())
        .setThread("")
        .setMetrics(Map.of())
        .build();
  }
}
