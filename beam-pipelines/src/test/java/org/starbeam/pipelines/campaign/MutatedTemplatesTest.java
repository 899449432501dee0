package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.document.Documents;

/**
 * A template with one fault each: the message names the file, the line, the column and the code,
 * and the JSON Schema refuses what a schema can express.
 */
class MutatedTemplatesTest {
  private static final String GOOD =
      """
      starbeam: 1
      template: my
      description: A template with everything in it
      parameters:
        bands: {type: "list<enum>", choices: [u, g, r, i, z, y], default: [g, r], help: Bands}
        where: {type: expression, over: visit, default: "seeing < 1.7", help: Visits}
        seeing: {type: double, unit: arcsec, default: 1.7, range: [0.3, 5.0], help: PSF FWHM}
        wait: {type: duration, default: 90s, range: [1s, 1h], help: Pause}
        size: {type: bytes, default: 4GiB, help: Heap}
        day: {type: dayobs, default: 20250520, help: Last day}
        count: {type: int, default: 2, range: [1, 9], help: Slots}
        from: {type: collection, default: "chain:rc2/last", help: Baseline}
        releases: {type: "map<string,dayobs-range>", default: {DR1: 20250501..20250531}, help: R}
      inputs:
        path: /data/survey
        visitTimeout: "${wait}"
        base: ["${from}"]
      select:
        visits: "${where} AND band IN ${bands}"
        bands: "${bands}"
        tracts: [9615, 9813]
      windows:
        kind: release
        through: "${day}"
        releases: "${releases}"
      steps:
        - ingest
        - step1
        - name: step3
          tasks:
            detectObjects: {threshold: 6}
      tasks:
        selectVisits: {maxVisitFwhm: "${seeing}"}
        singleFrame:
          isr.doDark: false
          psf:
            maxDegree: 3
        findDefects: {columnGap: 3}
      resources: {memoryCap: "${size}", parallelism: "${count}"}
      failurePolicy:
        default: {maxFailedFraction: 0.01}
        singleFrame: {maxFailed: 3}
        onViolation: stop
      gates:
        step1:
          - {id: failed, metric: quanta.singleFrame.failed_fraction, max: 0.01, severity: stop}
      outputs: {release: 1}
      retention: {intermediate: {delete: after(35d)}}
      """;

  /**
   * A fault.
   *
   * @param from text of the good template
   * @param to what stands there instead
   * @param at the word at fault; its line and column are those that the message must name
   * @param code the code
   * @param says part of the message
   * @param inSchema whether a schema can refuse it
   */
  record Mutant(String from, String to, String at, String code, String says, boolean inSchema) {
    @Override
    public String toString() {
      return code + " " + to.strip().replace("\n", " / ");
    }

    String text() {
      assertThat(GOOD).containsOnlyOnce(from);
      return GOOD.replace(from, to);
    }

    String place() {
      String text = text();
      int start = text.indexOf(to.isEmpty() ? at : to);
      int index = text.indexOf(at, at.startsWith("^") ? 0 : Math.max(0, start));
      if (at.startsWith("^")) {
        return at.substring(1);
      }
      assertThat(index).as("'%s' in the mutant", at).isNotNegative();
      int line = (int) text.substring(0, index).chars().filter(c -> c == '\n').count() + 1;
      int column = index - text.lastIndexOf('\n', index - 1);
      return line + ":" + column;
    }
  }

  private static Mutant schema(String from, String to, String at, String code, String says) {
    return new Mutant(from, to, at, code, says, true);
  }

  private static Mutant beyond(String from, String to, String at, String code, String says) {
    return new Mutant(from, to, at, code, says, false);
  }

  static List<Mutant> mutants() {
    List<Mutant> all = new ArrayList<>();
    all.addAll(misspelt());
    all.addAll(wrongTypes());
    all.addAll(outOfRange());
    all.addAll(missing());
    all.addAll(notYaml());
    all.addAll(references());
    return all;
  }

  private static List<Mutant> misspelt() {
    String code = "TPL_UNKNOWN_KEY";
    return List.of(
        schema("windows:\n", "window:\n", "window:", code, "did you mean 'windows'?"),
        schema("failurePolicy:", "failurepolicy:", "failurepolicy", code, "'failurePolicy'?"),
        schema("parameters:", "paramaters:", "paramaters", code, "did you mean 'parameters'?"),
        schema("  path: /data", "  pth: /data", "pth", code, "did you mean 'path'?"),
        schema("visitTimeout:", "visitTimeuot:", "visitTimeuot", code, "'visitTimeout'?"),
        schema("  tracts: [9615", "  tract: [9615", "tract:", code, "did you mean 'tracts'?"),
        schema("  kind: release", "  kid: release", "kid", code, "did you mean 'kind'?"),
        schema("maxVisitFwhm:", "maxVistFwhm:", "maxVistFwhm", code, "'maxVisitFwhm'?"),
        schema("  selectVisits:", "  selectVisit:", "selectVisit:", code, "'selectVisits'?"),
        schema("isr.doDark", "isr.doDrak", "doDrak", code, "did you mean 'doDark'?"),
        schema("isr.doDark", "irs.doDark", "irs", code, "did you mean 'isr'?"),
        schema("maxDegree: 3", "maxDegre: 3", "maxDegre:", code, "did you mean 'maxDegree'?"),
        schema("{threshold: 6}", "{treshold: 6}", "treshold", code, "did you mean 'threshold'?"),
        schema("memoryCap:", "memorycap:", "memorycap", code, "did you mean 'memoryCap'?"),
        schema(
            "default: {maxFailedFraction",
            "defualt: {maxFailedFraction",
            "defualt",
            code,
            "'default'?"),
        schema(
            "  singleFrame: {maxFailed",
            "  singelFrame: {maxFailed",
            "singelFrame",
            code,
            "'singleFrame'?"),
        schema("severity: stop", "severety: stop", "severety", code, "did you mean 'severity'?"),
        schema("  step1:\n", "  stp1:\n", "stp1", code, "did you mean 'step1'"),
        schema("delete: after", "delet: after", "delet", code, "did you mean 'delete'?"),
        schema("over: visit", "ovr: visit", "ovr", code, "did you mean 'over'?"),
        schema("outputs: {release: 1}", "outputs: {relase: 1}", "relase", code, "'release'?"),
        beyond(
            "detectObjects: {",
            "diffim: {maxSources: 9}\n      detectObjects: {",
            "diffim",
            code,
            "belongs to step4, not to step3"),
        beyond("outputs:", "set: {count: 3}\noutputs:", "set", code, "belongs to campaign files"));
  }

  private static List<Mutant> wrongTypes() {
    String code = "TPL_TYPE";
    return List.of(
        schema(
            "default: 1.7, range",
            "default: wide, range",
            "wide",
            code,
            "expected double, found 'wide'"),
        schema("default: 2, range", "default: 2.5, range", "2.5", code, "expected int"),
        schema("default: 90s", "default: soon", "soon", code, "such as 90s or 15m"),
        schema("default: 4GiB", "default: big", "big", code, "such as 4GiB"),
        schema("default: 20250520", "default: yesterday", "yesterday", code, "such as 20250520"),
        beyond("default: 20250520", "default: 20250230", "20250230", code, "expected dayobs"),
        schema("{DR1: 20250501..20250531}", "{DR1: may}", "may", code, "20250501..20250531"),
        beyond(
            "{DR1: 20250501..20250531}",
            "{DR1: 20250601..20250531}",
            "20250601..20250531",
            code,
            "dayobs-range"),
        schema(
            "default: \"chain:rc2/last\"",
            "default: \"chian:rc2/last\"",
            "\"chian",
            code,
            "chain:NAME"),
        schema(
            "default: \"chain:rc2/last\"",
            "default: \"chain:../last\"",
            "\"chain",
            code,
            "expected collection"),
        schema("{type: double,", "{type: duoble,", "duoble", code, "did you mean 'double'?"),
        schema("{type: \"list<enum>\",", "{type: \"list<enm>\",", "\"list<enm>", code, "'enum'?"),
        schema("path: /data/survey", "path: [a, b]", "[a, b]", code, "expected uri, found a list"),
        schema("tracts: [9615, 9813]", "tracts: 9615", "9615", code, "expected list<int>"),
        schema("tracts: [9615, 9813]", "tracts: [9615, all]", "all", code, "expected int"),
        schema("isr.doDark: false", "isr.doDark: no", "no\n", code, "expected bool, found 'no'"),
        schema("maxDegree: 3", "maxDegree: many", "many", code, "expected int, found 'many'"),
        schema(
            "selectVisits: {maxVisitFwhm: \"${seeing}\"}",
            "selectVisits: 1.7",
            "1.7",
            code,
            "expected keys of task selectVisits"),
        schema("max: 0.01", "max: low", "low", code, "expected double"),
        schema(
            "  step1:\n    - {",
            "  step2: {a: 1}\n  step1:\n    - {",
            "{a",
            code,
            "expected a list"),
        schema("range: [0.3, 5.0]", "range: 5.0", "5.0", code, "[lowest, highest]"),
        schema("steps:\n  - ingest", "steps:\n  - [ingest]", "[ingest]", code, "expected enum"),
        schema("starbeam: 1", "starbeam: one", "one", code, "expected 1"),
        schema(
            "parameters:\n",
            "parameters:\n  odd: 3\n",
            "3\n",
            code,
            "expected type, default and help"));
  }

  private static List<Mutant> outOfRange() {
    String code = "TPL_RANGE";
    return List.of(
        beyond(
            "default: 1.7, range",
            "default: 7.5, range",
            "7.5",
            code,
            "outside of [0.3, 5.0] arcsec"),
        beyond("default: 2, range", "default: 12, range", "12", code, "outside of [1, 9]"),
        beyond("default: 90s", "default: 2h", "2h", code, "outside of"),
        beyond("default: [g, r]", "default: [g, k]", "k]", code, "'k' is none of u, g, r, i, z, y"),
        schema("kind: release", "kind: relese", "relese", code, "did you mean 'release'?"),
        schema("- step1\n", "- stpe1\n", "stpe1", code, "did you mean 'step1'"),
        schema("name: step3", "name: step8", "step8", code, "is none of"),
        schema("[9615, 9813]", "[9615, 70000]", "70000", code, "outside of [0, 65535]"),
        schema(
            "{maxFailedFraction: 0.01}",
            "{maxFailedFraction: 1.5}",
            "1.5",
            code,
            "outside of [0, 1]"),
        schema("{maxFailed: 3}", "{maxFailed: -3}", "-3", code, "outside of [0, any]"),
        schema("onViolation: stop", "onViolation: halt", "halt", code, "none of finish, stop"),
        schema("severity: stop", "severity: stp", "stp", code, "did you mean 'stop'?"),
        schema("outputs: {release: 1}", "outputs: {release: 32}", "32", code, "outside of [0, 31]"),
        schema("delete: after(35d)", "delete: after(a while)", "after(a", code, "does not match"),
        schema("starbeam: 1", "starbeam: 2", "2", code, "version 1"),
        schema("over: visit", "over: vist", "vist", code, "did you mean 'visit'?"),
        beyond("[9615, 9813]", "[99999999999999999999]", "999", code, "64 bits"),
        beyond("[9615, 9813]", "{$remove: [1]}", "1]", code, "is not in the list"));
  }

  private static List<Mutant> missing() {
    String code = "TPL_MISSING";
    return List.of(
        schema("starbeam: 1\n", "", "template", code, "starbeam: 1"),
        schema(", help: Pause}", "}", "wait", code, "needs 'help'"),
        schema("{type: bytes, default", "{default", "^9:3", code, "needs 'type'"),
        beyond(
            "default: 4GiB, ",
            "",
            "^9:3",
            code,
            "'default' (null: may be left out) or 'required: true'"),
        schema("choices: [u, g, r, i, z, y], ", "", "bands", code, "needs 'choices"),
        schema("{id: failed, ", "{", "{metric", code, "a gate needs 'id'"),
        schema("- name: step3\n    tasks", "- tasks", "tasks", code, "a step needs 'name'"));
  }

  private static List<Mutant> notYaml() {
    String code = "TPL_SYNTAX";
    return List.of(
        beyond("  kind: release", "\tkind: release", "\tkind", code, "a tab cannot indent"),
        beyond("    psf:\n", "\tpsf:\n", "\tpsf", code, "a tab cannot indent"),
        beyond(
            "  through:",
            "  kind: night\n  through:",
            "kind: night",
            code,
            "appears twice, first in line 23"),
        beyond("outputs:", "steps: [step1]\noutputs:", "steps: [step1]", code, "appears twice"),
        beyond("[9615, 9813]", "[9615, 9813", "^22:8", code, "that begins in line 21"),
        beyond(
            "path: /data/survey",
            "path: !!java.net.URL /data",
            "!!java",
            code,
            "tags are not allowed"),
        beyond(
            "path: /data/survey",
            "path: !include x.yaml",
            "!include",
            code,
            "tags are not allowed"),
        beyond("[9615, 9813]", "*all", "*all", code, "no anchor &all"),
        beyond("[9615, 9813]", "&t [1, *t]", "*t", code, "inside what it names"),
        beyond(
            "description: A template",
            "description: \"A template",
            "^5:18",
            code,
            "expected <block end>"),
        beyond(
            "outputs: {release: 1}",
            "outputs: {release: 1}\n---\nmore: 1",
            "---",
            code,
            "a second document"));
  }

  private static List<Mutant> references() {
    return List.of(
        beyond(
            "\"${seeing}\"",
            "\"${seing}\"",
            "${seing}",
            "TPL_UNKNOWN_KEY",
            "did you mean 'seeing'?"),
        beyond(
            "AND band IN ${bands}",
            "AND band IN ${band}",
            "${band}",
            "TPL_UNKNOWN_KEY",
            "'bands'?"),
        beyond(
            "path: /data/survey",
            "path: \"${env:HOME}/survey\"",
            "${env:HOME}",
            "TPL_MISSING",
            "not in 'envAllow'"),
        beyond(
            "path: /data/survey",
            "path: \"/data/${env:AWS_SECRET_KEY}\"",
            "${env:AWS_SECRET_KEY}",
            "TPL_MISSING",
            "looks like a secret"),
        beyond(
            "template: my",
            "template: my\nextends: rc2-montly",
            "rc2-montly",
            "TPL_INCLUDE",
            "did you mean 'rc2-monthly'?"),
        beyond(
            "template: my",
            "template: my\ninclude: [none.yaml]",
            "none.yaml",
            "TPL_INCLUDE",
            "no template or file"),
        beyond(
            "template: my",
            "template: my\nextends: my.yaml",
            "my.yaml",
            "TPL_CYCLE",
            "leads back to itself"));
  }

  @TempDir Path directory;

  private UserException refused(Path file) {
    UserException refused =
        catchThrowableOfType(UserException.class, () -> Template.load(file.toString()));
    assertThat(refused).as("refusal of %s", file).isNotNull();
    assertThat(refused.exitCode()).isEqualTo(ExitCode.USAGE);
    return refused;
  }

  @ParameterizedTest
  @MethodSource("mutants")
  void faultIsFoundWhereItIs(Mutant mutant) throws IOException {
    Path file = directory.resolve("my.yaml");
    Files.writeString(file, mutant.text());
    String message = String.valueOf(refused(file).getMessage());
    String first = message.lines().findFirst().orElse("");
    assertThat(first).startsWith(file + ":" + mutant.place() + ": " + mutant.code() + ": ");
    assertThat(message).contains(mutant.says());
  }

  @Test
  void thereAreAtLeastSixtyAndTheGoodOneIsGood() throws IOException {
    assertThat(mutants()).hasSizeGreaterThanOrEqualTo(60);
    Path file = directory.resolve("my.yaml");
    Files.writeString(file, GOOD);
    Campaign campaign = Template.load(file.toString()).resolve(Map.of());
    assertThat(campaign.tasks().get("detectObjects")).hasToString("{\"threshold\":6.0}");
    assertThat(Documents.problems(schema(), GOOD)).isEmpty();
  }

  private static JsonSchema schema() {
    return JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
        .getSchema(Template.schema());
  }

  private static final JsonSchema SCHEMA = schema();

  @ParameterizedTest
  @MethodSource("mutants")
  void schemaRefusesWhatItCanExpress(Mutant mutant) {
    if (mutant.inSchema()) {
      assertThat(Documents.problems(SCHEMA, mutant.text())).isNotEmpty();
    }
  }

  @ParameterizedTest
  @MethodSource("shipped")
  void schemaAcceptsShippedTemplates(String name) {
    assertThat(Documents.problems(SCHEMA, Template.load(name).text())).isEmpty();
  }

  static List<String> shipped() {
    List<String> all = new ArrayList<>(Template.SHIPPED);
    all.add("_drp-base");
    return all;
  }
}
