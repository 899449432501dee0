package org.starbeam.camera;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.failure.BadInputException;

class SafeYamlTest {
  private static String laughs() {
    StringBuilder out = new StringBuilder("a0: &a0 [ha, ha, ha, ha, ha, ha, ha, ha, ha, ha]\n");
    for (int i = 1; i < 15; i++) {
      String alias = "*a" + (i - 1);
      out.append("a%d: &a%d [".formatted(i, i));
      out.append((alias + ", ").repeat(9)).append(alias).append("]\n");
    }
    return out.append("pixel_pitch_mm: *a14\nname: *a14\n").toString();
  }

  private static void assertRefused(String text) {
    Assertions.assertTimeoutPreemptively(
        Duration.ofSeconds(10),
        () ->
            assertThatThrownBy(() -> CameraYaml.parse("camera.yaml", text))
                .isInstanceOf(BadInputException.class)
                .hasMessageContaining("camera.yaml"));
  }

  @Test
  void aliasesThatStandForBillionsOfValuesAreRefused() {
    assertRefused(laughs());
    assertRefused("a: &a [*a]\npixel_pitch_mm: *a\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "name: !!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[]]]",
        "name: !!java.io.File [/tmp/starbeam-evil]",
        "!!python/object/apply:os.system ['true']",
        "name: !include /etc/passwd",
        "name: a\nname: b",
        "- a\n- b",
        "name: [",
        "",
        "name: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a: {a:"
            + " {}}}}}}}}}}}}}}}}}}}}}}"
      })
  void tagsAndNonsenseAreRefused(String text) {
    assertRefused(text);
  }

  @Test
  void aliasesOfACameraAreResolved() {
    SafeYaml yaml = SafeYaml.parse("x", "a: &a {b: 1}\nc: *a\n");
    assertThat(yaml.child("c").number("b")).isEqualTo(1);
  }
}
