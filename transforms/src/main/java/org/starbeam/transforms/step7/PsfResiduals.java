package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.starbeam.psf.RhoStatistics;
import org.starbeam.repeatability.EllipticityCorrelation;
import org.starbeam.repeatability.Median;
import org.starbeam.schema.IsolatedStarSource;
import org.starbeam.schema.RhoStatistic;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;

/**
 * What the PSF model leaves at the stars that it was not made with (specs/02 section 9.2): medians
 * of all visits, correlations of each. Ellipticities are along the pixel rows of each detector.
 */
final class PsfResiduals {
  private static final double[] EDGES = RhoStatistics.logarithmicEdges(0.5, 60, 20);

  private final List<List<IsolatedStarSource>> visits = new ArrayList<>();

  /**
   * @param rows of a tract and band, those of a visit together
   */
  PsfResiduals(List<IsolatedStarSource> rows) {
    List<IsolatedStarSource> stars = rows.stream().filter(PsfResiduals::isReserved).toList();
    int from = 0;
    for (int to = 1; to <= stars.size(); to++) {
      if (to == stars.size() || stars.get(to).getVisit() != stars.get(from).getVisit()) {
        visits.add(stars.subList(from, to));
        from = to;
      }
    }
  }

  private static boolean isReserved(IsolatedStarSource row) {
    return row.getPsfReserved() && row.getE1Residual() != null && row.getE2Residual() != null;
  }

  /** The largest correlations of residuals of pairs in a range of distances, arcmin. */
  EllipticityCorrelation.Result correlation(double lowest, double highest) {
    EllipticityCorrelation out = new EllipticityCorrelation(lowest, highest);
    visits.forEach(visit -> out.add(stars(visit)));
    return out.result();
  }

  /** The same of each visit that has pairs. */
  List<EllipticityCorrelation.Result> correlations(double lowest, double highest) {
    List<EllipticityCorrelation.Result> results = new ArrayList<>();
    for (List<IsolatedStarSource> visit : visits) {
      EllipticityCorrelation out = new EllipticityCorrelation(lowest, highest);
      out.add(stars(visit));
      results.add(out.result());
    }
    return results.stream().filter(r -> r.pairs() > 0).toList();
  }

  private static List<EllipticityCorrelation.Star> stars(List<IsolatedStarSource> visit) {
    Gnomonic plane = plane(visit);
    List<EllipticityCorrelation.Star> stars = new ArrayList<>();
    for (IsolatedStarSource row : visit) {
      double[] p = arcmin(plane, row);
      stars.add(
          new EllipticityCorrelation.Star(
              p[0], p[1], number(row.getE1Residual()), number(row.getE2Residual())));
    }
    return stars;
  }

  /** Median of a residual over the stars that have it. */
  Median median(Function<IsolatedStarSource, @Nullable Double> residual) {
    return Median.of(
        visits.stream()
            .flatMap(List::stream)
            .mapToDouble(row -> number(residual.apply(row)))
            .filter(Double::isFinite)
            .toArray());
  }

  /** The correlations of each visit in 20 bins of 0.5 to 60 arcmin, those that have pairs. */
  List<RhoStatistic> rho(long tract, String band) {
    List<RhoStatistic> out = new ArrayList<>();
    for (List<IsolatedStarSource> visit : visits) {
      Gnomonic plane = plane(visit);
      List<RhoStatistics.Star> stars = visit.stream().map(row -> star(row, plane)).toList();
      for (RhoStatistics.Bin bin : RhoStatistics.of(stars, EDGES)) {
        if (bin.pairs() > 0) {
          out.add(row(visit.get(0).getVisit(), band, tract, bin));
        }
      }
    }
    return out;
  }

  private static RhoStatistics.Star star(IsolatedStarSource row, Gnomonic plane) {
    double[] p = arcmin(plane, row);
    double size = number(row.getSize());
    double model = size - number(row.getSizeResidual());
    return new RhoStatistics.Star(
        p[0],
        p[1],
        number(row.getE1()),
        number(row.getE2()),
        number(row.getE1Residual()),
        number(row.getE2Residual()),
        2 * size * size,
        2 * (size * size - model * model));
  }

  private static RhoStatistic row(long visit, String band, long tract, RhoStatistics.Bin bin) {
    return RhoStatistic.newBuilder()
        .setVisit(visit)
        .setBand(band)
        .setTract(tract)
        .setLo(bin.lo())
        .setHi(bin.hi())
        .setPairs(bin.pairs())
        .setRho1(bin.rho()[0])
        .setRho2(bin.rho()[1])
        .setRho3(bin.rho()[2])
        .setRho4(bin.rho()[3])
        .setRho5(bin.rho()[4])
        .build();
  }

  private static Gnomonic plane(List<IsolatedStarSource> visit) {
    return new Gnomonic(new SkyPoint(visit.get(0).getRa(), visit.get(0).getDec()));
  }

  private static double[] arcmin(Gnomonic plane, IsolatedStarSource row) {
    double[] p = plane.project(row.getRa(), row.getDec());
    return new double[] {60 * Math.toDegrees(p[0]), 60 * Math.toDegrees(p[1])};
  }

  private static double number(@Nullable Double value) {
    return value == null ? Double.NaN : value;
  }
}
