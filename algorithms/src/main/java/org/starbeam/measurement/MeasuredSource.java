package org.starbeam.measurement;

import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.Peak;

/**
 * One source while it is measured: where it was found, and named numbers and flags that plugins
 * set. A number that nobody set is NaN. Not thread safe; belongs to one measurement.
 */
public final class MeasuredSource {
  private final Peak peak;
  private final @Nullable Footprint footprint;
  private final Map<String, Double> values = new HashMap<>();
  private final Set<String> flags = new HashSet<>();

  /**
   * @param peak where it was detected
   * @param footprint its pixels; null for a position without a detection (forced, sky source)
   */
  public MeasuredSource(Peak peak, @Nullable Footprint footprint) {
    this.peak = peak;
    this.footprint = footprint;
    set(Fields.X, peak.x());
    set(Fields.Y, peak.y());
  }

  /** A source at a position that is given, not found. */
  public static MeasuredSource at(double x, double y) {
    MeasuredSource source =
        new MeasuredSource(new Peak((int) Math.rint(x), (int) Math.rint(y), 0), null);
    source.set(Fields.X, x);
    source.set(Fields.Y, y);
    return source;
  }

  public Peak peak() {
    return peak;
  }

  public @Nullable Footprint footprint() {
    return footprint;
  }

  /** Column of the centroid slot; the peak's before a centroid was measured. */
  public double x() {
    return get(Fields.X);
  }

  /** Row of the centroid slot. */
  public double y() {
    return get(Fields.Y);
  }

  public double get(String field) {
    return values.getOrDefault(field, Double.NaN);
  }

  public void set(String field, double value) {
    values.put(field, value);
  }

  public boolean flag(String name) {
    return flags.contains(name);
  }

  public void setFlag(String name) {
    flags.add(name);
  }

  public void setFlag(String name, boolean on) {
    if (on) {
      flags.add(name);
    } else {
      flags.remove(name);
    }
  }

  public Map<String, Double> values() {
    return Collections.unmodifiableMap(values);
  }

  public Set<String> flags() {
    return Collections.unmodifiableSet(flags);
  }
}
