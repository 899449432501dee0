package org.starbeam.pipelines.cli;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.transforms.dataset.CanonicalJson;

/**
 * Does once what users do every day, in a repository of its own, so that the classes that this
 * needs are in the class archive of the launcher script. It says nothing and never fails.
 */
public final class StartupClasses {
  private StartupClasses() {}

  /**
   * Runs the commands.
   *
   * @param arguments a directory to work in
   */
  public static void main(String[] arguments) throws IOException {
    Path directory = Path.of(arguments[0]);
    Path mock = directory.resolve("mock.json");
    Files.writeString(mock, CanonicalJson.write(MockPlan.of(2, 2, 1, 1)));
    String repository = directory.resolve("repo").toString();
    PrintStream nowhere =
        new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
    System.setOut(nowhere);
    System.setErr(nowhere);
    String[][] commands = {
      {"launch", "--help"},
      {"launch", "ci", "--mock", mock.toString(), "--name", "run", "--status-port", "0"},
      {"status", "run"},
      {"logs", "run", "--where", "visit=1,detector=1"}
    };
    for (String[] command : commands) {
      String[] all = Arrays.copyOf(command, command.length + 2);
      all[command.length] = "--repo";
      all[command.length + 1] = repository;
      Main.execute(command[1].equals("--help") ? command : all);
    }
    System.exit(0);
  }
}
