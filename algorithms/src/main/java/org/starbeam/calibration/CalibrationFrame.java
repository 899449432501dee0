package org.starbeam.calibration;

import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/**
 * A combined bias [electrons], dark [electrons per second] or flat [relative] of a detector, with
 * its variance. Shared by all threads of a JVM: nobody changes its pixels.
 *
 * @param image values, mask and variance per pixel
 * @param scalarVariance clipped mean of the variance: what ISR uses for every pixel (specs/01
 *     section 4.15, SCALAR)
 * @param cards header cards: inputs, scales, rejected inputs
 */
public record CalibrationFrame(
    MaskedImage image, double scalarVariance, Map<String, Object> cards) {
  public CalibrationFrame {
    cards = Collections.unmodifiableMap(new LinkedHashMap<>(cards));
  }

  /** A frame with the same variance everywhere. */
  public static CalibrationFrame of(ImageF image, double variance) {
    ImageF plane = new ImageF(image.box());
    plane.fill((float) variance);
    return new CalibrationFrame(
        new MaskedImage(image, new MaskI(image.box()), plane), variance, Map.of());
  }

  public static CalibrationFrame of(MaskedImage image, Map<String, Object> cards) {
    return new CalibrationFrame(
        image, new ClippedStatistics().of(image.variance()).meanClip(), cards);
  }

  /**
   * The gain with which an amplifier was reduced for it.
   *
   * @param otherwise for a frame that does not say
   */
  public double gain(String amplifier, double otherwise) {
    return cards.get(gainCard(amplifier)) instanceof Number n ? n.doubleValue() : otherwise;
  }

  /** Header card of the gain of an amplifier. */
  public static String gainCard(String amplifier) {
    return "GAIN " + amplifier;
  }

  public Box box() {
    return image.box();
  }

  public static CalibrationFrame read(Path file) {
    ImageFile read = ImageFile.read(file);
    return of(read.image(), read.cards());
  }

  /** Writes plain float32: a calibration's rounding would be common to all epochs. */
  public void write(Path file) {
    new ImageFile(image, cards, Map.of(), List.of()).write(file, ImageFile.Form.plain());
  }
}
