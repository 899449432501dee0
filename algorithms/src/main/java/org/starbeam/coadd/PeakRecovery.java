package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.deblend.Redistribution;
import org.starbeam.detection.CulledPeak;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;

/**
 * Gives peaks back that were culled from a parent although they are sources (specs/04 section 3.2):
 * where the models of all other peaks leave a point source of more than {@value #SIGNIFICANCE}
 * sigma in a band, correlated noise allowed for. A parent without culled peaks costs nothing, else
 * a PSF stamp for each and band.
 */
final class PeakRecovery {
  private static final double SIGNIFICANCE = 10;

  /** No two objects of a patch have the same pixel, nor neighbouring ones. */
  private static final double APART = 2;

  private PeakRecovery() {}

  /** The parent with what was found again among its peaks; the same when nothing was. */
  static MergedParent completed(MergedParent parent, Redistribution split, List<BandFrame> frames) {
    List<MergedPeak> peaks = new ArrayList<>(parent.peaks());
    List<CulledPeak> culled = new ArrayList<>();
    for (CulledPeak each : parent.culled()) {
      if (isApart(each.peak(), peaks) && significance(each.peak(), split, frames) > SIGNIFICANCE) {
        peaks.add(each.peak());
      } else {
        culled.add(each);
      }
    }
    return peaks.size() == parent.peaks().size()
        ? parent
        : new MergedParent(parent.runs(), peaks, parent.ambiguous(), culled);
  }

  private static boolean isApart(MergedPeak peak, List<MergedPeak> others) {
    return others.stream().noneMatch(o -> Math.hypot(o.x() - peak.x(), o.y() - peak.y()) < APART);
  }

  /** Of the band in which it is largest. */
  private static double significance(
      MergedPeak peak, Redistribution split, List<BandFrame> frames) {
    int x = (int) Math.rint(peak.x());
    int y = (int) Math.rint(peak.y());
    double most = 0;
    for (BandFrame f : frames) {
      if (split.isModelled(f.name())) {
        ImageD psf = f.band.psf().kernelImage(x, y);
        ImageF residual = split.residual(f.name(), psf.box().shift(x, y));
        most = Math.max(most, significance(residual, psf, f.background.at(x, y), f));
      }
    }
    return most;
  }

  private static double significance(ImageF residual, ImageD psf, double variance, BandFrame f) {
    double product = 0;
    double square = 0;
    Box to = residual.box();
    Box from = psf.box();
    for (int y = 0; y < from.height(); y++) {
      for (int x = 0; x < from.width(); x++) {
        float r = residual.get(to.x0() + x, to.y0() + y);
        if (Float.isFinite(r)) {
          double p = psf.get(from.x0() + x, from.y0() + y);
          product += p * r;
          square += p * p;
        }
      }
    }
    double sigma = Math.sqrt(variance * square * f.band.noise().factor(psf));
    return sigma > 0 ? product / sigma : 0;
  }
}
