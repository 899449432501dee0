package org.starbeam.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** An input with a camera whose frames nobody can read, and a campaign that may have such. */
final class FramesThatAreNone {
  private FramesThatAreNone() {}

  /** Makes the input, a frame of each text. */
  static Path input(Path directory, String... frames) throws IOException {
    Path raw = Files.createDirectories(directory.resolve("raw"));
    for (int i = 0; i < frames.length; i++) {
      Files.writeString(raw.resolve("frame" + i + ".fits"), frames[i]);
    }
    Files.copy(
        Path.of("..", "docs", "examples", "phosim", "camera.yaml"),
        directory.resolve("camera.yaml"));
    return directory;
  }

  /**
   * Writes the campaign: it takes in frames and no more.
   *
   * @param limit of the gate on the share of frames that failed, for example {@code max: 1}
   */
  static Path campaign(Path file, String limit) throws IOException {
    return Files.writeString(
        file,
        """
        starbeam: 1
        template: mine
        description: Frames that are none
        extends: ci
        parameters: {}
        steps: [ingest]
        failurePolicy: {default: {maxFailedFraction: 1}}
        gates: {ingest: [{id: frames, metric: quanta.ingest.failed_fraction, %s}]}
        """
            .formatted(limit));
  }
}
