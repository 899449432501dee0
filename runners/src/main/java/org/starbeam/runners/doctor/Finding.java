package org.starbeam.runners.doctor;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * One line of the doctor.
 *
 * @param name what was looked at
 * @param text what was found, with numbers
 * @param fix what to do; null when all is well
 */
record Finding(String name, Level level, String text, @Nullable String fix) {
  /** How bad it is: a failure keeps a campaign from running or from being right. */
  enum Level {
    OK,
    WARN,
    FAIL;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  static Finding ok(String name, String text) {
    return new Finding(name, Level.OK, text, null);
  }

  static Finding warn(String name, String text, String fix) {
    return new Finding(name, Level.WARN, text, fix);
  }

  static Finding fail(String name, String text, String fix) {
    return new Finding(name, Level.FAIL, text, fix);
  }
}
