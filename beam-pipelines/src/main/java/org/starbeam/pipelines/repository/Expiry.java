package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.LedgerCompaction;

/** Runs whose intermediates have been kept as long as their template says. */
public final class Expiry {
  private static final Logger LOG = LoggerFactory.getLogger(Expiry.class);

  private Expiry() {}

  /** Runs with {@code retention: {intermediate: after(AGE)}} whose last record is older. */
  public static List<String> runs(Path root, long nowMillis) throws IOException {
    List<String> out = new ArrayList<>();
    for (String run : RunCatalog.runs(root)) {
      RetentionPolicy policy =
          RetentionPolicy.parse(
              RunFacts.campaign(root, run).path("retention"),
              (key, code, message) -> LOG.warn("run {}: retention: {}", run, message));
      long last = new LedgerCompaction(RepositoryPaths.ledger(root, run)).lastWrite();
      boolean over = last + policy.age().toMillis() < nowMillis;
      if (policy.when() == RetentionPolicy.When.AFTER && over) {
        out.add(run);
      }
    }
    return out;
  }
}
