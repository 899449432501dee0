package org.starbeam.transforms.step7;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.starbeam.psf.RhoStatistics;
import org.starbeam.repeatability.AstrometricScatter;
import org.starbeam.repeatability.EllipticityCorrelation;
import org.starbeam.repeatability.IntrinsicScatter;
import org.starbeam.repeatability.PhotometricScatter;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.IsolatedStarSource;
import org.starbeam.schema.MetricValue;
import org.starbeam.schema.RhoStatistic;
import org.starbeam.schema.StarPosition;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * How well the stars of a tract come back in a band: the metrics of the LSST SRD that need no
 * reference (specs/07 section 11.1), and what the PSF model leaves (specs/02 section 9.2). A star
 * belongs to the tract that owns its place; no two stars of a tract are 200 arcmin apart, so AM3
 * has no input. Memory 150 bytes for each time a star was seen; cost that of {@link
 * PhotometricScatter}, {@link AstrometricScatter}, {@link EllipticityCorrelation} and {@link
 * RhoStatistics}.
 */
public final class TractMetricsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "tractMetrics";

  /** Role of the tables of visits. */
  static final String VISIT = "visit";

  /**
   * @param minSnr mean S/N of the stars whose magnitudes count
   * @param brightMag brightest stars whose separations count
   * @param faintMag faintest
   * @param minVisits fewest visits of a star
   * @param fewest stars, or pairs, below which there is no number
   * @param maxPairs pairs that are looked at
   */
  public record Config(
      double minSnr, double brightMag, double faintMag, int minVisits, int fewest, int maxPairs)
      implements Serializable {
    public static Config defaults() {
      return new Config(200, 17, 21.5, 3, 10, 200_000);
    }
  }

  private final Config config;

  public TractMetricsTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step7",
        3,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(VISIT, 1)),
        List.of(DatasetTypes.TRACT_METRIC, DatasetTypes.RHO_STATISTIC, DatasetTypes.STAR_POSITION));
  }

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    long tract = quantum.dataId().getLong("tract");
    String band = quantum.dataId().get("band");
    List<IsolatedStarSource> rows = rows(quantum, context, tract);
    List<StarSeries> stars = stars(rows);
    context.metric("stars", stars.size());
    SrdMetrics metrics = new SrdMetrics(tract, config.fewest);
    metrics.band(band);
    photometry(stars, metrics);
    astrometry(stars, metrics);
    PsfResiduals residuals = new PsfResiduals(rows);
    psf(residuals, metrics);
    context.stageTable(
        DatasetTypes.TRACT_METRIC, quantum.dataId(), MetricValue.class, metrics.all(), List.of());
    context.stageTable(
        DatasetTypes.RHO_STATISTIC,
        quantum.dataId(),
        RhoStatistic.class,
        residuals.rho(tract, band),
        List.of());
    context.stageTable(
        DatasetTypes.STAR_POSITION,
        quantum.dataId(),
        StarPosition.class,
        positions(stars, band),
        List.of());
    return Outcome.done();
  }

  private boolean hasGoodPlaces(StarSeries star) {
    return star.meanMag() > config.brightMag && star.meanMag() < config.faintMag;
  }

  private List<StarPosition> positions(List<StarSeries> stars, String band) {
    List<StarPosition> out = new ArrayList<>();
    for (StarSeries star : stars) {
      if (hasGoodPlaces(star)) {
        star.position(band).ifPresent(p -> out.add(BandPositions.row(star.id(), p)));
      }
    }
    return out;
  }

  /** The measurements of the tract's stars, by visit, detector and source. */
  private static List<IsolatedStarSource> rows(Quantum quantum, QuantumContext context, long tract)
      throws IOException {
    List<IsolatedStarSource> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(VISIT, DatasetTypes.ISOLATED_STAR_SOURCE.name())) {
      for (IsolatedStarSource row : context.reader().table(ref, IsolatedStarSource.class)) {
        if (RingsSkyMap.defaults().tractOf(row.getRa(), row.getDec()) == tract) {
          out.add(row);
        }
      }
    }
    out.sort(
        Comparator.comparingLong(IsolatedStarSource::getVisit)
            .thenComparingInt(IsolatedStarSource::getDetector)
            .thenComparingLong(IsolatedStarSource::getSourceId));
    return out;
  }

  private List<StarSeries> stars(List<IsolatedStarSource> rows) {
    Map<Long, StarSeries> byId = new TreeMap<>();
    for (IsolatedStarSource row : rows) {
      byId.computeIfAbsent(row.getIsolatedStarId(), StarSeries::new).add(row);
    }
    return byId.values().stream().filter(s -> s.size() >= config.minVisits).toList();
  }

  private void photometry(List<StarSeries> stars, SrdMetrics metrics) {
    List<StarSeries> bright = stars.stream().filter(s -> s.meanSnr() > config.minSnr).toList();
    List<StarSeries> reserved = bright.stream().filter(StarSeries::isReserved).toList();
    for (boolean all : new boolean[] {true, false}) {
      List<StarSeries> subset = all ? bright : reserved;
      metrics.subset(all ? "all" : "reserved");
      photometry("psf", subset, StarSeries::psfMags, StarSeries::psfMagErrs, metrics);
      photometry("calib", subset, StarSeries::calibMags, StarSeries::calibMagErrs, metrics);
    }
    metrics.subset("all");
  }

  private void photometry(
      String flux,
      List<StarSeries> stars,
      Function<StarSeries, double[]> mags,
      Function<StarSeries, double[]> errs,
      SrdMetrics metrics) {
    List<double[]> ofStars = stars.stream().map(mags).toList();
    metrics.photometry(
        flux,
        PhotometricScatter.of(ofStars, config.minVisits),
        IntrinsicScatter.of(ofStars, stars.stream().map(errs).toList(), config.minVisits));
  }

  private void astrometry(List<StarSeries> stars, SrdMetrics metrics) {
    List<AstrometricScatter.Track> tracks =
        stars.stream().filter(this::hasGoodPlaces).map(StarSeries::track).toList();
    metrics.astrometry(1, AstrometricScatter.of(tracks, 4, 6, config.maxPairs));
    metrics.astrometry(2, AstrometricScatter.of(tracks, 19, 21, config.maxPairs));
    metrics.astrometry(3, AstrometricScatter.of(List.of(), 199, 201, config.maxPairs));
  }

  private static void psf(PsfResiduals residuals, SrdMetrics metrics) {
    ellipticity(3, 4e-5, 0, 1, residuals, metrics);
    ellipticity(4, 2e-7, 5, 20, residuals, metrics);
    metrics.subset("reserved");
    metrics.residual("psfStarDeltaE1", "1", residuals.median(IsolatedStarSource::getE1Residual));
    metrics.residual("psfStarDeltaE2", "1", residuals.median(IsolatedStarSource::getE2Residual));
    metrics.residual(
        "psfStarDeltaSize", "pixel", residuals.median(IsolatedStarSource::getSizeResidual));
    metrics.subset("all");
  }

  private static void ellipticity(
      int number,
      double limit,
      double lowest,
      double highest,
      PsfResiduals residuals,
      SrdMetrics metrics) {
    EllipticityCorrelation.Result all = residuals.correlation(lowest, highest);
    metrics.ellipticity("TE" + number, limit, all.largest(), all.err(), all.pairs());
    metrics.ellipticVisits("TEF" + number, limit, residuals.correlations(lowest, highest));
  }
}
