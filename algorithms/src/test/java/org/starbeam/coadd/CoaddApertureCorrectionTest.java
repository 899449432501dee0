package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.Tract;

/**
 * Stars without noise on visits of which each shows more or less of their light than its PSF holds,
 * as its aperture correction says: on the coadd they have the flux of the visits.
 */
class CoaddApertureCorrectionTest {
  private static final Tract TRACT = RingsSkyMap.defaults().tract(4612);
  private static final int CORNER = 3000;
  private static final double[][] STARS = {
    {CORNER - 40.3, CORNER + 40.1, 4e5},
    {CORNER + 50.7, CORNER + 60.2, 1e5},
    {CORNER - 45.2, CORNER - 50.4, 2e4}
  };

  /** Corrections and PSF sigmas of the visits; the sharpest is corrected most. */
  private static final double[][] VISITS = {{1.06, 1.6}, {1.02, 1.9}, {0.99, 2.1}, {0.97, 2.4}};

  @TempDir Path folder;

  private static List<Scene.Visit> visits() {
    Scene scene = new Scene(TRACT, CORNER + 0.3, CORNER - 0.4);
    for (double[] star : STARS) {
      scene.addStar(star[0], star[1], star[2]);
    }
    List<Scene.Visit> visits = new ArrayList<>();
    for (double[] v : VISITS) {
      int number = visits.size() + 1;
      Scene.Visit visit = scene.visit(number, 620, v[1], 1e-2, s -> s.flux() / v[0]);
      visits.add(visit.withApertureCorrection(v[0]));
    }
    return visits;
  }

  private static Map<CellKey, CellCoadd> cells(List<Scene.Visit> visits) {
    return new BlockCoadder(BlockCoadder.Config.defaults())
        .coadd(TRACT, 0.2, new Box(18, 18, 4, 4), visits)
        .cells();
  }

  private CoaddBand band() {
    Map<CellKey, CellCoadd> cells = cells(visits());
    Path file = folder.resolve("cells.fits");
    CellBlockFile.write(file, new CellBlock(TRACT.id(), 0, "r", 150, 50, cells), Map.of());
    StitchedPatch patch =
        new PatchStitcher(TRACT, 50, 3)
            .stitch(TRACT.patchOf(CORNER + 1, CORNER + 1), List.of(CellBlockFile.read(file)));
    return new CoaddBand(
        "r",
        patch.pixels().view(new Box(CORNER - 130, CORNER - 130, 260, 260)),
        patch.psf(),
        (x, y) -> patch.cells().get(patch.psf().cellAt(x, y)).summary().apertureCorrection(),
        patch.noise());
  }

  private static MergedParent parent(double[] star) {
    int x = (int) Math.rint(star[0]);
    int y = (int) Math.rint(star[1]);
    Box box = Box.around(x, y, 20);
    boolean[] map = new boolean[box.area()];
    for (int i = 0; i < map.length; i++) {
      int u = i % box.width() - 20;
      int v = i / box.width() - 20;
      map[i] = u * u + v * v <= 400;
    }
    MergedPeak peak = new MergedPeak(x, y, 100, List.of("r"));
    return new MergedParent(SpanSet.ofMap(map, box).runs(), List.of(peak), 0, List.of());
  }

  @Test
  void starsHaveTheFluxThatTheirVisitsGiveThem() {
    List<MergedParent> parents = new ArrayList<>();
    for (double[] star : STARS) {
      parents.add(parent(star));
    }
    List<MeasuredObject> objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(List.of(band()), parents, List.of(), 1, ObjectMeasurer.Observer.NONE);
    assertThat(objects).hasSize(STARS.length);
    for (int i = 0; i < STARS.length; i++) {
      double truth = STARS[i][2];
      fluxes(objects.get(i))
          .forEach(
              (estimator, flux) ->
                  assertThat(flux / truth)
                      .as("%s of the star of %s", estimator, truth)
                      .isCloseTo(1, within(0.001)));
    }
  }

  @Test
  void aVisitWithoutAUsableCorrectionIsLeftOut() {
    List<Scene.Visit> visits = visits();
    visits.set(2, visits.get(2).withApertureCorrection(Double.NaN));
    for (CellCoadd cell : cells(visits).values()) {
      assertThat(cell.inputs()).extracting(CellInput::visit).doesNotContain(3L);
      assertThat(cell.summary().apertureCorrection()).isBetween(0.9699, 1.0601);
    }
  }

  private static Map<String, Double> fluxes(MeasuredObject star) {
    MeasuredSource forced = star.forcedIn("r");
    Map<String, Double> out = new LinkedHashMap<>();
    out.put("PSF", forced.get(Fields.PSF_FLUX));
    out.put("free PSF", star.free().get("r").get(Fields.PSF_FLUX));
    out.put("undeblended PSF", forced.get(Fields.UNDEBLENDED_PSF_FLUX));
    out.put("composite", forced.get(CoaddModels.C_MODEL_FLUX));
    out.put("Kron", forced.get(Fields.KRON_FLUX));
    for (Model model : List.of(Model.POINT, Model.SERSIC)) {
      out.put(model.name(), star.models().get(model).fluxes()[0]);
    }
    List<GaapFlux> gaap = new ArrayList<>(star.gaap().get("r").circular());
    gaap.add(star.gaap().get("r").optimal());
    for (GaapFlux flux : gaap) {
      if (!flux.bigPsf()) {
        out.put("GAaP " + out.size(), flux.flux());
      }
    }
    return out;
  }
}
