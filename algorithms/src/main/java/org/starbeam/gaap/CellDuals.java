package org.starbeam.gaap;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.FourierGrid;
import org.starbeam.image.ImageD;

/**
 * The dual weights of the PSF of one cell in one band. Weights of round apertures are made once, at
 * sub-pixel place 0; those of other apertures at the place of each object. Belongs to one thread.
 */
public final class CellDuals {
  /** Width of the Gaussian to which a PSF would be brought, in its trace radius. */
  static final double GAUSSIAN_SCALE = 1.15;

  private final ImageD psf;
  private final Aperture shape;
  private final double traceRadius;
  private final NoiseSpectrum noise;
  private final double epsilon;
  private final Map<Integer, FourierGrid> grids;
  private final Map<Integer, PsfQuotient> quotients = new HashMap<>();
  private final Map<Aperture, DualWeight> centred = new HashMap<>();

  CellDuals(
      ImageD psf,
      Aperture shape,
      NoiseSpectrum noise,
      double epsilon,
      Map<Integer, FourierGrid> grids) {
    this.psf = psf;
    this.shape = shape;
    this.noise = noise;
    this.epsilon = epsilon;
    this.grids = grids;
    traceRadius = Math.sqrt(0.5 * (shape.xx() + shape.yy()));
  }

  /** Moments of the PSF. */
  public Aperture shape() {
    return shape;
  }

  /** Whether the PSF is too big for an aperture, or has no shape. */
  boolean isTooBigFor(Aperture w) {
    double matched = GAUSSIAN_SCALE * traceRadius;
    return !(w.smallest() > matched * matched);
  }

  /**
   * W = 2 (1.15 s)^2: the matched Gaussian of the PSF made Gaussian. A colour needs one for all
   * bands, {@link Aperture#wider}.
   */
  public Aperture matched() {
    return Aperture.circular(Math.sqrt(2) * GAUSSIAN_SCALE * traceRadius);
  }

  /** Weight of an aperture for a source at the centre of pixel (0, 0). */
  DualWeight centred(Aperture w, int half, int leastGrid) {
    return centred.computeIfAbsent(
        w,
        key -> {
          PsfQuotient quotient = quotient(Math.max(leastGrid, 2 * half + 1));
          DualWeight found = quotient.weights(key, null, 0, 0, half)[0];
          return found == null ? gaussian(key, 0, 0, half) : found;
        });
  }

  /** Weight of an aperture for a source up to half a pixel from the centre of pixel (0, 0). */
  DualWeight at(double dx, double dy, Aperture w, int half) {
    DualWeight found = quotient(2 * half + 1).weights(w, null, dx, dy, half)[0];
    return found == null ? gaussian(w, dx, dy, half) : found;
  }

  /** Weights of two apertures for a source up to half a pixel from the centre of pixel (0, 0). */
  DualWeight[] at(double dx, double dy, Aperture a, int halfA, Aperture b, int halfB) {
    PsfQuotient quotient = quotient(2 * Math.max(halfA, halfB) + 1);
    @Nullable DualWeight[] found = quotient.weights(a, b, dx, dy, halfA, halfB);
    DualWeight first = found[0];
    DualWeight second = found[1];
    return new DualWeight[] {
      first == null ? gaussian(a, dx, dy, halfA) : first,
      second == null ? gaussian(b, dx, dy, halfB) : second
    };
  }

  private PsfQuotient quotient(int side) {
    int n = FourierGrid.holding(Math.max(side, psf.width()));
    return quotients.computeIfAbsent(
        n,
        size -> {
          FourierGrid grid = grids.computeIfAbsent(size, FourierGrid::new);
          return new PsfQuotient(grid, psf, noise.on(grid), epsilon);
        });
  }

  /**
   * The weight for a PSF that were Gaussian, scaled to a star's flux of 1 with the true one; NaN
   * for one that is longer than the aperture.
   */
  private DualWeight gaussian(Aperture w, double dx, double dy, int half) {
    Aperture rest = w.minus(shape);
    ImageD u = new ImageD(Box.around(0, 0, half));
    double star = 0;
    for (int y = -half; y <= half; y++) {
      for (int x = -half; x <= half; x++) {
        u.set(x, y, rest.weight(x - dx, y - dy));
        star += psf.box().contains(x, y) ? psf.get(x, y) * rest.weight(x, y) : 0;
      }
    }
    for (int i = 0; i < u.data.length; i++) {
      u.data[i] *= rest.isValid() ? 1 / star : Double.NaN;
    }
    return new DualWeight(u, Math.sqrt(noise.factor(u)), true);
  }
}
