package org.starbeam.pipelines.campaign;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.calibs.CombineFramesTask;
import org.starbeam.transforms.dataset.Suggestion;
import org.starbeam.transforms.quantum.Slice;
import org.starbeam.transforms.step7.HipsMergeTask;

/**
 * The stages of the graph in their order: what each is keyed by and what it reads. {@link
 * CampaignGraph} builds the same graph (a test compares the two); this table serves those who must
 * know its shape without building it: the choice of steps, shards, the plan, the status page.
 */
public final class TaskGraph {
  /**
   * A stage.
   *
   * @param name name of the stage, that of its task unless the graph runs the task several times
   * @param step the step it belongs to
   * @param dimensions dimensions of its data ids
   * @param inputs names of the stages that it reads, campaign-wide ones included
   * @param within dimensions in which a quantum and all its inputs agree, where both have them
   */
  public record Stage(
      String name, String step, Set<String> dimensions, Set<String> inputs, Set<String> within) {
    /** Name of the task that the stage runs, which the ledger and the configuration have. */
    public String task() {
      if (name.matches("combine(Bias|Dark|Flat)")) {
        return CombineFramesTask.NAME;
      }
      return name.matches("hipsMerge\\d") ? HipsMergeTask.NAME : name;
    }
  }

  /** Tasks that only the graph of a night has. */
  private static final List<String> OF_NIGHTS = List.of("nightTables", "nightMetrics");

  /** Stages without which a later one can run: the user may have no such input. */
  private static final Set<String> OPTIONAL =
      Set.of(
          "ingestCamera",
          "ingestMapping",
          "ingestRefcat",
          "shardRefcat",
          "measureFlatPairs",
          "fitLinearity",
          "fitPtc",
          "fitBrighterFatter",
          "fitCti",
          "fitCrosstalk",
          "certify");

  /** Stages in which visits are solved together. */
  private static final Set<String> SOLVES =
      Set.of("isolatedStars", "photometricSolve", "astrometricSolve", "starMotion");

  private static final Pattern SHARD = Pattern.compile("(\\w+):(\\d{1,6})/(\\d{1,6})");

  private static final Map<String, Stage> STAGES = stages();

  private TaskGraph() {}

  private static Map<String, Stage> stages() {
    List<Stage> all =
        List.of(
            stage("ingestCamera", "ingest", "instrument", "", ""),
            stage("ingestMapping", "ingest", "name", "", ""),
            stage("ingestRefcat", "ingest", "name", "", ""),
            stage("shardRefcat", "ingest", "healpix3", "ingestRefcat", ""),
            stage("ingest", "ingest", "name", "ingestCamera ingestMapping", ""),
            stage(
                "measureFlatPairs",
                "calibs",
                "instrument detector name",
                "ingest ingestCamera",
                ""),
            stage(
                "fitLinearity",
                "calibs",
                "instrument detector name",
                "measureFlatPairs",
                "detector"),
            stage(
                "fitPtc",
                "calibs",
                "instrument detector name",
                "measureFlatPairs fitLinearity",
                "detector"),
            stage("fitBrighterFatter", "calibs", "instrument detector name", "fitPtc", ""),
            stage("fitCti", "calibs", "instrument detector name", "ingest ingestCamera", ""),
            stage("fitCrosstalk", "calibs", "instrument detector name", "ingest ingestCamera", ""),
            stage(
                "combineBias",
                "calibs",
                "instrument detector name",
                "ingest ingestCamera fitLinearity fitPtc fitBrighterFatter",
                "detector"),
            stage(
                "combineDark",
                "calibs",
                "instrument detector name",
                "ingest ingestCamera fitLinearity fitPtc fitBrighterFatter combineBias",
                "detector"),
            stage(
                "flatLevels",
                "calibs",
                "instrument detector physical_filter name",
                "ingest ingestCamera fitLinearity fitPtc fitBrighterFatter combineBias combineDark",
                "detector"),
            stage("flatScales", "calibs", "instrument physical_filter", "flatLevels", ""),
            stage(
                "combineFlat",
                "calibs",
                "instrument detector physical_filter name",
                "ingest ingestCamera fitLinearity fitPtc fitBrighterFatter combineBias"
                    + " combineDark flatScales",
                "detector"),
            stage(
                "findDefects",
                "calibs",
                "instrument detector name",
                "ingestCamera combineBias combineDark combineFlat",
                "detector"),
            stage(
                "combineFringe",
                "calibs",
                "instrument detector physical_filter name",
                "ingest ingestCamera fitLinearity fitPtc fitBrighterFatter combineBias"
                    + " combineDark combineFlat findDefects",
                "detector"),
            stage(
                "calibVerify",
                "calibs",
                "instrument detector physical_filter name",
                "ingest ingestCamera fitLinearity fitPtc fitBrighterFatter combineBias combineDark"
                    + " combineFlat findDefects",
                "detector"),
            stage(
                "certify",
                "calibs",
                "instrument detector physical_filter name",
                "fitLinearity fitPtc fitBrighterFatter fitCti fitCrosstalk combineBias combineDark"
                    + " combineFlat findDefects combineFringe calibVerify",
                "detector"),
            stage("calibTables", "calibs", "instrument detector name", "certify", "detector"),
            stage(
                "singleFrame",
                "step1",
                "instrument visit detector",
                "ingest ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                "visit detector"),
            stage(
                "visitSummary",
                "step2",
                "instrument visit",
                "singleFrame ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                "visit"),
            stage(
                "isolatedStars",
                "step2",
                "instrument healpix9",
                "singleFrame ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                ""),
            stage("photometricSolve", "step2", "instrument band", "visitSummary isolatedStars", ""),
            stage(
                "astrometricSolve",
                "step2",
                "instrument visit",
                "singleFrame visitSummary isolatedStars photometricSolve"
                    + " ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                "visit"),
            stage(
                "starMotion",
                "step2",
                "instrument healpix9",
                "isolatedStars astrometricSolve"
                    + " ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                ""),
            stage(
                "finalVisit",
                "step2",
                "instrument visit detector",
                "ingest singleFrame astrometricSolve"
                    + " ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                "visit detector"),
            stage("visitTables", "step2", "instrument visit", "finalVisit", "visit"),
            stage("selectVisits", "step3", "skymap tract band", "finalVisit", ""),
            stage(
                "cellCoadd",
                "step3",
                "skymap tract block band",
                "finalVisit selectVisits",
                "tract"),
            stage("deepCoadd", "step3", "skymap tract patch band", "cellCoadd", "tract"),
            stage("templateCoadd", "step3", "skymap tract patch band", "cellCoadd", "tract"),
            stage("detectObjects", "step3", "skymap tract patch", "deepCoadd", "tract patch"),
            stage(
                "measureObjects",
                "step3",
                "skymap tract patch name",
                "detectObjects deepCoadd",
                "tract patch"),
            stage("objectTable", "step3", "skymap tract", "measureObjects starMotion", ""),
            stage(
                "diffim",
                "step4",
                "instrument visit detector",
                "finalVisit templateCoadd",
                "visit detector"),
            stage("associateDia", "step5", "healpix8", "finalVisit diffim", ""),
            stage(
                "forcedOnObjects",
                "step5",
                "instrument visit detector",
                "finalVisit diffim objectTable",
                "visit detector"),
            stage(
                "forcedOnDiaObjects",
                "step5",
                "instrument visit detector",
                "finalVisit diffim associateDia",
                "visit detector"),
            stage(
                "diaObjects",
                "step5",
                "healpix8",
                "finalVisit objectTable associateDia forcedOnDiaObjects",
                ""),
            stage(
                "releaseTables",
                "step6",
                "healpix3 name",
                "starMotion finalVisit visitTables objectTable associateDia forcedOnObjects"
                    + " forcedOnDiaObjects diaObjects",
                ""),
            stage(
                "metrics",
                "step7",
                "instrument visit",
                "finalVisit ingestCamera ingestMapping ingestRefcat shardRefcat certify",
                "visit"),
            stage("tractMetrics", "step7", "skymap tract band", "visitTables", ""),
            stage(
                "runMetrics", "step7", "name", "metrics tractMetrics objectTable visitTables", ""),
            stage("hipsBlock", "step7", "healpix8 band", "deepCoadd", ""),
            stage("hipsStretch", "step7", "name", "hipsBlock", ""),
            stage("hipsRaster", "step7", "healpix8", "hipsBlock hipsStretch", ""),
            stage("hipsMerge5", "step7", "healpix5", "hipsBlock hipsStretch", ""),
            stage("hipsMerge2", "step7", "healpix2", "hipsMerge5 hipsStretch", ""),
            stage("hipsMerge0", "step7", "name", "hipsMerge2 hipsStretch", ""),
            stage(
                "hips",
                "step7",
                "name",
                "hipsBlock hipsRaster hipsMerge5 hipsMerge2 hipsMerge0 hipsStretch",
                ""));
    Map<String, Stage> out = new LinkedHashMap<>();
    all.forEach(s -> out.put(s.name(), s));
    return out;
  }

  private static Stage stage(
      String name, String step, String dimensions, String inputs, String within) {
    return new Stage(name, step, words(dimensions), words(inputs), words(within));
  }

  private static Set<String> words(String text) {
    Set<String> out = new LinkedHashSet<>(List.of(text.split(" ")));
    out.remove("");
    return out;
  }

  /** All stages in the order of the graph. */
  public static List<Stage> all() {
    return List.copyOf(STAGES.values());
  }

  /** The task of a stage; of any other name the name itself. */
  public static String taskOf(String stage) {
    Stage known = STAGES.get(stage);
    return known == null ? stage : known.task();
  }

  /** All tasks as the ledger names them, in the order of the graph, those of nights last. */
  public static List<String> tasks() {
    return Stream.concat(STAGES.values().stream().map(Stage::task), OF_NIGHTS.stream())
        .distinct()
        .toList();
  }

  /**
   * Checks that names are those of tasks in the ledger.
   *
   * @param option what they were given to, for the message
   * @throws UserException for another name, with the task where it is a stage's
   */
  public static void requireTasks(String option, Collection<String> names) {
    for (String name : names) {
      if (!tasks().contains(name)) {
        Stage stage = STAGES.get(name);
        throw new UserException(
            ExitCode.USAGE,
            option
                + " "
                + name
                + ": not known"
                + (stage == null
                    ? Suggestion.didYouMean(name, tasks())
                    : "; its task is called '" + stage.task() + "'")
                + "; known: "
                + String.join(", ", tasks()));
      }
    }
  }

  /**
   * The stages that a choice names: each item is {@code STEP}, {@code STEP:STAGE}, or {@code
   * FIRST..LAST} of these with either end left open.
   *
   * @throws UserException for a name that does not exist
   */
  static Set<String> chosen(List<String> items) {
    List<String> names = List.copyOf(STAGES.keySet());
    Set<String> out = new LinkedHashSet<>();
    for (String item : items) {
      int dots = item.indexOf("..");
      String first = dots < 0 ? item : item.substring(0, dots);
      String last = dots < 0 ? item : item.substring(dots + 2);
      int from = first.isEmpty() ? 0 : names.indexOf(group(item, first).get(0));
      List<String> end = last.isEmpty() ? names : group(item, last);
      int to = names.indexOf(end.get(end.size() - 1));
      out.addAll(names.subList(from, Math.max(from, to + 1)));
    }
    return names.stream()
        .filter(out::contains)
        .collect(Collectors.toCollection(LinkedHashSet::new));
  }

  /**
   * The choice of some tasks alone, as {@link #chosen} reads it.
   *
   * @throws UserException for a name that does not exist
   */
  public static List<String> choiceOf(List<String> tasks) {
    for (String task : tasks) {
      if (!STAGES.containsKey(task)) {
        throw new UserException(
            ExitCode.USAGE,
            "--tasks "
                + task
                + ": not known"
                + Suggestion.didYouMean(task, STAGES.keySet())
                + "; known: "
                + String.join(", ", STAGES.keySet()));
      }
    }
    return tasks.stream().distinct().map(t -> stage(t).step() + ":" + t).toList();
  }

  /** The stages of {@code STEP} or {@code STEP:STAGE}. */
  private static List<String> group(String item, String name) {
    int colon = name.indexOf(':');
    String step = colon < 0 ? name : name.substring(0, colon);
    List<String> inStep =
        STAGES.values().stream().filter(s -> s.step().equals(step)).map(Stage::name).toList();
    if (inStep.isEmpty()) {
      throw unknown(item, "step '" + step + "'", step, Template.ALL_STEPS);
    }
    if (colon < 0) {
      return inStep;
    }
    String stage = name.substring(colon + 1);
    if (!inStep.contains(stage)) {
      throw unknown(item, step + " has no task '" + stage + "'", stage, inStep);
    }
    return List.of(stage);
  }

  private static UserException unknown(
      String item, String what, String name, Collection<String> known) {
    return new UserException(
        ExitCode.USAGE,
        "--steps "
            + item
            + ": "
            + what
            + " is not known"
            + Suggestion.didYouMean(name, known)
            + "; known: "
            + String.join(", ", known));
  }

  /**
   * The slice of the graph that computes the chosen stages.
   *
   * @param steps steps that the template has; stages of others are left out
   * @param shard {@code DIMENSION:INDEX/COUNT}, or empty
   */
  static Slice slice(List<String> choice, List<String> steps, String shard) {
    return slice(choice, steps, shard, Set.of());
  }

  /**
   * The same for a graph that lacks some stages.
   *
   * @param absent what {@link #absent} says
   */
  static Slice slice(List<String> choice, List<String> steps, String shard, Set<String> absent) {
    Set<String> computed = new LinkedHashSet<>(chosen(choice));
    computed.removeAll(absent);
    computed.removeIf(name -> !steps.contains(stage(name).step()));
    Set<String> recorded = new LinkedHashSet<>();
    for (String name : computed) {
      recorded.addAll(inputs(name, absent));
    }
    recorded.removeAll(computed);
    recorded.removeIf(name -> !steps.contains(stage(name).step()));
    Set<String> leftOut = new LinkedHashSet<>(STAGES.keySet());
    leftOut.removeAll(computed);
    leftOut.removeAll(recorded);
    Slice.Shard part = shard(shard);
    if (part.count() > 1) {
      checkShard(part, computed);
    }
    return new Slice(recorded, leftOut, part, Set.of());
  }

  /** The stages that the graph of a campaign does not have. */
  public static Set<String> absent(Campaign campaign) {
    return campaign.solvesVisits() ? Set.of() : SOLVES;
  }

  /** What a stage reads; instead of an absent stage what that one would have read. */
  private static Set<String> inputs(String name, Set<String> absent) {
    Set<String> out = new LinkedHashSet<>();
    for (String input : stage(name).inputs()) {
      if (absent.contains(input)) {
        out.addAll(inputs(input, absent));
      } else {
        out.add(input);
      }
    }
    return out;
  }

  /** The shard that a text says, {@code DIMENSION:INDEX/COUNT}; empty for the whole. */
  public static Slice.Shard shard(String text) {
    if (text.isEmpty()) {
      return Slice.Shard.ALL;
    }
    Matcher match = SHARD.matcher(text);
    if (!match.matches()) {
      throw new UserException(
          ExitCode.USAGE, "--shard " + text + ": expected DIMENSION:INDEX/COUNT, as visit:0/4");
    }
    List<String> dimensions = List.of("visit", "detector", "tract");
    if (!dimensions.contains(match.group(1))) {
      throw new UserException(
          ExitCode.USAGE,
          "--shard "
              + text
              + ": shards are made by "
              + String.join(", ", dimensions)
              + Suggestion.didYouMean(match.group(1), dimensions));
    }
    try {
      return new Slice.Shard(
          match.group(1), Integer.parseInt(match.group(2)), Integer.parseInt(match.group(3)));
    } catch (IllegalArgumentException e) {
      throw new UserException(ExitCode.USAGE, "--shard " + text + ": " + e.getMessage());
    }
  }

  /** Refuses shards in which a quantum would miss inputs that another shard makes. */
  private static void checkShard(Slice.Shard shard, Set<String> computed) {
    for (String name : computed) {
      Stage stage = stage(name);
      boolean crosses =
          !stage.within().contains(shard.dimension())
              && stage.inputs().stream().anyMatch(computed::contains);
      if (!stage.dimensions().contains(shard.dimension()) || crosses) {
        throw new UserException(
            ExitCode.USAGE,
            "--shard by "
                + shard.dimension()
                + ": task "
                + name
                + " gathers over "
                + shard.dimension()
                + "s; run it for itself when all shards have ended",
            "--steps " + stage.step() + ":" + name + " without --shard, and the shards up to it");
      }
    }
  }

  /** The stage of a name. */
  public static Stage stage(String name) {
    Stage stage = STAGES.get(name);
    if (stage == null) {
      throw new IllegalArgumentException("no stage '" + name + "'");
    }
    return stage;
  }

  /** Stages of a slice whose results must be in the ledger before it can begin. */
  static List<String> needed(Slice slice) {
    List<String> out = new ArrayList<>(slice.recorded());
    out.removeAll(OPTIONAL);
    return out.stream().sorted().toList();
  }
}
