package org.starbeam.characterization;

import java.util.Arrays;
import java.util.List;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.MeasurementSuite;
import org.starbeam.measurement.StandardSuite;
import org.starbeam.psf.PsfModel;

/**
 * How well a PSF describes stars that no fit has seen, on the pixels as they are (specs/02 section
 * 0.4): ellipticity and relative size of each reserved star beside the model's, and its PSF flux,
 * with the aperture corrections that the other stars give, over its calibration flux. A star with
 * bad pixels or without moments has NaN.
 */
final class PassQuality {
  private static final int APERTURE = 12;

  /** A smaller bias of the size than this is not told from none. */
  private static final double LEAST_BIAS = 1e-3;

  private static final double LEAST_SCATTER = 1e-6;

  /** Error of a median over that of a mean, sqrt(pi / 2). */
  private static final double MEDIAN_ERROR = 1.2533;

  private final double[] e1;
  private final double[] e2;
  private final double[] size;
  private final double[] flux;

  private PassQuality(int n) {
    e1 = new double[n];
    e2 = new double[n];
    size = new double[n];
    flux = new double[n];
  }

  /**
   * @param stars PSF stars; the reserved ones are judged, in their order
   */
  static PassQuality of(
      FrameCharacterizer characterizer, FrameState frame, PsfModel psf, List<PsfStar> stars) {
    MeasurementSuite suite = StandardSuite.forced(APERTURE);
    MeasurementFrame view = new MeasurementFrame(frame.image(), psf);
    List<MeasuredSource> training =
        stars.stream().filter(s -> !s.reserved()).map(s -> measured(s, suite, view)).toList();
    List<MeasuredSource> judged =
        stars.stream().filter(PsfStar::reserved).map(s -> measured(s, suite, view)).toList();
    judged.forEach(corrections(characterizer, frame, training)::apply);
    PassQuality out = new PassQuality(judged.size());
    for (int i = 0; i < judged.size(); i++) {
      out.set(i, judged.get(i));
    }
    return out;
  }

  private static ApertureCorrections corrections(
      FrameCharacterizer characterizer, FrameState frame, List<MeasuredSource> stars) {
    try {
      return characterizer.apertureCorrections(frame, stars);
    } catch (AlgorithmException e) {
      return ApertureCorrections.none();
    }
  }

  private static MeasuredSource measured(
      PsfStar star, MeasurementSuite suite, MeasurementFrame view) {
    MeasuredSource source = MeasuredSource.at(star.x(), star.y());
    suite.measure(view, source);
    return source;
  }

  private void set(int i, MeasuredSource s) {
    boolean good = FrameCharacterizer.isClean(s) && !s.flag(Fields.flag(Fields.CALIB_FLUX));
    double xx = s.get(Fields.IXX);
    double yy = s.get(Fields.IYY);
    double trace = good ? xx + yy : Double.NaN;
    double pxx = s.get(Fields.IXX_PSF);
    double pyy = s.get(Fields.IYY_PSF);
    e1[i] = (xx - yy) / trace - (pxx - pyy) / (pxx + pyy);
    e2[i] = 2 * s.get(Fields.IXY) / trace - 2 * s.get(Fields.IXY_PSF) / (pxx + pyy);
    size[i] = trace / (pxx + pyy) - 1;
    flux[i] = good ? s.get(Fields.PSF_FLUX) / s.get(Fields.CALIB_FLUX) : Double.NaN;
  }

  /** Stars that were judged, by their places among the reserved. */
  int[] rows() {
    return java.util.stream.IntStream.range(0, e1.length)
        .filter(i -> Double.isFinite(e1[i] + e2[i] + size[i] + flux[i]))
        .toArray();
  }

  /** Robust scatter of the ellipticity's residuals over stars (which may be given repeatedly). */
  double q1(int[] rows) {
    return Math.max(LEAST_SCATTER, Math.hypot(scatter(e1, rows), scatter(e2, rows)) / Math.sqrt(2));
  }

  /**
   * Size of the median relative residual of T = Ixx + Iyy; at least its own error, below which a
   * few stars do not tell a bias from none, and a thousandth.
   */
  double q2(int[] rows) {
    double error = MEDIAN_ERROR * scatter(size, rows) / Math.sqrt(rows.length);
    double bias = Math.abs(ClippedStatistics.median(picked(size, rows)));
    return Math.max(LEAST_BIAS, Math.max(error, bias));
  }

  /** Robust scatter of the PSF flux over the calibration flux. */
  double q3(int[] rows) {
    return Math.max(LEAST_SCATTER, scatter(flux, rows));
  }

  /** By how much these are worse than others, the sum of the logarithms of the three ratios. */
  double loss(PassQuality others, int[] rows) {
    return Math.log(q1(rows) / others.q1(rows))
        + Math.log(q2(rows) / others.q2(rows))
        + Math.log(q3(rows) / others.q3(rows));
  }

  private static double scatter(double[] values, int[] rows) {
    return ClippedStatistics.scatter(picked(values, rows));
  }

  private static double[] picked(double[] values, int[] rows) {
    return Arrays.stream(rows).mapToDouble(i -> values[i]).toArray();
  }
}
