package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/**
 * How a command answers: with lines for people or, with {@code --json}, with one document, whose
 * schema {@link JsonSchemas} has under the command's name.
 */
@Command
public final class Answer {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Spec(Spec.Target.MIXEE)
  CommandSpec spec = CommandSpec.create();

  /** Whether a document is wanted. */
  public boolean isJson() {
    return GlobalOptions.of(spec).json;
  }

  /** A new object. */
  public static ObjectNode object() {
    return JSON.createObjectNode();
  }

  /** A new list. */
  public static ArrayNode list() {
    return JSON.createArrayNode();
  }

  /** Texts as a list. */
  public static ArrayNode list(List<?> texts) {
    ArrayNode out = list();
    texts.forEach(t -> out.add(t.toString()));
    return out;
  }

  /** Prints a document. */
  public static void print(JsonNode document) {
    System.out.println(document.toPrettyString());
  }

  /** Prints a line for people, or the document in its place. */
  public void print(String line, JsonNode document) {
    if (isJson()) {
      print(document);
    } else {
      System.out.println(line);
    }
  }
}
