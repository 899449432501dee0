package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;

/** Documents of one file and a known shape, such as locks. */
public final class CheckedDocument {
  private CheckedDocument() {}

  /**
   * Reads a file.
   *
   * @throws UserException that lists all problems
   */
  public static ObjectNode read(Path file, Shape.Fields shape) {
    Problems problems = new Problems();
    try {
      String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
      YamlNode root = YamlDocument.read(file.toString(), text, problems);
      YamlNode checked = shape.check(root, problems);
      problems.throwIfAny(null);
      return (ObjectNode) checked.json();
    } catch (IOException e) {
      throw new UserException(ExitCode.USAGE, file + ": cannot be read: " + e.getMessage());
    }
  }

  /** A document as YAML, a key a line, nested maps indented. */
  public static String write(String comment, ObjectNode document) {
    return ResolvedYaml.plain(comment, document);
  }
}
