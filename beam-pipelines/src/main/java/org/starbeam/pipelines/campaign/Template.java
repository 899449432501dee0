package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
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
import org.starbeam.transforms.dataset.Suggestion;

/**
 * A campaign template (specs/05 section 1): declared, typed parameters; the kind of window; the
 * steps; overrides of task configurations; the failure policy. Shipped templates are resources
 * under {@code templates/}; a path to a YAML file works the same.
 *
 * @param text the YAML as shipped, for {@code templates show}
 */
public record Template(
    String name,
    String description,
    Map<String, Parameter> parameters,
    String windowKind,
    List<String> steps,
    Map<String, ObjectNode> tasks,
    double maxFailedFraction,
    String text) {

  /** Names of the shipped templates. */
  public static final List<String> SHIPPED = List.of("ci", "calibrated");

  /** Steps in the order of the graph. */
  public static final List<String> ALL_STEPS =
      List.of("ingest", "calibs", "step1", "step2", "step3", "step4", "step5", "step6", "step7");

  private static final Set<String> TOP_KEYS =
      Set.of(
          "starbeam",
          "template",
          "description",
          "parameters",
          "windows",
          "steps",
          "tasks",
          "failurePolicy");
  private static final Set<String> PARAMETER_KEYS =
      Set.of("type", "default", "required", "choices", "unit", "help", "example");
  private static final Set<String> TYPES =
      Set.of("bool", "int", "double", "string", "uri", "enum", "list<string>", "list<int>");

  /**
   * A declared parameter.
   *
   * @param defaultValue used when the user sets nothing; null when required
   */
  public record Parameter(
      String name,
      String type,
      @Nullable JsonNode defaultValue,
      boolean required,
      List<String> choices,
      @Nullable String unit,
      String help) {}

  /** Loads a shipped template by name or a template file by path. */
  public static Template load(String nameOrFile) {
    if (SHIPPED.contains(nameOrFile)) {
      return parse(
          "templates/" + nameOrFile + ".yaml", resource("/templates/" + nameOrFile + ".yaml"));
    }
    Path file = Path.of(nameOrFile);
    if (nameOrFile.endsWith(".yaml") && Files.isRegularFile(file)) {
      try {
        return parse(nameOrFile, Files.readString(file));
      } catch (IOException e) {
        throw new UserException(ExitCode.USAGE, nameOrFile + ": " + e.getMessage());
      }
    }
    throw new UserException(
        ExitCode.USAGE,
        "no template '" + nameOrFile + "'" + Suggestion.didYouMean(nameOrFile, SHIPPED),
        "starbeam templates list");
  }

  private static String resource(String path) {
    try (InputStream in = Template.class.getResourceAsStream(path)) {
      if (in == null) {
        throw new IllegalStateException("resource " + path + " is not in the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Reads a template; all problems are reported together. */
  public static Template parse(String file, String text) {
    LocatedYaml yaml = LocatedYaml.parse(file, text);
    List<String> problems = new ArrayList<>();
    JsonNode root = yaml.root();
    unknownKeys(yaml, root, "", TOP_KEYS, problems);
    if (root.path("starbeam").asInt(-1) != 1) {
      problems.add(
          yaml.message("/starbeam", "TPL_MISSING", "expected 'starbeam: 1', the format version"));
    }
    Map<String, Parameter> parameters = parameters(yaml, root.path("parameters"), problems);
    List<String> steps = new ArrayList<>();
    for (JsonNode step : root.path("steps")) {
      steps.add(step.asText());
      if (!ALL_STEPS.contains(step.asText())) {
        problems.add(
            yaml.message(
                "/steps/" + (steps.size() - 1),
                "TPL_TYPE",
                "no step '"
                    + step.asText()
                    + "'"
                    + Suggestion.didYouMean(step.asText(), ALL_STEPS)));
      }
    }
    Map<String, ObjectNode> tasks = new LinkedHashMap<>();
    root.path("tasks")
        .fields()
        .forEachRemaining(
            e -> {
              if (e.getValue() instanceof ObjectNode node) {
                tasks.put(e.getKey(), node);
              } else {
                problems.add(
                    yaml.message(
                        "/tasks/" + e.getKey(),
                        "TPL_TYPE",
                        "expected a map of configuration keys"));
              }
            });
    if (!problems.isEmpty()) {
      throw new UserException(ExitCode.USAGE, String.join("\n", problems));
    }
    return new Template(
        root.path("template").asText(file),
        root.path("description").asText(""),
        parameters,
        root.path("windows").path("kind").asText("night"),
        steps.isEmpty() ? ALL_STEPS : List.copyOf(steps),
        tasks,
        root.path("failurePolicy").path("default").path("maxFailedFraction").asDouble(0),
        text);
  }

  private static Map<String, Parameter> parameters(
      LocatedYaml yaml, JsonNode node, List<String> problems) {
    Map<String, Parameter> out = new LinkedHashMap<>();
    node.fields()
        .forEachRemaining(
            entry -> {
              String path = "/parameters/" + entry.getKey();
              JsonNode p = entry.getValue();
              unknownKeys(yaml, p, path, PARAMETER_KEYS, problems);
              String type = p.path("type").asText("");
              if (!TYPES.contains(type)) {
                problems.add(
                    yaml.message(
                        path,
                        "TPL_TYPE",
                        "type '" + type + "' is none of " + TYPES.stream().sorted().toList()));
              }
              if (p.path("help").asText("").isEmpty()) {
                problems.add(yaml.message(path, "TPL_MISSING", "a parameter needs 'help'"));
              }
              List<String> choices = new ArrayList<>();
              p.path("choices").forEach(c -> choices.add(c.asText()));
              out.put(
                  entry.getKey(),
                  new Parameter(
                      entry.getKey(),
                      type,
                      p.get("default"),
                      p.path("required").asBoolean(false),
                      choices,
                      p.hasNonNull("unit") ? p.get("unit").asText() : null,
                      p.path("help").asText("")));
            });
    return out;
  }

  private static void unknownKeys(
      LocatedYaml yaml, JsonNode node, String path, Set<String> known, List<String> problems) {
    node.fieldNames()
        .forEachRemaining(
            key -> {
              if (!known.contains(key)) {
                problems.add(
                    yaml.message(
                        path + "/" + key,
                        "TPL_UNKNOWN_KEY",
                        "no key '" + key + "' here" + Suggestion.didYouMean(key, known)));
              }
            });
  }

  /**
   * Values of all parameters from {@code key=value} settings over the defaults. A list is written
   * {@code [a,b]} or {@code a,b}.
   */
  public Map<String, String> resolve(List<String> settings) {
    List<String> problems = new ArrayList<>();
    Map<String, String> given = new LinkedHashMap<>();
    for (String setting : settings) {
      List<String> parts = Splitter.on('=').limit(2).splitToList(setting);
      String key = parts.get(0);
      if (parts.size() < 2) {
        problems.add("--set " + setting + ": TPL_TYPE: expected key=value");
      } else if (!parameters.containsKey(key)) {
        problems.add(
            "--set "
                + setting
                + ": TPL_UNKNOWN_KEY: template "
                + name
                + " has no parameter '"
                + key
                + "'"
                + Suggestion.didYouMean(key, parameters.keySet()));
      } else {
        given.put(key, parts.get(1));
      }
    }
    Map<String, String> values = new LinkedHashMap<>();
    for (Parameter p : parameters.values()) {
      String value = given.get(p.name());
      JsonNode fallback = p.defaultValue();
      if (value == null && fallback != null && !fallback.isNull()) {
        value = text(fallback);
      }
      if (value == null && p.required()) {
        problems.add(
            "TPL_MISSING: parameter '"
                + p.name()
                + "' has no default; give --set "
                + p.name()
                + "=... ("
                + p.help()
                + ")");
      } else if (value != null) {
        check(p, value, problems);
        values.put(p.name(), value);
      }
    }
    if (!problems.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE, String.join("\n", problems), "starbeam templates show " + name);
    }
    return values;
  }

  private static String text(JsonNode node) {
    if (!node.isArray()) {
      return node.asText();
    }
    List<String> items = new ArrayList<>();
    node.forEach(i -> items.add(i.asText()));
    return String.join(",", items);
  }

  private static void check(Parameter p, String value, List<String> problems) {
    boolean good =
        switch (p.type()) {
          case "bool" -> value.equals("true") || value.equals("false");
          case "int" -> value.matches("[+-]?\\d{1,9}");
          case "double" -> value.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?");
          case "enum" -> p.choices().contains(value);
          default -> true;
        };
    if (!good) {
      String wanted = p.type().equals("enum") ? "one of " + p.choices() : p.type();
      problems.add(
          "--set "
              + p.name()
              + "="
              + value
              + ": TPL_TYPE: expected "
              + wanted
              + (p.type().equals("enum") ? Suggestion.didYouMean(value, p.choices()) : ""));
    }
  }
}
