package org.starbeam.camera;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;

/**
 * A camera: its detectors, filters and the optics that map the focal plane to the field.
 *
 * @param name name of the instrument, as headers have it
 * @param pixelSizeMm side of a pixel
 * @param optics focal plane to field angle
 * @param site where the telescope stands, or null
 * @param dayObsOffsetHours the observing day is the date of TAI minus this
 * @param filters physical filter to band
 * @param detectors in the order of their ids
 * @param nominal what is used where no calibration exists
 */
public record Camera(
    String name,
    double pixelSizeMm,
    Optics optics,
    @Nullable Site site,
    double dayObsOffsetHours,
    Map<String, String> filters,
    List<Detector> detectors,
    Nominal nominal) {

  public Camera {
    filters = Map.copyOf(filters);
    detectors = List.copyOf(detectors);
  }

  /** A camera that cannot do without calibrations. */
  public Camera(
      String name,
      double pixelSizeMm,
      Optics optics,
      @Nullable Site site,
      double dayObsOffsetHours,
      Map<String, String> filters,
      List<Detector> detectors) {
    this(name, pixelSizeMm, optics, site, dayObsOffsetHours, filters, detectors, Nominal.nothing());
  }

  /**
   * Values that stand in for calibrations that nobody has taken. What is not given has to be
   * measured.
   *
   * @param bias electrons; null when a frame without bias is a failure
   * @param dark electrons per second; null when the step is left out
   * @param flat relative response; null when a frame without flat is a failure
   * @param zeroPoints AB magnitude of one electron per second, by physical filter, used where there
   *     are no reference stars; without an entry such a frame is a failure
   */
  public record Nominal(
      @Nullable Double bias,
      @Nullable Double dark,
      @Nullable Double flat,
      Map<String, Double> zeroPoints) {
    public Nominal {
      zeroPoints = Map.copyOf(zeroPoints);
    }

    public static Nominal nothing() {
      return new Nominal(null, null, null, Map.of());
    }
  }

  /**
   * Field angle of a point of the focal plane: {@code f = p (r'/r) s} with {@code r = |p|} in mm
   * and {@code r' = sum of radial[i] r^i} (specs/01 section 2.2).
   *
   * @param radPerMm plate scale s on the axis
   * @param radial coefficients of r', mm; {0, 1} is a camera without distortion
   * @param flipX true for cameras whose field is not mirrored (specs/01 section 2.3): +1 in front
   *     of the x axis, else -1
   */
  public record Optics(double radPerMm, double[] radial, boolean flipX) {
    public Optics {
      radial = radial.clone();
    }

    @Override
    public double[] radial() {
      return radial.clone();
    }
  }

  /** Geodetic place of the telescope; degrees, east positive, metres. */
  public record Site(double latitudeDeg, double longitudeDeg, double heightM) {}

  /** The detector with this id; {@code UNKNOWN_DETECTOR} when there is none. */
  public Detector detector(int id) {
    return detectors.stream()
        .filter(d -> d.id() == id)
        .findFirst()
        .orElseThrow(
            () ->
                new BadInputException(
                    "UNKNOWN_DETECTOR",
                    "camera "
                        + name
                        + " has no detector "
                        + id
                        + "; it has "
                        + detectors.stream().map(Detector::id).toList()));
  }
}
