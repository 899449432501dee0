package org.starbeam.pipelines.observe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.plan.CampaignPlan;
import org.starbeam.pipelines.plan.CostModel;
import org.starbeam.pipelines.plan.Plan;
import org.starbeam.pipelines.plan.PlanReport;
import org.starbeam.transforms.dataset.InputFolder;

/**
 * Makes the plan of a run beside its launch and keeps it as {@code campaign/plan.json}, so that
 * whoever watches knows how much there is to do and when it will end. A run without one is watched
 * all the same.
 */
public final class PlanKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(PlanKeeper.class);
  private static final long PATIENCE_MILLIS = 500;

  private final CampaignSettings settings;
  private final Path file;
  private final Thread thread;

  private PlanKeeper(CampaignSettings settings) {
    this.settings = settings;
    this.file =
        FrozenCampaign.directory(settings.repository(), settings.run()).resolve("plan.json");
    this.thread = new Thread(this::work, "starbeam-plan");
    thread.setDaemon(true);
    thread.setPriority(Thread.MIN_PRIORITY);
  }

  /** Begins to plan, unless the run has a plan. */
  public static PlanKeeper begin(CampaignSettings settings) {
    PlanKeeper keeper = new PlanKeeper(settings);
    if (!Files.exists(keeper.file)) {
      keeper.thread.start();
    }
    return keeper;
  }

  private void work() {
    try {
      String input = settings.campaign().inputs().path();
      if (input == null || !Files.isDirectory(Path.of(input))) {
        return;
      }
      CostModel costs = CostModel.shipped();
      Path directory = Path.of(input).toAbsolutePath().normalize();
      Plan plan =
          new CampaignPlan(settings.campaign(), InputFolder.of(directory), null)
              .planner(1, CampaignPlan.POINTING_ARCSEC, costs)
              .plan();
      if (plan.quanta() > 0) {
        PlanReport report = new PlanReport(plan, costs, Map.of(), null, 0);
        write(report.json().toPrettyString() + "\n");
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("run {} has no plan", settings.run(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Writes the plan when the campaign has been frozen. */
  private void write(String json) throws IOException, InterruptedException {
    Path directory = file.resolveSibling("environment.json");
    while (!Files.exists(directory)) {
      Thread.sleep(PATIENCE_MILLIS);
    }
    Path temporary = file.resolveSibling(".plan.json.tmp");
    Files.writeString(temporary, json);
    Files.move(
        temporary, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  @Override
  public void close() {
    thread.interrupt();
  }
}
