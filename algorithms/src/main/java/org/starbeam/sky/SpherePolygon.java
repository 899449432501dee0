package org.starbeam.sky;

/**
 * A convex polygon on the sphere, smaller than a hemisphere, with great-circle edges. Vertices may
 * be given in either sense. Questions cost O(number of vertices).
 */
public final class SpherePolygon {
  private final double[][] vertices;
  private final double[][] normals;
  private final double[] center;
  private final double cosRadius;

  /**
   * @param raDeg right ascensions of the vertices around the polygon, degrees
   * @param decDeg declinations
   */
  public SpherePolygon(double[] raDeg, double[] decDeg) {
    int n = raDeg.length;
    if (n < 3 || decDeg.length != n) {
      throw new IllegalArgumentException("a polygon needs at least three vertices");
    }
    vertices = new double[n][];
    double[] sum = new double[3];
    for (int i = 0; i < n; i++) {
      vertices[i] = Angles.vector(raDeg[i], decDeg[i]);
      for (int k = 0; k < 3; k++) {
        sum[k] += vertices[i][k];
      }
    }
    center = Angles.normalized(sum);
    normals = new double[n][];
    double smallest = 1;
    for (int i = 0; i < n; i++) {
      double[] normal = Angles.cross(vertices[i], vertices[(i + 1) % n]);
      double sign = Angles.dot(normal, center) < 0 ? -1 : 1;
      normals[i] = new double[] {sign * normal[0], sign * normal[1], sign * normal[2]};
      smallest = Math.min(smallest, Angles.dot(vertices[i], center));
    }
    cosRadius = smallest;
  }

  public SkyPoint center() {
    return Angles.direction(center);
  }

  /** Angular radius of the circle about the centre that holds every vertex, degrees. */
  public double radiusDeg() {
    return Math.toDegrees(Math.acos(Math.max(-1, Math.min(1, cosRadius))));
  }

  /** True when the direction lies inside or on the border. */
  public boolean contains(double raDeg, double decDeg) {
    return contains(Angles.vector(raDeg, decDeg));
  }

  private boolean contains(double[] v) {
    for (double[] normal : normals) {
      if (Angles.dot(normal, v) < 0) {
        return false;
      }
    }
    return true;
  }

  /** True when both polygons share a point (separating great circles). */
  public boolean overlaps(SpherePolygon other) {
    return !separated(this, other) && !separated(other, this);
  }

  private static boolean separated(SpherePolygon a, SpherePolygon b) {
    for (double[] normal : a.normals) {
      boolean allOutside = true;
      for (double[] vertex : b.vertices) {
        if (Angles.dot(normal, vertex) >= 0) {
          allOutside = false;
          break;
        }
      }
      if (allOutside) {
        return true;
      }
    }
    return false;
  }
}
