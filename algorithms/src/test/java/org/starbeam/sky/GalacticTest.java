package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Latitudes as astropy has them: Sgr A*, M31, the LMC, COSMOS; and the pole by definition. */
class GalacticTest {
  @ParameterizedTest
  @CsvSource({
    "266.41683708, -29.00781056, -0.04616778386625446",
    "10.6847, 41.2687, -21.573358538069304",
    "80.8942, -69.7561, -32.88839250167091",
    "150.1192, 2.2058, 42.121638252412914",
    "192.85948, 27.12825, 90"
  })
  void latitudesAreThoseOfAstropy(double ra, double dec, double latitude) {
    assertThat(Galactic.latitude(ra, dec)).isCloseTo(latitude, within(1e-5));
  }
}
