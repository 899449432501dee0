package org.starbeam.transforms.step4;

import java.nio.file.Path;
import java.util.Optional;
import org.starbeam.difference.ImageSubtractor.Exposure;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.HeaderView;
import org.starbeam.fits.ImageFile;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.Fields;
import org.starbeam.psf.FluxJackknife;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.sky.Wcs;
import org.starbeam.sky.WcsReader;
import org.starbeam.transforms.quantum.Quantum;

/**
 * A visit image or difference image opened: pixels in nJy, PSF, WCS and the aperture correction of
 * the PSF flux.
 */
public final class VisitImage {
  private final ImageFile file;
  private final Wcs wcs;
  private final PsfModel psf;
  private final ApertureCorrections corrections;

  private VisitImage(ImageFile file, Wcs wcs, PsfModel psf, ApertureCorrections corrections) {
    this.file = file;
    this.wcs = wcs;
    this.psf = psf;
    this.corrections = corrections;
  }

  /** Reads the image with its tables PSF and, where it has one, APCORR. */
  public static VisitImage read(Path path) {
    ImageFile file = ImageFile.read(path);
    Optional<FitsTable> table = file.table(ApertureCorrections.TABLE);
    return new VisitImage(
        file,
        WcsReader.fromHeader(HeaderView.of(path.toString(), file.wcs())),
        PsfModels.fromTables(file.requireTable("PSF"), file.table(FluxJackknife.TABLE)),
        table.isPresent()
            ? ApertureCorrections.fromTable(table.get())
            : ApertureCorrections.none());
  }

  /** The summary that travels with the visit image of a role. */
  public static ExposureSummary summary(Quantum quantum, String role) {
    return quantum.results(role).stream()
        .map(QuantumResult::getPayload)
        .filter(ExposureSummary.class::isInstance)
        .map(ExposureSummary.class::cast)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException(quantum.dataId() + " without a summary"));
  }

  public ImageFile file() {
    return file;
  }

  public Wcs wcs() {
    return wcs;
  }

  public PsfModel psf() {
    return psf;
  }

  public Exposure exposure() {
    return new Exposure(file.image(), psf);
  }

  /** Factor that brings a PSF flux onto the calibration flux; 1 without a correction. */
  public double psfFluxCorrection(double x, double y) {
    return corrections.factor(Fields.PSF_FLUX, x, y);
  }
}
