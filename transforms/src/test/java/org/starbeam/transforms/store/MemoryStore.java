package org.starbeam.transforms.store;

import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.beam.sdk.io.FileSystem;
import org.apache.beam.sdk.io.FileSystemRegistrar;
import org.apache.beam.sdk.io.fs.CreateOptions;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResolveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptions;

/**
 * An object store in the memory of this process, {@code memory://bucket/...}: a file is there when
 * its channel was closed, as in stores. It can be made to fail.
 */
public final class MemoryStore extends FileSystem<MemoryStore.Id> {
  public static final Map<String, byte[]> FILES = new ConcurrentSkipListMap<>();

  /** Number of the next requests that the store has no time for. */
  public static final AtomicInteger BUSY = new AtomicInteger();

  /** Requests so far. */
  public static final AtomicInteger REQUESTS = new AtomicInteger();

  /** What it refuses everything with, or null. */
  public static volatile String refusal;

  /** Length at which written files are cut off; they are whole otherwise. */
  public static volatile int cut = Integer.MAX_VALUE;

  /** Makes it an empty store that works. */
  public static void reset() {
    FILES.clear();
    BUSY.set(0);
    REQUESTS.set(0);
    refusal = null;
    cut = Integer.MAX_VALUE;
  }

  /** Found by Beam. */
  public static final class Registrar implements FileSystemRegistrar {
    @Override
    public Iterable<FileSystem<?>> fromOptions(PipelineOptions options) {
      return List.of(new MemoryStore());
    }
  }

  /** A name. */
  public record Id(String uri) implements ResourceId {
    @Override
    public ResourceId resolve(String other, ResolveOptions options) {
      return new Id(uri + other);
    }

    @Override
    public ResourceId getCurrentDirectory() {
      return new Id(uri.substring(0, uri.lastIndexOf('/') + 1));
    }

    @Override
    public String getScheme() {
      return "memory";
    }

    @Override
    public String getFilename() {
      return uri.substring(uri.lastIndexOf('/') + 1);
    }

    @Override
    public boolean isDirectory() {
      return uri.endsWith("/");
    }

    @Override
    public String toString() {
      return uri;
    }
  }

  private static void ask() throws IOException {
    REQUESTS.incrementAndGet();
    String text = refusal;
    if (text != null) {
      throw new IOException(text);
    }
    if (BUSY.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      throw new IOException(
          new IllegalStateException("Please reduce your request rate. (Status Code: 503)"));
    }
  }

  @Override
  protected List<MatchResult> match(List<String> specs) throws IOException {
    ask();
    List<MatchResult> out = new ArrayList<>();
    for (String spec : specs) {
      String prefix = spec.endsWith("**") ? spec.substring(0, spec.length() - 2) : spec;
      List<MatchResult.Metadata> found =
          FILES.entrySet().stream()
              .filter(
                  e ->
                      spec.equals(prefix) ? e.getKey().equals(spec) : e.getKey().startsWith(prefix))
              .map(
                  e ->
                      MatchResult.Metadata.builder()
                          .setResourceId(new Id(e.getKey()))
                          .setSizeBytes(e.getValue().length)
                          .setLastModifiedMillis(1000)
                          .setIsReadSeekEfficient(true)
                          .build())
              .toList();
      out.add(
          found.isEmpty()
              ? MatchResult.create(MatchResult.Status.NOT_FOUND, new FileNotFoundException(spec))
              : MatchResult.create(MatchResult.Status.OK, found));
    }
    return out;
  }

  @Override
  protected WritableByteChannel create(Id id, CreateOptions options) throws IOException {
    ask();
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    WritableByteChannel into = Channels.newChannel(bytes);
    return new WritableByteChannel() {
      @Override
      public int write(ByteBuffer source) throws IOException {
        return into.write(source);
      }

      @Override
      public boolean isOpen() {
        return into.isOpen();
      }

      @Override
      public void close() throws IOException {
        ask();
        into.close();
        byte[] all = bytes.toByteArray();
        FILES.put(id.uri(), java.util.Arrays.copyOf(all, Math.min(cut, all.length)));
      }
    };
  }

  @Override
  protected ReadableByteChannel open(Id id) throws IOException {
    ask();
    byte[] bytes = FILES.get(id.uri());
    if (bytes == null) {
      throw new FileNotFoundException(id.uri());
    }
    return Channels.newChannel(new java.io.ByteArrayInputStream(bytes));
  }

  @Override
  protected void copy(List<Id> from, List<Id> to) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void rename(List<Id> from, List<Id> to, MoveOptions... options) {
    throw new UnsupportedOperationException();
  }

  @Override
  protected void delete(Collection<Id> ids) throws IOException {
    ask();
    ids.forEach(id -> FILES.remove(id.uri()));
  }

  @Override
  protected Id matchNewResource(String spec, boolean isDirectory) {
    return new Id(spec);
  }

  @Override
  protected String getScheme() {
    return "memory";
  }
}
