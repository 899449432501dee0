package org.starbeam.transforms.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.UUID;

/** Whether a place in an object store can be written, listed, read and deleted in. */
public final class StoreProbe {
  private StoreProbe() {}

  /**
   * Tries it out with a small file that it takes away again.
   *
   * @throws StoreUnavailableException when the store does not answer or refuses
   */
  public static void check(String uri) throws IOException {
    StoreFiles files = StoreFiles.impatient();
    String name = uri + "/starbeam-probe-" + UUID.randomUUID();
    Path probe = Files.createTempFile("starbeam-probe", ".tmp");
    try {
      byte[] bytes = name.getBytes(java.nio.charset.StandardCharsets.UTF_8);
      Files.write(probe, bytes);
      files.put(probe, name);
      files.get(name, probe);
      if (!java.util.Arrays.equals(bytes, Files.readAllBytes(probe))) {
        throw new IOException(uri + " gives back other bytes than were put into it");
      }
    } finally {
      Files.deleteIfExists(probe);
    }
    files.delete(List.of(name));
  }
}
