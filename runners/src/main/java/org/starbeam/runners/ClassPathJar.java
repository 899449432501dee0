package org.starbeam.runners;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;

/**
 * A jar without classes that names other jars by their place on every machine of a cluster. A job
 * that brings it loads them as its own. The file goes when the job has ended.
 */
final class ClassPathJar implements AutoCloseable {
  private final Path file;

  private ClassPathJar(Path file) {
    this.file = file;
  }

  static ClassPathJar of(List<Path> jars) {
    Manifest manifest = new Manifest();
    manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
    manifest
        .getMainAttributes()
        .put(
            Attributes.Name.CLASS_PATH,
            jars.stream().map(jar -> jar.toUri().toString()).collect(Collectors.joining(" ")));
    try {
      Path file = Files.createTempFile("starbeam-libraries", ".jar");
      try (OutputStream out = Files.newOutputStream(file);
          JarOutputStream jar = new JarOutputStream(out, manifest)) {
        jar.finish();
      }
      return new ClassPathJar(file);
    } catch (IOException e) {
      throw new UncheckedIOException("the temp directory cannot be used", e);
    }
  }

  Path file() {
    return file;
  }

  @Override
  public void close() {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      file.toFile().deleteOnExit();
    }
  }
}
