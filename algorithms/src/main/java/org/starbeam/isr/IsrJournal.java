package org.starbeam.isr;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What becomes of the steps of one exposure, and what its operator should know. */
final class IsrJournal {
  private final Map<IsrTask.Step, IsrReport.Status> steps = new EnumMap<>(IsrTask.Step.class);
  private final List<String> warnings = new ArrayList<>();
  private final List<String> fallbacks = new ArrayList<>();

  /** Every step is skipped until something else is said of it. */
  IsrJournal() {
    for (IsrTask.Step step : IsrTask.Step.values()) {
      steps.put(step, IsrReport.Status.SKIPPED);
    }
  }

  void applied(IsrTask.Step step) {
    steps.put(step, IsrReport.Status.APPLIED);
  }

  void failed(IsrTask.Step step) {
    steps.put(step, IsrReport.Status.FAILED);
  }

  void warn(String sentence) {
    warnings.add(sentence);
  }

  void fallback(String sentence) {
    fallbacks.add(sentence);
  }

  /** Every step in the order of the enumeration. */
  Map<String, IsrReport.Status> steps() {
    Map<String, IsrReport.Status> named = new LinkedHashMap<>();
    steps.forEach((step, status) -> named.put(step.name(), status));
    return named;
  }

  List<String> warnings() {
    return warnings;
  }

  List<String> fallbacks() {
    return fallbacks;
  }
}
