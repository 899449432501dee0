package org.starbeam.modelfit;

import java.util.stream.IntStream;
import org.starbeam.image.Box;
import org.starbeam.warp.NoiseCorrelation;

/**
 * The pixels of a band that a fit sees, row by row in one box that all bands share.
 *
 * @param data fluxes, 0 where the weight is 0
 * @param weight inverse variance of the background; 0 for pixels that do not count
 * @param variance of the pixels with the photon noise of the sources; only errors need it
 * @param correlation of the noise
 */
public record BandPixels(
    Box box,
    double[] data,
    double[] weight,
    double[] variance,
    PsfMixture psf,
    NoiseCorrelation correlation) {
  public BandPixels {
    if (data.length != box.area() || weight.length != box.area() || variance.length != box.area()) {
      throw new IllegalArgumentException("expected " + box.area() + " pixels in " + box);
    }
  }

  /** Pixels that count, as runs within rows: first, one after the last, first ... */
  int[] runs() {
    IntStream.Builder out = IntStream.builder();
    int width = box.width();
    for (int row = 0; row < box.height(); row++) {
      int p = row * width;
      while (p < (row + 1) * width) {
        int from = p;
        while (p < (row + 1) * width && weight[p] > 0) {
          p++;
        }
        if (p > from) {
          out.add(from).add(p);
        }
        p++;
      }
    }
    return out.build().toArray();
  }

  /** Number of pixels that count. */
  int used() {
    int n = 0;
    for (double w : weight) {
      n += w > 0 ? 1 : 0;
    }
    return n;
  }
}
