package org.starbeam.coadd;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.image.Box;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;

/**
 * Prints the processor time of a month's increment of a block of 100 cells beside that of the
 * whole, and the size of the state; run with {@code -Dstarbeam.excludedGroups=peer}.
 */
@Tag("campaign")
class IncrementSpeed {
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);
  private static final Box CELLS = new Box(20, 20, 10, 10);
  private static final int MIDDLE = 3750;

  @TempDir Path folder;

  @Test
  void printsProcessorSecondsOfAnIncrementAndOfTheWhole() {
    Scene scene = new Scene(TRACT, MIDDLE, MIDDLE);
    Random random = new Random(3);
    for (int i = 0; i < 1500; i++) {
      double flux = 300 * Math.pow(10, 3.5 * Math.pow(random.nextDouble(), 3));
      scene.addStar(
          MIDDLE + 1500 * (random.nextDouble() - 0.5),
          MIDDLE + 1500 * (random.nextDouble() - 0.5),
          flux);
    }
    List<Scene.Visit> visits = new ArrayList<>();
    for (int n = 1; n <= 24; n++) {
      Scene.Visit visit = scene.visit(n, 1400, 1.6 + 0.6 * random.nextDouble(), Scene.SKY_SIGMA);
      if (n % 4 == 1) {
        Scene.trail(visit, 0, 40 * n, 1400, 1400 - 45 * n, 60 * n);
      }
      visits.add(visit);
      if (n == 4 || n == 8 || n == 16 || n == 24) {
        compare(visits);
      }
    }
  }

  /** The last two visits as an increment. */
  private void compare(List<Scene.Visit> visits) {
    Path file = folder.resolve("state");
    int n = visits.size();
    BlockStateFile.write(file, "", coadd(visits.subList(0, n - 2), BlockState.EMPTY).state());
    double start = cpu();
    BlockCoadder.Result whole = coadd(visits, BlockState.EMPTY);
    double wholeSeconds = cpu() - start;
    start = cpu();
    BlockState state = BlockStateFile.read(file, "").orElseThrow();
    double read = cpu() - start;
    BlockCoadder.Result increment = coadd(visits, state);
    double folded = cpu() - start;
    BlockStateFile.write(file, "", increment.state());
    double all = cpu() - start;
    System.out.printf(
        "INCREMENT %2d + 2 visits, %d cells: whole %.2f s, increment %.2f s (of which read %.2f,"
            + " write %.2f), %s, state %.1f MB%n",
        n - 2,
        whole.cells().size(),
        wholeSeconds,
        all,
        read,
        all - folded,
        increment.work(),
        file.toFile().length() / 1e6);
  }

  private static BlockCoadder.Result coadd(List<Scene.Visit> visits, BlockState state) {
    return new BlockCoadder(BlockCoadder.Config.defaults())
        .coadd(
            TRACT,
            0.2,
            CELLS,
            visits,
            new BlockCoadder.Before(
                state, input -> Optional.empty(), BlockCoadder.Masks.RECONCILE));
  }

  private static double cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() / 1e9;
  }
}
