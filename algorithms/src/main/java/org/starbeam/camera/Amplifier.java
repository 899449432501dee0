package org.starbeam.camera;

import org.starbeam.image.Box;

/**
 * One readout channel of a detector: where its pixels lie in the raw image and on the detector, and
 * its nominal electronics.
 *
 * <p>Raw boxes are in read order, the first pixel read at (0, 0). The data box, mirrored along x
 * where {@code flipX} and along y where {@code flipY}, fills {@code box} of the assembled detector.
 *
 * @param name name of the channel, unique in the detector
 * @param extName EXTNAME of its image in the raw file
 * @param box its pixels on the assembled detector
 * @param flipX true when the column read first is the last one on the detector
 * @param flipY true when the row read first is the last one on the detector
 * @param raw the regions of the raw image
 * @param gain nominal gain, electrons per ADU
 * @param readNoise nominal read noise, electrons
 * @param saturation level from which a pixel is saturated, electrons above the overscan
 * @param suspectLevel level from which a pixel is suspect, electrons above the overscan
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
    double suspectLevel) {

  /**
   * Regions of the raw image of an amplifier; a region that a camera does not have is empty.
   *
   * @param width columns of the raw image
   * @param height rows of the raw image
   * @param data pixels that saw light
   * @param prescan serial prescan
   * @param serialOverscan columns read after the data
   * @param parallelOverscan rows read after the data
   */
  public record RawRegions(
      int width, int height, Box data, Box prescan, Box serialOverscan, Box parallelOverscan) {
    /** The whole raw image. */
    public Box box() {
      return new Box(0, 0, width, height);
    }
  }

  /** This amplifier with another gain and read noise; levels in electrons stay. */
  public Amplifier withGain(double newGain, double newReadNoise) {
    return new Amplifier(
        name, extName, box, flipX, flipY, raw, newGain, newReadNoise, saturation, suspectLevel);
  }
}
