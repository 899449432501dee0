package org.starbeam.transforms.store;

import java.io.IOException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** An object store that does not answer, or refuses what is asked of it, for reasons of its own. */
public final class StoreUnavailableException extends IOException {
  private static final long serialVersionUID = 1L;

  private static final int CAUSES = 12;
  private static final Pattern URI =
      Pattern.compile("cannot [a-z ]+ ([a-z][a-z0-9+.-]*://[^ ]*[^ :])");

  /** That among the causes of an error, or null. */
  public static @Nullable StoreUnavailableException in(Throwable error) {
    Throwable at = error;
    for (int i = 0; at != null && i < CAUSES; i++, at = at.getCause()) {
      if (at instanceof StoreUnavailableException found) {
        return found;
      }
    }
    return null;
  }

  /** The place in the store that a message of such an exception names, or null. */
  static @Nullable String uri(String message) {
    Matcher found = URI.matcher(message);
    return found.find() ? found.group(1) : null;
  }

  public StoreUnavailableException(String message, Throwable cause) {
    super(message, cause);
  }
}
