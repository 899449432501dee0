package org.starbeam.measurement;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import org.starbeam.background.SourceFreeBackground;
import org.starbeam.deblend.SymmetricDeblender;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.SpanDetector;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.ImageFile;
import org.starbeam.image.MaskedImage;

/** Measures calibrated simcam frames with the true PSF and writes what it finds as CSV. */
public final class CalibratedFrameCheck {
  private CalibratedFrameCheck() {}

  public static void main(String[] args) throws Exception {
    for (int repeat = 0; repeat < 3; repeat++) {
      try (PrintWriter out = new PrintWriter(args[0])) {
        out.println(
            "frame,index,parent,children,x,y,xErr,yErr,sig,psfFlux,psfFluxErr,chi2,gauss,flags");
        for (int i = 1; i < args.length; i++) {
          measure(args[i], out);
        }
      }
    }
  }

  private static void measure(String file, PrintWriter out) {
    ImageFile frame = ImageFile.read(Path.of(file));
    MaskedImage image = frame.image();
    FitsTable psfTable =
        frame.tables().stream().filter(t -> t.name().equals("PSF")).findFirst().orElseThrow();
    int mid = 12;
    MoffatPsf psf =
        new MoffatPsf(
            number(psfTable, "fwhm", mid),
            number(psfTable, "beta", mid),
            number(psfTable, "e1", mid),
            number(psfTable, "e2", mid),
            15);
    long t0 = System.nanoTime();
    SourceFreeBackground.Result sky =
        new SourceFreeBackground(SourceFreeBackground.Config.defaults())
            .estimate(image, Math.sqrt(psf.shape(0, 0)[0]));
    new org.starbeam.background.BackgroundList(List.of(sky.background()))
        .subtractFrom(image.image());
    long t1 = System.nanoTime();
    SpanDetector detector = new SpanDetector(SpanDetector.Config.defaults());
    FootprintSet found = detector.detect(image, psf, SpanDetector.Polarity.POSITIVE);
    long t2 = System.nanoTime();
    MeasurementSuite suite =
        new MeasurementSuite(
            List.of(
                new Centroid(Centroid.Config.defaults()),
                new PixelFlags(),
                new FootprintStatistics(),
                new PsfFlux()));
    List<CatalogEntry> rows =
        new CatalogMaker(new SymmetricDeblender(SymmetricDeblender.Config.defaults()), suite)
            .measure(image, psf, found, 1);
    long t3 = System.nanoTime();
    System.out.printf(
        "%s bkg %.2f/%.2f (%.3f sigma) free %.2f footprints %d peaks %d rows %d; ms %d %d %d%n",
        Path.of(file).getFileName(),
        sky.background().evaluate(512, 512),
        sky.skySigma(),
        sky.background().evaluate(512, 512) / sky.skySigma(),
        sky.skyPixels(),
        found.size(),
        found.peakCount(),
        rows.size(),
        (t1 - t0) / 1000000,
        (t2 - t1) / 1000000,
        (t3 - t2) / 1000000);
    for (int i = 0; i < rows.size(); i++) {
      CatalogEntry row = rows.get(i);
      MeasuredSource s = row.source();
      out.printf(
          "%s,%d,%d,%d,%.4f,%.4f,%.4f,%.4f,%.2f,%.3f,%.3f,%.3f,%.3f,%s%n",
          Path.of(file).getFileName(),
          i,
          row.parent(),
          row.children(),
          s.x(),
          s.y(),
          s.get(Fields.X_ERR),
          s.get(Fields.Y_ERR),
          s.peak().significance(),
          s.get(Fields.PSF_FLUX),
          s.get(Fields.err(Fields.PSF_FLUX)),
          s.get(Fields.PSF_FLUX_CHI2),
          s.get(Fields.GAUSSIAN_FLUX),
          String.join("|", s.flags()));
    }
  }

  private static double number(FitsTable table, String column, int row) {
    Object values = table.columns().get(column);
    if (values == null) values = table.columns().get(column.toUpperCase());
    return values instanceof float[] f ? f[row] : ((double[]) values)[row];
  }
}
