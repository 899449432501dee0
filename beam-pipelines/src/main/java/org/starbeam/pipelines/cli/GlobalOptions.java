package org.starbeam.pipelines.cli;

import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** Options of every command; they stand before or after its name. */
final class GlobalOptions {
  private static final String REPOSITORY_FILE = "repo.json";

  /** What is shown of the process's own log. */
  enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG
  }

  @Option(
      names = {"-R", "--repo"},
      paramLabel = "DIR",
      scope = ScopeType.INHERIT,
      description =
          "Repository directory (default: STARBEAM_REPO, else ./repo, else the nearest directory"
              + " upwards with a repo.json).")
  @Nullable String repository;

  @Option(
      names = "--json",
      scope = ScopeType.INHERIT,
      description = "One JSON document on stdout; see help schemas.")
  boolean json;

  @Option(
      names = {"-q", "--quiet"},
      scope = ScopeType.INHERIT,
      description = "No progress.")
  boolean quiet;

  @Option(
      names = {"-v", "--verbose"},
      scope = ScopeType.INHERIT,
      description = "More; -vv for still more.")
  boolean[] verbose = {};

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      scope = ScopeType.INHERIT,
      description = "What is shown of the log: ${COMPLETION-CANDIDATES} (default: WARN).")
  @Nullable Level logLevel;

  @Option(
      names = "--log-file",
      paramLabel = "FILE",
      scope = ScopeType.INHERIT,
      description = "Adds the log to this file, from DEBUG up.")
  @Nullable Path logFile;

  @Option(
      names = "--threads",
      paramLabel = "N",
      scope = ScopeType.INHERIT,
      description = "Threads of this process (default: number of cores).")
  int threads;

  @Option(
      names = "--debug",
      scope = ScopeType.INHERIT,
      description = "Prints stack traces of errors.")
  boolean debug;

  /** Those of the command line that a command belongs to. */
  static GlobalOptions of(CommandSpec command) {
    return command.root().userObject() instanceof Main main ? main.global : new GlobalOptions();
  }

  /** What is wrong with the values, and the log as they say. */
  void apply() {
    if (threads < 0) {
      throw new UserException(ExitCode.USAGE, "--threads " + threads + ": expected 1 or more");
    }
    ProcessLog.configure(shown(), logFile);
  }

  private Level shown() {
    if (logLevel != null) {
      return logLevel;
    }
    return verbose.length > 1 ? Level.DEBUG : verbose.length == 1 ? Level.INFO : Level.WARN;
  }

  boolean isVerbose() {
    return verbose.length > 0;
  }

  /** The number of threads, of cores when it is not given. */
  int threads() {
    return threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
  }

  /** The repository's directory, absolute. */
  Path root() {
    Path given = repository == null ? nearest(Path.of("").toAbsolutePath()) : directory(repository);
    return given.toAbsolutePath().normalize();
  }

  /** {@code repo} in a directory when it is there, else the next directory that is a repository. */
  static Path nearest(Path from) {
    Path usual = from.resolve("repo");
    if (Files.isDirectory(usual)) {
      return usual;
    }
    for (Path up = from; up != null; up = up.getParent()) {
      if (Files.isRegularFile(up.resolve(REPOSITORY_FILE))) {
        return up;
      }
    }
    return usual;
  }

  private static Path directory(String text) {
    if (!text.matches("(?i)[a-z][a-z0-9+.-]+:.*")) {
      return Path.of(text);
    }
    if (text.toLowerCase(Locale.ROOT).startsWith("file:")) {
      try {
        return Path.of(URI.create(text));
      } catch (IllegalArgumentException e) {
        throw new UserException(
            ExitCode.USAGE, "--repo " + text + ": expected a directory or file:///DIR");
      }
    }
    throw new UserException(
        ExitCode.USAGE,
        "--repo "
            + text
            + ": a repository is a directory; mount the object store and give its path");
  }
}
