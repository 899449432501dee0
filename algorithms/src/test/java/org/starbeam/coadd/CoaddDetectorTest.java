package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.starbeam.coadd.CoaddDetector.Together;
import org.starbeam.detection.BandSignificance;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.detection.MultiBandMap;
import org.starbeam.detection.SedBank;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.testing.BlendSky;
import org.starbeam.testing.BlendSky.Source;
import org.starbeam.warp.NoiseCorrelation;

class CoaddDetectorTest {
  private static final List<String> UGRIZY = List.of("u", "g", "r", "i", "z", "y");
  private static final double PSF = 1.7;

  /** The union of all maps has as many false peaks as the bands alone, to 15 percent. */
  @ParameterizedTest
  @EnumSource(
      value = Together.class,
      names = {"SED_BANK", "CHI_SQUARE"})
  void noiseGivesAsManyFalsePeaksAsTheBandsAlone(Together together) {
    double single = 3.5;
    double alone = 0;
    double all = 0;
    for (int seed = 0; seed < 5; seed++) {
      List<CoaddBand> bands = bands(new BlendSky(new Box(0, 0, 700, 700), 1, sixPsfs()), seed);
      alone += peaks(bands, new CoaddDetector.Config(single, Together.NONE, 0, 0, 0.2));
      all += peaks(bands, new CoaddDetector.Config(single, together, 0, 0, 0.2));
    }
    assertThat(alone).isGreaterThan(800);
    assertThat(all / alone).isBetween(0.85, 1.15);
  }

  private static int peaks(List<CoaddBand> bands, CoaddDetector.Config config) {
    return new CoaddDetector(config)
        .detect(bands).stream().mapToInt(parent -> parent.peaks().size()).sum();
  }

  private static double[] sixPsfs() {
    double[] out = new double[6];
    Arrays.fill(out, PSF);
    return out;
  }

  private static List<CoaddBand> bands(BlendSky sky, long seed) {
    sky.expose(seed);
    List<CoaddBand> out = new ArrayList<>();
    for (int b = 0; b < sky.psf.length; b++) {
      String name = sky.psf.length == 6 ? UGRIZY.get(b) : String.valueOf("gri".charAt(b));
      out.add(
          new CoaddBand(
              name, sky.images.get(b), new GaussianPsf(sky.psf[b]), NoiseCorrelation.white()));
    }
    return out;
  }

  @Test
  void sourcesOfOneColourAreFoundFainterAndThoseOfOneBandHardlyLess() {
    double threshold = new SedBank(UGRIZY).threshold(5);
    double flat = 2.5 * Math.log10(Math.sqrt(6) * 5 / threshold);
    double dropout = 2.5 * Math.log10(threshold / 5);
    assertThat(flat).as("gain of flat sources [mag]").isGreaterThan(0.9);
    assertThat(dropout).as("loss of sources in y only [mag]").isLessThan(0.06);
  }

  @Test
  void mapsAreNormalAndAddUpTheSignificanceOfAllBands() {
    BlendSky sky = new BlendSky(new Box(3, -5, 1000, 1000), 1, sixPsfs());
    List<CoaddBand> bands = bands(sky, 4);
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
    List<BandSignificance> maps = new ArrayList<>();
    for (CoaddBand b : bands) {
      maps.add(BandSignificance.of(b.band(), b.image(), b.psf(), b.noise(), detector));
    }
    for (BandSignificance map : maps) {
      double[] moments = moments(map.significance());
      assertThat(moments[0]).as("mean").isCloseTo(0, within(0.01));
      assertThat(moments[1]).as("width").isCloseTo(1, within(0.02));
    }
    double[] each = new double[6];
    for (int b = 0; b < 6; b++) {
      each[b] = sky.starFlux(8, b);
    }
    double sum = 0;
    double chi = 0;
    int n = 100;
    for (int k = 0; k < n; k++) {
      BlendSky stars = new BlendSky(new Box(0, 0, 31, 31), 1, sixPsfs());
      stars.add(new Source(15, 15, 0, 1, 0, each));
      List<BandSignificance> seen = new ArrayList<>();
      for (CoaddBand b : bands(stars, 100 + k)) {
        seen.add(BandSignificance.of(b.band(), b.image(), b.psf(), b.noise(), detector));
      }
      sum += MultiBandMap.bestTemplate(seen, new SedBank(UGRIZY)).significance().get(15, 15) / n;
      chi += MultiBandMap.chiSquare(seen).significance().get(15, 15) / n;
    }
    assertThat(sum).isCloseTo(8 * Math.sqrt(6), within(0.4));
    assertThat(chi).isBetween(8 * Math.sqrt(6) - 0.6, 8 * Math.sqrt(6) + 0.3);
  }

  private static double[] moments(ImageF map) {
    double sum = 0;
    double square = 0;
    for (float z : map.data) {
      sum += z;
      square += z * z;
    }
    double mean = sum / map.data.length;
    return new double[] {mean, Math.sqrt(square / map.data.length - mean * mean)};
  }

  /** Separations in FWHM, flux ratios and signal to noise of the fainter in each of three bands. */
  @ParameterizedTest
  @CsvSource({"1,1,50", "1.1,1,20", "1.2,2,20", "1.2,4,20", "1.4,8,20"})
  void bothStarsOfAClosePairAreFoundInPlace(double separation, double ratio, double snr) {
    int found = 0;
    double fwhm = 2.3548 * PSF;
    for (int seed = 0; seed < 20; seed++) {
      double angle = seed * 0.7;
      double dx = separation * fwhm / 2 * Math.cos(angle);
      double dy = separation * fwhm / 2 * Math.sin(angle);
      BlendSky sky = new BlendSky(new Box(0, 0, 61, 61), 1, PSF, PSF, PSF);
      double flux = sky.starFlux(snr, 0);
      sky.add(new Source(30.2 - dx, 30.4 - dy, 0, 1, 0, flux, flux, flux));
      double other = ratio * flux;
      sky.add(new Source(30.2 + dx, 30.4 + dy, 0, 1, 0, other, other, other));
      List<MergedPeak> peaks = peaksOf(bands(sky, seed));
      boolean near = peaks.stream().anyMatch(p -> near(p, 30.2 - dx, 30.4 - dy));
      boolean far = peaks.stream().anyMatch(p -> near(p, 30.2 + dx, 30.4 + dy));
      found += near && far && peaks.size() == 2 ? 1 : 0;
    }
    assertThat(found).isGreaterThanOrEqualTo(18);
  }

  private static boolean near(MergedPeak peak, double x, double y) {
    return Math.hypot(peak.x() - x, peak.y() - y) < 1.7;
  }

  private static List<MergedPeak> peaksOf(List<CoaddBand> bands) {
    return new CoaddDetector(CoaddDetector.Config.defaults())
        .detect(bands).stream().flatMap(parent -> parent.peaks().stream()).toList();
  }

  /** Half-light radii and signal to noise of a star of the flux, up to what a coadd has. */
  @ParameterizedTest
  @CsvSource({"0,20", "0,500", "0,3000", "3,60", "6,200", "10,600"})
  void aSingleSourceIsNotSplit(double radius, double snr) {
    CoaddDetector.Config withoutSplitting =
        new CoaddDetector.Config(5, Together.SED_BANK, 0, 0, 0.2);
    for (int seed = 0; seed < 10; seed++) {
      BlendSky sky = new BlendSky(new Box(0, 0, 121, 121), 1, PSF, 0.9 * PSF, 1.2 * PSF);
      double flux = sky.starFlux(snr, 0);
      sky.add(new Source(60.3, 59.8, radius, 0.5, 1, flux, 2 * flux, 3 * flux));
      List<CoaddBand> bands = bands(sky, seed);
      List<MergedPeak> found = peaksOf(bands);
      assertThat(found).hasSize(peaks(bands, withoutSplitting));
      assertThat(found).filteredOn(p -> near(p, 60.3, 59.8)).hasSize(1);
    }
  }

  @Test
  void theOrderOfTheBandsDoesNotMatter() {
    BlendSky sky = new BlendSky(new Box(0, 0, 200, 200), 1, PSF, 1.1 * PSF, 1.3 * PSF);
    Random random = new Random(2);
    for (int k = 0; k < 60; k++) {
      double flux = sky.starFlux(4 + 30 * random.nextDouble(), 0);
      sky.addNear(
          new Source(
              200 * random.nextDouble(), 200 * random.nextDouble(), 0, 1, 0, flux, flux, 2 * flux));
    }
    List<CoaddBand> bands = bands(sky, 9);
    List<CoaddBand> turned = new ArrayList<>(bands);
    Collections.reverse(turned);
    CoaddDetector detector = new CoaddDetector(CoaddDetector.Config.defaults());
    assertThat(texts(detector.detect(turned))).isEqualTo(texts(detector.detect(bands)));
  }

  private static List<String> texts(List<MergedParent> parents) {
    return parents.stream().map(p -> Arrays.toString(p.runs()) + p.peaks()).toList();
  }

  @Test
  void aSourceTooFaintForEveryBandIsFoundInAllTogetherAndMarkedSo() {
    BlendSky sky = new BlendSky(new Box(0, 0, 61, 61), 1, PSF, PSF, PSF);
    double flux = sky.starFlux(4.2, 0);
    sky.add(new Source(30, 31, 0, 1, 0, flux, flux, flux));
    int found = 0;
    for (int seed = 0; seed < 10; seed++) {
      List<MergedPeak> peaks = peaksOf(bands(sky, seed));
      found += peaks.stream().anyMatch(p -> p.bands().contains(CoaddDetector.MULTI)) ? 1 : 0;
    }
    assertThat(found).isGreaterThanOrEqualTo(9);
  }

  @Test
  void oneBandAloneIsDetectedAsEver() {
    BlendSky sky = new BlendSky(new Box(0, 0, 61, 61), 1, PSF);
    sky.add(new Source(30, 31, 0, 1, 0, sky.starFlux(12, 0)));
    List<CoaddBand> bands = bands(sky, 1);
    SpanDetector plain = new SpanDetector(SpanDetector.Config.defaults());
    List<Footprint> expected =
        plain
            .detect(bands.get(0).image(), bands.get(0).psf(), SpanDetector.Polarity.POSITIVE)
            .footprints();
    List<MergedParent> found = new CoaddDetector(CoaddDetector.Config.defaults()).detect(bands);
    assertThat(found).hasSameSizeAs(expected);
    assertThat(found.get(0).peaks()).hasSize(1);
  }
}
