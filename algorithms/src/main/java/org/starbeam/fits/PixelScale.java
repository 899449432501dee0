package org.starbeam.fits;

/** BSCALE, BZERO and BLANK of an image: value = stored * scale + zero, NaN where blank. */
record PixelScale(double scale, double zero, boolean hasBlank, long blank) {
  static PixelScale of(HeaderView header) {
    boolean whole = header.integerOr("BITPIX", 8) > 0;
    var blank = header.findInteger("BLANK");
    return new PixelScale(
        header.numberOr("BSCALE", 1),
        header.numberOr("BZERO", 0),
        whole && blank.isPresent(),
        blank.orElse(0));
  }

  float apply(long stored) {
    return hasBlank && stored == blank ? Float.NaN : (float) (stored * scale + zero);
  }

  double applyDouble(double stored) {
    return stored * scale + zero;
  }

  /** Scales floats in place. */
  void applyTo(float[] values, int from, int count) {
    if (scale == 1 && zero == 0) {
      return;
    }
    for (int i = from; i < from + count; i++) {
      values[i] = (float) (values[i] * scale + zero);
    }
  }
}
