package org.starbeam.transforms.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/** What {@code repo.json} says of the place of the datasets: the key {@code data}, a store. */
public final class DataPlace {
  /** Key of {@code repo.json}. */
  public static final String KEY = "data";

  private DataPlace() {}

  /** The store that holds the datasets of a repository; null for its own directory. */
  public static @Nullable String read(Path root) {
    Path file = root.resolve("repo.json");
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      JsonNode data = new ObjectMapper().readTree(file.toFile()).path(KEY);
      return data.isTextual() ? StoreFiles.checked(data.asText()) : null;
    } catch (IOException e) {
      throw new BadInputException("BAD_REPOSITORY", "cannot read " + file + ": " + e.getMessage());
    }
  }
}
