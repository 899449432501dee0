package org.starbeam.association;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.starbeam.image.Box;
import org.starbeam.sky.Angles;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.SphereIndex;
import org.starbeam.sky.Tract;

/**
 * Groups the detections of all epochs into the objects that they are of (specs/03 section 8.1). The
 * answer is a function of the set of detections: neither their order nor borders on the sky matter.
 *
 * <p>Detections within the link radius r (chord) are friends, components are what friends connect.
 * A component whose members all lie within r of their mean direction, no two of one visit, is an
 * object. Any other is split: the member with most other visits within r is the seed (ties: smaller
 * sum of the nearest separations in those visits in steps of 1e-6 arcsec, then smaller id); of each
 * visit the free member nearest to the seed is taken, then once again the one nearest to the mean
 * of these; that is an object, and the rest is split in the same way. Detections of one night that
 * clearly move ({@link MotionCheck}) are objects of one detection each, as those of a faster
 * asteroid are.
 *
 * <p><b>Parts of the sky.</b> Whoever holds all detections of an area and {@value #HALO_ARCSEC}
 * arcsec around it gets every object right whose owner lies in the area: the member with the
 * smallest id of the object's component. That needs components of bounded size, so a chain with a
 * member further than {@value #REACH_ARCSEC} arcsec from its smallest id, which only a field full
 * of false detections has, is cut along squares of {@value #SQUARE_PIXELS} tract pixels before it
 * is split; the owner is then the smallest id in the square.
 *
 * <p>Detections whose position is not finite are left out. Cost O(n log n) for components of a few
 * members.
 */
public final class DiaSourceAssociator {
  /** What must be known around an area for the objects that it owns. */
  public static final double HALO_ARCSEC = 60;

  /** Members of a component that is not cut are this near to its smallest id. */
  private static final double REACH_ARCSEC = 20;

  private static final int SQUARE_PIXELS = 64;

  private static final double SEPARATION_STEP_ARCSEC = 1e-6;

  /**
   * @param linkRadiusArcsec detections of one object are at most this far from its mean place
   * @param motion what is taken for a moving source
   */
  public record Config(double linkRadiusArcsec, MotionCheck.Config motion) implements Serializable {
    public Config {
      if (!(linkRadiusArcsec > 0 && linkRadiusArcsec <= 2)) {
        throw new IllegalArgumentException(
            "linkRadiusArcsec is " + linkRadiusArcsec + ", must be above 0 and at most 2");
      }
    }

    public static Config defaults() {
      return new Config(1.0, MotionCheck.Config.defaults());
    }
  }

  /**
   * A source of a difference image; several detectors of a visit count as one visit.
   *
   * @param raErrDeg error of ra times cos(dec); NaN when it is not known
   * @param decErrDeg error of dec
   */
  public record Detection(
      long diaSourceId,
      long visit,
      double mjdTai,
      double raDeg,
      double decDeg,
      double raErrDeg,
      double decErrDeg) {}

  /**
   * Where the id of an object comes from: the pixel of its earliest member.
   *
   * @param counter {@code y * width + x} in the outer box of the patch
   */
  public record Place(int tract, int patch, int counter) {}

  /**
   * An object.
   *
   * @param members rows of the input, by rising id
   * @param owner row of the smallest id of the component, which may be of another object
   * @param mean direction of the unweighted mean of the members
   * @param place differs from that of every other object
   * @param cut true for a part of a chain that was too long
   */
  public record DiaGroup(int[] members, int owner, SkyPoint mean, Place place, boolean cut) {}

  private final Config config;
  private final MotionCheck motion;

  public DiaSourceAssociator(Config config) {
    this.config = config;
    this.motion = new MotionCheck(config.motion());
  }

  /** All objects, by their smallest member. Every usable detection is in exactly one. */
  public List<DiaGroup> associate(List<Detection> detections) {
    return new Search(detections).groups();
  }

  /** The tract pixel of a direction, by the rule that gives each direction one tract. */
  private record TractPixel(Tract tract, int x, int y) {
    static TractPixel of(double raDeg, double decDeg) {
      RingsSkyMap map = RingsSkyMap.defaults();
      Tract tract = map.tract(map.tractOf(raDeg, decDeg));
      double[] p = tract.wcs().toPixel(raDeg, decDeg);
      return new TractPixel(tract, (int) Math.floor(p[0] + 0.5), (int) Math.floor(p[1] + 0.5));
    }

    List<Integer> square() {
      return List.of(tract.id(), Math.floorDiv(y, SQUARE_PIXELS), Math.floorDiv(x, SQUARE_PIXELS));
    }

    /** The first pixel from here to the right that is not taken, of a row of the square if cut. */
    Place place(Set<Place> taken, boolean cut) {
      for (int step = 0; ; step++) {
        int from = SQUARE_PIXELS * Math.floorDiv(x, SQUARE_PIXELS);
        Place place = at(cut ? from + Math.floorMod(x - from + step, SQUARE_PIXELS) : x + step);
        if (taken.add(place)) {
          return place;
        }
      }
    }

    private Place at(int column) {
      int patch = tract.patchOf(x, y);
      Box outer = tract.patchOuterBox(patch);
      return new Place(tract.id(), patch, (y - outer.y0()) * outer.width() + column - outer.x0());
    }
  }

  /** Detections by rising id. */
  private final class Search {
    private final int[] rows;
    private final List<Detection> sources;
    private final SphereIndex index;

    /** Members of the component at hand that are in no object yet. */
    private final boolean[] free;

    Search(List<Detection> detections) {
      rows =
          IntStream.range(0, detections.size())
              .filter(i -> Double.isFinite(detections.get(i).raDeg + detections.get(i).decDeg))
              .boxed()
              .sorted(Comparator.comparingLong(i -> detections.get(i).diaSourceId))
              .mapToInt(Integer::intValue)
              .toArray();
      sources = Arrays.stream(rows).mapToObj(detections::get).toList();
      index =
          new SphereIndex(
              sources.stream().mapToDouble(Detection::raDeg).toArray(),
              sources.stream().mapToDouble(Detection::decDeg).toArray(),
              config.linkRadiusArcsec);
      free = new boolean[sources.size()];
    }

    List<DiaGroup> groups() {
      List<DiaGroup> out = new ArrayList<>();
      Map<List<Integer>, List<Integer>> squares = new TreeMap<>(lexical());
      for (int[] members : index.components(config.linkRadiusArcsec)) {
        if (isCompact(members)) {
          groups(members, false, out);
        } else {
          for (int m : members) {
            Detection s = sources.get(m);
            squares
                .computeIfAbsent(TractPixel.of(s.raDeg, s.decDeg).square(), k -> new ArrayList<>())
                .add(m);
          }
        }
      }
      squares
          .values()
          .forEach(s -> groups(s.stream().sorted().mapToInt(m -> m).toArray(), true, out));
      out.sort(Comparator.comparingInt(g -> g.members[0]));
      return out.stream().map(this::inRows).toList();
    }

    private DiaGroup inRows(DiaGroup g) {
      int[] members = Arrays.stream(g.members).map(m -> rows[m]).toArray();
      return new DiaGroup(members, rows[g.owner], g.mean, g.place, g.cut);
    }

    private boolean isCompact(int[] members) {
      double[] first = index.vector(members[0]);
      return Arrays.stream(members)
          .allMatch(m -> SphereIndex.chordArcsec(index.vector(m), first) <= REACH_ARCSEC);
    }

    /** The objects of a component, whose places are given in the order of their first epochs. */
    private void groups(int[] component, boolean cut, List<DiaGroup> out) {
      List<int[]> objects = isObject(component) ? List.of(component) : split(component);
      Set<Place> taken = new HashSet<>();
      objects.stream()
          .flatMap(this::atRest)
          .sorted(Comparator.comparing(this::earliest, byTime()))
          .forEach(
              members -> {
                Detection first = earliest(members);
                Place place = TractPixel.of(first.raDeg, first.decDeg).place(taken, cut);
                SkyPoint mean = Angles.direction(index.mean(members));
                out.add(new DiaGroup(members, component[0], mean, place, cut));
              });
    }

    /** The object itself, or each of its members when it moves. */
    private Stream<int[]> atRest(int[] members) {
      List<Detection> detections = Arrays.stream(members).mapToObj(sources::get).toList();
      return motion.moves(detections, Angles.direction(index.mean(members)))
          ? Arrays.stream(members).mapToObj(m -> new int[] {m})
          : Stream.of(members);
    }

    private Detection earliest(int[] members) {
      return Arrays.stream(members).mapToObj(sources::get).min(byTime()).orElseThrow();
    }

    private boolean isObject(int[] members) {
      double[] mean = index.mean(members);
      Set<Long> visits = new HashSet<>();
      return Arrays.stream(members)
          .allMatch(m -> separation(m, mean) <= config.linkRadiusArcsec && visits.add(visit(m)));
    }

    private List<int[]> split(int[] members) {
      Arrays.stream(members).forEach(m -> free[m] = true);
      List<int[]> out = new ArrayList<>();
      for (int left = members.length; left > 0; ) {
        int[] first = nearestOfEachVisit(index.vector(seed(members)));
        int[] object = nearestOfEachVisit(index.mean(first));
        Arrays.stream(object).forEach(m -> free[m] = false);
        left -= object.length;
        out.add(object);
      }
      return out;
    }

    /** The free member that most other visits see. */
    private int seed(int[] members) {
      int best = -1;
      int mostVisits = -1;
      long leastSum = 0;
      for (int m : members) {
        if (!free[m]) {
          continue;
        }
        double[] at = index.vector(m);
        int visits = 0;
        double sum = 0;
        for (int near : nearestOfEachVisit(at)) {
          if (visit(near) != visit(m)) {
            visits++;
            sum += separation(near, at);
          }
        }
        long steps = Math.round(sum / SEPARATION_STEP_ARCSEC);
        if (visits > mostVisits || visits == mostVisits && steps < leastSum) {
          best = m;
          mostVisits = visits;
          leastSum = steps;
        }
      }
      return best;
    }

    /** Of each visit the free detection nearest to a direction within the radius, by rising id. */
    private int[] nearestOfEachVisit(double[] at) {
      Map<Long, Integer> nearest = new TreeMap<>();
      for (int m : index.within(at, config.linkRadiusArcsec)) {
        if (free[m]) {
          nearest.merge(visit(m), m, (a, b) -> separation(b, at) < separation(a, at) ? b : a);
        }
      }
      return nearest.values().stream().sorted().mapToInt(Integer::intValue).toArray();
    }

    private long visit(int m) {
      return sources.get(m).visit;
    }

    private double separation(int m, double[] at) {
      return SphereIndex.chordArcsec(index.vector(m), at);
    }
  }

  private static Comparator<Detection> byTime() {
    return Comparator.comparingDouble(Detection::mjdTai).thenComparingLong(Detection::diaSourceId);
  }

  private static Comparator<List<Integer>> lexical() {
    return Comparator.<List<Integer>>comparingInt(k -> k.get(0))
        .thenComparingInt(k -> k.get(1))
        .thenComparingInt(k -> k.get(2));
  }
}
