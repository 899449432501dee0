package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.starbeam.characterization.FrameCharacterizer;
import org.starbeam.characterization.PsfStar;
import org.starbeam.fits.FitsReader;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.psf.FluxJackknife;
import org.starbeam.psf.PsfModel;
import org.starbeam.psf.PsfModels;
import org.starbeam.psf.Reservation;
import org.starbeam.psf.StarSelector;
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
      String missing = reader.primaryHeader().stringOr(SingleFrameTask.MISSING, "").strip();
      return new InitialModels(
          missing.isEmpty() ? List.of() : List.of(missing.split(",")),
          PsfModels.fromTables(
              reader.readTable("PSF"),
              reader.find(FluxJackknife.TABLE).isPresent()
                  ? Optional.of(reader.readTable(FluxJackknife.TABLE))
                  : Optional.empty()),
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
    return sources.stream().filter(InitialModels::isPsfStar).map(InitialModels::psfStar).toList();
  }

  /**
   * The stars of the first pass and the isolated stars of all visits that this frame's own flags,
   * noise and neighbours leave, without those that other visits found to be no good stars; isolated
   * ones at the places and with the reservations that all visits give (specs/02 section 6.1).
   *
   * @param wcs of the visit's solution
   * @param how neighbours fainter than its threshold do not count, as in the first pass
   */
  List<PsfStar> psfStars(VisitStars known, TanSip wcs, FrameCharacterizer.Config how) {
    List<StarCandidate> bright =
        sources.stream()
            .filter(s -> s.getPsfInstFlux() >= how.starThreshold() * s.getPsfInstFluxErr())
            .toList();
    int[] star = known.match(bright.stream().map(s -> wcs.toSky(s.getX(), s.getY())).toList());
    List<StarSelector.Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < star.length; i++) {
      StarCandidate s = bright.get(i);
      candidates.add(
          new StarSelector.Candidate(
              s.getX(),
              s.getY(),
              s.getPsfInstFlux(),
              s.getPsfInstFlux() / s.getPsfInstFluxErr(),
              Double.NaN,
              s.getCandidate(),
              star[i] >= 0 && known.psfKey()[star[i]] != 0));
    }
    int[] shared = new StarSelector(how.stars()).selectMatched(candidates);
    List<PsfStar> out = new ArrayList<>();
    for (int i = 0; i < star.length; i++) {
      boolean own = isPsfStar(bright.get(i)) && (star[i] < 0 || known.isGood(star[i]));
      if (own || Arrays.binarySearch(shared, i) >= 0) {
        out.add(
            star[i] < 0 || known.psfKey()[star[i]] == 0
                ? psfStar(bright.get(i))
                : psfStar(bright.get(i), known, star[i], wcs));
      }
    }
    return out;
  }

  private static boolean isPsfStar(StarCandidate s) {
    return s.getPsfUsed() || s.getPsfReserved();
  }

  private static PsfStar psfStar(StarCandidate s) {
    return new PsfStar(
        s.getRefId() != 0 ? s.getRefId() : Reservation.skyKey(s.getRa(), s.getDec()),
        s.getX(),
        s.getY(),
        s.getPsfInstFlux(),
        s.getPsfReserved());
  }

  private static PsfStar psfStar(StarCandidate s, VisitStars known, int row, TanSip wcs) {
    long key = known.psfKey()[row];
    double[] p = wcs.toPixel(known.raDeg()[row], known.decDeg()[row]);
    return new PsfStar(key, p[0], p[1], s.getPsfInstFlux(), Reservation.isReserved(key));
  }

  List<double[]> centroids() {
    return sources.stream().map(s -> new double[] {s.getX(), s.getY()}).toList();
  }
}
