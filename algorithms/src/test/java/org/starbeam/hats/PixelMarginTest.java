package org.starbeam.hats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;

/**
 * Truth is which pixel the points of a circle around a place lie in: a place is within a distance
 * of a pixel when the circle of that radius meets it, or that of half of it when the larger one is
 * all around the pixel.
 */
class PixelMarginTest {
  private static final int PLACES = 40;
  private static final int DIRECTIONS = 1440;
  private static final Healpix ROWS = new Healpix(Partition.ROW_ORDER);

  /** Point at a distance (arcsec) and position angle (radians) from another, on the sphere. */
  private static SkyPoint offset(SkyPoint from, double arcsec, double angle) {
    double r = Math.toRadians(arcsec / 3600);
    double dec = Math.toRadians(from.decDeg());
    double sin = Math.sin(dec) * Math.cos(r) + Math.cos(dec) * Math.sin(r) * Math.cos(angle);
    double ra =
        Math.atan2(
            Math.sin(r) * Math.sin(angle) * Math.cos(dec), Math.cos(r) - Math.sin(dec) * sin);
    double cos =
        Math.hypot(
            Math.cos(r) * Math.cos(dec) - Math.sin(r) * Math.sin(dec) * Math.cos(angle),
            Math.sin(r) * Math.sin(angle));
    double newRa = (from.raDeg() + Math.toDegrees(ra) + 720) % 360;
    return new SkyPoint(newRa, Math.toDegrees(Math.atan2(sin, cos)));
  }

  private static boolean meets(Partition partition, SkyPoint centre, double arcsec) {
    Healpix grid = new Healpix(partition.order());
    for (int i = 0; i < 2 * DIRECTIONS; i++) {
      double radius = i < DIRECTIONS ? arcsec : arcsec / 2;
      SkyPoint p = offset(centre, radius, 2 * Math.PI * i / DIRECTIONS);
      if (grid.pixel(p.raDeg(), p.decDeg()) == partition.pixel()) {
        return true;
      }
    }
    return false;
  }

  private static boolean contains(List<Healpix.Range> ranges, long index) {
    return ranges.stream().anyMatch(r -> r.first() <= index && index < r.end());
  }

  /** Places around the edges, one in four around a corner, up to twice the threshold away. */
  private static SkyPoint near(Partition partition, double arcsec, Random random) {
    Healpix grid = new Healpix(partition.order());
    double t = random.nextInt(4) == 0 ? random.nextInt(2) : random.nextDouble();
    double side = random.nextInt(2);
    boolean alongX = random.nextBoolean();
    SkyPoint edge = grid.place(partition.pixel(), alongX ? t : side, alongX ? side : t);
    return offset(edge, 2 * arcsec * random.nextDouble(), 2 * Math.PI * random.nextDouble());
  }

  private static int check(Partition partition, double arcsec, Random random) {
    PixelMargin margin = new PixelMargin(partition, arcsec);
    List<Healpix.Range> candidates = margin.candidates();
    Healpix grid = new Healpix(partition.order());
    int held = 0;
    for (int i = 0; i < PLACES; i++) {
      SkyPoint p = near(partition, arcsec, random);
      boolean isInside = grid.pixel(p.raDeg(), p.decDeg()) == partition.pixel();
      boolean holds = margin.holds(p.raDeg(), p.decDeg());
      if (isInside) {
        assertThat(holds).as("%s is inside of %s", p, partition).isFalse();
        continue;
      }
      if (meets(partition, p, arcsec)) {
        assertThat(holds).as("%s near %s", p, partition).isTrue();
      }
      if (holds) {
        held++;
        assertThat(meets(partition, p, 1.005 * arcsec)).as("%s by %s", p, partition).isTrue();
        assertThat(contains(candidates, ROWS.pixel(p.raDeg(), p.decDeg())))
            .as("%s is a candidate of %s", p, partition)
            .isTrue();
      }
    }
    return held;
  }

  @ParameterizedTest
  @CsvSource({"0, 10", "1, 10", "3, 10", "7, 10", "10, 10", "10, 300", "4, 3600", "2, 1"})
  void placesWithinTheThresholdAreHeldAndNoOthers(int order, double arcsec) {
    Random random = new Random(order);
    long pixels = new Healpix(order).pixelCount();
    int held = 0;
    for (long base = 0; base < 12; base++) {
      long inBase = (base + random.nextInt(2)) * (pixels / 12);
      long corner = Math.min(pixels - 1, Math.max(0, inBase - random.nextInt(2)));
      long any = base * (pixels / 12) + random.nextLong(pixels / 12);
      held += check(new Partition(order, corner), arcsec, random);
      held += check(new Partition(order, any), arcsec, random);
    }
    assertThat(held).isGreaterThan(24 * PLACES / 8);
  }

  @Test
  void candidatesAreApartFromEachOtherAndFromThePixel() {
    for (Partition p : List.of(new Partition(0, 0), new Partition(5, 1023), new Partition(9, 7))) {
      long end = -1;
      for (Healpix.Range range : new PixelMargin(p, 10).candidates()) {
        assertThat(range.first()).isGreaterThan(end);
        assertThat(range.end()).isGreaterThan(range.first());
        assertThat(range.end() <= p.rows().first() || range.first() >= p.rows().end()).isTrue();
        end = range.end() - 1;
      }
    }
  }

  @Test
  void aMarginWithoutWidthIsRefused() {
    assertThatThrownBy(() -> new PixelMargin(new Partition(3, 5), 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
