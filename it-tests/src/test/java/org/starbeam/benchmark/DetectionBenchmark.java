package org.starbeam.benchmark;

import org.openjdk.jmh.annotations.Benchmark;
import org.starbeam.background.MeshBackground;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Chebyshev2D;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.streak.StreakFinder;
import org.starbeam.streak.Streaks;

/** Background, detection, and the search for streaks. */
@SuppressWarnings("NullAway.Init") // set up by JMH
public class DetectionBenchmark extends PixelBenchmark {
  private final MeshBackground background = new MeshBackground(MeshBackground.Config.defaults());
  private final SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
  private final GaussianPsf psf = new GaussianPsf(Frames.PSF_SIGMA);

  private final StreakFinder streaks = new StreakFinder(StreakFinder.Config.defaults());
  private FootprintSet sources;

  @Override
  protected void prepare() {
    sources = detection();
  }

  @Benchmark
  public Chebyshev2D background() {
    return background.fit(frame);
  }

  @Benchmark
  public FootprintSet detection() {
    return detector.detect(frame, psf, SpanDetector.Polarity.POSITIVE);
  }

  @Benchmark
  public Streaks streaks() {
    return streaks.find(frame, sources, Frames.PSF_SIGMA, Frames.SKY_SIGMA);
  }
}
