package org.starbeam.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.gaul.s3proxy.AuthenticationType;
import org.gaul.s3proxy.S3Proxy;
import org.jclouds.ContextBuilder;
import org.jclouds.blobstore.BlobStore;
import org.jclouds.blobstore.BlobStoreContext;
import org.jclouds.blobstore.domain.StorageMetadata;
import org.jclouds.blobstore.domain.StorageType;
import org.jclouds.blobstore.options.ListContainerOptions;
import org.starbeam.transforms.store.StoreOptions;

/**
 * A local S3 server (S3Proxy, signatures of version 4 required) behind a gate that can be shut:
 * then everybody hears 503 Slow Down. While it is open the process finds server and credentials
 * where the AWS tools find them, in its system properties.
 */
final class S3Server implements AutoCloseable {
  static final String BUCKET = "survey";
  static final String KEY_ID = "starbeam-test";
  static final String SECRET = "not-a-secret-but-looked-for";

  private static final String SLOW_DOWN =
      "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Please reduce your request"
          + " rate.</Message></Error>";

  private final BlobStoreContext context;
  private final S3Proxy server;
  private final ServerSocket gate;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private final AtomicInteger refused = new AtomicInteger();
  private final Map<String, String> before = new TreeMap<>();
  private volatile boolean shut;

  private S3Server(BlobStoreContext context, S3Proxy server, ServerSocket gate) {
    this.context = context;
    this.server = server;
    this.gate = gate;
  }

  /** A server whose objects lie below a directory. */
  static S3Server start(Path directory) throws Exception {
    Files.createDirectories(directory);
    Properties where = new Properties();
    where.setProperty("jclouds.filesystem.basedir", directory.toString());
    BlobStoreContext context =
        ContextBuilder.newBuilder("filesystem").overrides(where).build(BlobStoreContext.class);
    S3Proxy proxy =
        S3Proxy.builder()
            .blobStore(context.getBlobStore())
            .endpoint(URI.create("http://127.0.0.1:0"))
            .awsAuthentication(AuthenticationType.AWS_V2_OR_V4, KEY_ID, SECRET)
            .ignoreUnknownHeaders(true)
            .build();
    proxy.start();
    while (!proxy.getState().equals("STARTED")) {
      Thread.sleep(10);
    }
    S3Server server =
        new S3Server(context, proxy, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    server.store().createContainerInLocation(null, BUCKET);
    Thread thread = new Thread(server::accept, "s3-gate");
    thread.setDaemon(true);
    thread.start();
    server.tell();
    return server;
  }

  private BlobStore store() {
    return context.getBlobStore();
  }

  private void tell() {
    Map<String, String> settings =
        Map.of(
            "aws.endpointUrlS3",
            endpoint(),
            "aws.accessKeyId",
            KEY_ID,
            "aws.secretAccessKey",
            SECRET,
            "aws.region",
            "us-east-1");
    settings.forEach((name, value) -> before.put(name, System.setProperty(name, value)));
    // Earlier pipelines of this process have told Beam of another server, or of none.
    FileSystems.setDefaultPipelineOptions(
        PipelineOptionsFactory.fromArgs(StoreOptions.arguments(List.of())).create());
  }

  String endpoint() {
    return "http://127.0.0.1:" + gate.getLocalPort();
  }

  /** Lets nobody in any more, and ends the conversations that go on. */
  void shut() {
    shut = true;
    open.forEach(S3Server::close);
  }

  void open() {
    shut = false;
  }

  /** How many requests have heard 503. */
  int refused() {
    return refused.get();
  }

  /** Puts the files below a directory into the bucket. */
  void upload(Path directory, String prefix) throws IOException {
    try (Stream<Path> files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String key = prefix + "/" + directory.relativize(file).toString().replace('\\', '/');
        store()
            .putBlob(
                BUCKET,
                store()
                    .blobBuilder(key)
                    .payload(file.toFile())
                    .contentLength(Files.size(file))
                    .build());
      }
    }
  }

  /** Keys of the bucket that begin with a prefix. */
  List<String> keys(String prefix) {
    List<String> out = new ArrayList<>();
    String marker = null;
    do {
      ListContainerOptions options = new ListContainerOptions().prefix(prefix).recursive();
      var page = store().list(BUCKET, marker == null ? options : options.afterMarker(marker));
      page.stream()
          .filter(entry -> entry.getType() == StorageType.BLOB)
          .map(StorageMetadata::getName)
          .forEach(out::add);
      marker = page.getNextMarker();
    } while (marker != null);
    return out;
  }

  void delete(String key) {
    store().removeBlob(BUCKET, key);
  }

  private void accept() {
    while (!gate.isClosed()) {
      try {
        Socket client = gate.accept();
        Thread thread = new Thread(() -> serve(client), "s3-client");
        thread.setDaemon(true);
        thread.start();
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      if (shut) {
        refuse(client);
        return;
      }
      try (Socket inner = new Socket(InetAddress.getLoopbackAddress(), server.getPort())) {
        open.add(client);
        open.add(inner);
        Thread back = new Thread(() -> pass(inner, client), "s3-answers");
        back.setDaemon(true);
        back.start();
        pass(client, inner);
        back.join();
      } finally {
        open.remove(client);
      }
    } catch (IOException | InterruptedException e) {
      // The client hears that from its own end of the line.
    }
  }

  private void refuse(Socket client) throws IOException {
    refused.incrementAndGet();
    byte[] some = new byte[1 << 14];
    client.getInputStream().read(some);
    String head =
        "HTTP/1.1 503 Slow Down\r\nContent-Type: application/xml\r\nConnection: close\r\n"
            + "Content-Length: "
            + SLOW_DOWN.length()
            + "\r\n\r\n";
    OutputStream out = client.getOutputStream();
    out.write((head + SLOW_DOWN).getBytes(StandardCharsets.US_ASCII));
    out.flush();
    client.shutdownOutput();
  }

  private void pass(Socket from, Socket to) {
    try {
      InputStream in = from.getInputStream();
      in.transferTo(to.getOutputStream());
      to.shutdownOutput();
    } catch (IOException e) {
      close(from);
      close(to);
    } finally {
      open.remove(from);
    }
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() throws Exception {
    before.forEach(
        (name, value) -> {
          if (value == null) {
            System.clearProperty(name);
          } else {
            System.setProperty(name, value);
          }
        });
    gate.close();
    open.forEach(S3Server::close);
    server.stop();
    context.close();
  }
}
