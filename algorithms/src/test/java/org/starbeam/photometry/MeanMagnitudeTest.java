package org.starbeam.photometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Truth: numpy 1.24, {@code average} with weights, {@code std(ddof=1)}, for fluxes in nJy. */
class MeanMagnitudeTest {
  @Test
  void meanErrorScatterAndChi2AreThoseOfNumpy() {
    MeanMagnitude mean = new MeanMagnitude();
    mean.add(1000, 10);
    mean.add(1020, 20);
    mean.add(-5, 10);
    mean.add(990, 0);
    mean.add(980, 10);
    assertThat(mean.count()).isEqualTo(3);
    assertThat(mean.mean()).isCloseTo(23.906968669, within(1e-9));
    assertThat(mean.error()).isCloseTo(0.007286164, within(1e-9));
    assertThat(mean.scatter()).isCloseTo(0.021717982, within(1e-9));
    assertThat(mean.chi2()).isCloseTo(4.025084496, within(1e-8));
  }

  @Test
  void aStarSeenOnceHasNoScatterAndOneNeverSeenNoMean() {
    MeanMagnitude mean = new MeanMagnitude();
    assertThat(mean.mean()).isNaN();
    mean.add(3631, 36);
    assertThat(mean.mean()).isCloseTo(22.5, within(1e-4));
    assertThat(mean.scatter()).isNaN();
    assertThat(mean.chi2()).isNaN();
  }
}
