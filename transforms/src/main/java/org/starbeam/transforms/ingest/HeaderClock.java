package org.starbeam.transforms.ingest;

import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.MappingFile;
import org.starbeam.failure.BadInputException;
import org.starbeam.transforms.window.EventTime;

/** Reads the time of a frame from its header, through the same mapping as ingest. */
final class HeaderClock implements FrameClock {
  private static final long serialVersionUID = 1L;

  private final @Nullable String camera;
  private final @Nullable String mapping;
  private final IngestTask.Config config;
  private transient @Nullable Translation translation;

  /** The files that say how headers are read. */
  private record Translation(@Nullable Camera camera, @Nullable MappingFile mapping) {}

  HeaderClock(@Nullable Path camera, @Nullable Path mapping, IngestTask.Config config) {
    this.camera = camera == null ? null : camera.toString();
    this.mapping = mapping == null ? null : mapping.toString();
    this.config = config;
  }

  @Override
  public OptionalLong middle(Path file) {
    try {
      Translation by = translation();
      return OptionalLong.of(
          EventTime.ofMjd(
              new IngestTask(config)
                  .describe(file, file.toString(), by.camera, by.mapping)
                  .getMidTaiMjd()));
    } catch (BadInputException | UncheckedIOException | IllegalArgumentException e) {
      return OptionalLong.empty();
    }
  }

  private synchronized Translation translation() {
    Translation ready = translation;
    if (ready == null) {
      ready =
          new Translation(
              camera == null || !Files.exists(Path.of(camera))
                  ? null
                  : CameraYaml.read(Path.of(camera)),
              mapping == null
                  ? null
                  : CalibratedFrameMapping.read(Path.of(mapping)).headerMapping());
      translation = ready;
    }
    return ready;
  }
}
