package org.starbeam.image;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BoxTest {
  @Test
  void emptyBoxAbsorbsUnderIntersectionAndIsNeutralUnderUnion() {
    Box box = new Box(-3, 7, 5, 4);
    assertThat(box.intersect(Box.EMPTY).isEmpty()).isTrue();
    assertThat(box.union(Box.EMPTY)).isEqualTo(box);
  }

  @Test
  void viewsShareThePixelsAndKeepTheCoordinates() {
    ImageF image = new ImageF(new Box(-3, 7, 5, 4));
    image.view(new Box(-1, 8, 2, 2)).set(-1, 9, 5f);
    assertThat(image.get(-1, 9)).isEqualTo(5f);
    assertThat(image.view(new Box(-1, 8, 2, 2)).toArray()).containsExactly(0f, 0f, 5f, 0f);
  }
}
