package org.starbeam.transforms.quantum;

import org.apache.beam.sdk.transforms.DoFn;
import org.apache.beam.sdk.transforms.windowing.GlobalWindow;
import org.apache.beam.sdk.values.KV;
import org.joda.time.Instant;
import org.starbeam.schema.QuantumInput;
import org.starbeam.transforms.window.CampaignWindow;
import org.starbeam.transforms.window.CampaignWindows;

/** Keys of a stream: name, begin and end of a window before the key itself. */
final class WindowKey {
  private static final Instant LAST = GlobalWindow.INSTANCE.maxTimestamp();

  private WindowKey() {}

  static String of(CampaignWindow window, String key) {
    return window.name() + ":" + window.startMs() + ":" + window.endMs() + "|" + key;
  }

  static CampaignWindow window(String windowKey) {
    String[] parts = windowKey.substring(0, windowKey.indexOf('|')).split(":", -1);
    return new CampaignWindow(parts[0], Long.parseLong(parts[1]), Long.parseLong(parts[2]));
  }

  static String key(String windowKey) {
    return windowKey.substring(windowKey.indexOf('|') + 1);
  }

  /** So long after the end of a window, but not after the end of time. */
  static Instant expiry(CampaignWindow window, long latenessMillis) {
    long left = LAST.getMillis() - window.maxTimestamp().getMillis();
    return window.maxTimestamp().plus(Math.max(0, Math.min(left, latenessMillis)));
  }

  /** Puts every input into the windows of its event time. */
  static final class IntoFn extends DoFn<KV<String, QuantumInput>, KV<String, QuantumInput>> {
    private static final long serialVersionUID = 1L;
    private final CampaignWindows windows;

    IntoFn(CampaignWindows windows) {
      this.windows = windows;
    }

    @ProcessElement
    public void process(
        @Element KV<String, QuantumInput> input, OutputReceiver<KV<String, QuantumInput>> out) {
      for (CampaignWindow window :
          windows.windowsAt(input.getValue().getResult().getEventTimeMs())) {
        out.output(KV.of(of(window, input.getKey()), input.getValue()));
      }
    }
  }
}
