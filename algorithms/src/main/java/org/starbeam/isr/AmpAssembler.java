package org.starbeam.isr;

import org.starbeam.camera.Amplifier;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;

/**
 * Puts the data pixels of a raw amplifier image at their place on the detector, mirrored as the
 * amplifier says, and back.
 */
public final class AmpAssembler {
  private AmpAssembler() {}

  /** Copies the data box of a raw image in read order onto the detector. */
  public static void assemble(Amplifier amplifier, ImageF raw, ImageF detector) {
    Box data = amplifier.raw().data();
    Box box = amplifier.box();
    for (int row = 0; row < data.height(); row++) {
      int from = raw.index(data.x0(), data.y0() + row);
      int y = amplifier.flipY() ? box.y1() - 1 - row : box.y0() + row;
      int to = detector.index(box.x0(), y);
      if (amplifier.flipX()) {
        reverse(raw.data, from, detector.data, to, data.width());
      } else {
        System.arraycopy(raw.data, from, detector.data, to, data.width());
      }
    }
  }

  /** The same for a mask. */
  public static void assemble(Amplifier amplifier, MaskI raw, MaskI detector) {
    Box data = amplifier.raw().data();
    Box box = amplifier.box();
    for (int row = 0; row < data.height(); row++) {
      int from = raw.index(data.x0(), data.y0() + row);
      int y = amplifier.flipY() ? box.y1() - 1 - row : box.y0() + row;
      int to = detector.index(box.x0(), y);
      for (int i = 0; i < data.width(); i++) {
        int x = amplifier.flipX() ? data.width() - 1 - i : i;
        detector.data[to + x] = raw.data[from + i];
      }
    }
  }

  /** Copies an amplifier's pixels of the detector into the data box of a raw image. */
  public static void split(Amplifier amplifier, ImageF detector, ImageF raw) {
    Box data = amplifier.raw().data();
    Box box = amplifier.box();
    for (int row = 0; row < data.height(); row++) {
      int y = amplifier.flipY() ? box.y1() - 1 - row : box.y0() + row;
      int from = detector.index(box.x0(), y);
      int to = raw.index(data.x0(), data.y0() + row);
      if (amplifier.flipX()) {
        reverse(detector.data, from, raw.data, to, data.width());
      } else {
        System.arraycopy(detector.data, from, raw.data, to, data.width());
      }
    }
  }

  private static void reverse(float[] from, int start, float[] to, int toStart, int n) {
    for (int i = 0; i < n; i++) {
      to[toStart + n - 1 - i] = from[start + i];
    }
  }
}
