package org.starbeam.association;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.association.IsolatedStarAssociator.Candidate;
import org.starbeam.association.IsolatedStarAssociator.Group;
import org.starbeam.association.IsolatedStarAssociator.Peak;
import org.starbeam.association.IsolatedStarAssociator.Status;
import org.starbeam.testing.Shared;

class IsolatedStarAssociatorTest {
  private static List<Candidate> candidates(JsonNode vector) {
    List<Candidate> out = new ArrayList<>();
    for (JsonNode s : vector.get("sources")) {
      out.add(
          new Candidate(
              s.get(0).asLong(),
              s.get(1).asLong(),
              "r",
              s.get(2).asDouble(),
              s.get(3).asDouble(),
              1000));
    }
    return out;
  }

  @Test
  void agreesWithBruteForceInEveryOrder() {
    JsonNode vector = Shared.vector("calib-association");
    List<Candidate> stars = candidates(vector);
    for (int permutation = 0; permutation <= 100; permutation++) {
      if (permutation > 0) {
        Collections.shuffle(stars, new Random(permutation));
      }
      List<Group> groups = new IsolatedStarAssociator().associate(stars, List.of());
      assertThat(groups).hasSize(vector.get("groups").size());
      for (int g = 0; g < groups.size(); g++) {
        agrees(groups.get(g), stars, vector.get("groups").get(g));
      }
    }
  }

  /** The vector's declinations come from an arcsine, which rounds near the pole. */
  private static void agrees(Group group, List<Candidate> stars, JsonNode expected) {
    long[] ids = Arrays.stream(group.members()).mapToLong(i -> stars.get(i).sourceId()).toArray();
    assertThat(ids).containsExactly(longs(expected.get("members")));
    assertThat(group.status().name().toLowerCase(Locale.ROOT))
        .isEqualTo(expected.get("status").asText());
    assertThat(group.starKey()).isEqualTo(expected.get("starKey").asLong());
    double cosDec = Math.cos(Math.toRadians(expected.get("dec").asDouble()));
    double dRa = Math.IEEEremainder(group.center().raDeg() - expected.get("ra").asDouble(), 360);
    assertThat(dRa * cosDec).isCloseTo(0, within(1e-10));
    double asinRounding = Math.toDegrees(2.2e-16 / cosDec);
    assertThat(group.center().decDeg())
        .isCloseTo(expected.get("dec").asDouble(), within(1e-10 + asinRounding));
  }

  private static long[] longs(JsonNode array) {
    long[] out = new long[array.size()];
    for (int i = 0; i < out.length; i++) {
      out[i] = array.get(i).asLong();
    }
    return out;
  }

  @Test
  void reservesByTheHashOfTheKey() {
    for (JsonNode c : Shared.vector("calib-association").get("mix64").get("cases")) {
      long key = c.get(0).asLong();
      assertThat(IsolatedStarAssociator.mix64(key))
          .isEqualTo(Long.parseUnsignedLong(c.get(1).asText(), 16));
      assertThat(IsolatedStarAssociator.astrometricReserve(key)).isEqualTo(c.get(2).asInt() == 0);
      assertThat(IsolatedStarAssociator.photometricReserve(key)).isEqualTo(c.get(3).asInt() == 0);
    }
  }

  private static List<Candidate> pair() {
    return List.of(
        new Candidate(1, 10, "r", 53, -28, 1000), new Candidate(2, 11, "r", 53, -28, 1000));
  }

  private static Peak peak(long id, long visit, double northArcsec, double flux) {
    return new Peak(id, visit, "r", 53, -28 + northArcsec / 3600, flux);
  }

  private static Status status(Peak... peaks) {
    return new IsolatedStarAssociator().associate(pair(), List.of(peaks)).get(0).status();
  }

  @Test
  void aBrightPeakNextToTheStarInTwoVisitsIsANeighbour() {
    assertThat(status(peak(3, 10, 1.5, 50), peak(4, 11, 1.5, 50))).isEqualTo(Status.NEIGHBOUR);
    assertThat(status(peak(3, 10, 1.5, 50))).isEqualTo(Status.OK);
    assertThat(status(peak(3, 10, 1.5, 5), peak(4, 11, 1.5, 5))).isEqualTo(Status.OK);
    assertThat(status(peak(3, 10, 2.5, 50), peak(4, 11, 2.5, 50))).isEqualTo(Status.OK);
  }

  @Test
  void theStarsOwnDetectionsAreNoNeighboursButASecondOneInAVisitIs() {
    assertThat(status(peak(1, 10, 0, 1000), peak(2, 11, 0, 1000))).isEqualTo(Status.OK);
    assertThat(status(peak(5, 10, 0.3, 20))).isEqualTo(Status.NEIGHBOUR);
  }

  @Test
  void aDetectionWithoutPositionIsLeftOut() {
    List<Candidate> stars = new ArrayList<>(pair());
    stars.add(new Candidate(0, 12, "r", Double.NaN, -28, 1000));
    List<Group> groups = new IsolatedStarAssociator().associate(stars, List.of());
    assertThat(groups).hasSize(1);
    assertThat(groups.get(0).members()).containsExactly(0, 1);
  }
}
