package org.starbeam.transforms.step5;

import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.starbeam.association.DiaSourceAssociator;
import org.starbeam.image.Box;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.ingest.RefStars;

/**
 * The parts of the sky in which DiaSources are associated: HEALPix pixels of order 8 (13.7 arcmin),
 * each of which also sees what lies in the halo around it.
 */
public final class DiaPixels {
  /** Order of the pixels. */
  public static final int ORDER = 8;

  private static final double HALO_DEG = DiaSourceAssociator.HALO_ARCSEC / 3600;

  private static final Healpix PIXELS = new Healpix(ORDER);

  private DiaPixels() {}

  static DataId id(long pixel) {
    return DataId.of("healpix8", pixel);
  }

  /** The pixel of a position. */
  static long of(double raDeg, double decDeg) {
    return PIXELS.pixel(raDeg, decDeg);
  }

  /** True when a pixel has a position in itself or in its halo. */
  static boolean sees(long pixel, double raDeg, double decDeg) {
    return of(raDeg, decDeg) == pixel || PIXELS.cone(raDeg, decDeg, HALO_DEG).contains(pixel);
  }

  /** Pixels that may see a position inside an outline, ascending. */
  public static long[] under(List<Double> raDeg, List<Double> decDeg) {
    RefStars.Cone cone = RefStars.Cone.around(raDeg, decDeg, HALO_DEG);
    return PIXELS.cone(cone.center().raDeg(), cone.center().decDeg(), cone.radiusDeg()).stream()
        .mapToLong(Long::longValue)
        .toArray();
  }

  /** Data ids of the pixels that may see a position on a detector. */
  static Set<DataId> under(ExposureSummary summary) {
    return ids(under(summary.getRaCorners(), summary.getDecCorners()));
  }

  /** Data ids of the pixels that may see an object of a tract. */
  static Set<DataId> under(Tract tract) {
    Box box = tract.box();
    List<SkyPoint> corners =
        List.of(
            tract.wcs().toSky(box.x0(), box.y0()),
            tract.wcs().toSky(box.x1(), box.y0()),
            tract.wcs().toSky(box.x1(), box.y1()),
            tract.wcs().toSky(box.x0(), box.y1()));
    return ids(
        under(
            corners.stream().map(SkyPoint::raDeg).toList(),
            corners.stream().map(SkyPoint::decDeg).toList()));
  }

  private static Set<DataId> ids(long[] pixels) {
    Set<DataId> out = new TreeSet<>();
    Arrays.stream(pixels).forEach(pixel -> out.add(id(pixel)));
    return out;
  }
}
