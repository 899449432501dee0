package org.starbeam.pipelines.campaign;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.apache.beam.sdk.util.ReleaseInfo;
import org.starbeam.camera.LeapSeconds;
import org.starbeam.transforms.log.HostName;
import org.starbeam.transforms.log.Redaction;

/** Where and how a run was launched, for people; nothing in it can change a product. */
final class LaunchEnvironment {
  private static final Path CPU = Path.of("/proc/cpuinfo");
  private static final double UNIX_EPOCH_MJD = 40587;
  private static final double SECONDS_PER_DAY = 86_400;

  private LaunchEnvironment() {}

  /** The document {@code environment.json}. */
  static ObjectNode of(CampaignSettings settings, Software software) {
    ObjectNode out = JsonNodeFactory.instance.objectNode();
    out.put("starbeam", software.version());
    out.put("git", software.git());
    out.put("gitDiffSha256", software.diff());
    out.put("jarSha256", software.jarHash());
    ObjectNode modules = out.putObject("modules");
    software.modules().forEach(modules::put);
    out.put("java", System.getProperty("java.vendor") + " " + System.getProperty("java.version"));
    ManagementFactory.getRuntimeMXBean()
        .getInputArguments()
        .forEach(out.putArray("javaFlags")::add);
    out.put("beam", ReleaseInfo.getReleaseInfo().getVersion());
    out.put("runner", settings.runner());
    settings.launch().runnerOptions().forEach(out.putArray("runnerOptions")::add);
    out.put("parallelism", settings.launch().localParallelism());
    out.put("os", System.getProperty("os.name") + " " + System.getProperty("os.arch"));
    out.put("cpu", cpu());
    out.put("cores", Runtime.getRuntime().availableProcessors());
    out.put("heapBytes", Runtime.getRuntime().maxMemory());
    out.put("host", HostName.here());
    out.put("user", System.getProperty("user.name"));
    Instant now = Instant.now().truncatedTo(ChronoUnit.SECONDS);
    double mjd = UNIX_EPOCH_MJD + now.getEpochSecond() / SECONDS_PER_DAY;
    out.put("utc", now.toString());
    out.put("tai", now.plusSeconds(LeapSeconds.taiMinusUtc(mjd)).toString().replace("Z", ""));
    Redaction.of(settings.launch().commandLine()).forEach(out.putArray("commandLine")::add);
    return out;
  }

  private static String cpu() {
    try {
      return Files.readAllLines(CPU).stream()
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.replaceFirst("[^:]*:\\s*", ""))
          .findFirst()
          .orElse("unknown");
    } catch (IOException e) {
      return "unknown";
    }
  }
}
