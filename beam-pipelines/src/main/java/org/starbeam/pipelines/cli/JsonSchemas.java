package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/**
 * JSON Schemas (draft 2020-12) of what the commands print with {@code --json}, by the words of the
 * command; {@code error} is what each prints when it fails. They are in one file, {@code
 * help/schemas.yaml}: {@code documents} has the documents, {@code $defs} what several share.
 */
public final class JsonSchemas {
  private static final String DIALECT = "https://json-schema.org/draft/2020-12/schema";

  private static final class Held {
    static final JsonNode FILE = read();

    private Held() {}
  }

  private JsonSchemas() {}

  private static JsonNode read() {
    try (InputStream in = JsonSchemas.class.getResourceAsStream("/help/schemas.yaml")) {
      return new YAMLMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Names of the documents. */
  public static List<String> names() {
    List<String> out = new ArrayList<>();
    Held.FILE.path("documents").fieldNames().forEachRemaining(out::add);
    return out;
  }

  /** The schema of a document; usage error when there is none of that name. */
  public static ObjectNode named(String name) {
    JsonNode found = Held.FILE.path("documents").path(name);
    if (!found.isObject()) {
      throw new UserException(
          ExitCode.USAGE,
          "no document '" + name + "'" + Suggestion.didYouMean(name, names()),
          "starbeam help schemas");
    }
    ObjectNode out = Answer.object().put("$schema", DIALECT).put("title", "starbeam " + name);
    out.setAll((ObjectNode) found);
    out.set("$defs", Held.FILE.path("$defs"));
    return out;
  }
}
