package org.starbeam.transforms.step4;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.coadd.CellTables;
import org.starbeam.difference.TemplateBuilder.Piece;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.TiledCutout;
import org.starbeam.image.Box;
import org.starbeam.psf.PsfModels;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.sky.Wcs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.QuantumContext;
import org.starbeam.warp.NoiseCorrelation;

/** Cut-outs of template coadds under a detector. */
final class TemplatePieces {
  private TemplatePieces() {}

  /**
   * Reads the part of each template that the detector needs.
   *
   * @param visit the visit of the detector
   * @param margin tract pixels around the detector's outline
   */
  static List<Piece> read(
      QuantumContext context,
      List<DatasetRef> templates,
      long visit,
      Box detector,
      Wcs wcs,
      int margin) {
    List<Piece> out = new ArrayList<>();
    for (DatasetRef ref : templates) {
      DataId id = DataId.parse(ref.getDataId());
      Tract tract = RingsSkyMap.defaults().tract(id.getInt("tract"));
      Box need = outline(detector, wcs, tract.wcs()).grow(margin);
      Path path = context.reader().path(ref);
      try (TiledCutout file = TiledCutout.open(path)) {
        Box part = file.box().intersect(need);
        if (!part.isEmpty()) {
          out.add(
              new Piece(
                  tract.id(),
                  id.getInt("patch"),
                  file.read(part),
                  tract.wcs(),
                  tract.box(),
                  tract.patchInnerBox(id.getInt("patch")),
                  PsfModels.fromTable(required(file, "PSF", path)),
                  NoiseCorrelation.fromTable(required(file, "NOISECORR", path)),
                  CellTables.cellsOf(required(file, "INPUTS", path), visit)));
        }
      }
    }
    return out;
  }

  private static FitsTable required(TiledCutout file, String name, Path path) {
    return file.table(name)
        .orElseThrow(() -> new BadInputException("MISSING_HDU", path + " has no table " + name));
  }

  /** Box in tract pixels of the detector's corners. */
  private static Box outline(Box detector, Wcs wcs, Wcs tract) {
    double[] xs = {detector.x0() - 0.5, detector.x1() - 0.5};
    double[] ys = {detector.y0() - 0.5, detector.y1() - 0.5};
    double minX = Double.POSITIVE_INFINITY;
    double minY = Double.POSITIVE_INFINITY;
    double maxX = Double.NEGATIVE_INFINITY;
    double maxY = Double.NEGATIVE_INFINITY;
    for (double x : xs) {
      for (double y : ys) {
        SkyPoint sky = wcs.toSky(x, y);
        double[] p = tract.toPixel(sky.raDeg(), sky.decDeg());
        minX = Math.min(minX, p[0]);
        maxX = Math.max(maxX, p[0]);
        minY = Math.min(minY, p[1]);
        maxY = Math.max(maxY, p[1]);
      }
    }
    return Box.ofCorners(
        (int) Math.floor(minX),
        (int) Math.floor(minY),
        (int) Math.ceil(maxX),
        (int) Math.ceil(maxY));
  }
}
