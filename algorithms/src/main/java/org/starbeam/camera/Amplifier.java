package org.starbeam.camera;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * One readout channel of a detector: where its pixels lie in the raw image and on the detector, and
 * its nominal electronics.
 *
 * <p>Raw boxes are in read order, the first pixel read at (0, 0). The data box, mirrored along x
 * where {@code flipX} and along y where {@code flipY}, fills {@code box} of the assembled detector.
 *
 * @param name name of the channel, unique in the detector
 * @param extName EXTNAME of its image in the raw file; {@link #PRIMARY} is the file's first image
 * @param box its pixels on the assembled detector
 * @param flipX true when the column read first is the last one on the detector
 * @param flipY true when the row read first is the last one on the detector
 * @param raw the regions of the raw image
 * @param gain nominal gain, electrons per ADU
 * @param readNoise nominal read noise, electrons
 * @param saturation level from which a pixel is saturated, electrons above the overscan
 * @param suspectLevel level from which a pixel is suspect, electrons above the overscan
 * @param biasLevel level of the electronics that is taken out where there is no serial overscan,
 *     ADU; NaN when nobody knows it
 */
public record Amplifier(
    String name,
    String extName,
    Box box,
    boolean flipX,
    boolean flipY,
    RawRegions raw,
    double gain,
    double readNoise,
    double saturation,
    double suspectLevel,
    double biasLevel) {

  /** An amplifier whose level comes from its overscan. */
  public Amplifier(
      String name,
      String extName,
      Box box,
      boolean flipX,
      boolean flipY,
      RawRegions raw,
      double gain,
      double readNoise,
      double saturation,
      double suspectLevel) {
    this(
        name,
        extName,
        box,
        flipX,
        flipY,
        raw,
        gain,
        readNoise,
        saturation,
        suspectLevel,
        Double.NaN);
  }

  /** Name of the first image of a file, whether it is the primary or tile-compressed behind it. */
  public static final String PRIMARY = "PRIMARY";

  /**
   * Regions of the raw image of an amplifier; a region that a camera does not have is empty.
   *
   * @param x0 first column of the raw image in the image of its extension: 0, unless amplifiers lie
   *     side by side in one image
   * @param y0 first row of it there
   * @param width columns of the raw image
   * @param height rows of the raw image
   * @param data pixels that saw light
   * @param prescan serial prescan
   * @param serialOverscan columns that hold the level of the electronics row by row, after the data
   *     or before them
   * @param parallelOverscan rows read after the data
   * @param overscanUse how the serial overscan is used, or null for the task's setting
   */
  public record RawRegions(
      int x0,
      int y0,
      int width,
      int height,
      Box data,
      Box prescan,
      Box serialOverscan,
      Box parallelOverscan,
      @Nullable OverscanUse overscanUse) {
    /** Regions of an amplifier that has an extension of its own. */
    public RawRegions(
        int width, int height, Box data, Box prescan, Box serialOverscan, Box parallelOverscan) {
      this(0, 0, width, height, data, prescan, serialOverscan, parallelOverscan, null);
    }

    /** The whole raw image. */
    public Box box() {
      return new Box(0, 0, width, height);
    }

    /** The raw image in the image of its extension. */
    public Box place() {
      return new Box(x0, y0, width, height);
    }
  }

  /**
   * How a serial overscan is used.
   *
   * @param leadingToSkip first columns not used
   * @param trailingToSkip last columns not used
   * @param perRow false when one level holds for all rows; with few columns a level per row would
   *     bring their noise into the image
   */
  public record OverscanUse(int leadingToSkip, int trailingToSkip, boolean perRow) {}

  /** This amplifier with another gain and read noise; levels in electrons stay. */
  public Amplifier withGain(double newGain, double newReadNoise) {
    return new Amplifier(
        name,
        extName,
        box,
        flipX,
        flipY,
        raw,
        newGain,
        newReadNoise,
        saturation,
        suspectLevel,
        biasLevel);
  }
}
