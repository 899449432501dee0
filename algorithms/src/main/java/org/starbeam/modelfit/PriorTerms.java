package org.starbeam.modelfit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.starbeam.modelfit.SourceModel.Component;
import org.starbeam.modelfit.SourceModel.Profile;

/** The residuals of the priors and their derivatives by the parameters. */
final class PriorTerms {
  private static final double STEP = 1e-5;

  private final Parameters parameters;
  private final List<ShapePrior> priors;

  PriorTerms(Parameters parameters, List<ShapePrior> priors) {
    this.parameters = parameters;
    this.priors = List.copyOf(priors);
  }

  /** A residual in sigmas with its derivatives by a few parameters in a row. */
  record Term(double residual, int first, double[] slopes) {}

  List<Term> at(double[] theta) {
    List<Term> out = new ArrayList<>();
    List<SourceModel> models = parameters.models(theta);
    for (int i = 0; i < models.size(); i++) {
      ShapePrior prior = priors.get(i);
      SourceModel model = models.get(i);
      int at = parameters.first[i];
      if (Double.isFinite(prior.centreSigma())) {
        double slope = 1 / prior.centreSigma();
        out.add(new Term((model.x() - prior.x()) * slope, at, new double[] {slope}));
        out.add(new Term((model.y() - prior.y()) * slope, at + 1, new double[] {slope}));
      }
      at += 2;
      for (Component component : model.components()) {
        if (component.shape() != null) {
          addShape(out, theta, at, prior);
        }
        at += component.parameters();
        if (component.profile() == Profile.SERSIC && Double.isFinite(prior.indexSigma())) {
          double residual = prior.indexResidual(component.index());
          out.add(new Term(residual, at - 1, new double[] {1 / prior.indexSigma()}));
        }
      }
    }
    return out;
  }

  private static void addShape(List<Term> out, double[] theta, int at, ShapePrior prior) {
    if (Double.isFinite(prior.logSizeSigma())) {
      out.add(term(theta, at, prior::sizeResidual));
    }
    if (Double.isFinite(prior.axisRatioSigma())) {
      out.add(term(theta, at, prior::ratioResidual));
    }
  }

  private static Term term(double[] theta, int at, ToDoubleFunction<EllipseShape> residual) {
    double[] slopes = new double[3];
    double[] moved = {theta[at], theta[at + 1], theta[at + 2]};
    for (int i = 0; i < 3; i++) {
      double middle = moved[i];
      moved[i] = middle + STEP;
      double above = residual.applyAsDouble(shape(moved));
      moved[i] = middle - STEP;
      slopes[i] = (above - residual.applyAsDouble(shape(moved))) / (2 * STEP);
      moved[i] = middle;
    }
    return new Term(residual.applyAsDouble(shape(moved)), at, slopes);
  }

  private static EllipseShape shape(double[] p) {
    return new EllipseShape(Math.pow(10, p[0]), Math.pow(10, p[1]), Math.tanh(0.5 * p[2]));
  }
}
