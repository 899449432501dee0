package org.starbeam.pipelines.cli;

import java.util.List;
import java.util.ServiceLoader;

/**
 * A command of the command line that another module brings: a class with picocli's annotations,
 * found by {@link ServiceLoader}.
 */
public interface Subcommand {
  /** All that are on the class path. */
  static List<Subcommand> all() {
    return ServiceLoader.load(Subcommand.class).stream().map(ServiceLoader.Provider::get).toList();
  }
}
