package org.starbeam.camera;

import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;

/**
 * First guess of a detector's WCS from the camera's geometry and the commanded pointing (specs/01
 * sections 2.2 and 2.3):
 *
 * <pre>
 * p = offset + R(yaw) (pixel - reference) pixelSize          [mm]
 * f = p (r'/r) s,  r' = sum c_i r^i                          [rad]
 * xi  =  X cos(theta) f_x + sin(theta) f_y                   X = +1 where optics.flipX, else -1
 * eta = -X sin(theta) f_x + cos(theta) f_y
 * </pre>
 *
 * and (xi, eta) the gnomonic projection about the boresight. The way back inverts the radial
 * polynomial by Newton's method to 1e-13 of the radius.
 */
public final class InitialWcs implements Wcs {
  private static final double JACOBIAN_STEP = 0.5;

  private final Camera camera;
  private final Detector detector;
  private final double[] radial;
  private final double scale;
  private final Gnomonic plane;
  private final double cosYaw;
  private final double sinYaw;
  private final double cosTheta;
  private final double sinTheta;
  private final double sign;

  /**
   * @param boresight ICRS, of the camera's axis
   * @param rotSkyPosDeg position angle of the focal plane's +Y, degrees
   */
  public InitialWcs(Camera camera, Detector detector, SkyPoint boresight, double rotSkyPosDeg) {
    this.camera = camera;
    this.detector = detector;
    this.radial = camera.optics().radial();
    this.scale = camera.optics().radPerMm();
    this.plane = new Gnomonic(boresight);
    this.cosYaw = Math.cos(Math.toRadians(detector.yawDeg()));
    this.sinYaw = Math.sin(Math.toRadians(detector.yawDeg()));
    this.cosTheta = Math.cos(Math.toRadians(rotSkyPosDeg));
    this.sinTheta = Math.sin(Math.toRadians(rotSkyPosDeg));
    this.sign = camera.optics().flipX() ? 1 : -1;
  }

  /** Focal plane position of a pixel, mm. */
  public double[] toFocalPlane(double x, double y) {
    double dx = (x - detector.refX()) * camera.pixelSizeMm();
    double dy = (y - detector.refY()) * camera.pixelSizeMm();
    return new double[] {
      detector.offsetXmm() + cosYaw * dx - sinYaw * dy,
      detector.offsetYmm() + sinYaw * dx + cosYaw * dy
    };
  }

  @Override
  public SkyPoint toSky(double x, double y) {
    double[] t = tangent(x, y);
    return plane.deproject(t[0], t[1]);
  }

  /** Tangent plane coordinates (xi, eta) of a pixel, radians. */
  private double[] tangent(double x, double y) {
    double[] p = toFocalPlane(x, y);
    double r = Math.hypot(p[0], p[1]);
    double stretch = scale * (r == 0 ? radial[1] : polynomial(r) / r);
    double fx = p[0] * stretch;
    double fy = p[1] * stretch;
    return new double[] {
      sign * cosTheta * fx + sinTheta * fy, -sign * sinTheta * fx + cosTheta * fy
    };
  }

  @Override
  public double[] toPixel(double raDeg, double decDeg) {
    double[] t = plane.project(raDeg, decDeg);
    double fx = sign * (cosTheta * t[0] - sinTheta * t[1]);
    double fy = sinTheta * t[0] + cosTheta * t[1];
    double target = Math.hypot(fx, fy) / scale;
    double shrink = target == 0 ? 1 / radial[1] : invert(target) / target;
    double px = fx / scale * shrink - detector.offsetXmm();
    double py = fy / scale * shrink - detector.offsetYmm();
    double pixel = camera.pixelSizeMm();
    return new double[] {
      detector.refX() + (cosYaw * px + sinYaw * py) / pixel,
      detector.refY() + (-sinYaw * px + cosYaw * py) / pixel
    };
  }

  @Override
  public double[] jacobian(double x, double y) {
    double h = JACOBIAN_STEP;
    SkyPoint centre = toSky(x, y);
    Gnomonic local = new Gnomonic(centre);
    double[] east = local(local, toSky(x + h, y));
    double[] west = local(local, toSky(x - h, y));
    double[] up = local(local, toSky(x, y + h));
    double[] down = local(local, toSky(x, y - h));
    double k = Angles.ARCSEC_PER_RADIAN / (2 * h);
    return new double[] {
      k * (east[0] - west[0]), k * (up[0] - down[0]), k * (east[1] - west[1]), k * (up[1] - down[1])
    };
  }

  private static double[] local(Gnomonic plane, SkyPoint point) {
    return plane.project(point);
  }

  private double polynomial(double r) {
    double value = 0;
    for (int i = radial.length - 1; i >= 0; i--) {
      value = value * r + radial[i];
    }
    return value;
  }

  private double slope(double r) {
    double value = 0;
    for (int i = radial.length - 1; i >= 1; i--) {
      value = value * r + i * radial[i];
    }
    return value;
  }

  private double invert(double target) {
    double r = target;
    for (int i = 0; i < 20; i++) {
      double step = (polynomial(r) - target) / slope(r);
      r -= step;
      if (Math.abs(step) <= 1e-13 * Math.abs(r)) {
        break;
      }
    }
    return r;
  }
}
