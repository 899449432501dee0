package org.starbeam.measurement;

import java.io.Serializable;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;

/**
 * Position where the matched filter S(x, y) = sum P(i - x, j - y) D_ij peaks (specs/02 section
 * 10.3), by Newton steps from the peak pixel with the PSF at its sub-pixel position. The gradient
 * uses antisymmetric five-point differences of P, so it vanishes exactly where D = F P.
 *
 * <p>Errors propagate the variance plane: Var(x) = sum(Px^2 V) / (F sum(Px^2))^2, likewise y and
 * the covariance; the systematic floor is added in quadrature. Moves of more than {@code maxShift}
 * from the peak put the position back on it. Cost: at most {@code maxSteps} stamps.
 */
public final class Centroid implements MeasurementPlugin {
  /**
   * @param maxSteps Newton steps
   * @param tolerance last step in pixels
   * @param maxShift from the peak in pixels
   * @param floor systematic error per axis in pixels
   */
  public record Config(int maxSteps, double tolerance, double maxShift, double floor)
      implements Serializable {
    public static Config defaults() {
      return new Config(10, 1e-4, 3, 0.005);
    }
  }

  private final Config config;

  public Centroid(Config config) {
    this.config = config;
  }

  @Override
  public String name() {
    return Fields.CENTROID;
  }

  @Override
  public int executionOrder() {
    return CENTROID;
  }

  @Override
  public List<String> inputs() {
    return List.of();
  }

  @Override
  public List<String> outputs() {
    return List.of(Fields.X, Fields.Y, Fields.X_ERR, Fields.Y_ERR, Fields.XY_COV);
  }

  @Override
  public void measure(MeasurementFrame frame, MeasuredSource source) {
    double x = source.peak().x();
    double y = source.peak().y();
    source.set(Fields.X, x);
    source.set(Fields.Y, y);
    MaskedImage image = frame.image();
    Step step = Step.at(image, frame.psf().image(x, y));
    for (int i = 0; i < config.maxSteps && step.isValid(); i++) {
      double[] d = step.newton();
      double length = Math.hypot(d[0], d[1]);
      double scale = length > 1 ? 1 / length : 1;
      x += scale * d[0];
      y += scale * d[1];
      if (Math.hypot(x - source.peak().x(), y - source.peak().y()) > config.maxShift) {
        reset(source);
        return;
      }
      step = Step.at(image, frame.psfImage(x, y));
      if (length < config.tolerance) {
        break;
      }
    }
    if (!step.isValid()) {
      source.setFlag(Fields.flag(Fields.CENTROID));
      source.setFlag(Fields.flag(Fields.CENTROID, "noSecondDerivative"));
      return;
    }
    source.set(Fields.X, x);
    source.set(Fields.Y, y);
    setErrors(source, step);
    source.setFlag(Fields.flag(Fields.CENTROID, "nearEdge"), step.cut);
  }

  private void setErrors(MeasuredSource source, Step step) {
    double[] c = step.covariance();
    double floor = config.floor * config.floor;
    source.set(Fields.X_ERR, Math.sqrt(c[0] + floor));
    source.set(Fields.Y_ERR, Math.sqrt(c[1] + floor));
    source.set(Fields.XY_COV, c[2]);
    source.setFlag(Fields.flag(Fields.CENTROID, "badError"), !(c[0] > 0 && c[1] > 0));
  }

  private static void reset(MeasuredSource source) {
    source.set(Fields.X, source.peak().x());
    source.set(Fields.Y, source.peak().y());
    source.setFlag(Fields.flag(Fields.CENTROID));
    source.setFlag(Fields.flag(Fields.CENTROID, "resetToPeak"));
  }

  /** Sums of one stamp; g is the derivative of P with respect to the source's position. */
  private static final class Step {
    private double gxD;
    private double gyD;
    private double gxx;
    private double gyy;
    private double gxy;
    private double vxx;
    private double vyy;
    private double vxy;
    private double pd;
    private double pp;
    private boolean cut;

    static Step at(MaskedImage image, ImageD psf) {
      Step s = new Step();
      Box whole = psf.box();
      Box box = whole.intersect(image.box());
      s.cut = !box.equals(whole);
      for (int y = box.y0(); y < box.y1(); y++) {
        for (int x = box.x0(); x < box.x1(); x++) {
          double d = image.image().get(x, y);
          double v = image.variance().get(x, y);
          if (v > 0 && Double.isFinite(v) && Double.isFinite(d)) {
            s.add(psf, whole, x, y, d, v);
          }
        }
      }
      return s;
    }

    private void add(ImageD psf, Box box, int x, int y, double d, double v) {
      double p = psf.get(x, y);
      double gx =
          (8 * (at(psf, box, x - 1, y) - at(psf, box, x + 1, y))
                  - (at(psf, box, x - 2, y) - at(psf, box, x + 2, y)))
              / 12;
      double gy =
          (8 * (at(psf, box, x, y - 1) - at(psf, box, x, y + 1))
                  - (at(psf, box, x, y - 2) - at(psf, box, x, y + 2)))
              / 12;
      gxD += gx * d;
      gyD += gy * d;
      gxx += gx * gx;
      gyy += gy * gy;
      gxy += gx * gy;
      vxx += gx * gx * v;
      vyy += gy * gy * v;
      vxy += gx * gy * v;
      pd += p * d;
      pp += p * p;
    }

    private static double at(ImageD psf, Box box, int x, int y) {
      return box.contains(x, y) ? psf.get(x, y) : 0;
    }

    boolean isValid() {
      return pd > 0 && pp > 0 && determinant() > 1e-12 * gxx * gyy;
    }

    private double determinant() {
      return gxx * gyy - gxy * gxy;
    }

    private double flux() {
      return pd / pp;
    }

    /** Step towards the maximum. */
    double[] newton() {
      double f = flux() * determinant();
      return new double[] {(gyy * gxD - gxy * gyD) / f, (gxx * gyD - gxy * gxD) / f};
    }

    /** {Var x, Var y, Cov} = A^-1 B A^-1 / F^2 with A = sum g g', B = sum g g' V. */
    double[] covariance() {
      double f2 = flux() * flux() * determinant() * determinant();
      double a = gyy;
      double b = -gxy;
      double c = gxx;
      return new double[] {
        (a * a * vxx + 2 * a * b * vxy + b * b * vyy) / f2,
        (b * b * vxx + 2 * b * c * vxy + c * c * vyy) / f2,
        (a * b * vxx + (a * c + b * b) * vxy + b * c * vyy) / f2
      };
    }
  }
}
