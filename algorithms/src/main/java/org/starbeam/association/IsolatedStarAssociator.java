package org.starbeam.association;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;

/**
 * Finds the stars that were seen in several visits with nothing near them (specs/06 section 2.1).
 *
 * <p>Detections closer than the link radius (chord) are friends, groups are connected components.
 * Of a group the first of these counts: TOO_EXTENDED (a member farther than the link radius from
 * the unit-vector mean), AMBIGUOUS_VISIT (two members of one visit), TOO_FEW (one member),
 * NEIGHBOUR (a detection of another group, or a sufficiently bright peak, inside the isolation
 * radius), else OK. The key of a star is the nested HEALPix index of its centre at order 24. The
 * answer does not depend on the order of the input.
 *
 * <p>Positions are to be moved to a common epoch before, see {@link MovingFrame}. Detections with a
 * position that is not finite are left out. Cost O(n log n).
 */
public final class IsolatedStarAssociator {
  private static final Healpix KEYS = new Healpix(24);

  /**
   * @param linkRadiusArcsec friends are at most this far apart
   * @param isolationArcsec nothing else may be this near to the centre
   * @param fluxRatio peaks fainter than this part of the star do not count
   */
  public record Config(double linkRadiusArcsec, double isolationArcsec, double fluxRatio)
      implements Serializable {
    public static Config defaults() {
      return new Config(0.5, 2.0, 0.01);
    }
  }

  /**
   * A detection that may be a star.
   *
   * @param psfFlux instrumental flux, to be compared with peaks of the same band
   */
  public record Candidate(
      long sourceId, long visit, String band, double raDeg, double decDeg, double psfFlux) {}

  /** Any detection; those that are candidates have the candidate's sourceId. */
  public record Peak(
      long sourceId, long visit, String band, double raDeg, double decDeg, double psfFlux) {}

  /** What became of a group. */
  public enum Status {
    TOO_EXTENDED,
    AMBIGUOUS_VISIT,
    TOO_FEW,
    NEIGHBOUR,
    OK
  }

  /**
   * A group.
   *
   * @param members rows of its candidates in the input list, by rising sourceId
   * @param starKey nested index of the centre at order 24; 0 unless OK
   */
  public record Group(int[] members, Status status, SkyPoint center, long starKey) {}

  private final Config config;

  public IsolatedStarAssociator(Config config) {
    this.config = config;
  }

  public IsolatedStarAssociator() {
    this(Config.defaults());
  }

  /** The finaliser of splitmix64, for reserving stars by key. */
  public static long mix64(long key) {
    long z = key;
    z = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    z = (z ^ (z >>> 27)) * 0x94d049bb133111ebL;
    return z ^ (z >>> 31);
  }

  /** True for one star in ten, which never enters an astrometric fit. */
  public static boolean astrometricReserve(long starKey) {
    return Long.remainderUnsigned(mix64(starKey), 10) == 0;
  }

  /** True for one star in ten, which never enters a photometric fit. */
  public static boolean photometricReserve(long starKey) {
    return Long.remainderUnsigned(mix64(starKey ^ 0x9e3779b97f4a7c15L), 10) == 0;
  }

  /** All groups, by their smallest sourceId. */
  public List<Group> associate(List<Candidate> candidates, List<Peak> peaks) {
    return new Search(candidates, peaks).groups();
  }

  private static boolean finite(double ra, double dec) {
    return Double.isFinite(ra) && Double.isFinite(dec);
  }

  /** Candidates by rising sourceId, peaks, and where they are. */
  private final class Search {
    private final int[] rows;
    private final List<Candidate> stars;
    private final List<Peak> peaks;
    private final SphereIndex index;
    private final SphereIndex peakIndex;

    Search(List<Candidate> candidates, List<Peak> allPeaks) {
      rows =
          java.util.stream.IntStream.range(0, candidates.size())
              .filter(i -> finite(candidates.get(i).raDeg, candidates.get(i).decDeg))
              .boxed()
              .sorted(Comparator.comparingLong(i -> candidates.get(i).sourceId))
              .mapToInt(Integer::intValue)
              .toArray();
      stars = Arrays.stream(rows).mapToObj(candidates::get).toList();
      peaks = allPeaks.stream().filter(p -> finite(p.raDeg, p.decDeg)).toList();
      double cell = Math.max(config.linkRadiusArcsec, config.isolationArcsec);
      index =
          new SphereIndex(
              stars.stream().mapToDouble(Candidate::raDeg).toArray(),
              stars.stream().mapToDouble(Candidate::decDeg).toArray(),
              cell);
      peakIndex =
          new SphereIndex(
              peaks.stream().mapToDouble(Peak::raDeg).toArray(),
              peaks.stream().mapToDouble(Peak::decDeg).toArray(),
              cell);
    }

    List<Group> groups() {
      List<Group> groups = new ArrayList<>();
      for (int[] members : index.components(config.linkRadiusArcsec)) {
        groups.add(group(members));
      }
      return groups;
    }

    private Group group(int[] members) {
      double[] center = index.mean(members);
      Status status = status(members, center);
      SkyPoint direction = Angles.direction(center);
      long key = status == Status.OK ? KEYS.pixel(direction.raDeg(), direction.decDeg()) : 0;
      return new Group(Arrays.stream(members).map(m -> rows[m]).toArray(), status, direction, key);
    }

    private Status status(int[] members, double[] center) {
      TreeSet<Long> visits = new TreeSet<>();
      boolean twice = false;
      for (int m : members) {
        if (SphereIndex.chordArcsec(index.vector(m), center) > config.linkRadiusArcsec) {
          return Status.TOO_EXTENDED;
        }
        twice |= !visits.add(stars.get(m).visit);
      }
      if (twice) {
        return Status.AMBIGUOUS_VISIT;
      }
      if (members.length < 2) {
        return Status.TOO_FEW;
      }
      for (int near : index.within(center, config.isolationArcsec)) {
        if (Arrays.binarySearch(members, near) < 0) {
          return Status.NEIGHBOUR;
        }
      }
      return peakNear(members, center, visits) ? Status.NEIGHBOUR : Status.OK;
    }

    private boolean peakNear(int[] members, double[] center, TreeSet<Long> visits) {
      TreeSet<Long> own = new TreeSet<>();
      for (int m : members) {
        own.add(stars.get(m).sourceId);
      }
      Map<String, double[]> mean = meanFlux(members);
      TreeSet<Long> disturbed = new TreeSet<>();
      boolean onlyVisit = false;
      for (int near : peakIndex.within(center, config.isolationArcsec)) {
        Peak peak = peaks.get(near);
        if (own.contains(peak.sourceId)) {
          continue;
        }
        boolean onTop =
            SphereIndex.chordArcsec(peakIndex.vector(near), center) <= config.linkRadiusArcsec;
        if (onTop && visits.contains(peak.visit)) {
          return true;
        }
        double[] star = mean.get(peak.band);
        if (!onTop && star != null && peak.psfFlux > config.fluxRatio * star[0] / star[1]) {
          disturbed.add(peak.visit);
          onlyVisit |= star[1] == 1;
        }
      }
      return disturbed.size() >= 2 || onlyVisit;
    }

    /** Sum and number of the fluxes of each band. */
    private Map<String, double[]> meanFlux(int[] members) {
      Map<String, double[]> mean = new TreeMap<>();
      for (int m : members) {
        double[] band = mean.computeIfAbsent(stars.get(m).band, b -> new double[2]);
        band[0] += stars.get(m).psfFlux;
        band[1]++;
      }
      return mean;
    }
  }
}
