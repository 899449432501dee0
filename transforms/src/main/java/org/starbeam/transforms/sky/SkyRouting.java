package org.starbeam.transforms.sky;

import com.google.common.primitives.Doubles;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.image.Box;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;

/**
 * Data ids of the tracts and patches that a detector of a visit overlaps, from the corners in its
 * summary.
 */
public final class SkyRouting {
  /** Name of the sky map in data ids. */
  public static final String SKYMAP = "lsst_cells_v1";

  /** Number of the sky map in row ids. */
  public static final int SKYMAP_NUMBER = 0;

  private SkyRouting() {}

  /** Takes a place of the sky map: a tract and the number of a patch or block in it. */
  @FunctionalInterface
  public interface Places {
    void at(int tract, int number);
  }

  /** Numbers of the tracts that an outline overlaps, ascending. */
  public static List<Integer> tracts(double[] raDeg, double[] decDeg) {
    return RingsSkyMap.defaults().tractsOverlapping(raDeg, decDeg);
  }

  /** Names the patches that an outline overlaps. */
  public static void patches(double[] raDeg, double[] decDeg, Places places) {
    for (int id : tracts(raDeg, decDeg)) {
      RingsSkyMap.defaults()
          .tract(id)
          .patchesOverlapping(raDeg, decDeg)
          .forEach(patch -> places.at(id, patch));
    }
  }

  /** Names the blocks of cells that an outline overlaps. */
  public static void blocks(double[] raDeg, double[] decDeg, Places places) {
    for (int id : tracts(raDeg, decDeg)) {
      RingsSkyMap.defaults()
          .tract(id)
          .blocksOverlapping(raDeg, decDeg)
          .forEach(block -> places.at(id, block));
    }
  }

  /** Numbers of the patches whose view shows a cell of a block, ascending. */
  public static List<Integer> patchesShowing(int tractId, int block) {
    Tract tract = RingsSkyMap.defaults().tract(tractId);
    Box own = tract.cellsOfBlock(block);
    int n = tract.patchesPerAxis() * tract.patchesPerAxis();
    List<Integer> out = new ArrayList<>();
    for (int patch = 0; patch < n; patch++) {
      if (!tract.cellsOfPatch(patch).intersect(own).isEmpty()) {
        out.add(patch);
      }
    }
    return out;
  }

  /** Numbers of the tracts with a patch whose outer box meets that of a patch, itself included. */
  public static List<Integer> tractsNear(int tractId, int patch) {
    Tract tract = RingsSkyMap.defaults().tract(tractId);
    Box box = tract.patchOuterBox(patch);
    double[] ra = new double[4];
    double[] dec = new double[4];
    for (int corner = 0; corner < 4; corner++) {
      double x = corner == 0 || corner == 3 ? box.x0() : box.x1();
      double y = corner < 2 ? box.y0() : box.y1();
      SkyPoint sky = tract.wcs().toSky(x, y);
      ra[corner] = sky.raDeg();
      dec[corner] = sky.decDeg();
    }
    return tracts(ra, dec);
  }

  /** The tracts that the detector overlaps. */
  public static Set<DataId> tracts(ExposureSummary summary) {
    Set<DataId> out = new TreeSet<>();
    double[] ra = Doubles.toArray(summary.getRaCorners());
    double[] dec = Doubles.toArray(summary.getDecCorners());
    for (int tract : tracts(ra, dec)) {
      out.add(DataId.of("skymap", SKYMAP, "tract", tract));
    }
    return out;
  }

  /** The patches that the detector overlaps, in its band. */
  public static Set<DataId> patches(ExposureSummary summary) {
    Set<DataId> out = new TreeSet<>();
    double[] ra = Doubles.toArray(summary.getRaCorners());
    double[] dec = Doubles.toArray(summary.getDecCorners());
    patches(
        ra,
        dec,
        (tract, patch) ->
            out.add(
                DataId.of(
                    "skymap", SKYMAP, "tract", tract, "patch", patch, "band", summary.getBand())));
    return out;
  }

  /** The blocks of cells that the detector overlaps, in its band. */
  public static Set<DataId> blocks(ExposureSummary summary) {
    Set<DataId> out = new TreeSet<>();
    double[] ra = Doubles.toArray(summary.getRaCorners());
    double[] dec = Doubles.toArray(summary.getDecCorners());
    blocks(
        ra,
        dec,
        (tract, block) ->
            out.add(
                DataId.of(
                    "skymap", SKYMAP, "tract", tract, "block", block, "band", summary.getBand())));
    return out;
  }
}
