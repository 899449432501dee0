package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.MappingFile;
import org.starbeam.failure.BadInputException;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.transforms.dataset.InputFile;
import org.starbeam.transforms.dataset.InputFolder;

/**
 * The headers of the frames of an input directory, read as {@link IngestTask} reads them but
 * without a graph: for a plan, and to know before a launch whether a selection holds anything.
 *
 * @param frames metadata of all frames that can be read, in the order of their paths
 * @param refused files that ingest will refuse, with the reason
 * @param camera the camera of the directory, or null
 */
public record FrameHeaders(List<Frame> frames, List<String> refused, @Nullable Camera camera) {

  /** A frame. */
  public record Frame(Path file, ObservationInfo info) {}

  public FrameHeaders {
    frames = List.copyOf(frames);
    refused = List.copyOf(refused);
  }

  /**
   * Reads all headers, in parallel.
   *
   * @param mapping mapping file of the user, or null
   * @throws BadInputException when the directory holds no frame
   */
  public static FrameHeaders read(
      InputFolder input, @Nullable Path mapping, IngestTask.Config config) throws IOException {
    InputFile cameraFile = input.file(Ingest.CAMERA_FILE);
    Camera camera = cameraFile == null ? null : CameraYaml.read(cameraFile.local());
    MappingFile headers =
        mapping == null ? null : CalibratedFrameMapping.read(mapping).headerMapping();
    IngestTask task = new IngestTask(config);
    List<Object> read =
        RawInputs.list(input).parallelStream()
            .map(file -> describe(task, file, camera, headers))
            .toList();
    List<Frame> frames = new ArrayList<>();
    List<String> refused = new ArrayList<>();
    for (Object one : read) {
      if (one instanceof Frame frame) {
        frames.add(frame);
      } else {
        refused.add(Objects.toString(one));
      }
    }
    return new FrameHeaders(frames, refused, camera);
  }

  /** A frame, or the reason why there is none. */
  private static Object describe(
      IngestTask task, InputFile file, @Nullable Camera camera, @Nullable MappingFile mapping) {
    try {
      Path local = file.local();
      return new Frame(local, task.describe(local, file.place(), camera, mapping));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (BadInputException e) {
      return e.code() + ": " + e.getMessage();
    }
  }

  /** The frames of the sky. */
  public List<Frame> science() {
    return frames.stream().filter(f -> SkyExposures.isSky(f.info())).toList();
  }
}
