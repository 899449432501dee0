package org.starbeam.pipelines.document;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.ValidationMessage;
import java.util.List;

/** Documents as a JSON Schema validator sees them. */
public final class Documents {
  private Documents() {}

  /** What a schema has against a YAML text. */
  public static List<String> problems(JsonSchema schema, String yaml) {
    Problems syntax = new Problems();
    YamlNode.Mapping root = YamlDocument.read("x.yaml", yaml, syntax);
    return schema.validate(root.json()).stream().map(ValidationMessage::getMessage).toList();
  }
}
