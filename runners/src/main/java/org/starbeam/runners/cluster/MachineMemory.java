package org.starbeam.runners.cluster;

import java.lang.management.ManagementFactory;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/** Memory of this machine, and sizes as people write them. */
public final class MachineMemory {
  private static final Pattern SIZE = Pattern.compile("([0-9]{1,7})\\s*([mMgG])(i?[bB])?");
  private static final long UNKNOWN = 8192;

  private MachineMemory() {}

  /** MiB of the machine, or of the container. */
  public static long mebibytes() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? machine.getTotalMemorySize() >> 20
        : UNKNOWN;
  }

  /**
   * MiB of a size like 2000m, 8g or 8GiB.
   *
   * @param option the option that has it, for the message when it is no size
   */
  static int parse(String option, String text) {
    Matcher parts = SIZE.matcher(text.strip());
    if (!parts.matches()) {
      throw new UserException(
          ExitCode.USAGE, option + " " + text + ": expected a size like 2000m, 8g or 8GiB");
    }
    long number = Long.parseLong(parts.group(1));
    long size = parts.group(2).equalsIgnoreCase("g") ? number * 1024 : number;
    return (int) Math.min(size, Integer.MAX_VALUE);
  }
}
