package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.astrometry.AstrometrySolver;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.astrometry.StarList;
import org.starbeam.astrometry.StarMatches;
import org.starbeam.characterization.FrameModel;
import org.starbeam.characterization.VisitRecovery;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.Box;
import org.starbeam.measurement.ApertureCorrections;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.transforms.step1.SingleFrameTask;

/**
 * What the first characterization found on one detector of a visit.
 *
 * @param wcs fitted, the visit's, or, where it is missing, the initial one
 * @param initial by camera and pointing
 * @param photoCalib null when there was no zero point
 * @param recovery what the visit supplied, or null
 */
record VisitDetector(
    ExposureSummary summary,
    TanSip wcs,
    TanSip initial,
    @Nullable PhotoCalib photoCalib,
    ApertureCorrections corrections,
    List<StarCandidate> stars,
    @Nullable Recovery recovery) {
  private static final double MATCH_RADIUS_ARCSEC = 1;

  int detector() {
    return summary.getDetector();
  }

  Box box() {
    return new Box(0, 0, summary.getWidth(), summary.getHeight());
  }

  /** Pixel area at the middle of the detector, arcsec^2. */
  double middleArea() {
    return wcs.pixelArea((summary.getWidth() - 1) / 2.0, (summary.getHeight() - 1) / 2.0);
  }

  /** The detectors of a role that have a characterization, by number; stars by source id. */
  static List<VisitDetector> of(Quantum quantum, String role, QuantumContext context)
      throws IOException {
    List<VisitDetector> out = new ArrayList<>();
    for (QuantumResult result : quantum.results(role)) {
      if (result.getPayload() instanceof ExposureSummary summary) {
        out.add(read(summary, result.getOutputs(), context));
      }
    }
    out.sort(Comparator.comparingInt(VisitDetector::detector));
    return out;
  }

  /** Whether a model was neither found nor supplied by the visit. */
  boolean lacks(FrameModel model) {
    return summary.getMissing().contains(model.word()) && !isRecovered(model);
  }

  boolean isRecovered(FrameModel model) {
    return recovery != null && recovery.has(model);
  }

  /** The detectors as the recovery of their visit compares them. */
  static List<VisitRecovery.Detector> compared(List<VisitDetector> detectors, double area) {
    return detectors.stream().map(d -> d.compared(area)).toList();
  }

  private VisitRecovery.Detector compared(double area) {
    ExposureSummary s = summary;
    return new VisitRecovery.Detector(
        detector(),
        box(),
        initial,
        lacks(FrameModel.WCS) ? null : wcs,
        lacks(FrameModel.ZERO_POINT)
            ? Double.NaN
            : s.getZeroPoint() + 2.5 * Math.log10(middleArea() / area),
        lacks(FrameModel.PSF)
            ? null
            : new VisitRecovery.Shape(s.getPsfIxx(), s.getPsfIyy(), s.getPsfIxy(), s.getPsfArea()),
        corrections);
  }

  /**
   * The detector with what its visit supplies; with another WCS its stars get other places and
   * reference stars.
   */
  VisitDetector with(Recovery given, ReferenceStars references) {
    TanSip better = given.wcs() == null ? wcs : given.wcs().wcs();
    return new VisitDetector(
        summary,
        better,
        initial,
        photoCalib,
        corrections,
        given.wcs() == null ? stars : placed(stars, better, references),
        given);
  }

  private static List<StarCandidate> placed(
      List<StarCandidate> stars, TanSip wcs, ReferenceStars references) {
    StarList list =
        new StarList(
            stars.stream().mapToDouble(StarCandidate::getX).toArray(),
            stars.stream().mapToDouble(StarCandidate::getY).toArray(),
            stars.stream().mapToDouble(s -> Math.sqrt(s.getXx())).toArray(),
            stars.stream().mapToDouble(StarCandidate::getPsfInstFlux).toArray(),
            stars.stream().mapToDouble(StarCandidate::getPsfInstFluxErr).toArray());
    StarMatches matches = AstrometrySolver.byNearness(list, wcs, references, MATCH_RADIUS_ARCSEC);
    long[] refId = new long[stars.size()];
    for (int k = 0; k < matches.size(); k++) {
      refId[matches.source()[k]] = references.id(matches.reference()[k]);
    }
    List<StarCandidate> out = new ArrayList<>();
    for (int i = 0; i < refId.length; i++) {
      StarCandidate star = StarCandidate.newBuilder(stars.get(i)).build();
      SkyPoint sky = wcs.toSky(star.getX(), star.getY());
      star.setRa(sky.raDeg());
      star.setDec(sky.decDeg());
      star.setRefId(refId[i]);
      out.add(star);
    }
    return List.copyOf(out);
  }

  private static VisitDetector read(
      ExposureSummary summary, List<DatasetRef> outputs, QuantumContext context)
      throws IOException {
    DatasetRef psf = one(outputs, DatasetTypes.INITIAL_PSF.name());
    DatasetRef table = one(outputs, DatasetTypes.INITIAL_STARS_DETECTOR.name());
    TanSip wcs;
    TanSip initial;
    PhotoCalib photoCalib;
    ApertureCorrections corrections;
    try (FitsReader reader = FitsReader.open(context.reader().path(psf))) {
      wcs = TanSip.fromTable(reader.readTable("WCS"));
      initial = TanSip.fromTable(reader.readTable(SingleFrameTask.INITIAL_WCS));
      corrections = ApertureCorrections.fromTable(reader.readTable(ApertureCorrections.TABLE));
      photoCalib =
          reader.find("PHOTOCALIB").isPresent()
              ? PhotoCalib.fromTable(reader.readTable("PHOTOCALIB"))
              : null;
    }
    List<StarCandidate> stars = new ArrayList<>(context.reader().table(table, StarCandidate.class));
    stars.sort(Comparator.comparingLong(StarCandidate::getSourceId));
    return new VisitDetector(
        summary, wcs, initial, photoCalib, corrections, List.copyOf(stars), null);
  }

  private static DatasetRef one(List<DatasetRef> outputs, String type) {
    return outputs.stream()
        .filter(ref -> ref.getDatasetType().equals(type))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("singleFrame gave no " + type));
  }
}
