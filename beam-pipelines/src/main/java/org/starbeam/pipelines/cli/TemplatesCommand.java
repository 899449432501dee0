package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.document.Explanation;
import org.starbeam.pipelines.document.Parameter;
import org.starbeam.pipelines.document.ValueRule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Lists, shows, explains, checks and begins campaign templates. */
@Command(
    name = "templates",
    mixinStandardHelpOptions = true,
    description =
        "Campaign templates: what there is, what they mean, whether a file of yours holds.")
final class TemplatesCommand implements Runnable {
  private static final String SCHEMA_FILE = "starbeam.schema.json";

  /** The labels of the steps in Rubin's pipelines that come nearest to ours. */
  private static final Map<String, String> RUBIN =
      Map.of(
          "step1", "1a",
          "step2", "1b to 2f",
          "step3", "3a to 3d",
          "step4", "4a",
          "step5", "4c (association, forced photometry)",
          "step6", "4c, 4d",
          "step7", "4d, HiPS");

  @Mixin Answer answer = new Answer();

  @Override
  public void run() {
    list(answer);
  }

  @Command(name = "list", mixinStandardHelpOptions = true, description = "Names and descriptions.")
  int list(@Mixin Answer answer) {
    ArrayNode out = Answer.list();
    for (String name : Template.SHIPPED) {
      Template template = Template.load(name);
      out.addObject().put("name", name).put("description", template.description());
      if (!answer.isJson()) {
        System.out.printf("%-15s %s%n", name, template.description());
      }
    }
    if (answer.isJson()) {
      print(out);
    }
    return 0;
  }

  @Command(
      name = "show",
      mixinStandardHelpOptions = true,
      description = "Parameters, text and steps of a template.")
  int show(
      @Parameters(paramLabel = "TEMPLATE", description = "Name or file.") String name,
      @Option(names = "--steps", description = "The tasks of each step instead.") boolean steps,
      @Mixin Answer answer) {
    Template template = Template.load(name);
    if (answer.isJson()) {
      print(description(template));
    } else if (steps) {
      printSteps(template);
    } else {
      System.out.println(template.description());
      printParameters(template);
      System.out.println();
      System.out.print(template.text());
    }
    return 0;
  }

  private static ObjectNode description(Template template) {
    ObjectNode out = Answer.object();
    out.put("name", template.name()).put("description", template.description());
    ArrayNode parameters = out.putArray("parameters");
    for (Parameter p : template.parameters().values()) {
      ObjectNode one = parameters.addObject();
      one.put("name", p.name()).put("type", p.type().toString());
      one.put("required", p.required()).put("help", p.help());
      one.set("default", p.defaultValue());
      one.put("group", p.group()).put("example", p.example());
    }
    ArrayNode steps = out.putArray("steps");
    template.steps().forEach(steps::add);
    return out;
  }

  private static void printParameters(Template template) {
    Map<String, List<Parameter>> groups = new LinkedHashMap<>();
    for (Parameter p : template.parameters().values()) {
      String group = p.group() == null ? "Parameters" : p.group();
      groups.computeIfAbsent(group, g -> new ArrayList<>()).add(p);
    }
    groups.forEach(
        (group, members) -> {
          System.out.printf("%n%s:%n", group);
          for (Parameter p : members) {
            System.out.printf("  %-13s %s%n", p.name(), p.help());
            System.out.printf("  %-13s %s%n", "", about(p));
          }
        });
  }

  /** Type, bounds, default and example of a parameter on one line. */
  private static String about(Parameter p) {
    ValueRule rule = p.rule();
    StringBuilder out = new StringBuilder(p.type().toString());
    if (!rule.choices().isEmpty()) {
      out.append(" of ").append(String.join(", ", rule.choices()));
    }
    if (rule.min() != null || rule.max() != null) {
      out.append(" in ").append(rule.bounds());
    } else if (rule.unit() != null) {
      out.append(" in ").append(rule.unit());
    }
    boolean none = p.defaultValue() != null && p.defaultValue().isNull();
    if (p.required()) {
      out.append("; required");
    } else if (!none) {
      out.append("; default ").append(p.defaultValue());
    }
    return p.example() == null ? out.toString() : out + "; such as " + p.example();
  }

  private static void printSteps(Template template) {
    System.out.printf("%-8s %-22s %-40s %s%n", "step", "task", "by", "Rubin");
    for (TaskGraph.Stage stage : TaskGraph.all()) {
      if (template.steps().contains(stage.step())) {
        System.out.printf(
            "%-8s %-22s %-40s %s%n",
            stage.step(),
            stage.name(),
            String.join(" ", stage.dimensions()),
            RUBIN.getOrDefault(stage.step(), ""));
      }
    }
  }

  @Command(
      name = "explain",
      mixinStandardHelpOptions = true,
      description =
          "Each value of a template or campaign file with the line that set it and what it overrode;"
              + " without a key those that differ from the built-in ones.")
  int explain(
      @Parameters(index = "0", paramLabel = "FILE", description = "Name or file.") String file,
      @Parameters(
              index = "1",
              arity = "0..1",
              defaultValue = "",
              paramLabel = "KEY",
              description = "A parameter or a dotted key, as tasks.singleFrame.")
          String key,
      @Mixin CampaignOptions options,
      @Mixin Answer answer) {
    Template template = Template.load(file);
    List<Explanation> all = Explanation.all(template.explained(options.paramsFile, options.all()));
    List<Explanation> chosen = chosen(all, key);
    if (answer.isJson()) {
      print(asJson(chosen));
      return 0;
    }
    for (Explanation e : chosen) {
      System.out.printf("%s: %s  # %s%n", e.key(), e.shown(), e.origin());
      e.overridden()
          .forEach(
              o ->
                  System.out.printf(
                      "    overrides %s  # %s%n", o.value(), o.place().fileAndLine()));
    }
    return 0;
  }

  private static List<Explanation> chosen(List<Explanation> all, String key) {
    if (key.isEmpty()) {
      return all.stream().filter(e -> !e.builtIn()).toList();
    }
    List<Explanation> out =
        all.stream()
            .filter(
                e ->
                    e.key().equals(key)
                        || e.key().startsWith(key + ".")
                        || e.key().equals("set." + key))
            .toList();
    if (out.isEmpty()) {
      TreeSet<String> known = new TreeSet<>();
      for (Explanation e : all) {
        known.add(e.key());
        known.add(e.key().replaceFirst("^set\\.", ""));
        for (int i = e.key().lastIndexOf('.'); i > 0; i = e.key().lastIndexOf('.', i - 1)) {
          known.add(e.key().substring(0, i));
        }
      }
      throw new UserException(
          ExitCode.USAGE, "no key or parameter '" + key + "'" + Suggestion.didYouMean(key, known));
    }
    return out;
  }

  private static ArrayNode asJson(List<Explanation> explanations) {
    ArrayNode out = Answer.list();
    for (Explanation e : explanations) {
      ObjectNode one = out.addObject().put("key", e.key());
      one.set("value", e.value());
      one.put("origin", e.origin().toString());
      ArrayNode overridden = one.putArray("overridden");
      e.overridden()
          .forEach(
              o ->
                  overridden
                      .addObject()
                      .put("origin", o.place().fileAndLine())
                      .set("value", o.value()));
    }
    return out;
  }

  @Command(
      name = "validate",
      mixinStandardHelpOptions = true,
      description = "Checks template and campaign files; prints every problem with its place.")
  int validate(
      @Parameters(arity = "1..*", paramLabel = "FILE", description = "Names or files.")
          List<String> files,
      @Mixin Answer answer) {
    List<String> problems = new ArrayList<>();
    ArrayNode good = Answer.list();
    for (String file : files) {
      try {
        Template template = Template.load(file);
        template.unset().warnings().forEach(System.err::println);
        good.add(file);
        if (!answer.isJson()) {
          System.out.println(file + ": good");
        }
      } catch (UserException e) {
        problems.add(String.valueOf(e.getMessage()));
      }
    }
    if (!problems.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE, String.join("\n", problems), "starbeam templates schema");
    }
    if (answer.isJson()) {
      ObjectNode out = Answer.object();
      out.set("good", good);
      Answer.print(out);
    }
    return 0;
  }

  @Command(
      name = "schema",
      mixinStandardHelpOptions = true,
      description =
          "JSON Schema of templates and campaign files, or of the campaign files of one template,"
              + " for editors.")
  int schema(
      @Parameters(arity = "0..1", paramLabel = "TEMPLATE", description = "Name or file.")
          String name) {
    print(name == null ? Template.schema() : Template.load(name).campaignSchema());
    return 0;
  }

  @Command(
      name = "new",
      mixinStandardHelpOptions = true,
      description =
          "Begins a campaign file NAME.yaml, with all parameters of the template and their meaning,"
              + " and writes the schema for editors beside it.")
  int create(
      @Parameters(paramLabel = "NAME", description = "Name of the campaign.") String name,
      @Option(
              names = "--template",
              defaultValue = "ci",
              paramLabel = "TEMPLATE",
              description = "What the campaign is made from (default: ${DEFAULT-VALUE}).")
          String templateName,
      @Mixin Answer answer) {
    if (!name.matches("[A-Za-z0-9_.-]+")) {
      throw new UserException(
          ExitCode.USAGE, "'" + name + "': a name has letters, digits, '_', '.' and '-'");
    }
    Template template = Template.load(templateName);
    Path file = Path.of(name + ".yaml");
    if (Files.exists(file)) {
      throw new UserException(ExitCode.CONFLICT, file + " exists already");
    }
    try {
      Files.writeString(file, template.campaignFile(templateName, SCHEMA_FILE));
      Files.writeString(Path.of(SCHEMA_FILE), pretty(template.campaignSchema()) + "\n");
    } catch (IOException e) {
      throw new UserException(ExitCode.INFRASTRUCTURE, "cannot write " + file + ": " + e);
    }
    ObjectNode made = Answer.object().put("file", file.toString()).put("schema", SCHEMA_FILE);
    answer.print(file.toString(), made);
    return 0;
  }

  private static void print(Object node) {
    System.out.println(pretty(node));
  }

  private static String pretty(Object node) {
    try {
      return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(node);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }
}
