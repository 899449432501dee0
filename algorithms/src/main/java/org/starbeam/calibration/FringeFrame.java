package org.starbeam.calibration;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskedImage;

/**
 * The fringe patterns of a detector and filter, relative to the sky. In the file they lie one above
 * the other in one image, their number in the card NCOMP. Shared by all threads of a JVM: nobody
 * changes the pixels.
 *
 * @param patterns on the box of the detector, the strongest first
 * @param variances of a pixel of each pattern
 * @param cards header cards
 */
public record FringeFrame(
    List<ImageF> patterns, List<Double> variances, Map<String, Object> cards) {
  private static final String NUMBER = "NCOMP";

  public FringeFrame {
    patterns = List.copyOf(patterns);
    variances = List.copyOf(variances);
    cards = Collections.unmodifiableMap(new LinkedHashMap<>(cards));
    if (patterns.isEmpty() || patterns.size() != variances.size()) {
      throw new IllegalArgumentException(
          patterns.size() + " patterns, " + variances.size() + " variances");
    }
  }

  public Box box() {
    return patterns.get(0).box();
  }

  /** The same with more cards. */
  public FringeFrame with(Map<String, Object> more) {
    Map<String, Object> all = new LinkedHashMap<>(more);
    all.putAll(cards);
    return new FringeFrame(patterns, variances, all);
  }

  /**
   * Reads a file.
   *
   * @throws BadInputException {@code BAD_FRINGE} when the height is not that of NCOMP patterns
   */
  public static FringeFrame read(Path file) {
    ImageFile read = ImageFile.read(file);
    Box all = read.image().box();
    int n = read.cards().get(NUMBER) instanceof Number number ? number.intValue() : 0;
    if (n < 1 || all.height() % n != 0) {
      throw new BadInputException(
          "BAD_FRINGE",
          file
              + ": expected NCOMP patterns one above the other, NCOMP is "
              + n
              + ", rows "
              + all.height());
    }
    int height = all.height() / n;
    List<ImageF> patterns = new ArrayList<>();
    List<Double> variances = new ArrayList<>();
    for (int k = 0; k < n; k++) {
      Box part = new Box(all.x0(), all.y0() + k * height, all.width(), height);
      ImageF pattern = new ImageF(new Box(all.x0(), all.y0(), all.width(), height));
      System.arraycopy(
          read.image().image().view(part).toArray(), 0, pattern.data, 0, pattern.data.length);
      patterns.add(pattern);
      variances.add((double) read.image().variance().get(part.x0(), part.y0()));
    }
    return new FringeFrame(patterns, variances, read.cards());
  }

  public void write(Path file) {
    Box one = box();
    Box all = new Box(one.x0(), one.y0(), one.width(), one.height() * patterns.size());
    MaskedImage image = new MaskedImage(new ImageF(all), new MaskI(all), new ImageF(all));
    for (int k = 0; k < patterns.size(); k++) {
      float[] from = patterns.get(k).toArray();
      int at = k * from.length;
      System.arraycopy(from, 0, image.image().data, at, from.length);
      Arrays.fill(image.variance().data, at, at + from.length, variances.get(k).floatValue());
    }
    Map<String, Object> header = new LinkedHashMap<>(cards);
    header.put(NUMBER, patterns.size());
    new ImageFile(image, header, Map.of(), List.of()).write(file, ImageFile.Form.plain());
  }
}
