package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.sky.SipPolynomial;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;

/** A small sky of stars seen by visits with dithers, rotations, seeing and noise of their own. */
final class Scene {
  static final double SKY_SIGMA = 30;

  record Star(double ra, double dec, double flux) {}

  final Tract tract;
  final double x0;
  final double y0;
  final List<Star> stars = new ArrayList<>();

  /** Scene about a tract pixel. */
  Scene(Tract tract, double x0, double y0) {
    this.tract = tract;
    this.x0 = x0;
    this.y0 = y0;
  }

  void addStar(double x, double y, double flux) {
    SkyPoint sky = tract.wcs().toSky(x, y);
    stars.add(new Star(sky.raDeg(), sky.decDeg(), flux));
  }

  Visit visit(long number, int size, double sigmaPsf, double noise) {
    return visit(number, size, sigmaPsf, noise, star -> star.flux());
  }

  interface Light {
    double flux(Star star);
  }

  /** A visit with a pointing within 40 pixels and its own rotation. */
  Visit visit(long number, int size, double sigmaPsf, double noise, Light light) {
    Random random = new Random(number);
    double s = 0.2 / 3600;
    double angle = random.nextDouble() * 2 * Math.PI;
    double c = Math.cos(angle);
    double q = Math.sin(angle);
    SkyPoint center =
        tract
            .wcs()
            .toSky(x0 + 80 * (random.nextDouble() - 0.5), y0 + 80 * (random.nextDouble() - 0.5));
    SipPolynomial sip = SipPolynomial.zero(2);
    sip.a()[2][0] = 2e-6;
    sip.b()[0][2] = -2e-6;
    TanSip wcs =
        new TanSip(
            center,
            size / 2.0,
            size / 2.0,
            new double[] {-s * c, s * q, s * q, s * c},
            sip,
            SipPolynomial.NONE);
    MaskedImage image = new MaskedImage(new Box(0, 0, size, size));
    for (int i = 0; i < size * size; i++) {
      image.image().data[i] = (float) (noise * random.nextGaussian());
      image.variance().data[i] = (float) Math.max(1e-4, noise * noise);
    }
    GaussianPsf psf = new GaussianPsf(sigmaPsf);
    for (Star star : stars) {
      double[] p = wcs.toPixel(star.ra(), star.dec());
      double area = wcs.pixelArea(p[0], p[1]) / 0.04;
      draw(image, p, sigmaPsf, light.flux(star), area);
    }
    int weight = CoaddWeight.of(Math.max(1, noise * noise));
    return new Visit(number, wcs, psf, sigmaPsf, weight, image, 1, 1);
  }

  private static void draw(MaskedImage image, double[] p, double sigma, double flux, double area) {
    int r = (int) Math.ceil(6 * sigma);
    Box box = Box.around((int) Math.rint(p[0]), (int) Math.rint(p[1]), r).intersect(image.box());
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double r2 = (x - p[0]) * (x - p[0]) + (y - p[1]) * (y - p[1]);
        double value = flux / (2 * Math.PI * sigma * sigma) * Math.exp(-r2 / (2 * sigma * sigma));
        image.image().set(x, y, image.image().get(x, y) + (float) value);
      }
    }
    if (!(area > 0.9 && area < 1.1)) {
      throw new IllegalStateException("pixel area " + area);
    }
  }

  /** Adds a straight trail with a Gaussian cross-section through two pixels. */
  static void trail(Visit visit, double xa, double ya, double xb, double yb, double peak) {
    double length = Math.hypot(xb - xa, yb - ya);
    double nx = -(yb - ya) / length;
    double ny = (xb - xa) / length;
    MaskedImage image = visit.image();
    for (int y = image.box().y0(); y < image.box().y1(); y++) {
      for (int x = image.box().x0(); x < image.box().x1(); x++) {
        double d = (x - xa) * nx + (y - ya) * ny;
        double value = peak * Math.exp(-d * d / (2 * visit.psfSigma() * visit.psfSigma()));
        if (value > 1e-6) {
          image.image().set(x, y, image.image().get(x, y) + (float) value);
        }
      }
    }
  }

  record Visit(
      long visit,
      Wcs wcs,
      PsfModel psf,
      double psfSigma,
      int weight,
      MaskedImage image,
      double noiseFactor,
      double correction)
      implements CoaddSource {
    Visit copy() {
      return new Visit(visit, wcs, psf, psfSigma, weight, image.copy(), noiseFactor, correction);
    }

    Visit withNoiseFactor(double factor) {
      return new Visit(visit, wcs, psf, psfSigma, weight, image, factor, correction);
    }

    Visit withApertureCorrection(double factor) {
      return new Visit(visit, wcs, psf, psfSigma, weight, image, noiseFactor, factor);
    }

    @Override
    public double apertureCorrection(double x, double y) {
      return correction;
    }

    @Override
    public int detector() {
      return 0;
    }

    @Override
    public String content() {
      int pixels = java.util.Arrays.hashCode(image.image().data);
      return weight + " " + noiseFactor + " " + correction + " " + pixels;
    }

    @Override
    public Box box() {
      return image.box();
    }

    @Override
    public InputStatistics statistics() {
      return new InputStatistics(
          59600 + visit,
          30,
          psfSigma * 2.3548 * 0.2,
          1.2,
          0,
          0,
          0,
          1000,
          SKY_SIGMA,
          noiseFactor,
          0);
    }

    @Override
    public MaskedImage read(Box part) {
      return image.view(part).copy();
    }
  }
}
