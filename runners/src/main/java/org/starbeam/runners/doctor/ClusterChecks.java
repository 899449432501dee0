package org.starbeam.runners.doctor;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.apache.flink.runtime.util.EnvironmentInformation;
import org.starbeam.runners.Libraries;
import org.starbeam.runners.cluster.ClusterRest;

/** Whether a Flink cluster is there, has the right version, workers and the libraries. */
final class ClusterChecks {
  private ClusterChecks() {}

  /** What would run inside this JVM. */
  static Finding versions() {
    return Finding.ok(
        "runners",
        "Beam "
            + ReleaseInfo.getReleaseInfo().getVersion()
            + ", Flink "
            + EnvironmentInformation.getVersion());
  }

  static List<Finding> all(String master) {
    ClusterRest rest = new ClusterRest(master);
    try {
      return ask(rest, rest.overview());
    } catch (IOException e) {
      return List.of(
          Finding.fail(
              "cluster",
              "no Flink cluster answers at " + master + ": " + e,
              "starbeam cluster start"));
    }
  }

  private static List<Finding> ask(ClusterRest rest, ClusterRest.Overview overview)
      throws IOException {
    List<Finding> findings = new ArrayList<>();
    String here = EnvironmentInformation.getVersion();
    String both = "the cluster has Flink " + overview.flinkVersion() + ", Starbeam has " + here;
    if (overview.flinkVersion().equals(here)) {
      findings.add(Finding.ok("cluster", "Flink " + here + " at " + rest.master()));
    } else if (Libraries.minor(here).equals(Libraries.minor(overview.flinkVersion()))) {
      findings.add(Finding.warn("cluster", both, "use the same patch release on both sides"));
    } else {
      findings.add(Finding.fail("cluster", both, "run a cluster of Flink " + here));
    }
    findings.add(
        overview.slots() > 0
            ? Finding.ok(
                "workers",
                "%d TaskManagers, %d slots, %d free"
                    .formatted(overview.taskManagers(), overview.slots(), overview.freeSlots()))
            : Finding.fail(
                "workers", "no TaskManager has registered", "look at the TaskManagers' logs"));
    Map<String, String> configuration = rest.configuration();
    String there = configuration.getOrDefault(Libraries.CONFIGURATION_KEY, "");
    findings.add(
        Libraries.complete(there)
            ? Finding.ok("libraries", "the cluster has them; a job brings Starbeam's jars only")
            : Finding.warn(
                "libraries",
                there.isEmpty()
                    ? "the cluster does not say what it has; a job brings all jars"
                    : "the cluster has others; a job brings all jars",
                "starbeam cluster stop, then start; or docs/flink.md for an image"));
    return findings;
  }
}
