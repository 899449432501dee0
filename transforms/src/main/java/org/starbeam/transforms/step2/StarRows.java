package org.starbeam.transforms.step2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.astrometry.MotionFloor;
import org.starbeam.astrometry.StarMotionFitter;
import org.starbeam.astrometry.StarTrack;
import org.starbeam.photometry.MeanMagnitude;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.IsolatedStarBand;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.dataset.RowFiller;

/** Rows of IsolatedStar from the members of the stars and the solutions of their visits. */
final class StarRows {
  private static final double MAS_PER_DEG = 3.6e6;

  /** Names of the parameters in the columns, in the fitter's order. */
  private static final List<String> PARAMETERS = List.of("ra", "dec", "raPM", "decPM", "parallax");

  private final StarMotionTask.Config config;
  private final StarMotionFitter fitter;
  private final int release;
  private final double epochMjd;
  private final Map<Long, Map<Integer, Calibrated>> detectors = new HashMap<>();
  private final Map<Long, RefStar> references;
  private double floorScale = 1;
  private final RowFiller fill = new RowFiller(IsolatedStarRow.getClassSchema());
  private final RowFiller fillBand = new RowFiller(IsolatedStarBand.getClassSchema());

  /** A detector of a visit, its calibration unpacked. */
  private record Calibrated(
      double mjd, String band, TanSip wcs, PhotoCalib photoCalib, double floorMas) {}

  /** One member of a star. */
  private record Member(
      Calibrated on,
      double x,
      double y,
      double xx,
      double yy,
      double xy,
      double electrons,
      double electronsErr) {}

  StarRows(
      StarMotionTask.Config config,
      int release,
      double epochMjd,
      Map<Long, VisitSolution> solutions,
      Map<Long, RefStar> references) {
    this.config = config;
    this.fitter = new StarMotionFitter(config.fitter());
    this.release = release;
    this.epochMjd = epochMjd;
    this.references = references;
    solutions.forEach((visit, solution) -> detectors.put(visit, unpacked(solution)));
  }

  private Map<Integer, Calibrated> unpacked(VisitSolution solution) {
    Map<Integer, Calibrated> out = new HashMap<>();
    for (VisitSolution.DetectorSolution d : solution.detectors()) {
      double floor = Double.isFinite(d.floorMas()) ? d.floorMas() : config.unsolvedFloorMas();
      out.put(
          d.detector(),
          new Calibrated(
              solution.expMidptMjd(),
              solution.band(),
              d.wcs().wcs(),
              d.photoCalib().photoCalib(),
              floor));
    }
    return out;
  }

  /**
   * Measures the position noise beside that of the centroids, which rows have from then on.
   *
   * @param stars all of the pixel, each as the months know it
   * @return the factor of the squares of the visits' floors
   */
  double measureFloor(List<List<IsolatedStar>> stars) {
    List<StarTrack> tracks = new ArrayList<>();
    for (List<IsolatedStar> parts : stars) {
      List<Member> members = members(parts);
      if (!members.isEmpty()) {
        tracks.add(track(members));
      }
    }
    floorScale = new MotionFloor(config.floor(), fitter).scale(tracks);
    return floorScale;
  }

  private List<Member> members(List<IsolatedStar> parts) {
    List<Member> members = new ArrayList<>();
    parts.forEach(part -> addMembers(part, members));
    return members;
  }

  private StarTrack track(List<Member> members) {
    Member first = members.get(0);
    StarTrack track = new StarTrack(first.on.wcs.toSky(first.x, first.y), epochMjd);
    for (Member m : members) {
      track.add(m.on.mjd, m.on.wcs, m.x, m.y, m.xx, m.yy, m.xy, m.on.floorMas);
    }
    return track;
  }

  /**
   * The row of a star; none when no member lies on a detector with a solution.
   *
   * @param parts the star, as each month knows it
   */
  Optional<IsolatedStarRow> row(List<IsolatedStar> parts) {
    List<Member> members = members(parts);
    if (members.isEmpty()) {
      return Optional.empty();
    }
    IsolatedStar star = parts.get(0);
    IsolatedStarRow row = new IsolatedStarRow();
    identity(row, star);
    long reference =
        parts.stream()
            .mapToLong(IsolatedStar::getRefId)
            .filter(id -> id != 0)
            .findFirst()
            .orElse(0);
    row.setReferenceId(reference);
    motion(row, members, references.get(reference));
    row.setBands(bands(members));
    return Optional.of(row);
  }

  private void addMembers(IsolatedStar part, List<Member> out) {
    for (int i = 0; i < part.getMemberVisits().size(); i++) {
      Map<Integer, Calibrated> visit =
          detectors.getOrDefault(part.getMemberVisits().get(i), Map.of());
      Calibrated on = visit.get(part.getMemberDetectors().get(i));
      if (on != null) {
        out.add(
            new Member(
                on,
                part.getMemberX().get(i),
                part.getMemberY().get(i),
                part.getMemberXx().get(i),
                part.getMemberYy().get(i),
                part.getMemberXy().get(i),
                part.getMemberFlux().get(i),
                part.getMemberFluxErr().get(i)));
      }
    }
  }

  private void identity(IsolatedStarRow row, IsolatedStar star) {
    SkyPoint centre = new SkyPoint(star.getRa(), star.getDec());
    long id = StarIds.of(release, centre);
    IdPacker.Sky place = IdPacker.unpackSky(id);
    row.setIsolatedStarId(id);
    row.setStarKey(star.getStarKey());
    row.setTract((long) place.tract());
    row.setPatch((long) place.patch());
    row.setEpoch(epochMjd);
    row.setCalibAstrometryReserved(star.getReserved());
    row.setCalibPhotometryReserved(IsolatedStarAssociator.photometricReserve(star.getStarKey()));
  }

  private void motion(IsolatedStarRow row, List<Member> members, @Nullable RefStar reference) {
    StarTrack track = track(members);
    StarMotionFitter.Detections seen = track.detections(floorScale);
    StarMotionFitter.Solution free = fitter.fit(seen, null);
    parameters(row, "", free, track.place(free));
    covariances(row, free);
    row.setMotionNVisits(free.nUsed());
    row.setMotionNClipped(members.size() - free.nUsed());
    fill.number(row, "motion_timeSpan", free.span(seen));
    fill.number(row, "motion_chi2", free.chi2());
    fill.number(row, "motion_chi2_reduced", free.chi2() / Math.max(1, free.dof()));
    row.setMotionFlag(!free.motion() || !free.consistent());
    StarMotionFitter.Constraint known = reference == null ? null : track.constraint(reference);
    if (known != null) {
      StarMotionFitter.Solution combined = fitter.fit(seen, known);
      parameters(row, "comb_", combined, track.place(combined));
      fill.number(row, "comb_chi2_reduced", combined.chi2() / Math.max(1, combined.dof()));
    }
  }

  private void parameters(
      IsolatedStarRow row, String prefix, StarMotionFitter.Solution fit, SkyPoint place) {
    fill.number(row, prefix + "ra", place.raDeg());
    fill.number(row, prefix + "dec", place.decDeg());
    fill.number(row, prefix + "raErr", fit.error(0) / MAS_PER_DEG);
    fill.number(row, prefix + "decErr", fit.error(1) / MAS_PER_DEG);
    for (int k = 2; k < PARAMETERS.size() && fit.motion(); k++) {
      fill.number(row, prefix + PARAMETERS.get(k), fit.parameters()[k]);
      fill.number(row, prefix + PARAMETERS.get(k) + "Err", fit.error(k));
    }
  }

  private void covariances(IsolatedStarRow row, StarMotionFitter.Solution fit) {
    fill.number(row, "ra_dec_Cov", fit.covariance(0, 1) / MAS_PER_DEG / MAS_PER_DEG);
    for (int a = 0; a < PARAMETERS.size(); a++) {
      for (int b = Math.max(a + 1, 2); b < PARAMETERS.size(); b++) {
        String name = PARAMETERS.get(a) + "_" + PARAMETERS.get(b) + "_Cov";
        fill.number(row, name, fit.covariance(a, b));
      }
    }
  }

  private Map<String, IsolatedStarBand> bands(List<Member> members) {
    Map<String, MeanMagnitude> means = new TreeMap<>();
    for (Member m : members) {
      double scale = m.on.photoCalib.nJyPerElectron(m.x, m.y);
      means
          .computeIfAbsent(m.on.band, band -> new MeanMagnitude())
          .add(scale * m.electrons, scale * m.electronsErr);
    }
    Map<String, IsolatedStarBand> out = new TreeMap<>();
    means.forEach(
        (band, mean) -> {
          IsolatedStarBand columns = new IsolatedStarBand();
          columns.setNObs(mean.count());
          fillBand.number(columns, "meanMagStd", mean.mean());
          fillBand.number(columns, "magErr", mean.error());
          fillBand.number(columns, "magScatter", mean.scatter());
          fillBand.number(columns, "magChi2", mean.chi2());
          out.put(band, columns);
        });
    return out;
  }
}
