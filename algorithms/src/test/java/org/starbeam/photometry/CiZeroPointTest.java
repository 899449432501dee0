package org.starbeam.photometry;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.astrometry.AstrometrySolver;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.astrometry.StarList;
import org.starbeam.image.Box;
import org.starbeam.sky.SkyPoint;
import org.starbeam.testing.CiTruth;

/**
 * Zero points of all visits of the simulated campaign, clouds included: the calibration made from
 * measured stars and the reference catalogue against the flux and the electrons of the truth. What
 * is measured are electrons after a flat that holds the pixel area, as the flat field leaves them.
 */
class CiZeroPointTest {
  private static final Box BOX = new Box(0, 0, 1024, 1024);

  private record Solved(
      int detector, CiTruth.Frame frame, AstrometrySolver.Solution solution, double[] measured) {}

  private static List<Solved> solve(
      CiTruth truth, CiTruth.Visit visit, ReferenceStars references, double area) {
    List<Solved> out = new ArrayList<>();
    for (int detector = 0; detector < 4; detector++) {
      CiTruth.Frame frame = truth.frame(visit, detector, new Random(visit.id() + detector));
      var solution =
          new AstrometrySolver()
              .solve(
                  frame.stars(),
                  truth.guess(visit, detector),
                  BOX,
                  references,
                  visit.band(),
                  visit.exposureSeconds());
      StarList stars = frame.stars();
      double[] measured = new double[stars.size()];
      for (int i = 0; i < measured.length; i++) {
        double ratio = solution.fit().wcs().pixelArea(stars.x()[i], stars.y()[i]) / area;
        measured[i] = stars.flux()[i] / ratio;
      }
      out.add(new Solved(detector, frame, solution, measured));
    }
    return out;
  }

  private static List<VisitZeroPoint.Star> stars(
      List<Solved> solved, ReferenceStars references, String band, double area) {
    List<VisitZeroPoint.Star> out = new ArrayList<>();
    for (Solved s : solved) {
      StarList stars = s.frame.stars();
      for (int k = 0; k < s.solution.matches().size(); k++) {
        int i = s.solution.matches().source()[k];
        int r = s.solution.matches().reference()[k];
        SkyPoint sky = s.solution.fit().wcs().toSky(stars.x()[i], stars.y()[i]);
        double ratio = s.solution.fit().wcs().pixelArea(stars.x()[i], stars.y()[i]) / area;
        out.add(
            new VisitZeroPoint.Star(
                s.detector,
                sky.raDeg(),
                sky.decDeg(),
                s.measured[i] * ratio,
                stars.fluxErr()[i],
                references.flux(band, r),
                references.fluxErr(band, r)));
      }
    }
    return out;
  }

  @Test
  void everyVisitIsCalibratedToMillimagnitudesOverTheWholeField() {
    CiTruth truth = CiTruth.open();
    List<Double> offsets = new ArrayList<>();
    List<Double> worst = new ArrayList<>();
    double area = 0.2 * 0.2;
    for (CiTruth.Visit visit : truth.visits()) {
      ReferenceStars references = ReferenceStars.at(truth.references(), visit.mjd());
      List<Solved> solved = solve(truth, visit, references, area);
      SkyPoint center = solved.get(0).solution.fit().wcs().toSky(1050, 1050);
      VisitZeroPoint.Fit fit =
          new VisitZeroPoint().fit(stars(solved, references, visit.band(), area), center, 300);
      double sum = 0;
      double most = 0;
      int n = 0;
      for (Solved s : solved) {
        var wcs = s.solution.fit().wcs();
        PhotoCalib calib =
            PhotoCalib.of(
                BOX,
                (x, y) -> fit.at(s.detector, wcs.toSky(x, y)),
                fit.zeroPointErr(),
                wcs,
                area,
                "single-frame");
        assertThat(calib.field().mean()).isBetween(1 - 1e-6, 1 + 1e-6);
        for (double[] p : new double[][] {{50, 50}, {973, 50}, {973, 973}, {50, 973}, {511, 511}}) {
          double d = error(s, calib, visit, p, area);
          if (Double.isFinite(d)) {
            sum += d;
            n++;
            most = Math.max(most, Math.abs(d));
          }
        }
      }
      offsets.add(Math.abs(sum / n));
      worst.add(most);
    }
    Collections.sort(offsets);
    Collections.sort(worst);
    assertThat(offsets.get(15)).as("median offset of a visit, mag").isLessThan(0.002);
    assertThat(offsets.get(29)).as("largest offset of a visit, mag").isLessThan(0.006);
    assertThat(worst.get(29)).as("largest error anywhere, mag").isLessThan(0.012);
  }

  /** Calibrated minus true magnitude of the brightest noiseless source near a place. */
  private static double error(
      Solved s, PhotoCalib calib, CiTruth.Visit visit, double[] place, double area) {
    StarList stars = s.frame.stars();
    int best = -1;
    for (int i = 0; i < stars.size(); i++) {
      double d = Math.hypot(stars.x()[i] - place[0], stars.y()[i] - place[1]);
      if (d < 150 && (best < 0 || s.frame.trueFlux()[i] > s.frame.trueFlux()[best])) {
        best = i;
      }
    }
    if (best < 0) {
      return Double.NaN;
    }
    double electrons =
        s.frame.trueFlux()[best]
            * Math.pow(10, 0.4 * (s.frame.zeroPoint()[best] - 31.4))
            * visit.exposureSeconds();
    double ratio = s.solution.fit().wcs().pixelArea(stars.x()[best], stars.y()[best]) / area;
    double flux = calib.apply(electrons / ratio, stars.x()[best], stars.y()[best]);
    return -2.5 * Math.log10(flux / s.frame.trueFlux()[best]);
  }
}
