package org.starbeam.pipelines.document;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Problem.Code;
import org.starbeam.pipelines.document.YamlNode.Mapping;
import org.starbeam.pipelines.document.YamlNode.Member;
import org.starbeam.pipelines.document.YamlNode.Scalar;
import org.starbeam.pipelines.document.YamlNode.Sequence;

/**
 * A campaign document with all that it is made of, resolved: values of parameters, references
 * replaced, layers merged, everything checked and in canonical form (specs/05 sections 1.2 to 1.4).
 *
 * @param name of the template
 * @param file of the template or campaign file
 * @param parameters as declared
 * @param values of the parameters, with what they replaced
 * @param body the keys that say what the campaign does
 * @param sources the documents that it is made of, lowest precedence first
 * @param used parameters that a key of the campaign refers to
 */
public record Resolution(
    String name,
    String file,
    String description,
    Map<String, Parameter> parameters,
    Map<String, YamlNode> values,
    Mapping body,
    List<Library.Source> sources,
    Set<String> used,
    List<Problem> warnings) {

  /**
   * What a campaign is resolved against.
   *
   * @param library shipped templates
   * @param shape of the body
   * @param stepOfTask the step that each configurable task belongs to
   * @param environment variables that templates may read
   */
  public record Rules(
      Library library,
      Shape.Fields shape,
      Map<String, String> stepOfTask,
      Map<String, String> environment) {}

  /**
   * What a user gives beside the document.
   *
   * @param paramsFile file of parameter values, or null
   * @param settings of the command line, left to right
   * @param open whether required parameters may be left out, to check a template alone
   */
  public record Given(@Nullable Path paramsFile, List<Setting> settings, boolean open) {
    public static Given nothing() {
      return new Given(null, List.of(), true);
    }
  }

  /** Resolves a shipped template by its name, or a template or campaign file by its path. */
  public static Resolution of(String nameOrFile, Given given, Rules rules, Problems problems) {
    Composition composition =
        new Composition(rules.library(), rules.shape().fields().keySet(), problems);
    return new Resolver(composition.load(nameOrFile), given, rules, problems).resolve(nameOrFile);
  }

  /** Resolves a template that is in no file. */
  public static Resolution ofText(
      String file, String text, Given given, Rules rules, Problems problems) {
    Composition composition =
        new Composition(rules.library(), rules.shape().fields().keySet(), problems);
    return new Resolver(composition.loadText(file, text, true), given, rules, problems)
        .resolve(file);
  }

  /** One resolution. */
  private static final class Resolver {
    private static final String TASKS = "tasks";
    private static final String STEPS = "steps";

    private final List<Layer> layers;
    private final Given given;
    private final Rules rules;
    private final Problems problems;
    private final Merge merge;

    /** Parameters that a key of the campaign refers to. */
    private final Set<String> used = new TreeSet<>();

    /** Parameters that were set, with the place of the highest setting. */
    private final Map<String, Place> set = new LinkedHashMap<>();

    Resolver(List<Layer> layers, Given given, Rules rules, Problems problems) {
      this.layers = layers;
      this.given = given;
      this.rules = rules;
      this.problems = problems;
      this.merge = new Merge(problems);
    }

    Resolution resolve(String nameOrFile) {
      String name = name(nameOrFile);
      Mapping declared = Mapping.empty(Place.of(name));
      for (Layer layer : layers) {
        if (layer.root().get(Layer.PARAMETERS) instanceof Mapping parameters) {
          declared = merge.over(withoutContrary(declared, parameters), parameters);
        } else if (layer.root().get(Layer.PARAMETERS) != null) {
          Parameter.readAll(layer.root().get(Layer.PARAMETERS), problems);
        }
      }
      Map<String, Parameter> parameters = Parameter.readAll(declared, problems);
      Substitution outside = substitution(Map.of());
      Map<String, YamlNode> values = values(parameters, name, outside);
      Mapping body = body(values, parameters);
      return new Resolution(
          name,
          layers.isEmpty() ? nameOrFile : layers.get(layers.size() - 1).file(),
          text(Layer.DESCRIPTION),
          parameters,
          values,
          body,
          layers.stream().map(l -> new Library.Source(l.file(), l.text())).toList(),
          used,
          problems.warnings());
    }

    /** A parameter that becomes required loses its default, and the other way round. */
    private static Mapping withoutContrary(Mapping declared, Mapping higher) {
      Mapping out = declared;
      for (Map.Entry<String, Member> e : higher.members().entrySet()) {
        if (e.getValue().value() instanceof Mapping now
            && out.get(e.getKey()) instanceof Mapping then) {
          if (now.get("required") != null && now.get("default") == null) {
            then = then.without("default");
          } else if (now.get("default") != null) {
            then = then.without("required");
          }
          out = out.with(e.getKey(), new Member(out.keyPlace(e.getKey()), then));
        }
      }
      return out;
    }

    private String name(String nameOrFile) {
      for (int i = layers.size() - 1; i >= 0; i--) {
        Layer layer = layers.get(i);
        if (!layer.campaign() && layer.root().get(Layer.TEMPLATE) instanceof Scalar name) {
          return name.text();
        }
      }
      return nameOrFile.replaceFirst(".*[/\\\\]", "").replaceFirst("\\.ya?ml$", "");
    }

    private String text(String key) {
      String out = "";
      for (Layer layer : layers) {
        if (layer.root().get(key) instanceof Scalar scalar) {
          out = scalar.text();
        }
      }
      return out;
    }

    private Substitution substitution(Map<String, YamlNode> values) {
      Set<String> allowed = new TreeSet<>();
      for (Layer layer : layers) {
        if (!layer.campaign() && layer.root().get(Layer.ENV_ALLOW) instanceof Sequence names) {
          names.items().forEach(n -> allowed.add(n.json().asText()));
        }
      }
      return new Substitution(
          values,
          allowed,
          rules.environment(),
          p -> Shapes.isExpression(rules.shape(), p),
          problems);
    }

    private Map<String, YamlNode> values(
        Map<String, Parameter> parameters, String name, Substitution outside) {
      Map<String, YamlNode> values = new LinkedHashMap<>();
      for (Parameter p : parameters.values()) {
        if (p.fallback() != null) {
          values.put(p.name(), p.rule().check(outside.into(p.fallback(), ""), problems));
        }
      }
      for (Layer layer : layers) {
        if (layer.campaign()) {
          setAll(layer.root().get(Layer.SET), parameters, values, name, outside);
        }
      }
      if (given.paramsFile() != null) {
        setAll(paramsFile(given.paramsFile()), parameters, values, name, outside);
      }
      for (Setting setting : given.settings()) {
        if (!isPath(setting.key())) {
          Parameter p = known(setting.key(), setting.keyPlace(), parameters, name);
          if (p != null) {
            put(
                p,
                p.rule().fromOption(setting.place(), setting.value(), problems),
                parameters,
                values);
          }
        }
      }
      for (Parameter p : parameters.values()) {
        if (!values.containsKey(p.name())) {
          if (!given.open()) {
            problems.add(
                p.declared(),
                Code.TPL_MISSING,
                "parameter '%s' has no default; give --set %s=... (%s)"
                    .formatted(p.name(), p.name(), p.help()));
          }
          values.put(p.name(), Scalar.left(p.declared()));
        }
      }
      return values;
    }

    private Mapping paramsFile(Path file) {
      try {
        String text = new String(Files.readAllBytes(file), StandardCharsets.UTF_8);
        return YamlDocument.read(file.toString(), text, problems);
      } catch (IOException e) {
        problems.add(Place.of("--params-file " + file), Code.TPL_INCLUDE, "cannot be read");
        return Mapping.empty(Place.of(file.toString()));
      }
    }

    private void setAll(
        @Nullable YamlNode node,
        Map<String, Parameter> parameters,
        Map<String, YamlNode> values,
        String name,
        Substitution outside) {
      if (node == null || node.json().isNull()) {
        return;
      }
      if (!(node instanceof Mapping mapping)) {
        problems.add(
            node.place(),
            Code.TPL_TYPE,
            "expected values of parameters, found " + node.described());
        return;
      }
      mapping
          .members()
          .forEach(
              (key, member) -> {
                Parameter p = known(key, member.key(), parameters, name);
                if (p != null) {
                  YamlNode written = outside.into(member.value(), "");
                  put(p, p.rule().check(written, problems), parameters, values);
                }
              });
    }

    private @Nullable Parameter known(
        String key, Place place, Map<String, Parameter> parameters, String name) {
      Parameter p = parameters.get(key);
      if (p == null) {
        problems.add(
            place,
            Code.TPL_UNKNOWN_KEY,
            "template " + name + " has no parameter '" + key + "'",
            key,
            parameters.keySet());
      }
      return p;
    }

    private void put(
        Parameter p,
        YamlNode value,
        Map<String, Parameter> parameters,
        Map<String, YamlNode> values) {
      String name = p.name();
      Parameter replacement = p.deprecated() == null ? null : parameters.get(p.deprecated());
      if (replacement != null) {
        problems.warn(
            value.place(),
            Code.TPL_UNUSED,
            "parameter '" + name + "' is now called '" + replacement.name() + "'");
        name = replacement.name();
      }
      YamlNode former = values.get(name);
      values.put(name, former == null ? value : value.replacing(former));
      set.put(name, value.place());
    }

    private Mapping body(Map<String, YamlNode> values, Map<String, Parameter> parameters) {
      Mapping body = Shapes.defaults(rules.shape());
      Substitution substitution = substitution(values);
      for (Layer layer : layers) {
        Mapping plain = (Mapping) substitution.into(layer.body(), "");
        body = merge.over(body, nested(plain));
      }
      Set<Place> effective = Shapes.places(body);
      refuseUnused(effective, values, parameters);
      parameters.keySet().stream().filter(p -> isUsed(p, values, effective)).forEach(used::add);
      for (Setting setting : given.settings()) {
        if (isPath(setting.key())) {
          body = merge.over(body, nested(override(setting)));
        }
      }
      return perStep((Mapping) rules.shape().check(body, problems));
    }

    /** The campaign with what steps say of their tasks laid over what it says itself. */
    private Mapping perStep(Mapping body) {
      if (!(body.get(STEPS) instanceof Sequence steps)) {
        return body;
      }
      Mapping out = body;
      List<YamlNode> items = new ArrayList<>();
      for (YamlNode item : steps.items()) {
        if (!(item instanceof Mapping step) || !(step.get(TASKS) instanceof Mapping tasks)) {
          items.add(item);
          continue;
        }
        checkStep(step, tasks);
        Mapping all = out.get(TASKS) instanceof Mapping m ? m : Mapping.empty(tasks.place());
        out = out.with(TASKS, new Member(out.keyPlace(TASKS), merge.over(all, tasks)));
        items.add(step.without(TASKS));
      }
      return out.with(
          STEPS,
          new Member(body.keyPlace(STEPS), new Sequence(steps.place(), items, steps.overridden())));
    }

    private void checkStep(Mapping step, Mapping tasks) {
      String name = step.get("name") instanceof Scalar s ? s.text() : "";
      tasks
          .members()
          .forEach(
              (task, member) -> {
                String home = rules.stepOfTask().get(task);
                if (home != null && !home.equals(name)) {
                  problems.add(
                      member.key(),
                      Code.TPL_UNKNOWN_KEY,
                      "task '" + task + "' belongs to " + home + ", not to " + name);
                }
              });
    }

    /** A parameter that is set but that no value of the campaign comes from changes nothing. */
    private void refuseUnused(
        Set<Place> effective, Map<String, YamlNode> values, Map<String, Parameter> parameters) {
      for (Map.Entry<String, Place> e : set.entrySet()) {
        String name = e.getKey();
        boolean used = isUsed(name, values, effective);
        if (!used) {
          Parameter p = parameters.get(name);
          problems.add(
              e.getValue(),
              Code.TPL_UNUSED,
              "no key of this campaign depends on parameter '"
                  + name
                  + "'"
                  + (p == null ? "" : ", declared in " + p.declared().fileAndLine()));
        }
      }
    }

    /** Whether a key refers to a parameter; one without a value leaves no trace in the campaign. */
    private boolean isUsed(String parameter, Map<String, YamlNode> values, Set<Place> effective) {
      YamlNode value = values.get(parameter);
      boolean nothing = value != null && value.json().isNull();
      return layers.stream()
          .flatMap(l -> Shapes.references(l.body(), parameter).stream())
          .anyMatch(place -> nothing || effective.contains(place));
    }

    /** Whether a setting names a key of the document rather than a parameter. */
    private boolean isPath(String key) {
      int dot = key.indexOf('.');
      return dot > 0 && rules.shape().fields().containsKey(key.substring(0, dot));
    }

    private Mapping override(Setting setting) {
      YamlNode node;
      if (Shapes.at(rules.shape(), setting.key()) instanceof Shape.Value known) {
        node = known.rule().orNothing().fromOption(setting.place(), setting.value(), problems);
      } else {
        YamlNode value = YamlDocument.readAny(setting.place().file(), setting.value(), problems);
        node =
            value == null
                ? Scalar.of(setting.place(), JsonNodeFactory.instance.nullNode(), "", false)
                : YamlNode.at(setting.place(), value);
      }
      String[] parts = setting.key().split("\\.");
      for (int i = parts.length - 1; i > 0; i--) {
        node =
            Mapping.of(setting.keyPlace(), Map.of(parts[i], new Member(setting.keyPlace(), node)));
      }
      return Mapping.of(setting.keyPlace(), Map.of(parts[0], new Member(setting.keyPlace(), node)));
    }

    /**
     * Dotted keys of task configurations as maps, so that layers merge whichever way they write.
     */
    private static Mapping nested(Mapping body) {
      Mapping out = body;
      if (body.get(TASKS) instanceof Mapping tasks) {
        out = out.with(TASKS, new Member(body.keyPlace(TASKS), Shapes.undotted(tasks)));
      }
      if (body.get(STEPS) instanceof Sequence steps) {
        List<YamlNode> items = new ArrayList<>();
        for (YamlNode step : steps.items()) {
          items.add(
              step instanceof Mapping map && map.get(TASKS) instanceof Mapping tasks
                  ? map.with(TASKS, new Member(map.keyPlace(TASKS), Shapes.undotted(tasks)))
                  : step);
        }
        out = out.with(STEPS, new Member(body.keyPlace(STEPS), Sequence.of(steps.place(), items)));
      }
      return out;
    }
  }

  /** The campaign as a template of its own, with the place of each value as a comment. */
  public String yaml(Shape shape) {
    return ResolvedYaml.write(this, path -> Shapes.isExpression(shape, path));
  }

  /** Place of the value at a path of keys and list indices, or of the nearest value above it. */
  public Place place(List<String> path) {
    YamlNode at = body;
    for (String part : path) {
      YamlNode below =
          at instanceof Mapping mapping
              ? mapping.get(part)
              : at instanceof Sequence sequence && part.matches("[0-9]{1,6}")
                  ? item(sequence, Integer.parseInt(part))
                  : null;
      if (below == null) {
        return at.place();
      }
      at = below;
    }
    return at.place();
  }

  private static @Nullable YamlNode item(Sequence sequence, int index) {
    return index < sequence.items().size() ? sequence.items().get(index) : null;
  }

  /** Names of the parameters that an expression refers to. */
  public static List<String> references(String expression) {
    return Substitution.references(expression);
  }

  /** Whether a key of the campaign refers to a parameter. */
  public boolean isUsed(String parameter) {
    return used.contains(parameter);
  }

  /** The value of a parameter, or null. */
  public @Nullable JsonNode value(String parameter) {
    YamlNode node = values.get(parameter);
    return node == null || node.json().isNull() ? null : node.json();
  }
}
