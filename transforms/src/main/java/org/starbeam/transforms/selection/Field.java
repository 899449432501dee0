package org.starbeam.transforms.selection;

import java.util.List;

/**
 * A field of the rows that are selected.
 *
 * @param aliases other names of it
 * @param unit unit of its values, or nothing
 * @param origin when it is known
 * @param vocabulary the values that may be written without quotes; empty for a field that is not an
 *     enumeration
 */
public record Field(
    String name,
    List<String> aliases,
    ValueType type,
    String unit,
    Origin origin,
    List<String> vocabulary,
    String description) {

  /** When a field is known. */
  public enum Origin {
    /** From the header of the raw frame only. */
    HEADER,
    /** From the header, and again from the summary that step 1 makes. */
    BOTH,
    /** From the summary of step 1 only. */
    MEASURED
  }

  public Field {
    aliases = List.copyOf(aliases);
    vocabulary = List.copyOf(vocabulary);
  }

  boolean isEnum() {
    return !vocabulary.isEmpty();
  }
}
