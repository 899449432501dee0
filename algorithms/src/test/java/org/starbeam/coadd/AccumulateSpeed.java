package org.starbeam.coadd;

import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;

/** Prints the processor time to add a chip; run with {@code -Dstarbeam.excludedGroups=peer}. */
@Tag("campaign")
class AccumulateSpeed {
  @Test
  void printsMillisecondsPerChip() {
    MaskedImage pixels = new MaskedImage(new Box(0, 0, 250, 250));
    Random random = new Random(1);
    for (int i = 0; i < 62500; i++) {
      pixels.image().data[i] = (float) (30 * random.nextGaussian());
      pixels.variance().data[i] = 900;
    }
    ImageD psf = new ImageD(Box.around(0, 0, 25));
    psf.set(0, 0, 1);
    InputStatistics s = new InputStatistics(60000, 30, 0.8, 1.1, 3, 3, 0, 1000, 30, 1, 1);
    for (int round = 0; round < 8; round++) {
      CellAccumulator cell = new CellAccumulator(CellAccumulator.Config.defaults());
      long start = cpu();
      for (int n = 0; n < 50; n++) {
        cell.add(new CellChip(n, 0, 65536, pixels, new byte[62500], 0, 250, List.of(), psf, s, 0));
      }
      System.out.printf("ACCUMULATE %.3f ms per chip%n", (cpu() - start) / 50e6);
    }
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
