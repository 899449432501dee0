package org.starbeam.transforms.quantum;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CodeIdentityTest {
  @TempDir Path directory;

  @Test
  void oneByteOfOneJarMakesAnotherStarbeam() throws IOException {
    Path first = Files.writeString(directory.resolve("a.jar"), "algorithms");
    Path second = Files.writeString(directory.resolve("b.jar"), "transforms");
    String before = CodeIdentity.of(List.of(first, second));
    assertThat(CodeIdentity.of(List.of(first, second))).isEqualTo(before);
    Files.writeString(second, "transformS");
    String after = CodeIdentity.of(List.of(first, second));
    assertThat(after).isNotEqualTo(before);
    assertThatThrownBy(() -> CodeIdentity.require(before, after))
        .hasMessageContaining("version skew")
        .hasMessageContaining(before.substring(0, 12))
        .hasMessageContaining(after.substring(0, 12));
  }

  @Test
  void classesInDirectoriesAreNotToldApart() {
    assertThat(CodeIdentity.of(List.of(directory))).isEqualTo(CodeIdentity.DEVELOPMENT);
    CodeIdentity.require(CodeIdentity.here(), CodeIdentity.here());
  }
}
