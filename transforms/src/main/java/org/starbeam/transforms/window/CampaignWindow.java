package org.starbeam.transforms.window;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Objects;
import org.apache.beam.sdk.coders.AtomicCoder;
import org.apache.beam.sdk.coders.BigEndianLongCoder;
import org.apache.beam.sdk.coders.StringUtf8Coder;
import org.apache.beam.sdk.transforms.windowing.BoundedWindow;
import org.joda.time.Instant;

/**
 * A night, a month, a release or everything: a name and a half-open interval of event time. Event
 * time is milliseconds since 1970-01-01T00:00:00 TAI.
 */
public final class CampaignWindow extends BoundedWindow {
  private final String name;
  private final long startMs;
  private final long endMs;

  public CampaignWindow(String name, long startMs, long endMs) {
    this.name = name;
    this.startMs = startMs;
    this.endMs = endMs;
  }

  /** {@code n20250520}, {@code m202505}, {@code rDR1} or {@code all}. */
  public String name() {
    return name;
  }

  public long startMs() {
    return startMs;
  }

  /** First millisecond after the window. */
  public long endMs() {
    return endMs;
  }

  @Override
  public Instant maxTimestamp() {
    return new Instant(endMs - 1);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof CampaignWindow w
        && w.name.equals(name)
        && w.startMs == startMs
        && w.endMs == endMs;
  }

  @Override
  public int hashCode() {
    return Objects.hash(name, startMs, endMs);
  }

  @Override
  public String toString() {
    return name + "[" + startMs + "," + endMs + ")";
  }

  /** Name in UTF-8 and two fixed longs. */
  public static final class WindowCoder extends AtomicCoder<CampaignWindow> {
    private static final long serialVersionUID = 1L;
    private static final WindowCoder INSTANCE = new WindowCoder();

    private WindowCoder() {}

    public static WindowCoder of() {
      return INSTANCE;
    }

    @Override
    public void encode(CampaignWindow window, OutputStream out) throws IOException {
      StringUtf8Coder.of().encode(window.name, out);
      BigEndianLongCoder.of().encode(window.startMs, out);
      BigEndianLongCoder.of().encode(window.endMs, out);
    }

    @Override
    public CampaignWindow decode(InputStream in) throws IOException {
      String name = StringUtf8Coder.of().decode(in);
      long start = BigEndianLongCoder.of().decode(in);
      return new CampaignWindow(name, start, BigEndianLongCoder.of().decode(in));
    }

    @Override
    public boolean consistentWithEquals() {
      return true;
    }
  }
}
