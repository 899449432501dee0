package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.document.DocumentSchema;
import org.starbeam.pipelines.document.Library;
import org.starbeam.pipelines.document.Parameter;
import org.starbeam.pipelines.document.Problem;
import org.starbeam.pipelines.document.Problems;
import org.starbeam.pipelines.document.Resolution;
import org.starbeam.pipelines.document.Setting;
import org.starbeam.pipelines.gates.Gate;
import org.starbeam.transforms.window.CampaignWindows;

/**
 * A campaign template or campaign file (specs/05 section 1): shipped ones are resources under
 * {@code templates/}, a path to a YAML file works the same.
 */
public final class Template {
  /** Names of the shipped templates. */
  public static final List<String> SHIPPED =
      List.of(
          "ci",
          "calibrated",
          "calibs-nightly",
          "nightly",
          "survey-monthly",
          "rc2-monthly",
          "data-release");

  /** Steps in the order of the graph. */
  public static final List<String> ALL_STEPS =
      List.of("ingest", "calibs", "step1", "step2", "step3", "step4", "step5", "step6", "step7");

  /** Templates that others extend. */
  private static final List<String> COMMON = List.of("_drp-base");

  private static final Library LIBRARY = new Resources();

  private final String nameOrFile;
  private final @Nullable String text;
  private final Resolution unset;

  private Template(String nameOrFile, @Nullable String text) {
    this.nameOrFile = nameOrFile;
    this.text = text;
    Problems problems = new Problems();
    this.unset = resolution(Resolution.Given.nothing(), problems);
    problems.throwIfAny("starbeam help templates");
  }

  /**
   * Loads a shipped template by name, or a template or campaign file by path.
   *
   * @throws org.starbeam.pipelines.UserException that lists all problems
   */
  public static Template load(String nameOrFile) {
    return new Template(nameOrFile, null);
  }

  /** Reads a template that is in no file. */
  public static Template parse(String file, String text) {
    return new Template(file, text);
  }

  private Resolution resolution(Resolution.Given given, Problems problems) {
    Resolution.Rules rules =
        new Resolution.Rules(LIBRARY, CampaignShape.BODY, TaskConfigs.steps(), System.getenv());
    Resolution resolution =
        text == null
            ? Resolution.of(nameOrFile, given, rules, problems)
            : Resolution.ofText(nameOrFile, text, given, rules, problems);
    if (problems.isEmpty()) {
      checkGates(resolution, problems);
      if (!given.open()) {
        checkReleases(resolution, problems);
      }
    }
    return resolution;
  }

  /** A release has an interval; where there are several, one of them is chosen. */
  private static void checkReleases(Resolution resolution, Problems problems) {
    Campaign.Windows windows = new Campaign(resolution).windows();
    if (windows.kind() == CampaignWindows.Kind.RELEASE && windows.release() == null) {
      List<String> names = windows.releases().stream().map(r -> r.name()).toList();
      String only = windows.only();
      if (only == null) {
        problems.add(
            resolution.place(List.of(CampaignShape.WINDOWS, "releases")),
            Problem.Code.TPL_MISSING,
            names.isEmpty()
                ? "a release needs an interval of observing days"
                : "a run makes one of the releases " + names + "; say which with 'only'");
      } else {
        problems.add(
            resolution.place(List.of(CampaignShape.WINDOWS, "only")),
            Problem.Code.TPL_RANGE,
            "no release '" + only + "'",
            only,
            names);
      }
    }
  }

  /** Gates are checked by the package that evaluates them. */
  private static void checkGates(Resolution resolution, Problems problems) {
    Gate.parseAll(
        new Campaign(resolution).gatesJson(),
        (key, code, message) -> {
          List<String> path = new ArrayList<>(List.of(CampaignShape.GATES));
          path.addAll(List.of(key.split("/")));
          problems.add(resolution.place(path), Problem.Code.valueOf(code), message);
        });
  }

  /**
   * The campaign of given values.
   *
   * @param paramsFile file of parameter values, or null
   * @param settings {@code key=value}, later ones win
   * @throws org.starbeam.pipelines.UserException that lists all problems
   */
  public Campaign resolve(@Nullable Path paramsFile, List<String> settings) {
    Problems problems = new Problems();
    return resolve(paramsFile, Setting.parseAll(settings, problems), problems);
  }

  /** The campaign of given values of parameters. */
  public Campaign resolve(Map<String, String> values) {
    List<Setting> settings =
        values.entrySet().stream().map(e -> Setting.of(e.getKey(), e.getValue())).toList();
    return resolve(null, settings, new Problems());
  }

  /** Every value with its place; parameters that are not set are left open. */
  public Resolution explained(@Nullable Path paramsFile, List<String> settings) {
    Problems problems = new Problems();
    List<Setting> given = Setting.parseAll(settings, problems);
    Resolution resolution = resolution(new Resolution.Given(paramsFile, given, true), problems);
    problems.throwIfAny("starbeam templates show " + name());
    return resolution;
  }

  /** JSON Schema of templates and campaign files. */
  public static ObjectNode schema() {
    return DocumentSchema.ofDocuments(CampaignShape.BODY, CampaignShape.TASKS);
  }

  /** JSON Schema of the campaign files of this template. */
  public ObjectNode campaignSchema() {
    return DocumentSchema.ofCampaigns(
        CampaignShape.BODY, CampaignShape.TASKS, name(), parameters());
  }

  /**
   * A campaign file to begin with: all parameters, those that need no value as comments.
   *
   * @param schema file that editors check it against
   */
  public String campaignFile(String template, String schema) {
    StringBuilder out = new StringBuilder();
    out.append("# yaml-language-server: $schema=").append(schema).append('\n');
    out.append("starbeam: 1\ntemplate: ").append(template).append("\nset:\n");
    for (Parameter p : parameters().values()) {
      out.append("  # ").append(p.help()).append(" (").append(p.type()).append(")\n");
      JsonNode value = p.defaultValue();
      String shown = value == null || value.isNull() ? p.example() : String.valueOf(value);
      String line = p.name() + ": " + (shown == null ? "" : shown);
      out.append(p.required() ? "  " : "  # ").append(line).append('\n');
    }
    return out.toString();
  }

  private Campaign resolve(@Nullable Path paramsFile, List<Setting> settings, Problems problems) {
    Resolution resolution = resolution(new Resolution.Given(paramsFile, settings, false), problems);
    problems.throwIfAny("starbeam templates show " + name());
    return new Campaign(resolution);
  }

  public String name() {
    return unset.name();
  }

  public String description() {
    return unset.description();
  }

  /** The parameters as declared. */
  public Map<String, Parameter> parameters() {
    return unset.parameters();
  }

  /** Every value with the place that sets it, as long as a user sets nothing. */
  public Resolution unset() {
    return unset;
  }

  /** Steps of the template, in graph order. */
  public List<String> steps() {
    return new Campaign(unset).steps();
  }

  /** The document as it was read. */
  public String text() {
    List<Library.Source> sources = unset.sources();
    return sources.get(sources.size() - 1).text();
  }

  /** The shipped templates. */
  private static final class Resources implements Library {
    @Override
    public Optional<Source> find(String name) {
      if (!SHIPPED.contains(name) && !COMMON.contains(name)) {
        return Optional.empty();
      }
      String path = "/templates/" + name + ".yaml";
      try (InputStream in = Template.class.getResourceAsStream(path)) {
        if (in == null) {
          throw new IllegalStateException("resource " + path + " is not in the jar");
        }
        String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        return Optional.of(new Source(path.substring(1), text));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public Collection<String> names() {
      return SHIPPED;
    }
  }
}
