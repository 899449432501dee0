package org.starbeam.benchmark;

import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.GridPsf;
import org.starbeam.psf.MoffatPsf;

/** A PSF that varies over the frame, evaluated at 1000 places. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class PsfBenchmark extends PixelBenchmark {
  private GridPsf grid;

  @Override
  protected void prepare() {
    grid =
        GridPsf.sample(
            new Box(0, 0, SIZE, SIZE),
            256,
            20,
            (x, y) ->
                new MoffatPsf(3.5 + x / SIZE, 3, 0.02, y / SIZE * 0.05, 20).kernelImage(0, 0));
  }

  @Benchmark
  public double gridPsfAtThousandPlaces() {
    double sum = 0;
    for (int i = 0; i < 1000; i++) {
      ImageD stamp = grid.image(20 + i * 1.97, 2000 - i * 1.89);
      sum += stamp.data[0];
    }
    return sum;
  }
}
