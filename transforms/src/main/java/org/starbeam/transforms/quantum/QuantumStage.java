package org.starbeam.transforms.quantum;

import java.util.ArrayList;
import java.util.List;
import org.apache.beam.sdk.Pipeline;
import org.apache.beam.sdk.coders.IterableCoder;
import org.apache.beam.sdk.coders.KvCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.transforms.Create;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.Flatten;
import org.apache.beam.sdk.transforms.GroupByKey;
import org.apache.beam.sdk.transforms.PTransform;
import org.apache.beam.sdk.transforms.ParDo;
import org.apache.beam.sdk.transforms.Reshuffle;
import org.apache.beam.sdk.transforms.display.DisplayData;
import org.apache.beam.sdk.transforms.windowing.TimestampCombiner;
import org.apache.beam.sdk.transforms.windowing.Window;
import org.apache.beam.sdk.values.KV;
import org.apache.beam.sdk.values.PCollection;
import org.apache.beam.sdk.values.PCollectionList;
import org.apache.beam.sdk.values.PCollectionView;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.window.CampaignWindows;

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
  private @Nullable CampaignWindows windows;
  private @Nullable Rejoiner rejoiner;
  private Completeness complete = Completeness.atClose();
  private Completeness completeAgain = Completeness.atClose();
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

  /**
   * Gathers by these windows of the event time, instead of the windows of the inputs; in a stream
   * instead of nights.
   */
  public QuantumStage window(CampaignWindows campaignWindows) {
    windows = campaignWindows;
    return this;
  }

  /** Adds a second gather between the routers and the task. */
  public QuantumStage rejoin(Rejoiner second) {
    return rejoin(second, Completeness.atClose());
  }

  /** Adds a second gather, with the rule by which it is complete when the input is a stream. */
  public QuantumStage rejoin(Rejoiner second, Completeness rule) {
    rejoiner = second;
    completeAgain = rule;
    return this;
  }

  /**
   * When a key is complete, if the input is a stream; by default at the close of its window. In
   * bounded input a key is complete when everything has been gathered, whatever the rule.
   */
  public QuantumStage completeWhen(Completeness rule) {
    complete = rule;
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
      boolean stream =
          results.getAll().stream().anyMatch(r -> r.isBounded() == PCollection.IsBounded.UNBOUNDED);
      List<PCollection<KV<String, QuantumInput>>> routed = new ArrayList<>();
      for (int i = 0; i < results.size(); i++) {
        RouteFn route = new RouteFn(stage.campaign, task.spec(), stage.routers.get(i), stream);
        PCollection<KV<String, QuantumInput>> keyed =
            keyed(results.get(i).apply("Route" + i, ParDo.of(route)));
        String label = "Window" + i;
        routed.add(keyed(stream ? inStream(label, keyed) : keyed.apply(label, windows())));
      }
      PCollection<KV<String, QuantumInput>> inputs =
          PCollectionList.of(routed).apply("Flatten", Flatten.pCollections());
      PCollection<QuantumResult> out = stream ? runStream(inputs) : runBounded(inputs);
      return out.setCoder(RecordCoder.of(QuantumResult.class));
    }

    private PCollection<QuantumResult> runBounded(PCollection<KV<String, QuantumInput>> inputs) {
      PCollection<KV<String, Iterable<QuantumInput>>> gathered =
          inputs.apply("Gather", GroupByKey.create());
      Rejoiner again = stage.rejoiner;
      if (again != null) {
        gathered = rejoined(again, gathered).apply("GatherAgain", GroupByKey.create());
      }
      return gathered.apply(
          "Run", withSide(ParDo.of(new QuantumFn(stage.campaign, work(), stage.side, false))));
    }

    private PCollection<QuantumResult> runStream(PCollection<KV<String, QuantumInput>> inputs) {
      if (stage.complete.each()) {
        return inputs
            .apply("Spread", Reshuffle.of())
            .apply("Single", ParDo.of(new SingleFn()))
            .setCoder(gatheredCoder())
            .apply(
                "Run", withSide(ParDo.of(new QuantumFn(stage.campaign, work(), stage.side, true))));
      }
      PCollection<KV<String, KV<Integer, Iterable<QuantumInput>>>> fired =
          fired("Gather", stage.complete, inputs);
      Rejoiner again = stage.rejoiner;
      if (again != null) {
        PCollection<KV<String, Iterable<QuantumInput>>> gathered =
            fired.apply("Inputs", ParDo.of(new InputsFn())).setCoder(gatheredCoder());
        PCollection<KV<String, QuantumInput>> back =
            keyed(inStream("WindowAgain", rejoined(again, gathered)));
        fired = fired("GatherAgain", stage.completeAgain, back);
      }
      return fired.apply(
          "Run", withSide(ParDo.of(new FiringFn(stage.campaign, work(), stage.side))));
    }

    private PCollection<KV<String, KV<Integer, Iterable<QuantumInput>>>> fired(
        String label, Completeness rule, PCollection<KV<String, QuantumInput>> inputs) {
      return inputs
          .apply(label, ParDo.of(new StreamGather(rule, stage.campaign.arrivals())))
          .setCoder(
              KvCoder.of(
                  StringUtf8Coder.of(),
                  KvCoder.of(
                      VarIntCoder.of(), IterableCoder.of(RecordCoder.of(QuantumInput.class)))));
    }

    private PCollection<KV<String, QuantumInput>> rejoined(
        Rejoiner again, PCollection<KV<String, Iterable<QuantumInput>>> gathered) {
      RejoinFn rejoin = new RejoinFn(stage.campaign, task.spec(), again);
      return keyed(gathered.apply("Rejoin", ParDo.of(rejoin)));
    }

    private QuantumWork work() {
      return new QuantumWork(task, stage.assembler);
    }

    private <I> ParDo.SingleOutput<I, QuantumResult> withSide(
        ParDo.SingleOutput<I, QuantumResult> run) {
      return stage.side == null ? run : run.withSideInputs(stage.side);
    }

    private static KvCoder<String, Iterable<QuantumInput>> gatheredCoder() {
      return KvCoder.of(StringUtf8Coder.of(), IterableCoder.of(RecordCoder.of(QuantumInput.class)));
    }

    /**
     * Gathers carry the time of their latest input, never the end of a window: an element must not
     * come out later than the windows that the next stages put it into.
     */
    private Window<KV<String, QuantumInput>> windows() {
      Window<KV<String, QuantumInput>> windows =
          stage.windows == null ? Window.configure() : Window.into(stage.windows);
      return windows.withTimestampCombiner(TimestampCombiner.LATEST);
    }

    private PCollection<KV<String, QuantumInput>> inStream(
        String label, PCollection<KV<String, QuantumInput>> inputs) {
      if (stage.complete.each()) {
        return inputs;
      }
      CampaignWindows own = stage.windows;
      double rollover = stage.campaign.arrivals().rolloverHours();
      CampaignWindows windows = own == null ? CampaignWindows.nights(rollover) : own;
      return inputs.apply(label, ParDo.of(new WindowKey.IntoFn(windows)));
    }

    private static PCollection<KV<String, QuantumInput>> keyed(
        PCollection<KV<String, QuantumInput>> inputs) {
      return inputs.setCoder(KvCoder.of(StringUtf8Coder.of(), RecordCoder.of(QuantumInput.class)));
    }
  }

  /** An input that is gathered with no other. */
  private static final class SingleFn
      extends DoFn<KV<String, QuantumInput>, KV<String, Iterable<QuantumInput>>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<String, QuantumInput> input,
        OutputReceiver<KV<String, Iterable<QuantumInput>>> out) {
      out.output(KV.of(input.getKey(), List.of(input.getValue())));
    }
  }

  /** The inputs of a firing. */
  private static final class InputsFn
      extends DoFn<
          KV<String, KV<Integer, Iterable<QuantumInput>>>, KV<String, Iterable<QuantumInput>>> {
    private static final long serialVersionUID = 1L;

    @ProcessElement
    public void process(
        @Element KV<String, KV<Integer, Iterable<QuantumInput>>> fired,
        OutputReceiver<KV<String, Iterable<QuantumInput>>> out) {
      out.output(KV.of(WindowKey.key(fired.getKey()), fired.getValue().getValue()));
    }
  }
}
