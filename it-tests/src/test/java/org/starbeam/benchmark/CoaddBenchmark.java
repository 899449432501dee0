package org.starbeam.benchmark;

import java.util.List;
import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.coadd.CellAccumulator;
import org.starbeam.coadd.CellChip;
import org.starbeam.coadd.InputStatistics;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.PixelMap;
import org.starbeam.warp.TransformGrid;
import org.starbeam.warp.Warp;
import org.starbeam.warp.WarpSource;

/** Warping of the frame, and the adding of its cells of 250 x 250 pixels to accumulators. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class CoaddBenchmark extends PixelBenchmark {
  private static final int OUTER = 250;

  private final LanczosWarper warper = new LanczosWarper(LanczosWarper.Config.defaults());
  private final CellAccumulator accumulator =
      new CellAccumulator(CellAccumulator.Config.defaults());
  private WarpSource source;
  private TransformGrid grid;
  private ImageD psf;

  @Override
  protected void prepare() {
    source = WarpSource.of(frame);
    double angle = 0.02;
    double[] turn = {Math.cos(angle), -Math.sin(angle), Math.sin(angle), Math.cos(angle)};
    PixelMap map = PixelMap.affine(turn, new double[] {12.3, -7.7});
    grid = TransformGrid.of(map, frame.box(), TransformGrid.Config.defaults());
    int half = CellAccumulator.Config.defaults().psfSize() / 2;
    psf = new ImageD(Box.around(0, 0, half));
    ImageD gaussian = new GaussianPsf(Frames.PSF_SIGMA).kernelImage(0, 0);
    psf.copyFrom(gaussian);
  }

  @Benchmark
  public Warp warp() {
    return warper.warp(source, grid, frame.box());
  }

  /** As many cells as the frame has pixels. */
  @Benchmark
  public int accumulate() {
    InputStatistics numbers = new InputStatistics(59000, 30, 0.8, 1.1, 2.5, 2.5, 0, 10, 20, 1, 1);
    for (int i = 0; i < SIZE / OUTER * (SIZE / OUTER); i++) {
      Box box = new Box(i % (SIZE / OUTER) * OUTER, i / (SIZE / OUTER) * OUTER, OUTER, OUTER);
      MaskedImage pixels = frame.view(box);
      byte[] fraction = new byte[OUTER * OUTER];
      CellChip chip =
          new CellChip(1, i, 100, pixels, fraction, 0, OUTER, List.of(), psf, numbers, 0);
      accumulator.add(chip);
      accumulator.retract(chip);
    }
    return accumulator.inputCount();
  }
}
