package org.starbeam.transforms.step3;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starbeam.coadd.AccumulatedInput;
import org.starbeam.coadd.CoaddSource;
import org.starbeam.coadd.CoaddWeight;
import org.starbeam.coadd.InputStatistics;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.TiledCutout;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.Fields;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;

/**
 * A visit image of which only the boxes are read that a block needs; opened when it is first asked
 * for more than its name. Its weight is that of the median variance over 16 tiles spread over the
 * detector, so it is the same for every block.
 */
final class VisitCutouts implements CoaddSource {
  /**
   * A frame's noise factor is measured on some fifty places of sky, so it is known to a tenth: up
   * to here it may be chance, and the noise counts as white.
   */
  private static final double WHITE_LIMIT = 1.25;

  private static final int TILE = 64;
  private static final int TILES = 4;
  private static final int NOT_SKY =
      MaskPlanes.NO_DATA | MaskPlanes.BAD | MaskPlanes.SAT | MaskPlanes.CR | MaskPlanes.DETECTED;

  private final Supplier<Path> file;
  private final long visit;
  private final int detector;
  private final String content;
  private final double psfSigma;
  private final InputStatistics statistics;
  private @Nullable Opened opened;

  /** What is in the file beside its pixels. */
  private record Opened(
      Box box, Wcs wcs, PsfModel psf, ApertureCorrections corrections, int weight) {}

  private VisitCutouts(
      Supplier<Path> file,
      long visit,
      int detector,
      String content,
      double psfSigma,
      InputStatistics statistics) {
    this.file = file;
    this.visit = visit;
    this.detector = detector;
    this.content = content;
    this.psfSigma = psfSigma;
    this.statistics = statistics;
  }

  /**
   * The image of a detector.
   *
   * @param file found when the image is opened
   * @param content names the content of image and summary
   */
  static VisitCutouts of(Supplier<Path> file, ExposureSummary summary, String content) {
    return new VisitCutouts(
        file,
        summary.getVisit(),
        summary.getDetector(),
        content,
        summary.getPsfSigma(),
        statistics(summary));
  }

  /** The image that an input of a block's state was made of. */
  static VisitCutouts of(Supplier<Path> file, AccumulatedInput input) {
    return new VisitCutouts(
        file,
        input.visit(),
        input.detector(),
        input.content(),
        input.psfSigma(),
        input.statistics());
  }

  private Opened opened() {
    Opened known = opened;
    if (known == null) {
      known = open(file.get());
      opened = known;
    }
    return known;
  }

  private static Opened open(Path path) {
    try (TiledCutout file = TiledCutout.open(path)) {
      Object unit = file.header().stringOr("BUNIT", "nJy");
      if (!unit.equals("nJy")) {
        throw new BadInputException(
            "UNIT", path + ": BUNIT = " + unit + ", coadds are made from images in nJy");
      }
      FitsTable psf =
          file.table("PSF")
              .orElseThrow(() -> new BadInputException("MISSING_HDU", path + " has no table PSF"));
      Wcs wcs =
          file.table("WCS")
              .<Wcs>map(TanSip::fromTable)
              .orElseGet(() -> WcsReader.fromHeader(HeaderView.of(path.toString(), file.wcs())));
      return new Opened(
          file.box(),
          wcs,
          PsfModels.fromTable(psf),
          file.table(ApertureCorrections.TABLE)
              .map(ApertureCorrections::fromTable)
              .orElse(ApertureCorrections.none()),
          CoaddWeight.of(medianVariance(file)));
    }
  }

  private static double medianVariance(TiledCutout file) {
    Box box = file.box();
    int stepX = Math.max(1, box.width() / TILES);
    int stepY = Math.max(1, box.height() / TILES);
    float[] values = new float[TILES * TILES * TILE * TILE];
    int n = 0;
    for (int j = 0; j < TILES; j++) {
      for (int i = 0; i < TILES; i++) {
        Box tile = new Box(box.x0() + i * stepX, box.y0() + j * stepY, TILE, TILE).intersect(box);
        MaskedImage part = file.read(tile);
        for (int k = 0; k < part.mask().data.length; k++) {
          float v = part.variance().data[k];
          if ((part.mask().data[k] & NOT_SKY) == 0 && v > 0 && Float.isFinite(v)) {
            values[n++] = v;
          }
        }
      }
    }
    Arrays.sort(values, 0, n);
    return n == 0 ? Double.NaN : values[n / 2];
  }

  @Override
  public long visit() {
    return visit;
  }

  @Override
  public int detector() {
    return detector;
  }

  @Override
  public String content() {
    return content;
  }

  @Override
  public Box box() {
    return opened().box();
  }

  @Override
  public Wcs wcs() {
    return opened().wcs();
  }

  @Override
  public PsfModel psf() {
    return opened().psf();
  }

  @Override
  public double apertureCorrection(double x, double y) {
    return opened().corrections().factor(Fields.PSF_FLUX, x, y);
  }

  @Override
  public int weight() {
    return opened().weight();
  }

  @Override
  public double psfSigma() {
    return psfSigma;
  }

  @Override
  public InputStatistics statistics() {
    return statistics;
  }

  private static InputStatistics statistics(ExposureSummary summary) {
    Double airmass = summary.getAirmass();
    return new InputStatistics(
        summary.getExpMidptMjd(),
        summary.getExpTime(),
        summary.getSeeing(),
        airmass == null ? Double.NaN : airmass,
        0,
        0,
        0,
        summary.getSkyBg(),
        summary.getSkyNoise(),
        noiseFactor(summary.getVarianceScale()),
        0);
  }

  private static double noiseFactor(@Nullable Double measured) {
    return measured != null && measured > WHITE_LIMIT ? measured : 1;
  }

  @Override
  public MaskedImage read(Box part) {
    try (TiledCutout image = TiledCutout.open(file.get())) {
      return image.read(part);
    }
  }
}
