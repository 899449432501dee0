package org.starbeam.characterization;

import java.util.ArrayList;
import java.util.List;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.measurement.CatalogEntry;
import org.starbeam.psf.PsfFit;

/**
 * What a pass knows of a frame in the end.
 *
 * @param frame pixels, background, cosmic rays, interpolation
 * @param psfFit the PSF and how it came about
 * @param psfStars stars chosen for it, reserved ones included
 * @param catalogue sources in their final order; rows after the first {@code detections} are sky
 *     sources
 * @param detections number of rows that were detected
 * @param corrections aperture corrections
 * @param quality how well the model describes its stars
 * @param noiseFactor scatter of the fluxes on blank sky over their quoted errors
 * @param notes sentences for the operator about fall-backs that were taken
 */
public record Characterization(
    FrameState frame,
    PsfFit psfFit,
    List<PsfStar> psfStars,
    List<CatalogEntry> catalogue,
    int detections,
    ApertureCorrections corrections,
    PsfQuality quality,
    double noiseFactor,
    List<String> notes) {

  Characterization withNote(String note) {
    List<String> more = new ArrayList<>(notes);
    more.add(note);
    return new Characterization(
        frame,
        psfFit,
        psfStars,
        catalogue,
        detections,
        corrections,
        quality,
        noiseFactor,
        List.copyOf(more));
  }
}
