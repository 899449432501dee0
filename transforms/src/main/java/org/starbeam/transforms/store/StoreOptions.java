package org.starbeam.transforms.store;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Options of Beam that the file systems of object stores need, as {@code key=value} without the
 * dashes: where the server is, never who asks. Credentials are found by the provider's own chain
 * (environment, profile, role of the instance) on each machine and are no options.
 */
public final class StoreOptions {
  /** Settings of one kind of store, from the environment of this process. */
  public interface Provider {
    /** Options of Beam as {@code key=value}. */
    List<String> options();

    /** Names of all options that the file system has and that may come from the command line. */
    Set<String> keys();
  }

  /** Where options come from. */
  private enum Origin {
    COMMAND_LINE,
    LAUNCH
  }

  /** Beam's file systems are those of the process, and so are their options. */
  private static final Map<Origin, List<String>> OPTIONS = new ConcurrentHashMap<>();

  private StoreOptions() {}

  /**
   * Options of all kinds of stores that this build has, as the environment of this process and its
   * command line say: what a launch hands down to its workers.
   */
  public static List<String> all() {
    List<String> out = new ArrayList<>();
    providers().forEach(provider -> out.addAll(provider.options()));
    return merged(OPTIONS.getOrDefault(Origin.COMMAND_LINE, List.of()), out);
  }

  /** Takes what options of the stores are among those of the command line. */
  public static void give(List<String> options) {
    Set<String> keys = new LinkedHashSet<>();
    providers().forEach(provider -> keys.addAll(provider.keys()));
    OPTIONS.put(
        Origin.COMMAND_LINE,
        options.stream().filter(option -> keys.contains(key(option))).toList());
  }

  /** Takes the options of the launch that this process works for. */
  public static void inherit(List<String> options) {
    OPTIONS.put(Origin.LAUNCH, List.copyOf(options));
  }

  /** Those of the launch that this process works for, else its own. */
  static List<String> current() {
    List<String> inherited = OPTIONS.getOrDefault(Origin.LAUNCH, List.of());
    return inherited.isEmpty() ? all() : inherited;
  }

  private static ServiceLoader<Provider> providers() {
    return ServiceLoader.load(Provider.class, StoreOptions.class.getClassLoader());
  }

  /** Some options of Beam with those of the stores that are not among them, as arguments. */
  public static String[] arguments(List<String> options) {
    return dashed(with(options));
  }

  /** Some options of Beam with those of the stores that are not among them. */
  public static List<String> with(List<String> options) {
    return merged(options, all());
  }

  private static List<String> merged(List<String> first, List<String> second) {
    Set<String> keys = new LinkedHashSet<>();
    first.forEach(option -> keys.add(key(option)));
    List<String> out = new ArrayList<>(first);
    second.stream().filter(option -> !keys.contains(key(option))).forEach(out::add);
    return List.copyOf(out);
  }

  /** Options as Beam reads them. */
  static String[] dashed(List<String> options) {
    return options.stream().map(option -> "--" + option).toArray(String[]::new);
  }

  private static String key(String option) {
    return option.substring(0, Math.max(0, option.indexOf('=')));
  }
}
