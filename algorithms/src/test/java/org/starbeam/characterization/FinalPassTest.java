package org.starbeam.characterization;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.psf.PiffPsf;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.S1Frame;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/**
 * Both passes on S1 frames (specs/02 section 0.7) without a reference catalogue; the stars of the
 * final pass are those of the first that are true stars, as all visits together know them. {@code
 * -Dstarbeam.s1Frames=20} takes as many frames as the specification.
 */
class FinalPassTest {
  private static final int FRAMES = Integer.getInteger("starbeam.s1Frames", 2);
  private static final TanSip WCS =
      TanSip.tan(new SkyPoint(10, -30), 511.5, 511.5, new double[] {-0.2 / 3600, 0, 0, 0.2 / 3600});
  private static final PsfDeterminer PIXELS = PsfDeterminer.of(PsfDeterminer.Config.defaults());
  private static final FrameCharacterizer CHARACTERIZER =
      new FrameCharacterizer(FinalPass.Config.defaults().frame());

  /** A frame after its first pass. */
  private static final class Frame {
    final S1Frame truth;
    final Characterization first;
    final List<PsfStar> stars = new ArrayList<>();
    final List<double[]> centroids = new ArrayList<>();

    Frame(long seed) {
      truth = new S1Frame(seed);
      first =
          new FirstLight(FirstLight.Config.defaults(), PIXELS)
              .run(
                  new FirstLight.Inputs(
                      new FrameState(pixels(), false),
                      WCS,
                      true,
                      ReferenceStars.at(List.of(), 59000),
                      "r",
                      30,
                      seed))
              .characterization();
      for (PsfStar star : first.psfStars()) {
        if (truth.stars.stream().anyMatch(s -> isAt(s, star))) {
          stars.add(star);
        }
      }
      for (CatalogEntry entry : first.catalogue().subList(0, first.detections())) {
        if (entry.isLeaf()) {
          centroids.add(new double[] {entry.source().x(), entry.source().y()});
        }
      }
    }

    private static boolean isAt(S1Frame.Star truth, PsfStar star) {
      return Math.hypot(truth.x() - star.x(), truth.y() - star.y()) < 1;
    }

    MaskedImage pixels() {
      MaskedImage image = truth.image;
      return new MaskedImage(image.image().copy(), image.mask().copy(), image.variance().copy());
    }

    Characterization last(PsfModel start, PsfDeterminer determiner) {
      return new FinalPass(FinalPass.Config.defaults(), determiner)
          .run(
              new FrameState(pixels(), false),
              new FinalPass.Start(start, first.corrections(), ApertureCorrections.none()),
              stars,
              centroids,
              1);
    }

    /** {q1, q2, q3} of a model on the pixels of a final pass. */
    double[] quality(PsfModel psf, Characterization last) {
      PassQuality q = PassQuality.of(CHARACTERIZER, last.frame(), psf, stars);
      int[] rows = q.rows();
      return new double[] {q.q1(rows), q.q2(rows), q.q3(rows)};
    }
  }

  @Test
  void theFinalPsfDescribesReservedStarsNoWorseThanTheFirst() {
    double[][] before = new double[3][FRAMES];
    double[][] after = new double[3][FRAMES];
    for (int i = 0; i < FRAMES; i++) {
      Frame frame = new Frame(i + 1);
      Characterization last = frame.last(frame.first.psfFit().model(), PIXELS);
      double[] p1 = frame.quality(frame.first.psfFit().model(), last);
      double[] p2 = frame.quality(last.psfFit().model(), last);
      for (int k = 0; k < 3; k++) {
        assertThat(p2[k] / p1[k]).as("q%d of frame %d", k + 1, i + 1).isLessThan(1.1);
        before[k][i] = p1[k];
        after[k][i] = p2[k];
      }
    }
    for (int k = 0; k < 3; k++) {
      assertThat(ClippedStatistics.median(after[k]) / ClippedStatistics.median(before[k]))
          .as("median q%d", k + 1)
          .isLessThan(1.005);
    }
  }

  @Test
  void aFirstPsfThatIsTooBroadIsForgotten() {
    Frame frame = new Frame(1);
    Characterization usual = frame.last(frame.first.psfFit().model(), PIXELS);
    double[] m = frame.first.psfFit().model().shape(512, 512);
    double n = frame.first.psfFit().model().nEff(512, 512);
    MoffatPsf broad = MoffatPsf.of(1.44 * m[0], 1.44 * m[1], 1.44 * m[2], 1.44 * n, 12);
    Characterization last = frame.last(broad, PIXELS);
    double q1 = frame.quality(last.psfFit().model(), last)[0];
    assertThat(q1 / frame.quality(usual.psfFit().model(), usual)[0]).isBetween(0.95, 1.05);
    assertThat(last.notes()).isEmpty();
  }

  @Test
  void aWorsePsfDoesNotReplaceTheFirst() {
    Frame frame = new Frame(2);
    PsfModel first = frame.first.psfFit().model();
    PiffPsf.Config gaussian =
        PiffPsf.Config.defaults().with(PiffPsf.Model.GAUSSIAN, PiffPsf.Interpolation.MEAN);
    PsfDeterminer wrong = PsfDeterminer.of(PsfDeterminer.Config.defaults().withPiff(gaussian));
    Characterization last = frame.last(first, wrong);
    assertThat(last.psfFit().model()).isSameAs(first);
    assertThat(last.corrections()).isEqualTo(frame.first.corrections());
    assertThat(last.notes()).anyMatch(n -> n.contains("that of the earlier pass stays"));
    assertThat(last.psfFit().used())
        .isEqualTo((int) frame.stars.stream().filter(s -> !s.reserved()).count());
  }
}
