package org.starbeam.sky;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** Truth: published times of eclipses, seasons and of the Sun over Greenwich. */
class SunMoonTest {
  private static final double TAI_MINUS_UTC_DAYS = 37.0 / 86_400;

  /** Total eclipse of the Moon of 2025-03-14, greatest at 06:58:43 UTC. */
  @Test
  void theMoonIsFullAtItsEclipse() {
    assertThat(SunMoon.illuminatedFraction(utc(60_748, 6, 58))).isGreaterThan(0.9995);
  }

  /** Partial eclipse of the Sun of 2025-03-29, greatest at 10:47 UTC. */
  @Test
  void theMoonIsNewAtAnEclipseOfTheSun() {
    double time = utc(60_763, 10, 47);
    assertThat(SunMoon.illuminatedFraction(time)).isLessThan(5e-4);
    double latitude = 61.1;
    double longitude = -77.1;
    assertThat(SunMoon.moonAltitudeDeg(time, longitude, latitude))
        .isCloseTo(SunMoon.sunAltitudeDeg(time, longitude, latitude), within(1.0));
  }

  /** First quarter of 2025-06-03, 03:41 UTC. */
  @Test
  void halfOfTheMoonIsLitAtItsQuarter() {
    assertThat(SunMoon.illuminatedFraction(utc(60_829, 3, 41))).isCloseTo(0.5, within(0.005));
  }

  /**
   * At the June solstice of 2025 the Sun is 23.44 degrees north at noon (equation of time -1.8
   * min).
   */
  @Test
  void theSunIsHighestAtNoon() {
    assertThat(SunMoon.sunAltitudeDeg(utc(60_847, 12, 2), 0, 51.4779))
        .isCloseTo(90 - 51.4779 + 23.436, within(0.03));
    assertThat(SunMoon.sunAltitudeDeg(utc(60_847, 0, 2), 0, 51.4779)).isLessThan(-14);
  }

  private static double utc(int mjd, int hour, int minute) {
    return mjd + (hour + minute / 60.0) / 24 + TAI_MINUS_UTC_DAYS;
  }
}
