package org.starbeam.transforms.step2;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.starbeam.fits.FitsReader;
import org.starbeam.image.Box;
import org.starbeam.photometry.PhotoCalib;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.StarCandidate;
import org.starbeam.sky.TanSip;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/** What the first characterization found on one detector of a visit. */
record VisitDetector(
    ExposureSummary summary, TanSip wcs, PhotoCalib photoCalib, List<StarCandidate> stars) {

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

  private static VisitDetector read(
      ExposureSummary summary, List<DatasetRef> outputs, QuantumContext context)
      throws IOException {
    DatasetRef psf = one(outputs, DatasetTypes.INITIAL_PSF.name());
    DatasetRef table = one(outputs, DatasetTypes.INITIAL_STARS_DETECTOR.name());
    TanSip wcs;
    PhotoCalib photoCalib;
    try (FitsReader reader = FitsReader.open(context.reader().path(psf))) {
      wcs = TanSip.fromTable(reader.readTable("WCS"));
      photoCalib = PhotoCalib.fromTable(reader.readTable("PHOTOCALIB"));
    }
    List<StarCandidate> stars = new ArrayList<>(context.reader().table(table, StarCandidate.class));
    stars.sort(Comparator.comparingLong(StarCandidate::getSourceId));
    return new VisitDetector(summary, wcs, photoCalib, List.copyOf(stars));
  }

  private static DatasetRef one(List<DatasetRef> outputs, String type) {
    return outputs.stream()
        .filter(ref -> ref.getDatasetType().equals(type))
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("singleFrame gave no " + type));
  }
}
