package org.starbeam.pipelines;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * What the launcher script is told of a launch that it may have to repeat: that quanta may have
 * run, and with which code it ended. A JVM that dies says neither; so the script can tell an exit
 * code of Starbeam from one of the JVM. Without a script this does nothing.
 */
public final class LauncherScript {
  /** Directory of the script's for this launch. */
  private static final @Nullable String DIRECTORY = System.getProperty("starbeam.script.state");

  /** Variable of the environment of a launch in the background: when it was asked for. */
  public static final String DETACHED = "STARBEAM_DETACHED";

  private static final @Nullable Long PID = Long.getLong("starbeam.script.pid");
  private static final long WATCH_MILLIS = 500;

  private LauncherScript() {}

  /** From now on a repetition continues the run. */
  public static void begun() {
    write("begun", "");
  }

  /**
   * Refuses to continue a run in a repository that is not there: the launch that is repeated had
   * one, and a new one in its place would begin from nothing, perhaps on the disk under a mount
   * point. The script goes on trying.
   *
   * @throws UserException when this is a repetition and there is no repository
   */
  public static void requireRepository(Path repository) {
    if (Boolean.getBoolean("starbeam.script.again")
        && !Files.isDirectory(repository.resolve("runs"))) {
      begun();
      throw new UserException(
          ExitCode.INFRASTRUCTURE,
          "the repository " + repository + " is gone; is its file system mounted?",
          "the same command when it is back; nothing that is done is done again");
    }
  }

  /** The launch ends by itself. */
  public static void ended(int exitCode) {
    write("ended", Integer.toString(exitCode));
  }

  /** Ends this JVM in order when the script is gone: nobody would see what it does. */
  public static void follow() {
    if (PID == null) {
      return;
    }
    Thread watch = new Thread(LauncherScript::awaitScript, "starbeam-script");
    watch.setDaemon(true);
    watch.start();
  }

  private static void awaitScript() {
    try {
      while (ProcessHandle.of(PID == null ? 0 : PID).isPresent()) {
        Thread.sleep(WATCH_MILLIS);
      }
      System.exit(ExitCode.INTERRUPTED.code());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** True in the process of a launch in the background. */
  public static boolean isDetached() {
    return System.getenv(DETACHED) != null;
  }

  /**
   * When the launch began, the same for all its repetitions; null without a script or a process
   * that started it.
   */
  public static @Nullable String stamp() {
    String asked = System.getenv(DETACHED);
    return asked != null ? asked : System.getProperty("starbeam.script.stamp");
  }

  private static void write(String name, String text) {
    if (DIRECTORY != null) {
      try {
        Files.writeString(Path.of(DIRECTORY, name), text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
