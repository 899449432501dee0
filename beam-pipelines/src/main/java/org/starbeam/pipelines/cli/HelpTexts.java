package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Texts of the manual in the jar: {@code help/TOPIC.txt}, {@code help/notes-COMMAND.txt} and, for
 * all commands, {@code help/examples.txt}.
 */
public final class HelpTexts {
  private HelpTexts() {}

  /** A text, or null when there is none of this name. */
  static @Nullable String get(String name) {
    try (InputStream in = HelpTexts.class.getResourceAsStream("/help/" + name + ".txt")) {
      return in == null ? null : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The examples of a command, as {@code starbeam repo gc}; of a group those of its commands. */
  public static List<String> examples(String command) {
    String all = get("examples");
    return all == null
        ? List.of()
        : all.lines().filter(l -> l.equals(command) || l.startsWith(command + " ")).toList();
  }
}
