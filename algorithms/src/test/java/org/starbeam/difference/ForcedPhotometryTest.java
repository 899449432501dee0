package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

class ForcedPhotometryTest {
  private static ImageD psf() {
    ImageD psf = new ImageD(Box.around(20, 20, 5));
    for (int y = 15; y <= 25; y++) {
      for (int x = 15; x <= 25; x++) {
        psf.set(x, y, Math.exp(-0.5 * (Math.pow(x - 20, 2) + Math.pow(y - 20, 2)) / 4));
      }
    }
    return psf;
  }

  private static MaskedImage image() {
    MaskedImage image = new MaskedImage(new Box(0, 0, 40, 40));
    image.variance().fill(1);
    return image;
  }

  @Test
  void theShareThatWasLeftOutIsThatOfTheMaskedPixels() {
    MaskedImage image = image();
    image.mask().set(20, 20, MaskPlanes.NO_DATA);
    ImageD psf = psf();
    double sum = 0;
    for (double p : psf.toArray()) {
      sum += p;
    }
    assertThat(ForcedPhotometry.measure(image, psf, 1).maskedFraction())
        .isCloseTo(1 / sum, within(1e-12));
  }

  @Test
  void aMaskedPixelInANegativeWingDoesNotMakeTheShareNegative() {
    MaskedImage image = image();
    image.mask().set(15, 15, MaskPlanes.NO_DATA);
    ImageD psf = psf();
    psf.set(15, 15, -1e-3);
    assertThat(ForcedPhotometry.measure(image, psf, 1).maskedFraction()).isZero();
  }
}
