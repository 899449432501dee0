package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.windowing.TimestampCombiner;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.transforms.windowing.WindowFn;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.RecordCoder;

/**
 * One task of the graph: routes results of earlier tasks to keys, gathers them, and runs the task
 * on each key. Reads like a sentence:
 *
 * <pre>{@code
 * PCollection<QuantumResult> summaries =
 *     QuantumStage.named("visitSummary")
 *         .in(campaign)
 *         .route(singleFrame, (r, reader, out) ->
 *             out.send(DataId.parse(r.getDataId()).only("instrument", "visit"), "detector", r))
 *         .side(references)
 *         .run(new VisitSummaryTask(config));
 * }</pre>
 *
 * <p>Every result that comes out is either a reference to datasets or an absence marker that says
 * why there are none. Nothing that a router, an assembler or a task throws leaves the stage.
 */
public final class QuantumStage {
  private final String name;
  private final CampaignContext campaign;
  private final List<PCollection<QuantumResult>> inputs = new ArrayList<>();
  private final List<Router> routers = new ArrayList<>();
  private @Nullable PCollectionView<Iterable<QuantumResult>> side;
  private @Nullable WindowFn<Object, ?> windows;
  private @Nullable Rejoiner rejoiner;
  private Assembler assembler = Assembler.everything();

  private QuantumStage(String name, CampaignContext campaign) {
    this.name = name;
    this.campaign = campaign;
  }

  /** A stage of this name; the name of its task unless a graph runs the task twice. */
  public static Named named(String name) {
    return new Named(name);
  }

  /** A stage that still needs its campaign. */
  public record Named(String name) {
    public QuantumStage in(CampaignContext campaign) {
      return new QuantumStage(name, campaign);
    }
  }

  /** Adds a source of inputs; at least one is needed. */
  public QuantumStage route(PCollection<QuantumResult> results, Router router) {
    inputs.add(results);
    routers.add(router);
    return this;
  }

  /** Campaign-wide results for the assembler, see {@link SideResults}. */
  public QuantumStage side(PCollectionView<Iterable<QuantumResult>> view) {
    side = view;
    return this;
  }

  /** Gathers by these windows of the event time, instead of the windows of the inputs. */
  public QuantumStage window(WindowFn<Object, ?> windowFn) {
    windows = windowFn;
    return this;
  }

  /** Adds a second gather between the routers and the task. */
  public QuantumStage rejoin(Rejoiner second) {
    rejoiner = second;
    return this;
  }

  /** Says how the quanta of a key are made; by default one with everything. */
  public QuantumStage assemble(Assembler maker) {
    assembler = maker;
    return this;
  }

  /** Runs the task on every quantum. */
  public PCollection<QuantumResult> run(QuantumTask task) {
    if (inputs.isEmpty()) {
      throw new IllegalStateException("stage " + name + " has no route");
    }
    Pipeline pipeline = inputs.get(0).getPipeline();
    return switch (campaign.slice().of(name)) {
      case COMPUTED -> PCollectionList.of(inputs).apply(name, new Expansion(this, task));
      case RECORDED -> pipeline.apply(name, new RecordedResults(campaign, task.spec().name()));
      case LEFT_OUT -> pipeline.apply(name, Create.empty(RecordCoder.of(QuantumResult.class)));
    };
  }

  /** The stage's graph: route, gather, perhaps rejoin and gather again, run. */
  private static final class Expansion
      extends PTransform<PCollectionList<QuantumResult>, PCollection<QuantumResult>> {
    private static final long serialVersionUID = 1L;
    private final transient QuantumStage stage;
    private final transient QuantumTask task;

    Expansion(QuantumStage stage, QuantumTask task) {
      this.stage = stage;
      this.task = task;
    }

    /** Which task runs here: the graph can be asked. */
    @Override
    public void populateDisplayData(DisplayData.Builder builder) {
      TaskSpec spec = task.spec();
      builder
          .add(DisplayData.item("task", spec.name()))
          .add(DisplayData.item("taskVersion", spec.version()))
          .add(DisplayData.item("taskConfig", spec.configJson()));
    }

    @Override
    public PCollection<QuantumResult> expand(PCollectionList<QuantumResult> results) {
      TaskSpec spec = task.spec();
      List<PCollection<KV<String, QuantumInput>>> routed = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        RouteFn route = new RouteFn(stage.campaign, spec, stage.routers.get(i));
        routed.add(
            keyed(windowed("Window" + i, results.get(i).apply("Route" + i, ParDo.of(route)))));
      }
      PCollection<KV<String, Iterable<QuantumInput>>> gathered =
          PCollectionList.of(routed)
              .apply("Flatten", Flatten.pCollections())
              .apply("Gather", GroupByKey.create());
      if (stage.rejoiner != null) {
        RejoinFn rejoin = new RejoinFn(stage.campaign, spec, stage.rejoiner);
        gathered =
            keyed(gathered.apply("Rejoin", ParDo.of(rejoin)))
                .apply("GatherAgain", GroupByKey.create());
      }
      ParDo.SingleOutput<KV<String, Iterable<QuantumInput>>, QuantumResult> run =
          ParDo.of(new QuantumFn(stage.campaign, task, stage.assembler, stage.side));
      if (stage.side != null) {
        run = run.withSideInputs(stage.side);
      }
      return gathered.apply("Run", run).setCoder(RecordCoder.of(QuantumResult.class));
    }

    /**
     * Gathers carry the time of their latest input, never the end of a window: an element must not
     * come out later than the windows that the next stages put it into.
     */
    private PCollection<KV<String, QuantumInput>> windowed(
        String label, PCollection<KV<String, QuantumInput>> inputs) {
      Window<KV<String, QuantumInput>> windows =
          stage.windows == null ? Window.configure() : Window.into(stage.windows);
      return keyed(inputs).apply(label, windows.withTimestampCombiner(TimestampCombiner.LATEST));
    }

    private static PCollection<KV<String, QuantumInput>> keyed(
        PCollection<KV<String, QuantumInput>> inputs) {
      return inputs.setCoder(KvCoder.of(StringUtf8Coder.of(), RecordCoder.of(QuantumInput.class)));
    }
  }
}
