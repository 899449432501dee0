package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.schema.IsolatedStarRow;
import org.starbeam.schema.ObjectRow;

class ObjectMotionsTest {
  private static final double EPOCH = 59_500;

  private static IsolatedStarRow star() {
    IsolatedStarRow star = new IsolatedStarRow();
    star.setRa(150.0);
    star.setDec(0.0);
    star.setEpoch(EPOCH);
    star.setRaPM(2000.0);
    star.setDecPM(0.0);
    star.setParallax(80.0);
    star.setRaPMErr(1.0);
    star.setMotionNVisits(12);
    star.setMotionFlag(false);
    star.setReferenceId(77L);
    return star;
  }

  private static ObjectRow object(double eastArcsec, double epoch, float extendedness) {
    ObjectRow row = new ObjectRow();
    row.setCoordRa(150.0 + eastArcsec / 3600);
    row.setCoordDec(0.0);
    row.setEpoch(epoch);
    row.setRefExtendedness(extendedness);
    row.setDetectIsDeblendedSource(true);
    return row;
  }

  private static ObjectRow joined(ObjectRow row) {
    new ObjectMotions(List.of(star())).join(List.of(row));
    return row;
  }

  @Test
  void anUnresolvedObjectGetsTheMotionOfTheStarThatIsThereAtItsEpoch() {
    ObjectRow row = joined(object(2.1, EPOCH + 365.25, 0));
    assertThat(row.getRaPM()).isEqualTo(2000.0);
    assertThat(row.getParallax()).isEqualTo(80.0);
    assertThat(row.getMotionNVisits()).isEqualTo(12);
    assertThat(row.getMotionFlag()).isFalse();
    assertThat(row.getReferenceId()).isEqualTo(77);
    assertThat(row.getEpoch()).isEqualTo(EPOCH + 365.25);
  }

  @Test
  void objectsElsewhereOrResolvedAreFlaggedAndHaveNoReferenceStar() {
    for (ObjectRow row :
        List.of(
            joined(object(0.1, EPOCH + 365.25, 0)),
            joined(object(0.4, EPOCH, 0)),
            joined(object(0, EPOCH, 1)))) {
      assertThat(row.getRaPM()).isNull();
      assertThat(row.getMotionFlag()).isTrue();
      assertThat(row.getReferenceId()).isZero();
    }
  }

  @Test
  void withoutStarsAllAreFlagged() {
    ObjectRow row = object(0, EPOCH, 0);
    assertThat(new ObjectMotions(List.of()).join(List.of(row))).isZero();
    assertThat(row.getMotionFlag()).isTrue();
  }
}
