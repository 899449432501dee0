package org.starbeam.association;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.association.DiaSourceAssociator.Config;
import org.starbeam.association.DiaSourceAssociator.Detection;
import org.starbeam.association.DiaSourceAssociator.DiaGroup;
import org.starbeam.association.DiaSourceAssociator.Place;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Gnomonic;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.testing.Shared;

class DiaSourceAssociatorTest {
  private static final double ARCSEC = Math.toRadians(1 / 3600.0);

  private static List<DiaGroup> associate(List<Detection> detections) {
    return new DiaSourceAssociator(Config.defaults()).associate(detections);
  }

  private static List<Long> ids(List<Detection> detections, DiaGroup group) {
    return Arrays.stream(group.members()).mapToObj(m -> detections.get(m).diaSourceId()).toList();
  }

  private static Detection detection(long id, long visit, double mjd, SkyPoint p) {
    return new Detection(id, visit, mjd, p.raDeg(), p.decDeg(), Double.NaN, Double.NaN);
  }

  /** A detection some arcsec east and north of a place. */
  private static Detection near(SkyPoint place, double east, double north, long id, long visit) {
    SkyPoint p = new Gnomonic(place).deproject(east * ARCSEC, north * ARCSEC);
    return detection(id, visit, 60000 + visit, p);
  }

  @Test
  void agreesWithTheReferenceInEveryOrder() {
    JsonNode vector = Shared.vector("dia-association");
    List<Detection> detections = new ArrayList<>();
    for (JsonNode s : vector.get("sources_id_visit_ra_dec")) {
      long visit = s.get(1).asLong();
      detections.add(
          detection(
              s.get(0).asLong(),
              visit,
              60000 + visit,
              new SkyPoint(s.get(2).asDouble(), s.get(3).asDouble())));
    }
    for (int permutation = 0; permutation <= 100; permutation++) {
      if (permutation > 0) {
        Collections.shuffle(detections, new Random(permutation));
      }
      List<DiaGroup> groups = associate(detections);
      assertThat(groups).hasSize(vector.get("objects").size());
      for (int i = 0; i < groups.size(); i++) {
        JsonNode expected = vector.get("objects").get(i);
        List<Long> members = new ArrayList<>();
        expected.get("members").forEach(m -> members.add(m.asLong()));
        assertThat(ids(detections, groups.get(i))).isEqualTo(members);
        SkyPoint mean = groups.get(i).mean();
        assertThat(mean.raDeg()).isCloseTo(expected.get("ra").asDouble(), within(2e-12));
        assertThat(mean.decDeg()).isCloseTo(expected.get("dec").asDouble(), within(2e-12));
      }
    }
  }

  /** Objects of a few epochs, pairs, clumps and a long chain of false detections. */
  private static List<Detection> field(SkyPoint center, double radiusDeg, int objects) {
    Random random = new Random(7);
    List<Detection> out = new ArrayList<>();
    for (int i = 0; i < objects; i++) {
      double east = 3600 * radiusDeg * (2 * random.nextDouble() - 1);
      double north = 3600 * radiusDeg * (2 * random.nextDouble() - 1);
      int members = i % 20 == 0 ? 3 : 1;
      for (int m = 0; m < members; m++) {
        for (int visit = 0; visit < 1 + random.nextInt(6); visit++) {
          double dx = east + m * 0.9 + 0.1 * random.nextGaussian();
          double dy = north + 0.1 * random.nextGaussian();
          out.add(near(center, dx, dy, random.nextLong() >>> 1, visit));
        }
      }
    }
    for (int i = 0; i < 1200; i++) {
      double along = i * 0.7;
      double across = 0.2 * random.nextGaussian();
      out.add(near(center, along - 400, across + along / 3, random.nextLong() >>> 1, i % 5));
    }
    return out;
  }

  private static List<String> described(List<Detection> detections, List<DiaGroup> groups) {
    return groups.stream()
        .map(g -> ids(detections, g) + " " + g.place() + " " + g.cut() + " " + g.mean())
        .sorted()
        .collect(Collectors.toList());
  }

  /** Fields across RA 0 and borders of pixels, and at the poles. */
  @ParameterizedTest
  @CsvSource({
    "6, 0.01, 0.02",
    "8, 0.01, 0.02",
    "10, 0.01, 0.02",
    "8, 359.99, 89.9",
    "10, 180, -89.95"
  })
  void partsOfTheSkyTogetherGiveWhatTheWholeGives(int order, double ra, double dec) {
    List<Detection> all = field(new SkyPoint(ra, dec), 0.15, 1500);
    List<DiaGroup> whole = associate(all);
    assertThat(whole.stream().filter(DiaGroup::cut)).isNotEmpty();
    assertThat(whole.stream().mapToInt(g -> g.members().length).sum()).isEqualTo(all.size());
    assertThat(whole.stream().map(DiaGroup::place)).doesNotHaveDuplicates();
    Healpix pixels = new Healpix(order);
    double halo = DiaSourceAssociator.HALO_ARCSEC / 3600;
    List<String> parts = new ArrayList<>();
    Map<Long, List<Detection>> seenBy = new TreeMap<>();
    for (Detection d : all) {
      for (long pixel : pixels.cone(d.raDeg(), d.decDeg(), halo)) {
        seenBy.computeIfAbsent(pixel, p -> new ArrayList<>()).add(d);
      }
    }
    for (Map.Entry<Long, List<Detection>> part : seenBy.entrySet()) {
      long pixel = part.getKey();
      List<Detection> seen = part.getValue();
      Collections.shuffle(seen, new Random(pixel));
      List<DiaGroup> owned =
          associate(seen).stream()
              .filter(
                  g -> {
                    Detection owner = seen.get(g.owner());
                    return pixels.pixel(owner.raDeg(), owner.decDeg()) == pixel;
                  })
              .toList();
      parts.addAll(described(seen, owned));
    }
    Collections.sort(parts);
    assertThat(seenBy.size()).isGreaterThan(1);
    assertThat(parts).isEqualTo(described(all, whole));
  }

  @Test
  void twoVariablesOnePointFiveArcsecApartAreTwoObjects() {
    Random random = new Random(3);
    List<Detection> detections = new ArrayList<>();
    SkyPoint place = new SkyPoint(150, 2);
    for (int visit = 0; visit < 50; visit++) {
      for (int star = 0; star < 2; star++) {
        double dx = 1.5 * star + 0.1 * random.nextGaussian();
        detections.add(near(place, dx, 0.1 * random.nextGaussian(), 2L * visit + star, visit));
      }
    }
    List<DiaGroup> groups = associate(detections);
    assertThat(groups).hasSize(2);
    for (DiaGroup group : groups) {
      long even = ids(detections, group).stream().filter(id -> id % 2 == 0).count();
      double share = Math.max(even, group.members().length - even) / (double) 50;
      assertThat(share).isGreaterThanOrEqualTo(0.99);
    }
  }

  /** The corners of patches and tracts, RA 0 and the poles: one object each, with its own id. */
  @Test
  void noObjectIsLostOrDoubledAtABorder() {
    RingsSkyMap map = RingsSkyMap.defaults();
    List<SkyPoint> places = new ArrayList<>();
    places.add(new SkyPoint(0, 10));
    places.add(new SkyPoint(77, 90));
    places.add(new SkyPoint(200, -90));
    for (int id : new int[] {1, 4613, 9813, map.tractCount() - 2}) {
      Tract tract = map.tract(id);
      places.add(tract.wcs().toSky(2999.5, 8999.5));
      double half = 180.0 / (map.config().numRings() + 1) / 2;
      places.add(new SkyPoint(tract.center().raDeg(), tract.center().decDeg() + half));
    }
    Random random = new Random(1);
    List<Detection> detections = new ArrayList<>();
    for (int i = 0; i < places.size(); i++) {
      for (int visit = 0; visit < 8; visit++) {
        double dx = 0.15 * random.nextGaussian();
        double dy = 0.15 * random.nextGaussian();
        detections.add(near(places.get(i), dx, dy, random.nextInt(1 << 30), visit));
      }
    }
    List<DiaGroup> groups = associate(detections);
    assertThat(groups).hasSize(places.size());
    assertThat(groups).allSatisfy(g -> assertThat(g.members()).hasSize(8));
    assertThat(groups.stream().map(DiaGroup::place)).doesNotHaveDuplicates();
  }

  @Test
  void anAsteroidIsManyObjectsOfOneDetection() {
    List<Detection> detections = new ArrayList<>();
    for (int visit = 0; visit < 20; visit++) {
      detections.add(near(new SkyPoint(30, -20), 15 * visit, 4 * visit, visit, visit));
    }
    assertThat(associate(detections)).hasSize(20);
  }

  /**
   * Visits 40 s apart: 0.3 arcsec between them, errors of 20 mas, is 30 arcsec an hour. The same
   * scatter about a place at rest, and the same path of another night's visit, is one object.
   */
  @Test
  void detectionsOfOneNightThatMoveAreObjectsOfTheirOwn() {
    assertThat(associate(path(0.3, 40 / 86400.0))).hasSize(3);
    assertThat(associate(path(0.02, 40 / 86400.0))).hasSize(1);
    assertThat(associate(path(0.3, 1.0))).hasSize(1);
    List<Detection> withoutErrors = path(0.3, 40 / 86400.0);
    withoutErrors.add(detection(9, 9, 60000 + 60 / 86400.0, new SkyPoint(30, -20)));
    assertThat(associate(withoutErrors)).hasSize(4);
  }

  private static List<Detection> path(double stepArcsec, double stepDays) {
    List<Detection> out = new ArrayList<>();
    for (int visit = 0; visit < 3; visit++) {
      Detection d = near(new SkyPoint(30, -20), stepArcsec * visit, 0, visit, visit);
      double err = 0.02 / 3600;
      out.add(
          new Detection(visit, visit, 60000 + visit * stepDays, d.raDeg(), d.decDeg(), err, err));
    }
    return out;
  }

  /** At 0.4 arcsec from visit to visit the chain must be cut; no object is longer than allowed. */
  @Test
  void aSlowMoverIsCutIntoPiecesNoLargerThanTheRadius() {
    List<Detection> detections = new ArrayList<>();
    for (int visit = 0; visit < 40; visit++) {
      detections.add(near(new SkyPoint(30, -20), 0.4 * visit, 0, visit, visit));
    }
    List<DiaGroup> groups = associate(detections);
    assertThat(groups).hasSizeBetween(8, 20);
    for (DiaGroup group : groups) {
      for (int m : group.members()) {
        Detection d = detections.get(m);
        SkyPoint mean = group.mean();
        assertThat(Angles.separationArcsec(mean.raDeg(), mean.decDeg(), d.raDeg(), d.decDeg()))
            .isLessThan(1.2);
      }
    }
  }

  @Test
  void twoDetectionsOfOneVisitNeverShareAnObject() {
    SkyPoint place = new SkyPoint(10, 10);
    List<Detection> detections =
        List.of(
            near(place, 0, 0, 1, 1),
            near(place, 0, 0, 2, 1),
            near(place, 0.01, 0, 3, 2),
            near(place, 0.02, 0, 4, 2));
    List<DiaGroup> groups = associate(detections);
    assertThat(groups).hasSize(2);
    assertThat(ids(detections, groups.get(0))).containsExactly(1L, 3L);
    assertThat(ids(detections, groups.get(1))).containsExactly(2L, 4L);
  }

  /** The pixel of the first epoch; of two objects there the later one goes to the right. */
  @Test
  void theIdComesFromThePixelOfTheEarliestMember() {
    Tract tract = RingsSkyMap.defaults().tract(4613);
    SkyPoint pixel = tract.wcs().toSky(4000.3, 5000.2);
    List<Detection> detections =
        List.of(
            detection(9, 1, 60000.1, pixel),
            detection(8, 1, 60000.1, pixel),
            detection(1, 2, 60007.1, new SkyPoint(pixel.raDeg(), pixel.decDeg() + 0.5 / 3600)));
    int patch = tract.patchOf(4000, 5000);
    int counter = (5000 - (3000 - 200)) * 3400 + 4000 - (3000 - 200);
    assertThat(associate(detections).stream().map(DiaGroup::place))
        .containsExactly(new Place(4613, patch, counter), new Place(4613, patch, counter + 1));
  }

  @Test
  void aPositionThatIsNotFiniteIsLeftOut() {
    Detection good = near(new SkyPoint(10, 10), 0, 0, 1, 1);
    Detection bad = new Detection(2, 2, 60000, Double.NaN, 10, 0, 0);
    List<DiaGroup> groups = associate(List.of(bad, good));
    assertThat(groups).hasSize(1);
    assertThat(groups.get(0).members()).containsExactly(1);
    assertThat(associate(List.of())).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(doubles = {0, -1, 3, Double.NaN})
  void aRadiusThatCannotBeIsRefused(double radius) {
    assertThatThrownBy(() -> new Config(radius, MotionCheck.Config.defaults()))
        .hasMessageContaining("linkRadiusArcsec is");
  }
}
