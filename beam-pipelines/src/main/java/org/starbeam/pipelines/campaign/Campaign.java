package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.Parameter;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.Place;
import org.starbeam.pipelines.document.Resolution;
import org.starbeam.pipelines.document.YamlNode;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.quantum.FailurePolicy;
import org.starbeam.transforms.quantum.FailurePolicy.OnViolation;
import org.starbeam.transforms.quantum.FailurePolicy.StopEarly;
import org.starbeam.transforms.quantum.FailurePolicy.Tolerance;
import org.starbeam.transforms.step2.FinalVisitTask;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * What a campaign does, resolved and typed: a template with the values of a user (specs/05 section
 * 1). Where and how it is run is in {@link CampaignSettings}.
 */
public final class Campaign {
  /**
   * What is reduced.
   *
   * @param path directory or prefix, or null
   * @param preset survey to simulate when there is no path, or null
   * @param mapping mapping file, or null
   * @param watch whether exposures that arrive later are taken
   * @param poll pause between two looks at a watched path
   * @param settle how long a file must stay the same
   * @param visitTimeout how long a visit waits for missing detectors
   * @param calibs certified calibrations, or null
   * @param base runs and chains whose accepted products are read, first found wins
   */
  public record Inputs(
      @Nullable String path,
      @Nullable String preset,
      @Nullable String mapping,
      boolean watch,
      Duration poll,
      Duration settle,
      Duration visitTimeout,
      @Nullable String calibs,
      List<String> base) {}

  /**
   * Which part of the inputs.
   *
   * @param visits selection of visits, or null for all
   * @param bands in the order of columns; empty for all
   * @param tracts of the sky map; empty for all
   */
  public record Select(
      @Nullable BoundExpression visits, List<String> bands, List<Integer> tracts) {}

  /**
   * How time is cut.
   *
   * @param cumulative whether a month takes up the results of the month before
   * @param through last observing day that is taken, or null
   * @param releases the interval of each release
   * @param only name of the release that is made, or null
   */
  public record Windows(
      CampaignWindows.Kind kind,
      boolean cumulative,
      @Nullable Integer through,
      List<CampaignWindows.Interval> releases,
      @Nullable String only) {

    /** The release that is made: the one that is named, else the only one; null for none. */
    public CampaignWindows.@Nullable Interval release() {
      return releases.stream()
          .filter(r -> only == null ? releases.size() == 1 : r.name().equals(only))
          .findFirst()
          .orElse(null);
    }
  }

  /**
   * What may be taken of the machine; each is null where the template says nothing.
   *
   * @param parallelism quanta at a time
   * @param memoryCapBytes largest heap of a quantum that runs in a JVM of its own
   * @param quantum what each quantum may take; nothing is said of its memory here
   */
  public record Resources(
      @Nullable Integer parallelism, @Nullable Long memoryCapBytes, QuantumResources quantum) {}

  /**
   * What a quantum may take; each is null where the template says nothing.
   *
   * @param timeLimit run time after which it is stopped
   * @param memoryBytes heap that it takes: it waits until so much is free
   * @param isolate {@code auto}, {@code process} or {@code never}
   */
  public record QuantumResources(
      @Nullable Duration timeLimit, @Nullable Long memoryBytes, @Nullable String isolate) {
    /** These, and those of another where these say nothing. */
    QuantumResources over(QuantumResources other) {
      return new QuantumResources(
          timeLimit == null ? other.timeLimit : timeLimit,
          memoryBytes == null ? other.memoryBytes : memoryBytes,
          isolate == null ? other.isolate : isolate);
    }
  }

  /**
   * Where results go.
   *
   * @param release number that row ids carry
   * @param chain that the accepted run is put in front of, or null
   */
  public record Outputs(int release, @Nullable String chain) {}

  private final Resolution resolution;
  private final ObjectNode body;

  Campaign(Resolution resolution) {
    this.resolution = resolution;
    this.body = resolution.body().json();
  }

  /** Every value with the place that set it. */
  public Resolution resolution() {
    return resolution;
  }

  /** Name of the template. */
  public String name() {
    return resolution.name();
  }

  public String description() {
    return resolution.description();
  }

  /** Everything that the campaign says, in canonical form. */
  public ObjectNode body() {
    return body.deepCopy();
  }

  /** The value of a parameter as text, or null. */
  public @Nullable String value(String parameter) {
    JsonNode value = resolution.value(parameter);
    if (value == null) {
      return null;
    }
    if (value.isArray()) {
      List<String> items = new ArrayList<>();
      value.forEach(i -> items.add(i.asText()));
      return String.join(",", items);
    }
    return value.isObject() ? value.toString() : value.asText();
  }

  public Inputs inputs() {
    JsonNode in = body.path(CampaignShape.INPUTS);
    return new Inputs(
        text(in, "path"),
        text(in, "preset"),
        text(in, "mapping"),
        in.path("watch").asBoolean(),
        Duration.parse(in.path("poll").asText()),
        Duration.parse(in.path("settle").asText()),
        Duration.parse(in.path("visitTimeout").asText()),
        text(in, "calibs"),
        texts(in.path("base")));
  }

  public Select select() {
    JsonNode select = body.path(CampaignShape.SELECT);
    List<Integer> tracts = new ArrayList<>();
    select.path("tracts").forEach(t -> tracts.add(t.asInt()));
    return new Select(visits(), texts(select.path("bands")), tracts);
  }

  private @Nullable BoundExpression visits() {
    if (!(resolution.body().get(CampaignShape.SELECT) instanceof YamlNode.Mapping select)
        || !(select.get("visits") instanceof YamlNode.Scalar text)
        || text.open()) {
      return null;
    }
    return bound(text);
  }

  /** The expression; one that is a parameter as a whole is that parameter's, or null without. */
  private @Nullable BoundExpression bound(YamlNode.Scalar text) {
    List<String> names = Resolution.references(text.text());
    if (names.size() == 1 && text.text().equals("${" + names.get(0) + "}")) {
      return resolution.values().get(names.get(0)) instanceof YamlNode.Scalar whole
              && !whole.value().isNull()
          ? new BoundExpression(whole.text(), Map.of(), whole.place())
          : null;
    }
    Map<String, Object> bindings = new LinkedHashMap<>();
    for (String name : names) {
      YamlNode value = resolution.values().get(name);
      Parameter parameter = resolution.parameters().get(name);
      if (value != null && parameter != null && !value.json().isNull()) {
        boolean condition = parameter.type().kind() == ParameterType.Kind.EXPRESSION;
        bindings.put(
            name,
            condition && value instanceof YamlNode.Scalar inner
                ? new BoundExpression(inner.text(), Map.of(), inner.place())
                : BoundExpression.value(value.json()));
      }
    }
    return new BoundExpression(text.text(), bindings, text.place());
  }

  public Windows windows() {
    JsonNode windows = body.path(CampaignShape.WINDOWS);
    List<CampaignWindows.Interval> releases = new ArrayList<>();
    windows
        .path("releases")
        .properties()
        .forEach(
            e -> {
              String[] ends = e.getValue().asText().split("\\.\\.");
              releases.add(
                  new CampaignWindows.Interval(
                      e.getKey(), Integer.parseInt(ends[0]), Integer.parseInt(ends[1])));
            });
    return new Windows(
        CampaignWindows.Kind.valueOf(windows.path("kind").asText().toUpperCase(Locale.ROOT)),
        windows.path("cumulative").asBoolean(),
        windows.has("through") ? Integer.valueOf(windows.path("through").asInt()) : null,
        List.copyOf(releases),
        text(windows, "only"));
  }

  /** The exposures of the release that is made; null where the campaign makes none. */
  public @Nullable BoundExpression ofRelease() {
    CampaignWindows.Interval release = windows().release();
    return release == null
        ? null
        : new BoundExpression(
            "day_obs BETWEEN ${first} AND ${last}",
            Map.of("first", (long) release.firstDayObs(), "last", (long) release.lastDayObs()),
            Place.of("release " + release.name()));
  }

  /** Name of the window that the campaign covers, as it stands in names of runs. */
  public String windowName() {
    Windows windows = windows();
    Integer through = windows.through();
    if (windows.kind() == CampaignWindows.Kind.MONTH && through != null) {
      return "m" + through / 100;
    }
    CampaignWindows.Interval release = windows.release();
    return release == null ? "all" : "r" + release.name();
  }

  /** Names of the steps that run, in graph order. */
  public List<String> steps() {
    List<String> named = new ArrayList<>();
    for (JsonNode step : body.path(CampaignShape.STEPS)) {
      named.add(step.isObject() ? step.path("name").asText() : step.asText());
    }
    return named.isEmpty()
        ? Template.ALL_STEPS
        : Template.ALL_STEPS.stream().filter(named::contains).toList();
  }

  /**
   * What the quanta of single tasks may take, by name of the task: what {@code resources.tasks}
   * says of the task, else what its step says, else nothing.
   */
  public Map<String, QuantumResources> taskResources() {
    Map<String, QuantumResources> ofStep = new HashMap<>();
    for (JsonNode step : body.path(CampaignShape.STEPS)) {
      if (step.has(CampaignShape.RESOURCES)) {
        ofStep.put(step.path("name").asText(), quantum(step.path(CampaignShape.RESOURCES)));
      }
    }
    JsonNode ofTask = body.path(CampaignShape.RESOURCES).path(CampaignShape.TASKS);
    Map<String, QuantumResources> out = new TreeMap<>();
    for (TaskGraph.Stage stage : TaskGraph.all()) {
      if (ofStep.containsKey(stage.step())) {
        out.put(stage.task(), ofStep.get(stage.step()));
      }
    }
    ofTask
        .properties()
        .forEach(
            task ->
                out.merge(task.getKey(), quantum(task.getValue()), (step, own) -> own.over(step)));
    return out;
  }

  /** What of the configuration of each task differs from the built-in one. */
  public Map<String, ObjectNode> tasks() {
    Map<String, ObjectNode> out = new LinkedHashMap<>();
    body.path(CampaignShape.TASKS)
        .properties()
        .forEach(
            e -> {
              ObjectNode overrides = TaskConfigs.overrides(e.getKey(), (ObjectNode) e.getValue());
              if (!overrides.isEmpty()) {
                out.put(e.getKey(), overrides);
              }
            });
    return out;
  }

  /**
   * Whether visits are solved together. Nights are not, nor is anything with one characterization
   * pass: there each visit is calibrated for itself (specs/02 section 0.3).
   */
  public boolean solvesVisits() {
    return windows().kind() != CampaignWindows.Kind.NIGHT
        && finalVisit().nCharacterizationPasses() > 1;
  }

  private FinalVisitTask.Config finalVisit() {
    FinalVisitTask.Config defaults = FinalVisitTask.Config.defaults();
    ObjectNode changed = tasks().get(FinalVisitTask.NAME);
    return changed == null
        ? defaults
        : Configs.override(FinalVisitTask.NAME, defaults, changed.toString());
  }

  /** What may be taken of the machine. */
  public Resources resources() {
    JsonNode node = body.path(CampaignShape.RESOURCES);
    return new Resources(
        node.has("parallelism") ? Integer.valueOf(node.path("parallelism").asInt()) : null,
        node.has("memoryCap") ? Long.valueOf(node.path("memoryCap").asLong()) : null,
        quantum(node));
  }

  private static QuantumResources quantum(JsonNode node) {
    String limit = text(node, "timeLimit");
    return new QuantumResources(
        limit == null ? null : Duration.parse(limit),
        node.has("memory") ? Long.valueOf(node.path("memory").asLong()) : null,
        text(node, "isolate"));
  }

  /** How much may fail. */
  public FailurePolicy failurePolicy() {
    JsonNode policy = body.path(CampaignShape.FAILURE_POLICY);
    Tolerance defaults = tolerance(policy.path("default"), Tolerance.NOTHING);
    Map<String, Tolerance> tasks = new LinkedHashMap<>();
    for (String task : TaskGraph.tasks()) {
      if (policy.has(task)) {
        tasks.put(task, tolerance(policy.path(task), defaults));
      }
    }
    JsonNode early = policy.path("stopEarly");
    return new FailurePolicy(
        defaults,
        tasks,
        early.isEmpty()
            ? null
            : new StopEarly(
                early.path("window").asInt(200), early.path("maxFailedFraction").asDouble(0.5)),
        OnViolation.valueOf(policy.path("onViolation").asText().toUpperCase(Locale.ROOT)));
  }

  private static Tolerance tolerance(JsonNode node, Tolerance defaults) {
    return new Tolerance(
        node.path("maxFailedFraction").asDouble(defaults.maxFailedFraction()),
        node.has("maxFailed") ? Long.valueOf(node.path("maxFailed").asLong()) : null);
  }

  /** Lists of gates by step, as they are written. */
  ObjectNode gatesJson() {
    return body.path(CampaignShape.GATES) instanceof ObjectNode gates ? gates : body.objectNode();
  }

  public Outputs outputs() {
    JsonNode outputs = body.path(CampaignShape.OUTPUTS);
    return new Outputs(outputs.path("release").asInt(), text(outputs, "chain"));
  }

  /** Where operational metrics go, or null. */
  public @Nullable String metrics() {
    return text(body.path(CampaignShape.OBSERVABILITY), "metrics");
  }

  private static @Nullable String text(JsonNode node, String key) {
    return node.hasNonNull(key) ? node.path(key).asText() : null;
  }

  private static List<String> texts(JsonNode list) {
    List<String> out = new ArrayList<>();
    list.forEach(i -> out.add(i.asText()));
    return List.copyOf(out);
  }
}
