package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.campaign.Software;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** Says what runs here. */
@Command(
    name = "version",
    mixinStandardHelpOptions = true,
    description = "Prints the versions of Starbeam, Java, Beam and Flink, and the commit.")
final class VersionCommand implements Callable<Integer> {
  @Mixin Answer answer = new Answer();

  @Override
  public Integer call() {
    ObjectNode out = Answer.object().put("starbeam", BuildInfo.version());
    out.put("git", Software.commit());
    out.put("java", System.getProperty("java.version"));
    out.put("beam", BuildInfo.get("beam.version")).put("flink", BuildInfo.get("flink.version"));
    answer.print(String.join("\n", new Main.Version().getVersion()), out);
    return 0;
  }
}
