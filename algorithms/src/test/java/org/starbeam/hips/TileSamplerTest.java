package org.starbeam.hips;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;

/** Tiles of analytic coadds about a place where three tracts of the sky map meet. */
class TileSamplerTest {
  private static final int ORDER = 11;
  private static final RingsSkyMap MAP = RingsSkyMap.defaults();
  private static final SkyPoint CORNER = corner();

  /** A place where the border between two rings meets that between two tracts of one of them. */
  private static SkyPoint corner() {
    int own = MAP.tractOf(53, -28);
    double north = -28;
    while (MAP.tractOf(53, north) == own) {
      north += 1e-4;
    }
    double ra = 53;
    int above = MAP.tractOf(ra, north);
    while (MAP.tractOf(ra, north) == above && MAP.tractOf(ra, north - 2e-4) == own) {
      ra += 1e-4;
    }
    return new SkyPoint(ra, north);
  }

  /** A tract pixel's value. */
  private interface Value {
    double at(Tract tract, int x, int y);
  }

  private static TileSampler.Coadds coadds(Value value) {
    return (tract, patch, needed) -> {
      Box box = needed.intersect(tract.patchOuterBox(patch));
      ImageF out = new ImageF(box);
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          out.set(x, y, (float) value.at(tract, x, y));
        }
      }
      return out;
    };
  }

  private static List<HipsTile> tiles(double radiusDeg) {
    return new Healpix(ORDER)
        .cone(CORNER.raDeg(), CORNER.decDeg(), radiusDeg).stream()
            .map(pixel -> new HipsTile(ORDER, pixel))
            .toList();
  }

  private static Map<HipsTile, float[]> sampled(List<HipsTile> tiles, TileSampler.Coadds coadds) {
    TileSampler sampler = new TileSampler(MAP);
    Map<HipsTile, float[]> out = new HashMap<>();
    for (HipsTile tile : tiles) {
      float[] pixels = sampler.sample(tile, coadds);
      if (pixels != null) {
        out.put(tile, pixels);
      }
    }
    return out;
  }

  private static double valueAt(Map<HipsTile, float[]> tiles, long healpix) {
    long within = healpix & (HipsTile.AREA - 1);
    int row = 511 - (int) Healpix.column(within);
    return tiles
        .get(new HipsTile(ORDER, healpix / HipsTile.AREA))[
        row * 512 + (int) Healpix.column(within >> 1)];
  }

  @Test
  void aConstantSurfaceBrightnessIsConstantAcrossTheSeamsOfTracts() {
    TreeSet<Integer> tracts = new TreeSet<>();
    TileSampler.Coadds constant =
        coadds(
            (tract, x, y) -> {
              tracts.add(tract.id());
              return 40 * tract.wcs().pixelArea(x, y);
            });
    TileSampler sampler = new TileSampler(MAP);
    int values = 0;
    for (HipsTile tile : tiles(0.02)) {
      float[] pixels = sampler.sample(tile, constant);
      assertThat(pixels).isNotNull();
      for (float value : pixels) {
        assertThat((double) value).isCloseTo(40, within(40e-6));
        values++;
      }
    }
    assertThat(tracts).hasSize(3);
    assertThat(values).isGreaterThan(1_000_000);
  }

  private record Star(SkyPoint place, double flux) {}

  private static List<Star> stars() {
    SplittableRandom random = new SplittableRandom(11);
    Gnomonic plane = new Gnomonic(CORNER);
    List<Star> out = new ArrayList<>();
    for (int j = 0; j < 23; j++) {
      for (int i = 0; i < 22; i++) {
        double xi = (i - 10.5 + random.nextDouble(-0.1, 0.1)) * 13;
        double eta = (j - 11 + random.nextDouble(-0.1, 0.1)) * 13;
        SkyPoint place = plane.deproject(Math.toRadians(xi / 3600), Math.toRadians(eta / 3600));
        out.add(new Star(place, Math.pow(10, random.nextDouble(3, 6))));
      }
    }
    return out;
  }

  /** Gaussian stars of a width in coadd pixels, on the pixel grid of each tract. */
  private static TileSampler.Coadds field(List<Star> stars, double sigma) {
    return (tract, patch, needed) -> {
      Box box = needed.intersect(tract.patchOuterBox(patch));
      ImageF out = new ImageF(box);
      int reach = (int) Math.ceil(8 * sigma);
      for (Star star : stars) {
        double[] p = tract.wcs().toPixel(star.place().raDeg(), star.place().decDeg());
        Box near =
            new Box((int) p[0] - reach, (int) p[1] - reach, 2 * reach + 1, 2 * reach + 1)
                .intersect(box);
        for (int y = near.y0(); y < near.y1(); y++) {
          for (int x = near.x0(); x < near.x1(); x++) {
            double r2 = (x - p[0]) * (x - p[0]) + (y - p[1]) * (y - p[1]);
            double v = star.flux() / (2 * Math.PI * sigma * sigma);
            out.set(x, y, (float) (out.get(x, y) + v * Math.exp(-r2 / (2 * sigma * sigma))));
          }
        }
      }
      return out;
    };
  }

  @Test
  void starsKeepTheirFluxAndPlaceInFourSeeings() {
    List<Star> stars = stars();
    Healpix grid = new Healpix(ORDER + HipsTile.SHIFT);
    double pixelArcsec = HipsTile.pixelDeg(ORDER) * 3600;
    TreeSet<Integer> tracts = new TreeSet<>();
    for (double sigma : new double[] {1.3, 1.5, 1.7, 2.0}) {
      Map<HipsTile, float[]> pixels = sampled(tiles(0.055), field(stars, sigma));
      double worstFlux = 0;
      double worstPlace = 0;
      for (Star star : stars) {
        tracts.add(MAP.tractOf(star.place().raDeg(), star.place().decDeg()));
        Gnomonic plane = new Gnomonic(star.place());
        double sum = 0;
        double sx = 0;
        double sy = 0;
        double radius = 10 * pixelArcsec;
        for (long pixel : grid.cone(star.place().raDeg(), star.place().decDeg(), radius / 3600)) {
          double[] p = plane.project(grid.center(pixel));
          double x = Math.toDegrees(p[0]) * 3600;
          double y = Math.toDegrees(p[1]) * 3600;
          if (Math.hypot(x, y) <= radius) {
            double v = valueAt(pixels, pixel);
            sum += v;
            sx += v * x;
            sy += v * y;
          }
        }
        double flux = sum * pixelArcsec * pixelArcsec;
        worstFlux = Math.max(worstFlux, Math.abs(flux / star.flux() - 1));
        worstPlace = Math.max(worstPlace, Math.hypot(sx, sy) / sum / pixelArcsec);
      }
      assertThat(worstFlux).as("flux, sigma " + sigma).isLessThan(0.003);
      assertThat(worstPlace).as("place in pixels, sigma " + sigma).isLessThan(0.02);
    }
    assertThat(stars).hasSize(506);
    assertThat(tracts).hasSize(3);
  }

  @Test
  void everyValidDirectionIsCoveredOnce() {
    double radiusDeg = 8.0 / 60;
    TileSampler.Coadds disc =
        coadds(
            (tract, x, y) -> {
              SkyPoint p = tract.wcs().toSky(x, y);
              double r =
                  Angles.separationArcsec(p.raDeg(), p.decDeg(), CORNER.raDeg(), CORNER.decDeg());
              return r <= radiusDeg * 3600 ? 1 : Double.NaN;
            });
    TileSampler sampler = new TileSampler(MAP);
    long valid = 0;
    for (HipsTile tile : tiles(radiusDeg)) {
      float[] pixels = sampler.sample(tile, disc);
      for (int i = 0; pixels != null && i < pixels.length; i++) {
        valid += Float.isNaN(pixels[i]) ? 0 : 1;
      }
    }
    double area = valid * Math.pow(HipsTile.pixelDeg(ORDER), 2);
    double disk = 2 * Math.PI * (1 - Math.cos(Math.toRadians(radiusDeg)));
    assertThat(area).isCloseTo(disk * Math.pow(Math.toDegrees(1), 2), within(0.001 * area));
  }

  @Test
  void pixelsWithoutDataUnderTheMiddleOfTheKernelHaveNoValueOthersGoByTheBilinear() {
    HipsTile tile = tiles(0.005).get(0);
    TileSampler.Coadds hole =
        coadds((tract, x, y) -> x % 40 == 0 && y % 40 == 0 ? Double.NaN : x + 2.0 * y);
    float[] pixels = new TileSampler(MAP).sample(tile, hole);
    int empty = 0;
    double worst = 0;
    for (int i = 0; i < pixels.length; i++) {
      SkyPoint p = tile.center(i % 512, i / 512);
      Tract tract = MAP.tract(MAP.tractOf(p.raDeg(), p.decDeg()));
      double[] q = tract.wcs().toPixel(p.raDeg(), p.decDeg());
      int left = Math.floorMod((int) Math.floor(q[0]), 40);
      int low = Math.floorMod((int) Math.floor(q[1]), 40);
      boolean touched = (left == 0 || left == 39) && (low == 0 || low == 39);
      assertThat(Float.isNaN(pixels[i])).as("pixel " + i).isEqualTo(touched);
      empty += touched ? 1 : 0;
      double expected = (q[0] + 2 * q[1]) / tract.wcs().pixelArea(q[0], q[1]);
      worst = touched ? worst : Math.max(worst, Math.abs(pixels[i] / expected - 1));
    }
    assertThat(empty).isGreaterThan(500);
    assertThat(worst).as("a plane is kept by both kernels").isLessThan(1e-5);
  }

  @Test
  void aTileOutsideAllCoaddsIsEmpty() {
    assertThat(new TileSampler(MAP).sample(tiles(0.005).get(0), (t, p, needed) -> null)).isNull();
  }
}
