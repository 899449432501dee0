package org.starbeam.characterization;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.FluxJackknife;

/**
 * The chain of aperture corrections of a frame: calibFlux (order 0) onto the 12 pixel aperture,
 * then psfFlux and gaussianFlux onto calibFlux.
 */
final class ApertureCorrectionFit {
  private static final double BRIGHT_SNR = 200;
  private static final int ENOUGH_BRIGHT = 20;

  private final ApertureCorrection.Config config;

  ApertureCorrectionFit(ApertureCorrection.Config config) {
    this.config = config;
  }

  ApertureCorrections fit(Box box, List<MeasuredSource> stars) {
    List<MeasuredSource> used = used(stars);
    ApertureCorrection normalisation =
        ApertureCorrection.fit(
            Fields.CALIB_FLUX,
            box,
            pairs(used, Fields.aperture(12), Fields.CALIB_FLUX, 1),
            config.constant());
    double factor = normalisation.evaluate(box.x0(), box.y0());
    List<ApertureCorrection> all = new ArrayList<>();
    all.add(normalisation);
    for (String flux : List.of(Fields.PSF_FLUX, Fields.GAUSSIAN_FLUX)) {
      try {
        all.add(
            ApertureCorrection.fit(
                flux, box, pairs(used, Fields.CALIB_FLUX, flux, factor), config));
      } catch (AlgorithmException e) {
        if (flux.equals(Fields.PSF_FLUX)) {
          throw e;
        }
      }
    }
    return new ApertureCorrections(all);
  }

  private static List<MeasuredSource> used(List<MeasuredSource> stars) {
    List<MeasuredSource> good =
        stars.stream().filter(s -> !s.flag(Fields.flag(Fields.CALIB_FLUX))).toList();
    List<MeasuredSource> bright =
        good.stream()
            .filter(s -> s.get(Fields.PSF_FLUX) > BRIGHT_SNR * s.get(Fields.err(Fields.PSF_FLUX)))
            .toList();
    return bright.size() >= ENOUGH_BRIGHT ? bright : good;
  }

  /**
   * What is left of a PSF's changes of flux when the correction is fitted anew with each of them:
   * what all calibration stars share is taken out.
   *
   * @param stars those that the corrections were fitted to, before correction
   */
  FluxJackknife corrected(
      FluxJackknife jackknife,
      Box box,
      List<MeasuredSource> stars,
      ApertureCorrections corrections) {
    double factor = corrections.factor(Fields.CALIB_FLUX, box.x0(), box.y0());
    List<ApertureCorrection.Star> pairs =
        pairs(used(stars), Fields.CALIB_FLUX, Fields.PSF_FLUX, factor);
    List<ApertureCorrection> refits = new ArrayList<>();
    for (int g = 0; g < jackknife.groups(); g++) {
      int group = g;
      List<ApertureCorrection.Star> changed =
          pairs.stream()
              .map(s -> s.withFlux(s.flux() * (1 + jackknife.changes(s.x(), s.y())[group])))
              .toList();
      refits.add(ApertureCorrection.fit(Fields.PSF_FLUX, box, changed, config));
    }
    return jackknife.replacedBy(
        (x, y) -> {
          double[] r = jackknife.changes(x, y);
          double now = corrections.factor(Fields.PSF_FLUX, x, y);
          for (int g = 0; g < r.length; g++) {
            r[g] = (1 + r[g]) * refits.get(g).evaluate(x, y) / now - 1;
          }
          return r;
        });
  }

  private static List<ApertureCorrection.Star> pairs(
      List<MeasuredSource> stars, String reference, String flux, double scale) {
    return stars.stream()
        .map(
            s ->
                new ApertureCorrection.Star(
                    s.x(),
                    s.y(),
                    scale * s.get(reference),
                    scale * s.get(Fields.err(reference)),
                    s.get(flux),
                    s.get(Fields.err(flux))))
        .toList();
  }
}
