package org.starbeam.isr;

import org.jspecify.annotations.Nullable;
import org.starbeam.camera.Amplifier;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;

/**
 * One amplifier of an exposure on its way from the raw file to the detector: a copy of its pixels,
 * first ADU, then electrons, and what was found out about it.
 */
final class ReadoutChannel {
  final Amplifier amplifier;
  final @Nullable ImageF image;
  final @Nullable MaskI mask;

  /** Serial overscan, ADU. */
  OverscanModel.Level level = new OverscanModel.Level(new double[0], Double.NaN, Double.NaN, 0, 0);

  /** Level where there is neither overscan nor a nominal one, ADU. */
  double levelFromNoise;

  /** Parallel overscan that was taken out, electrons. */
  double parallel;

  /** Electrons, in use. */
  double readNoise;

  /** Largest crosstalk that was taken out, electrons. */
  double crosstalkMax;

  ReadoutChannel(Amplifier amplifier, @Nullable ImageF raw) {
    this.amplifier = amplifier;
    this.image = raw == null ? null : raw.copy();
    this.mask = raw == null ? null : new MaskI(raw.box());
    this.readNoise = amplifier.readNoise();
  }
}
