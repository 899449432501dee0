package org.starbeam.runners.cluster;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Which process listens where, from {@code /proc}; where that does not exist nothing is known. */
public final class Listeners {
  private static final String LISTENING = "0A";

  private Listeners() {}

  /**
   * A listening socket.
   *
   * @param address as the kernel writes it, little-endian hexadecimal
   */
  private record Socket(String address, int port, String inode) {}

  /** Addresses on which a process listens and that other hosts can reach. */
  public static Set<String> notLoopback(long pid) throws IOException {
    Set<String> inodes = sockets(Path.of("/proc/" + pid));
    Set<String> out = new TreeSet<>();
    for (Socket socket : listening()) {
      if (inodes.contains(socket.inode) && !isLoopback(socket.address)) {
        out.add(socket.address + ":" + socket.port);
      }
    }
    return out;
  }

  private static boolean isLoopback(String address) {
    // 127.0.0.0/8, the same mapped to IPv6, and ::1.
    return address.length() == 8
        ? address.endsWith("7F")
        : address.matches("0{16}FFFF0000.{6}7F") || address.equals("0".repeat(24) + "01000000");
  }

  /** Ports of the loopback or all addresses on which a process listens. */
  public static Set<Integer> ports(long pid) throws IOException {
    Set<String> inodes = sockets(Path.of("/proc/" + pid));
    Set<Integer> out = new TreeSet<>();
    for (Socket socket : listening()) {
      if (inodes.contains(socket.inode)) {
        out.add(socket.port);
      }
    }
    return out;
  }

  /** A port of the loopback that nobody listens on. */
  public static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** True when a server could listen on a port of the loopback. */
  static boolean isFree(int port) {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  /** Who listens on a port, as far as this user may know. */
  static Optional<ProcessHandle> owner(int port) throws IOException {
    Set<String> inodes = new TreeSet<>();
    listening().stream().filter(s -> s.port == port).forEach(s -> inodes.add(s.inode));
    if (inodes.isEmpty()) {
      return Optional.empty();
    }
    return ProcessHandle.allProcesses()
        .filter(
            process ->
                sockets(Path.of("/proc/" + process.pid())).stream().anyMatch(inodes::contains))
        .findFirst();
  }

  private static List<Socket> listening() throws IOException {
    List<Socket> out = new ArrayList<>();
    for (String table : List.of("/proc/net/tcp", "/proc/net/tcp6")) {
      if (!Files.isReadable(Path.of(table))) {
        continue;
      }
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] fields = line.strip().split("\\s+");
        if (fields.length > 9 && fields[3].equals(LISTENING)) {
          String[] local = fields[1].split(":");
          out.add(new Socket(local[0], Integer.parseInt(local[1], 16), fields[9]));
        }
      }
    }
    return out;
  }

  /** Inodes of the sockets that a process has open. */
  private static Set<String> sockets(Path process) {
    Set<String> out = new TreeSet<>();
    try (Stream<Path> open = Files.list(process.resolve("fd"))) {
      for (Path descriptor : open.toList()) {
        String target = target(descriptor);
        if (target.startsWith("socket:[")) {
          out.add(target.substring("socket:[".length(), target.length() - 1));
        }
      }
    } catch (IOException e) {
      // Another user's process, or one that has just ended.
    }
    return out;
  }

  private static String target(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString();
    } catch (IOException e) {
      return "";
    }
  }
}
