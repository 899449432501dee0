package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataIdTest {
  @Test
  void theTextHasDimensionsInCanonicalOrder() {
    DataId id = DataId.of("detector", 3, "instrument", "SimCam", "visit", 12);
    assertThat(id).hasToString("instrument=SimCam,visit=12,detector=3");
    assertThat(DataId.parse("detector=3,visit=12,instrument=SimCam")).isEqualTo(id);
    assertThat(id.only("visit")).hasToString("visit=12");
    assertThat(id.with("band", "r")).hasToString("instrument=SimCam,visit=12,detector=3,band=r");
    assertThat(DataId.of()).isEqualTo(DataId.GLOBAL);
  }

  @ParameterizedTest
  @ValueSource(strings = {"colour=r", "visit", "visit=", "visit=a/b", "name=..", "=1", "name=a b"})
  void whatIsNoDataIdIsRefused(String text) {
    assertThatThrownBy(() -> DataId.parse(text)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void numbersAreOrderedByValue() {
    List<DataId> sorted = new ArrayList<>();
    for (int visit : new int[] {2, 9, 10, 11, 100}) {
      for (int detector : new int[] {0, 2, 10}) {
        sorted.add(DataId.of("visit", visit, "detector", detector));
      }
    }
    List<DataId> shuffled = new ArrayList<>(sorted);
    Collections.shuffle(shuffled, new Random(1));
    Collections.sort(shuffled);
    assertThat(shuffled).isEqualTo(sorted);
  }

  @Property
  void theOrderIsTotal(@ForAll String a, @ForAll String b, @ForAll String c) {
    var order = DataId.TEXT_ORDER;
    assertThat(Integer.signum(order.compare(a, b))).isEqualTo(-Integer.signum(order.compare(b, a)));
    assertThat(order.compare(a, b) == 0).isEqualTo(a.equals(b));
    if (order.compare(a, b) <= 0 && order.compare(b, c) <= 0) {
      assertThat(order.compare(a, c)).isNotPositive();
    }
  }
}
