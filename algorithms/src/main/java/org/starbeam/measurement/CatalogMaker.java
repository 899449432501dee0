package org.starbeam.measurement;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.deblend.BlendChild;
import org.starbeam.deblend.SymmetricDeblender;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;

/**
 * Turns footprints into a measured catalogue: blends are split, every source is measured with all
 * others replaced by noise, and rows are put in the order (peak y, peak x, parent before child),
 * which numbers them. Sets NOT_DEBLENDED on blends that are left whole.
 */
public final class CatalogMaker {
  private final SymmetricDeblender deblender;
  private final MeasurementSuite suite;

  public CatalogMaker(SymmetricDeblender deblender, MeasurementSuite suite) {
    this.deblender = deblender;
    this.suite = suite;
  }

  /**
   * @param image background subtracted; its mask may get NOT_DEBLENDED
   * @param seed of the noise that stands for neighbours
   */
  public List<CatalogEntry> measure(
      MaskedImage image, PsfModel psf, FootprintSet sources, long seed) {
    NeighbourNoise noise = new NeighbourNoise(image, sources, seed);
    MeasurementFrame frame = new MeasurementFrame(noise.image(), image, psf);
    List<Row> rows = new ArrayList<>();
    for (Footprint footprint : sources.footprints()) {
      measure(footprint, image, psf, noise, frame, rows);
    }
    rows.sort(Row.ORDER);
    return number(rows);
  }

  private void measure(
      Footprint footprint,
      MaskedImage image,
      PsfModel psf,
      NeighbourNoise noise,
      MeasurementFrame frame,
      List<Row> rows) {
    MeasuredSource whole = new MeasuredSource(footprint.brightest(), footprint);
    noise.insert(footprint);
    suite.measure(frame, whole);
    Row parent = new Row(whole, null);
    rows.add(parent);
    if (footprint.peaks().size() > 1) {
      SymmetricDeblender.Result blend = deblender.deblend(image, psf, footprint);
      boolean skipped = blend.skip() != SymmetricDeblender.Skip.NONE;
      whole.setFlag("deblend_tooManyPeaks", blend.tooManyPeaks());
      whole.setFlag("deblend_skipped", skipped);
      whole.setFlag("deblend_parentTooBig", blend.skip() == SymmetricDeblender.Skip.TOO_BIG);
      whole.setFlag("deblend_masked", blend.skip() == SymmetricDeblender.Skip.MASKED);
      if (skipped) {
        footprint.setMask(image.mask(), MaskPlanes.NOT_DEBLENDED);
      }
      for (BlendChild child : blend.children()) {
        noise.insert(footprint, child.image());
        rows.add(new Row(measureChild(footprint, child, frame), parent));
        parent.children++;
      }
    }
    noise.remove(footprint);
  }

  private MeasuredSource measureChild(Footprint parent, BlendChild child, MeasurementFrame frame) {
    MeasuredSource source = new MeasuredSource(child.peak(), pixelsOf(parent, child));
    suite.measure(frame, source);
    source.setFlag("deblend_deblendedAsPsf", child.asPsf());
    source.setFlag("deblend_hasStrayFlux", child.hasStrayFlux());
    return source;
  }

  /** Pixels of the parent in which the child has light. */
  private static Footprint pixelsOf(Footprint parent, BlendChild child) {
    int[] runs = parent.spans().runs();
    List<Integer> own = new ArrayList<>();
    for (int i = 0; i < runs.length; i += 3) {
      int start = -1;
      for (int x = runs[i + 1]; x <= runs[i + 2]; x++) {
        boolean has = x < runs[i + 2] && child.image().get(x, runs[i]) != 0;
        if (has && start < 0) {
          start = x;
        } else if (!has && start >= 0) {
          own.addAll(List.of(runs[i], start, x));
          start = -1;
        }
      }
    }
    return own.isEmpty()
        ? parent.withPeaks(List.of(child.peak()))
        : new Footprint(own.stream().mapToInt(Integer::intValue).toArray(), List.of(child.peak()));
  }

  private static List<CatalogEntry> number(List<Row> rows) {
    for (int i = 0; i < rows.size(); i++) {
      rows.get(i).index = i;
    }
    List<CatalogEntry> out = new ArrayList<>();
    for (Row row : rows) {
      Row parent = row.parent;
      out.add(new CatalogEntry(row.source, parent == null ? -1 : parent.index, row.children));
    }
    return out;
  }

  /** A row while its place in the catalogue is not known. */
  private static final class Row {
    static final Comparator<Row> ORDER =
        Comparator.comparingInt((Row r) -> r.source.peak().y())
            .thenComparingInt(r -> r.source.peak().x())
            .thenComparingInt(r -> r.parent == null ? 0 : 1)
            .thenComparingDouble(r -> -Math.abs(r.source.peak().significance()));

    final MeasuredSource source;
    final @Nullable Row parent;
    int children;
    int index;

    Row(MeasuredSource source, @Nullable Row parent) {
      this.source = source;
      this.parent = parent;
    }
  }
}
