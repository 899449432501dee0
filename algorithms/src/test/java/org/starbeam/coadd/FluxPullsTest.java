package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.detection.FootprintSet;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.KronAperture;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.NoiseCorrelation;
import org.starbeam.warp.PixelMap;
import org.starbeam.warp.TransformGrid;
import org.starbeam.warp.WarpSource;

/** Fluxes at places of blank sky over their errors, as a band of the coadd is measured. */
class FluxPullsTest {
  private static final int PLACES = Boolean.getBoolean("starbeam.full") ? 10_000 : 2000;
  private static final int SIDE = 16;
  private static final int APART = 30;
  private static final int MARGIN = 40;
  private static final Box BOX =
      new Box(0, 0, APART * (SIDE - 1) + 2 * MARGIN, APART * (SIDE - 1) + 2 * MARGIN);
  private static final int[] RADII = {3, 6, 9, 12, 17, 25};
  private static final PsfModel PSF = new MoffatPsf(4, 3, 0.05, 0.02, 20);
  private static final LanczosWarper WARPER = new LanczosWarper(LanczosWarper.Config.defaults());

  private static MaskedImage white(Box box, double sigma, Random random) {
    MaskedImage out = new MaskedImage(box);
    for (int i = 0; i < out.image().data.length; i++) {
      out.image().data[i] = (float) (sigma * random.nextGaussian());
    }
    out.variance().fill((float) (sigma * sigma));
    return out;
  }

  /** The mean of three frames of white noise, each turned and moved in its own way. */
  private static MaskedImage warped(Random random) {
    MaskedImage out = new MaskedImage(BOX);
    int frames = 3;
    for (int k = 0; k < frames; k++) {
      double angle = 2 * Math.PI * random.nextDouble();
      double c = Math.cos(angle);
      double s = Math.sin(angle);
      double middle = 0.5 * BOX.width();
      double[] shift = {
        500 - c * middle + s * middle + random.nextDouble(),
        500 - s * middle - c * middle + random.nextDouble()
      };
      MaskedImage frame = white(new Box(0, 0, 1000, 1000), 2, random);
      PixelMap map = PixelMap.affine(new double[] {c, -s, s, c}, shift);
      TransformGrid grid = TransformGrid.of(map, BOX, TransformGrid.Config.defaults());
      MaskedImage warp = WARPER.warp(WarpSource.of(frame), grid, BOX).pixels();
      for (int i = 0; i < out.image().data.length; i++) {
        out.image().data[i] += warp.image().data[i] / frames;
        out.variance().data[i] += warp.variance().data[i] / (frames * frames);
      }
    }
    return out;
  }

  private static BandFrame frame(MaskedImage image, NoiseCorrelation noise) {
    CoaddBand band = new CoaddBand("r", image, PSF, noise);
    return new BandFrame(
        band,
        new FootprintSet(List.of(), BOX, 5),
        1,
        10_000,
        new BandFrame.Suites(RADII),
        new GaapPhotometer(GaapPhotometer.Config.defaults()));
  }

  /** A width is known to 1.6 percent from 2000 places, to 0.7 percent from 10000. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void widthsOfPullsAreOne(boolean isWarped) {
    Random random = new Random(17);
    NoiseCorrelation noise = isWarped ? NoiseCorrelation.lanczos(3) : NoiseCorrelation.white();
    Map<String, double[]> sums = new LinkedHashMap<>();
    int n = 0;
    while (n < PLACES) {
      BandFrame frame = frame(isWarped ? warped(random) : white(BOX, 2, random), noise);
      for (int k = 0; k < SIDE * SIDE && n < PLACES; k++, n++) {
        double x = MARGIN + APART * (k % SIDE) + random.nextDouble();
        double y = MARGIN + APART * (k / SIDE) + random.nextDouble();
        pulls(frame, x, y)
            .forEach(
                (name, pull) -> {
                  double[] sum = sums.computeIfAbsent(name, key -> new double[2]);
                  sum[0] += pull;
                  sum[1] += pull * pull;
                });
      }
    }
    double limit = isWarped || PLACES < 10_000 ? 0.05 : 0.02;
    for (Map.Entry<String, double[]> each : sums.entrySet()) {
      double mean = each.getValue()[0] / n;
      double width = Math.sqrt(each.getValue()[1] / n - mean * mean);
      System.out.printf(
          "FluxPullsTest: warped %s, %s mean %+.3f width %.3f%n",
          isWarped, each.getKey(), mean, width);
      assertThat(width).as(each.getKey()).isBetween(1 - limit, 1 + limit);
      assertThat(mean).as(each.getKey()).isBetween(-3.5 / Math.sqrt(n), 3.5 / Math.sqrt(n));
    }
  }

  /** Of all estimators that are linear in the pixels. */
  private static Map<String, Double> pulls(BandFrame frame, double x, double y) {
    Map<String, Double> out = new LinkedHashMap<>();
    MeasuredSource source = MeasuredSource.at(x, y);
    frame.measureForced(source, false);
    add(out, source, Fields.PSF_FLUX, "PSF");
    add(out, source, Fields.CALIB_FLUX, "calibration");
    for (int radius : RADII) {
      add(out, source, Fields.aperture(radius), "aperture " + radius);
    }
    for (double radius : new double[] {1.3, 2.4, 4.1}) {
      for (double q : new double[] {1, 0.5}) {
        KronAperture aperture = new KronAperture(q, 0, 1 / q, radius, false, false, false);
        frame.measureKron(aperture, source);
        add(out, source, Fields.KRON_FLUX, "Kron " + radius + " q " + q);
      }
    }
    return out;
  }

  private static void add(
      Map<String, Double> out, MeasuredSource source, String flux, String name) {
    out.put(name, source.get(flux) / source.get(Fields.err(flux)));
  }

  @Test
  void whiteNoiseNeedsNoFactor() {
    MaskedImage image = white(BOX, 1, new Random(1));
    PsfResponse response = frame(image, NoiseCorrelation.white()).response(99, 99);
    assertThat(response.psfErrorFactor()).isEqualTo(1);
    for (int radius : RADII) {
      assertThat(response.apertureError(radius)).isEqualTo(1);
    }
  }
}
