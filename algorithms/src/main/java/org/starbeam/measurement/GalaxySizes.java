package org.starbeam.measurement;

import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;

/**
 * The size that {@link AdaptiveMoments} finds of a round exponential galaxy seen through a PSF, T =
 * Mxx + Myy in pixel^2 as a function of the half-light radius. The galaxy's transform is exact, (1
 * + (k h)^2)^(-3/2) with h = R / 1.678; the sizes are tabulated at half-light radii of 1/8 to 4 PSF
 * sigmas and interpolated in (T - Tpsf) / R^2, which hardly changes; beyond the table it is
 * constant.
 */
public final class GalaxySizes {
  private static final double HALF_LIGHT = 1.6783469900166605;
  private static final double FIRST = 0.125;
  private static final int NODES = 11;
  private static final double STEP = Math.log(4 / FIRST) / (NODES - 1);

  private final double psfTrace;
  private final double sigma;
  private final double[] slope = new double[NODES];

  /**
   * @param psf centred on (0, 0), sum 1
   */
  public GalaxySizes(ImageD psf) {
    AdaptiveMoments moments = new AdaptiveMoments();
    AdaptiveMoments.Result star = moments.measure(psf, 0, 0, 2);
    psfTrace = star.trace();
    sigma = Math.sqrt(0.5 * psfTrace);
    if (!star.isOk()) {
      return;
    }
    FourierGrid grid = new FourierGrid(FourierGrid.holding(psf.width()));
    double[] spectrum = grid.forward(psf);
    double seen = sigma;
    for (int i = 0; i < NODES; i++) {
      double reff = sigma * FIRST * Math.exp(i * STEP);
      ImageD galaxy = galaxy(grid, spectrum, reff);
      AdaptiveMoments.Result result = moments.measure(galaxy, 0, 0, seen);
      double known = i == 0 ? Double.NaN : slope[i - 1];
      slope[i] = result.isOk() ? (result.trace() - psfTrace) / (reff * reff) : known;
      seen = result.isOk() ? result.sigma() : seen;
    }
  }

  private static ImageD galaxy(FourierGrid grid, double[] psf, double reff) {
    double h2 = reff / HALF_LIGHT * reff / HALF_LIGHT;
    double[] out = psf.clone();
    for (int row = 0; row < grid.n; row++) {
      for (int column = 0; column < grid.n; column++) {
        double k2 = grid.k[column] * grid.k[column] + grid.k[row] * grid.k[row];
        double base = 1 + k2 * h2;
        double transform = 1 / (base * Math.sqrt(base));
        out[2 * (row * grid.n + column)] *= transform;
        out[2 * (row * grid.n + column) + 1] *= transform;
      }
    }
    grid.inverse(out);
    return grid.cut(out, 0, grid.n / 2 - 1);
  }

  /** T of the PSF. */
  public double psfTrace() {
    return psfTrace;
  }

  /** T - Tpsf of a galaxy of a half-light radius in pixels. */
  public double excess(double reff) {
    double place = Math.log(reff / (sigma * FIRST)) / STEP;
    double inside = Math.max(0, Math.min(NODES - 1.001, place));
    int i = (int) inside;
    double f = inside - i;
    return reff * reff * (slope[i] * (1 - f) + slope[i + 1] * f);
  }
}
