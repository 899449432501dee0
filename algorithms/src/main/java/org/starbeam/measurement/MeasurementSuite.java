package org.starbeam.measurement;

import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Plugins in the order in which they depend on each other, run on one source after the other. A
 * plugin that throws costs only its own numbers: they stay NaN, {@code name_flag} and {@code
 * name_flag_exception} are set. Immutable; results of a plugin do not depend on which others are
 * there.
 */
public final class MeasurementSuite {
  private static final Set<String> GIVEN = Set.of(Fields.X, Fields.Y);

  private final List<MeasurementPlugin> plugins;

  /**
   * @throws IllegalArgumentException when names collide or a plugin needs what none before it makes
   */
  public MeasurementSuite(List<MeasurementPlugin> plugins) {
    this.plugins =
        plugins.stream()
            .sorted(
                Comparator.comparingInt(MeasurementPlugin::executionOrder)
                    .thenComparing(MeasurementPlugin::name))
            .toList();
    Set<String> names = new HashSet<>();
    Set<String> made = new HashSet<>(GIVEN);
    for (MeasurementPlugin plugin : this.plugins) {
      if (!names.add(plugin.name())) {
        throw new IllegalArgumentException("two plugins named " + plugin.name());
      }
      for (String input : plugin.inputs()) {
        if (!made.contains(input)) {
          throw new IllegalArgumentException(
              plugin.name() + " needs " + input + ", which no earlier plugin makes");
        }
      }
      made.addAll(plugin.outputs());
    }
  }

  /** Everything that does not need an aperture correction. */
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    for (MeasurementPlugin plugin : plugins) {
      if (plugin.executionOrder() < MeasurementPlugin.CORRECTED) {
        run(plugin, frame, source);
      }
    }
  }

  /** What is derived from corrected fluxes. */
  public void finish(MeasurementFrame frame, MeasuredSource source) {
    for (MeasurementPlugin plugin : plugins) {
      if (plugin.executionOrder() >= MeasurementPlugin.CORRECTED) {
        run(plugin, frame, source);
      }
    }
  }

  private static void run(MeasurementPlugin plugin, MeasurementFrame frame, MeasuredSource source) {
    try {
      plugin.measure(frame, source);
    } catch (RuntimeException e) {
      for (String output : plugin.outputs()) {
        if (!GIVEN.contains(output)) {
          source.set(output, Double.NaN);
        }
      }
      source.setFlag(Fields.flag(plugin.name()));
      source.setFlag(Fields.flag(plugin.name(), "exception"));
    }
  }
}
