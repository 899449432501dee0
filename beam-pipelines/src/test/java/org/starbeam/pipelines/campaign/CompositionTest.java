package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.document.Explanation;
import org.starbeam.transforms.quantum.FailurePolicy;
import org.starbeam.transforms.quantum.QuantumLimits.Isolate;
import org.starbeam.transforms.quantum.QuantumLimits.TaskLimits;

/** What a campaign is made of, and which of it wins. */
class CompositionTest {
  @TempDir Path directory;

  private Path write(String name, String text) throws IOException {
    Path file = directory.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, text);
    return file;
  }

  private Campaign campaign(Path file, String... settings) {
    return Template.load(file.toString()).resolve(null, List.of(settings));
  }

  private static double threshold(Campaign campaign) {
    return campaign.body().path("tasks").path("detectObjects").path("threshold").asDouble();
  }

  private Path layers() throws IOException {
    write("root.yaml", "starbeam: 1\nparameters: {}\ntasks: {detectObjects: {threshold: 1}}\n");
    write("a.yaml", "starbeam: 1\nparameters: {}\ntasks: {detectObjects: {threshold: 3}}\n");
    write("b.yaml", "starbeam: 1\nparameters: {}\ntasks: {detectObjects: {threshold: 4}}\n");
    write(
        "t.yaml",
        """
        starbeam: 1
        template: t
        extends: root.yaml
        include: [a.yaml, b.yaml]
        parameters:
          t: {type: double, default: 5, help: Threshold}
          input: {type: uri, default: /data, help: Input}
        inputs: {path: "${input}"}
        tasks: {detectObjects: {threshold: "${t}"}}
        steps: [ingest, step1, step3]
        """);
    return write(
        "c.yaml",
        """
        starbeam: 1
        template: t.yaml
        set: {t: 6}
        """);
  }

  @Test
  void everyLayerWinsOverThoseBelow() throws IOException {
    Path campaign = layers();
    Path values = write("values.yaml", "t: 7\n");
    String file = campaign.toString();
    assertThat(threshold(campaign(campaign))).isEqualTo(6);
    assertThat(threshold(Template.load(file).resolve(values, List.of()))).isEqualTo(7);
    assertThat(threshold(Template.load(file).resolve(values, List.of("t=8", "t=9")))).isEqualTo(9);
    assertThat(threshold(campaign(campaign, "tasks.detectObjects.threshold=10"))).isEqualTo(10);
    assertThat(threshold(campaign(directory.resolve("t.yaml")))).isEqualTo(5);
  }

  @Test
  void explanationNamesEveryLineAndWhatItOverrode() throws IOException {
    Template template = Template.load(layers().toString());
    Explanation threshold =
        Explanation.all(template.explained(null, List.of())).stream()
            .filter(e -> e.key().equals("tasks.detectObjects.threshold"))
            .findFirst()
            .orElseThrow();
    assertThat(threshold.value().asDouble()).isEqualTo(6);
    assertThat(threshold.origin().toString())
        .isEqualTo(directory.resolve("t.yaml") + ":9 ${t} = " + directory.resolve("c.yaml") + ":3");
    assertThat(threshold.overridden())
        .extracting(o -> o.place().fileAndLine().replaceFirst(".*/", ""))
        .containsExactly("b.yaml:3", "a.yaml:3", "root.yaml:3", "built-in");
  }

  @Test
  void stepsSayTheLastWordOnTheirTasks() throws IOException {
    Path file =
        write(
            "s.yaml",
            """
            starbeam: 1
            template: t.yaml
            tasks: {detectObjects: {threshold: 8}}
            steps: [ingest, {name: step3, tasks: {detectObjects: {threshold: 9}}, resources: {timeLimit: 2h}}]
            """);
    layers();
    Campaign campaign = campaign(file);
    assertThat(threshold(campaign)).isEqualTo(9);
    assertThat(campaign.steps()).containsExactly("ingest", "step3");
  }

  @Test
  void resourcesAreThoseOfTheTaskElseThoseOfItsStep() throws IOException {
    Path file =
        write(
            "r.yaml",
            """
            starbeam: 1
            template: t.yaml
            steps: [ingest, {name: step3, resources: {timeLimit: 2h, isolate: never}}]
            resources: {timeLimit: 30m, tasks: {measureObjects: {memory: 2GiB, timeLimit: 3h}}}
            """);
    layers();
    Campaign campaign = campaign(file);
    assertThat(campaign.resources().quantum().timeLimit()).isEqualTo(Duration.ofMinutes(30));
    Map<String, Campaign.QuantumResources> tasks = campaign.taskResources();
    assertThat(tasks)
        .containsEntry(
            "measureObjects", new Campaign.QuantumResources(Duration.ofHours(3), 2L << 30, "never"))
        .containsEntry(
            "detectObjects", new Campaign.QuantumResources(Duration.ofHours(2), null, "never"))
        .doesNotContainKeys("ingest", "singleFrame");
    assertThat(LaunchRules.limits(campaign, directory, Retry.none()).tasks())
        .containsEntry("measureObjects", new TaskLimits(10_800.0, 2L << 30, Isolate.NEVER))
        .containsEntry("detectObjects", new TaskLimits(7200.0, 0, Isolate.NEVER));
  }

  @Test
  void listsReplaceUnlessTheyAreChanged() throws IOException {
    layers();
    Path file =
        write(
            "l.yaml",
            "starbeam: 1\ntemplate: t.yaml\nsteps: {$append: [step4], $remove: [step1]}\n");
    assertThat(campaign(file).steps()).containsExactly("ingest", "step3", "step4");
  }

  @Test
  void dottedAndNestedKeysAreTheSameKey() throws IOException {
    Path file =
        write(
            "d.yaml",
            """
            starbeam: 1
            parameters: {}
            include: below.yaml
            tasks: {finalVisit: {psf: {maxDegree: 1}}}
            """);
    write(
        "below.yaml",
        "starbeam: 1\nparameters: {}\n"
            + "tasks: {finalVisit: {psf.maxDegree: 0, psf.halfSize: 9}}\n");
    assertThat(campaign(file).tasks().get("finalVisit"))
        .hasToString("{\"psf\":{\"halfSize\":9,\"maxDegree\":1}}");
  }

  @Test
  void cycleOfDocumentsShowsTheWayRound() throws IOException {
    write("one.yaml", "starbeam: 1\nextends: two.yaml\n");
    write("two.yaml", "starbeam: 1\nparameters: {}\ninclude:\n  - three.yaml\n");
    write("three.yaml", "starbeam: 1\nextends: one.yaml\n");
    assertThatThrownBy(() -> campaign(directory.resolve("one.yaml")))
        .hasMessageContaining("three.yaml:2:10: TPL_CYCLE: 'one.yaml' leads back to itself: ")
        .hasMessageContaining("one.yaml:2 -> ")
        .hasMessageContaining("two.yaml:4 -> ")
        .hasMessageContaining("three.yaml:2 -> one.yaml".replace("three.yaml:2 -> ", ""));
  }

  @Test
  void allProblemsComeAtOnceInAllDocuments() throws IOException {
    write("base.yaml", "starbeam: 1\nparameters: {}\nstpes: [ingest]\n");
    Path file =
        write(
            "many.yaml",
            """
            starbeam: 1
            extends: base.yaml
            parameters:
              a: {type: int, default: x, help: A}
            windows: {kind: weekly}
            tasks: {diffim: {maxSource: 3}}
            """);
    assertThatThrownBy(() -> campaign(file))
        .hasMessageContaining("base.yaml:3:1: TPL_UNKNOWN_KEY")
        .hasMessageContaining("many.yaml:4:27: TPL_TYPE")
        .hasMessageContaining("many.yaml:5:17: TPL_RANGE")
        .hasMessageContaining("many.yaml:6:18: TPL_UNKNOWN_KEY");
  }

  @Test
  void parameterWhoseKeyWasReplacedCannotBeSet() throws IOException {
    layers();
    Path file =
        write(
            "fixed.yaml",
            "starbeam: 1\ntemplate: t.yaml\ntasks: {detectObjects: {threshold: 3}}\n");
    assertThat(threshold(campaign(file))).isEqualTo(3);
    assertThatThrownBy(() -> campaign(file, "t=4"))
        .hasMessageContaining("--set:1:3: TPL_UNUSED")
        .hasMessageContaining("t=4\n    ^");
  }

  @Test
  void deprecatedParameterGivesItsValueToTheNewOne() throws IOException {
    Path file =
        write(
            "old.yaml",
            """
            starbeam: 1
            parameters:
              slots: {type: int, default: 1, help: Slots}
              workers: {type: int, default: 1, help: Slots, deprecated: slots}
            resources: {parallelism: "${slots}"}
            """);
    Campaign campaign = campaign(file, "workers=5");
    assertThat(campaign.resources().parallelism()).isEqualTo(5);
    assertThat(campaign.resolution().warnings())
        .singleElement()
        .asString()
        .contains("'workers' is now called 'slots'");
  }

  @Test
  void typedValuesReachTheCampaign() throws IOException {
    Path file =
        write(
            "typed.yaml",
            """
            starbeam: 1
            parameters:
              wait: {type: duration, default: 90s, help: W}
              heap: {type: bytes, default: 1.5GiB, help: H}
              near: {type: angle, default: 30arcsec, help: N}
              tracts: {type: list<int>, default: [1], help: T}
              releases: {type: "map<string,dayobs-range>", default: {}, help: R}
              name: {type: string, default: x, help: N}
            inputs: {visitTimeout: "${wait}", path: "/data/${name}/$${x}"}
            resources: {memoryCap: "${heap}"}
            select: {tracts: "${tracts}"}
            windows: {kind: release, releases: "${releases}"}
            """);
    Campaign campaign =
        campaign(
            file, "wait=PT3M", "tracts=9615,9813", "releases={DR1: 20250501..20250531}", "name=5");
    assertThat(campaign.inputs().visitTimeout()).isEqualTo(Duration.ofMinutes(3));
    assertThat(campaign.inputs().path()).isEqualTo("/data/5/${x}");
    assertThat(campaign.resources().memoryCapBytes()).isEqualTo(3L << 29);
    assertThat(campaign.value("near")).isEqualTo(String.valueOf(30 / 3600.0));
    assertThat(campaign.select().tracts()).containsExactly(9615, 9813);
    assertThat(campaign.windows().releases())
        .singleElement()
        .satisfies(r -> assertThat(r.lastDayObs()).isEqualTo(20250531));
    assertThat(campaign.windowName()).isEqualTo("rDR1");
  }

  @Test
  void secretInAnAddressIsRefusedAndNotShown() throws IOException {
    Path file = layers();
    assertThatThrownBy(() -> campaign(file, "input=s3://host/x?token=hunter2hunter2"))
        .hasMessageContaining("TPL_TYPE: the address holds a secret")
        .hasMessageNotContaining("hunter2");
  }

  @Test
  void environmentIsReadOnlyWhereTheTemplateAllowsIt() throws IOException {
    String text =
        "starbeam: 1\nparameters: {}\nenvAllow: [PATH, MY_TOKEN]\ninputs: {path: \"${env:%s}\"}\n";
    Path path = write("p.yaml", text.formatted("PATH"));
    assertThat(campaign(path).inputs().path()).isEqualTo(System.getenv("PATH"));
    Path token = write("q.yaml", text.formatted("MY_TOKEN"));
    assertThatThrownBy(() -> campaign(token)).hasMessageContaining("looks like a secret");
  }

  @Test
  void misspeltShippedTemplateOfACampaignFileIsSuggested() throws IOException {
    Path file = write("m.yaml", "starbeam: 1\ntemplate: nigthly\n");
    assertThatThrownBy(() -> campaign(file))
        .hasMessageContaining("m.yaml:2:11: TPL_INCLUDE")
        .hasMessageContaining("did you mean 'nightly'?");
  }

  /**
   * A parameter that no key of a shipped template refers to would be a promise that nobody keeps.
   */
  @Test
  void everyParameterOfTheShippedTemplatesIsUsed() {
    for (String name : Template.SHIPPED) {
      Template template = Template.load(name);
      for (String parameter : template.parameters().keySet()) {
        assertThat(template.unset().isUsed(parameter)).as(name + " " + parameter).isTrue();
      }
    }
  }

  /** Failures are counted by the names that the ledger has, so these are the keys. */
  @Test
  void mastersAndNightsHaveTolerancesOfTheirOwn() throws IOException {
    String text = "starbeam: 1\ntemplate: ci\nfailurePolicy: {%s: {maxFailedFraction: 0.3}}\n";
    for (String task : List.of("combineFrames", "nightTables", "nightMetrics")) {
      FailurePolicy policy = campaign(write("f.yaml", text.formatted(task))).failurePolicy();
      assertThat(policy.of(task).maxFailedFraction()).isEqualTo(0.3);
      assertThat(policy.of("singleFrame").maxFailedFraction()).isZero();
    }
    Path stage = write("f.yaml", text.formatted("combineBias"));
    assertThatThrownBy(() -> campaign(stage)).hasMessageContaining("f.yaml:3:17: TPL_UNKNOWN_KEY");
  }

  @Test
  void collectionsThatNothingReadsAreRefused() throws IOException {
    for (String key : List.of("raw", "refcats")) {
      Path file = write("i.yaml", "starbeam: 1\ntemplate: ci\ninputs: {" + key + ": run:x}\n");
      assertThatThrownBy(() -> campaign(file)).hasMessageContaining("i.yaml:3:10: TPL_UNKNOWN_KEY");
    }
  }

  /** A visit is left out by its mean and by each detector: one limit alone lets nothing in. */
  @Test
  void seeingOfTheMonthlyFieldsIsLimitedForDetectorsAndVisits() {
    Campaign monthly =
        Template.load("rc2-monthly").resolve(Map.of("input", "/data", "maxSeeing", "2.5"));
    assertThat(monthly.tasks().get("selectVisits"))
        .hasToString("{\"maxFwhm\":2.5,\"maxVisitFwhm\":2.5}");
  }

  @Test
  void monthlyGrowthIsExactUnlessToldOtherwise() {
    Template monthly = Template.load("survey-monthly");
    Campaign exact = monthly.resolve(Map.of("input", "/data", "base", "chain:survey-monthly/last"));
    assertThat(exact.tasks().get("cellCoadd")).hasToString("{\"increment\":\"EXACT\"}");
    assertThat(exact.inputs().base()).containsExactly("chain:survey-monthly/last");
    Campaign hash = monthly.resolve(Map.of("input", "/data", "increment", "hash"));
    assertThat(hash.tasks()).doesNotContainKey("cellCoadd");
    assertThat(hash.inputs().base()).isEmpty();
  }
}
