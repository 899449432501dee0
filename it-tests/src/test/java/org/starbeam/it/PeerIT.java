package org.starbeam.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.starbeam.camera.CalibratedExposure;
import org.starbeam.camera.CalibratedFrameMapping;
import org.starbeam.camera.CalibratedFrameReader;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.MaskPlanes;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.pipelines.report.RunDatabase;
import org.starbeam.sky.Angles;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.testing.Shared;

/**
 * Real frames through the calibrated entry beside an established tool. Eight VISTA frames in H
 * (ZPN, zero points in the headers, no reference catalogue, no camera file, no mapping file) become
 * a coadd, beside SWarp's weighted mean of the same frames and beside the median of them that came
 * with the frames. Minutes long; {@code mvn -Dfast -Ppeer -pl it-tests -am verify} runs it.
 */
@Tag("peer")
class PeerIT {
  private static final String FRAMES = "data/vista-h-multiepoch";
  private static final int FRAME_COUNT = 8;

  /** Arcseconds: three times the seeing. */
  private static final double STAR_RADIUS = 3;

  private static final double SKY_RADIUS = 1;

  private static final double BLANK = 3;
  private static final int LATTICE = 23;

  /** Of the stars, in the aperture. */
  private static final double LEAST_SNR = 30;

  /**
   * nJy of one unit of the given median. Its header has no zero point; ProPane, whose data these
   * are, gives its stacks in microjansky (zero point 23.9). The scale is that and not fitted.
   */
  private static final double MEDIAN_UNIT = 1000;

  private static final double[] ONE = {1, 1};

  @TempDir static Path directory;

  private static RunCatalog run;

  @BeforeAll
  static void reduce() throws IOException {
    Path input = Files.createDirectories(directory.resolve("input/calibrated"));
    for (Path frame : frames()) {
      Files.createSymbolicLink(input.resolve(frame.getFileName()), frame.toRealPath());
    }
    Path repository = directory.resolve("repo");
    var result =
        Campaigns.launch(
            "calibrated",
            input.getParent(),
            repository,
            "v",
            "direct",
            2,
            List.of("ingest", "step1", "step2", "step3"));
    assertThat(result.summary().problems().stream().filter(r -> r.getErrorClass() != null))
        .as("failed quanta")
        .isEmpty();
    run = RunCatalog.open(repository, "v");
  }

  private static List<Path> frames() {
    Path folder = Shared.path(FRAMES);
    return IntStream.rangeClosed(1, FRAME_COUNT)
        .mapToObj(i -> folder.resolve("image_" + i + ".fits"))
        .toList();
  }

  @Test
  void everyFrameIsInTheCoadd() {
    assertThat(visits(largest())).hasSize(FRAME_COUNT);
  }

  @Test
  void noiseAndFluxesAreThoseOfSwarpsWeightedMean() throws Exception {
    Assumptions.assumeTrue(SwarpStack.isInstalled(), "no SWarp");
    ImageFile coadd = largest();
    AperturePhotometer ours = AperturePhotometer.ofCoadd(coadd, MaskPlanes.NO_DATA);
    AperturePhotometer theirs =
        new AperturePhotometer(
            new SwarpStack(directory.resolve("swarp")).of(exposures(visits(coadd)), coadd),
            AperturePhotometer.wcsOf(coadd),
            1);
    List<SkyPoint> sky = sky(coadd);
    double noise = ours.noise(sky, SKY_RADIUS) / theirs.noise(sky, SKY_RADIUS);
    FluxRatios stars = ratios(List.of(coadd), theirs);
    System.out.printf("beside SWarp's mean: noise ratio %.4f; %s%n", noise, stars);

    assertThat(noise).as("noise").isCloseTo(1, within(0.05));
    assertThat(stars.size()).isGreaterThan(20);
    assertThat(stars.median()).as("median flux ratio").isCloseTo(1, within(0.01));
    assertThat(stars.within(0.68)).as("flux ratio of two thirds").isLessThan(0.01);
  }

  @Test
  void fluxesAreThoseOfTheGivenMedianWithoutATrendAndTheCoaddIsQuieter() throws Exception {
    AperturePhotometer theirs =
        AperturePhotometer.ofFile(Shared.path(FRAMES).resolve("swarp_median.fits"), MEDIAN_UNIT);
    ImageFile coadd = largest();
    List<SkyPoint> sky = sky(coadd);
    double noise =
        AperturePhotometer.ofCoadd(coadd, MaskPlanes.NO_DATA).noise(sky, SKY_RADIUS)
            / theirs.noise(sky, SKY_RADIUS);
    FluxRatios stars = ratios(coadds(), theirs);
    System.out.printf("beside the given median: noise ratio %.4f; %s%n", noise, stars);

    assertThat(noise).as("noise").isLessThan(1);
    assertThat(stars.size()).isGreaterThan(20);
    assertThat(stars.median()).as("median flux ratio").isCloseTo(1, within(0.01));
    assertThat(stars.within(0.68)).as("flux ratio of two thirds").isLessThan(0.01);
    assertThat(stars.halves(FluxRatios.Star::ours))
        .as("by flux")
        .containsExactly(ONE, within(0.01));
    assertThat(stars.halves(s -> s.place().raDeg())).as("by RA").containsExactly(ONE, within(0.01));
    assertThat(stars.halves(s -> s.place().decDeg()))
        .as("by Dec")
        .containsExactly(ONE, within(0.01));
  }

  @Test
  void errorsOfObjectFluxesAreTheirScatterOnTheSky() {
    double[] pulls = objects("select H_psfFlux / H_psfFluxErr from Object where sky_object")[0];
    double scatter = new ClippedStatistics().of(pulls).sdClip();
    System.out.printf("sky objects: %d, scatter over error %.3f%n", pulls.length, scatter);
    assertThat(pulls).hasSizeGreaterThan(100);
    assertThat(scatter).isBetween(0.8, 1.3);
  }

  private static List<ImageFile> coadds() {
    return run.datasets("deep_coadd").stream().map(ref -> ImageFile.read(run.path(ref))).toList();
  }

  /** The patch with the most pixels. */
  private static ImageFile largest() {
    return coadds().stream().max(Comparator.comparingLong(PeerIT::valid)).orElseThrow();
  }

  private static long valid(ImageFile coadd) {
    return Arrays.stream(coadd.image().mask().data)
        .filter(m -> (m & MaskPlanes.NO_DATA) == 0)
        .count();
  }

  private static Set<Long> visits(ImageFile coadd) {
    Set<Long> out = new TreeSet<>();
    for (long visit : coadd.requireTable("INPUTS").longs("visit")) {
      out.add(visit);
    }
    return out;
  }

  private static List<CalibratedExposure> exposures(Set<Long> visits) {
    CalibratedFrameReader reader = new CalibratedFrameReader(CalibratedFrameMapping.automatic());
    return frames().stream()
        .map(reader::read)
        .filter(e -> visits.contains(e.header().findInteger("ESO DET EXP NO").orElseThrow()))
        .toList();
  }

  /** Places of a lattice inside the patch that are {@value #BLANK} arcsec from every object. */
  private static List<SkyPoint> sky(ImageFile coadd) {
    double[][] sources = objects("select coord_ra, coord_dec from Object where not sky_object");
    AperturePhotometer inside =
        AperturePhotometer.ofCoadd(coadd, MaskPlanes.NO_DATA | MaskPlanes.EDGE);
    Wcs wcs = AperturePhotometer.wcsOf(coadd);
    Box box = coadd.image().box();
    List<SkyPoint> out = new ArrayList<>();
    for (int y = box.y0(); y < box.y1(); y += LATTICE) {
      for (int x = box.x0(); x < box.x1(); x += LATTICE) {
        SkyPoint place = wcs.toSky(x, y);
        if (Double.isFinite(inside.flux(place, SKY_RADIUS)) && isBlank(place, sources)) {
          out.add(place);
        }
      }
    }
    assertThat(out).as("places of sky").hasSizeGreaterThan(500);
    return out;
  }

  private static boolean isBlank(SkyPoint place, double[][] sources) {
    for (int i = 0; i < sources[0].length; i++) {
      if (Math.abs(sources[1][i] - place.decDeg()) < BLANK / 3600
          && Angles.separationArcsec(place.raDeg(), place.decDeg(), sources[0][i], sources[1][i])
              < BLANK) {
        return false;
      }
    }
    return true;
  }

  /** Ratios of the bright stars; each from the first coadd it is in. */
  private static FluxRatios ratios(List<ImageFile> coadds, AperturePhotometer theirs) {
    List<AperturePhotometer> ours =
        coadds.stream().map(c -> AperturePhotometer.ofCoadd(c, MaskPlanes.NO_DATA)).toList();
    double noise = ours.get(0).noise(sky(coadds.get(0)), STAR_RADIUS);
    FluxRatios out = new FluxRatios();
    for (SkyPoint star : stars()) {
      double flux =
          ours.stream()
              .mapToDouble(c -> c.flux(star, STAR_RADIUS))
              .filter(Double::isFinite)
              .findFirst()
              .orElse(Double.NaN);
      if (flux > LEAST_SNR * noise) {
        out.add(star, flux, theirs.flux(star, STAR_RADIUS));
      }
    }
    return out;
  }

  /** Star-like primary objects. */
  private static List<SkyPoint> stars() {
    double[][] rows =
        objects(
            "select coord_ra, coord_dec from Object where detect_isPrimary"
                + " and H_extendedness < 0.5 and not H_pixelFlags_saturatedCenter order by objectId");
    return IntStream.range(0, rows[0].length)
        .mapToObj(i -> new SkyPoint(rows[0][i], rows[1][i]))
        .toList();
  }

  private static double[][] objects(String sql) {
    List<Path> files = run.datasets("object").stream().map(run::path).toList();
    try (RunDatabase tables = new RunDatabase(Map.of("Object", files))) {
      return tables.numbers(sql);
    }
  }
}
