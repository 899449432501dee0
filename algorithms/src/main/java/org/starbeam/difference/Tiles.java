package org.starbeam.difference;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;

/**
 * A box cut into equal tiles that blend into each other: the weight of a tile goes from 1 to 0 as a
 * raised cosine over the blend about its inner edges; the weights of all tiles sum to 1 everywhere.
 */
final class Tiles {
  private final Box box;
  private final int nx;
  private final int ny;
  private final int blend;
  private final List<Box> cores = new ArrayList<>();

  Tiles(Box box, int side, int blend) {
    this.box = box;
    this.blend = blend;
    nx = Math.max(1, (int) Math.round((double) box.width() / side));
    ny = Math.max(1, (int) Math.round((double) box.height() / side));
    for (int j = 0; j < ny; j++) {
      for (int i = 0; i < nx; i++) {
        int x0 = box.x0() + i * box.width() / nx;
        int x1 = box.x0() + (i + 1) * box.width() / nx;
        int y0 = box.y0() + j * box.height() / ny;
        int y1 = box.y0() + (j + 1) * box.height() / ny;
        cores.add(new Box(x0, y0, x1 - x0, y1 - y0));
      }
    }
  }

  List<Box> cores() {
    return cores;
  }

  /** The core and the pixels over which it blends. */
  Box outer(Box core) {
    return core.grow(blend / 2).intersect(box);
  }

  /** Number of the tile that holds a position. */
  int indexAt(double x, double y) {
    int i = (int) Math.max(0, Math.min(nx - 1, (x - box.x0()) * nx / box.width()));
    int j = (int) Math.max(0, Math.min(ny - 1, (y - box.y0()) * ny / box.height()));
    return j * nx + i;
  }

  private double weight(double t, int from, int to, int first, int last) {
    double w = 1;
    if (from > first) {
      w *= step(t - (from - 0.5));
    }
    if (to < last) {
      w *= step(to - 0.5 - t);
    }
    return w;
  }

  /** 0 at -blend / 2, 1 at +blend / 2. */
  private double step(double d) {
    double u = d / blend + 0.5;
    return u <= 0 ? 0 : u >= 1 ? 1 : 0.5 - 0.5 * Math.cos(Math.PI * u);
  }

  /**
   * Adds a tile's pixels with its weight.
   *
   * @param variancePart variance of the tile's pixels, on the box of {@code part}
   */
  void add(Box core, ImageF part, ImageF variancePart, ImageF image, ImageF variance) {
    Box outer = part.box();
    for (int y = outer.y0(); y < outer.y1(); y++) {
      double wy = weight(y, core.y0(), core.y1(), box.y0(), box.y1());
      for (int x = outer.x0(); x < outer.x1(); x++) {
        double w = wy * weight(x, core.x0(), core.x1(), box.x0(), box.x1());
        if (w > 0) {
          int at = image.index(x, y);
          image.data[at] += (float) (w * part.get(x, y));
          variance.data[at] += (float) (w * variancePart.get(x, y));
        }
      }
    }
  }
}
