package org.starbeam.difference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.starbeam.difference.TemplateBuilder.Piece;
import org.starbeam.difference.TemplateBuilder.Template;
import org.starbeam.failure.AlgorithmException;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;
import org.starbeam.warp.LanczosWarper;
import org.starbeam.warp.NoiseCorrelation;

/** A detector on the border of tracts 4612 and 4613, covered by both. */
class TemplateBuilderTest {
  private static final Box DETECTOR = new Box(0, 0, 300, 260);
  private static final GaussianPsf PSF = new GaussianPsf(2);
  private static final double RA = 11.090047;
  private static final double DEC = -30.495868;

  private final RingsSkyMap map = RingsSkyMap.defaults();
  private final TemplateBuilder builder =
      new TemplateBuilder(
          TemplateBuilder.Config.defaults(), new LanczosWarper(LanczosWarper.Config.defaults()));

  private static Wcs detectorWcs() {
    double s = 0.2 / 3600;
    double c = Math.cos(0.6) * s;
    double n = Math.sin(0.6) * s;
    return TanSip.tan(new SkyPoint(RA, DEC), 149.5, 129.5, new double[] {-c, n, n, c});
  }

  private static List<SkyPoint> stars() {
    Random random = new Random(7);
    List<SkyPoint> out = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      out.add(
          new SkyPoint(
              RA + (random.nextDouble() - 0.5) * 0.025, DEC + (random.nextDouble() - 0.5) * 0.02));
    }
    return out;
  }

  private static MaskedImage scene(Wcs wcs, Box box) {
    MaskedImage image = new MaskedImage(box);
    image.variance().fill(4);
    for (SkyPoint star : stars()) {
      double[] p = wcs.toPixel(star.raDeg(), star.decDeg());
      ImageD psf = PSF.image(p[0], p[1]);
      Box part = psf.box().intersect(box);
      for (int y = part.y0(); y < part.y1(); y++) {
        for (int x = part.x0(); x < part.x1(); x++) {
          image.image().data[image.image().index(x, y)] += (float) (1e4 * psf.get(x, y));
        }
      }
    }
    return image;
  }

  /** The patches of a tract under the detector, as cut-outs. */
  private List<Piece> pieces(int tractId) {
    Tract tract = map.tract(tractId);
    double[] p = tract.wcs().toPixel(RA, DEC);
    Box need = Box.around((int) p[0], (int) p[1], 260);
    List<Piece> out = new ArrayList<>();
    for (int patch : tract.patchesOverlapping(new double[] {RA}, new double[] {DEC})) {
      Box cut = tract.patchOuterBox(patch).grow(-50).intersect(need);
      out.add(
          new Piece(
              tractId,
              patch,
              scene(tract.wcs(), cut),
              tract.wcs(),
              tract.box(),
              tract.patchInnerBox(patch),
              PSF,
              NoiseCorrelation.lanczos(3),
              Set.of()));
    }
    return out;
  }

  private List<Piece> bothTracts() {
    List<Piece> all = new ArrayList<>(pieces(4612));
    all.addAll(pieces(4613));
    return all;
  }

  /** Root mean square and largest difference of template and truth over the peak of a star. */
  private double[] errors(int lanczosOrder) {
    TemplateBuilder own =
        new TemplateBuilder(
            TemplateBuilder.Config.defaults(),
            new LanczosWarper(new LanczosWarper.Config(lanczosOrder, 2000)));
    Template t = own.build(DETECTOR, detectorWcs(), bothTracts());
    assertThat(t.tracts()).containsExactly(4612, 4613);
    assertThat(t.coverage()).isEqualTo(1.0);
    MaskedImage truth = scene(detectorWcs(), DETECTOR);
    double peak = 1e4 / (2 * Math.PI * 4);
    double squares = 0;
    double worst = 0;
    int n = 0;
    for (int y = 0; y < 260; y++) {
      for (int x = 0; x < 300; x++) {
        double d = t.pixels().image().get(x, y) - truth.image().get(x, y);
        worst = Math.max(worst, Math.abs(d));
        if (truth.image().get(x, y) > 0.05 * peak) {
          squares += d * d;
          n++;
        }
      }
    }
    return new double[] {Math.sqrt(squares / n) / peak, worst / peak};
  }

  /** Lanczos-3 itself is off by 1.4e-3 of the peak for a PSF of 4.7 pixels; Lanczos-5 is not. */
  @Test
  void theTemplateIsTheSceneOnTheDetectorAcrossATractBorder() {
    double[] third = errors(3);
    assertThat(third[0]).isLessThan(2e-3);
    assertThat(third[1]).isLessThan(5e-3);
    assertThat(errors(5)[0]).isLessThan(1e-3);
  }

  @Test
  void thePsfOfTheTemplateIsThatOfTheScene() {
    Template t = builder.build(DETECTOR, detectorWcs(), bothTracts());
    double[] shape = t.psf().shape(100, 100);
    assertThat(shape[0]).isCloseTo(4, within(0.03));
    assertThat(shape[2]).isCloseTo(0, within(0.01));
  }

  @Test
  void theOrderOfPiecesDoesNotMatter() {
    List<Piece> pieces = bothTracts();
    Template a = builder.build(DETECTOR, detectorWcs(), pieces);
    Collections.reverse(pieces);
    Template b = builder.build(DETECTOR, detectorWcs(), pieces);
    assertThat(b.pixels().image().data).isEqualTo(a.pixels().image().data);
    assertThat(b.pixels().variance().data).isEqualTo(a.pixels().variance().data);
  }

  @Test
  void aHoleInOneTractIsFilledByTheOther() {
    List<Piece> pieces = bothTracts();
    Template whole = builder.build(DETECTOR, detectorWcs(), pieces);
    pieces.stream()
        .filter(p -> p.tract() == 4612)
        .forEach(
            p -> {
              p.pixels().mask().fill(MaskPlanes.NO_DATA);
              p.pixels().variance().fill(Float.POSITIVE_INFINITY);
            });
    Template t = builder.build(DETECTOR, detectorWcs(), pieces);
    assertThat(t.coverage()).isEqualTo(1.0);
    assertThat(t.pixels().image().get(150, 130))
        .isCloseTo(whole.pixels().image().get(150, 130), within(2f));
  }

  @Test
  void withoutCoverageThereIsNoTemplate() {
    List<Piece> far = new ArrayList<>();
    for (Piece p : pieces(4612)) {
      p.pixels().mask().fill(MaskPlanes.NO_DATA);
      far.add(p);
    }
    assertThatThrownBy(() -> builder.build(DETECTOR, detectorWcs(), far))
        .isInstanceOf(AlgorithmException.class)
        .hasMessageContaining("covers 0.0 %");
  }
}
