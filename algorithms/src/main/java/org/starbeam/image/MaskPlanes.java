package org.starbeam.image;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The mask planes of the product, name to bit, fixed so that masks can be or-ed without remapping
 * (specs/01 section 0.2).
 */
public final class MaskPlanes {
  public static final int BAD = 1;
  public static final int SAT = 1 << 1;
  public static final int INTRP = 1 << 2;
  public static final int CR = 1 << 3;
  public static final int EDGE = 1 << 4;
  public static final int DETECTED = 1 << 5;
  public static final int DETECTED_NEGATIVE = 1 << 6;
  public static final int SUSPECT = 1 << 7;
  public static final int NO_DATA = 1 << 8;
  public static final int VIGNETTED = 1 << 9;
  public static final int STREAK = 1 << 10;
  public static final int CROSSTALK = 1 << 11;
  public static final int UNMASKEDNAN = 1 << 12;
  public static final int PARTLY_VIGNETTED = 1 << 13;
  public static final int DIP = 1 << 14;
  public static final int PERSISTENCE = 1 << 15;
  public static final int CLIPPED = 1 << 16;
  public static final int REJECTED = 1 << 17;
  public static final int SENSOR_EDGE = 1 << 18;
  public static final int INEXACT_PSF = 1 << 19;
  public static final int SPIKE = 1 << 20;
  public static final int NOT_DEBLENDED = 1 << 21;
  public static final int BRIGHT_OBJECT = 1 << 22;
  public static final int HIGH_VARIANCE = 1 << 23;
  public static final int SAT_TEMPLATE = 1 << 24;
  public static final int NO_DATA_TEMPLATE = 1 << 25;
  public static final int INJECTED = 1 << 26;
  public static final int INJECTED_TEMPLATE = 1 << 27;

  /** Planes that convolution and warping drop. */
  public static final int DETECTION_PLANES = DETECTED | DETECTED_NEGATIVE;

  private static final Map<String, Integer> BIT_BY_NAME = new LinkedHashMap<>();

  static {
    String[] names = {
      "BAD",
      "SAT",
      "INTRP",
      "CR",
      "EDGE",
      "DETECTED",
      "DETECTED_NEGATIVE",
      "SUSPECT",
      "NO_DATA",
      "VIGNETTED",
      "STREAK",
      "CROSSTALK",
      "UNMASKEDNAN",
      "PARTLY_VIGNETTED",
      "DIP",
      "PERSISTENCE",
      "CLIPPED",
      "REJECTED",
      "SENSOR_EDGE",
      "INEXACT_PSF",
      "SPIKE",
      "NOT_DEBLENDED",
      "BRIGHT_OBJECT",
      "HIGH_VARIANCE",
      "SAT_TEMPLATE",
      "NO_DATA_TEMPLATE",
      "INJECTED",
      "INJECTED_TEMPLATE"
    };
    for (int bit = 0; bit < names.length; bit++) {
      BIT_BY_NAME.put(names[bit], bit);
    }
  }

  private MaskPlanes() {}

  /** All planes in bit order, name to bit number. */
  public static Map<String, Integer> bits() {
    return Collections.unmodifiableMap(BIT_BY_NAME);
  }
}
