package org.starbeam.transforms.step3;

import java.nio.file.Path;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
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
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.sky.TanSip;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;

/**
 * A visit image of which only the boxes are read that a block needs. Its weight is that of the
 * median variance over 16 tiles spread over the detector, so it is the same for every block.
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

  private final Path path;
  private final ExposureSummary summary;
  private final Box box;
  private final Wcs wcs;
  private final PsfModel psf;
  private final int weight;

  private VisitCutouts(
      Path path, ExposureSummary summary, Box box, Wcs wcs, PsfModel psf, int weight) {
    this.path = path;
    this.summary = summary;
    this.box = box;
    this.wcs = wcs;
    this.psf = psf;
    this.weight = weight;
  }

  static VisitCutouts open(Path path, ExposureSummary summary) {
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
      return new VisitCutouts(
          path,
          summary,
          file.box(),
          wcs,
          PsfModels.fromTable(psf),
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
    return summary.getVisit();
  }

  @Override
  public int detector() {
    return summary.getDetector();
  }

  @Override
  public Box box() {
    return box;
  }

  @Override
  public Wcs wcs() {
    return wcs;
  }

  @Override
  public PsfModel psf() {
    return psf;
  }

  @Override
  public int weight() {
    return weight;
  }

  @Override
  public double psfSigma() {
    return summary.getPsfSigma();
  }

  @Override
  public InputStatistics statistics() {
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
    try (TiledCutout file = TiledCutout.open(path)) {
      return file.read(part);
    }
  }
}
