package org.starbeam.pipelines.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import org.starbeam.pipelines.ExitCode;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.pipelines.LauncherScript;
import org.starbeam.pipelines.UserException;
import org.starbeam.pipelines.campaign.Campaign;
import org.starbeam.pipelines.campaign.CampaignRunner;
import org.starbeam.pipelines.campaign.CampaignSettings;
import org.starbeam.pipelines.campaign.Template;
import org.starbeam.schema.ObservationInfo;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.ingest.IngestTask;
import org.starbeam.transforms.quantum.Ledger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** Reads the headers of a survey's files and says what they are; a launch does it by itself. */
@Command(
    name = "ingest",
    mixinStandardHelpOptions = true,
    description =
        "Reads the headers of the files in a survey's directory, as a launch does first, and says"
            + " what they are and which cannot be used and why; a launch with the same --name goes"
            + " on from there. Exit code 4 when files are refused.")
final class IngestCommand implements Callable<Integer> {
  private static final String TEMPLATE = "ci";

  @Mixin RepositoryOption repository = new RepositoryOption();

  @Mixin CampaignOptions options = new CampaignOptions();

  @Mixin Answer answer = new Answer();

  @Parameters(
      paramLabel = "INPUT",
      description = "Directory with raw/ or calibrated/, refcat/ and camera.yaml.")
  String input = "";

  @Option(
      names = "--name",
      paramLabel = "RUN",
      defaultValue = "ingest",
      description = "Name of the run (default: ${DEFAULT-VALUE}).")
  String name = "ingest";

  @Spec CommandSpec spec = CommandSpec.create();

  /** Exposures of one kind in a night, and the frames that they have. */
  private static final class Kind {
    private final Set<Long> exposures = new HashSet<>();
    private final Set<Integer> detectors = new HashSet<>();
    private int frames;
  }

  /** What frames are counted by. */
  private record Key(String instrument, int dayObs, String type, String band)
      implements Comparable<Key> {
    static Key of(ObservationInfo info) {
      return new Key(
          info.getInstrument(),
          info.getDayObs(),
          info.getObservationType(),
          Objects.requireNonNullElse(info.getBand(), ""));
    }

    @Override
    public int compareTo(Key other) {
      return List.of(instrument, dayObs + "", type, band)
          .toString()
          .compareTo(
              List.of(other.instrument, other.dayObs + "", other.type, other.band).toString());
    }
  }

  @Override
  public Integer call() {
    LauncherScript.requireRepository(repository.root());
    options.settings.add("input=" + input);
    Campaign campaign = options.resolve(Template.load(TEMPLATE));
    CampaignSettings settings =
        new CampaignSettings(
            campaign,
            List.of("ingest"),
            repository.root(),
            name,
            "direct",
            LaunchSettings.ofParallelism(GlobalOptions.of(spec).threads()),
            null);
    CampaignRunner.Result result = new CampaignRunner(BuildInfo.version()).run(settings);
    Map<Key, Kind> taken = new TreeMap<>();
    List<QuantumRecord> refused = new ArrayList<>();
    last().forEach(record -> sort(record, taken, refused));
    if (answer.isJson()) {
      Answer.print(document(taken, refused, result.exitCode()));
    } else {
      say(taken, refused);
    }
    return result.exitCode().code();
  }

  /** The last record of each file. */
  private List<QuantumRecord> last() {
    Map<String, QuantumRecord> out = new LinkedHashMap<>();
    try {
      Ledger.read(
          RepositoryPaths.ledger(repository.root(), name),
          record -> {
            if (record.getTask().equals(IngestTask.NAME)) {
              out.put(record.getDataId(), record);
            }
          });
    } catch (IOException e) {
      throw new UserException(
          ExitCode.INFRASTRUCTURE, "cannot read the ledger of run " + name + ": " + e.getMessage());
    }
    return List.copyOf(out.values());
  }

  private static void sort(
      QuantumRecord record, Map<Key, Kind> taken, List<QuantumRecord> refused) {
    if (record.getStatus() == QuantumStatus.FAILED) {
      refused.add(record);
    } else if (record.getPayload() instanceof ObservationInfo info) {
      Kind kind = taken.computeIfAbsent(Key.of(info), k -> new Kind());
      kind.exposures.add(info.getExposureId());
      kind.detectors.add(info.getDetector());
      kind.frames++;
    }
  }

  private void say(Map<Key, Kind> taken, List<QuantumRecord> refused) {
    String row = "%-12s %-8s  %-10s %-4s %9s %9s %6s%n";
    if (!taken.isEmpty()) {
      System.out.printf(
          row, "instrument", "night", "type", "band", "exposures", "detectors", "frames");
    }
    taken.forEach(
        (key, kind) ->
            System.out.printf(
                row,
                key.instrument,
                key.dayObs,
                key.type,
                key.band,
                kind.exposures.size(),
                kind.detectors.size(),
                kind.frames));
    System.out.printf(
        "frames taken: %d, files refused: %d%n",
        taken.values().stream().mapToInt(k -> k.frames).sum(), refused.size());
    for (QuantumRecord record : refused) {
      System.out.printf("%s: %s%n", record.getErrorCode(), reason(record));
    }
  }

  /** The message without the name of the quantum. */
  private static String reason(QuantumRecord record) {
    return Objects.requireNonNullElse(record.getMessage(), "")
        .replaceFirst("^ingest\\([^)]*\\) \\[[^]]*]: ", "");
  }

  private ObjectNode document(Map<Key, Kind> taken, List<QuantumRecord> refused, ExitCode code) {
    ObjectNode out = Answer.object().put("run", name);
    ArrayNode kinds = out.putArray("taken");
    taken.forEach(
        (key, kind) ->
            kinds
                .addObject()
                .put("instrument", key.instrument)
                .put("dayObs", key.dayObs)
                .put("observationType", key.type)
                .put("band", key.band)
                .put("exposures", kind.exposures.size())
                .put("detectors", kind.detectors.size())
                .put("frames", kind.frames));
    ArrayNode files = out.putArray("refused");
    for (QuantumRecord record : refused) {
      files
          .addObject()
          .put("file", DataId.parse(record.getDataId()).get("name"))
          .put("errorCode", record.getErrorCode())
          .put("message", reason(record));
    }
    return out.put("exitCode", code.code());
  }
}
