package org.starbeam.transforms.quantum;

import java.io.Serializable;

/**
 * What of the work that is done is done again all the same.
 *
 * @param rerunList file, relative to the repository, with the ids of quanta, one a line; empty for
 *     none
 * @param force true to run these quanta in any case (a replay); false to run them only where an
 *     output was pruned
 */
public record AdoptionSettings(String rerunList, boolean force) implements Serializable {
  /** Everything that is done is adopted. */
  public static AdoptionSettings defaults() {
    return new AdoptionSettings("", false);
  }
}
