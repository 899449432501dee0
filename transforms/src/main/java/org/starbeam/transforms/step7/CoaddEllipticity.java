package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.psf.Reservation;
import org.starbeam.repeatability.EllipticityCorrelation;
import org.starbeam.schema.ObjectBand;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * Correlations of the ellipticity residuals of stars on coadds (TE1, TE2; specs/07 section 11.1):
 * primary, unresolved, S/N above 200, of the fifth that no PSF was made with, their distortion less
 * that of the PSF of the coadd along the axes of the tract.
 */
final class CoaddEllipticity {
  private static final double MIN_SNR = 200;
  private static final double RESOLVED = 0.5;

  private final Map<String, List<EllipticityCorrelation.Result>> near = new TreeMap<>();
  private final Map<String, List<EllipticityCorrelation.Result>> far = new TreeMap<>();

  /** Adds a tract. */
  void add(List<ObjectRow> tract) {
    List<ObjectRow> stars = tract.stream().filter(CoaddEllipticity::isReservedStar).toList();
    if (stars.isEmpty()) {
      return;
    }
    Gnomonic plane =
        new Gnomonic(new SkyPoint(stars.get(0).getCoordRa(), stars.get(0).getCoordDec()));
    Map<String, List<EllipticityCorrelation.Star>> byBand = new TreeMap<>();
    for (ObjectRow row : stars) {
      double[] p = plane.project(row.getCoordRa(), row.getCoordDec());
      row.getBands()
          .forEach(
              (band, columns) -> {
                if (isGood(columns)) {
                  byBand.computeIfAbsent(band, b -> new ArrayList<>()).add(star(p, columns));
                }
              });
    }
    byBand.forEach(
        (band, of) -> {
          near.computeIfAbsent(band, b -> new ArrayList<>()).add(correlation(of, 0, 1));
          far.computeIfAbsent(band, b -> new ArrayList<>()).add(correlation(of, 5, 20));
        });
  }

  private static boolean isReservedStar(ObjectRow row) {
    if (!isTrue(row.getDetectIsPrimary())
        || row.getRefExtendedness() == null
        || row.getRefExtendedness() >= RESOLVED
        || row.getCoordRa() == null
        || row.getCoordDec() == null) {
      return false;
    }
    Long reference = row.getReferenceId();
    return Reservation.isReserved(
        reference == null || reference == 0
            ? Reservation.skyKey(row.getCoordRa(), row.getCoordDec())
            : reference);
  }

  private static boolean isGood(ObjectBand b) {
    return b.getPsfFlux() != null
        && b.getPsfFluxErr() != null
        && b.getPsfFlux() > MIN_SNR * b.getPsfFluxErr()
        && !isTrue(b.getPsfFluxFlag())
        && !isTrue(b.getMomentsFlag())
        && !isTrue(b.getMomentsPsfFlag())
        && !isTrue(b.getPixelFlagsEdge())
        && !isTrue(b.getPixelFlagsSaturatedCenter())
        && !isTrue(b.getPixelFlagsInexactPsfCenter());
  }

  private static boolean isTrue(@Nullable Boolean flag) {
    return Boolean.TRUE.equals(flag);
  }

  private static EllipticityCorrelation.Star star(double[] place, ObjectBand b) {
    double[] star = shape(b.getMomentsXx(), b.getMomentsYy(), b.getMomentsXy());
    double[] psf = shape(b.getMomentsPsfXx(), b.getMomentsPsfYy(), b.getMomentsPsfXy());
    return new EllipticityCorrelation.Star(
        60 * Math.toDegrees(place[0]),
        60 * Math.toDegrees(place[1]),
        star[0] - psf[0],
        star[1] - psf[1]);
  }

  /** Distortion; NaN where a moment is missing. */
  private static double[] shape(@Nullable Float xx, @Nullable Float yy, @Nullable Float xy) {
    if (xx == null || yy == null || xy == null) {
      return new double[] {Double.NaN, Double.NaN};
    }
    double trace = (double) xx + yy;
    return new double[] {((double) xx - yy) / trace, 2.0 * xy / trace};
  }

  private static EllipticityCorrelation.Result correlation(
      List<EllipticityCorrelation.Star> stars, double lowest, double highest) {
    EllipticityCorrelation out = new EllipticityCorrelation(lowest, highest);
    out.add(stars);
    return out.result();
  }

  /** Adds the metrics, the median of the tracts. */
  void write(List<String> bands, SrdMetrics out) {
    for (String band : bands) {
      out.band(band);
      write("TE1", 2e-5, near.getOrDefault(band, List.of()), out);
      write("TE2", 1e-7, far.getOrDefault(band, List.of()), out);
    }
  }

  private static void write(
      String name, double limit, List<EllipticityCorrelation.Result> tracts, SrdMetrics out) {
    EllipticityCorrelation.OfFields all = EllipticityCorrelation.OfFields.of(tracts);
    out.ellipticity(name, limit, all.value(), all.err(), all.pairs());
  }
}
