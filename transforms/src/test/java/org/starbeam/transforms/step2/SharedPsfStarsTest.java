package org.starbeam.transforms.step2;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.starbeam.characterization.FrameCharacterizer;
import org.starbeam.characterization.PsfStar;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.psf.GaussianPsf;
import org.starbeam.psf.Reservation;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

/** Which stars the final pass fits its PSF to, by what this frame and all visits say of them. */
class SharedPsfStarsTest {
  private static final TanSip WCS =
      TanSip.tan(new SkyPoint(10, -30), 499.5, 499.5, new double[] {-0.2 / 3600, 0, 0, 0.2 / 3600});

  private final List<StarCandidate> sources = new ArrayList<>();
  private final List<VisitStars.Star> known = new ArrayList<>();

  private StarCandidate source(double x, double y, double flux) {
    StarCandidate star =
        StarCandidate.newBuilder()
            .setSourceId(sources.size() + 1)
            .setVisit(1)
            .setDetector(0)
            .setBand("r")
            .setX(x)
            .setY(y)
            .setXx(1e-4)
            .setYy(1e-4)
            .setXy(0)
            .setRa(WCS.toSky(x, y).raDeg())
            .setDec(WCS.toSky(x, y).decDeg())
            .setCalibInstFlux(flux)
            .setCalibInstFluxErr(100)
            .setApInstFlux(flux)
            .setApInstFluxErr(100)
            .setPsfInstFlux(flux)
            .setPsfInstFluxErr(100)
            .setLocalBackground(0)
            .setSizeExtendedness(0)
            .build();
    sources.add(star);
    return star;
  }

  /** All visits know a star half a pixel beside where this frame sees it. */
  private void isolated(StarCandidate star, long psfKey) {
    SkyPoint place = WCS.toSky(star.getX() + 0.5, star.getY());
    known.add(
        new VisitStars.Star(
            1000 + star.getSourceId(), place.raDeg(), place.decDeg(), false, false, false, psfKey));
  }

  @Test
  void starsThatOtherVisitsDoubtGoAndThoseThatTheyKnowCome() {
    StarCandidate chosenAndKnown = source(100, 100, 20_000);
    chosenAndKnown.setPsfUsed(true);
    isolated(chosenAndKnown, 11);
    StarCandidate doubted = source(200, 100, 20_000);
    doubted.setPsfUsed(true);
    isolated(doubted, 0);
    StarCandidate knownOnly = source(300, 100, 20_000);
    isolated(knownOnly, 13);
    StarCandidate flaggedHere = source(400, 100, 20_000);
    flaggedHere.setCandidate(false);
    isolated(flaggedHere, 14);
    StarCandidate withNeighbour = source(500, 100, 20_000);
    isolated(withNeighbour, 15);
    source(510, 100, 1200);
    StarCandidate chosenOnly = source(600, 100, 20_000);
    chosenOnly.setPsfReserved(true);
    StarCandidate faint = source(700, 100, 1500);
    isolated(faint, 17);
    InitialModels initial =
        new InitialModels(
            List.of(), new GaussianPsf(1.5), ApertureCorrections.none(), WCS, null, sources);
    List<PsfStar> stars =
        initial.psfStars(VisitStars.of(known), WCS, FrameCharacterizer.Config.defaults());
    long own = Reservation.skyKey(chosenOnly.getRa(), chosenOnly.getDec());
    assertThat(stars).extracting(PsfStar::key).containsExactly(11L, 13L, own);
    assertThat(stars.get(0).x()).as("place of all visits").isBetween(100.49, 100.51);
    assertThat(stars.get(2).x()).as("place of this frame").isEqualTo(600);
    assertThat(stars.get(2).reserved()).isTrue();
    assertThat(stars.get(1).reserved()).isEqualTo(Reservation.isReserved(13));
  }
}
