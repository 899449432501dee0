package org.starbeam.pipelines.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.UserException;

class InfluxSinkTest {
  @TempDir Path directory;

  private static List<String> lines(int from, int number) {
    return IntStream.range(from, from + number).mapToObj(i -> "m value=" + i + " " + i).toList();
  }

  @Test
  void aFileGetsEveryLine() throws IOException {
    Path file = directory.resolve("metrics/lines.txt");
    try (InfluxSink sink = InfluxSink.open("influx:file:" + file)) {
      sink.offer(lines(0, 5000));
    }
    assertThat(Files.readAllLines(file)).containsExactlyElementsOf(lines(0, 5000));
  }

  @Test
  void aDatabaseGetsBatches() throws IOException {
    Queue<String> bodies = new ConcurrentLinkedQueue<>();
    Queue<String> paths = new ConcurrentLinkedQueue<>();
    HttpServer database =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    database.createContext(
        "/",
        exchange -> {
          paths.add(exchange.getRequestURI().toString());
          bodies.add(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    database.start();
    String address = "influx:http://127.0.0.1:" + database.getAddress().getPort() + "/starbeam";
    try (InfluxSink sink = InfluxSink.open(address)) {
      sink.offer(lines(0, 4100));
    }
    database.stop(0);
    assertThat(String.join("", bodies)).isEqualTo(String.join("\n", lines(0, 4100)) + "\n");
    assertThat(bodies.size()).isBetween(3, 20);
    assertThat(paths).allMatch(p -> p.equals("/write?precision=ns&db=starbeam"));
  }

  @Test
  void aSinkThatHangsNeverMakesTheRunWait() throws Exception {
    CountDownLatch never = new CountDownLatch(1);
    InfluxSink sink = new InfluxSink("stuck", text -> never.await(), 100);
    long start = System.nanoTime();
    for (int i = 0; i < 200; i++) {
      sink.offer(lines(i * 100, 100));
    }
    double seconds = (System.nanoTime() - start) / 1e9;
    assertThat(seconds).isLessThan(1);
    assertThat(sink.dropped()).isGreaterThan(19_000 - 2000);
    never.countDown();
    sink.close();
    assertThat(sink.dropped() + sink.sent()).isEqualTo(20_000);
  }

  @Test
  void aDeadDatabaseCostsLinesAndNotTime() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    long start = System.nanoTime();
    InfluxSink sink = InfluxSink.open("influx:http://127.0.0.1:" + free + "/db");
    sink.offer(lines(0, 300));
    sink.close();
    assertThat((System.nanoTime() - start) / 1e9).isLessThan(4);
    assertThat(sink.dropped()).isEqualTo(300);
  }

  @Test
  void anAddressThatIsNoneIsRefused() {
    for (String text :
        new String[] {"influx:ftp://h/db", "influx:http://h", "http://h/db", "influx:http:// /x"}) {
      assertThatThrownBy(() -> InfluxSink.open(text))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("influx:file:PATH");
    }
  }
}
