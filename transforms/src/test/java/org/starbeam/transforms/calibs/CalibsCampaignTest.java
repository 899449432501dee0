package org.starbeam.transforms.calibs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.values.PCollection;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.schema.QuantumRecord;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.QuantumStatus;
import org.starbeam.transforms.dataset.RepositoryPaths;
import org.starbeam.transforms.ingest.Ingest;
import org.starbeam.transforms.ingest.RawInputs;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.CampaignServices;
import org.starbeam.transforms.quantum.Ledger;

/**
 * A whole input directory from raw files to certified masters on the direct runner. The directory
 * is named by {@code -Dstarbeam.campaign=DIR}; the repository is kept where {@code
 * -Dstarbeam.repo=DIR} says.
 */
class CalibsCampaignTest {
  @TempDir Path temporary;

  @Test
  void everyDetectorGetsItsMasters() throws Exception {
    String input = System.getProperty("starbeam.campaign", "");
    Assumptions.assumeFalse(input.isEmpty(), "no -Dstarbeam.campaign");
    Path repository = Path.of(System.getProperty("starbeam.repo", temporary.toString()));
    Files.createDirectories(repository);
    CampaignContext campaign =
        CampaignContext.of(repository, "calibs")
            .withConfig("combineFrames", "{\"combine\": {\"minInputs\": 2}}");
    Pipeline pipeline =
        Pipeline.create(
            PipelineOptionsFactory.fromArgs("--targetParallelism=2")
                .withoutStrictParsing()
                .create());
    Path directory = Path.of(input);
    PCollection<QuantumResult> camera = Ingest.camera(pipeline, directory, campaign);
    PCollection<QuantumResult> exposures =
        Ingest.exposures(
            RawInputs.read(pipeline, directory),
            camera,
            Ingest.mapping(pipeline, null, campaign),
            campaign);
    Calibs.certifications(campaign, exposures, camera);
    pipeline.run().waitUntilFinish();
    CampaignServices.close(campaign);
    Map<String, List<QuantumRecord>> byTask = new TreeMap<>();
    Ledger.read(
        RepositoryPaths.ledger(repository, "calibs"),
        record -> {
          if (record.getStatus() != QuantumStatus.RUNNING) {
            byTask.computeIfAbsent(record.getTask(), t -> new ArrayList<>()).add(record);
          }
        });
    byTask.forEach(
        (task, records) -> {
          double seconds = records.stream().mapToDouble(QuantumRecord::getWallSeconds).sum();
          System.out.printf("%s: %d records, %.1f s%n", task, records.size(), seconds);
          records.stream()
              .filter(r -> r.getMessage() != null)
              .limit(12)
              .forEach(r -> System.out.println("  " + r.getStatus() + " " + r.getMessage()));
        });
    assertThat(byTask.get("certify"))
        .isNotEmpty()
        .extracting(QuantumRecord::getStatus)
        .containsOnly(QuantumStatus.DONE);
  }
}
