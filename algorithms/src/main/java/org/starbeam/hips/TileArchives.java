package org.starbeam.hips;

import java.io.Closeable;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files of a tree in the archives that it is made of; a few of them are open at a time. */
public final class TileArchives implements HipsFiles, Closeable {
  private static final int MOST_OPEN = 64;
  private static final float FULL = 0.75f;

  private final TreeMap<String, Path> places = new TreeMap<>();
  private final Map<Path, TileArchive> open = new LinkedHashMap<>(MOST_OPEN, FULL, true);

  private long bytes;

  public TileArchives(List<Path> archives) throws IOException {
    for (Path path : archives) {
      archive(path).names().forEach(name -> places.put(name, path));
      bytes += archive(path).bytes();
    }
  }

  private TileArchive archive(Path path) throws IOException {
    TileArchive known = open.get(path);
    if (known != null) {
      return known;
    }
    if (open.size() == MOST_OPEN) {
      Path oldest = open.keySet().iterator().next();
      open.remove(oldest).close();
    }
    TileArchive archive = TileArchive.open(path);
    open.put(path, archive);
    return archive;
  }

  @Override
  public List<String> names() {
    return List.copyOf(places.keySet());
  }

  /** Bytes of all files, unpacked. */
  public long bytes() {
    return bytes;
  }

  /** True when there is a file of this name. */
  public boolean has(String name) {
    return places.containsKey(name);
  }

  @Override
  public byte[] read(String name) throws IOException {
    Path place = places.get(name);
    byte[] found = place == null ? null : archive(place).find(name);
    if (found == null) {
      throw new NoSuchFileException(name);
    }
    return found;
  }

  @Override
  public void close() throws IOException {
    for (TileArchive archive : open.values()) {
      archive.close();
    }
    open.clear();
  }
}
