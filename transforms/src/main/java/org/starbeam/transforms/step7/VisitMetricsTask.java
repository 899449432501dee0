package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.RefStar;
import org.starbeam.schema.SourceRow;
import org.starbeam.schema.StarResidual;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Compares the sources of a visit with the reference catalogue: every primary, unflagged, star-like
 * source within 0.5 arcsec of a reference star gives a row of residuals in position, magnitude and
 * size. Cost O(sources x reference stars of a declination strip).
 */
public final class VisitMetricsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final double MATCH_RADIUS_ARCSEC = 0.5;
  private static final double AB_ZERO_POINT = 31.4;

  static final String DETECTOR = "detector";

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "metrics",
        "step7",
        1,
        "{}",
        List.of(TaskSpec.InputRule.gather(DETECTOR, 1), TaskSpec.InputRule.optional(RefStars.ROLE)),
        List.of(DatasetTypes.STAR_RESIDUAL));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    List<RefStar> catalogue = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name())) {
      catalogue.addAll(context.reader().table(ref, RefStar.class));
    }
    if (catalogue.isEmpty()) {
      return Outcome.noWork("no reference stars");
    }
    List<StarResidual> rows = new ArrayList<>();
    for (QuantumResult result : quantum.results(DETECTOR)) {
      if (result.getPayload() instanceof ExposureSummary summary) {
        addDetector(summary, result, catalogue, context, rows);
      }
    }
    rows.sort(
        Comparator.comparingLong(StarResidual::getVisit)
            .thenComparingInt(StarResidual::getDetector)
            .thenComparingDouble(StarResidual::getY)
            .thenComparingDouble(StarResidual::getX));
    context.stageTable(
        DatasetTypes.STAR_RESIDUAL, quantum.dataId(), StarResidual.class, rows, List.of());
    context.metric("matched", rows.size());
    return Outcome.done();
  }

  private static void addDetector(
      ExposureSummary summary,
      QuantumResult result,
      List<RefStar> catalogue,
      QuantumContext context,
      List<StarResidual> rows)
      throws java.io.IOException {
    double radius = 0.6;
    List<RefStar> near =
        catalogue.stream()
            .filter(
                s ->
                    Angles.separationArcsec(
                            s.getRa(),
                            s.getDec(),
                            summary.getRaCorners().get(0),
                            summary.getDecCorners().get(0))
                        < radius * 3600)
            .toList();
    ReferenceStars stars = ReferenceStars.at(near, summary.getExpMidptMjd());
    Double boresightRa = summary.getBoresightRa();
    Double boresightDec = summary.getBoresightDec();
    Gnomonic boresight =
        new Gnomonic(
            new SkyPoint(
                boresightRa == null ? summary.getRa() : boresightRa,
                boresightDec == null ? summary.getDec() : boresightDec));
    Double rotation = summary.getSkyRotation();
    double angle = Math.toRadians(rotation == null ? 0 : rotation);
    for (DatasetRef ref : result.getOutputs()) {
      if (ref.getDatasetType().equals(DatasetTypes.SOURCE_DETECTOR.name())) {
        for (SourceRow row : context.reader().table(ref, SourceRow.class)) {
          if (usable(row)) {
            StarResidual residual = residual(row, stars, boresight, angle);
            if (residual != null) {
              rows.add(residual);
            }
          }
        }
      }
    }
  }

  private static boolean usable(SourceRow row) {
    return isTrue(row.getDetectIsPrimary())
        && !isTrue(row.getSkySource())
        && !isTrue(row.getPsfFluxFlag())
        && !isTrue(row.getCentroidFlag())
        && !isTrue(row.getPixelFlagsEdge())
        && !isTrue(row.getPixelFlagsBad())
        && !isTrue(row.getPixelFlagsSaturatedCenter())
        && !isTrue(row.getPixelFlagsInterpolatedCenter())
        && !isTrue(row.getPixelFlagsCrCenter())
        && row.getPsfFlux() != null
        && row.getPsfFluxErr() != null
        && row.getRa() != null
        && row.getDec() != null;
  }

  private static boolean isTrue(@Nullable Boolean flag) {
    return Boolean.TRUE.equals(flag);
  }

  private static @Nullable StarResidual residual(
      SourceRow row, ReferenceStars stars, Gnomonic boresight, double angle) {
    int star = nearest(stars, row.getRa(), row.getDec());
    if (star < 0) {
      return null;
    }
    double flux = stars.flux(row.getBand(), star);
    Double calibFlux = row.getCalibFlux();
    boolean magnitude = flux > 0 && calibFlux != null && calibFlux > 0;
    double referenceMag = flux > 0 ? AB_ZERO_POINT - 2.5 * Math.log10(flux) : Double.NaN;
    if (!Double.isFinite(referenceMag)) {
      return null;
    }
    double[] plane = boresight.project(row.getRa(), row.getDec());
    double xi = Math.toDegrees(plane[0]) * 3600;
    double eta = Math.toDegrees(plane[1]) * 3600;
    return StarResidual.newBuilder()
        .setVisit(row.getVisit())
        .setDetector(row.getDetector())
        .setBand(row.getBand())
        .setX(row.getX())
        .setY(row.getY())
        .setFocalX(-xi * Math.cos(angle) + eta * Math.sin(angle))
        .setFocalY(xi * Math.sin(angle) + eta * Math.cos(angle))
        .setDeltaRaMas(
            (row.getRa() - stars.raDeg(star)) * Math.cos(Math.toRadians(row.getDec())) * 3.6e6)
        .setDeltaDecMas((row.getDec() - stars.decDeg(star)) * 3.6e6)
        .setReferenceMag(referenceMag)
        .setDeltaMag(magnitude ? -2.5 * Math.log10(calibFlux / flux) : null)
        .setSnr(row.getPsfFlux() / row.getPsfFluxErr())
        .setSizeResidual(sizeResidual(row))
        .setReserved(isTrue(row.getCalibPsfReserved()))
        .build();
  }

  private static int nearest(ReferenceStars stars, double ra, double dec) {
    int best = -1;
    double smallest = MATCH_RADIUS_ARCSEC;
    for (int i : stars.within(new SkyPoint(ra, dec), MATCH_RADIUS_ARCSEC)) {
      double distance = Angles.separationArcsec(ra, dec, stars.raDeg(i), stars.decDeg(i));
      if (distance < smallest) {
        smallest = distance;
        best = i;
      }
    }
    return best;
  }

  /** Determinant radius of the star over that of the PSF model, minus one. */
  private static @Nullable Double sizeResidual(SourceRow row) {
    if (isTrue(row.getShapeFlag())
        || row.getIxx() == null
        || row.getIyy() == null
        || row.getIxy() == null
        || row.getIxxPSF() == null
        || row.getIyyPSF() == null
        || row.getIxyPSF() == null) {
      return null;
    }
    double star = row.getIxx() * row.getIyy() - row.getIxy() * row.getIxy();
    double psf = row.getIxxPSF() * row.getIyyPSF() - row.getIxyPSF() * row.getIxyPSF();
    return star > 0 && psf > 0 ? Math.pow(star / psf, 0.25) - 1 : null;
  }
}
