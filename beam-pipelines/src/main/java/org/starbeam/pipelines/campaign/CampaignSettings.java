package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Splitter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.LaunchSettings;

/**
 * A resolved campaign: a template with the user's values, the repository and the run.
 *
 * @param values value of every parameter of the template
 * @param steps choice of steps and stages to run, see {@link TaskGraph#chosen}
 * @param runner {@code direct} or {@code flink}
 */
public record CampaignSettings(
    Template template,
    Map<String, String> values,
    List<String> steps,
    Path repository,
    String run,
    String runner,
    LaunchSettings launch) {

  /** The input directory, absolute. */
  public Path input() {
    return Path.of(values.getOrDefault("input", ".")).toAbsolutePath().normalize();
  }

  /** The mapping file, absolute; null when there is none. */
  public @Nullable Path mapping() {
    String value = value("mapping");
    return value == null ? null : Path.of(value).toAbsolutePath().normalize();
  }

  /** Bands that the user wants; empty means all. */
  public List<String> bands() {
    String text = values.getOrDefault("bands", "").replaceAll("[\\[\\]\\s]", "");
    return Splitter.on(',').omitEmptyStrings().splitToList(text);
  }

  /** Runs whose results are taken up, the newest first. */
  public List<String> base() {
    String text = values.getOrDefault("base", "").replaceAll("[\\[\\]\\s]", "");
    return Splitter.on(',').omitEmptyStrings().splitToList(text);
  }

  /** Last observing day whose frames are taken, YYYYMMDD; null means all. */
  public @Nullable Integer through() {
    String value = value("through");
    return value == null ? null : Integer.valueOf(value);
  }

  /** A parameter that is set to something, or null. */
  public @Nullable String value(String name) {
    String value = values.get(name);
    return value == null || value.isEmpty() ? null : value;
  }

  public Map<String, ObjectNode> tasks() {
    return template.tasks();
  }
}
