package org.starbeam.runners.cluster;

import java.util.Arrays;
import org.apache.flink.client.deployment.application.ApplicationClusterEntryPoint;
import org.apache.flink.client.program.DefaultPackagedProgramRetriever;
import org.apache.flink.client.program.PackagedProgram;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.configuration.GlobalConfiguration;
import org.apache.flink.runtime.entrypoint.ClusterEntrypoint;
import org.apache.flink.runtime.resourcemanager.StandaloneResourceManagerFactory;
import org.starbeam.pipelines.cli.Main;

/**
 * The main class of a JobManager that runs Starbeam's command line: what Flink's container image
 * calls {@code standalone-job} and publishes in its distribution only.
 */
public final class StandaloneApplication extends ApplicationClusterEntryPoint {
  private StandaloneApplication(Configuration configuration, PackagedProgram program) {
    super(configuration, program, StandaloneResourceManagerFactory.getInstance());
  }

  /** Takes the configuration directory, then the arguments of the command line. */
  public static void main(String[] arguments) throws Exception {
    Configuration configuration = GlobalConfiguration.loadConfiguration(arguments[0]);
    PackagedProgram program =
        DefaultPackagedProgramRetriever.create(
                null,
                Main.class.getName(),
                Arrays.copyOfRange(arguments, 1, arguments.length),
                configuration)
            .getPackagedProgram();
    configureExecution(configuration, program);
    ClusterEntrypoint.runClusterEntrypoint(new StandaloneApplication(configuration, program));
  }
}
