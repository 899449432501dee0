package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.FrozenCampaign;
import org.starbeam.pipelines.campaign.TaskGraph;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.quantum.RunFiles;
import org.starbeam.transforms.quantum.RunLease;

/**
 * A launch that goes on in the background of this machine. The same command is started once more,
 * by the launcher script where there is one, in a session of its own; what it prints goes to {@code
 * launch.log} of the run. This process ends when that one holds the run's lease, or with the error
 * that it ended with.
 */
final class DetachedLaunch {
  private static final String LOG = "launch.log";
  private static final long POLL_MILLIS = 100;

  private final CampaignSettings campaign;
  private final RunFiles files;
  private final Path directory;
  private final Path log;

  private DetachedLaunch(CampaignSettings campaign) {
    this.campaign = campaign;
    this.files =
        RunFiles.of(
            campaign.repository(), campaign.run(), TaskGraph.shard(campaign.launch().shard()));
    this.directory = RepositoryPaths.run(campaign.repository(), campaign.run());
    this.log = directory.resolve(LOG);
  }

  /**
   * Starts the launch.
   *
   * @param arguments of the command line
   * @param stamp when it began, which is in the name of a run that was given none
   * @return the exit code
   */
  static int start(CampaignSettings campaign, List<String> arguments, String stamp, Answer answer) {
    try {
      return new DetachedLaunch(campaign).start(arguments, stamp, answer);
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "the launch cannot be started: " + e.getMessage());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UserException(ExitCode.INTERRUPTED, "interrupted");
    }
  }

  private int start(List<String> arguments, String stamp, Answer answer)
      throws IOException, InterruptedException {
    RunLease.Holder before = RunLease.read(files);
    Files.createDirectories(directory);
    long from = Files.exists(log) ? Files.size(log) : 0;
    Process process = process(arguments, stamp);
    RunLease.Holder holder = await(process, before);
    if (holder == null) {
      return failed(process.exitValue(), from);
    }
    say(holder, answer);
    return ExitCode.SUCCESS.code();
  }

  private Process process(List<String> arguments, String stamp) throws IOException {
    List<String> command = new ArrayList<>();
    Path setsid = onPath("setsid");
    Path nohup = onPath("nohup");
    if (setsid != null) {
      command.add(setsid.toString());
    } else if (nohup != null) {
      command.add(nohup.toString());
    }
    command.addAll(self());
    command.addAll(arguments);
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectInput(new File("/dev/null"))
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    builder.environment().put(LauncherScript.DETACHED, stamp);
    return builder.start();
  }

  /** The words that start the command line: the launcher script, else this JVM's own. */
  private static List<String> self() {
    String home = System.getProperty("starbeam.home");
    if (home != null && Files.isExecutable(Path.of(home, "starbeam"))) {
      return List.of(Path.of(home, "starbeam").toString());
    }
    List<String> out = new ArrayList<>();
    out.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    out.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    out.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    return out;
  }

  private static @Nullable Path onPath(String program) {
    return Arrays.stream(System.getenv().getOrDefault("PATH", "").split(":", -1))
        .map(directory -> Path.of(directory, program))
        .filter(Files::isExecutable)
        .findFirst()
        .orElse(null);
  }

  /** Who works on the run, once it is the process or one of its children; null when it ended. */
  private RunLease.@Nullable Holder await(Process process, RunLease.@Nullable Holder before)
      throws InterruptedException {
    while (true) {
      boolean alive = process.isAlive();
      RunLease.Holder now = RunLease.read(files);
      if (now != null && (before == null || !now.uuid().equals(before.uuid()))) {
        if (!now.isActive() || isOf(now.pid(), process)) {
          return now;
        }
      }
      if (!alive) {
        return null;
      }
      Thread.sleep(POLL_MILLIS);
    }
  }

  private static boolean isOf(long pid, Process process) {
    ProcessHandle at = ProcessHandle.of(pid).orElse(null);
    while (at != null && at.pid() != process.pid()) {
      at = at.parent().orElse(null);
    }
    return at != null;
  }

  /** Shows what a launch said that never worked on the run, and leaves nothing behind. */
  private int failed(int code, long from) throws IOException {
    byte[] all = Files.readAllBytes(log);
    System.err.print(new String(all, (int) from, all.length - (int) from, StandardCharsets.UTF_8));
    if (from == 0 && !FrozenCampaign.exists(campaign.repository(), campaign.run())) {
      Files.delete(log);
      Path runs = campaign.repository().resolve("runs");
      try {
        for (Path empty = directory;
            empty != null && empty.startsWith(runs);
            empty = empty.getParent()) {
          Files.delete(empty);
        }
      } catch (DirectoryNotEmptyException e) {
        // Somebody else's.
      }
    }
    return code;
  }

  private void say(RunLease.Holder holder, Answer answer) {
    String where = campaign.run() + " --repo " + campaign.repository();
    System.err.printf("run %s goes on as process %d, log %s%n", campaign.run(), holder.pid(), log);
    System.err.printf("next: starbeam status %s --watch%n", where);
    System.err.printf("next: starbeam stop %s%n", where);
    ObjectNode document = Answer.object().put("run", campaign.run());
    document.put("repository", campaign.repository().toString()).put("pid", holder.pid());
    answer.print(campaign.run(), document.put("log", log.toString()));
  }
}
