package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.Peak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.GaussianPsf;

class ScarletDeblenderTest {
  private static final double[] PSF = {1.9, 1.7, 1.6};
  private final ScarletDeblender deblender =
      new ScarletDeblender(ScarletDeblender.Config.defaults());

  private static Peak peak(BlendSky.Source s) {
    return new Peak((int) Math.rint(s.x()), (int) Math.rint(s.y()), (float) s.flux()[1]);
  }

  private static double total(ImageF image) {
    double sum = 0;
    for (float v : image.data) {
      sum += v;
    }
    return sum;
  }

  /** Flux of a point source at a place by matched filter. */
  private static double psfFlux(ImageF image, double sigma, double x, double y) {
    ImageD p = new GaussianPsf(sigma).image(x, y);
    Box box = p.box().intersect(image.box());
    double top = 0;
    double bottom = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        top += p.get(u, v) * image.get(u, v);
      }
    }
    for (double each : p.data) {
      bottom += each * each;
    }
    return top / bottom;
  }

  private static double median(List<Double> values) {
    double[] v = values.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return v[v.length / 2];
  }

  @Test
  void twoStarsAtOneAndAHalfSeeingKeepFluxAndColour() {
    List<Double> errors = new ArrayList<>();
    List<Double> colours = new ArrayList<>();
    for (int trial = 0; trial < 24; trial++) {
      Random random = new Random(trial);
      BlendSky sky = new BlendSky(new Box(100, 200, 60, 60), 1, PSF);
      double d = 1.5 * sky.fwhm(1) / 2;
      double angle = random.nextDouble() * Math.PI;
      double x = 130 + random.nextDouble() - 0.5;
      double y = 230 + random.nextDouble() - 0.5;
      double[] flux = {sky.starFlux(200, 0), sky.starFlux(200, 1), sky.starFlux(200, 2)};
      BlendSky.Source a =
          new BlendSky.Source(x + d * Math.cos(angle), y + d * Math.sin(angle), 0, 1, 0, flux);
      BlendSky.Source b =
          new BlendSky.Source(x - d * Math.cos(angle), y - d * Math.sin(angle), 0, 1, 0, flux);
      sky.add(a).add(b).expose(trial);
      Redistribution out =
          deblender.deblend(sky.bands(), sky.footprint(1, 3), List.of(peak(a), peak(b)));
      BlendSky.Source[] both = {a, b};
      for (int k = 0; k < 2; k++) {
        double[] measured = new double[3];
        for (int band = 0; band < 3; band++) {
          measured[band] =
              psfFlux(
                  out.child(k).bands().get(band).subtracted(), PSF[band], both[k].x(), both[k].y());
          errors.add(measured[band] / flux[band] - 1);
        }
        colours.add(
            -2.5 * Math.log10(measured[0] / measured[2] / (flux[0] / flux[2])));
      }
    }
    System.out.println("stars: median err " + median(errors) + " |err| " + median(errors.stream().map(Math::abs).toList()) + " colour " + median(colours) + " |c| " + median(colours.stream().map(Math::abs).toList()));
    assertThat(median(errors.stream().map(Math::abs).toList())).isLessThan(0.01);
  }

  @Test
  void galaxiesOfOppositeColourKeepTheirFluxesAsFarAsTemplatesCan() {
    for (double separation : new double[] {1.6, 2.1}) {
      List<Double> errors = new ArrayList<>();
      long iterations = 0;
      for (int trial = 0; trial < 24; trial++) {
        Random random = new Random(trial);
        BlendSky sky = new BlendSky(new Box(100, 200, 64, 64), 1, PSF);
        double d = separation * sky.fwhm(1) / 2;
        double angle = random.nextDouble() * Math.PI;
        double x = 132 + random.nextDouble() - 0.5;
        double y = 232 + random.nextDouble() - 0.5;
        BlendSky.Source a = galaxy(sky, random, x + d * Math.cos(angle), y + d * Math.sin(angle), 0.5, 1, 1.4);
        BlendSky.Source b = galaxy(sky, random, x - d * Math.cos(angle), y - d * Math.sin(angle), 1.2, 1, 0.7);
        sky.add(a).add(b).expose(trial);
        Redistribution out =
            deblender.deblend(sky.bands(), sky.footprint(1, 3), List.of(peak(a), peak(b)));
        iterations += out.models().get(0).iterations();
        BlendSky.Source[] both = {a, b};
        for (int k = 0; k < 2; k++) {
          for (int band = 0; band < 3; band++) {
            errors.add(out.child(k).bands().get(band).flux() / both[k].flux()[band] - 1);
          }
        }
      }
      System.out.println("galaxies " + separation + ": median err " + median(errors) + " |err| " + median(errors.stream().map(Math::abs).toList())+" iterations "+iterations/24);
    }
  }

  /** R_e of 0.4 to 0.6 arcsec, S/N 100 in the middle band. */
  private static BlendSky.Source galaxy(
      BlendSky sky, Random random, double x, double y, double g, double r, double i) {
    double radius = 2 + random.nextDouble();
    double q = 0.6 + 0.4 * random.nextDouble();
    double angle = random.nextDouble() * Math.PI;
    BlendSky.Source unit = new BlendSky.Source(0, 0, radius, q, angle, 1);
    double squares = 0;
    for (int v = -40; v <= 40; v++) {
      for (int u = -40; u <= 40; u++) {
        double p = BlendSky.profile(unit, u, v, PSF[1] * PSF[1]);
        squares += p * p;
      }
    }
    double flux = 100 * sky.sigma / Math.sqrt(squares);
    return new BlendSky.Source(x, y, radius, q, angle, g * flux, r * flux, i * flux);
  }
}
