package org.starbeam.runners;

import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.runners.AppliedPTransform;
import org.apache.beam.sdk.runners.PTransformOverride;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.windowing.TimestampCombiner;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.util.construction.PTransformReplacements;
import org.apache.beam.sdk.util.construction.SingleInputOutputOverrideFactory;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.WindowingStrategy;

/**
 * Has Flink gather bounded input in one sort whose values are handed over one by one. Beam's
 * translation for Flink does so only when a gather carries the end of its window as its time;
 * otherwise it sorts twice and puts the values of a key into a list in the heap. A batch on Flink
 * has no watermark, and each stage gives what it sends the time of its result, so the time that a
 * gather carries means nothing here. The DirectRunner would drop what comes after its window.
 */
final class FlinkGathers {
  private FlinkGathers() {}

  /** Changes the gathers of the stages in a graph for a batch on Flink. */
  static void inOneSort(Pipeline pipeline) {
    pipeline.replaceAll(
        List.of(PTransformOverride.of(FlinkGathers::carriesLatestTime, new Factory<>())));
  }

  private static boolean carriesLatestTime(AppliedPTransform<?, ?, ?> applied) {
    if (!(applied.getTransform() instanceof GroupByKey)) {
      return false;
    }
    PCollection<?> input = applied.getMainInputs().values().iterator().next();
    WindowingStrategy<?, ?> windows = input.getWindowingStrategy();
    return !windows.needsMerge() && windows.getTimestampCombiner() == TimestampCombiner.LATEST;
  }

  private static final class Factory<K, V>
      extends SingleInputOutputOverrideFactory<
          PCollection<KV<K, V>>, PCollection<KV<K, Iterable<V>>>, GroupByKey<K, V>> {
    @Override
    public PTransformReplacement<PCollection<KV<K, V>>, PCollection<KV<K, Iterable<V>>>>
        getReplacementTransform(
            AppliedPTransform<
                    PCollection<KV<K, V>>, PCollection<KV<K, Iterable<V>>>, GroupByKey<K, V>>
                applied) {
      return PTransformReplacement.of(
          PTransformReplacements.getSingletonMainInput(applied), new OneSort<>());
    }
  }

  private static final class OneSort<K, V>
      extends PTransform<PCollection<KV<K, V>>, PCollection<KV<K, Iterable<V>>>> {
    private static final long serialVersionUID = 1L;

    @Override
    public PCollection<KV<K, Iterable<V>>> expand(PCollection<KV<K, V>> input) {
      return input
          .apply(
              "Time",
              Window.<KV<K, V>>configure().withTimestampCombiner(TimestampCombiner.END_OF_WINDOW))
          .apply("Sort", GroupByKey.create());
    }
  }
}
