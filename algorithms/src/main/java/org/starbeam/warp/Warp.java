package org.starbeam.warp;

import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;

/**
 * A warped image.
 *
 * @param pixels image, mask and variance; NO_DATA pixels have image 0 and variance +infinity
 * @param maskedFraction share of repaired or rejected source pixels, 0 to 255, row by row
 */
public record Warp(MaskedImage pixels, byte[] maskedFraction) {
  public Box box() {
    return pixels.box();
  }
}
