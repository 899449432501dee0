package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.characterization.PsfStar;
import org.starbeam.fits.FitsReader;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.PsfModels;
import org.starbeam.psf.Reservation;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.step1.SingleFrameTask;

/**
 * What the first pass left of a detector: the models and the sources it found.
 *
 * @param missing words of the models that it did not find
 * @param wcs the initial one where it is missing
 * @param photoCalib null where there is no zero point
 */
record InitialModels(
    List<String> missing,
    PsfModel psf,
    ApertureCorrections corrections,
    TanSip wcs,
    @Nullable PhotoCalib photoCalib,
    List<StarCandidate> sources) {

  static InitialModels read(Quantum quantum, String role, QuantumContext context)
      throws IOException {
    List<StarCandidate> sources =
        new ArrayList<>(
            context
                .reader()
                .table(
                    quantum.ref(role, DatasetTypes.INITIAL_STARS_DETECTOR.name()),
                    StarCandidate.class));
    sources.sort(Comparator.comparingLong(StarCandidate::getSourceId));
    try (FitsReader reader =
        FitsReader.open(
            context.reader().path(quantum.ref(role, DatasetTypes.INITIAL_PSF.name())))) {
      String missing = reader.primaryHeader().string(SingleFrameTask.MISSING).strip();
      return new InitialModels(
          missing.isEmpty() ? List.of() : List.of(missing.split(",")),
          PsfModels.fromTable(reader.readTable("PSF")),
          ApertureCorrections.fromTable(reader.readTable(ApertureCorrections.TABLE)),
          TanSip.fromTable(reader.readTable("WCS")),
          reader.find("PHOTOCALIB").isPresent()
              ? PhotoCalib.fromTable(reader.readTable("PHOTOCALIB"))
              : null,
          List.copyOf(sources));
    }
  }

  /** The PSF stars of the first pass, with the same keys and reservations. */
  List<PsfStar> psfStars() {
    return sources.stream()
        .filter(s -> s.getPsfUsed() || s.getPsfReserved())
        .map(
            s ->
                new PsfStar(
                    s.getRefId() != 0 ? s.getRefId() : Reservation.skyKey(s.getRa(), s.getDec()),
                    s.getX(),
                    s.getY(),
                    s.getPsfInstFlux(),
                    s.getPsfReserved()))
        .toList();
  }

  List<double[]> centroids() {
    return sources.stream().map(s -> new double[] {s.getX(), s.getY()}).toList();
  }
}
