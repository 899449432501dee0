package org.starbeam.association;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.association.PrimaryAudit.Leaf;

class PrimaryAuditTest {
  private static final double TENTH_ARCSEC = 0.1 / 3600;

  @Test
  void sourceThatIsInnerInTwoTractsStaysPrimaryInTheLowerId() {
    List<Leaf> rows =
        List.of(
            new Leaf(20, 4613, 8, 11.09, -30.5, true),
            new Leaf(10, 4612, 1, 11.09, -30.5 + TENTH_ARCSEC, true));
    assertThat(new PrimaryAudit().primaries(rows)).containsExactly(10L);
  }

  @Test
  void sourceThatIsInnerInNeitherTractBecomesPrimaryInTheLowerId() {
    List<Leaf> rows =
        List.of(
            new Leaf(20, 4613, 8, 11.09, -30.5, false),
            new Leaf(10, 4612, 1, 11.09, -30.5 + TENTH_ARCSEC, false));
    assertThat(new PrimaryAudit().primaries(rows)).containsExactly(10L);
  }

  @Test
  void outerRowsOfOneTractAloneDoNotBecomePrimary() {
    assertThat(new PrimaryAudit().primaries(List.of(new Leaf(20, 4613, 8, 11.09, -30.5, false))))
        .isEmpty();
  }

  @Test
  void closePairInsideOnePatchStaysTwoObjects() {
    List<Leaf> rows =
        List.of(
            new Leaf(1, 4613, 8, 11.09, -30.5, true),
            new Leaf(2, 4613, 8, 11.09, -30.5 + TENTH_ARCSEC, true));
    assertThat(new PrimaryAudit().primaries(rows)).containsExactly(1L, 2L);
  }

  @Test
  void answerDoesNotDependOnTheOrderOfRows() {
    Random random = new Random(5);
    List<Leaf> rows = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      double dec = -30.5 + random.nextInt(60) * TENTH_ARCSEC;
      rows.add(
          new Leaf(
              1000 + i,
              4612 + random.nextInt(2),
              random.nextInt(3),
              11.09,
              dec,
              random.nextBoolean()));
    }
    var expected = new PrimaryAudit().primaries(rows);
    for (int k = 0; k < 20; k++) {
      Collections.shuffle(rows, random);
      assertThat(new PrimaryAudit().primaries(rows)).isEqualTo(expected);
    }
  }
}
