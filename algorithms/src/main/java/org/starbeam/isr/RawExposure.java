package org.starbeam.isr;

import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Amplifier;
import org.starbeam.camera.Detector;
import org.starbeam.image.ImageF;

/**
 * The pixels of one raw exposure of a detector, ADU as read: one image per amplifier in the
 * detector's order, whole raw image with pre- and overscans, no flips; null where the file has no
 * image for an amplifier.
 */
public final class RawExposure {
  private final Detector detector;
  private final List<@Nullable ImageF> amplifiers;

  public RawExposure(Detector detector, List<@Nullable ImageF> amplifiers) {
    if (amplifiers.size() != detector.amplifiers().size()) {
      throw new IllegalArgumentException(
          amplifiers.size() + " images for " + detector.amplifiers().size() + " amplifiers");
    }
    this.detector = detector;
    this.amplifiers =
        Collections.unmodifiableList(Arrays.asList(amplifiers.toArray(ImageF[]::new)));
    for (int i = 0; i < amplifiers.size(); i++) {
      check(detector.amplifiers().get(i), amplifiers.get(i));
    }
  }

  private static void check(Amplifier amplifier, @Nullable ImageF image) {
    if (image != null && !image.box().equals(amplifier.raw().box())) {
      throw new IllegalArgumentException(
          "amplifier " + amplifier.name() + ": " + image.box() + ", not " + amplifier.raw().box());
    }
  }

  public Detector detector() {
    return detector;
  }

  /** Image of an amplifier by index, or null. */
  public @Nullable ImageF amplifier(int index) {
    return amplifiers.get(index);
  }

  public int size() {
    return amplifiers.size();
  }
}
