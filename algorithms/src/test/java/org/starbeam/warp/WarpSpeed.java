package org.starbeam.warp;

import java.lang.management.ManagementFactory;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;

/**
 * Prints the processor time per destination pixel; run with {@code -Dstarbeam.excludedGroups=peer}.
 */
@Tag("campaign")
class WarpSpeed {
  @Test
  void printsNanosecondsPerPixel() {
    Tract tract = RingsSkyMap.defaults().tract(4612);
    Wcs wcs = LanczosWarperTest.detectorWcs(tract.wcs().toSky(5000, 6000), 512);
    PixelMap map = PixelMap.between(tract.wcs(), wcs);
    var image = LanczosWarperTest.noise(new Box(0, 0, 1024, 1024), 3);
    LanczosWarper warper = new LanczosWarper(LanczosWarper.Config.defaults());
    Box box = new Box(4700, 5700, 600, 600);
    for (int round = 0; round < 8; round++) {
      long start = cpu();
      TransformGrid grid =
          TransformGrid.of(map, new Box(4200, 5200, 1600, 1600), TransformGrid.Config.defaults());
      WarpSource source = WarpSource.of(image);
      long ready = cpu();
      warper.warp(source, grid, box);
      long end = cpu();
      System.out.printf(
          "WARP grid+source %.1f ms, warp %.0f ns per pixel, g=%d%n",
          (ready - start) / 1e6, (end - ready) / (double) box.area(), grid.spacing());
    }
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
