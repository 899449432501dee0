package org.starbeam.transforms.quantum;

import java.util.List;
import org.apache.beam.sdk.coders.BooleanCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.coders.VarIntCoder;
import org.apache.beam.sdk.coders.VarLongCoder;
import org.apache.beam.sdk.state.BagState;
import org.apache.beam.sdk.state.StateSpec;
import org.apache.beam.sdk.state.StateSpecs;
import org.apache.beam.sdk.state.TimeDomain;
import org.apache.beam.sdk.state.Timer;
import org.apache.beam.sdk.state.TimerSpec;
import org.apache.beam.sdk.state.TimerSpecs;
import org.apache.beam.sdk.state.ValueState;
import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Duration;
import org.joda.time.Instant;
import org.jspecify.annotations.Nullable;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.dataset.RecordCoder;
import org.starbeam.transforms.window.CampaignWindow;

/**
 * The gather of a stream (specs/05 section 2.4), for keys that name their window, see {@link
 * WindowKey}. All inputs of a key stay in its state until its window has expired. They are sent on,
 * all together and numbered, when the rule says that nothing is missing; else some time after the
 * first; else at the close of the window. What comes later opens a revision: everything is sent on
 * again under the next number, after a short wait for what comes with it, and at the latest when
 * the window expires. A set of inputs that differs in nothing from the last one sent is not sent.
 *
 * <p>The windows are in the keys and not Beam's, because a Beam window with state holds the
 * watermark of all that follows at its own end for as long as it takes late elements, and so would
 * keep the next night from closing.
 */
final class StreamGather
    extends DoFn<KV<String, QuantumInput>, KV<String, KV<Integer, Iterable<QuantumInput>>>> {
  private static final long serialVersionUID = 1L;

  private final Completeness rule;
  private final ArrivalSettings settings;

  @StateId("inputs")
  private final StateSpec<BagState<QuantumInput>> inputsSpec =
      StateSpecs.bag(RecordCoder.of(QuantumInput.class));

  @StateId("count")
  private final StateSpec<ValueState<Integer>> countSpec = StateSpecs.value(VarIntCoder.of());

  @StateId("latest")
  private final StateSpec<ValueState<Long>> latestSpec = StateSpecs.value(VarLongCoder.of());

  @StateId("fired")
  private final StateSpec<ValueState<String>> firedSpec = StateSpecs.value(StringUtf8Coder.of());

  @StateId("firings")
  private final StateSpec<ValueState<Integer>> firingsSpec = StateSpecs.value(VarIntCoder.of());

  @StateId("waiting")
  private final StateSpec<ValueState<Boolean>> waitingSpec = StateSpecs.value(BooleanCoder.of());

  @StateId("closed")
  private final StateSpec<ValueState<Boolean>> closedSpec = StateSpecs.value(BooleanCoder.of());

  @TimerId("wait")
  private final TimerSpec waitSpec = TimerSpecs.timer(TimeDomain.PROCESSING_TIME);

  @TimerId("close")
  private final TimerSpec closeSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  @TimerId("expire")
  private final TimerSpec expireSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  @TimerId("forget")
  private final TimerSpec forgetSpec = TimerSpecs.timer(TimeDomain.EVENT_TIME);

  StreamGather(Completeness rule, ArrivalSettings settings) {
    this.rule = rule;
    this.settings = settings;
  }

  /** A gather carries the latest time of its inputs. */
  @Override
  @SuppressWarnings("deprecation")
  public Duration getAllowedTimestampSkew() {
    return Duration.millis(Long.MAX_VALUE);
  }

  @ProcessElement
  public void process(
      @Element KV<String, QuantumInput> element,
      @Timestamp Instant time,
      @StateId("inputs") BagState<QuantumInput> inputs,
      @StateId("count") ValueState<Integer> count,
      @StateId("latest") ValueState<Long> latest,
      @StateId("fired") ValueState<String> fired,
      @StateId("firings") ValueState<Integer> firings,
      @StateId("waiting") ValueState<Boolean> waiting,
      @StateId("closed") ValueState<Boolean> closed,
      @TimerId("wait") Timer wait,
      @TimerId("close") Timer close,
      @TimerId("expire") Timer expire,
      @TimerId("forget") Timer forget,
      OutputReceiver<KV<String, KV<Integer, Iterable<QuantumInput>>>> out) {
    CampaignWindow window = WindowKey.window(element.getKey());
    inputs.add(element.getValue());
    int n = or(count.read(), 0) + 1;
    count.write(n);
    latest.write(Math.max(or(latest.read(), Long.MIN_VALUE), time.getMillis()));
    if (n == 1) {
      forget.withNoOutputTimestamp().set(expiry(window, 2));
    }
    boolean isRevision = or(firings.read(), 0) > 0;
    boolean look = isRevision || n >= rule.fewest() || isLead(element.getValue());
    List<QuantumInput> newest =
        look && !rule.waitsForClose() ? NewestInputs.of(inputs.read()) : List.of();
    if (!isRevision && rule.isComplete(newest)) {
      fire(element.getKey(), newest, latest, fired, firings, out);
      release(wait, waiting);
      close.withNoOutputTimestamp().set(window.maxTimestamp());
      return;
    }
    boolean isClosed = or(closed.read(), false);
    long delay = delay(isRevision, newest);
    if (!or(waiting.read(), false) && delay >= 0 && (isClosed || !rule.waitsForClose())) {
      wait.withOutputTimestamp(time).offset(Duration.millis(delay)).setRelative();
      waiting.write(true);
    }
    if (isClosed) {
      expire.withOutputTimestamp(time).set(expiry(window, 1));
    } else {
      close.withOutputTimestamp(time).set(window.maxTimestamp());
    }
  }

  private boolean isLead(QuantumInput input) {
    return rule.lead().contains(input.getRole());
  }

  /** How long to wait; negative for as long as the leading inputs are not there. */
  private long delay(boolean isRevision, List<QuantumInput> newest) {
    if (rule.waitsForClose()) {
      return settings.lateFiringMillis();
    }
    if (rule.lead().isEmpty()) {
      return isRevision ? settings.graceMillis() : settings.visitTimeoutMillis();
    }
    return rule.hasLead(newest) ? settings.graceMillis() : -1;
  }

  private Instant expiry(CampaignWindow window, int times) {
    return WindowKey.expiry(window, times * settings.latenessMillis());
  }

  @OnTimer("wait")
  public void onWait(
      @Key String key,
      @StateId("inputs") BagState<QuantumInput> inputs,
      @StateId("latest") ValueState<Long> latest,
      @StateId("fired") ValueState<String> fired,
      @StateId("firings") ValueState<Integer> firings,
      @StateId("waiting") ValueState<Boolean> waiting,
      OutputReceiver<KV<String, KV<Integer, Iterable<QuantumInput>>>> out) {
    if (!or(waiting.read(), false)) {
      return;
    }
    waiting.write(false);
    List<QuantumInput> newest = NewestInputs.of(inputs.read());
    if (rule.hasLead(newest)) {
      fire(key, newest, latest, fired, firings, out);
    }
  }

  @OnTimer("close")
  public void onClose(
      @Key String key,
      @StateId("inputs") BagState<QuantumInput> inputs,
      @StateId("latest") ValueState<Long> latest,
      @StateId("fired") ValueState<String> fired,
      @StateId("firings") ValueState<Integer> firings,
      @StateId("waiting") ValueState<Boolean> waiting,
      @StateId("closed") ValueState<Boolean> closed,
      @TimerId("wait") Timer wait,
      @TimerId("expire") Timer expire,
      OutputReceiver<KV<String, KV<Integer, Iterable<QuantumInput>>>> out) {
    closed.write(true);
    release(wait, waiting);
    List<QuantumInput> newest = NewestInputs.of(inputs.read());
    if (rule.hasLead(newest)) {
      fire(key, newest, latest, fired, firings, out);
    } else {
      expire
          .withOutputTimestamp(
              new Instant(or(latest.read(), BoundedWindow.TIMESTAMP_MIN_VALUE.getMillis())))
          .set(expiry(WindowKey.window(key), 1));
    }
  }

  @OnTimer("expire")
  public void onExpire(
      @Key String key,
      @StateId("inputs") BagState<QuantumInput> inputs,
      @StateId("latest") ValueState<Long> latest,
      @StateId("fired") ValueState<String> fired,
      @StateId("firings") ValueState<Integer> firings,
      @StateId("waiting") ValueState<Boolean> waiting,
      @TimerId("wait") Timer wait,
      OutputReceiver<KV<String, KV<Integer, Iterable<QuantumInput>>>> out) {
    release(wait, waiting);
    fire(key, NewestInputs.of(inputs.read()), latest, fired, firings, out);
  }

  @OnTimer("forget")
  public void onForget(
      @StateId("inputs") BagState<QuantumInput> inputs,
      @StateId("count") ValueState<Integer> count,
      @StateId("latest") ValueState<Long> latest,
      @StateId("fired") ValueState<String> fired,
      @StateId("firings") ValueState<Integer> firings,
      @StateId("waiting") ValueState<Boolean> waiting,
      @StateId("closed") ValueState<Boolean> closed) {
    inputs.clear();
    count.clear();
    latest.clear();
    fired.clear();
    firings.clear();
    waiting.clear();
    closed.clear();
  }

  /**
   * Ends a wait and what it holds back. The timer is set to a moment at which nothing is done any
   * more, because {@code Timer.clear()} is without effect on Flink: {@code
   * DoFnOperator.FlinkTimerInternals} of Beam 2.70 files timers under {@code family + "+" + id} and
   * looks for {@code id} when it deletes, so the hold of a cleared timer stays until it fires.
   */
  private static void release(Timer wait, ValueState<Boolean> waiting) {
    if (or(waiting.read(), false)) {
      waiting.write(false);
      wait.withNoOutputTimestamp().offset(Duration.ZERO).setRelative();
    }
  }

  private static void fire(
      String key,
      List<QuantumInput> newest,
      ValueState<Long> latest,
      ValueState<String> fired,
      ValueState<Integer> firings,
      OutputReceiver<KV<String, KV<Integer, Iterable<QuantumInput>>>> out) {
    String fingerprint = NewestInputs.fingerprint(newest);
    if (newest.isEmpty() || fingerprint.equals(fired.read())) {
      return;
    }
    int number = or(firings.read(), 0) + 1;
    fired.write(fingerprint);
    firings.write(number);
    out.outputWithTimestamp(
        KV.of(key, KV.of(number, newest)), new Instant(or(latest.read(), Long.MIN_VALUE)));
  }

  private static <T> T or(@Nullable T value, T otherwise) {
    return value == null ? otherwise : value;
  }
}
