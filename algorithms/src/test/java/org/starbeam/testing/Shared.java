package org.starbeam.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Assumptions;

/**
 * The shared folder with test vectors, real data and tools, read in place. Its place is the system
 * property {@code starbeam.shared}. Where it does not exist a test that asks for it is skipped and
 * counted; with {@code -Dstarbeam.requireShared=true} it fails instead.
 */
public final class Shared {
  static final AtomicInteger SKIPPED = new AtomicInteger();
  private static final ObjectMapper JSON = new ObjectMapper();

  private Shared() {}

  /** A file or folder of the shared folder; skips the calling test where there is none. */
  public static Path path(String relative) {
    Path path = Path.of(System.getProperty("starbeam.shared", "../../shared"), relative);
    if (!Files.exists(path)) {
      if (Boolean.getBoolean("starbeam.requireShared")) {
        throw new AssertionError("required shared file is missing: " + path);
      }
      SKIPPED.incrementAndGet();
      Assumptions.abort("no shared folder: " + relative);
    }
    return path;
  }

  /** One of the files of exact expected values, for example {@code vector("isr-chain")}. */
  public static JsonNode vector(String name) {
    try {
      return JSON.readTree(path("vectors/" + name + ".json").toFile());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A number of a vector, where NaN is the string "NaN" (or null). */
  public static double number(JsonNode node) {
    return node.isNumber() ? node.doubleValue() : Double.NaN;
  }

  /** A list of numbers of a vector. */
  public static double[] numbers(JsonNode array) {
    double[] out = new double[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = number(array.get(i));
    }
    return out;
  }
}
