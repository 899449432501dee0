package org.starbeam.characterization;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.starbeam.astrometry.ReferenceCatalog;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.calibration.CalibrationFrame;
import org.starbeam.calibration.DefectList;
import org.starbeam.camera.Camera;
import org.starbeam.camera.CameraYaml;
import org.starbeam.camera.Detector;
import org.starbeam.camera.InitialWcs;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.HeaderView;
import org.starbeam.isr.IsrCalibrations;
import org.starbeam.isr.IsrTask;
import org.starbeam.isr.RawExposureReader;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.psf.PsfDeterminer;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.SkyPoint;

/**
 * Runs ISR and both passes on raw frames of the simulated camera and writes the final catalogues as
 * CSV, for comparison with the truth: {@code FirstLightCheck DATA MASTERS OUT.csv FILE...}. MASTERS
 * holds bias_D, dark_D, defects_D and flat_B_D FITS files.
 */
public final class FirstLightCheck {
  private final Path data;
  private final Path masters;
  private final Camera camera;
  private final List<RefStar> references;
  private final PrintWriter out;

  private FirstLightCheck(Path data, Path masters, PrintWriter out) {
    this.data = data;
    this.masters = masters;
    this.camera = CameraYaml.read(data.resolve("camera.yaml"));
    this.references = ReferenceCatalog.read(data.resolve("refcat/refcat.fits"));
    this.out = out;
  }

  public static void main(String[] args) throws IOException {
    try (PrintWriter out =
        new PrintWriter(Files.newBufferedWriter(Path.of(args[2]), StandardCharsets.UTF_8))) {
      out.println(
          "frame,pass,children,x,y,xErr,yErr,ra,dec,psfFlux,psfFluxErr,calibFlux,calibFluxErr,"
              + "ap12Flux,ap12FluxErr,chi2,size,psfSize,ext,sizeExt,flags");
      FirstLightCheck check = new FirstLightCheck(Path.of(args[0]), Path.of(args[1]), out);
      for (int i = 3; i < args.length; i++) {
        check.frame(Path.of(args[i]));
      }
    }
  }

  private void frame(Path raw) throws IOException {
    HeaderView header;
    try (FitsReader reader = FitsReader.open(raw)) {
      header = reader.primaryHeader();
    }
    String name = raw.getFileName().toString();
    int id = Integer.parseInt(name.substring(name.lastIndexOf('_') + 1, name.indexOf('.')));
    Detector detector = camera.detector(id);
    String band = header.string("FILTBAND");
    IsrCalibrations calibrations = calibrations(id, band);
    long t0 = System.nanoTime();
    IsrTask.Result isr =
        new IsrTask(IsrTask.Config.defaults())
            .run(
                new RawExposureReader(false).read(raw, detector),
                calibrations,
                header.number("DARKTIME"));
    long t1 = System.nanoTime();
    double mid = 0.5 * (header.number("MJD-BEG") + header.number("MJD-END"));
    InitialWcs initial =
        new InitialWcs(
            camera,
            detector,
            new SkyPoint(header.number("RA"), header.number("DEC")),
            header.number("ROTPA"));
    ReferenceStars stars = ReferenceStars.at(references, mid);
    FirstLight first =
        new FirstLight(
            FirstLight.Config.defaults(), PsfDeterminer.of(PsfDeterminer.Config.defaults()));
    FirstLight.Result p1;
    try {
      p1 =
          first.run(
              new FirstLight.Inputs(
                  new FrameState(isr.image().copy(), false),
                  initial,
                  false,
                  stars,
                  band,
                  header.number("EXPTIME"),
                  1));
    } catch (org.starbeam.failure.AlgorithmException e) {
      System.out.println(name + " " + e.code() + " " + e.getMessage());
      return;
    }
    long t2 = System.nanoTime();
    report(name, 1, p1.characterization(), p1, (t2 - t1) / 1000000, (t1 - t0) / 1000000);
    Characterization c = p1.characterization();
    List<double[]> centroids = new ArrayList<>();
    for (CatalogEntry entry : c.catalogue().subList(0, c.detections())) {
      if (entry.isLeaf() && !entry.source().flag("pixelFlags_crCenter")) {
        centroids.add(new double[] {entry.source().x(), entry.source().y()});
      }
    }
    Characterization p2 =
        new FinalPass(
                FinalPass.Config.defaults(), PsfDeterminer.of(PsfDeterminer.Config.defaults()))
            .run(
                new FrameState(isr.image(), false),
                new FinalPass.Start(
                    c.psfFit().model(), c.corrections(), ApertureCorrections.none()),
                c.psfStars(),
                centroids,
                2);
    long t3 = System.nanoTime();
    report(name, 2, p2, p1, (t3 - t2) / 1000000, 0);
  }

  private IsrCalibrations calibrations(int id, String band) {
    return new IsrCalibrations(
        CalibrationFrame.read(masters.resolve("bias_" + id + ".fits")),
        CalibrationFrame.read(masters.resolve("dark_" + id + ".fits")),
        CalibrationFrame.read(masters.resolve("flat_" + band + "_" + id + ".fits")),
        DefectList.read(masters.resolve("defects_" + id + ".fits")).boxes(),
        null,
        null,
        null,
        null);
  }

  private void report(
      String name, int pass, Characterization c, FirstLight.Result p1, long millis, long isr) {
    PsfQuality q = c.quality();
    System.out.printf(
        Locale.ROOT,
        "%s P%d %d ms (isr %d) rows %d psf %d/%d deg %d chi2 %.2f dsize %+.4f +- %.4f of %d"
            + " noise %.2f cr %d sky %.2f/%.2f wcs %s %s%n",
        name,
        pass,
        millis,
        isr,
        c.detections(),
        c.psfFit().used(),
        c.psfStars().size(),
        c.psfFit().degree(),
        c.psfFit().chi2(),
        q.deltaSizeMedian(),
        q.deltaSizeScatter(),
        q.stars(),
        c.noiseFactor(),
        c.frame().cosmicRayPixels(),
        c.frame().background().evaluate(500, 500),
        c.frame().skySigma(),
        p1.solution() == null
            ? "none"
            : String.format(
                Locale.ROOT,
                "%d stars %.1f mas",
                p1.solution().fit().nUsed(),
                p1.solution().fit().brightSigmaMas()),
        c.notes());
    for (CatalogEntry entry : c.catalogue().subList(0, c.detections())) {
      MeasuredSource s = entry.source();
      SkyPoint sky = p1.wcs().toSky(s.x(), s.y());
      out.printf(
          Locale.ROOT,
          "%s,%d,%d,%.4f,%.4f,%.4f,%.4f,%.9f,%.9f,%.4f,%.4f,%.4f,%.4f,%.4f,%.4f,%.3f,%.4f,%.4f,%.0f,%.3f,%s%n",
          name,
          pass,
          entry.children(),
          s.x(),
          s.y(),
          s.get(Fields.X_ERR),
          s.get(Fields.Y_ERR),
          sky.raDeg(),
          sky.decDeg(),
          s.get(Fields.PSF_FLUX),
          s.get(Fields.err(Fields.PSF_FLUX)),
          s.get(Fields.CALIB_FLUX),
          s.get(Fields.err(Fields.CALIB_FLUX)),
          s.get(Fields.aperture(12)),
          s.get(Fields.err(Fields.aperture(12))),
          s.get(Fields.PSF_FLUX_CHI2),
          Math.sqrt(0.5 * (s.get(Fields.IXX) + s.get(Fields.IYY))),
          Math.sqrt(0.5 * (s.get(Fields.IXX_PSF) + s.get(Fields.IYY_PSF))),
          s.get(Fields.EXTENDEDNESS),
          s.get(Fields.SIZE_EXTENDEDNESS),
          String.join("|", s.flags()));
    }
  }
}
