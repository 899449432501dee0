package org.starbeam.pipelines.cli;

import java.nio.file.Path;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** The repository that a command works in. */
@Command
public final class RepositoryOption {
  @Spec(Spec.Target.MIXEE)
  CommandSpec spec = CommandSpec.create();

  /** The directory, absolute. */
  public Path root() {
    return GlobalOptions.of(spec).root();
  }
}
