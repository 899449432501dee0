package org.starbeam.pipelines.document;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/** Collects what is wrong with a document, so that the user sees it all in one pass. */
public final class Problems {
  /** Most problems that are shown at once. */
  public static final int MOST = 50;

  private final Set<Problem> found = new LinkedHashSet<>();
  private final List<Problem> warnings = new ArrayList<>();

  public void add(Place place, Problem.Code code, String message) {
    found.add(Problem.of(place, code, message));
  }

  /** Adds a problem of a word that should be one of those that are known. */
  public void add(
      Place place, Problem.Code code, String message, String word, Collection<String> known) {
    found.add(Problem.of(place, code, message, word, known));
  }

  /** Something that works but should be changed. */
  public void warn(Place place, Problem.Code code, String message) {
    warnings.add(Problem.of(place, code, message));
  }

  public List<Problem> found() {
    return List.copyOf(found);
  }

  public List<Problem> warnings() {
    return List.copyOf(warnings);
  }

  public boolean isEmpty() {
    return found.isEmpty();
  }

  /** Ends the reading of documents when something is wrong. */
  public void throwIfAny(@Nullable String next) {
    if (found.isEmpty()) {
      return;
    }
    String text =
        found.stream().limit(MOST).map(Problem::toString).collect(Collectors.joining("\n"));
    if (found.size() > MOST) {
      text += "\n(" + (found.size() - MOST) + " more)";
    }
    throw new UserException(ExitCode.USAGE, text, next);
  }
}
