package org.starbeam.sky;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/**
 * A convex polygon on the sky whose edges are great circles, smaller than a hemisphere. Its corners
 * are given in order, in either sense.
 */
public final class SkyPolygon implements SkyRegion {
  private final List<SkyPoint> vertices;
  private final double[][] vectors;
  private final double[][] normals;

  private SkyPolygon(List<SkyPoint> vertices) {
    this.vertices = List.copyOf(vertices);
    int n = vertices.size();
    vectors = new double[n][];
    normals = new double[n][];
    for (int i = 0; i < n; i++) {
      vectors[i] = Angles.vector(vertices.get(i).raDeg(), vertices.get(i).decDeg());
    }
    for (int i = 0; i < n; i++) {
      normals[i] = unit(cross(vectors[i], vectors[(i + 1) % n]));
    }
  }

  /**
   * The polygon of these corners.
   *
   * @throws IllegalArgumentException when there are fewer than three, or when they do not go around
   *     a convex polygon smaller than a hemisphere
   */
  public static SkyPolygon of(List<SkyPoint> corners) {
    if (corners.size() < 3) {
      throw new IllegalArgumentException(corners.size() + " corners, expected 3 or more");
    }
    SkyPolygon given = new SkyPolygon(corners);
    if (given.isConvex()) {
      return given;
    }
    List<SkyPoint> reversed = new ArrayList<>(corners);
    Collections.reverse(reversed);
    SkyPolygon turned = new SkyPolygon(reversed);
    if (turned.isConvex()) {
      return turned;
    }
    throw new IllegalArgumentException(
        "the corners do not go around a convex polygon smaller than a hemisphere");
  }

  /** The pixels of a box of a tract. */
  public static SkyPolygon ofPixels(Tract tract, org.starbeam.image.Box box) {
    double x0 = box.x0() - 0.5;
    double y0 = box.y0() - 0.5;
    double x1 = box.x1() - 0.5;
    double y1 = box.y1() - 0.5;
    return of(
        List.of(
            tract.wcs().toSky(x0, y0),
            tract.wcs().toSky(x1, y0),
            tract.wcs().toSky(x1, y1),
            tract.wcs().toSky(x0, y1)));
  }

  /** Corners, counterclockwise seen from inside the sphere's centre outwards. */
  public List<SkyPoint> vertices() {
    return vertices;
  }

  /** Unit vector of a corner. */
  double[] vector(int i) {
    return vectors[i];
  }

  /** Inward unit normal of the plane of an edge: its product with a direction is not negative. */
  public double[] normal(int edge) {
    return normals[edge].clone();
  }

  /** Strictly convex in its order: every other corner is on the inner side of every edge. */
  private boolean isConvex() {
    int n = vectors.length;
    for (int i = 0; i < n; i++) {
      if (!Double.isFinite(normals[i][0])) {
        return false;
      }
      for (int k = 0; k < n; k++) {
        boolean other = k != i && k != (i + 1) % n;
        if (other && !(Angles.dot(normals[i], vectors[k]) > 0)) {
          return false;
        }
      }
    }
    return true;
  }

  @Override
  public boolean contains(double raDeg, double decDeg) {
    double[] p = Angles.vector(raDeg, decDeg);
    for (double[] normal : normals) {
      if (!(Angles.dot(normal, p) >= -MARGIN)) {
        return false;
      }
    }
    return true;
  }

  /** Two convex polygons are apart when an edge of one has all of the other on its outer side. */
  @Override
  public boolean overlaps(SkyPolygon other) {
    return !isApart(this, other) && !isApart(other, this);
  }

  private static boolean isApart(SkyPolygon a, SkyPolygon b) {
    for (double[] normal : a.normals) {
      boolean outside = true;
      for (double[] v : b.vectors) {
        outside &= Angles.dot(normal, v) < -MARGIN;
      }
      if (outside) {
        return true;
      }
    }
    return false;
  }

  /** Square of the shortest chord from a direction to the border. */
  double chordTo(double[] c) {
    double least = Double.POSITIVE_INFINITY;
    int n = vectors.length;
    for (int i = 0; i < n; i++) {
      least = Math.min(least, SkyCircle.chord(c, vectors[i]));
      double height = Angles.dot(normals[i], c);
      double[] foot = new double[3];
      for (int k = 0; k < 3; k++) {
        foot[k] = c[k] - height * normals[i][k];
      }
      double[] unit = unit(foot);
      boolean within =
          Angles.dot(cross(normals[i], vectors[i]), unit) >= 0
              && Angles.dot(cross(normals[i], vectors[(i + 1) % n]), unit) <= 0;
      if (within) {
        least = Math.min(least, SkyCircle.chord(c, unit));
      }
    }
    return least;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof SkyPolygon polygon && polygon.vertices.equals(vertices);
  }

  @Override
  public int hashCode() {
    return vertices.hashCode();
  }

  private static double[] cross(double[] a, double[] b) {
    return new double[] {
      a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]
    };
  }

  private static double[] unit(double[] v) {
    double norm = Math.sqrt(Angles.dot(v, v));
    return new double[] {v[0] / norm, v[1] / norm, v[2] / norm};
  }
}
