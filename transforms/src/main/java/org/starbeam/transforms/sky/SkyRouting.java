package org.starbeam.transforms.sky;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;

/**
 * Data ids of the tracts and patches that a detector of a visit overlaps, from the corners in its
 * summary.
 */
public final class SkyRouting {
  /** Name of the sky map in data ids. */
  public static final String SKYMAP = "lsst_cells_v1";

  private SkyRouting() {}

  /** The tracts that the detector overlaps. */
  public static Set<DataId> tracts(ExposureSummary summary) {
    Set<DataId> out = new TreeSet<>();
    double[] ra = array(summary.getRaCorners());
    double[] dec = array(summary.getDecCorners());
    for (int tract : RingsSkyMap.defaults().tractsOverlapping(ra, dec)) {
      out.add(DataId.of("skymap", SKYMAP, "tract", tract));
    }
    return out;
  }

  /** The patches that the detector overlaps, in its band. */
  public static Set<DataId> patches(ExposureSummary summary) {
    Set<DataId> out = new TreeSet<>();
    double[] ra = array(summary.getRaCorners());
    double[] dec = array(summary.getDecCorners());
    RingsSkyMap map = RingsSkyMap.defaults();
    for (int id : map.tractsOverlapping(ra, dec)) {
      Tract tract = map.tract(id);
      for (int patch : tract.patchesOverlapping(ra, dec)) {
        out.add(
            DataId.of("skymap", SKYMAP, "tract", id, "patch", patch, "band", summary.getBand()));
      }
    }
    return out;
  }

  /** The blocks of cells that the detector overlaps, in its band. */
  public static Set<DataId> blocks(ExposureSummary summary) {
    Set<DataId> out = new TreeSet<>();
    double[] ra = array(summary.getRaCorners());
    double[] dec = array(summary.getDecCorners());
    RingsSkyMap map = RingsSkyMap.defaults();
    for (int id : map.tractsOverlapping(ra, dec)) {
      for (int block : map.tract(id).blocksOverlapping(ra, dec)) {
        out.add(
            DataId.of("skymap", SKYMAP, "tract", id, "block", block, "band", summary.getBand()));
      }
    }
    return out;
  }

  private static double[] array(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }
}
