package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.calibration.DefectFinder;
import org.starbeam.calibration.DeferredChargeFitter;
import org.starbeam.calibration.KernelSolver;
import org.starbeam.calibration.LinearityFitter;
import org.starbeam.calibration.PtcFitter;
import org.starbeam.coadd.CoaddInputSelector;
import org.starbeam.hips.TileRaster;
import org.starbeam.pipelines.document.ParameterType;
import org.starbeam.pipelines.document.ParameterType.Kind;
import org.starbeam.pipelines.document.Shape;
import org.starbeam.pipelines.document.ValueRule;
import org.starbeam.transforms.calibs.CalibVerifyTask;
import org.starbeam.transforms.calibs.CertifyTask;
import org.starbeam.transforms.calibs.CombineFramesTask;
import org.starbeam.transforms.calibs.CombineFringeTask;
import org.starbeam.transforms.calibs.FitBrighterFatterTask;
import org.starbeam.transforms.calibs.FitCrosstalkTask;
import org.starbeam.transforms.calibs.FitCtiTask;
import org.starbeam.transforms.calibs.FitLinearityTask;
import org.starbeam.transforms.calibs.FitPtcTask;
import org.starbeam.transforms.calibs.MeasureFlatPairsTask;
import org.starbeam.transforms.dataset.CanonicalJson;
import org.starbeam.transforms.ingest.IngestTask;
import org.starbeam.transforms.step1.SingleFrameTask;
import org.starbeam.transforms.step2.AstrometricSolveTask;
import org.starbeam.transforms.step2.FinalVisitTask;
import org.starbeam.transforms.step2.IsolatedStarsTask;
import org.starbeam.transforms.step2.PhotometricSolveTask;
import org.starbeam.transforms.step2.StarMotionTask;
import org.starbeam.transforms.step2.VisitSummaryTask;
import org.starbeam.transforms.step3.CellCoaddTask;
import org.starbeam.transforms.step3.DetectObjectsTask;
import org.starbeam.transforms.step3.MeasureObjectsTask;
import org.starbeam.transforms.step4.DiffimTask;
import org.starbeam.transforms.step5.AssociateDiaTask;
import org.starbeam.transforms.step5.ForcedConfig;
import org.starbeam.transforms.step7.HipsBlockTask;
import org.starbeam.transforms.step7.HipsRasterTask;
import org.starbeam.transforms.step7.HipsStretchTask;
import org.starbeam.transforms.step7.HipsTask;
import org.starbeam.transforms.step7.TractMetricsTask;

/**
 * The tasks that a campaign can configure, with the defaults of their configuration records. The
 * records are the only place where keys, types and defaults are declared; the check of campaign
 * documents and the JSON Schema follow them.
 */
public final class TaskConfigs {
  private static final Map<String, Record> DEFAULTS = defaults();

  private TaskConfigs() {}

  private static Map<String, Record> defaults() {
    Map<String, Record> out = new LinkedHashMap<>();
    out.put("ingest", IngestTask.Config.defaults());
    out.put(MeasureFlatPairsTask.NAME, MeasureFlatPairsTask.Config.defaults());
    out.put(FitLinearityTask.NAME, LinearityFitter.Config.defaults());
    out.put(FitPtcTask.NAME, PtcFitter.Config.defaults());
    out.put(FitBrighterFatterTask.NAME, KernelSolver.Config.defaults());
    out.put(FitCtiTask.NAME, DeferredChargeFitter.Config.defaults());
    out.put(FitCrosstalkTask.NAME, FitCrosstalkTask.Config.defaults());
    out.put(CombineFramesTask.NAME, CombineFramesTask.Config.defaults());
    out.put("findDefects", DefectFinder.Config.defaults());
    out.put(CombineFringeTask.NAME, CombineFringeTask.Config.defaults());
    out.put(CalibVerifyTask.NAME, CalibVerifyTask.Config.defaults());
    out.put("certify", CertifyTask.Config.defaults());
    out.put("singleFrame", SingleFrameTask.Config.defaults());
    out.put("visitSummary", VisitSummaryTask.Config.defaults());
    out.put("isolatedStars", IsolatedStarsTask.Config.defaults());
    out.put(PhotometricSolveTask.NAME, PhotometricSolveTask.Config.defaults());
    out.put("astrometricSolve", AstrometricSolveTask.Config.defaults());
    out.put("starMotion", StarMotionTask.Config.defaults());
    out.put("finalVisit", FinalVisitTask.Config.defaults());
    out.put("selectVisits", CoaddInputSelector.Config.defaults());
    out.put("cellCoadd", CellCoaddTask.Config.defaults());
    out.put("detectObjects", DetectObjectsTask.Config.defaults());
    out.put("measureObjects", MeasureObjectsTask.Config.defaults());
    out.put("diffim", DiffimTask.Config.defaults());
    out.put("associateDia", AssociateDiaTask.Config.defaults());
    out.put("forcedOnObjects", ForcedConfig.defaults());
    out.put("forcedOnDiaObjects", ForcedConfig.defaults());
    out.put(TractMetricsTask.NAME, TractMetricsTask.Config.defaults());
    out.put(HipsBlockTask.NAME, HipsBlockTask.Config.defaults());
    out.put(HipsStretchTask.NAME, HipsStretchTask.Config.defaults());
    out.put(HipsRasterTask.NAME, TileRaster.Config.defaults());
    out.put(HipsTask.NAME, HipsTask.Config.defaults());
    return Collections.unmodifiableMap(out);
  }

  /** Names of the tasks, in graph order. */
  public static List<String> names() {
    return List.copyOf(DEFAULTS.keySet());
  }

  /** The step of each task. */
  static Map<String, String> steps() {
    Map<String, String> out = new LinkedHashMap<>();
    for (String task : DEFAULTS.keySet()) {
      TaskGraph.all().stream()
          .filter(stage -> stage.task().equals(task))
          .forEach(stage -> out.put(task, stage.step()));
    }
    return out;
  }

  /** Built-in configuration of a task. */
  static JsonNode builtIn(String task) {
    Record config = DEFAULTS.get(task);
    if (config == null) {
      throw new IllegalArgumentException("no task " + task);
    }
    return CanonicalJson.tree(config);
  }

  /** What of a task's configuration differs from the built-in one. */
  static ObjectNode overrides(String task, ObjectNode config) {
    return different((ObjectNode) builtIn(task), config);
  }

  private static ObjectNode different(ObjectNode builtIn, ObjectNode config) {
    ObjectNode out = config.objectNode();
    for (Map.Entry<String, JsonNode> e : config.properties()) {
      JsonNode before = builtIn.get(e.getKey());
      if (e.getValue() instanceof ObjectNode now && before instanceof ObjectNode then) {
        ObjectNode below = different(then, now);
        if (!below.isEmpty()) {
          out.set(e.getKey(), below);
        }
      } else if (before == null || !same(before, e.getValue())) {
        out.set(e.getKey(), e.getValue());
      }
    }
    return out;
  }

  private static boolean same(JsonNode a, JsonNode b) {
    return CanonicalJson.write(a).equals(CanonicalJson.write(b));
  }

  /** What a document may say of each task. */
  static Shape.Fields shape() {
    Map<String, Shape> tasks = new LinkedHashMap<>();
    DEFAULTS.forEach(
        (task, config) -> tasks.put(task, record("task " + task, config.getClass(), config)));
    return new Shape.Fields(
        "the list of configurable tasks", tasks, Set.of(), "Configuration by task");
  }

  private static Shape record(String noun, Class<?> type, @Nullable Object value) {
    Map<String, Shape> fields = new LinkedHashMap<>();
    for (RecordComponent component : type.getRecordComponents()) {
      Object fallback = value == null ? null : read(component, value);
      String name = component.getName();
      fields.put(name, component(type, component, fallback));
    }
    return new Shape.Fields(noun, fields, Set.of(), described(type));
  }

  private static Shape component(
      Class<?> type, RecordComponent component, @Nullable Object fallback) {
    String help = described(type) + ", " + component.getName();
    if (component.getType().isRecord()) {
      return record(described(component.getType()), component.getType(), fallback);
    }
    ValueRule rule = rule(component.getGenericType());
    if (fallback == null) {
      rule = rule.orNothing();
    }
    return new Shape.Value(rule, fallback == null ? null : CanonicalJson.tree(fallback), help);
  }

  private static ValueRule rule(Type type) {
    if (type instanceof ParameterizedType parameterized) {
      Type[] arguments = parameterized.getActualTypeArguments();
      ValueRule element = rule(arguments[arguments.length - 1]);
      Kind kind = parameterized.getRawType() == Map.class ? Kind.MAP : Kind.LIST;
      return element.as(new ParameterType(kind, element.type()));
    }
    if (type instanceof Class<?> plain && plain.isEnum()) {
      List<String> words = new ArrayList<>();
      Arrays.stream(plain.getEnumConstants()).forEach(c -> words.add(((Enum<?>) c).name()));
      return ValueRule.choice(words.toArray(String[]::new)).inAnyCase();
    }
    return ValueRule.of(kind(type));
  }

  private static Kind kind(Type type) {
    if (type == boolean.class || type == Boolean.class) {
      return Kind.BOOL;
    }
    if (type == int.class || type == Integer.class) {
      return Kind.INT;
    }
    if (type == long.class || type == Long.class) {
      return Kind.LONG;
    }
    if (type == double.class || type == Double.class || type == float.class) {
      return Kind.DOUBLE;
    }
    if (type == String.class) {
      return Kind.STRING;
    }
    throw new IllegalStateException("a configuration cannot have a component of type " + type);
  }

  private static String described(Class<?> type) {
    Class<?> outer = type.getEnclosingClass();
    return outer == null
        ? type.getSimpleName()
        : outer.getSimpleName() + "." + type.getSimpleName();
  }

  private static @Nullable Object read(RecordComponent component, Object value) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(value);
    } catch (ReflectiveOperationException e) {
      throw new IllegalStateException(e);
    }
  }
}
