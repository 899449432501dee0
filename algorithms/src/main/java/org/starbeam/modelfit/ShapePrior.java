package org.starbeam.modelfit;

/**
 * What is believed of the structure of an object before its pixels are seen (specs/04 section 9.4):
 * Gaussians in log10 of the size, in the logit of the axis ratio in (0, 1.05), in the logit of the
 * Sersic index in (0.5, 6) and in the centre. A width of infinity leaves a term out.
 *
 * @param logSize mean log10 of the root of the product of the half-light semi-axes, pixels
 * @param logSizeSigma in dex
 * @param smallIsFree true when only sizes above the mean are improbable
 * @param axisRatio mean axis ratio
 * @param axisRatioSigma in logits
 * @param index mean Sersic index
 * @param indexSigma in logits
 * @param x mean centre, pixels
 * @param y mean centre, pixels
 * @param centreSigma pixels
 */
public record ShapePrior(
    double logSize,
    double logSizeSigma,
    boolean smallIsFree,
    double axisRatio,
    double axisRatioSigma,
    double index,
    double indexSigma,
    double x,
    double y,
    double centreSigma) {
  /** A round object is allowed, so the ratio may be 1. */
  private static final double RATIO_LIMIT = 1.05;

  /** No belief at all. */
  public static final ShapePrior NONE =
      new ShapePrior(
          0,
          Double.POSITIVE_INFINITY,
          false,
          0.7,
          Double.POSITIVE_INFINITY,
          1,
          Double.POSITIVE_INFINITY,
          0,
          0,
          Double.POSITIVE_INFINITY);

  /** The same with a belief about the centre. */
  public ShapePrior around(double centreX, double centreY, double sigma) {
    return new ShapePrior(
        logSize,
        logSizeSigma,
        smallIsFree,
        axisRatio,
        axisRatioSigma,
        index,
        indexSigma,
        centreX,
        centreY,
        sigma);
  }

  double sizeResidual(EllipseShape shape) {
    double residual = (Math.log10(shape.meanRadius()) - logSize) / logSizeSigma;
    return smallIsFree ? Math.max(0, residual) : residual;
  }

  double ratioResidual(EllipseShape shape) {
    return (logit(shape.axisRatio()) - logit(axisRatio)) / axisRatioSigma;
  }

  double indexResidual(double found) {
    return (Parameters.logitOfIndex(found) - Parameters.logitOfIndex(index)) / indexSigma;
  }

  private static double logit(double ratio) {
    return Math.log(ratio / (RATIO_LIMIT - ratio));
  }
}
