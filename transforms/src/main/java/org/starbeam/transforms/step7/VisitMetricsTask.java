package org.starbeam.transforms.step7;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.SourceRow;
import org.starbeam.schema.StarResidual;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;
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
 * size. Cost O(n log n) in the sources and reference stars of the visit.
 */
public final class VisitMetricsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;
  private static final double MATCH_RADIUS_ARCSEC = 0.5;
  private static final double AB_ZERO_POINT = 31.4;

  /** What is looked at beyond the corners of the detectors. */
  static final double MARGIN_DEG = 10.0 / 3600;

  static final String DETECTOR = "detector";

  /** Reference stars at the time of the visit. */
  private record Catalogue(ReferenceStars stars, SphereIndex index) {
    static Catalogue of(ReferenceStars stars) {
      double[] ra = IntStream.range(0, stars.size()).mapToDouble(stars::raDeg).toArray();
      double[] dec = IntStream.range(0, stars.size()).mapToDouble(stars::decDeg).toArray();
      return new Catalogue(stars, new SphereIndex(ra, dec, MATCH_RADIUS_ARCSEC));
    }
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        "metrics",
        "step7",
        3,
        "{}",
        List.of(TaskSpec.InputRule.gather(DETECTOR, 1), TaskSpec.InputRule.optional(RefStars.ROLE)),
        List.of(DatasetTypes.STAR_RESIDUAL));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    List<DatasetRef> shards = quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name());
    if (shards.isEmpty()) {
      return Outcome.noWork("no reference stars");
    }
    RefStars.Cone cone = RefStars.Cone.aroundDetectors(quantum.inputs(), MARGIN_DEG);
    List<StarResidual> rows = new ArrayList<>();
    Catalogue catalogue = null;
    for (QuantumResult result : quantum.results(DETECTOR)) {
      if (result.getPayload() instanceof ExposureSummary summary) {
        if (catalogue == null) {
          double mjd = summary.getExpMidptMjd();
          catalogue = Catalogue.of(RefStars.load(shards, context.reader(), cone, mjd));
        }
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
      Catalogue catalogue,
      QuantumContext context,
      List<StarResidual> rows)
      throws java.io.IOException {
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
            StarResidual residual = residual(row, catalogue, boresight, angle);
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
      SourceRow row, Catalogue catalogue, Gnomonic boresight, double angle) {
    ReferenceStars stars = catalogue.stars;
    int star = catalogue.index.nearest(row.getRa(), row.getDec(), MATCH_RADIUS_ARCSEC);
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
            Math.IEEEremainder(row.getRa() - stars.raDeg(star), 360)
                * Math.cos(Math.toRadians(row.getDec()))
                * 3.6e6)
        .setDeltaDecMas((row.getDec() - stars.decDeg(star)) * 3.6e6)
        .setReferenceMag(referenceMag)
        .setDeltaMag(magnitude ? -2.5 * Math.log10(calibFlux / flux) : null)
        .setSnr(row.getPsfFlux() / row.getPsfFluxErr())
        .setSizeResidual(sizeResidual(row))
        .setReserved(isTrue(row.getCalibPsfReserved()))
        .setPhotometryReserved(isTrue(row.getCalibPhotometryReserved()))
        .setReferenceId(stars.id(star))
        .setReferenceRa(stars.raDeg(star))
        .setReferenceDec(stars.decDeg(star))
        .build();
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
