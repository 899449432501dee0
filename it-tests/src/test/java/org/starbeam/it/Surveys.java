package org.starbeam.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Input directories of simulated surveys, and pieces of them. */
final class Surveys {
  private Surveys() {}

  /** The survey of {@code -Dstarbeam.survey=DIR}, for campaigns that are larger than the test's. */
  static Optional<Path> given() {
    return Optional.ofNullable(System.getProperty("starbeam.survey")).map(Path::of);
  }

  /** Observing days of which there are frames, in order. */
  static List<Integer> nights(Path survey) {
    return list(survey.resolve("raw")).stream()
        .map(folder -> Integer.valueOf(folder.getFileName().toString()))
        .toList();
  }

  /** An input directory with all of a survey but the frames. */
  static void prepare(Path input, Path survey) throws IOException {
    Files.createDirectories(input.resolve("raw"));
    Files.createDirectories(input.resolve("refcat"));
    Files.copy(survey.resolve("camera.yaml"), input.resolve("camera.yaml"));
    for (Path file : list(survey.resolve("refcat"))) {
      Files.copy(file, input.resolve("refcat").resolve(file.getFileName()));
    }
  }

  /** Copies the frames of a night. */
  static void copyNight(Path survey, int night, Path input) throws IOException {
    Path to = Files.createDirectories(input.resolve("raw/" + night));
    for (Path file : frames(survey, night)) {
      Files.copy(file, to.resolve(file.getFileName()));
    }
  }

  static List<Path> frames(Path survey, int night) {
    return list(survey.resolve("raw/" + night));
  }

  private static List<Path> list(Path directory) {
    try (Stream<Path> files = Files.list(directory)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
