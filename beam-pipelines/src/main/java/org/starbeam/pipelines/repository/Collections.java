package org.starbeam.pipelines.repository;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.Chains;

/**
 * What users mean by the names of collections: {@code RUN}, {@code run:RUN}, {@code chain:NAME}.
 */
public final class Collections {
  private Collections() {}

  /**
   * The runs of a run or chain in the order of search, nested chains resolved.
   *
   * @throws org.starbeam.failure.BadInputException when there is no such chain or it contains
   *     itself
   */
  public static List<String> runs(Path root, String collection) {
    try {
      return new Chains(root).runs(collection);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot read " + collection + ": " + e.getMessage());
    }
  }
}
