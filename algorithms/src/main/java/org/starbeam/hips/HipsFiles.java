package org.starbeam.hips;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.Stream;

/** The files of one tree, wherever they rest, by their names in it ({@code Norder3/Dir0/...}). */
public interface HipsFiles {
  /** All names, in their order. */
  List<String> names() throws IOException;

  /** Content of a file. */
  byte[] read(String name) throws IOException;

  /** The files below a directory. */
  static HipsFiles of(Path directory) {
    return new HipsFiles() {
      @Override
      public List<String> names() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
          return files
              .filter(Files::isRegularFile)
              .map(file -> directory.relativize(file).toString().replace('\\', '/'))
              .sorted()
              .toList();
        }
      }

      @Override
      public byte[] read(String name) throws IOException {
        return Files.readAllBytes(directory.resolve(name));
      }
    };
  }

  /** These files and some in memory, which go first. */
  default HipsFiles with(Map<String, byte[]> more) {
    HipsFiles rest = this;
    return new HipsFiles() {
      @Override
      public List<String> names() throws IOException {
        TreeSet<String> all = new TreeSet<>(rest.names());
        all.addAll(more.keySet());
        return List.copyOf(all);
      }

      @Override
      public byte[] read(String name) throws IOException {
        byte[] own = more.get(name);
        return own == null ? rest.read(name) : own;
      }
    };
  }
}
