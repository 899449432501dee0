package org.starbeam.pipelines.report;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** Copies of a report outside of its repository. */
public final class ReportCopy {
  private final Path report;

  /**
   * @param report directory of the report
   */
  public ReportCopy(Path report) {
    this.report = report;
  }

  /**
   * Copies the report with all its pages and what they need. What the directory has under other
   * names stays.
   *
   * @param directory made when it does not exist
   */
  public void all(Path directory) throws IOException {
    List<Path> files;
    try (Stream<Path> found = Files.walk(report)) {
      files =
          found
              .filter(Files::isRegularFile)
              .map(report::relativize)
              .filter(this::finished)
              .toList();
    }
    for (Path file : files) {
      copy(file, directory.resolve(file));
    }
  }

  /** Parts of a report that is just being written have names that begin with a dot. */
  private boolean finished(Path file) {
    for (Path name : file) {
      if (name.toString().startsWith(".")) {
        return false;
      }
    }
    return true;
  }

  /** Copies one file of the report; the page says that the others are not beside it. */
  public void one(String name, Path file) throws IOException {
    if (name.equals(ReportWriter.PAGE)) {
      directoryOf(file);
      ReportWriter.whole(file, ReportPage.alone(Files.readString(report.resolve(name)), report));
    } else {
      copy(Path.of(name), file);
    }
  }

  private void copy(Path file, Path target) throws IOException {
    directoryOf(target);
    Files.copy(report.resolve(file), target, StandardCopyOption.REPLACE_EXISTING);
  }

  private static void directoryOf(Path file) throws IOException {
    Files.createDirectories(Objects.requireNonNull(file.toAbsolutePath().getParent()));
  }
}
