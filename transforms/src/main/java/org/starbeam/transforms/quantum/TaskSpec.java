package org.starbeam.transforms.quantum;

import java.io.Serializable;
import java.util.List;
import org.starbeam.transforms.dataset.DatasetType;

/**
 * What the harness must know of a task.
 *
 * @param name task name of specs/05 section 5.1, for example {@code singleFrame}
 * @param step {@code ingest}, {@code calibs}, {@code step1} ... {@code step7}
 * @param version raised by the author whenever output bytes may change
 * @param configJson canonical JSON of the task's configuration record; its hash enters the input
 *     hash
 * @param inputs the roles of the inputs and what to do when they are absent
 * @param outputs the dataset types that the task may write
 */
public record TaskSpec(
    String name,
    String step,
    int version,
    String configJson,
    List<InputRule> inputs,
    List<DatasetType> outputs)
    implements Serializable {

  /** What a role needs (specs/05 section 4.3). */
  public record InputRule(String role, Kind kind, int min) implements Serializable {
    /** How absence of an input of this role acts. */
    public enum Kind {
      /**
       * Every input must be there, else the quantum is blocked; no input at all in the role is a
       * failure (MISSING_INPUT), because a file that the user has to give is not there.
       */
      REQUIRED,
      /**
       * At least {@code min} must be there; missing ones give the caveat UPSTREAM_MISSING. Fewer
       * means blocked when some of them failed, else no work.
       */
      GATHER,
      /** Used when there; absence is nothing special. */
      OPTIONAL
    }

    public static InputRule required(String role) {
      return new InputRule(role, Kind.REQUIRED, 1);
    }

    public static InputRule gather(String role, int min) {
      return new InputRule(role, Kind.GATHER, min);
    }

    public static InputRule optional(String role) {
      return new InputRule(role, Kind.OPTIONAL, 0);
    }
  }
}
