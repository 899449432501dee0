package org.starbeam.benchmark;

import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.cosmicray.CosmicRays;
import org.starbeam.cosmicray.GradientCosmicRayFinder;
import org.starbeam.cosmicray.PsfFalloff;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.InterpolationRecord;
import org.starbeam.image.LineInterpolator;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SeparableConvolution;

/** The kernels of package image and the cosmic ray finder. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class ImageBenchmark extends PixelBenchmark {
  private final ClippedStatistics statistics = new ClippedStatistics();
  private final SeparableConvolution gaussian = SeparableConvolution.gaussian(Frames.PSF_SIGMA);
  private final GradientCosmicRayFinder finder =
      new GradientCosmicRayFinder(GradientCosmicRayFinder.Config.defaults());
  private final LineInterpolator interpolator =
      new LineInterpolator(LineInterpolator.Config.defaults());
  private Chebyshev2D surface;

  @Override
  protected void prepare() {
    surface =
        new Chebyshev2D(frame.box(), 6, 6, new double[49])
            .plus(Chebyshev2D.constant(frame.box(), 1));
  }

  @Benchmark
  public ClippedStatistics.Result clippedStatistics() {
    return statistics.of(frame.image(), frame.mask(), MaskPlanes.BAD);
  }

  @Benchmark
  public MaskedImage convolution() {
    return gaussian.convolve(frame);
  }

  @Benchmark
  public CosmicRays cosmicRays() {
    return finder.find(frame, PsfFalloff.gaussian(Frames.PSF_SIGMA));
  }

  @Benchmark
  public InterpolationRecord interpolation() {
    InterpolationRecord record = interpolator.fill(frame);
    record.restore(frame);
    return record;
  }

  @Benchmark
  public ImageF chebyshevSurfaceOfOrderSix() {
    return surface.image(frame.box());
  }
}
