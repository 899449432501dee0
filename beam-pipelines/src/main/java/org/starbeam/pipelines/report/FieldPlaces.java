package org.starbeam.pipelines.report;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.SkyPicture;

/** Finds the field of the sky view in which a direction is, and where in it. */
final class FieldPlaces {
  /**
   * A place.
   *
   * @param x from the left edge of the field's square, pixels
   * @param y from its upper edge
   */
  record Place(int field, double x, double y) {}

  private final List<SkyTiles.Field> fields;
  private final List<SkyPicture> pictures;

  FieldPlaces(List<SkyTiles.Field> fields) {
    this.fields = fields;
    this.pictures = fields.stream().map(SkyTiles.Field::picture).toList();
  }

  /** The place of a direction in the field whose centre is nearest to it; null in no field. */
  @Nullable Place of(double raDeg, double decDeg) {
    Place best = null;
    double nearest = Double.POSITIVE_INFINITY;
    for (int k = 0; k < pictures.size(); k++) {
      double size = fields.get(k).size();
      double[] centre = pictures.get(k).place(raDeg, decDeg);
      double x = centre[0] + 0.5;
      double y = centre[1] + 0.5;
      if (x >= 0 && y >= 0 && x < size && y < size) {
        double scale = fields.get(k).widthDeg() / size;
        double distance = scale * Math.hypot(x - size / 2, y - size / 2);
        if (distance < nearest) {
          nearest = distance;
          best = new Place(k, x, y);
        }
      }
    }
    return best;
  }
}
