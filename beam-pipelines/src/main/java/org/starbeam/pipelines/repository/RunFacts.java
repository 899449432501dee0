package org.starbeam.pipelines.repository;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.RepositoryPaths;

/** What the frozen campaign of a run says, as plain documents. */
public final class RunFacts {
  private RunFacts() {}

  /** The resolved campaign; empty when the run has none. */
  public static JsonNode campaign(Path root, String run) {
    Path directory = RepositoryPaths.run(root, run).resolve("campaign");
    for (String name : new String[] {"resolved.yaml", "resolved.json"}) {
      if (Files.isRegularFile(directory.resolve(name))) {
        return read(directory.resolve(name));
      }
    }
    return JsonNodeFactory.instance.objectNode();
  }

  /** With what the run was made; empty when it is not known. */
  public static JsonNode environment(Path root, String run) {
    Path file = RepositoryPaths.run(root, run).resolve("campaign").resolve("environment.json");
    return Files.isRegularFile(file) ? read(file) : JsonNodeFactory.instance.objectNode();
  }

  private static JsonNode read(Path file) {
    try {
      return new YAMLMapper().readTree(file.toFile());
    } catch (IOException e) {
      throw new UserException(ExitCode.INPUTS, "cannot read " + file + ": " + e.getMessage());
    }
  }

  /** The leaves of a document by their dotted paths. */
  static Map<String, String> leaves(JsonNode node) {
    Map<String, String> out = new TreeMap<>();
    collect("", node, out);
    return out;
  }

  private static void collect(String path, JsonNode node, Map<String, String> out) {
    if (node.isObject()) {
      node.properties()
          .forEach(
              e ->
                  collect(
                      path.isEmpty() ? e.getKey() : path + "." + e.getKey(), e.getValue(), out));
    } else if (!node.isMissingNode()) {
      out.put(path, node.isTextual() ? node.asText() : CanonicalJson.write(node));
    }
  }

  /** Every leaf that differs, as two values; null where there is none. */
  public static Map<String, String[]> differences(JsonNode one, JsonNode other) {
    Map<String, String> a = leaves(one);
    Map<String, String> b = leaves(other);
    Map<String, String[]> out = new TreeMap<>();
    a.forEach(
        (key, value) -> {
          if (!value.equals(b.get(key))) {
            out.put(key, new String[] {value, b.getOrDefault(key, "(none)")});
          }
        });
    b.forEach(
        (key, value) -> {
          if (!a.containsKey(key)) {
            out.put(key, new String[] {"(none)", value});
          }
        });
    return out;
  }
}
