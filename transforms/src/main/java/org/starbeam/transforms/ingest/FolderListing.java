package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * Lists the folders of a watched input that have changed since they were listed last. Names already
 * known cost a look at the name only. A folder counts as unchanged when its time of change is the
 * one of the last listing and was more than two seconds old then, because clocks of file systems
 * tick; every folder is listed once a minute whatever its time.
 */
final class FolderListing {
  private static final long TICK_MS = 2000;
  private static final long AT_LEAST_EVERY_MS = 60_000;
  private static final int DEPTH = 12;

  /** A name that has not been seen. */
  record Found(String folder, String name) {
    String path() {
      return ArrivalState.path(folder, name);
    }
  }

  private final Path root;
  private final ArrivalState state;
  private final long nowMs;
  private final boolean all;
  private final List<Found> frames = new ArrayList<>();
  private final List<ArrivalState.Step.Listed> listed = new ArrayList<>();
  private final TreeSet<String> sentinels = new TreeSet<>();

  /**
   * @param all true to list all folders
   */
  FolderListing(Path root, ArrivalState state, long nowMs, boolean all) {
    this.root = root;
    this.state = state;
    this.nowMs = nowMs;
    this.all = all;
  }

  /** Lists the input directory itself for sentinels, and what is below raw/ and calibrated/. */
  FolderListing list() throws IOException {
    try (DirectoryStream<Path> names = Files.newDirectoryStream(root)) {
      names.forEach(path -> addSentinel(name(path)));
    }
    for (String folder : List.of(RawInputs.RAW, RawInputs.CALIBRATED)) {
      if (Files.isDirectory(root.resolve(folder))) {
        list(folder, 0);
      }
    }
    return this;
  }

  /** Frames that have not been seen, hidden and temporary names left out. */
  List<Found> frames() {
    return frames;
  }

  /** What to remember of the folders that were listed. */
  List<ArrivalState.Step.Listed> listed() {
    return listed;
  }

  /** Names of the sentinels that were seen in this listing. */
  TreeSet<String> sentinels() {
    return sentinels;
  }

  private void list(String folder, int depth) throws IOException {
    ArrivalState.Folder before = state.folder(folder);
    List<String> children = before.children();
    try {
      Path path = root.resolve(folder);
      long modified = Files.getLastModifiedTime(path).toMillis();
      if (all || hasChanged(before, modified)) {
        children = children(folder, path, before);
        listed.add(new ArrivalState.Step.Listed(folder, modified, nowMs, children));
      }
    } catch (NoSuchFileException e) {
      return;
    }
    if (depth < DEPTH) {
      for (String child : children) {
        list(ArrivalState.path(folder, child), depth + 1);
      }
    }
  }

  private boolean hasChanged(ArrivalState.Folder before, long modified) {
    return modified != before.modifiedMs()
        || modified > before.listedMs() - TICK_MS
        || nowMs > before.listedMs() + AT_LEAST_EVERY_MS;
  }

  private List<String> children(String folder, Path path, ArrivalState.Folder before)
      throws IOException {
    List<String> children = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(path)) {
      for (Path entry : entries) {
        String name = name(entry);
        if (name.startsWith(".") || addSentinel(name)) {
          continue;
        }
        if (RawInputs.isFrameName(name)) {
          if (!before.knows(name)) {
            frames.add(new Found(folder, name));
          }
        } else if (Files.isDirectory(entry)) {
          children.add(name);
        }
      }
    }
    return children.stream().sorted().toList();
  }

  private boolean addSentinel(String name) {
    boolean is = name.equals(RawArrivals.CAMPAIGN_DONE) || name.startsWith(RawArrivals.NIGHT_DONE);
    if (is) {
      sentinels.add(name);
    }
    return is;
  }

  private static String name(Path path) {
    return String.valueOf(path.getFileName());
  }
}
