package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Arrays;
import java.util.Set;
import org.slf4j.bridge.SLF4JBridgeHandler;
import org.starbeam.failure.BadInputException;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.UserException;
import org.starbeam.transforms.log.Redaction;
import org.starbeam.transforms.store.StoreUnavailableException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * The command line (specs/05 section 10). Data go to stdout, progress and messages to stderr;
 * errors of users are one message and a {@code next:} line, never a stack trace.
 */
@Command(
    name = "starbeam",
    mixinStandardHelpOptions = true,
    versionProvider = Main.Version.class,
    description = "Turns the raw frames of a survey telescope into a data release.",
    subcommands = {
      DemoCommand.class,
      SimulateCommand.class,
      LaunchCommand.class,
      ResumeCommand.class,
      StopCommand.class,
      PlanCommand.class,
      StatusCommand.class,
      LogsCommand.class,
      ReportCommand.class,
      ExportCommand.class,
      SqlCommand.class,
      ProvenanceCommand.class,
      RepoCommand.class,
      GatesCommand.class,
      CompareCommand.class,
      CalibsCommand.class,
      TemplatesCommand.class,
      FreezeCommand.class,
      CompletionCommand.class,
      HelpCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n")
public final class Main implements Runnable {
  @Option(
      names = "--debug",
      description = "Print stack traces.",
      scope = CommandLine.ScopeType.INHERIT)
  boolean debug;

  @Override
  public void run() {
    line(this).usage(System.out);
  }

  /**
   * Runs the command line and ends the JVM with its exit code. Inside a Flink application, whose
   * JVM is not ours to end, a code that is not 0 becomes an exception.
   */
  public static void main(String[] arguments) {
    if (PipelineLauncher.all().stream().anyMatch(PipelineLauncher::isHost)) {
      int code = execute(arguments);
      if (code != ExitCode.SUCCESS.code()) {
        throw new IllegalStateException("starbeam ended with exit code " + code);
      }
      return;
    }
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    LauncherScript.follow();
    int code = execute(arguments);
    LauncherScript.ended(code);
    System.exit(code);
  }

  private static CommandLine line(Main main) {
    CommandLine line = new CommandLine(main);
    Subcommand.all().forEach(line::addSubcommand);
    line.getCommandSpec().usageMessage().exitCodeList(ExitCode.meanings());
    return line;
  }

  /** Names of all commands. */
  public static Set<String> commands() {
    return line(new Main()).getSubcommands().keySet();
  }

  /** Runs the command line in this JVM and returns its exit code. */
  public static int execute(String... arguments) {
    Main main = new Main();
    CommandLine line = line(main);
    boolean json = Arrays.asList(arguments).contains("--json");
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> main.report(e, command.getErr(), json));
    CommandLine.IParameterExceptionHandler usage = line.getParameterExceptionHandler();
    line.setParameterExceptionHandler(
        (e, given) -> {
          int code = usage.handleParseException(e, given);
          if (json) {
            System.out.println(document(e, code));
          }
          return code;
        });
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    return line.execute(arguments);
  }

  private int report(Exception error, PrintWriter err, boolean json) {
    if (debug) {
      StringWriter stack = new StringWriter();
      error.printStackTrace(new PrintWriter(stack));
      err.println(Redaction.of(stack.toString()));
    }
    int code = report(error, err);
    if (json) {
      System.out.println(document(error, code));
    }
    return code;
  }

  /** What a program that asked for JSON reads when a command fails. */
  private static ObjectNode document(Exception error, int code) {
    ObjectNode out = new ObjectMapper().createObjectNode();
    ObjectNode detail = out.putObject("error").put("exitCode", code);
    detail.put("message", Redaction.of(String.valueOf(error.getMessage())));
    detail.put("next", error instanceof UserException user ? user.next() : null);
    return out;
  }

  private int report(Exception error, PrintWriter err) {
    if (error instanceof UserException user) {
      err.println(Redaction.of(String.valueOf(user.getMessage())));
      if (user.next() != null) {
        err.println("next: " + user.next());
      }
      return user.exitCode().code();
    }
    if (error instanceof BadInputException bad) {
      err.println(Redaction.of(bad.code() + ": " + bad.getMessage()));
      return ExitCode.INPUTS.code();
    }
    StoreUnavailableException store = StoreUnavailableException.in(error);
    if (store != null) {
      err.println(Redaction.of(String.valueOf(store.getMessage())));
      err.println("next: starbeam doctor");
      return ExitCode.INFRASTRUCTURE.code();
    }
    err.println(Redaction.of("internal error: " + error));
    if (!debug) {
      err.println("next: the same command with --debug prints the stack; please report it");
    }
    return ExitCode.INTERNAL.code();
  }

  /** Version of Starbeam, Java, Beam and Flink. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {
        "Starbeam " + BuildInfo.version(),
        "Java " + System.getProperty("java.version"),
        "Beam " + BuildInfo.get("beam.version") + ", Flink " + BuildInfo.get("flink.version")
      };
    }
  }
}
