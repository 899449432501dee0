package org.starbeam.psf;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

class ReservationTest {

  @Test
  void hashesAndDecisionsAreThoseOfTheVector() {
    for (JsonNode c : Shared.vector("char-reserve-hash").get("cases")) {
      long key =
          c.get("kind").asText().equals("sky")
              ? Reservation.skyKey(c.get("ra").asDouble(), c.get("dec").asDouble())
              : c.get("key").asLong();
      assertThat(Long.toUnsignedString(key)).isEqualTo(c.get("key").asText());
      assertThat(Long.toUnsignedString(Reservation.hash(key))).isEqualTo(c.get("hash").asText());
      assertThat(Reservation.bucket(key)).isEqualTo(c.get("value").asInt());
      assertThat(Reservation.isReserved(key)).isEqualTo(c.get("reserved").asBoolean());
    }
  }

  @Test
  void oneFifthIsReserved() {
    int n = 0;
    for (long id = 1; id <= 200_000; id++) {
      n += Reservation.isReserved(id) ? 1 : 0;
    }
    assertThat(n / 200_000.0).isBetween(0.199, 0.201);
  }
}
