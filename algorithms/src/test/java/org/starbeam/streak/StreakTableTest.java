package org.starbeam.streak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.image.SpanSet;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;

class StreakTableTest {
  private static final double SCALE = 0.2 / 3600;

  private static TanSip wcs() {
    return TanSip.tan(new SkyPoint(150, 2), 250, 250, new double[] {-SCALE, 0, 0, SCALE});
  }

  private static Streak streak(boolean open) {
    return new Streak(
        Streak.Source.KHT,
        70,
        30,
        0,
        100,
        100,
        400,
        500,
        open,
        false,
        4,
        200,
        50,
        1,
        SpanSet.ofBox(new Box(0, 0, 5, 4)));
  }

  /** In a gnomonic projection straight lines are great circles. */
  @Test
  void poleIsPerpendicularToEveryPointOfTheLine() {
    TanSip wcs = wcs();
    FitsTable table = new StreakTable(wcs, (x, y) -> 2, 30).of(List.of(streak(true)));
    double[] pole = Angles.vector(table.doubles("poleRa")[0], table.doubles("poleDec")[0]);
    for (double t : new double[] {-3, 0, 0.4, 1, 2}) {
      SkyPoint p = wcs.toSky(100 + 300 * t, 100 + 400 * t);
      double[] v = Angles.vector(p.raDeg(), p.decDeg());
      double dot = pole[0] * v[0] + pole[1] * v[1] + pole[2] * v[2];
      assertThat(dot).isCloseTo(0, within(1e-10));
    }
  }

  @Test
  void ratesAreBoundedByTheEndsThatAreSeen() {
    StreakTable table = new StreakTable(wcs(), (x, y) -> 2, 30);
    FitsTable both = table.of(List.of(streak(true), streak(false)));
    double rate = 500 * 0.2 / 30;
    assertThat(both.doubles("rateMin")[0]).isCloseTo(rate, within(1e-5));
    assertThat(both.doubles("rateMax")[0]).isNaN();
    assertThat(both.doubles("rateMax")[1]).isCloseTo(rate, within(1e-5));
    assertThat(both.doubles("surfaceBrightness")[0])
        .isCloseTo(200 / 4.0 * 2 / (0.2 * 0.2), within(0.1));
    assertThat(both.ints("area")[0]).isEqualTo(20);
    assertThat(both.integer("NSTREAK")).isEqualTo(2);
  }

  @Test
  void survivesTheFileWithAndWithoutRows(@TempDir Path folder) {
    StreakTable table = new StreakTable(wcs(), (x, y) -> 2, 30);
    for (List<Streak> streaks : List.of(List.<Streak>of(), List.of(streak(true), streak(false)))) {
      Path path = folder.resolve(streaks.size() + ".fits");
      MaskedImage image = new MaskedImage(new Box(0, 0, 8, 8));
      new ImageFile(image, Map.of(), Map.of(), List.of(table.of(streaks)))
          .write(path, ImageFile.Form.plain());
      FitsTable back = ImageFile.read(path).requireTable(StreakTable.NAME);
      assertThat(back.integer("NSTREAK")).isEqualTo(streaks.size());
      assertThat(back.doubles("rho")).hasSize(streaks.size());
      assertThat(back.strings("source")).hasSize(streaks.size());
    }
  }
}
