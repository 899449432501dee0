package org.starbeam.transforms.step3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.avro.specific.SpecificRecord;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.coadd.CoaddBand;
import org.starbeam.coadd.MeasuredObject;
import org.starbeam.coadd.ObjectMeasurer;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.measurement.StarCalibration;
import org.starbeam.measurement.StarPrior;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.schema.MultiProFitRow;
import org.starbeam.schema.ObjectRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;
import org.starbeam.testing.BlendSky;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.dataset.TableWriter;
import org.starbeam.warp.NoiseCorrelation;

/** What Object says of models can be had again from the records of their fits (specs/04, 9.6). */
class MultiProFitRowsTest {
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);
  private static final int CENTRE = 3200;
  private static final double PIXEL = 0.2;
  private static final List<String> BANDS = List.of("i", "r", "g");
  private static final Percentage FLOAT = Percentage.withPercentage(0.01);

  @TempDir static Path directory;
  private static final List<ObjectRow> OBJECTS = new ArrayList<>();
  private static List<MultiProFitRow> fits;

  /** Two galaxies in a blend and a large one that has a bulge fitted. */
  @BeforeAll
  static void measure() throws Exception {
    int patch = TRACT.patchOf(CENTRE, CENTRE);
    PatchIds ids = PatchIds.of(TRACT, patch, 1);
    BlendSky sky = new BlendSky(Box.around(CENTRE, CENTRE, 90), 1, 2.0, 1.9, 2.2);
    double flux = sky.starFlux(150, 0);
    double[][] places = {{-40, 0}, {-31, 4}, {40, 0}};
    double[] radii = {3, 2.4, 5};
    for (int i = 0; i < 3; i++) {
      sky.add(
          new BlendSky.Source(
              CENTRE + places[i][0],
              CENTRE + places[i][1],
              radii[i],
              0.7,
              0.4 + i,
              flux,
              flux / (1 + i),
              flux * (0.4 + 0.2 * i)));
    }
    sky.expose(3);
    List<CoaddBand> bands = new ArrayList<>();
    for (int b = 0; b < BANDS.size(); b++) {
      bands.add(
          new CoaddBand(
              BANDS.get(b),
              sky.images.get(b),
              new GaussianPsf(sky.psf[b]),
              NoiseCorrelation.white()));
    }
    List<MergedParent> parents =
        List.of(parent(-36, peak(-40, 0), peak(-31, 4)), parent(40, peak(40, 0)));
    ObjectRows rows =
        new ObjectRows(
            RingsSkyMap.defaults(),
            TRACT,
            patch,
            ids,
            List.of(),
            StarPrior.even(),
            StarCalibration.none());
    List<MultiProFitRow> written = new ArrayList<>();
    for (MeasuredObject object :
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(bands, parents, List.of(), 1, ObjectMeasurer.Observer.NONE)) {
      ObjectRow row = rows.row(object, parents.get(object.parent()));
      OBJECTS.add(row);
      written.addAll(
          MultiProFitRows.rows(
              row.getObjectId(),
              row.getParentObjectId(),
              List.copyOf(object.forced().keySet()),
              object.models()));
    }
    Path file = directory.resolve("fits.parquet");
    TableWriter.write(file, MultiProFitRow.class, written, List.of(), List.of(), Map.of());
    fits = TableReader.read(file, MultiProFitRow.class);
    assertThat(fits).isEqualTo(written);
  }

  private static MergedPeak peak(int dx, int dy) {
    return new MergedPeak(CENTRE + dx, CENTRE + dy, 100, BANDS);
  }

  private static MergedParent parent(int dx, MergedPeak... peaks) {
    int[] runs = new int[3 * 49];
    for (int k = 0; k < 49; k++) {
      runs[3 * k] = CENTRE - 24 + k;
      runs[3 * k + 1] = CENTRE + dx - 24;
      runs[3 * k + 2] = CENTRE + dx + 25;
    }
    return new MergedParent(runs, List.of(peaks), 0, List.of());
  }

  private static MultiProFitRow fit(ObjectRow object, String model) {
    return fits.stream()
        .filter(f -> f.getObjectId() == object.getObjectId() && f.getModel().equals(model))
        .findFirst()
        .orElseThrow();
  }

  private static double covariance(MultiProFitRow fit, int i, int j) {
    int row = Math.max(i, j);
    return fit.getCovariance().get(row * (row + 1) / 2 + Math.min(i, j));
  }

  private static double error(MultiProFitRow fit, int i) {
    return Math.sqrt(covariance(fit, i, i));
  }

  private static double column(SpecificRecord row, String name) {
    return ((Number) row.get(row.getSchema().getField(name).pos())).doubleValue();
  }

  @Test
  void aRowHasTheWholeMatrixAndNoMore() {
    for (ObjectRow object : OBJECTS) {
      for (String model : List.of("ps", "exponential", "dev", "sersic")) {
        MultiProFitRow fit = fit(object, model);
        int n = fit.getParameters().size() + fit.getFluxes().size();
        assertThat(fit.getCovariance()).hasSize(n * (n + 1) / 2);
        assertThat(fit.getBands()).isEqualTo(BANDS);
        assertThat(fit.getParentObjectId()).isEqualTo(object.getParentObjectId());
        for (int b = 0; b < BANDS.size() && !model.equals("ps"); b++) {
          assertThat(fit.getChi2().get(b) / fit.getPixels().get(b)).isBetween(0.8f, 1.5f);
        }
      }
      assertThat(fit(object, "ps").getParameters()).hasSize(2);
      assertThat(fit(object, "sersic").getParameters()).hasSize(6);
    }
  }

  @Test
  void errorsOfPlaceAndShapeAreThoseOfTheMatrix() {
    double degrees = PIXEL / 3600;
    for (ObjectRow object : OBJECTS) {
      for (String model : List.of("exponential", "sersic")) {
        MultiProFitRow fit = fit(object, model);
        double sigmaX = Math.pow(10, fit.getParameters().get(2));
        double sigmaY = Math.pow(10, fit.getParameters().get(3));
        double rho = Math.tanh(fit.getParameters().get(4) / 2);
        double ln10 = Math.log(10);
        assertThat(column(object, model + "_reff_x")).isCloseTo(sigmaX, FLOAT);
        assertThat(column(object, model + "_rho")).isCloseTo(rho, within(1e-5));
        assertThat(column(object, model + "_raErr")).isCloseTo(error(fit, 0) * degrees, FLOAT);
        assertThat(column(object, model + "_decErr")).isCloseTo(error(fit, 1) * degrees, FLOAT);
        double eastNorth = -covariance(fit, 0, 1) * degrees * degrees;
        assertThat(column(object, model + "_ra_dec_Cov")).isCloseTo(eastNorth, FLOAT);
        assertThat(column(object, model + "_reff_xErr"))
            .isCloseTo(error(fit, 2) * ln10 * sigmaX, FLOAT);
        assertThat(column(object, model + "_reff_yErr"))
            .isCloseTo(error(fit, 3) * ln10 * sigmaY, FLOAT);
        assertThat(column(object, model + "_rhoErr"))
            .isCloseTo(error(fit, 4) * (1 - rho * rho) / 2, FLOAT);
      }
    }
  }

  /** The mean radius is sqrt(sigma_x sigma_y) (1 - rho^2)^(1/4). */
  @Test
  void errorsOfSizeAndIndexAreThoseOfTheMatrix() {
    for (ObjectRow object : OBJECTS) {
      MultiProFitRow fit = fit(object, "sersic");
      double rho = Math.tanh(fit.getParameters().get(4) / 2);
      double[] slope = {Math.log(10) / 2, Math.log(10) / 2, -rho / 4};
      double variance = 0;
      for (int i = 0; i < 3; i++) {
        for (int j = 0; j < 3; j++) {
          variance += slope[i] * slope[j] * covariance(fit, 2 + i, 2 + j);
        }
      }
      double major = column(object, "sersic_reff_major");
      assertThat(column(object, "sersic_reff_majorErr"))
          .isCloseTo(Math.sqrt(variance) * major, FLOAT);
      double index = 0.5 + 5.5 / (1 + Math.exp(-fit.getParameters().get(5)));
      assertThat(column(object, "sersic_index")).isCloseTo(index, FLOAT);
      assertThat(column(object, "sersic_indexErr"))
          .isCloseTo(error(fit, 5) * (index - 0.5) * (6 - index) / 5.5, FLOAT);
    }
  }

  @Test
  void errorsOfFluxesAreThoseOfTheMatrixAndBandsVaryTogether() {
    for (ObjectRow object : OBJECTS) {
      MultiProFitRow fit = fit(object, "sersic");
      int n = fit.getParameters().size();
      for (int b = 0; b < BANDS.size(); b++) {
        SpecificRecord band = object.getBands().get(BANDS.get(b));
        assertThat(column(band, "sersicFlux")).isCloseTo(fit.getFluxes().get(b), FLOAT);
        assertThat(column(band, "sersicFluxErr")).isCloseTo(error(fit, n + b), FLOAT);
      }
      double together = covariance(fit, n, n + 1) / (error(fit, n) * error(fit, n + 1));
      assertThat(together).as("one size for all bands").isBetween(0.05, 1.0);
      double withSize = covariance(fit, 2, n) / (error(fit, 2) * error(fit, n));
      assertThat(withSize).as("larger is brighter").isBetween(0.05, 1.0);
    }
  }

  @Test
  void theErrorOfADiskAndABulgeIsThatOfTheirSum() {
    ObjectRow large = OBJECTS.get(2);
    MultiProFitRow fit = fit(large, "bulgeDisk");
    int n = fit.getParameters().size();
    assertThat(n).isEqualTo(8);
    for (int b = 0; b < BANDS.size(); b++) {
      int disk = n + 2 * b;
      double variance =
          covariance(fit, disk, disk)
              + covariance(fit, disk + 1, disk + 1)
              + 2 * covariance(fit, disk, disk + 1);
      SpecificRecord band = large.getBands().get(BANDS.get(b));
      assertThat(column(band, "bulgeDiskFluxErr"))
          .isCloseTo(Math.sqrt(variance), Percentage.withPercentage(1));
    }
  }
}
