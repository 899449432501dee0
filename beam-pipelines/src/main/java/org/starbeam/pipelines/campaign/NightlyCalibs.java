package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.calibs.CertifiedCalibs;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.dataset.Collection;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * Certifies the masters of a night that ended well into the campaign's collection, each from the
 * start of the night on. A master whose making or verification failed is not among them; what was
 * certified before it stays. When a gate of the campaign stops the run, nothing is certified.
 */
public final class NightlyCalibs {
  private static final Logger LOG = LoggerFactory.getLogger(NightlyCalibs.class);

  private NightlyCalibs() {}

  /**
   * Does nothing for campaigns that make no calibrations for a collection.
   *
   * @return number of masters that are new in the collection
   */
  public static int certify(Path root, String run, Campaign campaign) {
    String name = campaign.inputs().calibs();
    boolean makes =
        campaign.windows().kind() == CampaignWindows.Kind.NIGHT
            && campaign.steps().contains("calibs")
            && !campaign.steps().contains("step1");
    if (!makes || name == null) {
      return 0;
    }
    CalibrationCollection collection =
        new CalibrationCollection(root, Collection.parse(name).name());
    List<CalibrationCollection.Entry> made =
        CertifiedCalibs.entries(RunCatalog.open(root, run).quanta());
    try {
      int added = collection.certify(made);
      LOG.info("{}: {} of {} masters are new", name, added, made.size());
      return added;
    } catch (BadInputException e) {
      throw new UserException(
          ExitCode.CONFLICT, e.code() + ": " + e.getMessage(), "starbeam calibs show " + name);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "cannot write " + name + ": " + e.getMessage(),
          "the same command again certifies what the run has made");
    }
  }
}
