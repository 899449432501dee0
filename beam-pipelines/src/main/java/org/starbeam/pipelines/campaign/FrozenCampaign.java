package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.TreeMap;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.dataset.ContentHash;
import org.starbeam.transforms.dataset.RepositoryPaths;

/**
 * The campaign as it was launched, written to {@code runs/RUN/campaign/} before any quantum runs. A
 * launch under the name of a run continues it only when it is the same campaign; how it is run
 * (runner, parallelism) does not count.
 */
final class FrozenCampaign {
  private static final ObjectMapper JSON = new ObjectMapper();

  private FrozenCampaign() {}

  /** SHA-256 of everything that can change a product. */
  static String configHash(CampaignSettings settings) {
    return ContentHash.ofText(CanonicalJson.write(document(settings)));
  }

  private static ObjectNode document(CampaignSettings settings) {
    ObjectNode out = JSON.createObjectNode();
    out.put("template", settings.template().name());
    out.set("parameters", JSON.valueToTree(new TreeMap<>(settings.values())));
    out.set("tasks", JSON.valueToTree(settings.tasks()));
    out.put("windows", settings.template().windowKind());
    return out;
  }

  /**
   * Writes the campaign of a new run, or checks that the run that exists is the same. Returns true
   * when it existed.
   */
  static boolean freeze(CampaignSettings settings, String version) {
    Path directory = RepositoryPaths.run(settings.repository(), settings.run()).resolve("campaign");
    Path file = directory.resolve("resolved.json");
    ObjectNode document = document(settings);
    document.put("configHash", configHash(settings));
    try {
      if (Files.exists(file)) {
        ObjectNode found = (ObjectNode) JSON.readTree(file.toFile());
        if (!found.path("configHash").asText().equals(document.path("configHash").asText())) {
          throw new UserException(
              ExitCode.CONFLICT,
              "run "
                  + settings.run()
                  + " exists with another campaign: "
                  + differences(found, document),
              "give another --name");
        }
        return true;
      }
      Files.createDirectories(directory);
      document.put("starbeam", version);
      write(file, document);
      write(directory.resolve("environment.json"), environment(settings, version));
      return false;
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "cannot write the campaign to " + directory + ": " + e.getMessage());
    }
  }

  private static String differences(ObjectNode found, ObjectNode wanted) {
    StringBuilder out = new StringBuilder();
    wanted
        .fieldNames()
        .forEachRemaining(
            key -> {
              if (!key.equals("configHash") && !wanted.path(key).equals(found.path(key))) {
                out.append(out.isEmpty() ? "" : "; ")
                    .append(key)
                    .append(": ")
                    .append(found.path(key))
                    .append(" -> ")
                    .append(wanted.path(key));
              }
            });
    return out.toString();
  }

  private static ObjectNode environment(CampaignSettings settings, String version) {
    ObjectNode out = JSON.createObjectNode();
    out.put("starbeam", version);
    out.put("java", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
    out.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    out.put("cores", Runtime.getRuntime().availableProcessors());
    out.put("heapBytes", Runtime.getRuntime().maxMemory());
    out.put("runner", settings.runner());
    out.put("parallelism", settings.launch().localParallelism());
    return out;
  }

  private static void write(Path file, ObjectNode document) throws IOException {
    Path temporary = file.resolveSibling("." + file.getFileName() + ".tmp");
    Files.writeString(temporary, document.toPrettyString() + "\n");
    Files.move(temporary, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
