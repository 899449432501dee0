package org.starbeam.pipelines;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Exit codes of the command line (specs/05 section 10.3). */
public enum ExitCode {
  SUCCESS(0, "all planned quanta done, adopted, without work or tolerated"),
  INTERNAL(1, "internal error (a bug)"),
  USAGE(2, "usage, template or expression error; nothing ran"),
  INPUTS(3, "inputs: nothing selected, calibration or repository missing or unreadable"),
  POLICY(4, "finished, failure policy violated"),
  GATE(5, "a gate stops the run (with --auto: or waits), or an audit or comparison found errors"),
  INFRASTRUCTURE(6, "cluster or storage unavailable, or the disk stayed full"),
  LOCK(7, "lock or environment mismatch; refused"),
  CONFLICT(8, "run active elsewhere, or name exists with another frozen campaign"),
  RUNNING(9, "status only: the run has not ended"),
  INTERRUPTED(130, "interrupted, resumable"),
  TERMINATED(143, "terminated, resumable");

  private final int code;
  private final String meaning;

  ExitCode(int code, String meaning) {
    this.code = code;
    this.meaning = meaning;
  }

  public int code() {
    return code;
  }

  /** The exit code of a number; a bug when there is none. */
  public static ExitCode of(int code) {
    for (ExitCode one : values()) {
      if (one.code == code) {
        return one;
      }
    }
    return INTERNAL;
  }

  /** What each code means, by the code as text, for the help of the command line. */
  public static Map<String, String> meanings() {
    Map<String, String> out = new LinkedHashMap<>();
    for (ExitCode code : values()) {
      out.put(String.format(Locale.ROOT, "%3d", code.code), code.meaning);
    }
    return out;
  }
}
