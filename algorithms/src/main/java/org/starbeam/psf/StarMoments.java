package org.starbeam.psf;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToDoubleFunction;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.GaussianWidth;
import org.starbeam.image.ImageD;
import org.starbeam.measurement.AdaptiveMoments;

/**
 * Median adaptive moments of the stars, where fits begin and what stands in for them.
 *
 * @param xx pixel^2; of the prior seeing where no star has moments
 * @param flags what is known of the fit by the stars' number and moments
 */
record StarMoments(double xx, double yy, double xy, Set<PsfFit.Flag> flags) {
  private static final int LOW_STARS = 10;
  private static final double USUAL_EXPONENT = 3;

  /** Of the stamps; a round profile of the prior seeing without any. */
  static StarMoments of(StampSet stamps, double priorFwhm) {
    Set<PsfFit.Flag> flags = EnumSet.noneOf(PsfFit.Flag.class);
    if (stamps.size() < LOW_STARS) {
      flags.add(PsfFit.Flag.LOW_STARS);
    }
    List<AdaptiveMoments.Result> measured = new ArrayList<>();
    AdaptiveMoments moments = new AdaptiveMoments();
    for (StampSet.Stamp s : stamps.stamps()) {
      Box box = new Box(s.x0(), s.y0(), stamps.side(), stamps.side());
      AdaptiveMoments.Result r =
          moments.measure(
              ImageD.wrap(box, s.data()),
              s.star().x(),
              s.star().y(),
              priorFwhm / GaussianWidth.FWHM_PER_SIGMA);
      if (r.isOk()) {
        measured.add(r);
      }
    }
    if (measured.isEmpty()) {
      flags.add(PsfFit.Flag.FROM_PRIOR);
      double[] prior =
          new MoffatPsf(priorFwhm, USUAL_EXPONENT, 0, 0, 2 + (int) (3 * priorFwhm)).shape(0, 0);
      return new StarMoments(prior[0], prior[1], prior[2], flags);
    }
    return new StarMoments(
        median(measured, AdaptiveMoments.Result::xx),
        median(measured, AdaptiveMoments.Result::yy),
        median(measured, AdaptiveMoments.Result::xy),
        flags);
  }

  private static double median(
      List<AdaptiveMoments.Result> of, ToDoubleFunction<AdaptiveMoments.Result> value) {
    return ClippedStatistics.median(of.stream().mapToDouble(value).toArray());
  }

  /** FWHM of the Gaussian of these moments, pixels. */
  double fwhm() {
    return GaussianWidth.FWHM_PER_SIGMA * Math.sqrt(Math.sqrt(xx * yy - xy * xy));
  }

  MoffatPsf moffat(double exponent, int halfSize) {
    return MoffatPsf.ofMoments(xx, yy, xy, exponent, halfSize);
  }

  /** A Moffat profile for all of the image, for fewer stars than a fit needs. */
  PsfFit constant(StampSet stamps, int halfSize) {
    if (!flags.contains(PsfFit.Flag.FROM_PRIOR)) {
      flags.add(PsfFit.Flag.MOFFAT_FROM_STARS);
    }
    boolean[] cut = new boolean[stamps.stars().size()];
    for (StampSet.Stamp s : stamps.stamps()) {
      cut[s.inputIndex()] = true;
    }
    List<PsfFit.Star> stars = new ArrayList<>();
    for (int i = 0; i < cut.length; i++) {
      StampSet.Star s = stamps.stars().get(i);
      stars.add(new PsfFit.Star(s.key(), cut[i], s.x(), s.y(), s.flux(), 0, Double.NaN));
    }
    MoffatPsf model = moffat(USUAL_EXPONENT, halfSize);
    return new PsfFit(model, stars, stamps.size(), 0, Double.NaN, flags);
  }
}
