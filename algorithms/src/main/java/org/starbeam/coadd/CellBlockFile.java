package org.starbeam.coadd;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsHdu;
import org.starbeam.fits.FitsReader;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.FitsWriter;
import org.starbeam.fits.HeaderView;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;

/**
 * Cell coadds of a block in one FITS file. IMAGE, MASK, VARIANCE and MFRAC are mosaics of the
 * cells' <em>outer</em> boxes side by side: cell (cx, cy) begins at column (cx - CELLX0) * CELLOUT
 * and row (cy - CELLY0) * CELLOUT; neighbours overlap on the sky. Tables CELLS, INPUTS and PSF
 * describe the cells.
 *
 * <p>Image and variance are rounded per cell to multiples of a power of two, at most noise / 16 and
 * median variance / 1000, and stored without dither: they come back exactly, and every view made of
 * them is the same.
 */
public final class CellBlockFile {
  private CellBlockFile() {}

  /** Writes a block that has at least one cell. */
  public static void write(Path path, CellBlock block, Map<String, Object> cards) {
    Box extent = block.extent();
    int outer = block.outer();
    Box mosaic = new Box(0, 0, extent.width() * outer, extent.height() * outer);
    MaskedImage planes = new MaskedImage(mosaic);
    planes.mask().fill(MaskPlanes.NO_DATA);
    MaskI fraction = new MaskI(mosaic);
    double imageStep = Double.POSITIVE_INFINITY;
    double varianceStep = Double.POSITIVE_INFINITY;
    for (Map.Entry<CellKey, CellCoadd> entry : block.cells().entrySet()) {
      CellCoadd cell = entry.getValue();
      double median = Lattice.medianVariance(cell.pixels());
      double step = Lattice.step(Math.sqrt(median) / Lattice.LEVELS_PER_SIGMA);
      double vStep = Lattice.step(median / Lattice.VARIANCE_LEVELS);
      imageStep = Math.min(imageStep, step);
      varianceStep = Math.min(varianceStep, vStep);
      put(place(entry.getKey(), extent, outer), cell, step, vStep, planes, fraction);
    }
    Map<String, Object> header = new LinkedHashMap<>(cards);
    header.put("BUNIT", "nJy");
    header.put("TRACT", block.tract());
    header.put("BLOCK", block.block());
    header.put("BAND", block.band());
    header.put("CELLIN", block.inner());
    header.put("CELLBRD", block.border());
    header.put("CELLOUT", outer);
    header.put("CELLX0", extent.x0());
    header.put("CELLY0", extent.y0());
    header.put("WREF", CoaddWeight.REFERENCE);
    try (FitsWriter writer = FitsWriter.create(path)) {
      Map<String, Object> none = Map.of();
      writer.primary(header);
      writer.quantised(
          "IMAGE", planes.image(), none, new FitsWriter.Quantiser(imageStep, 0, false));
      writer.mask("MASK", planes.mask(), MaskPlanes.bits(), none);
      writer.quantised(
          "VARIANCE", planes.variance(), none, new FitsWriter.Quantiser(varianceStep, 0, true));
      writer.mask("MFRAC", fraction, Map.of(), none);
      writer.table(CellTables.cells(block.cells()));
      writer.table(CellTables.inputs(block.cells()));
      writer.table(psfTable(block));
      writer.commit();
    }
  }

  private static Box place(CellKey key, Box extent, int outer) {
    return new Box(
        (key.cx() - extent.x0()) * outer, (key.cy() - extent.y0()) * outer, outer, outer);
  }

  private static void put(
      Box at, CellCoadd cell, double step, double vStep, MaskedImage planes, MaskI fraction) {
    ImageF image = cell.pixels().image().copy();
    ImageF variance = cell.pixels().variance().copy();
    Lattice.round(image, step, false);
    Lattice.round(variance, vStep, true);
    for (int i = 0; i < variance.data.length; i++) {
      if (!Float.isFinite(variance.data[i])) {
        variance.data[i] = 0;
      }
    }
    planes.image().copyFrom(image.withOrigin(at.x0(), at.y0()));
    planes.variance().copyFrom(variance.withOrigin(at.x0(), at.y0()));
    planes.mask().copyFrom(cell.pixels().mask().withOrigin(at.x0(), at.y0()));
    for (int y = 0; y < at.height(); y++) {
      for (int x = 0; x < at.width(); x++) {
        fraction.set(at.x0() + x, at.y0() + y, cell.maskedFraction()[y * at.width() + x] & 0xFF);
      }
    }
  }

  private static FitsTable psfTable(CellBlock block) {
    Map<CellKey, ImageD> stamps = new TreeMap<>();
    block.cells().forEach((key, cell) -> stamps.put(key, cell.psf()));
    return new CellPsf(block.inner(), stamps).toTable();
  }

  /** Reads all cells. */
  public static CellBlock read(Path path) {
    return read(path, null);
  }

  /** Reads the cells of a box of cell indices only. */
  public static CellBlock read(Path path, @org.jspecify.annotations.Nullable Box wanted) {
    try (FitsReader reader = FitsReader.open(path)) {
      HeaderView header = reader.primaryHeader();
      int outer = header.integer("CELLOUT");
      Box origin = new Box(header.integer("CELLX0"), header.integer("CELLY0"), 1, 1);
      FitsTable table = table(reader, path, "CELLS");
      Map<CellKey, List<CellInput>> inputs = CellTables.readInputs(table(reader, path, "INPUTS"));
      FitsTable psf = table(reader, path, "PSF");
      int[] cx = table.ints("cx");
      int[] cy = table.ints("cy");
      Map<CellKey, CellCoadd> cells = new TreeMap<>();
      for (int i = 0; i < cx.length; i++) {
        CellKey key = new CellKey(cx[i], cy[i]);
        if (wanted == null || wanted.contains(cx[i], cy[i])) {
          Box at = place(key, origin, outer);
          int side = psf.integer("PSFSIDE");
          cells.put(
              key,
              new CellCoadd(
                  pixels(reader, path, at),
                  fraction(reader, path, at),
                  List.of(),
                  ImageD.wrap(Box.around(0, 0, side / 2), psf.vectors("psf")[i]),
                  inputs.getOrDefault(key, List.of()),
                  CellTables.summary(table, i),
                  CellTables.parseFlags(table.strings("flags")[i])));
        }
      }
      return new CellBlock(
          header.integer("TRACT"),
          header.integer("BLOCK"),
          header.string("BAND"),
          header.integer("CELLIN"),
          header.integer("CELLBRD"),
          cells);
    }
  }

  private static MaskedImage pixels(FitsReader reader, Path path, Box at) {
    ImageF image = reader.readFloats(hdu(reader, path, "IMAGE"), at).withOrigin(0, 0);
    ImageF variance = reader.readFloats(hdu(reader, path, "VARIANCE"), at).withOrigin(0, 0);
    MaskI mask =
        MaskI.wrap(
            new Box(0, 0, at.width(), at.height()), reader.readInts(hdu(reader, path, "MASK"), at));
    for (int i = 0; i < mask.data.length; i++) {
      if ((mask.data[i] & MaskPlanes.NO_DATA) != 0) {
        variance.data[i] = Float.POSITIVE_INFINITY;
      }
    }
    return new MaskedImage(image, mask, variance);
  }

  private static byte[] fraction(FitsReader reader, Path path, Box at) {
    int[] values = reader.readInts(hdu(reader, path, "MFRAC"), at);
    byte[] out = new byte[values.length];
    for (int i = 0; i < values.length; i++) {
      out[i] = (byte) values[i];
    }
    return out;
  }

  private static FitsHdu hdu(FitsReader reader, Path path, String name) {
    return reader
        .find(name)
        .orElseThrow(
            () -> new BadInputException("MISSING_HDU", path + ": cell coadd without " + name));
  }

  private static FitsTable table(FitsReader reader, Path path, String name) {
    return reader.readTable(hdu(reader, path, name));
  }
}
