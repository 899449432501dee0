package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.starbeam.image.NonNegativeSolver;
import org.starbeam.modelfit.SourceModel.Component;

/**
 * Fits the structure of one or several objects to the pixels of all bands at once (specs/04 section
 * 9.5). The structure is shared by the bands and found by Levenberg and Marquardt; the fluxes are
 * linear and are solved for at every step, not negative (variable projection with the Jacobian of
 * Kaufman), so that the number of parameters does not grow with the number of bands. The normal
 * matrix also has, where that is positive, the curvature that the logarithms of the sizes and the
 * other parameters bring in: without it the size of an unresolved object, of which little is left
 * to see, takes steps that are far too long. The published fluxes come from a last linear solution
 * that may be negative.
 *
 * <p>Cost per evaluation and band O(sum over components of Gaussians x pixels that they reach) and
 * for the products O(sum over pixels of the square of the planes that have light there): it grows
 * with the objects times those that overlap each, not with their square.
 */
public final class JointFit {
  /**
   * @param maxEvaluations of the model
   * @param relativeChange of chi-square that ends the fit
   * @param stepSigmas a step smaller than this in all parameters ends the fit
   * @param drift how far a centre may go from where it is looked for, pixels
   */
  public record Config(int maxEvaluations, double relativeChange, double stepSigmas, double drift) {
    /** Of structures of a given profile. */
    public static Config fixedProfile() {
      return new Config(60, 1e-5, 1e-4, 5);
    }

    /** Of structures with a free index or two components. */
    public static Config freeProfile() {
      return new Config(100, 1e-5, 1e-4, 5);
    }
  }

  /** Damping with which a small change of chi-square is no end. */
  private static final double MAX_LAST_DAMPING = 1;

  private final List<BandPixels> bands;
  private final Config config;
  private final Parameters parameters;
  private final PriorTerms priors;
  private final List<BandNormals> normals = new ArrayList<>();

  /** First plane of every component, and which object and how many parameters come before it. */
  private final List<Slot> slots = new ArrayList<>();

  private record Slot(int source, int offset, int plane) {}

  /** The state of the models at a vector. */
  private final class Point {
    final double[] theta;
    final double[][] fluxes;
    final PlaneProducts.Sums[] sums;
    double chi2;
    double priorChi2;
    double[] gradient = new double[0];
    double[][] hessian = new double[0][];

    Point(double[] theta) {
      this.theta = theta;
      this.fluxes = new double[bands.size()][];
      this.sums = new PlaneProducts.Sums[bands.size()];
    }

    /** The fall of chi-square that the normal equations foretell for another vector. */
    double foretold(double[] next) {
      double[] step = difference(next, theta);
      double fall = 0;
      for (int i = 0; i < step.length; i++) {
        double curved = 0;
        for (int j = 0; j < step.length; j++) {
          curved += hessian[i][j] * step[j];
        }
        fall += step[i] * (2 * gradient[i] - curved);
      }
      return fall;
    }

    double total() {
      return chi2 + priorChi2;
    }
  }

  private JointFit(
      List<BandPixels> bands,
      List<SourceModel> start,
      List<SourceModel> places,
      List<ShapePrior> priors,
      Config config) {
    this.bands = List.copyOf(bands);
    this.config = config;
    double size = Math.hypot(bands.get(0).box().width(), bands.get(0).box().height()) / 2;
    this.parameters = new Parameters(start, places, config.drift(), Math.max(2, size));
    this.priors = new PriorTerms(parameters, priors);
    List<Component> components = new ArrayList<>();
    int plane = 0;
    for (int i = 0; i < start.size(); i++) {
      int offset = 2;
      for (Component component : start.get(i).components()) {
        slots.add(new Slot(i, offset, plane));
        components.add(component);
        offset += component.parameters();
        plane += component.planes();
      }
    }
    double[][][] room = BandNormals.room(components, bands.get(0).data().length);
    for (BandPixels band : bands) {
      normals.add(new BandNormals(band, room));
    }
  }

  /**
   * Fits objects.
   *
   * @param bands pixels of the same box
   * @param start models to begin with, of the profiles that are wanted
   * @param places models about whose centres those of the objects are looked for
   * @param priors of each object
   */
  static FitResult fit(
      List<BandPixels> bands,
      List<SourceModel> start,
      List<SourceModel> places,
      List<ShapePrior> priors,
      Config config) {
    return new JointFit(bands, start, places, priors, config).run(true);
  }

  /** The same without the covariance and what the objects would be as points. */
  static FitResult structure(
      List<BandPixels> bands,
      List<SourceModel> start,
      List<SourceModel> places,
      List<ShapePrior> priors,
      Config config) {
    return new JointFit(bands, start, places, priors, config).run(false);
  }

  /** The same, centres looked for about their start. */
  static FitResult fit(
      List<BandPixels> bands, List<SourceModel> start, List<ShapePrior> priors, Config config) {
    return fit(bands, start, start, priors, config);
  }

  private FitResult run(boolean described) {
    Point best = at(parameters.start());
    int evaluations = 1;
    Damping damping = new Damping();
    boolean converged = false;
    while (!converged && evaluations < config.maxEvaluations() && !damping.isExhausted()) {
      double[] next = parameters.clamp(sum(best.theta, step(best, damping.factor())));
      if (isSmall(best, next)) {
        converged = true;
        break;
      }
      Point trial = at(next);
      evaluations++;
      double change = best.total() - trial.total();
      if (change >= 0) {
        converged =
            change < config.relativeChange() * best.total() && damping.factor() <= MAX_LAST_DAMPING;
        double foretold = best.foretold(next);
        damping.accepted(foretold > 0 ? change / foretold : 0);
        best = trial;
      } else {
        damping.rejected();
      }
    }
    converged |= damping.isExhausted();
    return finish(best, evaluations, converged, described);
  }

  private static double[] sum(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] + b[i];
    }
    return out;
  }

  private static double[] difference(double[] a, double[] b) {
    double[] out = new double[a.length];
    for (int i = 0; i < a.length; i++) {
      out[i] = a[i] - b[i];
    }
    return out;
  }

  /** A step in the parameters that no bound stops. */
  private double[] step(Point point, double lambda) {
    int n = parameters.count;
    boolean[] free = Normal.all(n);
    double[][] damped = new double[n][];
    for (int i = 0; i < n; i++) {
      int bound = parameters.atBound(point.theta, i);
      free[i] = bound == 0 || bound * point.gradient[i] < 0;
      free[i] &= point.hessian[i][i] > 0 && !parameters.isHeld(i);
      damped[i] = point.hessian[i].clone();
      damped[i][i] *= 1 + lambda;
    }
    return Normal.solve(damped, point.gradient, free);
  }

  private boolean isSmall(Point point, double[] next) {
    for (int i = 0; i < next.length; i++) {
      double sigmas = Math.abs(next[i] - point.theta[i]) * Math.sqrt(point.hessian[i][i]);
      if (sigmas > config.stepSigmas()) {
        return false;
      }
    }
    return true;
  }

  /** Renders the models of a vector, solves the fluxes and forms the normal equations. */
  private Point at(double[] theta) {
    Point point = new Point(theta);
    int n = parameters.count;
    point.gradient = new double[n];
    point.hessian = new double[n][n];
    List<SourceModel> models = parameters.models(theta);
    double[] bend = new double[n];
    for (int b = 0; b < normals.size(); b++) {
      PlaneProducts.Sums sums = normals.get(b).update(models);
      double[] flux = NonNegativeSolver.solve(values(sums.gram()), values(sums.right()));
      double[] residual = residual(sums, flux);
      point.fluxes[b] = flux;
      point.sums[b] = sums;
      point.chi2 += chi2(normals.get(b), sums, flux);
      addBand(point, b, residual, chain(models, flux));
      addBend(bend, models, flux, residual);
    }
    for (int i = 0; i < n; i++) {
      point.hessian[i][i] += Math.max(0, bend[i]);
    }
    for (PriorTerms.Term term : priors.at(theta)) {
      point.priorChi2 += term.residual() * term.residual();
      for (int i = 0; i < term.slopes().length; i++) {
        point.gradient[term.first() + i] -= term.slopes()[i] * term.residual();
        for (int j = 0; j < term.slopes().length; j++) {
          point.hessian[term.first() + i][term.first() + j] += term.slopes()[i] * term.slopes()[j];
        }
      }
    }
    return point;
  }

  /** Of the planes, those of the values. */
  private double[][] values(double[][] gram) {
    double[][] out = new double[slots.size()][slots.size()];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < out.length; j++) {
        out[i][j] = gram[slots.get(i).plane][slots.get(j).plane];
      }
    }
    return out;
  }

  private double[] values(double[] right) {
    return slots.stream().mapToDouble(slot -> right[slot.plane]).toArray();
  }

  /** Derivatives of the model by the parameters as sums of planes: [parameter][plane]. */
  private double[][] chain(List<SourceModel> models, double[] flux) {
    int planes = normals.get(0).planes();
    double[][] out = new double[parameters.count][planes];
    int c = 0;
    for (int i = 0; i < models.size(); i++) {
      for (Component component : models.get(i).components()) {
        Slot slot = slots.get(c);
        double f = flux[c++];
        parameters.chain(
            i,
            slot.offset,
            component,
            (parameter, plane, factor) -> out[parameter][slot.plane + plane] += f * factor);
      }
    }
    return out;
  }

  /** Products of the planes with data minus model. */
  private double[] residual(PlaneProducts.Sums sums, double[] flux) {
    double[] residual = sums.right().clone();
    for (int c = 0; c < flux.length; c++) {
      int plane = slots.get(c).plane;
      for (int p = 0; p < residual.length; p++) {
        residual[p] -= flux[c] * sums.gram()[p][plane];
      }
    }
    return residual;
  }

  /** Adds the second derivatives of what multiplies the planes, times the residuals. */
  private void addBend(double[] bend, List<SourceModel> models, double[] flux, double[] residual) {
    int c = 0;
    for (int i = 0; i < models.size(); i++) {
      for (Component component : models.get(i).components()) {
        Slot slot = slots.get(c);
        double f = flux[c++];
        parameters.bend(
            i,
            slot.offset,
            component,
            (parameter, plane, factor) ->
                bend[parameter] -= f * factor * residual[slot.plane + plane]);
      }
    }
  }

  private void addBand(Point point, int b, double[] residual, double[][] chain) {
    PlaneProducts.Sums sums = point.sums[b];
    double[][] products = Normal.product(chain, sums.gram());
    double[][] projected = projected(sums, point.fluxes[b], products);
    for (int i = 0; i < parameters.count; i++) {
      for (int p = 0; p < residual.length; p++) {
        point.gradient[i] += chain[i][p] * residual[p];
      }
      for (int j = 0; j <= i; j++) {
        double sum = -projected[i][j];
        for (int p = 0; p < residual.length; p++) {
          sum += products[i][p] * chain[j][p];
        }
        point.hessian[i][j] += sum;
        if (j < i) {
          point.hessian[j][i] += sum;
        }
      }
    }
  }

  /** What of the derivatives the fluxes of the band can take up. */
  private double[][] projected(PlaneProducts.Sums sums, double[] flux, double[][] products) {
    boolean[] active = new boolean[flux.length];
    for (int c = 0; c < flux.length; c++) {
      active[c] = flux[c] > 0;
    }
    double[][] inverse = Normal.inverse(values(sums.gram()), active);
    int n = parameters.count;
    double[][] mixed = new double[n][flux.length];
    double[][] out = new double[n][n];
    if (inverse == null) {
      return out;
    }
    for (int i = 0; i < n; i++) {
      for (int c = 0; c < flux.length; c++) {
        mixed[i][c] = products[i][slots.get(c).plane];
      }
    }
    double[][] solved = Normal.product(mixed, inverse);
    for (int i = 0; i < n; i++) {
      for (int j = 0; j < n; j++) {
        for (int c = 0; c < flux.length; c++) {
          out[i][j] += solved[i][c] * mixed[j][c];
        }
      }
    }
    return out;
  }

  private FitResult finish(Point best, int evaluations, boolean converged, boolean described) {
    List<SourceModel> models = parameters.models(best.theta);
    double[][] linear = new double[bands.size()][];
    double[] chi2 = new double[bands.size()];
    int[] used = new int[bands.size()];
    boolean[] bound = new boolean[parameters.count];
    for (int i = 0; i < bound.length; i++) {
      bound[i] = parameters.atBound(best.theta, i) != 0;
    }
    Errors errors = new Errors();
    double[] pointChi2 = new double[models.size()];
    for (int b = 0; b < normals.size(); b++) {
      BandNormals band = normals.get(b);
      PlaneProducts.Sums sums = best.sums[b];
      double[][] gram = values(sums.gram());
      linear[b] = Normal.solve(gram, values(sums.right()), positive(gram));
      chi2[b] = chi2(band, sums, linear[b]);
      used[b] = band.used;
      if (described) {
        band.render(models);
        errors.add(b, band, sums, chain(models, best.fluxes[b]));
        for (int i = 0; i < pointChi2.length; i++) {
          pointChi2[i] += withPoint(band, sums, i, models.get(i));
        }
      }
    }
    return new FitResult(
        bands.get(0).box(),
        models,
        parameters,
        linear,
        best.fluxes,
        chi2,
        used,
        bound,
        described ? errors.covariance(best.theta, bound) : new double[0][],
        pointChi2,
        evaluations,
        converged);
  }

  /** Chi-square of a band with an object as a point where it is, the others as they are. */
  private double withPoint(
      BandNormals band, PlaneProducts.Sums sums, int source, SourceModel model) {
    double[][] gram = values(sums.gram());
    double[] products = band.pointProducts(model.x(), model.y());
    int[] others =
        IntStream.range(0, slots.size()).filter(c -> slots.get(c).source != source).toArray();
    int n = others.length + 1;
    double[][] a = new double[n][n];
    double[] b = new double[n];
    for (int i = 0; i < n - 1; i++) {
      for (int j = 0; j < n - 1; j++) {
        a[i][j] = gram[others[i]][others[j]];
      }
      a[i][n - 1] = products[others[i]];
      a[n - 1][i] = a[i][n - 1];
      b[i] = sums.right()[slots.get(others[i]).plane];
    }
    a[n - 1][n - 1] = products[slots.size()];
    b[n - 1] = products[slots.size() + 1];
    double[] flux = NonNegativeSolver.solve(a, b);
    double chi2 = band.dataSquare;
    for (int i = 0; i < n; i++) {
      double modelled = 0;
      for (int j = 0; j < n; j++) {
        modelled += a[i][j] * flux[j];
      }
      chi2 -= flux[i] * (2 * b[i] - modelled);
    }
    return chi2;
  }

  private static boolean[] positive(double[][] gram) {
    boolean[] out = new boolean[gram.length];
    for (int i = 0; i < gram.length; i++) {
      out[i] = gram[i][i] > 0;
    }
    return out;
  }

  /** Of any fluxes. */
  private double chi2(BandNormals band, PlaneProducts.Sums sums, double[] flux) {
    double chi2 = band.dataSquare;
    double[] residual = residual(sums, flux);
    for (int c = 0; c < flux.length; c++) {
      int plane = slots.get(c).plane;
      chi2 -= flux[c] * (sums.right()[plane] + residual[plane]);
    }
    return chi2;
  }

  /**
   * Covariance of the parameters and then the fluxes band by band (specs/04 section 9.6): A^-1 B
   * A^-1 with A the normal matrix by the weights of the fit and B the same with the noise that the
   * pixels have, correlated as the coadd's. Parameters at a bound are held.
   */
  private final class Errors {
    private final int n = parameters.count;
    private final int per = slots.size();
    private final int size = n + bands.size() * per;
    private final double[][] a = new double[size][size];
    private final double[][] noise = new double[size][size];

    void add(int b, BandNormals band, PlaneProducts.Sums sums, double[][] chain) {
      double[][] columns = columns(chain, band.planes());
      JointFit.add(a, transformed(columns, sums.gram()), n, per, b);
      JointFit.add(noise, transformed(columns, band.noise()), n, per, b);
    }

    double[][] covariance(double[] theta, boolean[] bound) {
      for (PriorTerms.Term term : priors.at(theta)) {
        for (int i = 0; i < term.slopes().length; i++) {
          for (int j = 0; j < term.slopes().length; j++) {
            double product = term.slopes()[i] * term.slopes()[j];
            a[term.first() + i][term.first() + j] += product;
            noise[term.first() + i][term.first() + j] += product;
          }
        }
      }
      boolean[] free = Normal.all(size);
      for (int i = 0; i < size; i++) {
        free[i] = a[i][i] > 0 && (i >= n || !bound[i]);
      }
      double[][] inverse = Normal.inverse(a, free);
      if (inverse != null) {
        return Normal.sandwich(inverse, noise);
      }
      double[][] unknown = new double[size][size];
      Arrays.stream(unknown).forEach(row -> Arrays.fill(row, Double.NaN));
      return unknown;
    }
  }

  /** The parameters and the fluxes of a band as sums of planes. */
  private double[][] columns(double[][] chain, int planes) {
    double[][] out = Arrays.copyOf(chain, chain.length + slots.size());
    for (int c = 0; c < slots.size(); c++) {
      double[] row = new double[planes];
      row[slots.get(c).plane] = 1;
      out[chain.length + c] = row;
    }
    return out;
  }

  private static double[][] transformed(double[][] columns, double[][] gram) {
    double[][] products = Normal.product(columns, gram);
    double[][] out = new double[columns.length][columns.length];
    for (int i = 0; i < out.length; i++) {
      for (int j = 0; j < out.length; j++) {
        double sum = 0;
        for (int p = 0; p < gram.length; p++) {
          sum += products[i][p] * columns[j][p];
        }
        out[i][j] = sum;
      }
    }
    return out;
  }

  private static void add(double[][] all, double[][] band, int n, int per, int b) {
    for (int i = 0; i < band.length; i++) {
      int row = i < n ? i : i + b * per;
      for (int j = 0; j < band.length; j++) {
        all[row][j < n ? j : j + b * per] += band[i][j];
      }
    }
  }
}
