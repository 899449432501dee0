package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * From integer sums to a coadd (specs/03 section 4.4): with w = SW - dW per pixel, image = SWx / w,
 * variance = (SWWv 2^8 / w_ref) / w^2, masked fraction = SWm / (255 SW). Division in double, result
 * rounded to float.
 *
 * <p>Aperture correction (specs/04 section 7.5): input k shows a star of unit calibration flux as
 * P_k / A_k, with its PSF P_k of unit sum and its correction A_k, and the cell as S = sum(W_k P_k /
 * A_k) / SW, which is what the accumulator holds. The PSF of the cell is S / sum(S), so what is
 * normalised by it must be multiplied by 1 / sum(S) = SW / sum(W_k / A_k). Corrections and PSFs
 * that are averaged apart would be wrong where both differ between inputs.
 */
final class CellExtraction {
  private static final double SHARE = 0.1;

  private CellExtraction() {}

  static CellCoadd extract(CellAccumulator.Config config, CellState state, boolean fallback) {
    int side = state.side;
    MaskedImage pixels = new MaskedImage(new Box(0, 0, side, side));
    byte[] fraction = new byte[side * side];
    List<ImageF> noise = new ArrayList<>();
    for (int k = 0; k < config.noisePlanes(); k++) {
      noise.add(new ImageF(side, side));
    }
    for (int y = 0; y < side; y++) {
      for (int x = 0; x < side; x++) {
        pixel(state, x, y, pixels, fraction, noise);
      }
    }
    return new CellCoadd(
        pixels,
        fraction,
        noise,
        psf(state),
        List.copyOf(state.inputs),
        summary(state),
        flags(state, fallback));
  }

  private static void pixel(
      CellState s, int x, int y, MaskedImage out, byte[] fraction, List<ImageF> noise) {
    int i = y * s.side + x;
    long missing = s.missing.get(x, y);
    long w = s.weight - missing;
    int mask = planes(s, x, y, w);
    if (w <= 0) {
      out.mask().data[i] = mask | MaskPlanes.NO_DATA;
      out.variance().data[i] = Float.POSITIVE_INFINITY;
      fraction[i] = (byte) 255;
      return;
    }
    if (missing > 0) {
      mask |= MaskPlanes.INEXACT_PSF;
    }
    out.image().data[i] = (float) ((double) s.swx[i] / w);
    double variance = (double) s.swwv[i] * 256 / CoaddWeight.REFERENCE;
    out.variance().data[i] = (float) (variance / ((double) w * w));
    out.mask().data[i] = mask;
    fraction[i] = (byte) (int) Math.rint((double) s.swm[i] / s.weight);
    for (int k = 0; k < s.noise.length; k++) {
      noise.get(k).data[i] = (float) ((double) s.noise[k][i] / w);
    }
  }

  private static int planes(CellState s, int x, int y, long w) {
    int mask = 0;
    for (int p = 0; p < CellState.OR_PLANES.length; p++) {
      if (s.planeCount[p].get(x, y) > 0) {
        mask |= CellState.OR_PLANES[p];
      }
    }
    for (int p = 0; p < CellState.WEIGHTED_PLANES.length; p++) {
      long weight = s.planeWeight[p].get(x, y);
      if (weight > 0 && isSet(CellState.WEIGHTED_PLANES[p], weight, w, s.weight)) {
        mask |= CellState.WEIGHTED_PLANES[p];
      }
    }
    return mask;
  }

  private static boolean isSet(int plane, long weight, long used, long total) {
    return switch (plane) {
      case MaskPlanes.SAT -> weight > SHARE * (used + weight);
      case MaskPlanes.CLIPPED -> true;
      case MaskPlanes.BAD -> used <= 0;
      default -> weight > SHARE * total;
    };
  }

  private static ImageD psf(CellState s) {
    ImageD out = new ImageD(Box.around(0, 0, s.psfSide / 2));
    if (s.weight > 0) {
      double sum = sum(s.psf);
      for (int i = 0; i < out.data.length; i++) {
        out.data[i] = s.psf[i] / sum;
      }
    }
    return out;
  }

  private static double sum(long[] values) {
    long sum = 0;
    for (long value : values) {
      sum += value;
    }
    return sum;
  }

  private static CellCoadd.Summary summary(CellState s) {
    double shape = s.weight * CellState.SHAPE_SCALE;
    double time = s.weight * CellState.TIME_SCALE;
    double perSky = Math.sqrt(CoaddWeight.REFERENCE);
    double mjdMin = Double.POSITIVE_INFINITY;
    double mjdMax = Double.NEGATIVE_INFINITY;
    for (CellInput input : s.inputs) {
      mjdMin = Math.min(mjdMin, input.statistics().mjd());
      mjdMax = Math.max(mjdMax, input.statistics().mjd());
    }
    boolean none = s.weight <= 0;
    return new CellCoadd.Summary(
        s.weight,
        none ? 0 : (double) s.weight * s.weight / s.weightSquares,
        none ? Double.NaN : s.weighted[CellState.IXX] / shape,
        none ? Double.NaN : s.weighted[CellState.IYY] / shape,
        none ? Double.NaN : s.weighted[CellState.IXY] / shape,
        none ? Double.NaN : s.weighted[CellState.AIRMASS] / shape,
        none ? Double.NaN : s.weighted[CellState.MJD] / time + CellState.REFERENCE_MJD,
        none ? Double.NaN : mjdMin,
        none ? Double.NaN : mjdMax,
        s.exposureTime / CellState.SUM_SCALE,
        none ? Double.NaN : s.weighted[CellState.SKY_BACKGROUND] / time / perSky,
        none ? Double.NaN : s.weighted[CellState.SKY_NOISE] / time / perSky,
        none ? Double.NaN : s.weight * CellState.PSF_SCALE / sum(s.psf));
  }

  private static List<CellCoadd.Flag> flags(CellState s, boolean fallback) {
    List<CellCoadd.Flag> flags = new ArrayList<>();
    if (s.count < 3) {
      flags.add(CellCoadd.Flag.LOW_N);
    }
    if (fallback) {
      flags.add(CellCoadd.Flag.FALLBACK);
    }
    for (int i = 1; i < s.inputs.size(); i++) {
      if (s.inputs.get(i - 1).isSameImage(s.inputs.get(i))) {
        flags.add(CellCoadd.Flag.DUPLICATE_INPUT);
        break;
      }
    }
    return List.copyOf(flags);
  }
}
