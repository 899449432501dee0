package org.starbeam.pipelines.report;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.hips.SkyPicture;
import org.starbeam.image.Box;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;

/** Outlines of the tracts and patches that have coadds, on the plane of a field. */
final class SkyOutlines {
  /** Beyond so many patches only tracts are drawn. */
  static final int MOST_PATCHES = 5000;

  private final Map<Integer, Set<Integer>> patches = new TreeMap<>();
  private final boolean patchesToo;

  /**
   * An outline.
   *
   * @param tract number of the tract
   * @param patch number of the patch; -1 for the tract
   * @param at x and y of its four corners in turn, pixels of the field from its upper left corner
   */
  record Outline(int tract, int patch, double[] at) {}

  /**
   * @param patches of each tract
   */
  SkyOutlines(Map<Integer, Set<Integer>> patches) {
    this.patches.putAll(patches);
    this.patchesToo = patches.values().stream().mapToInt(Set::size).sum() <= MOST_PATCHES;
  }

  static SkyOutlines of(RunCatalog catalog) {
    Map<Integer, Set<Integer>> found = new TreeMap<>();
    for (DatasetRef ref : catalog.datasets("deep_coadd")) {
      DataId id = DataId.parse(ref.getDataId());
      found.computeIfAbsent(id.getInt("tract"), t -> new TreeSet<>()).add(id.getInt("patch"));
    }
    return new SkyOutlines(found);
  }

  /** What meets the square around a field, tracts first. */
  List<Outline> on(SkyTiles.Field field) {
    SkyPicture picture = field.picture();
    List<Outline> out = new ArrayList<>();
    for (int id : patches.keySet()) {
      Tract tract = RingsSkyMap.defaults().tract(id);
      add(picture, field.size(), tract, -1, tract.box(), out);
    }
    if (patchesToo) {
      patches.forEach(
          (id, some) -> {
            Tract tract = RingsSkyMap.defaults().tract(id);
            some.forEach(p -> add(picture, field.size(), tract, p, tract.patchInnerBox(p), out));
          });
    }
    return out;
  }

  private static void add(
      SkyPicture picture, int size, Tract tract, int patch, Box box, List<Outline> out) {
    double[] at = new double[8];
    double[] low = {Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY};
    double[] high = {Double.NEGATIVE_INFINITY, Double.NEGATIVE_INFINITY};
    int k = 0;
    for (double[] corner : corners(box)) {
      SkyPoint p = tract.wcs().toSky(corner[0], corner[1]);
      double[] place = picture.place(p.raDeg(), p.decDeg());
      for (int axis = 0; axis < 2; axis++) {
        double edge = place[axis] + 0.5;
        low[axis] = Math.min(low[axis], edge);
        high[axis] = Math.max(high[axis], edge);
        at[k++] = Math.rint(10 * edge) / 10;
      }
    }
    if (low[0] <= size && high[0] >= 0 && low[1] <= size && high[1] >= 0) {
      out.add(new Outline(tract.id(), patch, at));
    }
  }

  /** Corners of a box as pixel coordinates, (0, 0) the centre of the first pixel. */
  static List<double[]> corners(Box box) {
    double x0 = box.x0() - 0.5;
    double y0 = box.y0() - 0.5;
    double x1 = box.x1() - 0.5;
    double y1 = box.y1() - 0.5;
    return List.of(
        new double[] {x0, y0}, new double[] {x1, y0}, new double[] {x1, y1}, new double[] {x0, y1});
  }
}
