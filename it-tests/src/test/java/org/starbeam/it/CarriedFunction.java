package org.starbeam.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.options.PipelineOptionsFactory;
import org.apache.beam.sdk.runners.TransformHierarchy;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.reflect.DoFnInvokers;
import org.apache.beam.sdk.util.SerializableUtils;
import org.starbeam.pipelines.mock.MockGraph;
import org.starbeam.pipelines.mock.MockPlan;
import org.starbeam.transforms.quantum.CampaignContext;

/**
 * A program that writes a function of the graph to a file as a launcher sends it to its workers, or
 * takes it from there and sets it up as a worker does. How that ended is said on stdout.
 */
final class CarriedFunction {
  private CarriedFunction() {}

  public static void main(String[] arguments) throws IOException {
    Path file = Path.of(arguments[1]);
    if (arguments[0].equals("send")) {
      Path repository = Files.createDirectories(Path.of(arguments[2]));
      Files.write(file, SerializableUtils.serializeToByteArray(function(repository)));
      return;
    }
    DoFn<?, ?> function =
        (DoFn<?, ?>)
            SerializableUtils.deserializeFromByteArray(Files.readAllBytes(file), "function");
    try {
      DoFnInvokers.tryInvokeSetupFor(function, PipelineOptionsFactory.create());
      System.out.println("it works");
    } catch (RuntimeException e) {
      System.out.println(e.getMessage());
    }
  }

  /** The function that runs the quanta of a mock task. */
  private static DoFn<?, ?> function(Path repository) {
    Pipeline pipeline = Pipeline.create();
    MockGraph.build(pipeline, MockPlan.of(1, 1, 1, 1), CampaignContext.of(repository, "run"));
    AtomicReference<DoFn<?, ?>> found = new AtomicReference<>();
    pipeline.traverseTopologically(
        new Pipeline.PipelineVisitor.Defaults() {
          @Override
          public void visitPrimitiveTransform(TransformHierarchy.Node node) {
            if (node.getTransform() instanceof ParDo.MultiOutput<?, ?> work
                && work.getFn().getClass().getSimpleName().equals("QuantumFn")) {
              found.set(work.getFn());
            }
          }
        });
    return found.get();
  }
}
