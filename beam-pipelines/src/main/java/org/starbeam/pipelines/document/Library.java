package org.starbeam.pipelines.document;

import java.util.Collection;
import java.util.Optional;

/** Documents that are known by name. */
public interface Library {
  /**
   * A document.
   *
   * @param file name to show in messages
   */
  record Source(String file, String text) {}

  /** The document of a name. */
  Optional<Source> find(String name);

  /** All names, for suggestions. */
  Collection<String> names();
}
