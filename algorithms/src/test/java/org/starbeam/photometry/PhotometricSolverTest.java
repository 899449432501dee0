package org.starbeam.photometry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.testing.Shared;

class PhotometricSolverTest {
  private static final double MAG = 1e-9;

  /** Parameters of the vector: Z of two nights, k of two nights, S. */
  private static PhotometricSolver toy(JsonNode toy, int excludedVisit) {
    PhotometricSolver solver = new PhotometricSolver(toy.at("/solution/stars").size(), 5);
    for (JsonNode o : toy.get("obs")) {
      int visit = o.get(0).asInt();
      if (visit != excludedVisit) {
        int night = toy.at("/visits_night_airmass/" + visit + "/0").asInt();
        double airmass = toy.at("/visits_night_airmass/" + visit + "/1").asDouble();
        double sign = o.get(1).asInt() == 0 ? -1 : 1;
        solver.observe(
            o.get(2).asInt(),
            o.get(3).asDouble(),
            o.get(4).asDouble(),
            new int[] {night, 2 + night, 4},
            new double[] {1, -(airmass - 1), sign});
      }
    }
    for (JsonNode r : toy.get("ref")) {
      solver.observe(
          r.get(0).asInt(), r.get(1).asDouble(), r.get(2).asDouble(), new int[0], new double[0]);
    }
    return solver;
  }

  @Test
  void solvesTheToyOfTwoNightsAndTwoDetectors() {
    JsonNode toy = Shared.vector("calib-photometry-toy");
    PhotometricSolver solver = toy(toy, 5);
    PhotometricSolver.Solution found = solver.solve(new double[5]);
    JsonNode want = toy.get("solution");
    for (int night = 0; night < 2; night++) {
      assertThat(found.parameters()[night])
          .isCloseTo(want.at("/Z/" + night).asDouble(), within(MAG));
      assertThat(found.parameters()[2 + night])
          .isCloseTo(want.at("/k/" + night).asDouble(), within(MAG));
      assertThat(solver.error(night))
          .isCloseTo(want.at("/err_Z/" + night).asDouble(), within(5e-9));
      assertThat(solver.error(2 + night))
          .isCloseTo(want.at("/err_k/" + night).asDouble(), within(5e-9));
    }
    assertThat(found.parameters()[4]).isCloseTo(want.get("S").asDouble(), within(MAG));
    for (int star = 0; star < want.get("stars").size(); star++) {
      assertThat(found.stars()[star]).isCloseTo(want.at("/stars/" + star).asDouble(), within(MAG));
    }
    assertThat(found.chi2()).isCloseTo(want.get("chi2").asDouble(), within(1e-6));
    assertThat(found.dof()).isEqualTo(want.get("dof").asInt());
  }

  @Test
  void aVisitThatWasLeftOutHasItsGrayOffset() {
    JsonNode toy = Shared.vector("calib-photometry-toy");
    PhotometricSolver.Solution found = toy(toy, 5).solve(new double[5]);
    double[] p = found.parameters();
    double sum = 0;
    int n = 0;
    for (JsonNode o : toy.get("obs")) {
      if (o.get(0).asInt() == 5) {
        int night = toy.at("/visits_night_airmass/5/0").asInt();
        double airmass = toy.at("/visits_night_airmass/5/1").asDouble();
        double sign = o.get(1).asInt() == 0 ? -1 : 1;
        double model = o.get(3).asDouble() + p[night] - p[2 + night] * (airmass - 1) + sign * p[4];
        sum += found.stars()[o.get(2).asInt()] - model;
        n++;
      }
    }
    assertThat(sum / n).isCloseTo(toy.at("/solution/gray_visit5").asDouble(), within(MAG));
  }

  @Test
  void errorsWithAllOthersHeldAreNoLargerThanErrors() {
    PhotometricSolver solver = toy(Shared.vector("calib-photometry-toy"), -1);
    double[] own = solver.ownErrors();
    for (int k = 0; k < own.length; k++) {
      assertThat(own[k]).isPositive().isLessThanOrEqualTo(solver.error(k) * (1 + 1e-9));
    }
  }

  /** Ten thousand parameters in a chain, each known from its neighbour only. */
  @Test
  void aLongChainOfVisitsIsSolved() {
    int visits = 10_000;
    Random random = new Random(5);
    PhotometricSolver solver = new PhotometricSolver(visits + 1, visits);
    double[] truth = new double[visits];
    for (int v = 0; v < visits; v++) {
      truth[v] = 0.05 * random.nextGaussian();
      solver.prior(v, 0, 0.05);
      for (int star = v; star <= v + 1; star++) {
        solver.observe(star, 20 - truth[v], 0.005, new int[] {v}, new double[] {1});
      }
    }
    for (int star = 0; star <= visits; star++) {
      solver.observe(star, 20, 0.02, new int[0], new double[0]);
    }
    PhotometricSolver.Solution found = solver.solve(new double[visits]);
    double sum = 0;
    for (int v = 0; v < visits; v++) {
      sum += Math.pow(found.parameters()[v] - truth[v], 2);
    }
    assertThat(Math.sqrt(sum / visits)).isLessThan(0.01);
  }
}
