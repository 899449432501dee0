package org.starbeam.transforms.dataset;

import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;

/**
 * Where datasets are looked up, as users write it: {@code run:NAME} or just the run's name, {@code
 * chain:NAME}, {@code calib:NAME}, {@code refcat:NAME} (specs/05 section 3.3).
 */
public record Collection(Kind kind, String name) {
  /** What a name stands for. */
  public enum Kind {
    RUN("run"),
    CHAIN("chain"),
    CALIB("calib"),
    REFCAT("refcat");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  public Collection {
    RepositoryPaths.checkRun(name);
  }

  /**
   * Reads the text of a collection.
   *
   * @throws BadInputException {@code COLLECTION_KIND} for an unknown prefix, {@code FORBIDDEN_NAME}
   *     for a name that cannot be one
   */
  public static Collection parse(String text) {
    int colon = text.indexOf(':');
    if (colon < 0) {
      return new Collection(Kind.RUN, text);
    }
    String prefix = text.substring(0, colon);
    for (Kind kind : Kind.values()) {
      if (kind.prefix.equals(prefix)) {
        return new Collection(kind, text.substring(colon + 1));
      }
    }
    throw new BadInputException(
        "COLLECTION_KIND",
        "collection '"
            + text
            + "': expected run:NAME, chain:NAME, calib:NAME or refcat:NAME, or the name of a run"
            + Suggestion.didYouMean(prefix, java.util.List.of("run", "chain", "calib", "refcat")));
  }

  public static Collection run(String name) {
    return new Collection(Kind.RUN, name);
  }

  public static Collection chain(String name) {
    return new Collection(Kind.CHAIN, name);
  }

  /** The full text, prefix included. */
  @Override
  public String toString() {
    return kind.prefix + ":" + name;
  }
}
