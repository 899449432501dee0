package org.starbeam.transforms.log;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The name of this machine. Where no name service knows it, the one that the machine has for
 * itself: two machines that share a repository must not take each other for the same, because the
 * holder of a lease is looked for among the processes of its machine.
 */
public final class HostName {
  private static final Path OWN = Path.of("/proc/sys/kernel/hostname");
  private static final String HERE = find();

  private HostName() {}

  /** The name of this machine; {@code localhost} when nobody knows one. */
  public static String here() {
    return HERE;
  }

  /** The name of this process, its number and the machine: {@code 123@host}. */
  public static String process() {
    return ProcessHandle.current().pid() + "@" + HERE;
  }

  private static String find() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return own();
    }
  }

  private static String own() {
    try {
      return Files.readString(OWN).strip();
    } catch (IOException e) {
      return "localhost";
    }
  }
}
