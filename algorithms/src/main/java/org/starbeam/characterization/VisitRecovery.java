package org.starbeam.characterization;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.BoresightFit;
import org.starbeam.image.Box;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;

/**
 * Supplies detectors of a visit with the models that their first pass did not find, from the
 * detectors that found theirs (specs/02 section 14.2): the WCS by camera, pointing and the visit's
 * {@link BoresightFit}; size, ellipticity and effective area of the PSF as planes over the field,
 * in the sky's frame, because detectors are turned; the median of the aperture corrections. Models
 * that disagree with the visit (pointing, zero point, size of the PSF) are replaced like missing
 * ones. What is supplied needs three good detectors, or a fifth of the visit.
 */
public final class VisitRecovery {
  /**
   * @param boresight shift, turn and scale of the visit, and which detectors do not follow it
   * @param maxZeroPointMag deviation of a zero point that may be real
   * @param maxSizeShare relative deviation of the PSF's size that may be real
   * @param sigmas what deviates by less of the detectors' robust scatter may be real
   * @param minGood detectors that suffice to supply others
   * @param minShare or this share of the visit
   */
  public record Config(
      BoresightFit.Config boresight,
      double maxZeroPointMag,
      double maxSizeShare,
      double sigmas,
      int minGood,
      double minShare)
      implements Serializable {
    public static Config defaults() {
      return new Config(BoresightFit.Config.defaults(), 0.5, 0.3, 5, 3, 0.2);
    }
  }

  /**
   * Adaptive moments of a PSF and its effective area, pixel^2.
   *
   * @param area (sum P)^2 / sum P^2
   */
  public record Shape(double xx, double yy, double xy, double area) {
    double sigma() {
      return Math.sqrt(Math.sqrt(xx * yy - xy * xy));
    }
  }

  /**
   * What the first pass found of a detector.
   *
   * @param initial WCS by camera and pointing
   * @param wcs fitted to stars, or null
   * @param zeroPoint of one electron, for pixels of equal area; NaN when there was none
   * @param psf at the middle of the detector, or null
   * @param corrections empty when there were too few stars
   */
  public record Detector(
      int number,
      Box box,
      Wcs initial,
      @Nullable Wcs wcs,
      double zeroPoint,
      @Nullable Shape psf,
      ApertureCorrections corrections) {}

  /**
   * What a detector gets from its visit; null, or not in {@code models}, what it keeps.
   *
   * @param models that the visit supplies; the zero point is that of the visit's fit
   * @param why sentences about models that disagreed
   * @param wcsErrorArcsec how well the WCS is known: the scatter of the visit's detectors about
   *     camera and pointing; with fewer than three the largest that is allowed
   */
  public record Recovered(
      int detector,
      Set<FrameModel> models,
      List<String> why,
      @Nullable TanSip wcs,
      double wcsErrorArcsec,
      @Nullable Shape psf,
      @Nullable ApertureCorrections corrections) {}

  /** Detectors whose scatter says something. */
  private static final int FEW = 3;

  /** Names of the planes. */
  private static final int SIZE = 0;

  private static final int E1 = 1;
  private static final int E2 = 2;
  private static final int AREA = 3;

  private final Config config;

  public VisitRecovery(Config config) {
    this.config = config;
  }

  /** What each detector that lacks or loses a model gets, in the order given. */
  public List<Recovered> recover(List<Detector> detectors) {
    Visit visit = new Visit(detectors);
    return IntStream.range(0, detectors.size())
        .mapToObj(visit::recovered)
        .filter(r -> !r.models.isEmpty())
        .toList();
  }

  /** The fits of one visit. */
  private final class Visit {
    private final List<Detector> detectors;
    private final BoresightFit boresight;
    private final double[] u;
    private final double[] v;
    private final FieldTrend zeroPoint;
    private final double[][] shapes;
    private final FieldTrend[] shape;

    Visit(List<Detector> detectors) {
      this.detectors = detectors;
      int n = detectors.size();
      boresight =
          new BoresightFit(
              config.boresight,
              detectors.stream()
                  .map(d -> new BoresightFit.Detector(d.box, d.initial, d.wcs))
                  .toList());
      double[][] places = places(detectors);
      u = places[0];
      v = places[1];
      zeroPoint = new FieldTrend(u, v, values(n, i -> detectors.get(i).zeroPoint));
      shapes = detectors.stream().map(Visit::onSky).toArray(double[][]::new);
      shape = new FieldTrend[4];
      for (int k = 0; k < 4; k++) {
        int parameter = k;
        shape[k] = new FieldTrend(u, v, values(n, i -> shapes[i][parameter]));
      }
    }

    private static double[] values(int n, IntToDoubleFunction value) {
      return IntStream.range(0, n).mapToDouble(value).toArray();
    }

    /** Middles of the detectors in the tangent plane of the first, over the largest distance. */
    private static double[][] places(List<Detector> detectors) {
      double[][] out = new double[2][detectors.size()];
      Gnomonic plane = null;
      double largest = 1e-12;
      for (int i = 0; i < detectors.size(); i++) {
        Box box = detectors.get(i).box;
        SkyPoint sky = detectors.get(i).initial.toSky(middleX(box), middleY(box));
        plane = plane == null ? new Gnomonic(sky) : plane;
        double[] p = plane.project(sky);
        out[0][i] = p[0];
        out[1][i] = p[1];
        largest = Math.max(largest, Math.hypot(p[0], p[1]));
      }
      for (int i = 0; i < detectors.size(); i++) {
        out[0][i] /= largest;
        out[1][i] /= largest;
      }
      return out;
    }

    /** Log of the size in arcsec, e1, e2 on the sky, and area over size^2; NaN without a PSF. */
    private static double[] onSky(Detector d) {
      Shape s = d.psf;
      if (s == null) {
        return new double[] {Double.NaN, Double.NaN, Double.NaN, Double.NaN};
      }
      double[] j = d.initial.jacobian(middleX(d.box), middleY(d.box));
      double[] m = Wcs.moments(j, s.xx, s.yy, s.xy);
      double trace = m[0] + m[1];
      double sigma = Math.sqrt(Math.sqrt(m[0] * m[1] - m[2] * m[2]));
      return new double[] {
        Math.log(sigma), (m[0] - m[1]) / trace, 2 * m[2] / trace, s.area / (s.sigma() * s.sigma())
      };
    }

    Recovered recovered(int i) {
      Detector d = detectors.get(i);
      Set<FrameModel> models = EnumSet.noneOf(FrameModel.class);
      List<String> why = new ArrayList<>();
      boolean wcs = d.wcs == null || isLost(i, why);
      if (wcs && boresight.isUsable() && isEnough(boresight.agreeing())) {
        models.add(FrameModel.WCS);
      }
      if (isOff(d.zeroPoint, zeroPoint, i, config.maxZeroPointMag, "zero point", why)
          && isEnough(zeroPoint.size())) {
        models.add(FrameModel.ZERO_POINT);
      }
      double share = Math.log1p(config.maxSizeShare);
      if (isOff(shapes[i][SIZE], shape[SIZE], i, share, "log of the PSF's size", why)
          && isEnough(shape[SIZE].size())) {
        models.add(FrameModel.PSF);
      }
      List<ApertureCorrections> others =
          detectors.stream().map(Detector::corrections).filter(c -> !c.all().isEmpty()).toList();
      if (d.corrections.all().isEmpty() && isEnough(others.size())) {
        models.add(FrameModel.APERTURE_CORRECTIONS);
      }
      return new Recovered(
          d.number,
          models,
          why,
          models.contains(FrameModel.WCS) ? boresight.corrected(d.initial, d.box) : null,
          boresight.agreeing() < FEW
              ? config.boresight.maxScatterArcsec()
              : boresight.scatterArcsec(),
          models.contains(FrameModel.PSF) ? shapeAt(i) : null,
          models.contains(FrameModel.APERTURE_CORRECTIONS)
              ? ApertureCorrections.median(d.box, others)
              : null);
    }

    private boolean isEnough(int good) {
      return good > 0 && (good >= config.minGood || good >= config.minShare * detectors.size());
    }

    private boolean isLost(int i, List<String> why) {
      if (boresight.isWrong(i)) {
        why.add(
            String.format(
                Locale.ROOT,
                "WCS is %.1f arcsec from that of the visit",
                boresight.distanceArcsec(i)));
      }
      return boresight.isWrong(i);
    }

    /** Whether a number is missing or far from the trend. */
    private boolean isOff(
        double value, FieldTrend trend, int i, double limit, String name, List<String> why) {
      double off = value - trend.at(u[i], v[i]);
      boolean far = Math.abs(off) > Math.max(limit, config.sigmas * trend.scatter());
      if (far) {
        why.add(String.format(Locale.ROOT, "%s is off the visit's by %.2f", name, off));
      }
      return far || !Double.isFinite(value);
    }

    private Shape shapeAt(int i) {
      Detector d = detectors.get(i);
      double sigma = Math.exp(shape[SIZE].at(u[i], v[i]));
      double e1 = shape[E1].at(u[i], v[i]);
      double e2 = shape[E2].at(u[i], v[i]);
      double trace = 2 * sigma * sigma / Math.sqrt(1 - e1 * e1 - e2 * e2);
      double[] j = d.initial.jacobian(middleX(d.box), middleY(d.box));
      double det = j[0] * j[3] - j[1] * j[2];
      double[] inverse = {j[3] / det, -j[1] / det, -j[2] / det, j[0] / det};
      double[] m = Wcs.moments(inverse, trace * (1 + e1) / 2, trace * (1 - e1) / 2, trace * e2 / 2);
      double area = shape[AREA].at(u[i], v[i]) * Math.sqrt(m[0] * m[1] - m[2] * m[2]);
      return new Shape(m[0], m[1], m[2], area);
    }
  }

  private static double middleX(Box box) {
    return box.x0() + (box.width() - 1) / 2.0;
  }

  private static double middleY(Box box) {
    return box.y0() + (box.height() - 1) / 2.0;
  }
}
