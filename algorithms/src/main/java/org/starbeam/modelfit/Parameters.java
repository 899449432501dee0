package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.modelfit.SourceModel.Component;
import org.starbeam.modelfit.SourceModel.Profile;

/**
 * The fitted parameters of several objects in one vector (specs/04 section 9.4): of each object its
 * centre (x, y in pixels), then of each of its components log10 sigma_x, log10 sigma_y, the logit
 * of (rho + 1) / 2 and, where it is fitted, the logit of the index in (0.5, 6).
 */
final class Parameters {
  static final double LN10 = Math.log(10);
  private static final double INDEX_RANGE = SersicMixture.MAX_INDEX - SersicMixture.MIN_INDEX;

  /** |rho| of at most 0.98. */
  private static final double RHO_BOUND = 4.595;

  /** Index between 0.53 and 5.97. */
  private static final double INDEX_BOUND = 5.2;

  private static final double MIN_LOG_SIZE = -1.5;

  /** What a parameter is. */
  enum Kind {
    X,
    Y,
    SIZE,
    RHO,
    INDEX
  }

  private final List<SourceModel> start;
  final int count;
  private final double[] low;
  private final double[] high;
  private final Kind[] kinds;

  /** First parameter of each object, and the number of all at the end. */
  final int[] first;

  /**
   * @param places models about whose centres those of the objects stay
   * @param drift how far from there, pixels
   * @param maxSize largest sigma, pixels
   */
  Parameters(List<SourceModel> start, List<SourceModel> places, double drift, double maxSize) {
    this.start = List.copyOf(start);
    first = new int[start.size() + 1];
    for (int i = 0; i < start.size(); i++) {
      first[i + 1] = first[i] + start.get(i).parameters();
    }
    count = first[start.size()];
    low = new double[count];
    high = new double[count];
    kinds = new Kind[count];
    double maxLog = Math.log10(maxSize);
    for (int i = 0; i < start.size(); i++) {
      SourceModel model = start.get(i);
      int at = first[i];
      SourceModel place = places.get(i);
      bound(at++, Kind.X, place.x() - drift, place.x() + drift);
      bound(at++, Kind.Y, place.y() - drift, place.y() + drift);
      for (Component component : model.components()) {
        if (component.shape() != null) {
          bound(at++, Kind.SIZE, MIN_LOG_SIZE, maxLog);
          bound(at++, Kind.SIZE, MIN_LOG_SIZE, maxLog);
          bound(at++, Kind.RHO, -RHO_BOUND, RHO_BOUND);
        }
        if (component.profile() == Profile.SERSIC) {
          bound(at++, Kind.INDEX, -INDEX_BOUND, INDEX_BOUND);
        }
      }
    }
  }

  private void bound(int at, Kind kind, double from, double to) {
    kinds[at] = kind;
    low[at] = from;
    high[at] = to;
  }

  Kind kind(int parameter) {
    return kinds[parameter];
  }

  /** The vector of the models at the start. */
  double[] start() {
    double[] out = new double[count];
    for (int i = 0; i < start.size(); i++) {
      double[] own = vector(start.get(i));
      System.arraycopy(own, 0, out, first[i], own.length);
    }
    return clamp(out);
  }

  /** The parameters of one object. */
  static double[] vector(SourceModel model) {
    double[] out = new double[model.parameters()];
    int at = 0;
    out[at++] = model.x();
    out[at++] = model.y();
    for (Component c : model.components()) {
      EllipseShape shape = c.shape();
      if (shape != null) {
        out[at++] = Math.log10(shape.sigmaX());
        out[at++] = Math.log10(shape.sigmaY());
        out[at++] = Math.log((1 + shape.rho()) / (1 - shape.rho()));
      }
      if (c.profile() == Profile.SERSIC) {
        out[at++] = logitOfIndex(c.index());
      }
    }
    return out;
  }

  static double logitOfIndex(double index) {
    return Math.log((index - SersicMixture.MIN_INDEX) / (SersicMixture.MAX_INDEX - index));
  }

  private static double indexOf(double logit) {
    return SersicMixture.MIN_INDEX + INDEX_RANGE / (1 + Math.exp(-logit));
  }

  /** Brings a vector inside the bounds. */
  double[] clamp(double[] theta) {
    double[] out = theta.clone();
    for (int i = 0; i < count; i++) {
      out[i] = Math.min(high[i], Math.max(low[i], out[i]));
    }
    return out;
  }

  /** True when a parameter has no room to move. */
  boolean isHeld(int parameter) {
    return high[parameter] <= low[parameter];
  }

  /** -1 at the lower, 1 at the upper bound, else 0. */
  int atBound(double[] theta, int parameter) {
    double margin = 1e-9 * (1 + Math.abs(theta[parameter]));
    return theta[parameter] <= low[parameter] + margin
        ? -1
        : theta[parameter] >= high[parameter] - margin ? 1 : 0;
  }

  /** The models of a vector. */
  List<SourceModel> models(double[] theta) {
    List<SourceModel> out = new ArrayList<>();
    for (int i = 0; i < start.size(); i++) {
      out.add(model(theta, i));
    }
    return out;
  }

  private SourceModel model(double[] theta, int source) {
    int at = first[source] + 2;
    List<Component> components = new ArrayList<>();
    for (Component c : start.get(source).components()) {
      EllipseShape shape = null;
      if (c.shape() != null) {
        double rho = Math.tanh(0.5 * theta[at + 2]);
        shape = new EllipseShape(Math.pow(10, theta[at]), Math.pow(10, theta[at + 1]), rho);
        at += 3;
      }
      double index = c.profile() == Profile.SERSIC ? indexOf(theta[at++]) : c.index();
      components.add(new Component(c.profile(), shape, index, c.merged()));
    }
    return new SourceModel(theta[first[source]], theta[first[source] + 1], components);
  }

  /** Receives d plane-combination / d parameter. */
  @FunctionalInterface
  interface Chain {
    void accept(int parameter, int plane, double factor);
  }

  /**
   * How the parameters of a component act on its planes.
   *
   * @param source number of the object
   * @param offset number of parameters of the object before those of the component
   */
  void chain(int source, int offset, Component c, Chain chain) {
    chain.accept(first[source], GaussianRenderer.DX, 1);
    chain.accept(first[source] + 1, GaussianRenderer.DY, 1);
    EllipseShape shape = c.shape();
    int at = first[source] + offset;
    if (shape != null) {
      chain.accept(at, GaussianRenderer.DXX, 2 * LN10 * shape.xx());
      chain.accept(at, GaussianRenderer.DXY, LN10 * shape.xy());
      chain.accept(at + 1, GaussianRenderer.DYY, 2 * LN10 * shape.yy());
      chain.accept(at + 1, GaussianRenderer.DXY, LN10 * shape.xy());
      double slope = 0.5 * (1 - shape.rho() * shape.rho());
      chain.accept(at + 2, GaussianRenderer.DXY, slope * shape.sigmaX() * shape.sigmaY());
    }
    if (c.profile() == Profile.SERSIC) {
      chain.accept(at + 3, GaussianRenderer.DN, indexSlope(c.index()));
    }
  }

  /**
   * Second derivatives of what {@link #chain} tells, each parameter by itself.
   *
   * @param source number of the object
   * @param offset number of parameters of the object before those of the component
   */
  void bend(int source, int offset, Component c, Chain bend) {
    EllipseShape shape = c.shape();
    int at = first[source] + offset;
    if (shape != null) {
      double square = LN10 * LN10;
      bend.accept(at, GaussianRenderer.DXX, 4 * square * shape.xx());
      bend.accept(at, GaussianRenderer.DXY, square * shape.xy());
      bend.accept(at + 1, GaussianRenderer.DYY, 4 * square * shape.yy());
      bend.accept(at + 1, GaussianRenderer.DXY, square * shape.xy());
      double slope = 0.5 * (1 - shape.rho() * shape.rho());
      bend.accept(at + 2, GaussianRenderer.DXY, -slope * shape.xy());
    }
    if (c.profile() == Profile.SERSIC) {
      double towards = SersicMixture.MIN_INDEX + SersicMixture.MAX_INDEX - 2 * c.index();
      bend.accept(at + 3, GaussianRenderer.DN, indexSlope(c.index()) * towards / INDEX_RANGE);
    }
  }

  /** d index / d its logit. */
  static double indexSlope(double index) {
    return (index - SersicMixture.MIN_INDEX) * (SersicMixture.MAX_INDEX - index) / INDEX_RANGE;
  }
}
