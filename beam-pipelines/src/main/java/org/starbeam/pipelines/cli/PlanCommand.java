package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.pipelines.plan.CampaignPlan;
import org.starbeam.pipelines.plan.CostModel;
import org.starbeam.pipelines.plan.MockForecast;
import org.starbeam.pipelines.plan.Plan;
import org.starbeam.pipelines.plan.PlanReport;
import org.starbeam.pipelines.plan.Planner;
import org.starbeam.pipelines.plan.ScheduleChart;
import org.starbeam.pipelines.plan.ScheduleSimulation;
import org.starbeam.pipelines.plan.SyntheticSurvey;
import org.starbeam.transforms.dataset.InputFolder;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Says what a campaign would do. */
@Command(
    name = "plan",
    mixinStandardHelpOptions = true,
    description =
        "Counts the quanta of a campaign by task and predicts what they cost, without running"
            + " anything. With the --name of a run it says what of it is done, with -v the first 10"
            + " quanta of each task.")
final class PlanCommand implements Callable<Integer> {
  private static final Path NO_FILE = Path.of("");
  private static final int SHOWN = 10;
  private static final Pattern SHORT = Pattern.compile("(\\d+(?:\\.\\d+)?)([smhd])");

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Mixin CampaignOptions options = new CampaignOptions();

  @Parameters(
      paramLabel = "TEMPLATE",
      arity = "0..1",
      description = "Name of a template or a template file; not with --survey.")
  String template = "";

  @Option(names = "--name", paramLabel = "RUN", description = "Run whose ledger is looked at.")
  String name = "";

  @Option(
      names = "--survey",
      paramLabel = "FILE",
      description =
          "Plans a survey that nobody has taken: a JSON file such as {\"visits\": 1000}, with bands,"
              + " south, north, fields, ditherDeg, detectors, pixelsPerAxis, pixelScaleArcsec.")
  Path survey = NO_FILE;

  @Option(
      names = "--counts",
      paramLabel = "FILE",
      description =
          "Predicts costs of counts that are known: a JSON file such as"
              + " {\"singleFrame\": {\"quanta\": 1000, \"n\": 16000}}.")
  Path counts = NO_FILE;

  @Option(
      names = "--mock",
      paramLabel = "FILE",
      description = "Plans the mock campaign of a file, see launch --mock.")
  Path mock = NO_FILE;

  @Option(names = "--slots", paramLabel = "N", description = "Simulates the run on N slots.")
  int slots;

  @Option(
      names = "--deadline",
      paramLabel = "TIME",
      description = "Finds the smallest number of slots that ends in this time: 90m, 12h, 30d.")
  String deadline = "";

  @Option(
      names = "--barriers",
      description = "Simulates steps that wait for the end of the step before.")
  boolean barriers;

  @Option(
      names = "--sigma",
      paramLabel = "S",
      description = "Scatter of the logarithm of run times (default: of the cost model).")
  double sigma = -1;

  @Option(
      names = "--slot-memory",
      paramLabel = "GB",
      description = "Memory of a slot; what needs more takes several slots.")
  double slotMemory;

  @Option(
      names = "--bandwidth",
      paramLabel = "GB/S",
      description = "What the storage takes from all slots together.")
  double bandwidth;

  @Option(
      names = "--costs",
      paramLabel = "FILE",
      description = "Cost model that report --fit-costs wrote (default: the shipped one).")
  Path costFile = NO_FILE;

  @Option(
      names = "--margin",
      paramLabel = "ARCSEC",
      description =
          "How far a header's pointing may be off (default: ${DEFAULT-VALUE}); 0 trusts it.")
  double margin = CampaignPlan.POINTING_ARCSEC;

  @Option(
      names = "--write",
      paramLabel = "FILE.parquet",
      description = "Writes the list of all quanta.")
  Path write = NO_FILE;

  @Option(
      names = "--chart",
      paramLabel = "FILE.svg",
      description = "Writes a picture of the simulated run; with --slots or --deadline.")
  Path chart = NO_FILE;

  @Mixin Answer answer = new Answer();

  /** The plan of what {@code launch} was told. */
  static PlanCommand ofLaunch(
      String template, CampaignOptions options, RepositoryOption repository, String run) {
    PlanCommand plan = new PlanCommand();
    plan.template = template;
    plan.options = options;
    plan.repository = repository;
    plan.name = run;
    return plan;
  }

  private GlobalOptions global() {
    return GlobalOptions.of(answer.spec);
  }

  @Override
  public Integer call() {
    CostModel costs = costFile.equals(NO_FILE) ? CostModel.shipped() : CostModel.read(costFile);
    if (!counts.equals(NO_FILE)) {
      answer(Plan.read(counts), costs, Map.of());
      return 0;
    }
    if (!mock.equals(NO_FILE)) {
      MockForecast forecast = MockForecast.of(MockPlan.read(mock));
      answer(forecast.plan(), forecast.costs(), Map.of());
      return 0;
    }
    if (!survey.equals(NO_FILE)) {
      Planner planner = synthetic(costs);
      answer(planner, costs, Map.of());
      return 0;
    }
    if (template.isEmpty()) {
      throw new UserException(
          ExitCode.USAGE,
          "plan needs a TEMPLATE, --survey FILE, --counts FILE or --mock FILE",
          "starbeam templates list");
    }
    RunCatalog run = run();
    CampaignPlan plan = new CampaignPlan(campaign(), input(), run);
    Planner planner = plan.planner(global().threads(), margin, costs);
    if (!answer.isJson()) {
      header(plan);
    }
    answer(planner, costs, plan.ended());
    return 0;
  }

  private Campaign campaign() {
    return options.resolve(Template.load(template));
  }

  private InputFolder input() {
    String path = campaign().inputs().path();
    InputFolder input = path == null ? null : InputFolder.of(path);
    if (input == null || (input.directory() != null && !Files.isDirectory(input.directory()))) {
      throw new UserException(
          ExitCode.INPUTS,
          path == null ? "the campaign has no input directory" : path + " does not exist",
          "the same command with --set input=DIR");
    }
    return input;
  }

  private @Nullable RunCatalog run() {
    return name.isEmpty() || !Files.isDirectory(repository.root().resolve("runs").resolve(name))
        ? null
        : RunCatalog.open(repository.root(), name);
  }

  private Planner synthetic(CostModel costs) {
    Set<String> tasks =
        TaskGraph.all().stream()
            .filter(s -> !Set.of("ingest", "calibs").contains(s.step()))
            .map(TaskGraph.Stage::name)
            .collect(Collectors.toSet());
    return new Planner(
        new Planner.Config(
            global().threads(), 0, false, costs.binsPerPatch(), Map.of(), tasks, Set.of()),
        List.of(),
        SyntheticSurvey.read(survey));
  }

  private static void header(CampaignPlan plan) {
    System.out.printf(
        "%,d of %,d science frames selected%n", plan.selectedFrames(), plan.scienceFrames());
    if (!plan.selection().isAll()) {
      System.out.println("  by headers:      " + plan.selection().header());
      if (!plan.selection().measured().isAll()) {
        System.out.println("  by measurement:  " + plan.selection().measured() + "  (in step3)");
      }
    }
    if (!plan.refused().isEmpty()) {
      System.out.printf("%,d files will be refused by ingest%n", plan.refused().size());
    }
    if (plan.unplaced() > 0) {
      System.out.printf(
          "%,d frames do not say where they look: what depends on the sky is not counted for them%n",
          plan.unplaced());
    }
  }

  private void answer(Planner planner, CostModel costs, Map<String, Long> done) {
    answer(planner.plan(), costs, done);
    if (global().isVerbose() && !answer.isJson()) {
      first(planner);
    }
    if (!write.equals(NO_FILE)) {
      System.err.printf("%,d quanta in %s%n", planner.write(write, costs), write);
    }
  }

  private void answer(Plan plan, CostModel costs, Map<String, Long> done) {
    ScheduleSimulation.Config schedule =
        new ScheduleSimulation.Config(
            Math.max(1, slots), barriers, sigma, slotMemory * 1e9, bandwidth * 1e9, 0, 1);
    int needed = slots;
    if (!deadline.isEmpty()) {
      needed = ScheduleSimulation.slotsFor(plan, costs, schedule, seconds(deadline));
    }
    ScheduleSimulation.Result result =
        needed > 0 ? ScheduleSimulation.run(plan, costs, schedule.at(needed)) : null;
    double critical =
        result == null ? 0 : ScheduleSimulation.criticalSeconds(plan, costs, schedule);
    PlanReport report = new PlanReport(plan, costs, done, result, critical);
    if (answer.isJson()) {
      ObjectNode out = report.json();
      if (!deadline.isEmpty()) {
        out.put("slotsForDeadline", needed);
      }
      Answer.print(out);
    } else {
      System.out.print(report.text());
      if (!deadline.isEmpty()) {
        System.out.println(
            needed > 0
                ? "smallest number of slots for " + deadline + ": " + needed
                : "no number of slots ends in " + deadline);
      }
    }
    if (result != null && !chart.equals(NO_FILE)) {
      draw(result, plan);
    }
  }

  private void draw(ScheduleSimulation.Result result, Plan plan) {
    Path file = survey.equals(NO_FILE) ? counts : survey;
    String what = file.equals(NO_FILE) ? template : String.valueOf(file.getFileName());
    String title = "Simulated run of %s: %,d quanta".formatted(what, plan.quanta());
    try {
      Files.writeString(chart, ScheduleChart.svg(result, title));
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot write " + chart + ": " + e.getMessage());
    }
  }

  private static void first(Planner planner) {
    Map<String, Integer> shown = new HashMap<>();
    planner.list(
        (task, id) -> {
          if (shown.merge(task, 1, Integer::sum) <= SHOWN) {
            System.out.println(task + "(" + id.get() + ")");
          }
        });
  }

  private static double seconds(String text) {
    Matcher match = SHORT.matcher(text.toLowerCase(Locale.ROOT));
    if (match.matches()) {
      double unit =
          switch (match.group(2)) {
            case "s" -> 1;
            case "m" -> 60;
            case "h" -> 3600;
            default -> 86_400;
          };
      return Double.parseDouble(match.group(1)) * unit;
    }
    try {
      return Duration.parse(text).toSeconds();
    } catch (DateTimeParseException e) {
      throw new UserException(
          ExitCode.USAGE, "--deadline " + text + ": expected a time such as 90m, 12h or 30d");
    }
  }
}
