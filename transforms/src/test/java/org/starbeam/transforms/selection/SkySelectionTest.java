package org.starbeam.transforms.selection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.starbeam.sky.SkyCircle;

/** A region of the sky is written by itself as in an expression. */
class SkySelectionTest {
  @Test
  void regionIsReadWithoutAnExpressionAroundIt() {
    SkySelection circle = SkySelection.parse("circle(10, -30, 0.5)");
    assertThat(circle.region()).isInstanceOf(SkyCircle.class);
    assertThat(circle.text()).startsWith("CIRCLE(10");
    assertThat(circle.sql("\"r\"", "\"d\"")).contains("\"r\"", "\"d\"").doesNotContain("?");
  }

  @Test
  void problemsHaveTheirPlaceInTheText() {
    assertThatThrownBy(() -> SkySelection.parse("CIRCLE(10, -30)"))
        .isInstanceOfSatisfying(
            SelectionException.class,
            e -> assertThat(e.render("--region")).startsWith("--region:1:1: EXPR_TYPE: CIRCLE"));
    assertThatThrownBy(() -> SkySelection.parse("CIRCLE(10, x, 1)"))
        .isInstanceOfSatisfying(
            SelectionException.class,
            e -> assertThat(e.render("--region")).startsWith("--region:1:12: EXPR_SYNTAX"));
    for (String text : new String[] {"", "TRUE", "POINT", "CIRCLE(1, 2, 3) OR TRUE", "g"}) {
      assertThatThrownBy(() -> SkySelection.parse(text))
          .as(text)
          .isInstanceOf(SelectionException.class);
    }
  }
}
