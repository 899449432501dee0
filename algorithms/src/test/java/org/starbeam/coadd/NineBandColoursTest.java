package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.CellDuals;
import org.starbeam.gaap.GaapFlux;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.gaap.LightModel;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.SeparableConvolution;
import org.starbeam.testing.Shared;

/**
 * GAaP colours of real galaxies, a field of GAMA in u g r i of KiDS and Z Y J H Ks of VIKING with
 * seeing between 2.8 and 4.3 pixels, beside the aperture colours of SExtractor's dual-image mode.
 * The PSFs are those of the stars of the images. The right columns of the field, without the bad
 * columns of r. Colours are those of galaxies less those of stars, which have none from the
 * aperture: what is left is what the seeing does to the shape of a galaxy.
 *
 * <p>Minutes long; {@code mvn -Dfast -Ppeer test -pl algorithms -am -Dtest=NineBandColoursTest
 * -Dsurefire.failIfNoSpecifiedTests=false} runs it.
 */
@Tag("peer")
class NineBandColoursTest {
  private static final List<String> BANDS = List.of("u", "g", "i", "Z", "Y", "J", "H", "Ks");
  private static final Box PART = new Box(900, 0, 1700, 2600);

  /**
   * Sigma of the GAaP aperture and diameter of SExtractor's, pixels: they hold the same part of the
   * light of these galaxies, so that gradients of colour count as much in both.
   */
  private static final double SIGMA = 5;

  private static final double DIAMETER = 12;

  /** In which a star has all the light that its PSF model has. */
  private static final double WHOLE = 24;

  /** PSFs are the same in squares of so many pixels. */
  private static final int CELL = 150;

  private static final double MAGNITUDE = 2.5 / Math.log(10);

  @TempDir static Path work;

  private static SurveyImage red;
  private static List<SourceExtractor.Row> objects;
  private static Map<Integer, GaapFlux> redFluxes;

  /** The fields of KiDS are in maggies, those of VIKING have the zero point 30. */
  private static SurveyImage read(String band) {
    double scale = List.of("u", "g", "r", "i").contains(band) ? 1e12 : 1;
    return SurveyImage.read(Shared.path("data/gama-9band/" + band + ".fits"), scale, PART);
  }

  @BeforeAll
  static void findObjects() throws Exception {
    Assumptions.assumeTrue(SourceExtractor.isInstalled(), "no SExtractor");
    red = read("r");
    objects = dual(red.image().image());
    redFluxes = gaap(red);
    assertThat(stars()).hasSizeGreaterThan(50);
    assertThat(galaxies()).hasSizeGreaterThan(100);
  }

  private static List<SourceExtractor.Row> dual(ImageF image) throws Exception {
    return new SourceExtractor(work, List.of(DIAMETER, WHOLE)).measure(red.image().image(), image);
  }

  private static boolean isClean(SourceExtractor.Row row) {
    return row.flags() == 0 && row.fluxes()[0] > 30 * row.errors()[0];
  }

  private static List<Integer> select(Predicate<SourceExtractor.Row> chosen) {
    List<Integer> out = new ArrayList<>();
    for (int i = 0; i < objects.size(); i++) {
      if (isClean(objects.get(i)) && chosen.test(objects.get(i))) {
        out.add(i);
      }
    }
    return out;
  }

  /** The light of stars is within 1.9 pixels by half. */
  private static List<Integer> stars() {
    return select(row -> row.halfLight() < 2);
  }

  private static List<Integer> galaxies() {
    return select(row -> row.halfLight() > 2.4);
  }

  private static Map<Integer, GaapFlux> gaap(SurveyImage image) {
    GaapPhotometer photometer =
        new GaapPhotometer(GaapPhotometer.Config.defaults().withSigmas(List.of(SIGMA)));
    GaapPhotometer.Band band = photometer.band(image.noise());
    Map<Integer, CellDuals> cells = new HashMap<>();
    Map<Integer, GaapFlux> out = new HashMap<>();
    for (int i : select(row -> true)) {
      SourceExtractor.Row row = objects.get(i);
      int cx = (int) (row.x() / CELL);
      int cy = (int) (row.y() / CELL);
      CellDuals duals =
          cells.computeIfAbsent(
              100 * cy + cx, key -> band.cell(image.psf(), CELL * (cx + 0.5), CELL * (cy + 0.5)));
      LightModel own = LightModel.gaussian(row.x(), row.y(), duals.shape());
      out.put(
          i,
          photometer
              .measure(
                  image.image(),
                  row.x(),
                  row.y(),
                  duals,
                  Aperture.circular(SIGMA),
                  duals.matched(),
                  LightModel.NONE,
                  own)
              .circular()
              .get(0));
    }
    return out;
  }

  /** Values of many objects. */
  private record Sample(double[] values) {
    static Sample of(List<Integer> who, ToDoubleFunction<Integer> value) {
      return new Sample(who.stream().mapToDouble(value).filter(Double::isFinite).toArray());
    }

    double median() {
      return ClippedStatistics.median(values);
    }

    double scatter() {
      return ClippedStatistics.scatter(values);
    }

    double error() {
      return 1.2533 * scatter() / Math.sqrt(values.length);
    }
  }

  /** A band by both. */
  private record Band(Map<Integer, GaapFlux> gaap, List<SourceExtractor.Row> dual) {
    boolean isSeen(int i) {
      GaapFlux f = gaap.get(i);
      return f.flux() > 10 * f.err() && dual.get(i).fluxes()[0] > 0;
    }

    double colour(int i) {
      return -MAGNITUDE * Math.log(gaap.get(i).flux() / redFluxes.get(i).flux());
    }

    double error(int i) {
      return MAGNITUDE
          * Math.hypot(
              gaap.get(i).err() / gaap.get(i).flux(),
              redFluxes.get(i).err() / redFluxes.get(i).flux());
    }
  }

  private static double colour(
      List<SourceExtractor.Row> rows, List<SourceExtractor.Row> reds, int i) {
    return -MAGNITUDE * Math.log(rows.get(i).fluxes()[0] / reds.get(i).fluxes()[0]);
  }

  private static double afterStars(Band band, ToDoubleFunction<Integer> value) {
    return Sample.of(galaxies().stream().filter(band::isSeen).toList(), value).median()
        - Sample.of(stars().stream().filter(band::isSeen).toList(), value).median();
  }

  private static ImageF blurred(SurveyImage image, double sigma) {
    double rest = Math.sqrt(sigma * sigma - image.sigma() * image.sigma());
    return SeparableConvolution.gaussian(rest).convolve(image.image().image());
  }

  /**
   * Truth: SExtractor on images that are brought to one seeing. Its colours on the images as they
   * are, which is how the dual mode is used, are further away. A star has its light in GAaP but for
   * what the background takes of wings that reach beyond the model of the PSF.
   */
  @Test
  void coloursAreThoseOfImagesOfOneSeeing() throws Exception {
    double seeing = Math.sqrt(read("Z").sigma() * read("Z").sigma() + 2);
    List<SourceExtractor.Row> redBlurred = dual(blurred(red, seeing));
    double gaapSum = 0;
    double dualSum = 0;
    for (String name : BANDS) {
      SurveyImage image = read(name);
      Band band = new Band(gaap(image), dual(image.image().image()));
      List<SourceExtractor.Row> blurred = dual(blurred(image, seeing));
      double gaap = afterStars(band, i -> band.colour(i) - colour(blurred, redBlurred, i));
      double dual =
          afterStars(band, i -> colour(band.dual, objects, i) - colour(blurred, redBlurred, i));
      double whole =
          Sample.of(
                  stars().stream().filter(band::isSeen).toList(),
                  i -> band.gaap.get(i).flux() / band.dual.get(i).fluxes()[1])
              .median();
      List<Integer> seen = galaxies().stream().filter(band::isSeen).toList();
      Sample difference = Sample.of(seen, i -> band.colour(i) - colour(blurred, redBlurred, i));
      double err = Sample.of(seen, band::error).median();
      System.out.printf(
          "NineBandColoursTest: %s - r of %d galaxies, FWHM %.2f, from that in one seeing: GAaP"
              + " %+.4f +- %.4f, scatter %.4f, error %.4f; dual mode %+.4f; GAaP flux of stars %.3f"
              + " of that in %.0f pixels%n",
          name,
          seen.size(),
          2.3548 * image.sigma(),
          gaap,
          difference.error(),
          difference.scatter(),
          err,
          dual,
          whole,
          WHOLE);
      assertThat(whole).as("stars in %s", name).isBetween(0.96, 1.01);
      assertThat(Math.abs(gaap)).as("GAaP in %s", name).isLessThan(0.01);
      assertThat(difference.scatter()).as("scatter in %s", name).isLessThan(err);
      gaapSum += Math.abs(gaap);
      dualSum += Math.abs(dual);
    }
    assertThat(gaapSum).isLessThan(0.5 * dualSum);
  }

  /** Truth: the same image through the seeing of Z, whose PSF is again that of its stars. */
  @Test
  void aGalaxyHasTheSameFluxThroughWorseSeeing() throws Exception {
    SurveyImage worse = red.through(1.4);
    Band band = new Band(gaap(worse), dual(worse.image().image()));
    double gaap = afterStars(band, band::colour);
    double dual = afterStars(band, i -> colour(band.dual, objects, i));
    Sample each = Sample.of(galaxies(), band::colour);
    System.out.printf(
        "NineBandColoursTest: r through %.2f instead of %.2f pixels: GAaP %+.4f (galaxies %+.4f,"
            + " scatter %.4f), dual mode %+.4f mag%n",
        2.3548 * worse.sigma(), 2.3548 * red.sigma(), gaap, each.median(), each.scatter(), dual);
    assertThat(worse.sigma() / red.sigma()).isGreaterThan(1.4);
    assertThat(Math.abs(gaap)).isLessThan(0.003);
    assertThat(Math.abs(each.median())).isLessThan(0.003);
    assertThat(each.scatter()).isLessThan(0.01);
    assertThat(Math.abs(dual)).isGreaterThan(5 * Math.abs(gaap));
  }
}
