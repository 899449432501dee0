package org.starbeam.pipelines.report;

import java.awt.image.BufferedImage;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.hips.SkyExtent;
import org.starbeam.hips.SkyPicture;
import org.starbeam.image.Box;
import org.starbeam.sky.Angles;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/**
 * The report's pictures of coadds, a field for each tract: what there is to see of a run without
 * HiPS. Their pixels are those of the coadds, many in one where a tract is large.
 */
final class CoaddSkySource implements SkySource {
  private final List<CoaddPicture.Picture> pictures;

  CoaddSkySource(List<CoaddPicture.Picture> pictures) {
    this.pictures = pictures;
  }

  @Override
  public List<SkyExtent> fields() {
    return pictures.stream().map(CoaddSkySource::extent).toList();
  }

  private static SkyExtent extent(CoaddPicture.Picture picture) {
    TanSip wcs = RingsSkyMap.defaults().tract(picture.tract()).wcs();
    Box data = picture.data();
    SkyPoint center =
        wcs.toSky(data.x0() + (data.width() - 1) / 2.0, data.y0() + (data.height() - 1) / 2.0);
    double reach = 0;
    for (double[] corner : SkyOutlines.corners(data)) {
      SkyPoint p = wcs.toSky(corner[0], corner[1]);
      reach =
          Math.max(
              reach,
              Angles.separationArcsec(center.raDeg(), center.decDeg(), p.raDeg(), p.decDeg()));
    }
    return new SkyExtent(center, 2 * reach / 3600);
  }

  @Override
  public double pixelDeg(int field) {
    double coadd = RingsSkyMap.defaults().config().pixelScaleArcsec() / 3600;
    return pictures.get(field).step() * coadd;
  }

  @Override
  public @Nullable BufferedImage draw(int field, SkyPicture picture, int above, Box part) {
    CoaddPicture.Picture tract = pictures.get(field);
    BufferedImage out = new BufferedImage(part.width(), part.height(), BufferedImage.TYPE_INT_RGB);
    boolean shown = false;
    for (int y = 0; y < part.height(); y++) {
      for (int x = 0; x < part.width(); x++) {
        int rgb = tract.rgb(picture.sky(part.x0() + x, part.y0() + y));
        shown |= rgb != 0;
        out.setRGB(x, y, rgb);
      }
    }
    return shown ? out : null;
  }

  @Override
  public void close() {}
}
