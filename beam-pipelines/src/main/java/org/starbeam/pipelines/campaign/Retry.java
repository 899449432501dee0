package org.starbeam.pipelines.campaign;

import java.util.HashSet;
import java.util.Set;
import org.starbeam.transforms.quantum.FailureClass;

/**
 * Which failures of earlier launches are attempted again when a run is continued (specs/05 section
 * 4.9). What failed for want of a machine that works is always among them, and so is everything
 * that failed under another version of the code.
 *
 * @param classes failures of these classes
 * @param tasks failures of these tasks
 * @param defectsTwice true to give defects a second attempt within this launch
 */
public record Retry(Set<FailureClass> classes, Set<String> tasks, boolean defectsTwice) {
  public Retry {
    classes = Set.copyOf(classes);
    tasks = Set.copyOf(tasks);
  }

  public static Retry none() {
    return new Retry(Set.of(FailureClass.INFRA), Set.of(), false);
  }

  /** These classes and tasks too. */
  public static Retry of(Set<FailureClass> classes, Set<String> tasks) {
    Set<FailureClass> all = new HashSet<>(classes);
    all.add(FailureClass.INFRA);
    return new Retry(all, tasks, false);
  }
}
