package org.starbeam.astrometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

class PatternMatcherTest {
  private static final int SIZE = 1024;
  private static final double SCALE = 0.2 / 3600;

  /** A field whose truth is known: entry k of partner is the reference of source k, or -1. */
  private record Field(StarList stars, ReferenceStars references, TanSip guess, long[] partner) {}

  private static TanSip wcs(double ra, double dec, double turnDeg) {
    double c = SCALE * Math.cos(Math.toRadians(turnDeg));
    double s = SCALE * Math.sin(Math.toRadians(turnDeg));
    double middle = (SIZE - 1) / 2.0;
    return TanSip.tan(new SkyPoint(ra, dec), middle, middle, new double[] {-c, s, s, c});
  }

  /**
   * @param common stars in both lists
   * @param onlySources contaminants among the sources
   * @param onlyReferences references that are not detected, on the detector
   */
  private static Field field(
      Random random,
      int common,
      int onlySources,
      int onlyReferences,
      double shiftArcsec,
      double turnDeg) {
    double ra = random.nextDouble() * 360;
    double dec = random.nextDouble() * 140 - 70;
    double angle = random.nextDouble() * 360;
    TanSip truth = wcs(ra, dec, angle);
    double direction = random.nextDouble() * 2 * Math.PI;
    double cosDec = Math.cos(Math.toRadians(dec));
    TanSip guess =
        wcs(
            ra + shiftArcsec / 3600 * Math.cos(direction) / cosDec,
            dec + shiftArcsec / 3600 * Math.sin(direction),
            angle + turnDeg);
    List<RefStar> references = new ArrayList<>();
    List<double[]> stars = new ArrayList<>();
    List<Long> partner = new ArrayList<>();
    int margin = 450;
    int outside =
        (int) ((common + onlyReferences) * (Math.pow((SIZE + 2.0 * margin) / SIZE, 2) - 1));
    for (int k = 0; k < common + onlyReferences + outside; k++) {
      boolean inside = k < common + onlyReferences;
      double x = random.nextDouble() * SIZE;
      double y = random.nextDouble() * SIZE;
      while (!inside && x > 0 && x < SIZE && y > 0 && y < SIZE) {
        x = random.nextDouble() * (SIZE + 2 * margin) - margin;
        y = random.nextDouble() * (SIZE + 2 * margin) - margin;
      }
      double mag = 21 - 2.5 * Math.log10(1 / (1 - 0.999 * random.nextDouble()));
      double flux = Math.pow(10, (31.4 - mag) / 2.5);
      SkyPoint sky = truth.toSky(x, y);
      references.add(reference(1000 + k, sky, flux * (1 + 0.02 * random.nextGaussian())));
      if (k < common) {
        stars.add(
            new double[] {
              x + 0.03 * random.nextGaussian(), y + 0.03 * random.nextGaussian(), flux
            });
        partner.add(1000L + k);
      }
    }
    for (int k = 0; k < onlySources; k++) {
      double mag = 21.5 - 2.5 * Math.log10(1 / (1 - 0.999 * random.nextDouble()));
      stars.add(
          new double[] {
            random.nextDouble() * SIZE, random.nextDouble() * SIZE, Math.pow(10, (31.4 - mag) / 2.5)
          });
      partner.add(-1L);
    }
    return shuffled(random, stars, partner, references, guess);
  }

  private static Field shuffled(
      Random random,
      List<double[]> stars,
      List<Long> partner,
      List<RefStar> references,
      TanSip guess) {
    List<Integer> order = new ArrayList<>();
    for (int i = 0; i < stars.size(); i++) {
      order.add(i);
    }
    Collections.shuffle(order, random);
    double[][] columns = new double[5][order.size()];
    long[] truth = new long[order.size()];
    for (int i = 0; i < order.size(); i++) {
      double[] star = stars.get(order.get(i));
      columns[0][i] = star[0];
      columns[1][i] = star[1];
      columns[2][i] = 0.03;
      columns[3][i] = star[2];
      columns[4][i] = 0.01 * star[2];
      truth[i] = partner.get(order.get(i));
    }
    StarList list = new StarList(columns[0], columns[1], columns[2], columns[3], columns[4]);
    return new Field(list, ReferenceStars.barycentric(references, 2016), guess, truth);
  }

  private static RefStar reference(long id, SkyPoint sky, double flux) {
    return RefStar.newBuilder()
        .setId(id)
        .setRa(sky.raDeg())
        .setDec(sky.decDeg())
        .setEpochYr(2016)
        .setRaErrMas(1)
        .setDecErrMas(1)
        .setFlux(Map.of("r", flux))
        .setFluxErr(Map.of("r", 0.01 * flux))
        .build();
  }

  /** Pairs that are not true. */
  private static int wrong(Field field, PatternMatcher.Result result) {
    int wrong = 0;
    for (int i = 0; i < result.matches().size(); i++) {
      long id = field.references.id(result.matches().reference()[i]);
      wrong += field.partner[result.matches().source()[i]] == id ? 0 : 1;
    }
    return wrong;
  }

  private record Tally(int found, int wrongSolutions, int wrongPairs, int pairs, int byPattern) {}

  private static Tally tally(int fields, FieldMaker maker) {
    int found = 0;
    int wrongSolutions = 0;
    int wrongPairs = 0;
    int pairs = 0;
    int byPattern = 0;
    for (int i = 0; i < fields; i++) {
      Field field = maker.make(new Random(i));
      try {
        var result = new PatternMatcher().match(field.stars, field.guess, field.references, "r");
        int wrong = wrong(field, result);
        found++;
        byPattern += result.byPattern() ? 1 : 0;
        pairs += result.matches().size();
        wrongPairs += wrong;
        wrongSolutions += 2 * wrong > result.matches().size() ? 1 : 0;
      } catch (AlgorithmException e) {
        assertThat(e.code()).isEqualTo("MATCH_FAILED");
      }
    }
    return new Tally(found, wrongSolutions, wrongPairs, pairs, byPattern);
  }

  private interface FieldMaker {
    Field make(Random random);
  }

  /** specs/02 section 11: 30 % contamination, 20 % missing, 40 to 300 references. */
  private static Field standard(Random random, double maxShift) {
    int references = 40 + random.nextInt(261);
    int common = (int) (0.8 * references);
    int contaminants = (int) (common * 0.3 / 0.7);
    double turn = 0.1 * (2 * random.nextDouble() - 1);
    return field(
        random, common, contaminants, references - common, maxShift * random.nextDouble(), turn);
  }

  @Test
  void findsAThousandPerturbedFieldsAndNoneWrong() {
    Tally tally = tally(1000, random -> standard(random, 30));
    assertThat(tally.wrongSolutions).isZero();
    assertThat(tally.found).isGreaterThanOrEqualTo(998);
    assertThat(tally.wrongPairs).isLessThan(tally.pairs / 500);
  }

  @Test
  void findsFieldsWithGoodPointing() {
    Tally tally = tally(500, random -> standard(random, 3));
    assertThat(tally.wrongSolutions).isZero();
    assertThat(tally.found).isGreaterThanOrEqualTo(499);
  }

  @Test
  void eightSourcesAndEightReferencesWithSixInCommonSuffice() {
    Tally tally = tally(300, random -> field(random, 6, 2, 2, 30 * random.nextDouble(), 0.05));
    assertThat(tally.wrongSolutions).isZero();
    assertThat(tally.found).isGreaterThanOrEqualTo(285);
  }

  @Test
  void fiveThousandReferencesOnADetectorTakeLessThanTwoSeconds() {
    Field warm = standard(new Random(1), 30);
    new PatternMatcher().match(warm.stars, warm.guess, warm.references, "r");
    for (int seed = 0; seed < 3; seed++) {
      Field field = field(new Random(seed), 4000, 1000, 1000, 25, 0.08);
      long start = System.nanoTime();
      var result = new PatternMatcher().match(field.stars, field.guess, field.references, "r");
      double seconds = (System.nanoTime() - start) / 1e9;
      assertThat(seconds).isLessThan(2);
      assertThat(wrong(field, result)).isLessThan(result.matches().size() / 10);
    }
  }

  @Test
  void theOrderOfTheRowsDoesNotMatter() {
    Field field = standard(new Random(7), 30);
    int n = field.stars.size();
    int[] reverse = new int[n];
    Arrays.setAll(reverse, i -> n - 1 - i);
    StarList turned =
        new StarList(
            pick(field.stars.x(), reverse),
            pick(field.stars.y(), reverse),
            pick(field.stars.sigmaPx(), reverse),
            pick(field.stars.flux(), reverse),
            pick(field.stars.fluxErr(), reverse));
    var a = new PatternMatcher().match(field.stars, field.guess, field.references, "r");
    var b = new PatternMatcher().match(turned, field.guess, field.references, "r");
    assertThat(b.shiftArcsec()).isEqualTo(a.shiftArcsec());
    assertThat(b.matches().size()).isEqualTo(a.matches().size());
    for (int i = 0; i < n; i++) {
      reverse[i] = n - 1 - i;
    }
    for (int i = 0; i < a.matches().size(); i++) {
      int mirrored = a.matches().size() - 1 - i;
      assertThat(b.matches().source()[mirrored]).isEqualTo(n - 1 - a.matches().source()[i]);
      assertThat(b.matches().reference()[mirrored]).isEqualTo(a.matches().reference()[i]);
    }
  }

  private static double[] pick(double[] values, int[] order) {
    return Arrays.stream(order).mapToDouble(i -> values[i]).toArray();
  }

  @Test
  void saysHowManyPairsThereWereWhenNothingFits() {
    Field a = standard(new Random(3), 10);
    Field b = standard(new Random(4), 10);
    TanSip elsewhere = b.guess;
    assertThatThrownBy(() -> new PatternMatcher().match(a.stars, elsewhere, b.references, "r"))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("no map passed")
        .hasMessageMatching(".*\\d+ stars and \\d+ references.*");
  }

  @Test
  void twoUnrelatedFieldsAreNeverMatched() {
    int matched = 0;
    for (int i = 0; i < 60; i++) {
      Field a = standard(new Random(2 * i), 10);
      Field b = standard(new Random(2 * i + 1), 10);
      try {
        new PatternMatcher().match(a.stars, b.guess, b.references, "r");
        matched++;
      } catch (AlgorithmException e) {
        assertThat(e.code()).isEqualTo("MATCH_FAILED");
      }
    }
    assertThat(matched).isZero();
  }
}
