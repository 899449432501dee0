package org.starbeam.transforms.quantum;

import java.net.InetAddress;
import java.net.UnknownHostException;

/** The name of this machine, as records of the ledger and leases have it. */
public final class HostName {
  private static final String NAME = find();

  private HostName() {}

  /** The name; {@code localhost} where the machine does not know its own. */
  public static String get() {
    return NAME;
  }

  private static String find() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }
}
