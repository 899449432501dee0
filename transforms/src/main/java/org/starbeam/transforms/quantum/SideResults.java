package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.View;
import org.apache.beam.sdk.transforms.windowing.AfterWatermark;
import org.apache.beam.sdk.transforms.windowing.GlobalWindows;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionView;
import org.joda.time.Duration;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.DataId;

/**
 * The small campaign-wide results (camera, certified calibrations, reference catalogue shards) that
 * every quantum of a stage may look at: one small result per dataset, so below 0.5 MB in all even
 * with the 768 shards of a whole sky.
 */
public final class SideResults {
  /** Is in every view: Flink lets a stream wait for a view that has nothing in it. */
  private static final String SOMETHING = "sideResults";

  private SideResults() {}

  /** One view of all the collections, to be given to any number of stages. */
  public static PCollectionView<Iterable<QuantumResult>> of(
      String name, List<PCollection<QuantumResult>> collections) {
    PCollection<QuantumResult> something =
        QuantumSources.of(
            collections.get(0).getPipeline(),
            name + "/Something",
            List.of(QuantumSources.of(SOMETHING, DataId.GLOBAL, List.of())));
    List<PCollection<QuantumResult>> all = new ArrayList<>();
    for (PCollection<QuantumResult> results : collections) {
      all.add(results.apply(name + "/Global" + all.size(), atTheEnd()));
    }
    all.add(something.apply(name + "/GlobalSomething", atTheEnd()));
    return PCollectionList.of(all)
        .apply(name + "/Flatten", Flatten.pCollections())
        .apply(name + "/View", View.asIterable());
  }

  /** One window, whose content is there when everything has come, in a stream as well. */
  private static Window<QuantumResult> atTheEnd() {
    return Window.<QuantumResult>into(new GlobalWindows())
        .triggering(AfterWatermark.pastEndOfWindow())
        .withAllowedLateness(Duration.ZERO)
        .discardingFiredPanes();
  }

  /** What a view holds, the newest result of each quantum in canonical order. */
  static List<QuantumResult> in(
      DoFn<?, ?>.ProcessContext context, @Nullable PCollectionView<Iterable<QuantumResult>> view) {
    if (view == null) {
      return List.of();
    }
    List<QuantumResult> results = new ArrayList<>();
    for (QuantumResult result : context.sideInput(view)) {
      if (!result.getTask().equals(SOMETHING)) {
        results.add(result);
      }
    }
    return NewestInputs.results(results);
  }
}
