package org.starbeam.transforms.dataset;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.SplittableRandom;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.BadInputException;
import org.starbeam.testing.Shared;

class IdPackerTest {
  @Test
  void exposuresAreNumberedByDayWhereTheirCameraCountsSo() {
    int byDay = IdPacker.observation(20250101, 7);
    assertThat(IdPacker.observation(20250101, 7, 2025010100007L)).isEqualTo(byDay);
    assertThat(IdPacker.observation(20250101, 0, 4711)).as("no sequence").isEqualTo(4711);
    assertThat(IdPacker.observation(19990117, 7, 4711)).as("before 2010").isEqualTo(4711);
    assertThat(IdPacker.observation(20200101, 0, 2020010140000L))
        .as("7 seconds apart")
        .isNotEqualTo(IdPacker.observation(20200101, 0, 2020010140007L));
    assertThat(IdPacker.observation(20250101, 0, 2025010143200L))
        .as("made of the time: noon")
        .isEqualTo(IdPacker.observation(20250101, 8192));
    assertThatThrownBy(() -> IdPacker.observation(19990117, 0, 890104911L))
        .hasMessageContaining("890104911")
        .hasMessageContaining("268435455");
  }

  @Test
  void packsTheVectorsBitForBit() {
    for (JsonNode one : Shared.vector("campaign-ids").get("ids")) {
      long expected = Long.parseLong(one.get("id").asText());
      if (one.get("kind").asText().equals("obs")) {
        IdPacker.Observation fields = observation(one);
        assertThat(IdPacker.pack(fields)).isEqualTo(expected);
        assertThat(IdPacker.unpackObservation(expected)).isEqualTo(fields);
        assertThat(
                IdPacker.detectorVisitId(
                    fields.instrument(), fields.observation(), fields.detector()))
            .isEqualTo(Long.parseLong(one.get("detectorVisitId").asText()));
      } else {
        IdPacker.Sky fields = sky(one);
        assertThat(IdPacker.pack(fields)).isEqualTo(expected);
        assertThat(IdPacker.unpackSky(expected)).isEqualTo(fields);
      }
    }
  }

  private static IdPacker.Observation observation(JsonNode one) {
    int number =
        one.has("exposureNumber")
            ? IdPacker.observation(one.get("exposureNumber").asLong())
            : IdPacker.observation(one.get("dayObs").asInt(), one.get("seq").asInt());
    return new IdPacker.Observation(
        one.get("release").asInt(),
        one.get("instrument").asInt(),
        number,
        one.get("detector").asInt(),
        one.get("counter").asInt());
  }

  private static IdPacker.Sky sky(JsonNode one) {
    return new IdPacker.Sky(
        one.get("release").asInt(),
        one.get("skymap").asInt(),
        one.get("tract").asInt(),
        one.get("patch").asInt(),
        one.get("band").asInt(),
        one.get("counter").asInt());
  }

  @Test
  void refusesEveryFieldThatDoesNotFit() {
    for (JsonNode one : Shared.vector("campaign-ids").get("outOfRange")) {
      String field = one.get("field").asText();
      int value = one.get("value").asInt();
      assertThatThrownBy(() -> packWith(one.get("kind").asText(), field, value))
          .as("%s %s", field, value)
          .isInstanceOf(BadInputException.class)
          .extracting(e -> ((BadInputException) e).code())
          .isEqualTo("ID_OVERFLOW");
    }
  }

  private static long packWith(String kind, String field, int value) {
    if (kind.equals("sky")) {
      return IdPacker.pack(
          new IdPacker.Sky(
              field.equals("release") ? value : 0,
              0,
              field.equals("tract") ? value : 0,
              field.equals("patch") ? value : 0,
              0,
              0));
    }
    int day = field.equals("dayObs") ? value : 20250520;
    int sequence = field.equals("seq") ? value : 1;
    return IdPacker.pack(
        new IdPacker.Observation(
            1,
            0,
            IdPacker.observation(day, sequence),
            field.equals("detector") ? value : 0,
            field.equals("counter") ? value : 0));
  }

  @Test
  void aNegativeFieldIsRefused() {
    assertThatThrownBy(() -> IdPacker.pack(new IdPacker.Sky(0, 0, -1, 0, 0, 0)))
        .hasMessageContaining("tract -1");
  }

  @Property
  void observationFieldsSurvivePacking(
      @ForAll @IntRange(max = 31) int release,
      @ForAll @IntRange(max = 7) int instrument,
      @ForAll @IntRange(max = (1 << 28) - 1) int observation,
      @ForAll @IntRange(max = 255) int detector,
      @ForAll @IntRange(max = (1 << 18) - 1) int counter) {
    var fields = new IdPacker.Observation(release, instrument, observation, detector, counter);
    long id = IdPacker.pack(fields);
    assertThat(id).isNotNegative();
    assertThat(IdPacker.unpackObservation(id)).isEqualTo(fields);
  }

  @Property
  void skyFieldsSurvivePacking(
      @ForAll @IntRange(max = 31) int release,
      @ForAll @IntRange(max = 7) int skymap,
      @ForAll @IntRange(max = 65_535) int tract,
      @ForAll @IntRange(max = 511) int patch,
      @ForAll @IntRange(max = 15) int role,
      @ForAll @IntRange(max = (1 << 25) - 1) int counter) {
    var fields = new IdPacker.Sky(release, skymap, tract, patch, role, counter);
    long id = IdPacker.pack(fields);
    assertThat(id).isNotNegative();
    assertThat(IdPacker.unpackSky(id)).isEqualTo(fields);
  }

  /**
   * No two rows of a release have one id: ten million with {@code -Dstarbeam.full=true}, else
   * 100,000, half of them on exposures and half on the sky.
   */
  @Test
  void randomRowsHaveIdsOfTheirOwn() {
    int rows = Boolean.getBoolean("starbeam.full") ? 10_000_000 : 100_000;
    SplittableRandom random = new SplittableRandom(20260907);
    long[] ids = new long[rows];
    for (int i = 0; i < rows; i += 2) {
      IdPacker.Observation observation =
          new IdPacker.Observation(
              random.nextInt(32),
              random.nextInt(8),
              random.nextInt(1 << 28),
              random.nextInt(256),
              random.nextInt(1 << 18));
      IdPacker.Sky sky =
          new IdPacker.Sky(
              random.nextInt(32),
              random.nextInt(8),
              random.nextInt(1 << 16),
              random.nextInt(512),
              random.nextInt(16),
              random.nextInt(1 << 25));
      ids[i] = IdPacker.pack(observation);
      ids[i + 1] = IdPacker.pack(sky);
      if (!IdPacker.unpackObservation(ids[i]).equals(observation)
          || !IdPacker.unpackSky(ids[i + 1]).equals(sky)) {
        throw new AssertionError(observation + " or " + sky + " does not survive");
      }
    }
    Arrays.parallelSort(ids);
    assertThat(ids[0]).isNotNegative();
    for (int i = 1; i < rows; i++) {
      if (ids[i] == ids[i - 1]) {
        throw new AssertionError("two rows have the id " + ids[i]);
      }
    }
  }
}
