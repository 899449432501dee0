package org.starbeam.runners.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

@EnabledOnOs(OS.LINUX)
class ListenersTest {
  private static final long PID = ProcessHandle.current().pid();

  @Test
  void portInUseHasAnOwner() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      assertThat(Listeners.isFree(socket.getLocalPort())).isFalse();
      assertThat(Listeners.owner(socket.getLocalPort()))
          .hasValueSatisfying(process -> assertThat(process.pid()).isEqualTo(PID));
      assertThat(Listeners.ports(PID)).contains(socket.getLocalPort());
    }
  }

  @Test
  void serverOnAllAddressesIsSeenAndOneOnTheLoopbackIsNot() throws IOException {
    try (ServerSocket open = new ServerSocket(0);
        ServerSocket closed = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket closed6 = new ServerSocket(0, 1, InetAddress.getByName("::1"))) {
      assertThat(Listeners.notLoopback(PID))
          .anyMatch(address -> address.endsWith(":" + open.getLocalPort()))
          .noneMatch(address -> address.endsWith(":" + closed.getLocalPort()))
          .noneMatch(address -> address.endsWith(":" + closed6.getLocalPort()));
    }
  }
}
