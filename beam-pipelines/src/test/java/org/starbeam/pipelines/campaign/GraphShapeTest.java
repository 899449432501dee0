package org.starbeam.pipelines.campaign;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptions;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.testing.CrashingRunner;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.values.PValue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.pipelines.LaunchSettings;
import org.starbeam.transforms.quantum.CampaignContext;
import org.starbeam.transforms.quantum.Slice;

/** The graph that is built has the shape that {@link TaskGraph} tells. */
class GraphShapeTest {
  @TempDir Path directory;

  @Test
  void stagesReadWhatTheTableSays() throws IOException {
    Map<String, Set<String>> built = inputsByStage(graph(Slice.WHOLE));
    Map<String, Set<String>> told = new LinkedHashMap<>();
    TaskGraph.all().forEach(s -> told.put(s.name(), new TreeSet<>(s.inputs())));
    assertThat(built).containsExactlyInAnyOrderEntriesOf(told);
  }

  @Test
  void aSliceIsTheSameGraphWithOtherBeginnings() throws IOException {
    Slice slice = TaskGraph.slice(List.of("step3..step4"), Template.ALL_STEPS, "");
    Map<String, Set<String>> built = inputsByStage(graph(slice));
    assertThat(built.get("diffim")).containsExactly("finalVisit", "templateCoadd");
    assertThat(built.get("finalVisit")).isEmpty();
    assertThat(built.get("releaseTables")).isEmpty();
  }

  @Test
  void stagesRunTheTasksThatTheTableNames() throws IOException {
    Map<String, String> built = new TreeMap<>();
    graph(Slice.WHOLE)
        .traverseTopologically(
            new Pipeline.PipelineVisitor.Defaults() {
              @Override
              public CompositeBehavior enterCompositeTransform(TransformHierarchy.Node node) {
                PTransform<?, ?> transform = node.getTransform();
                if (transform != null) {
                  DisplayData.from(transform)
                      .asMap()
                      .forEach(
                          (id, item) -> {
                            if (id.getKey().equals("task")) {
                              built.put(node.getFullName(), String.valueOf(item.getValue()));
                            }
                          });
                }
                return CompositeBehavior.ENTER_TRANSFORM;
              }
            });
    Map<String, String> told = new TreeMap<>();
    TaskGraph.all().forEach(s -> told.put(s.name(), s.task()));
    assertThat(built).isEqualTo(told);
  }

  private Pipeline graph(Slice slice) throws IOException {
    Files.createDirectories(directory.resolve("raw"));
    Files.writeString(directory.resolve("raw/a.fits"), "x");
    Files.writeString(directory.resolve("camera.yaml"), "x: 1");
    Files.createDirectories(directory.resolve("refcat"));
    Files.writeString(directory.resolve("refcat/r.fits"), "x");
    CampaignSettings settings =
        new CampaignSettings(
            Template.load("ci"),
            Map.of("input", directory.toString()),
            Template.ALL_STEPS,
            directory,
            "r",
            "direct",
            LaunchSettings.ofParallelism(1));
    PipelineOptions options = PipelineOptionsFactory.create();
    options.setRunner(CrashingRunner.class);
    Pipeline pipeline = Pipeline.create(options);
    CampaignGraph.build(pipeline, settings, CampaignContext.of(directory, "r").computing(slice));
    return pipeline;
  }

  /** For each stage the stages whose results reach it through anything that is no stage. */
  private static Map<String, Set<String>> inputsByStage(Pipeline pipeline) {
    Map<String, Set<String>> out = new LinkedHashMap<>();
    TaskGraph.all().forEach(s -> out.put(s.name(), new TreeSet<>()));
    Map<PValue, Set<String>> origins = new HashMap<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public void visitPrimitiveTransform(TransformHierarchy.Node node) {
            String outermost = node.getFullName().split("/")[0];
            Set<String> from = new TreeSet<>();
            node.getInputs().values().forEach(v -> from.addAll(origins.getOrDefault(v, Set.of())));
            Set<String> stage = out.get(outermost);
            if (stage != null) {
              stage.addAll(from);
              stage.remove(outermost);
            }
            Set<String> origin = stage == null ? from : Set.of(outermost);
            node.getOutputs().values().forEach(v -> origins.put(v, origin));
          }
        });
    return out;
  }
}
