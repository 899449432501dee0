package org.starbeam.transforms.store;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import org.jspecify.annotations.Nullable;

/**
 * Takes away a file, or a directory with all that is in it. One that is not there, or that somebody
 * else takes away meanwhile, is no error. Symbolic links are removed, not followed.
 */
public final class FileTrees {
  private FileTrees() {}

  /**
   * Deletes a tree.
   *
   * @throws IOException the first thing that could not be deleted; all that could be is gone
   */
  public static void delete(Path tree) throws IOException {
    Deletion deletion = new Deletion();
    Files.walkFileTree(tree, deletion);
    if (deletion.failure != null) {
      throw deletion.failure;
    }
  }

  /** Deletes what can be deleted of a tree, and the rest, if empty by then, as this JVM ends. */
  public static void discard(Path tree) {
    try {
      delete(tree);
    } catch (IOException e) {
      tree.toFile().deleteOnExit();
    }
  }

  /** Deletes what it visits and goes on where it cannot. */
  private static final class Deletion extends SimpleFileVisitor<Path> {
    private @Nullable IOException failure;

    @Override
    public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
      return remove(file);
    }

    @Override
    public FileVisitResult visitFileFailed(Path file, IOException e) {
      return e instanceof NoSuchFileException ? FileVisitResult.CONTINUE : failed(e);
    }

    @Override
    public FileVisitResult postVisitDirectory(Path directory, @Nullable IOException e) {
      if (e != null) {
        failed(e);
      }
      return remove(directory);
    }

    private FileVisitResult remove(Path path) {
      try {
        Files.deleteIfExists(path);
        return FileVisitResult.CONTINUE;
      } catch (IOException e) {
        return failed(e);
      }
    }

    private FileVisitResult failed(IOException e) {
      if (failure == null) {
        failure = e;
      }
      return FileVisitResult.CONTINUE;
    }
  }
}
