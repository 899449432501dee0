package org.starbeam.image;

/**
 * Image, mask and variance of one box. The third plane is always a variance, never a weight; a
 * pixel without a value has {@link MaskPlanes#NO_DATA} set and, in memory, variance +infinity.
 */
public record MaskedImage(ImageF image, MaskI mask, ImageF variance) {
  public MaskedImage {
    if (!image.box().equals(mask.box()) || !image.box().equals(variance.box())) {
      throw new IllegalArgumentException(
          "planes of different boxes: " + image.box() + ", " + mask.box() + ", " + variance.box());
    }
  }

  /** Zeros everywhere. */
  public MaskedImage(Box box) {
    this(new ImageF(box), new MaskI(box), new ImageF(box));
  }

  public Box box() {
    return image.box();
  }

  /** A view of part of the image, sharing its pixels. */
  public MaskedImage view(Box part) {
    return new MaskedImage(image.view(part), mask.view(part), variance.view(part));
  }

  public MaskedImage copy() {
    return new MaskedImage(image.copy(), mask.copy(), variance.copy());
  }
}
