package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.Shape;
import org.starbeam.pipelines.document.ValueRule;
import org.starbeam.simulation.Presets;

/**
 * What a campaign document may say, key by key: type, range, default and meaning (specs/05 section
 * 1.1).
 */
final class CampaignShape {
  static final String INPUTS = "inputs";
  static final String SELECT = "select";
  static final String WINDOWS = "windows";
  static final String STEPS = "steps";
  static final String TASKS = "tasks";
  static final String RESOURCES = "resources";
  static final String FAILURE_POLICY = "failurePolicy";
  static final String GATES = "gates";
  static final String OUTPUTS = "outputs";
  static final String RETENTION = "retention";
  static final String OBSERVABILITY = "observability";

  private static final int LARGEST_TRACT = 65_535;
  private static final int LARGEST_RELEASE = 31;

  static final Shape.Fields BODY = body();

  private CampaignShape() {}

  private static Shape.Fields body() {
    return new Fields("a campaign")
        .part(INPUTS, inputs())
        .part(SELECT, select())
        .part(WINDOWS, windows())
        .part(STEPS, steps())
        .part(TASKS, TaskConfigs.shape())
        .part(RESOURCES, resources())
        .part(FAILURE_POLICY, failurePolicy())
        .part(GATES, gates())
        .part(OUTPUTS, outputs())
        .part(RETENTION, retention())
        .part(OBSERVABILITY, observability())
        .shape("A campaign");
  }

  private static Shape inputs() {
    ValueRule duration = ValueRule.of(Kind.DURATION);
    String[] presets = Presets.all().stream().map(p -> p.name()).toArray(String[]::new);
    return new Fields("inputs")
        .value(
            "path",
            ValueRule.of(Kind.URI),
            null,
            "Directory or prefix with raw/ or calibrated/, refcat/ and camera.yaml")
        .value(
            "preset",
            ValueRule.choice(presets),
            null,
            "Survey that is simulated into the repository's cache when there is no path")
        .value(
            "mapping",
            ValueRule.of(Kind.URI),
            null,
            "Mapping file that says how headers are read; without it the known instruments")
        .value(
            "watch",
            ValueRule.of(Kind.BOOL),
            false,
            "Goes on with exposures that arrive at the path after the start")
        .value("poll", duration, "PT1S", "Pause between two looks at a watched path")
        .value(
            "settle",
            duration,
            "PT3S",
            "How long a file that was not renamed into place must stay the same")
        .value(
            "visitTimeout",
            duration,
            "PT2M",
            "How long a visit of a watched path waits for its missing detectors")
        .value("calibs", ValueRule.of(Kind.COLLECTION), null, "Certified calibrations")
        .value(
            "base",
            ValueRule.of(ParameterType.listOf(Kind.COLLECTION)),
            null,
            "Runs or chains whose accepted products are read, first found wins")
        .shape("What is reduced");
  }

  private static Shape select() {
    return new Fields("select")
        .value(
            "visits",
            ValueRule.of(Kind.EXPRESSION),
            null,
            "Selection of visits; without it all of them")
        .value(
            "where",
            ValueRule.of(Kind.EXPRESSION),
            null,
            "A further condition on visits; the option --where sets it")
        .value(
            "bands",
            ValueRule.of(ParameterType.listOf(Kind.STRING)),
            null,
            "Bands that are reduced, in the order of the columns of tables; none means all")
        .value(
            "tracts",
            ValueRule.of(ParameterType.listOf(Kind.INT)).between(0, LARGEST_TRACT),
            null,
            "Tracts of the sky map that are made; none means all")
        .shape("Which part of the inputs");
  }

  private static Shape windows() {
    ValueRule releases =
        ValueRule.of(new ParameterType(Kind.MAP, ParameterType.of(Kind.DAYOBS_RANGE)));
    return new Fields("windows")
        .value(
            "kind",
            ValueRule.choice("night", "month", "release", "global"),
            "global",
            "What one run of the steps covers")
        .value(
            "cumulative",
            ValueRule.of(Kind.BOOL),
            false,
            "A month takes up the results of the month before it and adds its own exposures")
        .value("through", ValueRule.of(Kind.DAYOBS), null, "Last observing day that is taken")
        .value("releases", releases, null, "Interval of observing days of each release")
        .value(
            "only",
            ValueRule.of(Kind.STRING),
            null,
            "The release that this run makes, where there are several")
        .shape("How time is cut");
  }

  private static Shape steps() {
    ValueRule step = ValueRule.choice(Template.ALL_STEPS.toArray(String[]::new));
    Shape name = new Shape.Value(step, null, "A step");
    Shape detailed =
        new Shape.Fields(
            "a step",
            Map.of(
                "name",
                name,
                TASKS,
                TaskConfigs.shape(),
                RESOURCES,
                withMemory(RESOURCES).shape("What each quantum of the step may take")),
            Set.of("name"),
            "A step with settings of its own");
    return new Shape.Items(new Shape.Either(name, detailed, "A step"), "The steps that run");
  }

  private static Shape resources() {
    Fields tasks = new Fields("tasks");
    TaskGraph.tasks()
        .forEach(task -> tasks.part(task, withMemory(task).shape("What a quantum of it may take")));
    return quantum(RESOURCES)
        .value(
            "parallelism",
            ValueRule.of(Kind.INT).between(1, 100_000),
            null,
            "Quanta at a time; the option --parallelism wins")
        .value(
            "memoryCap",
            ValueRule.of(Kind.BYTES),
            null,
            "Largest heap of a quantum that runs in a JVM of its own")
        .part(TASKS, tasks.shape("What quanta of single tasks may take"))
        .shape("How it is run; cannot change a product");
  }

  /** What a quantum may take. */
  private static Fields quantum(String of) {
    return new Fields(of)
        .value(
            "timeLimit",
            ValueRule.of(Kind.DURATION),
            null,
            "Run time after which a quantum is stopped")
        .value(
            "isolate",
            ValueRule.choice("auto", "process", "never"),
            null,
            "When quanta run in a JVM of their own");
  }

  private static Fields withMemory(String of) {
    return quantum(of)
        .value(
            "memory",
            ValueRule.of(Kind.BYTES),
            null,
            "Heap that a quantum takes: it waits until so much is free");
  }

  private static Shape failurePolicy() {
    Fields out = new Fields("failurePolicy").part("default", tolerance("default", 0.0));
    TaskGraph.tasks().forEach(task -> out.part(task, tolerance(task, null)));
    ValueRule fraction = ValueRule.of(Kind.DOUBLE).between(0, 1);
    return out.part(
            "stopEarly",
            new Fields("stopEarly")
                .value(
                    "window",
                    ValueRule.of(Kind.INT).between(1, 1_000_000),
                    null,
                    "Number of the last quanta of one task that are looked at")
                .value("maxFailedFraction", fraction, null, "Share of them that may fail")
                .shape("Ends a run that is obviously broken"))
        .value(
            "onViolation",
            ValueRule.choice("finish", "stop"),
            "finish",
            "Whether a run goes on once a task has failed more than it may")
        .shape("How much may fail");
  }

  private static Shape tolerance(String task, @Nullable Double fraction) {
    return new Fields("the tolerance of " + task)
        .value(
            "maxFailedFraction",
            ValueRule.of(Kind.DOUBLE).between(0, 1),
            fraction,
            "Share of the quanta that may fail")
        .value(
            "maxFailed",
            ValueRule.of(Kind.LONG).between(0, null),
            null,
            "Number of quanta that may fail")
        .shape("What may fail");
  }

  private static Shape gates() {
    ValueRule number = ValueRule.of(Kind.DOUBLE);
    ValueRule positive = number.between(0, null);
    Shape gate =
        new Fields("a gate")
            .value("id", ValueRule.of(Kind.STRING), null, "Name, unique in its step")
            .value("metric", ValueRule.of(Kind.STRING), null, "Address of the metric")
            .part("where", filter())
            .value("unit", ValueRule.of(Kind.STRING), null, "Unit of the limits")
            .value("min", number, null, "Smallest good value")
            .value("max", number, null, "Largest good value")
            .value(
                "range",
                ValueRule.of(ParameterType.listOf(Kind.DOUBLE)),
                null,
                "Smallest and largest good value")
            .value(
                "severity",
                ValueRule.choice("info", "warn", "review", "stop"),
                null,
                "What a violation means")
            .value(
                "minSamples",
                ValueRule.of(Kind.INT).between(0, null),
                null,
                "With fewer values the gate is unknown, which needs a review")
            .value("baseline", ValueRule.of(Kind.COLLECTION), null, "Run or chain to compare with")
            .value("absolute", positive, null, "Change that is always good")
            .value("relative", positive, null, "Change that is good, as a share of the baseline")
            .value("sigma", positive, null, "Change that is good, in scatters of the history")
            .needs("id", "metric")
            .shape("A condition on a metric");
    Fields steps = new Fields("gates");
    Template.ALL_STEPS.forEach(step -> steps.part(step, new Shape.Items(gate, "Gates of " + step)));
    return steps.shape("When a step is good enough");
  }

  private static Shape filter() {
    Shape words = new Shape.OneOrMore(new Shape.Value(ValueRule.word(), null, "A value"), "Values");
    Fields out = new Fields("the filter of a gate");
    for (String column : List.of("band", "tract", "visit", "detector", "day_obs", "subset")) {
      out.part(column, words);
    }
    return out.shape("Units that are looked at");
  }

  private static Shape outputs() {
    return new Fields("outputs")
        .value(
            "release",
            ValueRule.of(Kind.INT).between(0, LARGEST_RELEASE),
            0,
            "Number that row ids carry; 0 is no release")
        .value(
            "chain",
            ValueRule.of(Kind.COLLECTION),
            null,
            "Chain that the run is put in front of when its gates are passed")
        .shape("Where results go");
  }

  private static Shape retention() {
    String policy = "never|whenConsumed|afterGate\\(step[1-7]\\)|after\\([0-9]+[smhd]\\)";
    Shape intermediate =
        new Fields("retention.intermediate")
            .value(
                "delete",
                ValueRule.of(Kind.STRING).matching(policy),
                "never",
                "never, whenConsumed, afterGate(stepN) or after(35d)")
            .shape("When intermediate datasets are deleted");
    return new Fields("retention").part("intermediate", intermediate).shape("How long things stay");
  }

  private static Shape observability() {
    return new Fields("observability")
        .value(
            "metrics", ValueRule.of(Kind.URI), null, "Where operational metrics go: influx:TARGET")
        .shape("How it is watched; cannot change a product");
  }

  /** Collects the keys of a map. */
  private static final class Fields {
    private final String noun;
    private final Map<String, Shape> fields = new LinkedHashMap<>();
    private Set<String> required = Set.of();

    Fields(String noun) {
      this.noun = noun;
    }

    Fields part(String key, Shape shape) {
      fields.put(key, shape);
      return this;
    }

    Fields value(String key, ValueRule rule, @Nullable Object fallback, String help) {
      JsonNodeFactory make = JsonNodeFactory.instance;
      JsonNode json = null;
      if (fallback instanceof Boolean flag) {
        json = make.booleanNode(flag);
      } else if (fallback instanceof Integer number) {
        json = make.numberNode(number);
      } else if (fallback instanceof Double number) {
        json = make.numberNode(number);
      } else if (fallback != null) {
        json = make.textNode(fallback.toString());
      }
      return part(key, new Shape.Value(rule, json, help));
    }

    Fields needs(String... keys) {
      required = Set.of(keys);
      return this;
    }

    Shape.Fields shape(String help) {
      return new Shape.Fields(noun, fields, required, help);
    }
  }
}
