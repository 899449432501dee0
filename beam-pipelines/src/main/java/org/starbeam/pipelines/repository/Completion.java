package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.NightlyCalibs;
import org.starbeam.pipelines.gates.GateReport;
import org.starbeam.schema.DatasetRef;
import org.starbeam.transforms.dataset.Chains;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.dataset.DatasetType.Retention;

/**
 * What happens when a launch has ended: the registry is brought up to date, the campaign's gates
 * are evaluated, a night's calibrations are certified unless a gate stops them, a run that is
 * complete and good is put in front of the chains in which the next one looks for its predecessor,
 * and intermediates go as the campaign's retention says.
 */
public final class Completion {
  private static final Logger LOG = LoggerFactory.getLogger(Completion.class);

  private final Path root;
  private final String run;
  private final Campaign campaign;

  public Completion(Path root, String run, Campaign campaign) {
    this.root = root;
    this.run = run;
    this.campaign = campaign;
  }

  /**
   * How a run ended after its gates.
   *
   * @param code the failure policy's code, or 5 when that was 0 and a gate stops the run
   * @param chains chains that the run was put in front of
   * @param pruned bytes of intermediates that went
   */
  public record Result(ExitCode code, GateReport gates, List<String> chains, long pruned) {}

  /**
   * Ends a launch.
   *
   * @param ended code of the failure policy
   * @param whole true when all steps of the campaign have run
   * @param auto true when a pending review counts as a stop
   */
  public Result finish(ExitCode ended, boolean whole, boolean auto) {
    Registry.of(root, run);
    GateReport gates = GateReport.of(root, run);
    boolean stopped = gates.isEnd(auto);
    ExitCode code = ended == ExitCode.SUCCESS && stopped ? ExitCode.GATE : ended;
    if (!stopped) {
      NightlyCalibs.certify(root, run, campaign);
    }
    boolean accepted =
        whole && code == ExitCode.SUCCESS && !(gates.own() && gates.isReviewPending());
    List<String> chains = accepted ? chain() : List.of();
    return new Result(code, gates, chains, whole ? retain(code, gates) : 0);
  }

  /** {@code CAMPAIGN/WINDOW}, {@code CAMPAIGN/last} and the chain that the campaign names. */
  private List<String> chain() {
    List<String> names = new ArrayList<>();
    names.add(campaign.name() + "/" + window());
    names.add(campaign.name() + "/last");
    String own = campaign.outputs().chain();
    if (own != null) {
      names.add(Collection.parse(own).name());
    }
    Chains chains = new Chains(root);
    try {
      for (String name : names.stream().distinct().toList()) {
        if (!chains.exists(name) || !chains.runs(Collection.chain(name)).contains(run)) {
          chains.prepend(name, List.of(Collection.run(run)));
        }
      }
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot put run " + run + " into its chains: " + e.getMessage());
    }
    return names.stream().distinct().toList();
  }

  /** Name of the window that the run covers, as in the names of runs. */
  private String window() {
    return window(campaign);
  }

  /** {@code n20250520}, {@code m202505}, {@code rDR1} or {@code all}. */
  public static String window(Campaign campaign) {
    Campaign.Windows windows = campaign.windows();
    Integer through = windows.through();
    return switch (windows.kind()) {
      case NIGHT -> through == null ? "all" : "n" + through;
      case MONTH -> through == null ? "all" : "m" + through / 100;
      case RELEASE ->
          windows.releases().size() == 1 ? "r" + windows.releases().get(0).name() : "all";
      default -> "all";
    };
  }

  private long retain(ExitCode code, GateReport gates) {
    RetentionPolicy policy =
        RetentionPolicy.parse(
            campaign.body().path("retention"),
            (key, problem, message) -> LOG.warn("retention: {}", message));
    boolean due =
        switch (policy.when()) {
          case WHEN_CONSUMED -> code == ExitCode.SUCCESS;
          case AFTER_GATE -> gates.own() && gates.isPassed(policy.step());
          default -> false;
        };
    return due ? prune("retention " + policy.when()) : 0;
  }

  private long prune(String why) {
    try {
      Pruning pruning = new Pruning(root, run);
      List<DatasetRef> found = pruning.find(Set.of(Retention.INTERMEDIATE), Set.of());
      pruning.delete(found, why);
      return found.stream().mapToLong(DatasetRef::getBytes).sum();
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot prune run " + run + ": " + e.getMessage());
    }
  }
}
