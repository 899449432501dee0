package org.starbeam.fits;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

class CardOrderTest {
  @Test
  void mapsWithoutAnOrderAreSortedByName() {
    Map<String, Integer> fixed = Map.of("VISIT", 1, "BAND", 2, "DETECTOR", 3, "AMP", 4);
    assertThat(CardOrder.of(fixed)).containsExactlyEntriesOf(sorted());
    assertThat(CardOrder.of(new HashMap<>(fixed))).containsExactlyEntriesOf(sorted());
    assertThat(CardOrder.of(Map.copyOf(fixed))).containsExactlyEntriesOf(sorted());
  }

  @Test
  void orderOfTheCallerStays() {
    Map<String, Integer> mine = new LinkedHashMap<>();
    mine.put("Z", 1);
    mine.put("A", 2);
    assertThat(CardOrder.of(mine)).isSameAs(mine);
  }

  private static Map<String, Integer> sorted() {
    Map<String, Integer> out = new LinkedHashMap<>();
    out.put("AMP", 4);
    out.put("BAND", 2);
    out.put("DETECTOR", 3);
    out.put("VISIT", 1);
    return out;
  }
}
