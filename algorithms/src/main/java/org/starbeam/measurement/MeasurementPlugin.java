package org.starbeam.measurement;

import java.util.List;

/**
 * One measurement of a source (specs/02 section 10.1). A plugin sees one source and the frame, no
 * other source's result. What cannot be measured is left NaN with the plugin's flag set; an
 * exception is turned into that by the suite.
 */
public interface MeasurementPlugin {
  int CENTROID = 0;
  int PIXELS = 1;
  int SHAPE = 2;
  int FLUX = 3;

  /** After the aperture correction. */
  int CORRECTED = 4;

  /** Unique name; {@code name_flag} says that it failed. */
  String name();

  /** Plugins run by this number, then by name. */
  int executionOrder();

  /** Numbers that must have been produced before: the position, unless a plugin says more. */
  default List<String> inputs() {
    return List.of(Fields.X, Fields.Y);
  }

  /** Numbers that the plugin sets, in addition to flags. */
  List<String> outputs();

  void measure(MeasurementFrame frame, MeasuredSource source);
}
