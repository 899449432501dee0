package org.starbeam.transforms.store;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files of object stores on the disk of this node, for all processes of a user. A file is kept
 * under a hash of its place in the store and of its content, so what is found is what was asked
 * for; it appears by a rename, whole. When the cache has grown over its size, the files that nobody
 * has asked for the longest go, but none that was asked for in the last minutes or is held.
 *
 * <p>The directory is {@code STARBEAM_CACHE} (default {@code ~/.cache/starbeam}), its size {@code
 * STARBEAM_CACHE_SIZE} (default 20GiB, and never more than half of what the disk has left).
 */
public final class DiskCache {
  private static final Logger LOG = LoggerFactory.getLogger(DiskCache.class);
  private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*(|[KMGT])(i?B)?");
  private static final long DEFAULT_BYTES = 20L << 30;
  private static final long GRACE_MILLIS = 300_000;
  private static final long TOUCH_MILLIS = 60_000;
  private static final long STAGING_MILLIS = 24 * 3_600_000L;
  private static final double FULL = 0.9;
  private static final int NAME_LENGTH = 80;

  /** One for each directory that this process has used: what it holds is held by all. */
  private static final Map<Path, DiskCache> OF_NODE = new ConcurrentHashMap<>();

  private final Path directory;
  private final long mostBytes;
  private final long graceMillis;
  private final Map<String, Object> loading = new ConcurrentHashMap<>();
  private final Map<Path, Integer> held = new ConcurrentHashMap<>();
  private long bytes = -1;
  private @Nullable ScheduledExecutorService toucher;

  /**
   * @param graceMillis how long a file stays for sure after it was asked for
   */
  DiskCache(Path directory, long mostBytes, long graceMillis) {
    this.directory = directory;
    this.mostBytes = mostBytes;
    this.graceMillis = graceMillis;
  }

  /** Writes a file that is not in the cache. */
  @FunctionalInterface
  interface Filler {
    void fill(Path file) throws IOException;
  }

  /** The cache of this node. */
  public static DiskCache ofNode() {
    return OF_NODE.computeIfAbsent(
        place(System.getenv("STARBEAM_CACHE"), System.getenv("XDG_CACHE_HOME")),
        place -> {
          DiskCache cache = new DiskCache(place, size(place), GRACE_MILLIS);
          cache.sweep();
          return cache;
        });
  }

  /** Where the cache of this node is. */
  public Path directory() {
    return directory;
  }

  private static Path place(@Nullable String own, @Nullable String user) {
    String property = System.getProperty("starbeam.cache", own == null ? "" : own);
    if (!property.isEmpty()) {
      return Path.of(property).toAbsolutePath().normalize();
    }
    Path base =
        user == null || user.isEmpty()
            ? Path.of(System.getProperty("user.home"), ".cache")
            : Path.of(user);
    return base.resolve("starbeam").toAbsolutePath().normalize();
  }

  private static long size(Path directory) {
    String text = System.getenv("STARBEAM_CACHE_SIZE");
    if (text != null && !text.isEmpty()) {
      return bytes(text);
    }
    try {
      Files.createDirectories(directory);
      return Math.min(DEFAULT_BYTES, Files.getFileStore(directory).getUsableSpace() / 2);
    } catch (IOException e) {
      return DEFAULT_BYTES;
    }
  }

  /** {@code 20GiB} in bytes. */
  static long bytes(String text) {
    Matcher parts = SIZE.matcher(text.strip());
    if (!parts.matches()) {
      throw new org.starbeam.failure.BadInputException(
          "BAD_SIZE", "STARBEAM_CACHE_SIZE " + text + ": expected a size such as 20GiB");
    }
    int power = "KMGT".indexOf(parts.group(2).isEmpty() ? "?" : parts.group(2)) + 1;
    return Long.parseLong(parts.group(1)) << 10 * power;
  }

  /**
   * The local file of a file of a store, made when it is not there.
   *
   * @param version stands for the content
   */
  Path get(String uri, String version, Filler filler) throws IOException {
    Path file = file(uri, version);
    if (isThere(file)) {
      return file;
    }
    String key = file.toString();
    Object lock = loading.computeIfAbsent(key, k -> new Object());
    try {
      synchronized (lock) {
        if (!isThere(file)) {
          Path temporary = staging(String.valueOf(file.getFileName()));
          try {
            filler.fill(temporary);
            enter(temporary, file);
          } finally {
            Files.deleteIfExists(temporary);
          }
        }
      }
    } finally {
      loading.remove(key, lock);
    }
    return file;
  }

  /** Takes a local file that has just been put into the store; the file is gone afterwards. */
  void take(String uri, String version, Path local) throws IOException {
    enter(local, file(uri, version));
  }

  /** What is here under one version is here under another as well. */
  void alias(String uri, String version, String other) {
    Path file = file(uri, version);
    Path as = file(uri, other);
    try {
      if (Files.exists(file) && !Files.exists(as)) {
        Files.createDirectories(as.getParent());
        Files.createLink(as, file);
      }
    } catch (FileAlreadyExistsException | NoSuchFileException e) {
      LOG.debug("{}: another process was there first", as);
    } catch (IOException | UnsupportedOperationException e) {
      LOG.debug("{} is read again: {}", uri, e.toString());
    }
  }

  /** A place for a file that is to be taken. */
  Path staging(String name) throws IOException {
    Path place = Files.createDirectories(directory.resolve("staging"));
    return place.resolve(UUID.randomUUID() + "-" + name);
  }

  /** Keeps a file that was got until {@link #release}. */
  void hold(Path file) {
    held.merge(file, 1, Integer::sum);
    synchronized (this) {
      if (toucher == null) {
        toucher =
            Executors.newSingleThreadScheduledExecutor(
                task -> {
                  Thread thread = new Thread(task, "starbeam-cache");
                  thread.setDaemon(true);
                  return thread;
                });
        toucher.scheduleWithFixedDelay(
            () -> held.keySet().forEach(DiskCache::touch),
            TOUCH_MILLIS,
            TOUCH_MILLIS,
            TimeUnit.MILLISECONDS);
      }
    }
  }

  void release(Path file) {
    held.computeIfPresent(file, (f, n) -> n == 1 ? null : n - 1);
  }

  private Path file(String uri, String version) {
    String hash = hash(uri + "|" + version);
    String name = uri.substring(uri.lastIndexOf('/') + 1).replaceAll("[^A-Za-z0-9_.=,+-]", "_");
    String end = name.substring(Math.max(0, name.length() - NAME_LENGTH));
    return directory
        .resolve("objects")
        .resolve(hash.substring(0, 2))
        .resolve(hash.substring(2, 32) + "-" + end);
  }

  private static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  private static boolean isThere(Path file) {
    try {
      long age = System.currentTimeMillis() - Files.getLastModifiedTime(file).toMillis();
      if (age > TOUCH_MILLIS) {
        touch(file);
      }
      return true;
    } catch (IOException e) {
      return false;
    }
  }

  private static void touch(Path file) {
    try {
      Files.setLastModifiedTime(file, FileTime.fromMillis(System.currentTimeMillis()));
    } catch (IOException e) {
      LOG.debug("{}: {}", file, e.toString());
    }
  }

  private void enter(Path local, Path file) throws IOException {
    Files.createDirectories(file.getParent());
    long size = Files.size(local);
    touch(local);
    try {
      Files.move(local, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (java.nio.file.AtomicMoveNotSupportedException e) {
      Path beside = staging(String.valueOf(file.getFileName()));
      Files.copy(local, beside);
      Files.move(beside, file, StandardCopyOption.ATOMIC_MOVE);
      Files.delete(local);
    }
    grown(size);
  }

  private synchronized void grown(long by) {
    bytes = bytes < 0 ? -1 : bytes + by;
    if (bytes < 0 || bytes > mostBytes) {
      evict();
    }
  }

  /** A file of the cache. */
  private record Kept(Path file, long bytes, long usedMs) {}

  /** Looks at all files, those of other processes too, and removes what is too much. */
  private void evict() {
    List<Kept> files = new ArrayList<>();
    walk(directory.resolve("objects"), files);
    long sum = files.stream().mapToLong(Kept::bytes).sum();
    if (sum > mostBytes) {
      long young = System.currentTimeMillis() - graceMillis;
      files.sort(Comparator.comparingLong(Kept::usedMs));
      for (Kept one : files) {
        if (sum <= mostBytes * FULL || one.usedMs > young) {
          break;
        }
        if (!held.containsKey(one.file)) {
          try {
            Files.deleteIfExists(one.file);
            sum -= one.bytes;
          } catch (IOException e) {
            LOG.debug("{}: {}", one.file, e.toString());
          }
        }
      }
      if (sum > mostBytes) {
        LOG.debug(
            String.format(
                Locale.ROOT, "the cache has %,d bytes of %,d, all in use", sum, mostBytes));
      }
    }
    // Where all is in use, the next look is due when a tenth has been added.
    bytes = Math.min(sum, (long) (mostBytes * FULL));
  }

  /** Removes what processes that died were writing. */
  private void sweep() {
    List<Kept> left = new ArrayList<>();
    walk(directory.resolve("staging"), left);
    long old = System.currentTimeMillis() - STAGING_MILLIS;
    for (Kept one : left) {
      if (one.usedMs < old) {
        try {
          Files.deleteIfExists(one.file);
        } catch (IOException e) {
          LOG.debug("{}: {}", one.file, e.toString());
        }
      }
    }
  }

  private static void walk(Path top, List<Kept> out) {
    if (!Files.isDirectory(top)) {
      return;
    }
    try {
      Files.walkFileTree(
          top,
          new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
              out.add(new Kept(file, attributes.size(), attributes.lastModifiedTime().toMillis()));
              return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) {
              return FileVisitResult.CONTINUE;
            }
          });
    } catch (IOException e) {
      throw new UncheckedIOException("cache " + top, e);
    }
  }
}
