package org.starbeam.transforms.store;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.beam.sdk.io.FileSystems;
import org.apache.beam.sdk.io.fs.EmptyMatchTreatment;
import org.apache.beam.sdk.io.fs.MatchResult;
import org.apache.beam.sdk.io.fs.MoveOptions;
import org.apache.beam.sdk.io.fs.ResourceId;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.starbeam.failure.BadInputException;

/**
 * Whole files in object stores ({@code s3://}, {@code gs://}, {@code hdfs://}), through Beam's file
 * systems. A file is put in one piece: others see all of it or nothing, and what was there before
 * until then. What a store does not answer at once is asked again with growing pauses for as long
 * as the patience lasts; then it is a {@link StoreUnavailableException}. What is not there is a
 * {@link NoSuchFileException}.
 */
public final class StoreFiles {
  private static final Logger LOG = LoggerFactory.getLogger(StoreFiles.class);
  private static final Pattern URI = Pattern.compile("([a-z][a-z0-9+.-]*)://([^/?#]+)(/[^?#]*)?");
  private static final Pattern STATUS = Pattern.compile("[Ss]tatus [Cc]ode: (\\d{3})");
  private static final Set<String> LOCAL = Set.of("file", "nofile");
  private static final int BLOCK = 1 << 20;

  /** The store whose files are seen while they are written: there they are put by a rename. */
  private static final String GROWING = "hdfs";

  private static final long FIRST_PAUSE_MILLIS = 200;
  private static final long LONGEST_PAUSE_MILLIS = 15_000;
  private static final int CAUSES = 12;
  private static final int NOT_IMPLEMENTED = 501;

  /** Answers of the kind of refusals that another time may be others. */
  private static final Set<Integer> AGAIN = Set.of(408, 425, 429);

  /** How long quanta ask a store again before their run is held up. */
  public static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Duration patience;

  private StoreFiles(Duration patience) {
    this.patience = patience;
  }

  public static StoreFiles patient() {
    return new StoreFiles(PATIENCE);
  }

  /** For a first look at a store: whoever waits for it is to hear soon that it is not there. */
  public static StoreFiles impatient() {
    return new StoreFiles(Duration.ofSeconds(3));
  }

  /** A file of a store. */
  public record Entry(String uri, long bytes, long modifiedMs) {}

  /** True for a place in an object store, false for a path of the file system. */
  public static boolean isUri(String place) {
    int end = place.indexOf("://");
    return end > 0 && place.matches("[a-z][a-z0-9+.-]*://.*") && !LOCAL.contains(scheme(place));
  }

  private static String scheme(String uri) {
    return uri.substring(0, uri.indexOf("://"));
  }

  /**
   * A place in a store as it is kept: without a slash at its end.
   *
   * @throws BadInputException {@code BAD_STORE} when it is none or carries credentials
   */
  public static String checked(String uri) {
    Matcher parts = URI.matcher(uri);
    if (!parts.matches() || LOCAL.contains(parts.group(1))) {
      throw new BadInputException(
          "BAD_STORE",
          "'" + uri + "' is no place in an object store; expected for example s3://bucket/prefix");
    }
    if (parts.group(2).contains("@")) {
      throw new BadInputException(
          "BAD_STORE",
          "the place in the store must not carry credentials; give them by the environment or a"
              + " profile of the provider");
    }
    if (uri.matches(".*[*?\\[\\]{}\\\\].*") || uri.contains("/../") || uri.endsWith("/..")) {
      throw new BadInputException("BAD_STORE", "'" + uri + "' has characters that are patterns");
    }
    return uri.replaceAll("/+$", "");
  }

  /**
   * Makes the file system of a place known to Beam, if this process has none yet.
   *
   * @throws BadInputException {@code BAD_STORE} when this build does not have it
   */
  private static synchronized void register(String uri) {
    if (isKnown(uri)) {
      return;
    }
    FileSystems.setDefaultPipelineOptions(
        PipelineOptionsFactory.fromArgs(StoreOptions.dashed(StoreOptions.current())).create());
    if (!isKnown(uri)) {
      throw new BadInputException(
          "BAD_STORE",
          "this build has no file system for "
              + scheme(uri)
              + "://; s3:// is always there, others are chosen when Starbeam is built, see the"
              + " operator guide, \"Object stores\"");
    }
  }

  private static boolean isKnown(String uri) {
    try {
      return FileSystems.matchNewResource(uri.replaceAll("/+$", "") + "/x", false) != null;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** A file, or null when it is not there. */
  public @Nullable Entry find(String uri) throws IOException {
    return asked(
        "look at " + uri,
        uri,
        () -> {
          MatchResult result = FileSystems.match(uri, EmptyMatchTreatment.ALLOW);
          if (result.status() == MatchResult.Status.NOT_FOUND) {
            return null;
          }
          List<MatchResult.Metadata> found = result.metadata();
          return found.isEmpty() ? null : entry(found.get(0));
        });
  }

  /** All files whose names begin with a prefix and a slash, in the order of their names. */
  public List<Entry> list(String prefix) throws IOException {
    List<Entry> found =
        asked(
            "list " + prefix,
            prefix,
            () -> {
              MatchResult result = FileSystems.match(prefix + "/**", EmptyMatchTreatment.ALLOW);
              List<Entry> out = new ArrayList<>();
              if (result.status() != MatchResult.Status.NOT_FOUND) {
                result.metadata().forEach(one -> out.add(entry(one)));
              }
              return out;
            });
    return found == null
        ? List.of()
        : found.stream()
            .filter(e -> !e.uri.endsWith("/"))
            .sorted(Comparator.comparing(Entry::uri))
            .toList();
  }

  private static Entry entry(MatchResult.Metadata one) {
    return new Entry(one.resourceId().toString(), one.sizeBytes(), one.lastModifiedMillis());
  }

  /** Copies a file of the store to a local file that must not exist; returns its length. */
  public long get(String uri, Path target) throws IOException {
    Long bytes =
        asked(
            "read " + uri,
            uri,
            () -> {
              Files.deleteIfExists(target);
              try (ReadableByteChannel in = FileSystems.open(resource(uri));
                  FileChannel out =
                      FileChannel.open(
                          target, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
                return copy(in, out);
              }
            });
    return bytes == null ? 0 : bytes;
  }

  /**
   * Puts a local file into the store, in the place of what was there, and looks that it has come
   * through whole.
   */
  public void put(Path source, String uri) throws IOException {
    long bytes = Files.size(source);
    asked(
        "write " + uri,
        uri,
        () -> {
          if (scheme(uri).equals(GROWING)) {
            String name = uri.substring(uri.lastIndexOf('/') + 1);
            String temporary =
                uri.substring(0, uri.length() - name.length())
                    + "."
                    + name
                    + "."
                    + UUID.randomUUID()
                    + ".tmp";
            write(source, temporary);
            FileSystems.delete(
                List.of(resource(uri)), MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
            FileSystems.rename(List.of(resource(temporary)), List.of(resource(uri)));
          } else {
            write(source, uri);
          }
          MatchResult.Metadata put = FileSystems.matchSingleFileSpec(uri);
          if (put.sizeBytes() != bytes) {
            throw new IOException(
                uri + " has " + put.sizeBytes() + " bytes after " + bytes + " were written");
          }
          return null;
        });
  }

  private static void write(Path source, String uri) throws IOException {
    // A channel that was not closed has put nothing.
    WritableByteChannel out = FileSystems.create(resource(uri), "application/octet-stream");
    try (FileChannel in = FileChannel.open(source, StandardOpenOption.READ)) {
      copy(in, out);
    }
    out.close();
  }

  /** Removes files; those that are not there do not count. */
  public void delete(List<String> uris) throws IOException {
    if (!uris.isEmpty()) {
      asked(
          "delete " + uris.get(0) + (uris.size() > 1 ? " and " + (uris.size() - 1) + " more" : ""),
          uris.get(0),
          () -> {
            FileSystems.delete(
                uris.stream().map(StoreFiles::resource).toList(),
                MoveOptions.StandardMoveOptions.IGNORE_MISSING_FILES);
            return null;
          });
    }
  }

  private static ResourceId resource(String uri) {
    return FileSystems.matchNewResource(uri, false);
  }

  private static long copy(ReadableByteChannel in, WritableByteChannel out) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(BLOCK);
    long sum = 0;
    for (int bytes = in.read(buffer); bytes >= 0; bytes = in.read(buffer)) {
      if (bytes == 0) {
        throw new IOException("ended after " + sum + " bytes, before its end");
      }
      buffer.flip();
      sum += buffer.remaining();
      while (buffer.hasRemaining()) {
        out.write(buffer);
      }
      buffer.clear();
    }
    return sum;
  }

  /** Something that a store is asked. */
  @FunctionalInterface
  private interface Question<T> {
    @Nullable T ask() throws IOException;
  }

  private <T> @Nullable T asked(String what, String uri, Question<T> question) throws IOException {
    register(uri);
    long begin = System.nanoTime();
    long pause = FIRST_PAUSE_MILLIS;
    for (int attempt = 1; ; attempt++) {
      try {
        return question.ask();
      } catch (IOException | RuntimeException e) {
        if (isMissing(e)) {
          throw (IOException) new NoSuchFileException(uri).initCause(e);
        }
        if (isOfThisProgram(e)) {
          throw e;
        }
        if (isInterrupted(e)) {
          throw (IOException) new InterruptedIOException("cannot " + what).initCause(e);
        }
        boolean refused = isRefused(e);
        if (refused || System.nanoTime() - begin > patience.toNanos()) {
          throw new StoreUnavailableException("cannot " + what + ": " + reason(e), e);
        }
        LOG.info("attempt {} to {}: {}; asked again", attempt, what, reason(e));
      }
      sleep(what, pause);
      pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
    }
  }

  private static void sleep(String what, long millis) throws IOException {
    try {
      Thread.sleep(millis / 2 + ThreadLocalRandom.current().nextLong(millis));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw (IOException) new InterruptedIOException("cannot " + what).initCause(e);
    }
  }

  /** Not there, as the file systems say it themselves; a bucket that is not there is a refusal. */
  private static boolean isMissing(Throwable error) {
    Throwable at = error;
    for (int i = 0; at != null && i < CAUSES; i++, at = at.getCause()) {
      if (at instanceof FileNotFoundException || at instanceof NoSuchFileException) {
        return true;
      }
      if (at.getClass().getSimpleName().equals("NoSuchKeyException")) {
        return true;
      }
    }
    return false;
  }

  /** A fault of this program or of the disk here, which no store can mend. */
  private static boolean isOfThisProgram(Exception error) {
    return error.getClass().getName().startsWith("java.lang.")
        || error instanceof java.nio.file.FileSystemException
        || String.valueOf(error.getMessage()).contains("No space left");
  }

  private static boolean isInterrupted(Throwable error) {
    Throwable at = error;
    for (int i = 0; at != null && i < CAUSES; i++, at = at.getCause()) {
      if (at instanceof InterruptedException
          || (at instanceof InterruptedIOException
              && !(at instanceof java.net.SocketTimeoutException))
          || at instanceof java.nio.channels.ClosedByInterruptException) {
        return true;
      }
    }
    return Thread.currentThread().isInterrupted();
  }

  /** Answers that stay the same however often one asks. */
  private static boolean isRefused(Throwable error) {
    Throwable at = error;
    for (int i = 0; at != null && i < CAUSES; i++, at = at.getCause()) {
      String message = String.valueOf(at.getMessage());
      Matcher status = STATUS.matcher(message);
      if (status.find()) {
        int code = Integer.parseInt(status.group(1));
        return (code >= 400 && code < 500 && !AGAIN.contains(code)) || code == NOT_IMPLEMENTED;
      }
      if (message.contains("Unable to load credentials")) {
        return true;
      }
    }
    return false;
  }

  /** The innermost message. */
  private static String reason(Throwable error) {
    Throwable root = error;
    Throwable at = error.getCause();
    for (int i = 0; at != null && i < CAUSES; i++, at = at.getCause()) {
      if (at.getMessage() != null) {
        root = at;
      }
    }
    String name = root.getClass().getSimpleName();
    String message = root.getMessage();
    return message == null ? name : name + ": " + message;
  }
}
