package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.calibs.CertifiedCalibs;
import org.starbeam.transforms.dataset.CalibrationCollection;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * Certifies the masters of a night that ended well into the campaign's collection, each from the
 * start of the night on. A master whose making or verification failed is not among them; what was
 * certified before it stays.
 */
final class NightlyCalibs {
  private static final Logger LOG = LoggerFactory.getLogger(NightlyCalibs.class);

  private NightlyCalibs() {}

  /** Does nothing for campaigns that make no calibrations for a collection. */
  static void certify(CampaignSettings settings, RunCatalog catalog) {
    Campaign campaign = settings.campaign();
    CalibrationCollection collection = settings.calibrations();
    boolean makes =
        campaign.windows().kind() == CampaignWindows.Kind.NIGHT
            && campaign.steps().contains("calibs")
            && !campaign.steps().contains("step1");
    if (!makes || collection == null) {
      return;
    }
    List<CalibrationCollection.Entry> made = CertifiedCalibs.entries(catalog.quanta());
    try {
      int added = collection.certify(made);
      LOG.info("{}: {} of {} masters are new", campaign.inputs().calibs(), added, made.size());
    } catch (BadInputException e) {
      throw new UserException(
          ExitCode.CONFLICT,
          e.code() + ": " + e.getMessage(),
          "starbeam calibs show " + campaign.inputs().calibs());
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "cannot write " + campaign.inputs().calibs() + ": " + e.getMessage(),
          "the same command again certifies what the run has made");
    }
  }
}
