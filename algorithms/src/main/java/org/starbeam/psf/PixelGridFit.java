package org.starbeam.psf;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.measurement.AdaptiveMoments;

/**
 * The state of a fit of a grid of samples C_k to stars, and what its determiners share: stars on
 * the grid, flux, centre, background and weights of each, the model and its error in fluxes.
 */
class PixelGridFit {
  static final double CORE_IN_FWHM = 2;

  final PsfDeterminer.Config settings;
  final StampSet stamps;
  final double fwhm;
  final double step;
  final int kernel;
  final int grid;
  final int side;
  final boolean[] free;
  final List<StarFit> all = new ArrayList<>();
  final StarFit.Freedom freedom;
  final double[] scratch;
  final double[] variance;
  PositionBasis basis;

  /** Samples by term of the basis. */
  double[][] c = new double[0][];

  /**
   * @param step of the grid in pixels
   * @param kernel order of the Lanczos interpolation
   * @param freeBackground whether a constant is fitted under every star
   */
  PixelGridFit(
      PsfDeterminer.Config config,
      StampSet stamps,
      double fwhm,
      double step,
      int kernel,
      boolean freeBackground) {
    freedom = new StarFit.Freedom(config.freeCentres(), freeBackground);
    settings = config;
    this.stamps = stamps;
    this.fwhm = fwhm;
    this.step = step;
    this.kernel = kernel;
    grid = 2 * (int) Math.rint(settings.halfSize() / step) + 1;
    side = stamps.side();
    free = circle();
    scratch = new double[grid * side];
    variance = new double[side * side];
    basis = PositionBasis.over(stamps.imageBox(), 0);
    for (StampSet.Stamp stamp : stamps.stamps()) {
      all.add(new StarFit(stamp, side, grid, step, kernel));
    }
  }

  private boolean[] circle() {
    boolean[] inside = new boolean[grid * grid];
    int mid = grid / 2;
    double radius = (settings.halfSize() + 0.5) / step;
    for (int i = 0; i < inside.length; i++) {
      int dx = i % grid - mid;
      int dy = i / grid - mid;
      inside[i] = dx * dx + dy * dy <= radius * radius;
    }
    return inside;
  }

  /** A profile of offsets from the centre at the grid points, unit sum. */
  double[] sample(DoubleBinaryOperator profile) {
    double[] out = new double[grid * grid];
    int mid = grid / 2;
    double sum = 0;
    for (int i = 0; i < out.length; i++) {
      if (free[i]) {
        out[i] = profile.applyAsDouble((i % grid - mid) * step, (i / grid - mid) * step);
        sum += out[i];
      }
    }
    for (int i = 0; i < out.length; i++) {
      out[i] /= sum;
    }
    return out;
  }

  /**
   * Flux, centre and background of every star by the present model, and weights.
   *
   * @param accuracy share of the light by which the model may be wrong
   * @param pixelClip sigma beyond which a pixel is dropped; infinite for none
   * @param misfit share of the light by which a pixel may be off without being dropped
   */
  void weigh(double accuracy, double pixelClip, double misfit) {
    double perFlux = stamps.config().variancePerFlux();
    boolean clips = Double.isFinite(pixelClip);
    for (StarFit star : all) {
      star.used = true;
      star.basis = basis.at(star.stamp.star().x(), star.stamp.star().y());
      double[] local = local(star.basis);
      star.draw(local, scratch);
      for (int k = 0; k < 2 && star.used; k++) {
        star.variance(perFlux, accuracy, variance);
        if (clips) {
          star.clipPixels(pixelClip, misfit, variance);
        }
        star.refit(local, variance, freedom, scratch);
        star.draw(local, scratch);
      }
      star.variance(perFlux, accuracy, variance);
      int clipped = clips ? star.clipPixels(pixelClip, misfit, variance) : 0;
      star.weigh(variance, settings.maxSnr(), CORE_IN_FWHM * fwhm);
      star.used &= !Double.isNaN(star.chi2) && clipped < 0.2 * variance.length;
    }
  }

  List<StarFit> usedStars() {
    return all.stream().filter(s -> s.used).toList();
  }

  double[] local(double[] b) {
    return local(c, b);
  }

  /** The samples at a place, of the values of its terms. */
  double[] local(double[][] c, double[] b) {
    double[] out = new double[grid * grid];
    for (int k = 0; k < b.length; k++) {
      for (int g = 0; g < out.length; g++) {
        out[g] += b[k] * c[k][g];
      }
    }
    return out;
  }

  private double[][] modes() {
    return VariationModes.of(c[0], grid, free, !settings.freeCentres());
  }

  VariationFit variation(PositionBasis highest, List<VariationFit.Prior> priors) {
    return new VariationFit(usedStars(), c[0], modes(), highest, priors);
  }

  /** Adds terms of zeros. */
  void raise(int degree) {
    double[] constant = c[0];
    PositionBasis next = basis.withDegree(degree);
    c = new double[next.size()][grid * grid];
    c[0] = constant;
    basis = next;
  }

  /** Unit sum of the constant term. */
  void normalise() {
    double sum = Arrays.stream(c[0]).sum();
    for (int g = 0; g < c[0].length; g++) {
      c[0][g] /= sum;
    }
  }

  PsfFit result(Set<PsfFit.Flag> flags, FluxJackknife jackknife) {
    List<StarFit> used = usedStars();
    double chi2 = ClippedStatistics.median(used.stream().mapToDouble(s -> s.chi2).toArray());
    double[] average = {
      used.stream().mapToDouble(s -> s.x).average().orElse(0),
      used.stream().mapToDouble(s -> s.y).average().orElse(0)
    };
    Map<String, Object> notes = new LinkedHashMap<>();
    notes.put("NSTAR", used.size());
    notes.put("CHI2", chi2);
    return new PsfFit(
        new JackknifedPsf(
            settings.freeCentres()
                ? centred(average, notes)
                : model(average, notes, zeros(), zeros()),
            jackknife),
        starResults(),
        used.size(),
        basis.degree(),
        chi2,
        flags);
  }

  /** The error in fluxes by the modes of this choice. */
  FluxJackknife jackknife(VariationFit.Choice choice) {
    double[][] modes = modes();
    double[][] changes = variation(basis, List.of()).jackknife(choice);
    return FluxJackknife.of(basis, (x, y) -> fluxChanges(modes, changes, basis.at(x, y)));
  }

  /** -P dP / P P of every group, with dP = sum over modes and terms of a b M. */
  private double[] fluxChanges(double[][] modes, double[][] changes, double[] b) {
    double[] p = local(b);
    double norm = dot(p, p);
    double[] out = new double[changes.length];
    for (int m = 0; m < modes.length; m++) {
      double overlap = dot(p, modes[m]) / norm;
      for (int g = 0; g < out.length; g++) {
        for (int k = 0; k < b.length; k++) {
          out[g] -= changes[g][k * modes.length + m] * b[k] * overlap;
        }
      }
    }
    return out;
  }

  static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += a[i] * b[i];
    }
    return sum;
  }

  private double[] zeros() {
    return new double[basis.size()];
  }

  private PixelPsf model(
      double[] average, Map<String, Object> notes, double[] centreX, double[] centreY) {
    return new PixelPsf(
        grid, step, kernel, settings.halfSize(), basis, c, centreX, centreY, average, notes);
  }

  /** The model displaced so that its adaptive centroid lies where it is asked for. */
  private PixelPsf centred(double[] average, Map<String, Object> notes) {
    PixelPsf plain = model(average, notes, zeros(), zeros());
    int terms = basis.size();
    double[][] normal = new double[terms][terms];
    double[] sumX = new double[terms];
    double[] sumY = new double[terms];
    AdaptiveMoments moments = new AdaptiveMoments();
    Box box = stamps.imageBox();
    for (int i = 0; i < 25; i++) {
      double x = box.x0() + box.width() * (i % 5 + 0.5) / 5;
      double y = box.y0() + box.height() * (i / 5 + 0.5) / 5;
      AdaptiveMoments.Result r = moments.measure(plain.kernelImage(x, y), 0, 0, 1.5);
      double[] b = basis.at(x, y);
      for (int a = 0; a < terms && r.isOk(); a++) {
        sumX[a] += b[a] * r.x();
        sumY[a] += b[a] * r.y();
        for (int k = 0; k <= a; k++) {
          normal[a][k] += b[a] * b[k];
        }
      }
    }
    if (!SmallCholesky.factor(normal)) {
      return plain;
    }
    SmallCholesky.substitute(normal, sumX);
    SmallCholesky.substitute(normal, sumY);
    return model(average, notes, sumX, sumY);
  }

  private List<PsfFit.Star> starResults() {
    PsfFit.Star[] out = new PsfFit.Star[stamps.stars().size()];
    for (int i = 0; i < out.length; i++) {
      StampSet.Star s = stamps.stars().get(i);
      out[i] = new PsfFit.Star(s.key(), false, s.x(), s.y(), s.flux(), 0, Double.NaN);
    }
    for (StarFit s : all) {
      out[s.stamp.inputIndex()] =
          new PsfFit.Star(s.stamp.star().key(), s.used, s.x, s.y, s.flux, s.background, s.chi2);
    }
    return List.of(out);
  }
}
