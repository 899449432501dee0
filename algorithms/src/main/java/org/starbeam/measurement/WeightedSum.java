package org.starbeam.measurement;

import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;

/**
 * sum(w D) over the pixels where weights and image overlap.
 *
 * @param flux sum(w D); NaN when a pixel has no value
 * @param err sqrt(sum(w^2 V)); a variance that is not finite or negative counts as 0
 * @param weight sum(w)
 */
record WeightedSum(double flux, double err, double weight) {

  boolean isNotFinite() {
    return !Double.isFinite(flux);
  }

  static WeightedSum of(MaskedImage image, ImageD weights) {
    Box box = weights.box().intersect(image.box());
    ImageF values = image.image();
    ImageF variances = image.variance();
    double flux = 0;
    double variance = 0;
    double weight = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      int wi = weights.index(box.x0(), y);
      int di = values.index(box.x0(), y);
      int vi = variances.index(box.x0(), y);
      for (int x = 0; x < box.width(); x++) {
        double w = weights.data[wi + x];
        double v = variances.data[vi + x];
        flux += w * values.data[di + x];
        variance += v > 0 && v < Float.POSITIVE_INFINITY ? w * w * v : 0;
        weight += w;
      }
    }
    return new WeightedSum(flux, Math.sqrt(variance), weight);
  }
}
