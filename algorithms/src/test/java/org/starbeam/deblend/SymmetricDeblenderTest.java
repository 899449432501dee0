package org.starbeam.deblend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.Peak;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.psf.GaussianPsf;

class SymmetricDeblenderTest {
  private static final GaussianPsf PSF = new GaussianPsf(1.5);
  private final SymmetricDeblender deblender =
      new SymmetricDeblender(SymmetricDeblender.Config.defaults());

  @Test
  void childrenSumToTheParent() {
    MaskedImage image = pair(12, 8);
    Footprint parent = parent(image);
    SymmetricDeblender.Result result = deblender.deblend(image, PSF, parent);
    assertThat(result.children()).hasSize(2);
    SpanSet spans = parent.spans();
    for (int i = 0; i < spans.size(); i++) {
      int y = spans.y(i);
      for (int x = spans.x0(i); x < spans.x1(i); x++) {
        float sum = 0;
        for (BlendChild child : result.children()) {
          sum += child.image().get(x, y);
        }
        assertThat(sum).isCloseTo(image.image().get(x, y), within(1e-2f));
      }
    }
  }

  @Test
  void twoStarsAtOneAndAHalfSeeingKeepTheirFluxes() {
    double flux = 100 * 10 * Math.sqrt(4 * Math.PI) * 1.5;
    MaskedImage image = pair(flux, flux);
    for (BlendChild child : deblender.deblend(image, PSF, parent(image)).children()) {
      double sum = 0;
      for (float v : child.image().data) {
        sum += v;
      }
      assertThat(child.asPsf()).isTrue();
      assertThat(sum / flux).isCloseTo(1, within(0.03));
    }
  }

  @Test
  void orderOfThePeaksDoesNotMatter() {
    MaskedImage image = pair(30_000, 20_000);
    Footprint parent = parent(image);
    List<Peak> turned = List.of(parent.peaks().get(1), parent.peaks().get(0));
    List<BlendChild> one = deblender.deblend(image, PSF, parent).children();
    List<BlendChild> other = deblender.deblend(image, PSF, parent.withPeaks(turned)).children();
    for (int i = 0; i < one.size(); i++) {
      assertThat(other.get(i).image().data).isEqualTo(one.get(i).image().data);
    }
  }

  private static Footprint parent(MaskedImage image) {
    FootprintSet found =
        new SpanDetector(SpanDetector.Config.defaults())
            .detect(image, PSF, SpanDetector.Polarity.POSITIVE);
    Footprint all = found.footprints().get(0);
    return all.withPeaks(List.of(new Peak(30, 30, 9), new Peak(35, 31, 8)));
  }

  private static MaskedImage pair(double first, double second) {
    MaskedImage image = new MaskedImage(new Box(0, 0, 64, 64));
    Random random = new Random(4);
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] = (float) (10 * random.nextGaussian());
    }
    image.variance().fill(100);
    add(image, 30.2, 29.9, first < 100 ? 1000 * first : first);
    add(image, 35.1, 31.3, second < 100 ? 1000 * second : second);
    return image;
  }

  private static void add(MaskedImage image, double x, double y, double flux) {
    ImageD p = PSF.image(x, y);
    Box box = p.box().intersect(image.box());
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        image.image().data[image.image().index(u, v)] += (float) (flux * p.get(u, v));
        image.variance().data[image.variance().index(u, v)] += (float) (flux * p.get(u, v));
      }
    }
  }
}
