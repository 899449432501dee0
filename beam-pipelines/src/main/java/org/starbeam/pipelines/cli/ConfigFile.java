package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.document.CheckedDocument;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.Shape;
import org.starbeam.pipelines.document.ValueRule;
import picocli.CommandLine;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Values of options that a user does not want to type: {@code ~/.config/starbeam/config.yaml}, or
 * the file that {@code STARBEAM_CONFIG} names. Its keys are the names of the options that every
 * command has and, under {@code commands}, those of one command:
 *
 * <pre>{@code
 * repo: /data/repo
 * commands:
 *   launch: {runner: flink, parallelism: 4}
 *   repo gc: {older: 48}
 * }</pre>
 *
 * An option of the command line wins over the environment ({@code STARBEAM_REPO}, {@code
 * STARBEAM_RUNNER}), which wins over the file.
 */
final class ConfigFile implements IDefaultValueProvider {
  private static final String COMMANDS = "commands";
  private static final Set<String> NEVER = Set.of("--help", "--version");
  private static final String REPOSITORY = "STARBEAM_REPO";
  private static final String RUNNER = "STARBEAM_RUNNER";

  private final Map<String, String> environment;
  private final JsonNode values;

  private ConfigFile(Map<String, String> environment, JsonNode values) {
    this.environment = environment;
    this.values = values;
  }

  /**
   * Reads the file.
   *
   * @throws UserException that names every key that is no option, with its line
   */
  static ConfigFile of(Map<String, String> environment, CommandLine root) {
    Path file = file(environment);
    return new ConfigFile(
        environment,
        file == null ? MissingNode.getInstance() : CheckedDocument.read(file, shape(root)));
  }

  private static @Nullable Path file(Map<String, String> environment) {
    String named = environment.get("STARBEAM_CONFIG");
    if (named != null && !named.isEmpty()) {
      Path file = Path.of(named);
      if (!Files.isReadable(file)) {
        throw new UserException(
            ExitCode.USAGE, "STARBEAM_CONFIG: " + file + " does not exist or cannot be read");
      }
      return file;
    }
    String base = environment.get("XDG_CONFIG_HOME");
    String home = environment.get("HOME");
    if (base == null && home == null) {
      return null;
    }
    Path directory = base == null || base.isEmpty() ? Path.of(home + "/.config") : Path.of(base);
    Path file = directory.resolve("starbeam").resolve("config.yaml");
    return Files.isRegularFile(file) ? file : null;
  }

  private static Shape.Fields shape(CommandLine root) {
    Map<String, Shape> fields = new LinkedHashMap<>();
    root.getCommandSpec().options().forEach(option -> add(fields, option));
    Map<String, Shape> commands = new LinkedHashMap<>();
    for (CommandLine command : ManPage.all(root).subList(1, ManPage.all(root).size())) {
      Map<String, Shape> own = new LinkedHashMap<>();
      command.getCommandSpec().options().forEach(option -> add(own, option));
      String name = name(command.getCommandSpec());
      commands.put(name, new Shape.Fields("command " + name, own, Set.of(), "Options of " + name));
    }
    fields.put(
        COMMANDS, new Shape.Fields("the commands", commands, Set.of(), "Options of one command"));
    return new Shape.Fields("options of all commands", fields, Set.of(), "Values of options");
  }

  private static void add(Map<String, Shape> fields, OptionSpec option) {
    if (!NEVER.contains(option.longestName()) && !option.inherited()) {
      ValueRule word = ValueRule.word();
      boolean several = option.splitRegex() != null && !option.splitRegex().isEmpty();
      ValueRule rule = several ? word.as(ParameterType.listOf(Kind.ENUM)) : word;
      fields.put(key(option), new Shape.Value(rule, null, String.join(" ", option.description())));
    }
  }

  /** The words with which a command is called, without {@code starbeam}. */
  static String name(CommandSpec command) {
    return command.qualifiedName(" ").replaceFirst("^\\S+ ?", "");
  }

  private static String key(OptionSpec option) {
    String plain = option.longestName().replaceFirst("^-+", "");
    return option.negatable() ? plain.replaceFirst("^no-", "") : plain;
  }

  @Override
  public @Nullable String defaultValue(ArgSpec argument) {
    if (!(argument instanceof OptionSpec option) || NEVER.contains(option.longestName())) {
      return null;
    }
    if (option.longestName().equals("--repo") && isSet(REPOSITORY)) {
      return environment.get(REPOSITORY);
    }
    if (option.longestName().equals("--runner") && isSet(RUNNER)) {
      return null; // what takes a runner asks for it itself
    }
    CommandSpec command = option.command();
    JsonNode own = values.path(COMMANDS).path(name(command)).path(key(option));
    JsonNode found = own.isMissingNode() ? values.path(key(option)) : own;
    return found.isMissingNode() || found.isNull() ? null : text(found);
  }

  private boolean isSet(String variable) {
    return !environment.getOrDefault(variable, "").isEmpty();
  }

  private static String text(JsonNode value) {
    if (!value.isArray()) {
      return value.asText();
    }
    List<String> out = new ArrayList<>();
    value.forEach(v -> out.add(v.asText()));
    return String.join(",", out);
  }
}
