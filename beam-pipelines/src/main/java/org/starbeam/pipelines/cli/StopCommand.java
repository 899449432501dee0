package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.transforms.quantum.RunFiles;
import org.starbeam.transforms.quantum.RunLease;
import org.starbeam.transforms.quantum.RunStop;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Stops a run that somebody works on, from any shell and any host that sees the repository. */
@Command(
    name = "stop",
    mixinStandardHelpOptions = true,
    description =
        "Stops a run: no quantum is begun any more, those that run have 20 s to end."
            + " What is done stays done; resume goes on.")
final class StopCommand implements Callable<Integer> {
  private static final double PATIENCE_SECONDS = 75;

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Parameters(paramLabel = "RUN", description = "Name of the run.")
  String run = "";

  @Option(names = "--now", description = "Break off the quanta that run.")
  boolean now;

  @Option(names = "--no-wait", description = "Return without waiting for the end.")
  boolean noWait;

  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() throws IOException, InterruptedException {
    String name = RunCatalog.open(repository.root(), run).run();
    RunFiles files = RunFiles.of(repository.root(), name);
    RunLease.Holder holder = RunLease.read(files);
    String next = "starbeam resume " + name + " --repo " + repository.root();
    if (holder == null || !holder.isActive()) {
      System.err.println("nobody works on run " + name);
      return end(name, "idle");
    }
    if (holder.isDead()) {
      System.err.printf(
          "process %d on %s, which worked on run %s, is gone%nnext: %s%n",
          holder.pid(), holder.host(), name, next);
      return end(name, "dead");
    }
    RunLease.requestStop(
        files,
        new RunStop(RunStop.Cause.OPERATOR, "stopped by " + System.getProperty("user.name"), now));
    if (noWait) {
      return end(name, "asked");
    }
    long start = System.nanoTime();
    while ((System.nanoTime() - start) / 1e9 < PATIENCE_SECONDS) {
      RunLease.Holder current = RunLease.read(files);
      boolean works =
          current != null
              && current.uuid().equals(holder.uuid())
              && current.isActive()
              && !current.isDead();
      if (!works) {
        System.err.printf("run %s is stopped%nnext: %s%n", name, next);
        return end(name, "stopped");
      }
      Thread.sleep(200);
    }
    throw new UserException(
        ExitCode.INFRASTRUCTURE,
        "process %d on %s was asked to stop and has not ended after %.0f s"
            .formatted(holder.pid(), holder.host(), PATIENCE_SECONDS),
        now ? "end the process by hand" : "starbeam stop " + name + " --now");
  }

  /** Answers a program in what state the run is; people read it on stderr. */
  private int end(String name, String state) {
    if (answer.isJson()) {
      Answer.print(Answer.object().put("run", name).put("state", state));
    }
    return 0;
  }
}
