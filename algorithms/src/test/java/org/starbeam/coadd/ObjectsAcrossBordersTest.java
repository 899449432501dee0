package org.starbeam.coadd;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.starbeam.association.PrimaryAudit;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.PeakMerger;
import org.starbeam.detection.SpanDetector;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageD;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.SincAperture;
import org.starbeam.psf.MoffatPsf;
import org.starbeam.psf.PsfModel;
import org.starbeam.sky.Angles;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.warp.NoiseCorrelation;

/**
 * A field where two patches of each of two tracts meet: every star is detected, measured and
 * primary exactly once, those on the very borders too.
 */
class ObjectsAcrossBordersTest {
  private static final double SIGMA = 2;
  private static final int HALF = 240;
  private static final int BORDER_STARS = 8;
  private static final String[] BANDS = {"g", "r"};
  private static final PsfModel PSF = new MoffatPsf(4, 3, 0.05, 0.02, 20);

  private final RingsSkyMap map = RingsSkyMap.defaults();
  private final Tract east = map.tract(4613);
  private final Tract west = map.tract(4612);

  /** A star of the truth; S/N in the r band, half of it in g. */
  private record Star(double raDeg, double decDeg, double snr) {
    double flux() {
      return snr * SIGMA * Math.sqrt(PSF.nEff(0, 0));
    }
  }

  /** Where a patch border meets the tract border. */
  private SkyPoint corner() {
    double inner = east.patchInner();
    double dec = east.center().decDeg();
    double ra = 0;
    for (int i = 0; i < 20; i++) {
      double low = Math.min(west.center().raDeg(), east.center().raDeg());
      double high = Math.max(west.center().raDeg(), east.center().raDeg());
      int lowTract = map.tractOf(low, dec);
      for (int k = 0; k < 60; k++) {
        double middle = 0.5 * (low + high);
        if (map.tractOf(middle, dec) == lowTract) {
          low = middle;
        } else {
          high = middle;
        }
      }
      ra = 0.5 * (low + high);
      double y = east.wcs().toPixel(ra, dec)[1];
      double wanted = inner * Math.rint(y / inner) - 0.5;
      dec += (wanted - y) * 0.2 / 3600;
    }
    return new SkyPoint(ra, dec);
  }

  private List<Star> stars(SkyPoint corner) {
    Random random = new Random(3);
    List<Star> out = new ArrayList<>();
    double cos = Math.cos(Math.toRadians(corner.decDeg()));
    double reach = (HALF - 40) * 0.2 / 3600;
    while (out.size() < 90) {
      double du = reach * (2 * random.nextDouble() - 1);
      double dv = reach * (2 * random.nextDouble() - 1);
      if (out.size() < BORDER_STARS) {
        du = 0.1 / 3600 * (random.nextDouble() - 0.5);
      } else if (out.size() < 2 * BORDER_STARS) {
        dv = 0.1 / 3600 * (random.nextDouble() - 0.5);
      }
      Star star =
          new Star(
              corner.raDeg() + du / cos,
              corner.decDeg() + dv,
              out.size() % 3 == 0 ? 10 : 10 * Math.pow(20, random.nextDouble()));
      boolean alone =
          out.stream()
              .allMatch(
                  s -> Angles.separationArcsec(s.raDeg, s.decDeg, star.raDeg, star.decDeg) > 5);
      if (alone) {
        out.add(star);
      }
    }
    return out;
  }

  private static double lightInAperture() {
    return SincAperture.of(12).measure(padded(PSF), 0, 0).flux();
  }

  private CoaddBand render(Tract tract, Box box, List<Star> stars, String band, long seed) {
    Random random = new Random(seed + tract.id() + band.hashCode());
    MaskedImage image = new MaskedImage(box);
    image.variance().fill((float) (SIGMA * SIGMA));
    for (int i = 0; i < image.image().data.length; i++) {
      image.image().data[i] = (float) (SIGMA * random.nextGaussian());
    }
    for (Star star : stars) {
      double[] p = tract.wcs().toPixel(star.raDeg, star.decDeg);
      ImageD stamp = PSF.image(p[0], p[1]);
      double flux = band.equals("r") ? star.flux() : 0.5 * star.flux();
      Box in = stamp.box().intersect(box);
      for (int y = in.y0(); y < in.y1(); y++) {
        for (int x = in.x0(); x < in.x1(); x++) {
          float d = image.image().get(x, y);
          image.image().set(x, y, (float) (d + flux * stamp.get(x, y)));
        }
      }
    }
    return new CoaddBand(band, image, PSF, (x, y) -> lightInAperture(), NoiseCorrelation.white());
  }

  /** A leaf and its forced r measurement. */
  private record Row(PrimaryAudit.Leaf leaf, MeasuredSource r) {}

  private void measure(Tract tract, int patch, List<CoaddBand> whole, long firstId, List<Row> out) {
    List<CoaddBand> bands = new ArrayList<>();
    Map<String, FootprintSet> found = new LinkedHashMap<>();
    Box box = Box.EMPTY;
    for (CoaddBand b : whole) {
      box = b.image().box().intersect(tract.patchOuterBox(patch));
      CoaddBand part =
          new CoaddBand(b.band(), b.image().view(box), b.psf(), b.apertureCorrection(), b.noise());
      bands.add(part);
      found.put(
          b.band(),
          new SpanDetector(SpanDetector.Config.defaults())
              .detect(part.image(), PSF, SpanDetector.Polarity.POSITIVE));
    }
    List<MergedParent> parents = new PeakMerger(PeakMerger.Config.defaults()).merge(box, found);
    List<MeasuredObject> objects =
        new ObjectMeasurer(ObjectMeasurer.Config.defaults())
            .measure(bands, parents, List.of(), 7, ObjectMeasurer.Observer.NONE);
    for (MeasuredObject o : objects) {
      int px = (int) Math.rint(o.peak().x());
      int py = (int) Math.rint(o.peak().y());
      SkyPoint peak = tract.wcs().toSky(px, py);
      MeasuredSource reference = o.free().get(o.refBand());
      SkyPoint sky = tract.wcs().toSky(reference.x(), reference.y());
      boolean inner =
          tract.patchInnerBox(patch).contains(px, py)
              && map.tractOf(peak.raDeg(), peak.decDeg()) == tract.id();
      out.add(
          new Row(
              new PrimaryAudit.Leaf(
                  firstId + out.size(), tract.id(), patch, sky.raDeg(), sky.decDeg(), inner),
              o.forced().get("r")));
    }
  }

  @Test
  void everyStarIsPrimaryExactlyOnceWithItsFlux() {
    SkyPoint corner = corner();
    List<Star> stars = stars(corner);
    List<Row> rows = new ArrayList<>();
    for (Tract tract : List.of(west, east)) {
      double[] p = tract.wcs().toPixel(corner.raDeg(), corner.decDeg());
      Box box = Box.around((int) Math.rint(p[0]), (int) Math.rint(p[1]), HALF);
      List<CoaddBand> bands = new ArrayList<>();
      for (String band : BANDS) {
        bands.add(render(tract, box, stars, band, 0));
      }
      int x = (int) Math.rint(p[0]);
      int above = tract.patchOf(x, (int) Math.rint(p[1]) + 10);
      int below = tract.patchOf(x, (int) Math.rint(p[1]) - 10);
      assertThat(above).isNotEqualTo(below);
      measure(tract, below, bands, 1000L * tract.id(), rows);
      measure(tract, above, bands, 1000L * tract.id() + 500, rows);
    }
    Set<Long> primaries = new PrimaryAudit().primaries(rows.stream().map(Row::leaf).toList());
    double calibrated = lightInAperture();
    int missed = 0;
    int faint = 0;
    double ratios = 0;
    List<Double> pulls = new ArrayList<>();
    double calib = 0;
    int bright = 0;
    for (Star star : stars) {
      List<Row> mine =
          rows.stream()
              .filter(r -> primaries.contains(r.leaf().objectId()))
              .filter(
                  r ->
                      Angles.separationArcsec(
                              r.leaf().raDeg(), r.leaf().decDeg(), star.raDeg, star.decDeg)
                          < 1)
              .toList();
      faint += star.snr == 10 ? 1 : 0;
      if (mine.isEmpty()) {
        missed++;
        continue;
      }
      assertThat(mine).as("primaries of the star at %s, %s", star.raDeg, star.decDeg).hasSize(1);
      MeasuredSource r = mine.get(0).r();
      double truth = star.flux() * calibrated;
      double pull = (r.get(Fields.PSF_FLUX) - truth) / r.get(Fields.err(Fields.PSF_FLUX));
      pulls.add(Math.abs(pull));
      if (star.snr > 50) {
        ratios += r.get(Fields.PSF_FLUX) / truth - 1;
        calib += r.get(Fields.CALIB_FLUX) / truth - 1;
        bright++;
      }
    }
    assertThat(missed).isZero();
    assertThat(Math.abs(ratios / bright)).isLessThan(0.01);
    assertThat(Math.abs(calib / bright)).isLessThan(0.02);
    double width =
        1.4826
            * ClippedStatistics.median(pulls.stream().mapToDouble(Double::doubleValue).toArray());
    assertThat(width).isBetween(0.8, 1.2);
    assertThat(faint).isGreaterThan(20);
    assertThat(primaries).hasSameSizeAs(stars);
  }

  /** A star on the very corner and two on each of the four borders that meet there. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void whereFourPatchesMeetEveryStarIsPrimaryOnce(int seed) {
    SkyPoint centre = east.center();
    double[] p = east.wcs().toPixel(centre.raDeg(), centre.decDeg());
    Box patch = east.patchInnerBox(east.patchOf((int) Math.rint(p[0]), (int) Math.rint(p[1])));
    double x = patch.x1() - 0.5;
    double y = patch.y1() - 0.5;
    Random random = new Random(seed);
    List<Star> stars = new ArrayList<>();
    int[][] places = {{0, 0}, {1, 0}, {2, 0}, {-1, 0}, {-2, 0}, {0, 1}, {0, 2}, {0, -1}, {0, -2}};
    for (int[] place : places) {
      SkyPoint sky = east.wcs().toSky(x + 29.5 * place[0], y + 29.5 * place[1]);
      stars.add(new Star(sky.raDeg(), sky.decDeg(), 10 * Math.pow(20, random.nextDouble())));
    }
    Box box = Box.around(patch.x1(), patch.y1(), 90);
    List<CoaddBand> bands = new ArrayList<>();
    for (String band : BANDS) {
      bands.add(render(east, box, stars, band, seed));
    }
    List<Row> rows = new ArrayList<>();
    Set<Integer> patches = new TreeSet<>();
    for (int[] side : new int[][] {{-1, -1}, {0, -1}, {-1, 0}, {0, 0}}) {
      int each = east.patchOf(patch.x1() + side[0], patch.y1() + side[1]);
      patches.add(each);
      measure(east, each, bands, 500L * patches.size(), rows);
    }
    assertThat(patches).hasSize(4);
    assertThat(rows).as("every patch sees every star").hasSize(4 * stars.size());
    Set<Long> primaries = new PrimaryAudit().primaries(rows.stream().map(Row::leaf).toList());
    for (Star star : stars) {
      assertThat(
              rows.stream()
                  .map(Row::leaf)
                  .filter(leaf -> primaries.contains(leaf.objectId()))
                  .filter(
                      leaf ->
                          Angles.separationArcsec(
                                  leaf.raDeg(), leaf.decDeg(), star.raDeg, star.decDeg)
                              < 1))
          .hasSize(1);
    }
    assertThat(rows.stream().filter(r -> r.leaf().inner())).hasSameSizeAs(stars);
  }

  private static MaskedImage padded(PsfModel psf) {
    ImageD stamp = psf.kernelImage(0, 0);
    MaskedImage out = new MaskedImage(Box.around(0, 0, 40));
    out.variance().fill(1);
    for (int y = stamp.box().y0(); y < stamp.box().y1(); y++) {
      for (int x = stamp.box().x0(); x < stamp.box().x1(); x++) {
        out.image().set(x, y, (float) stamp.get(x, y));
      }
    }
    return out;
  }
}
