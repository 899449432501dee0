package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.pipelines.cli.JsonSchemas;

/** What commands print with {@code --json}, held against the schemas that the manual publishes. */
final class JsonDocuments {
  private static final Map<String, JsonSchema> SCHEMAS = new TreeMap<>();

  private JsonDocuments() {}

  /** Requires that a text is one document of this name. */
  static JsonNode require(String name, String text) {
    JsonNode document;
    try {
      document = new ObjectMapper().readTree(text);
    } catch (IOException e) {
      throw new AssertionError(name + " is no JSON: " + text, e);
    }
    assertThat(schema(name).validate(document)).as(name).isEmpty();
    return document;
  }

  private static JsonSchema schema(String name) {
    return SCHEMAS.computeIfAbsent(
        name,
        n ->
            JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
                .getSchema(JsonSchemas.named(n)));
  }
}
