package org.starbeam.transforms.step2;

import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.sky.SkyRouting;

/**
 * Published ids of isolated stars (specs/06 section 2.1, step 5): the sky layout with role 14, the
 * patch by the primary rule, the counter the pixel of the centre in the patch's outer box.
 */
final class StarIds {
  private StarIds() {}

  /**
   * @param release number of the release
   * @param centre of the star at the reference epoch
   */
  static long of(int release, SkyPoint centre) {
    RingsSkyMap map = RingsSkyMap.defaults();
    Tract tract = map.tract(map.tractOf(centre.raDeg(), centre.decDeg()));
    double[] pixel = tract.wcs().toPixel(centre.raDeg(), centre.decDeg());
    int x = (int) Math.floor(pixel[0] + 0.5);
    int y = (int) Math.floor(pixel[1] + 0.5);
    int patch = tract.patchOf(x, y);
    var outer = tract.patchOuterBox(patch);
    return IdPacker.pack(
        new IdPacker.Sky(
            release,
            SkyRouting.SKYMAP_NUMBER,
            tract.id(),
            patch,
            IdPacker.Role.ISOLATED_STAR.code(),
            (y - outer.y0()) * outer.width() + x - outer.x0()));
  }
}
