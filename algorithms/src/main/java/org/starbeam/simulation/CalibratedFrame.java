package org.starbeam.simulation;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;

/**
 * A frame as a perfect reduction would leave it: IMAGE [nJy per pixel, sky subtracted], MASK,
 * VARIANCE [nJy^2, of the true expectation], each with the TAN-SIP WCS, and a table PSF of the
 * Moffat on a 5 x 5 grid. Shot noise of sources and sky, read noise, no detector effects, no
 * vignetting. Pixels above 0.97 of the full well are clipped there and flagged SAT, like the
 * central 3 x 3 pixels of every object that the truth calls saturated.
 */
final class CalibratedFrame {
  private static final int SIZE = FocalPlane.SIZE;
  private static final double CLIP = 0.97 * SensorModel.FULL_WELL;
  private static final double READ_VARIANCE = 36;
  private static final int GRID = 5;

  private final ImageF image = new ImageF(SIZE, SIZE);
  private final MaskI mask = new MaskI(SIZE, SIZE);
  private final ImageF variance = new ImageF(SIZE, SIZE);
  private final Exposure exposure;
  private final FocalPlane.Detector detector;
  private final OpticsModel optics;

  CalibratedFrame(
      Exposure exposure,
      FocalPlane.Detector detector,
      OpticsModel optics,
      FrameMaker.Frame frame,
      boolean noise,
      long seed) {
    this.exposure = exposure;
    this.detector = detector;
    this.optics = optics;
    RandomStream random = RandomStream.of(seed, "calibrated", exposure.id(), detector.id());
    for (int y = 0; y < SIZE; y++) {
      for (int x = 0; x < SIZE; x++) {
        pixel(frame, x, y, noise, random);
      }
    }
    for (FrameSource s : frame.truth()) {
      if (s.saturated()) {
        flagCore(s);
      }
    }
  }

  private void pixel(FrameMaker.Frame frame, int x, int y, boolean noise, RandomStream random) {
    int i = y * SIZE + x;
    double expected = frame.sources()[i] + frame.sky()[i];
    double electrons =
        noise ? random.poisson(expected) + random.normal(0, Math.sqrt(READ_VARIANCE)) : expected;
    if (expected > CLIP) {
      electrons = CLIP;
      mask.data[i] |= MaskPlanes.SAT;
    }
    double scale = 1 / optics.electronsPerNanojansky(detector.id(), x, y);
    image.data[i] = (float) ((electrons - frame.sky()[i]) * scale);
    variance.data[i] = (float) ((expected + READ_VARIANCE) * scale * scale);
  }

  private void flagCore(FrameSource s) {
    int cx = (int) Math.rint(s.x());
    int cy = (int) Math.rint(s.y());
    for (int y = Math.max(0, cy - 1); y <= Math.min(SIZE - 1, cy + 1); y++) {
      for (int x = Math.max(0, cx - 1); x <= Math.min(SIZE - 1, cx + 1); x++) {
        mask.data[y * SIZE + x] |= MaskPlanes.SAT;
      }
    }
  }

  void write(Path file) {
    Visit visit = exposure.visitOrThrow();
    Map<String, Object> primary = Headers.primary(exposure, detector, visit.seeing());
    primary.put("SKYLEVEL", visit.skyCounts());
    primary.put("ZPTRUE", visit.zeroPoint());
    primary.put("SEEING", visit.seeing());
    Map<String, Object> wcs = SipHeader.cards(optics, detector.id());
    Map<String, Object> flux = new LinkedHashMap<>(wcs);
    flux.put("BUNIT", "nJy");
    Map<String, Object> squared = new LinkedHashMap<>(wcs);
    squared.put("BUNIT", "nJy2");
    try (FitsWriter writer = FitsWriter.create(file)) {
      writer
          .primary(primary)
          .image("IMAGE", image, flux)
          .mask("MASK", mask, MaskPlanes.bits(), wcs)
          .image("VARIANCE", variance, squared)
          .table(psfTable())
          .commit();
    }
  }

  private record PsfRow(double x, double y, OpticsModel.Psf psf) {}

  private FitsTable psfTable() {
    List<PsfRow> rows = new ArrayList<>();
    for (int j = 0; j < GRID; j++) {
      for (int i = 0; i < GRID; i++) {
        double x = i * (SIZE - 1) / (GRID - 1.0);
        double y = j * (SIZE - 1) / (GRID - 1.0);
        rows.add(new PsfRow(x, y, optics.psf(detector.id(), x, y)));
      }
    }
    return new TableBuilder<>("PSF", rows)
        .number("x", "pixel", PsfRow::x)
        .number("y", "pixel", PsfRow::y)
        .number("fwhm", "pixel", r -> r.psf().fwhm())
        .number("beta", "", r -> r.psf().beta())
        .number("e1", "", r -> r.psf().e1())
        .number("e2", "", r -> r.psf().e2())
        .build();
  }
}
