package org.starbeam.transforms.step2;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.association.IsolatedStarAssociator;
import org.starbeam.association.MovingFrame;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.IsolatedStar;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.RefStar;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;
import org.starbeam.transforms.dataset.Configs;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.ingest.RefStars;
import org.starbeam.transforms.quantum.Outcome;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.quantum.QuantumTask;
import org.starbeam.transforms.quantum.TaskSpec;

/**
 * Isolated stars of one HEALPix pixel of order 9: all detections in it and within 10 arcsec around
 * it, of all bands and visits, associated; a star is written by the pixel that holds its centre, so
 * pixels together give what one run over the whole sky would (specs/06 section 2.2). Positions of
 * moving reference stars are compared, and centres given, at the reference epoch.
 */
public final class IsolatedStarsTask implements QuantumTask {
  private static final long serialVersionUID = 1L;

  public static final String NAME = "isolatedStars";

  /** Role of the first characterizations, with their summaries as payload. */
  public static final String STARS = "stars";

  public static final int ORDER = 9;

  /** What a pixel looks at beyond its border. */
  public static final double MARGIN_ARCSEC = 10;

  /** S/N of the calibration flux that candidates have (specs/06 section 1.2). */
  private static final double FLAGGED_MIN_SNR = 10;

  private static final double FLAGGED_MAX_SNR = 2000;

  private static final Healpix PIXELS = new Healpix(ORDER);

  /**
   * @param referenceEpochYr Julian year to which moving stars are brought; must be the same in all
   *     pixels
   */
  public record Config(IsolatedStarAssociator.Config association, double referenceEpochYr)
      implements Serializable {
    public static Config defaults() {
      return new Config(IsolatedStarAssociator.Config.defaults(), 2016.0);
    }
  }

  private final Config config;

  public IsolatedStarsTask(Config config) {
    this.config = config;
  }

  @Override
  public TaskSpec spec() {
    return new TaskSpec(
        NAME,
        "step2",
        2,
        Configs.json(config),
        List.of(TaskSpec.InputRule.gather(STARS, 1), TaskSpec.InputRule.optional(RefStars.ROLE)),
        List.of(DatasetTypes.ISOLATED_STAR_BLOCK));
  }

  /** The stars of all blocks that a quantum has in a role. */
  static List<IsolatedStar> blocks(Quantum quantum, String role, QuantumContext context)
      throws IOException {
    List<IsolatedStar> out = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(role, DatasetTypes.ISOLATED_STAR_BLOCK.name())) {
      out.addAll(context.reader().table(ref, IsolatedStar.class));
    }
    return out;
  }

  private record Seen(StarCandidate star, double mjd) {}

  @Override
  public Outcome run(Quantum quantum, QuantumContext context) throws Exception {
    long pixel = quantum.dataId().getLong("healpix9");
    List<RefStar> references = references(quantum, context, pixel);
    MovingFrame frame = new MovingFrame(references, config.referenceEpochYr);
    List<Seen> seen = seen(quantum, context, pixel);
    List<IsolatedStarAssociator.Candidate> candidates = new ArrayList<>();
    List<Seen> candidateRows = new ArrayList<>();
    List<IsolatedStarAssociator.Peak> peaks = new ArrayList<>();
    for (Seen s : seen) {
      StarCandidate star = s.star;
      SkyPoint place = frame.toReferenceEpoch(star.getRa(), star.getDec(), s.mjd);
      if (star.getCandidate()) {
        candidateRows.add(s);
        candidates.add(
            new IsolatedStarAssociator.Candidate(
                star.getSourceId(),
                star.getVisit(),
                star.getBand(),
                place.raDeg(),
                place.decDeg(),
                star.getPsfInstFlux()));
      } else {
        peaks.add(
            new IsolatedStarAssociator.Peak(
                star.getSourceId(),
                star.getVisit(),
                star.getBand(),
                place.raDeg(),
                place.decDeg(),
                star.getPsfInstFlux()));
      }
    }
    Map<IsolatedStarAssociator.Status, Integer> counts =
        new EnumMap<>(IsolatedStarAssociator.Status.class);
    List<IsolatedStar> stars = new ArrayList<>();
    Flagged flagged = Flagged.of(seen, frame);
    for (var group : new IsolatedStarAssociator(config.association).associate(candidates, peaks)) {
      if (PIXELS.pixel(group.center().raDeg(), group.center().decDeg()) == pixel) {
        counts.merge(group.status(), 1, Integer::sum);
        if (group.status() == IsolatedStarAssociator.Status.OK) {
          IsolatedStar star = star(group, candidateRows, frame);
          star.setNFlagged(flagged.visitsAt(group.center(), config.association.linkRadiusArcsec()));
          stars.add(star);
        }
      }
    }
    counts.forEach((s, n) -> context.metric("groups." + s.name().toLowerCase(Locale.ROOT), n));
    context.metric("isolatedStars", stars.size());
    stars.sort(Comparator.comparingLong(IsolatedStar::getStarKey));
    context.stageTable(
        DatasetTypes.ISOLATED_STAR_BLOCK, quantum.dataId(), IsolatedStar.class, stars, List.of());
    return Outcome.done();
  }

  /** Detections of a star's brightness that are no good stars, at the reference epoch. */
  private record Flagged(List<Seen> seen, SphereIndex index) {
    static Flagged of(List<Seen> all, MovingFrame frame) {
      List<Seen> flagged = all.stream().filter(s -> isFlagged(s.star)).toList();
      List<SkyPoint> places =
          flagged.stream()
              .map(s -> frame.toReferenceEpoch(s.star.getRa(), s.star.getDec(), s.mjd))
              .toList();
      return new Flagged(
          flagged,
          new SphereIndex(
              places.stream().mapToDouble(SkyPoint::raDeg).toArray(),
              places.stream().mapToDouble(SkyPoint::decDeg).toArray(),
              1));
    }

    /**
     * Faint detections, very bright ones and blends say nothing against a star in another visit.
     */
    private static boolean isFlagged(StarCandidate s) {
      double snr = s.getCalibInstFlux() / s.getCalibInstFluxErr();
      return s.getFlagged() && snr >= FLAGGED_MIN_SNR && snr <= FLAGGED_MAX_SNR;
    }

    /** Number of visits with one at a place. */
    int visitsAt(SkyPoint place, double radiusArcsec) {
      double[] v = Angles.vector(place.raDeg(), place.decDeg());
      return (int)
          Arrays.stream(index.within(v, radiusArcsec))
              .mapToLong(i -> seen.get(i).star.getVisit())
              .distinct()
              .count();
    }
  }

  private static List<RefStar> references(Quantum quantum, QuantumContext context, long pixel)
      throws IOException {
    return RefStars.entries(
        quantum.refs(RefStars.ROLE, DatasetTypes.REFCAT.name()), context.reader(), cone(pixel));
  }

  /** Where the reference stars of a pixel are looked for. */
  static RefStars.Cone cone(long pixel) {
    return new RefStars.Cone(
        PIXELS.center(pixel), PIXELS.maxPixelRadiusDeg() + MARGIN_ARCSEC / 3600);
  }

  private static List<Seen> seen(Quantum quantum, QuantumContext context, long pixel)
      throws IOException {
    List<Seen> out = new ArrayList<>();
    for (QuantumResult result : quantum.results(STARS)) {
      if (!(result.getPayload() instanceof ExposureSummary summary)) {
        continue;
      }
      for (DatasetRef ref : result.getOutputs()) {
        if (ref.getDatasetType().equals(DatasetTypes.INITIAL_STARS_DETECTOR.name())) {
          for (StarCandidate star : context.reader().table(ref, StarCandidate.class)) {
            if (inReach(star, pixel)) {
              out.add(new Seen(star, summary.getExpMidptMjd()));
            }
          }
        }
      }
      context.checkCancelled();
    }
    return out;
  }

  private static boolean inReach(StarCandidate star, long pixel) {
    if (!Double.isFinite(star.getRa()) || !Double.isFinite(star.getDec())) {
      return false;
    }
    return PIXELS.pixel(star.getRa(), star.getDec()) == pixel
        || PIXELS.cone(star.getRa(), star.getDec(), MARGIN_ARCSEC / 3600).contains(pixel);
  }

  private static IsolatedStar star(
      IsolatedStarAssociator.Group group, List<Seen> rows, MovingFrame frame) {
    List<Seen> members = Arrays.stream(group.members()).mapToObj(rows::get).toList();
    List<StarCandidate> stars = members.stream().map(Seen::star).toList();
    return IsolatedStar.newBuilder()
        .setStarKey(group.starKey())
        .setRa(group.center().raDeg())
        .setDec(group.center().decDeg())
        .setRefId(frame.referenceOf(group.center()))
        .setReserved(IsolatedStarAssociator.astrometricReserve(group.starKey()))
        .setNVisit(members.size())
        .setMeanMjd(members.stream().mapToDouble(s -> s.mjd / members.size()).sum())
        .setMeanInstFlux(meanFlux(stars))
        .setMemberSourceIds(stars.stream().map(StarCandidate::getSourceId).toList())
        .setMemberVisits(stars.stream().map(StarCandidate::getVisit).toList())
        .setMemberDetectors(stars.stream().map(StarCandidate::getDetector).toList())
        .setMemberX(stars.stream().map(StarCandidate::getX).toList())
        .setMemberY(stars.stream().map(StarCandidate::getY).toList())
        .setMemberXx(stars.stream().map(StarCandidate::getXx).toList())
        .setMemberYy(stars.stream().map(StarCandidate::getYy).toList())
        .setMemberXy(stars.stream().map(StarCandidate::getXy).toList())
        .setMemberFlux(stars.stream().map(StarCandidate::getCalibInstFlux).toList())
        .setMemberFluxErr(stars.stream().map(StarCandidate::getCalibInstFluxErr).toList())
        .build();
  }

  private static Map<String, Double> meanFlux(List<StarCandidate> stars) {
    Map<String, double[]> sums = new TreeMap<>();
    for (StarCandidate star : stars) {
      double[] sum = sums.computeIfAbsent(star.getBand(), b -> new double[2]);
      sum[0] += star.getCalibInstFlux();
      sum[1]++;
    }
    Map<String, Double> mean = new TreeMap<>();
    sums.forEach((band, sum) -> mean.put(band, sum[0] / sum[1]));
    return mean;
  }
}
