package org.starbeam.camera;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * One detector of a camera and its place on the focal plane.
 *
 * <p>The pixel at {@code (refX, refY)} lies at {@code (offsetXmm, offsetYmm)} of the focal plane;
 * the detector's x axis is turned by {@code yawDeg} from the focal plane's X towards Y.
 *
 * @param id number of the detector, unique in the camera
 * @param name name, unique in the camera, for example {@code R22_S11}
 * @param serial serial number of the sensor, or null
 * @param box pixels of the assembled detector
 * @param crosstalk coupling of its amplifiers, in their order
 * @param defects boxes of pixels that the camera file calls bad
 */
public record Detector(
    int id,
    String name,
    @Nullable String serial,
    Box box,
    double offsetXmm,
    double offsetYmm,
    double refX,
    double refY,
    double yawDeg,
    List<Amplifier> amplifiers,
    CrosstalkMatrix crosstalk,
    List<Box> defects) {
  public Detector {
    amplifiers = List.copyOf(amplifiers);
    defects = List.copyOf(defects);
  }

  /** A detector of which no bad pixels are known beforehand. */
  public Detector(
      int id,
      String name,
      @Nullable String serial,
      Box box,
      double offsetXmm,
      double offsetYmm,
      double refX,
      double refY,
      double yawDeg,
      List<Amplifier> amplifiers,
      CrosstalkMatrix crosstalk) {
    this(
        id,
        name,
        serial,
        box,
        offsetXmm,
        offsetYmm,
        refX,
        refY,
        yawDeg,
        amplifiers,
        crosstalk,
        List.of());
  }

  /** This detector with other properties of its amplifiers. */
  public Detector withAmplifiers(List<Amplifier> others) {
    return new Detector(
        id, name, serial, box, offsetXmm, offsetYmm, refX, refY, yawDeg, others, crosstalk,
        defects);
  }

  /** Index of the amplifier that reads a pixel of the detector, or -1 where none does. */
  public int amplifierAt(int x, int y) {
    for (int i = 0; i < amplifiers.size(); i++) {
      if (amplifiers.get(i).box().contains(x, y)) {
        return i;
      }
    }
    return -1;
  }

  /** A single-amplifier detector for frames that come without amplifiers (calibrated frames). */
  public static Detector plain(int id, String name, Box box) {
    return new Detector(
        id,
        name,
        null,
        box,
        0,
        0,
        box.x0() + (box.width() - 1) / 2.0,
        box.y0() + (box.height() - 1) / 2.0,
        0,
        List.of(),
        CrosstalkMatrix.none(0));
  }
}
