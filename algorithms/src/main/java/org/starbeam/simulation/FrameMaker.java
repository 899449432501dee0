package org.starbeam.simulation;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.simulation.OpticsModel.Psf;
import org.starbeam.simulation.SkyObject.GalaxyShape;
import org.starbeam.simulation.SkyObject.Type;

/**
 * The light that reaches one detector in one visit: all objects drawn, and the truth about those
 * whose centre lies on the detector.
 */
final class FrameMaker {
  private static final int SIZE = FocalPlane.SIZE;
  private static final int CELL = 64;
  private static final int CELLS = (SIZE + 2 * CELL) / CELL;
  private static final double MARGIN = 420;
  private static final double NEIGHBOUR_REACH = 100;
  private static final double SATURATION = 0.97 * SensorModel.FULL_WELL;
  private static final double READ_VARIANCE = 36;

  private final List<SkyObject> objects;
  private final double[] halfLight;
  private final FocalPlane plane;
  private final Profiles profiles;

  /** Objects, with their half-light radii in arcsec. */
  FrameMaker(List<SkyObject> objects, double[] halfLight, FocalPlane plane, Profiles profiles) {
    this.objects = objects;
    this.halfLight = halfLight;
    this.plane = plane;
    this.profiles = profiles;
  }

  /**
   * A detector's light and truth.
   *
   * @param sources expected electrons of the objects, before the response
   * @param sky expected electrons of the sky, before the response
   * @param truth objects on the detector
   * @param trail where the trail enters and leaves the detector, or null
   */
  record Frame(
      double[] sources, double[] sky, List<FrameSource> truth, @Nullable TrailTruth trail) {}

  /** Ends of a trail on a detector, and what it is like. */
  record TrailTruth(
      double x0, double y0, double x1, double y1, double sigmaPx, double electronsPerPx) {}

  private record Placed(
      SkyObject object, double ra, double dec, double x, double y, double counts, double r50Px) {}

  Frame make(Exposure exposure, int detector) {
    Visit visit = exposure.visitOrThrow();
    OpticsModel optics = new OpticsModel(visit, plane, exposure.expTime());
    char band = exposure.band().charAt(0);
    List<Placed> placed = place(exposure, optics, detector, band);
    double[] light = new double[SIZE * SIZE];
    SourceRenderer renderer = new SourceRenderer(SIZE, SIZE, light, profiles);
    for (Placed p : placed) {
      draw(renderer, p, optics, detector, band);
    }
    double[] sky = sky(optics, detector);
    List<FrameSource> truth = truth(exposure, optics, detector, band, placed, light, sky);
    return new Frame(light, sky, truth, trail(visit, detector));
  }

  private List<Placed> place(Exposure exposure, OpticsModel optics, int detector, char band) {
    SkyMotion motion = new SkyMotion(exposure.midMjd());
    int bandIndex = SkyObject.bandIndex(band);
    List<Placed> placed = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      SkyObject o = objects.get(i);
      double[] sky = motion.place(o);
      double[] at = optics.toPixel(detector, sky[0], sky[1]);
      double beyond = distanceOutside(at[0], at[1]);
      if (beyond > MARGIN) {
        continue;
      }
      double flux = o.fluxAt(bandIndex, exposure.midMjd());
      double counts = flux * optics.electronsPerNanojansky(detector, at[0], at[1]);
      Psf psf = optics.psf(detector, at[0], at[1]);
      double reach =
          Math.max(NEIGHBOUR_REACH, SourceRenderer.reach(counts, psf) + 12 * halfLight[i] / 0.2);
      if (beyond < reach) {
        placed.add(new Placed(o, sky[0], sky[1], at[0], at[1], counts, halfLight[i] / 0.2));
      }
    }
    return placed;
  }

  private static double distanceOutside(double x, double y) {
    double dx = Math.max(0, Math.max(-0.5 - x, x - (SIZE - 0.5)));
    double dy = Math.max(0, Math.max(-0.5 - y, y - (SIZE - 0.5)));
    return Math.max(dx, dy);
  }

  private static void draw(
      SourceRenderer renderer, Placed p, OpticsModel optics, int detector, char band) {
    Psf psf = optics.psf(detector, p.x, p.y);
    GalaxyShape shape = p.object.shape();
    if (shape == null) {
      renderer.point(p.x, p.y, p.counts, psf);
      return;
    }
    int b = SkyObject.bandIndex(band);
    double bulge = shape.bulgeFlux()[b] / p.object.flux()[b];
    double[] jacobian = optics.jacobian(detector, p.x, p.y);
    renderer.ellipse(p.x, p.y, p.counts * (1 - bulge), shape.disk(), jacobian, psf);
    if (shape.bulge() != null) {
      renderer.ellipse(p.x, p.y, p.counts * bulge, shape.bulge(), jacobian, psf);
    }
  }

  private static double[] sky(OpticsModel optics, int detector) {
    double[] sky = new double[SIZE * SIZE];
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        sky[y * SIZE + x] = optics.sky(detector, x, y);
      }
    }
    return sky;
  }

  private List<FrameSource> truth(
      Exposure exposure,
      OpticsModel optics,
      int detector,
      char band,
      List<Placed> placed,
      double[] light,
      double[] sky) {
    List<List<Placed>> cells = cells(placed);
    List<FrameSource> truth = new ArrayList<>();
    for (Placed p : placed) {
      if (distanceOutside(p.x, p.y) > 0) {
        continue;
      }
      Psf psf = optics.psf(detector, p.x, p.y);
      double skyHere = sky[(int) Math.rint(p.y) * SIZE + (int) Math.rint(p.x)];
      double widening = 2 * p.r50Px / psf.fwhm();
      double noiseArea = psf.nEff() * (1 + widening * widening);
      double variance = p.counts + noiseArea * (skyHere + READ_VARIANCE);
      double edge = Math.min(Math.min(p.x, SIZE - 1 - p.x), Math.min(p.y, SIZE - 1 - p.y));
      truth.add(
          new FrameSource(
              exposure.id(),
              detector,
              band,
              p.object,
              exposure.midMjd(),
              p.ra,
              p.dec,
              p.x,
              p.y,
              p.object.fluxAt(SkyObject.bandIndex(band), exposure.midMjd()),
              p.counts,
              optics.zeroPoint(detector, p.x, p.y),
              p.counts / Math.sqrt(variance),
              psf,
              contamination(p, psf, cells),
              edge,
              saturated(p, psf, light, sky, skyHere),
              false));
    }
    return truth;
  }

  private static boolean saturated(
      Placed p, Psf psf, double[] light, double[] sky, double skyHere) {
    if (p.object.type() != Type.GALAXY) {
      double alpha = psf.alpha();
      double central = p.counts * (psf.beta() - 1) / (Math.PI * alpha * alpha);
      if (central + skyHere > SensorModel.FULL_WELL) {
        return true;
      }
    }
    int cx = (int) Math.rint(p.x);
    int cy = (int) Math.rint(p.y);
    for (int y = Math.max(0, cy - 1); y <= Math.min(SIZE - 1, cy + 1); y++) {
      for (int x = Math.max(0, cx - 1); x <= Math.min(SIZE - 1, cx + 1); x++) {
        if (light[y * SIZE + x] + sky[y * SIZE + x] > SATURATION) {
          return true;
        }
      }
    }
    return false;
  }

  private static List<List<Placed>> cells(List<Placed> placed) {
    List<List<Placed>> cells = new ArrayList<>();
    for (int i = 0; i < CELLS * CELLS; i++) {
      cells.add(new ArrayList<>());
    }
    for (Placed p : placed) {
      cells.get(cell(p.y) * CELLS + cell(p.x)).add(p);
    }
    return cells;
  }

  private static int cell(double coordinate) {
    return (int) Math.max(0, Math.min(CELLS - 1, (coordinate + CELL) / CELL));
  }

  private static double contamination(Placed p, Psf psf, List<List<Placed>> cells) {
    double sum = 0;
    double alpha = psf.alpha();
    double beta = psf.beta();
    int reach = 2;
    for (int cy = cell(p.y) - reach; cy <= cell(p.y) + reach; cy++) {
      for (int cx = cell(p.x) - reach; cx <= cell(p.x) + reach; cx++) {
        if (cx < 0 || cy < 0 || cx >= CELLS || cy >= CELLS) {
          continue;
        }
        for (Placed other : cells.get(cy * CELLS + cx)) {
          if (other.object.id() != p.object.id()) {
            double w = 2 * other.r50Px / psf.fwhm();
            double a2 = alpha * alpha * (1 + w * w);
            double d2 = square(other.x - p.x) + square(other.y - p.y);
            sum += other.counts * (beta - 1) / (Math.PI * a2) * Math.pow(1 + d2 / a2, -beta);
          }
        }
      }
    }
    return Math.min(1e6, sum * psf.nEff() / Math.max(1e-9, p.counts));
  }

  private static double square(double v) {
    return v * v;
  }

  private @Nullable TrailTruth trail(Visit visit, int detector) {
    Visit.Trail t = visit.trail();
    if (t == null) {
      return null;
    }
    double cos = Math.cos(Math.toRadians(t.angleDeg()));
    double sin = Math.sin(Math.toRadians(t.angleDeg()));
    double far = 4 * plane.radiusMm();
    double mx = -sin * t.offsetMm();
    double my = cos * t.offsetMm();
    double[] a = plane.toPixel(detector, mx - far * cos, my - far * sin);
    double[] b = plane.toPixel(detector, mx + far * cos, my + far * sin);
    double[] range = clip(a, b);
    if (range[0] >= range[1]) {
      return null;
    }
    return new TrailTruth(
        a[0] + range[0] * (b[0] - a[0]),
        a[1] + range[0] * (b[1] - a[1]),
        a[0] + range[1] * (b[0] - a[0]),
        a[1] + range[1] * (b[1] - a[1]),
        t.sigmaPx(),
        t.electronsPerPx());
  }

  /** Part of the line from a to b inside the detector, as fractions {first, last}. */
  private static double[] clip(double[] a, double[] b) {
    double first = 0;
    double last = 1;
    for (int axis = 0; axis < 2; axis++) {
      double step = b[axis] - a[axis];
      double low = (-0.5 - a[axis]) / step;
      double high = (SIZE - 0.5 - a[axis]) / step;
      first = Math.max(first, Math.min(low, high));
      last = Math.min(last, Math.max(low, high));
    }
    return new double[] {first, last};
  }

  /** Adds the electrons of a trail. */
  static void addTrail(double[] light, TrailTruth t) {
    double length = Math.hypot(t.x1 - t.x0, t.y1 - t.y0);
    double nx = -(t.y1 - t.y0) / length;
    double ny = (t.x1 - t.x0) / length;
    double peak = t.electronsPerPx / (t.sigmaPx * Math.sqrt(2 * Math.PI));
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        double across = (x - t.x0) * nx + (y - t.y0) * ny;
        if (Math.abs(across) < 6 * t.sigmaPx) {
          light[y * SIZE + x] += peak * Math.exp(-0.5 * square(across / t.sigmaPx));
        }
      }
    }
  }
}
