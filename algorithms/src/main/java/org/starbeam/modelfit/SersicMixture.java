package org.starbeam.modelfit;

/**
 * The Sersic profile of unit flux and half-light radius 1 as a sum of round Gaussians, for an index
 * n of 0.5 to 6 (specs/04 section 9.1): ln sigma and the logits of the weights are polynomials of
 * Chebyshev in u = (ln n - ln sqrt 3) / (ln 12 / 2), so that everything is smooth in n. The
 * enclosed flux is right to 0.003 with eight Gaussians and to 0.007 with six.
 */
final class SersicMixture {
  /** Range of the index. */
  static final double MIN_INDEX = 0.5;

  static final double MAX_INDEX = 6;

  private static final double MIDDLE = Math.log(Math.sqrt(3));
  private static final double HALF = 0.5 * Math.log(12);

  /** Eight Gaussians: the default. */
  static final SersicMixture EIGHT =
      new SersicMixture(
          new double[][] {
            {-2.88296992, -1.79261516, 0.432968158, -0.217247374, 0.140809842, -0.0403822803},
            {-2.01634841, -1.4398502, 0.251488743, -0.094663821, 0.03509692, 0.00577458182},
            {-1.34395374, -1.07223126, 0.120683998, -0.0162382679, -0.0196353353, 0.0248393986},
            {-0.783511241, -0.69805685, 0.0294583888, 0.020134049, -0.0425652336, 0.0360137386},
            {-0.305856679, -0.298152097, -0.0455716051, 0.0210482202, -0.0287939765, 0.0271984263},
            {0.145851391, 0.0861521914, -0.109218259, 0.024679733, -0.021430716, 0.0219770683},
            {0.589862239, 0.492265301, -0.1525861, 0.00314866277, 0.00227622724, 0.00877460612},
            {1.13128344, 1.08731644, -0.160932279, 0.00266959336, 0.000486148135, 0.0075885665},
          },
          new double[][] {
            {-1.88569295, -1.12703567, 0.894840098, -0.523850587, 0.328631859, -0.0905675497},
            {-0.273997314, -1.4947303, 0.455643049, -0.179341118, 0.0997228155, -0.0101630221},
            {0.878472279, -1.837726, 0.262221049, -0.0329328878, 0.00326571848, 0.0300832547},
            {1.52168508, -1.89608088, 0.1280159, -0.050155606, 0.0695485079, -0.00731349109},
            {1.43905668, -1.1355003, -0.533185799, 0.299484506, -0.050565503, 0.00699661523},
            {1.4315412, -1.03581888, -0.526695337, 0.253267319, -0.00874258765, -0.0195953228},
            {0.564181921, 0.118430685, -1.00231114, 0.495596251, -0.13115531, 0.0133473855},
          });

  /** Six Gaussians, for the exponential. */
  static final SersicMixture SIX =
      new SersicMixture(
          new double[][] {
            {-2.4153372, -1.46382143, 0.3146051, -0.225700523, 0.123822152, -0.0293681491},
            {-1.48415154, -0.944081695, 0.143549349, -0.128987147, 0.0552669339, -0.00643289225},
            {-0.775226392, -0.453369442, 0.025800664, -0.0678316235, 0.0233736205, -0.00155372735},
            {-0.158097575, -0.00122793, -0.0471264066, -0.0346097862, 0.00726457572, -0.0014022749},
            {0.409003431, 0.458521458, -0.102935923, -0.0111942511, -0.00655711393, -0.0026718538},
            {1.02829751, 1.05362768, -0.101554605, 0.0163425897, -0.0206443879, -0.0139475461},
          },
          new double[][] {
            {-1.85934543, 0.387490536, 0.0287163507, -0.207434644, 0.10924479, -0.0155947983},
            {-0.541501661, 0.429783822, -0.640987832, 0.248356247, -0.122113451, 0.0474646431},
            {0.388686971, 0.12922564, -0.81384322, 0.40627975, -0.197161993, 0.0602599708},
            {0.904916085, -0.23925603, -0.739158044, 0.4345554, -0.228299632, 0.068664308},
            {0.80782839, -0.301098039, -0.585024491, 0.396684006, -0.237329556, 0.0765931035},
          });

  private final double[][] logSigma;
  private final double[][] logit;

  private SersicMixture(double[][] logSigma, double[][] logit) {
    this.logSigma = logSigma;
    this.logit = logit;
  }

  /**
   * Gaussians of a profile.
   *
   * @param sigma in units of the half-light radius
   * @param weight their sum is 1
   * @param logSigmaSlope d ln sigma / dn
   * @param weightSlope d weight / dn
   */
  record Gaussians(double[] sigma, double[] weight, double[] logSigmaSlope, double[] weightSlope) {
    int size() {
      return sigma.length;
    }

    /**
     * The same with the first Gaussians, which are the narrowest, as one of their flux and second
     * moment.
     */
    Gaussians merged(int count) {
      if (count < 2) {
        return this;
      }
      double flux = 0;
      double fluxSlope = 0;
      double moment = 0;
      double momentSlope = 0;
      for (int k = 0; k < count; k++) {
        double s2 = sigma[k] * sigma[k];
        flux += weight[k];
        fluxSlope += weightSlope[k];
        moment += weight[k] * s2;
        momentSlope += s2 * (weightSlope[k] + 2 * weight[k] * logSigmaSlope[k]);
      }
      double logSlope = 0.5 * (momentSlope / moment - fluxSlope / flux);
      return new Gaussians(
          joined(Math.sqrt(moment / flux), sigma, count),
          joined(flux, weight, count),
          joined(logSlope, logSigmaSlope, count),
          joined(fluxSlope, weightSlope, count));
    }

    private static double[] joined(double first, double[] all, int count) {
      double[] out = new double[all.length - count + 1];
      out[0] = first;
      System.arraycopy(all, count, out, 1, all.length - count);
      return out;
    }
  }

  /** A single Gaussian of sigma 1. */
  static final Gaussians ONE =
      new Gaussians(new double[] {1}, new double[] {1}, new double[] {0}, new double[] {0});

  /** The mixture of an index. */
  Gaussians at(double n) {
    double u = (Math.log(n) - MIDDLE) / HALF;
    double slope = 1 / (n * HALF);
    int size = logSigma.length;
    double[] sigma = new double[size];
    double[] sigmaSlope = new double[size];
    double[] weight = new double[size];
    double[] logitSlope = new double[size];
    double sum = 0;
    double sumSlope = 0;
    for (int k = 0; k < size; k++) {
      sigma[k] = Math.exp(chebyshev(logSigma[k], u));
      sigmaSlope[k] = slope * chebyshevSlope(logSigma[k], u);
      boolean free = k < size - 1;
      weight[k] = free ? Math.exp(chebyshev(logit[k], u)) : 1;
      logitSlope[k] = free ? slope * chebyshevSlope(logit[k], u) : 0;
      sum += weight[k];
      sumSlope += weight[k] * logitSlope[k];
    }
    double[] weightSlope = new double[size];
    for (int k = 0; k < size; k++) {
      weight[k] /= sum;
      weightSlope[k] = weight[k] * (logitSlope[k] - sumSlope / sum);
    }
    return new Gaussians(sigma, weight, sigmaSlope, weightSlope);
  }

  private static double chebyshev(double[] c, double u) {
    double b1 = 0;
    double b2 = 0;
    for (int j = c.length - 1; j > 0; j--) {
      double b = 2 * u * b1 - b2 + c[j];
      b2 = b1;
      b1 = b;
    }
    return u * b1 - b2 + c[0];
  }

  /** By dT_j/du = j U_(j-1). */
  private static double chebyshevSlope(double[] c, double u) {
    double before = 0;
    double second = 1;
    double sum = 0;
    for (int j = 1; j < c.length; j++) {
      sum += j * c[j] * second;
      double next = 2 * u * second - before;
      before = second;
      second = next;
    }
    return sum;
  }
}
