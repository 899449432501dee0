package org.starbeam.pipelines.audit;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;

/** How bad a finding is: an error stops a release, a warning wants a reason, a note is for us. */
public enum Grade {
  ERROR,
  WARNING,
  NOTE;

  /** The word in lower case. */
  @JsonValue
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
