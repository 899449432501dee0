package org.starbeam.benchmark;

import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.background.MeshBackground;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.psf.GaussianPsf;

/** Background and detection. */
public class DetectionBenchmark extends PixelBenchmark {
  private final MeshBackground background = new MeshBackground(MeshBackground.Config.defaults());
  private final SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
  private final GaussianPsf psf = new GaussianPsf(Frames.PSF_SIGMA);

  @Benchmark
  public Chebyshev2D background() {
    return background.fit(frame);
  }

  @Benchmark
  public FootprintSet detection() {
    return detector.detect(frame, psf, SpanDetector.Polarity.POSITIVE);
  }
}
