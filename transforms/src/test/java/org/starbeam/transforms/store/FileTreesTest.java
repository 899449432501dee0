package org.starbeam.transforms.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileTreesTest {
  @TempDir Path directory;
  private Path tree;
  private Path kept;

  @BeforeEach
  void plant() throws IOException {
    tree = directory.resolve("tree");
    kept = Files.createDirectories(directory.resolve("elsewhere")).resolve("kept");
    Files.writeString(kept, "kept");
    Files.createDirectories(tree.resolve("a/b/empty"));
    Files.writeString(tree.resolve("a/b/leaf"), "leaf");
    Files.writeString(tree.resolve("leaf"), "leaf");
  }

  @Test
  void aTreeGoesWithAllThatIsInIt() throws IOException {
    FileTrees.delete(tree);
    assertThat(tree).doesNotExist();
    assertThat(kept).hasContent("kept");
  }

  @Test
  void aFileIsATree() throws IOException {
    FileTrees.delete(tree.resolve("leaf"));
    assertThat(tree.resolve("leaf")).doesNotExist();
    assertThat(tree.resolve("a/b/leaf")).exists();
  }

  @Test
  void symbolicLinksAreRemovedNotFollowed() throws IOException {
    Files.createSymbolicLink(tree.resolve("a/directory"), kept.getParent());
    Files.createSymbolicLink(tree.resolve("a/file"), kept);
    Files.createSymbolicLink(tree.resolve("a/nowhere"), Path.of("nowhere"));
    FileTrees.delete(tree);
    assertThat(tree).doesNotExist();
    Path link = Files.createSymbolicLink(directory.resolve("link"), kept.getParent());
    FileTrees.delete(link);
    assertThat(link).doesNotExist();
    assertThat(kept).hasContent("kept");
  }

  @Test
  void aTreeThatIsNotThereIsNoError() {
    assertThatCode(() -> FileTrees.delete(directory.resolve("none"))).doesNotThrowAnyException();
    assertThatCode(() -> FileTrees.discard(directory.resolve("none"))).doesNotThrowAnyException();
  }
}
