package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.ExposureSummary;

class CoaddInputSelectorTest {
  private static final double RESIDUAL = 0.016;
  private static final double SCATTER = 0.012;

  @Test
  void anEllipticityResidualThatManyReservedStarsShowIsRejected() {
    assertThat(reason(500, 100)).isEqualTo("PSF_ELLIPTICITY_RESIDUAL");
  }

  @Test
  void theSameResidualOfNineReservedStarsIsTheirNoiseHoweverManyShapedTheModel() {
    assertThat(reason(500, 9)).isEmpty();
  }

  @Test
  void withTooFewReservedStarsTheResidualIsOfThoseThatShapedTheModel() {
    assertThat(reason(500, 0)).isEqualTo("PSF_ELLIPTICITY_RESIDUAL");
    assertThat(reason(9, 4)).isEmpty();
  }

  private static String reason(int used, int reserved) {
    CoaddInputSelector selector = new CoaddInputSelector(CoaddInputSelector.Config.defaults());
    return selector.select(List.of(summary(used, reserved))).get(0).reason();
  }

  private static ExposureSummary summary(int used, int reserved) {
    ExposureSummary s = new ExposureSummary();
    s.setVisit(1L);
    s.setDetector(0);
    s.setRa(10.0);
    s.setDec(-5.0);
    s.setPsfSigma(1.1);
    s.setSeeing(0.9);
    s.setZeroPoint(31.4);
    s.setSkyNoise(30.0);
    s.setNPsfStar(used);
    s.setNPsfReserved(reserved);
    s.setPsfStarDeltaE1Median(RESIDUAL);
    s.setPsfStarDeltaE2Median(0.0);
    s.setPsfStarDeltaE1Scatter(SCATTER);
    s.setPsfStarDeltaE2Scatter(SCATTER);
    return s;
  }
}
