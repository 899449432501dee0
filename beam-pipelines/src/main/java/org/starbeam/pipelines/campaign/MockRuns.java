package org.starbeam.pipelines.campaign;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.transforms.dataset.CanonicalJson;

/** Keeps the plan of a mock run beside its frozen campaign, so that it can be resumed. */
public final class MockRuns {
  private static final String NAME = "mock.json";

  private MockRuns() {}

  static void keep(CampaignSettings settings, MockPlan plan) {
    Path file = file(settings.repository(), settings.run());
    try {
      Files.writeString(file, CanonicalJson.write(plan));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write " + file + ": " + e.getMessage());
    }
  }

  /** The plan of a run, or null when the run is no mock. */
  public static @Nullable MockPlan of(Path repository, String run) {
    Path file = file(repository, run);
    return Files.exists(file) ? MockPlan.read(file) : null;
  }

  private static Path file(Path repository, String run) {
    return FrozenCampaign.directory(repository, run).resolve(NAME);
  }
}
