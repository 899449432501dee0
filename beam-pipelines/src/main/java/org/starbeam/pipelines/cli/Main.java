package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.bridge.SLF4JBridgeHandler;
import org.starbeam.failure.BadInputException;
import org.starbeam.failure.Suggestion;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.PipelineLauncher;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Software;
import org.starbeam.transforms.log.Redaction;
import org.starbeam.transforms.store.StoreUnavailableException;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

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
      IngestCommand.class,
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
      AuditCommand.class,
      CalibsCommand.class,
      TemplatesCommand.class,
      FreezeCommand.class,
      CompletionCommand.class,
      VersionCommand.class,
      HelpCommand.class
    },
    exitCodeListHeading = "%nExit codes:%n")
public final class Main implements Runnable {
  @Mixin GlobalOptions global = new GlobalOptions();

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

  /**
   * What is wrong with a command line, without running it.
   *
   * @return null when nothing is
   */
  public static @Nullable String fault(String... arguments) {
    try {
      line(new Main()).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
      return null;
    } catch (CommandLine.ParameterException e) {
      return e.getMessage();
    }
  }

  /** The commands that do something by themselves, with the words that call them. */
  public static List<String> leaves() {
    return ManPage.all(line(new Main())).stream()
        .filter(command -> command.getSubcommands().isEmpty())
        .map(command -> ConfigFile.name(command.getCommandSpec()))
        .toList();
  }

  /** Runs the command line in this JVM and returns its exit code. */
  public static int execute(String... arguments) {
    return execute(System.getenv(), arguments);
  }

  /**
   * The same in an environment of variables: {@code STARBEAM_REPO}, {@code STARBEAM_CONFIG}, {@code
   * HOME}.
   */
  static int execute(Map<String, String> environment, String... arguments) {
    return execute(environment, List.of(), arguments);
  }

  /**
   * @param more commands beside those that there are
   */
  static int execute(Map<String, String> environment, List<Subcommand> more, String... arguments) {
    Main main = new Main();
    CommandLine line = line(main);
    more.forEach(line::addSubcommand);
    boolean asked = Arrays.asList(arguments).contains("--json");
    BooleanSupplier json = () -> asked || main.global.json;
    line.setExecutionExceptionHandler(
        (e, command, parsed) -> main.report(e, command.getErr(), json));
    line.setParameterExceptionHandler((e, given) -> main.refuse(e, json));
    line.setCaseInsensitiveEnumValuesAllowed(true);
    line.setUsageHelpAutoWidth(true);
    try {
      line.setDefaultValueProvider(ConfigFile.of(environment, line));
    } catch (UserException e) {
      return main.report(e, line.getErr(), json);
    }
    CommandLine.IExecutionStrategy last = new CommandLine.RunLast();
    line.setExecutionStrategy(
        parsed -> {
          Integer helped = CommandLine.executeHelpRequest(parsed);
          if (helped != null) {
            return helped;
          }
          try {
            main.global.apply();
          } catch (UserException e) {
            return main.report(e, line.getErr(), json);
          }
          return last.execute(parsed);
        });
    try {
      return line.execute(arguments);
    } catch (StackOverflowError | AssertionError | LinkageError e) {
      return main.report(new IllegalStateException(e), line.getErr(), json);
    }
  }

  /** Says what is wrong with the words of the command line. */
  private int refuse(CommandLine.ParameterException e, BooleanSupplier json) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    String message = String.valueOf(e.getMessage());
    if (e instanceof CommandLine.UnmatchedArgumentException unmatched) {
      message += Suggestion.didYouMean(unmatched.getUnmatched().get(0), words(command));
    }
    String next = command.getCommandSpec().qualifiedName() + " --help";
    return report(new UserException(ExitCode.USAGE, message, next), err, json);
  }

  /** Options and commands that may stand at a place. */
  private static List<String> words(CommandLine command) {
    List<String> out = new ArrayList<>(command.getSubcommands().keySet());
    command.getCommandSpec().options().forEach(o -> out.addAll(List.of(o.names())));
    return out;
  }

  private int report(Exception error, PrintWriter err, BooleanSupplier json) {
    if (global.debug) {
      err.println(stack(error));
    }
    int code = report(error, err);
    if (json.getAsBoolean()) {
      Answer.print(document(error, code));
    }
    return code;
  }

  /** What a program that asked for JSON reads when a command fails. */
  private static ObjectNode document(Exception error, int code) {
    ObjectNode out = Answer.object();
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
    Path written = global.debug ? null : keep(error);
    err.println(
        written == null
            ? "next: the same command with --debug prints the stack; please report it"
            : "the stack is in " + written + "; please report it");
    return ExitCode.INTERNAL.code();
  }

  private static String stack(Exception error) {
    StringWriter stack = new StringWriter();
    error.printStackTrace(new PrintWriter(stack));
    return Redaction.of(stack.toString());
  }

  /** Writes the stack of an error that is nobody's fault but ours; null when that fails too. */
  private static @Nullable Path keep(Exception error) {
    try {
      Path file = Files.createTempFile("starbeam-error-", ".txt");
      String versions = String.join("\n", new Version().getVersion());
      Files.writeString(file, versions + "\n" + stack(error));
      return file;
    } catch (IOException e) {
      return null;
    }
  }

  /** Version of Starbeam, Java, Beam and Flink. */
  static final class Version implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      String commit = Software.commit();
      return new String[] {
        "Starbeam " + BuildInfo.version() + (commit == null ? "" : " (" + commit + ")"),
        "Java " + System.getProperty("java.version"),
        "Beam " + BuildInfo.get("beam.version") + ", Flink " + BuildInfo.get("flink.version")
      };
    }
  }
}
