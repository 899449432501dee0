package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.characterization.FrameModel;
import org.starbeam.characterization.VisitRecovery;
import org.starbeam.image.Box;
import org.starbeam.measurement.ApertureCorrection;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.psf.MoffatPsf;

/**
 * What a detector gets from the other detectors of its visit, as JSON (specs/02 section 14.2).
 *
 * @param models which models
 * @param why what disagreed with the visit; empty when models were only missing
 * @param wcs or null when it keeps its own
 * @param wcsErrorArcsec how well that WCS is known
 * @param psf adaptive moments of the PSF and its effective area, pixel^2, or null
 * @param corrections aperture corrections; empty when it keeps its own
 */
public record Recovery(
    int detector,
    List<FrameModel> models,
    List<String> why,
    @Nullable WcsDocument wcs,
    double wcsErrorArcsec,
    VisitRecovery.@Nullable Shape psf,
    List<Factor> corrections) {

  /** Aperture correction of a flux, the same everywhere. */
  public record Factor(String flux, double factor, double error) {}

  static Recovery of(VisitRecovery.Recovered recovered) {
    List<Factor> factors = new ArrayList<>();
    if (recovered.corrections() != null) {
      for (ApertureCorrection c : recovered.corrections().all()) {
        Box box = c.map().box();
        factors.add(
            new Factor(c.flux(), c.evaluate(box.x0(), box.y0()), c.error(box.x0(), box.y0())));
      }
    }
    return new Recovery(
        recovered.detector(),
        List.copyOf(recovered.models()),
        recovered.why(),
        recovered.wcs() == null ? null : WcsDocument.of(recovered.wcs()),
        recovered.wcsErrorArcsec(),
        recovered.psf(),
        factors);
  }

  boolean has(FrameModel model) {
    return models.contains(model);
  }

  /** Names of the models, for records. */
  List<String> words() {
    return models.stream().map(FrameModel::word).toList();
  }

  /** A sentence for the operator. */
  String sentence() {
    String what = "detector " + detector + ": " + String.join(", ", words()) + " from the visit";
    return why.isEmpty() ? what : what + " (" + String.join("; ", why) + ")";
  }

  /** The PSF as a profile, or null. */
  @Nullable MoffatPsf profile(int halfSize) {
    return psf == null ? null : MoffatPsf.of(psf.xx(), psf.yy(), psf.xy(), psf.area(), halfSize);
  }

  ApertureCorrections apertureCorrections(Box box) {
    return new ApertureCorrections(
        corrections.stream()
            .map(c -> ApertureCorrection.constant(c.flux, box, c.factor, c.error))
            .toList());
  }
}
