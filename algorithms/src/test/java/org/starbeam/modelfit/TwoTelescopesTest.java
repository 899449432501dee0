package org.starbeam.modelfit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.fits.FitsReader;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.gaap.LightModel;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.AdaptiveMoments;
import org.starbeam.testing.Shared;
import org.starbeam.testing.StampPsf;
import org.starbeam.warp.NoiseCorrelation;

/**
 * Four galaxies of GAMA as KiDS and SDSS saw them, through pixels of 0.2 and 0.339 arcsec and
 * seeing of 0.7 and 1.3 arcsec. The frames are in maggies, so the zero points agree to the 2
 * percent of SDSS. A wide GAaP aperture sees the same light; a narrow one depends on how well the
 * PSF of bad seeing is known, and the total of a profile of index 3 on how far the sky reaches.
 */
class TwoTelescopesTest {
  private static final double NJY = 3631e9;

  /** One galaxy through one telescope. */
  private record View(MaskedImage image, ImageD psf, double pixel) {
    static View of(String telescope, String galaxy, double pixel) {
      String start = "data/galaxies-kids-sdss/" + telescope + "_" + galaxy;
      ImageF light = read(start + "fitim.fits.gz");
      ImageF sigma = read(start + "sigma.fits.gz");
      ImageF masked = read(start + "mskim.fits.gz");
      ImageF segment = read(start + "segim.fits.gz");
      Box box = light.box();
      float own = segment.get(box.x0() + box.width() / 2, box.y0() + box.height() / 2);
      MaskedImage out = new MaskedImage(box);
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          double s = NJY * sigma.get(x, y);
          out.image().set(x, y, (float) (NJY * light.get(x, y)));
          out.variance().set(x, y, (float) (s * s));
          float id = segment.get(x, y);
          if (masked.get(x, y) > 0 || (id != 0 && id != own)) {
            out.mask().data[out.mask().index(x, y)] |= MaskPlanes.NO_DATA;
          }
        }
      }
      return new View(out, normed(read(start + "psfim.fits.gz")), pixel);
    }

    private static ImageF read(String path) {
      Path file = Shared.path(path);
      try (FitsReader reader = FitsReader.open(file)) {
        return reader.readFloats(reader.firstImage());
      }
    }

    /** Without the pedestal of its border, sum 1, about (0, 0). */
    private static ImageD normed(ImageF from) {
      Box box = from.box();
      int half = box.width() / 2;
      ImageD out = new ImageD(Box.around(0, 0, half));
      double sum = 0;
      for (int y = -half; y <= half; y++) {
        for (int x = -half; x <= half; x++) {
          double value = Math.max(0, from.get(box.x0() + half + x, box.y0() + half + y));
          out.set(x, y, value);
          sum += value;
        }
      }
      for (int i = 0; i < out.data.length; i++) {
        out.data[i] /= sum;
      }
      return out;
    }

    Box box() {
      return image.box();
    }

    double x() {
      return box().x0() + (box().width() - 1) / 2.0;
    }

    double y() {
      return box().y0() + (box().height() - 1) / 2.0;
    }

    FitResult sersic() {
      int n = box().area();
      double[] data = new double[n];
      double[] weight = new double[n];
      double[] variance = new double[n];
      double[] sky = new double[n];
      for (int i = 0; i < n; i++) {
        sky[i] = image.variance().data[i];
      }
      Arrays.sort(sky);
      for (int i = 0; i < n; i++) {
        variance[i] = image.variance().data[i];
        if ((image.mask().data[i] & MaskPlanes.NO_DATA) == 0) {
          data[i] = image.image().data[i];
          weight[i] = 1 / sky[n / 4];
        }
      }
      BandPixels band =
          new BandPixels(
              box(), data, weight, variance, PsfMixtureFitter.fit(psf), NoiseCorrelation.white());
      double r = 3 / pixel;
      return JointFit.fit(
          List.of(band),
          List.of(SourceModel.sersic(x(), y(), new EllipseShape(r, r, 0.1), 1.5)),
          List.of(ShapePrior.NONE),
          JointFit.Config.freeProfile());
    }

    List<GaapFlux> gaap(double x, double y, double... sigmas) {
      GaapPhotometer photometer =
          new GaapPhotometer(
              GaapPhotometer.Config.defaults()
                  .withSigmas(Arrays.stream(sigmas).mapToObj(s -> s / pixel).toList()));
      AdaptiveMoments.Result m = new AdaptiveMoments().measure(psf, 0, 0, 2);
      double[] moments = {m.xx(), m.yy(), m.xy()};
      var duals = photometer.band(NoiseCorrelation.white()).cell(new StampPsf(psf, moments), x, y);
      double r = sigmas[0] / pixel;
      Aperture round = new Aperture(r * r, r * r, 0);
      return photometer
          .measure(
              image, x, y, duals, round, round, LightModel.NONE, LightModel.gaussian(x, y, round))
          .circular();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"G265911", "G266662", "G267489", "G278109"})
  void sersicAndGaapFluxesAgree(String galaxy) {
    View kids = View.of("KiDS", galaxy, 0.2);
    View sdss = View.of("SDSS", galaxy, 0.339);
    FitResult a = kids.sersic();
    FitResult b = sdss.sersic();
    SourceModel.Component c = a.models().get(0).components().get(0);
    SourceModel.Component d = b.models().get(0).components().get(0);
    double[] sigmas = {1.5, 2.5};
    List<GaapFlux> g = kids.gaap(a.models().get(0).x(), a.models().get(0).y(), sigmas);
    List<GaapFlux> h = sdss.gaap(b.models().get(0).x(), b.models().get(0).y(), sigmas);
    System.out.printf(
        "TwoTelescopesTest: %s Sersic flux ratio %.3f, index %.2f %.2f, half-light radius %.2f %.2f"
            + " arcsec, GAaP ratios %.3f %.3f +- %.4f%n",
        galaxy,
        b.flux(0, 0) / a.flux(0, 0),
        c.index(),
        d.index(),
        0.2 * c.shape().meanRadius(),
        0.339 * d.shape().meanRadius(),
        h.get(0).flux() / g.get(0).flux(),
        h.get(1).flux() / g.get(1).flux(),
        h.get(1).err() / h.get(1).flux());
    assertThat(h.get(1).flux() / g.get(1).flux()).as("GAaP, 2.5 arcsec").isBetween(0.98, 1.02);
    assertThat(h.get(0).flux() / g.get(0).flux()).as("GAaP, 1.5 arcsec").isBetween(0.94, 1.06);
    assertThat(b.flux(0, 0) / a.flux(0, 0)).as("Sersic").isBetween(0.85, 1.15);
  }
}
