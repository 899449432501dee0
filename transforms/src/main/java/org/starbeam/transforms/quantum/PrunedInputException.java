package org.starbeam.transforms.quantum;

import org.jspecify.annotations.Nullable;
import org.starbeam.schema.DatasetRef;

/** A dataset was opened that had been deleted on purpose; it must be made again first. */
final class PrunedInputException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int DEEPEST = 20;
  private final String datasetType;

  PrunedInputException(DatasetRef ref) {
    super(
        ref.getDatasetType() + "(" + ref.getDataId() + ") of run " + ref.getRun() + " was pruned");
    this.datasetType = ref.getDatasetType();
  }

  /** The exception of this kind that is thrown or is the cause of what is thrown, or null. */
  static @Nullable PrunedInputException in(Throwable thrown) {
    Throwable error = thrown;
    for (int depth = 0; error != null && depth < DEEPEST; depth++) {
      if (error instanceof PrunedInputException found) {
        return found;
      }
      error = error.getCause();
    }
    return null;
  }

  String datasetType() {
    return datasetType;
  }
}
