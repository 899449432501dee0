package org.starbeam.transforms.step7;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.failure.BadInputException;
import org.starbeam.fits.FitsTable;
import org.starbeam.fits.TiledCutout;
import org.starbeam.hips.TileSampler;
import org.starbeam.image.Box;
import org.starbeam.image.ImageF;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * The coadds of a band under a block. The last four that were read stay in memory, at most 46 MB
 * each. A file that cannot be read counts as not there; it is a caveat.
 */
final class PatchCutouts implements TileSampler.Coadds {
  private static final int KEPT = 4;

  private record Key(int tract, int patch) {}

  /** A coadd and when its first and last exposure was taken. */
  private record Coadd(ImageF image, double firstMjd, double lastMjd) {}

  private final QuantumContext context;
  private final Map<Key, DatasetRef> refs = new LinkedHashMap<>();
  private final Map<Key, Coadd> kept = new LinkedHashMap<>(KEPT, 1, true);
  private double firstMjd = Double.POSITIVE_INFINITY;
  private double lastMjd = Double.NEGATIVE_INFINITY;

  PatchCutouts(QuantumContext context, Iterable<DatasetRef> coadds) {
    this.context = context;
    for (DatasetRef ref : coadds) {
      DataId id = DataId.parse(ref.getDataId());
      refs.put(new Key(id.getInt("tract"), id.getInt("patch")), ref);
    }
  }

  @Override
  public boolean has(Tract tract, int patch) {
    return refs.containsKey(new Key(tract.id(), patch));
  }

  @Override
  public @Nullable ImageF patch(Tract tract, int patch, Box needed) {
    context.checkCancelled();
    Key key = new Key(tract.id(), patch);
    DatasetRef ref = refs.get(key);
    if (ref == null) {
      return null;
    }
    Coadd coadd = kept.get(key);
    if (coadd == null) {
      coadd = read(ref);
      if (coadd == null) {
        refs.remove(key);
        return null;
      }
      if (kept.size() == KEPT) {
        kept.remove(kept.keySet().iterator().next());
      }
      kept.put(key, coadd);
      firstMjd = Math.min(firstMjd, coadd.firstMjd());
    }
    lastMjd = Math.max(lastMjd, coadd.lastMjd());
    return coadd.image();
  }

  private @Nullable Coadd read(DatasetRef ref) {
    Path path = context.reader().path(ref);
    try (TiledCutout file = TiledCutout.open(path)) {
      FitsTable cells =
          file.table("CELLS")
              .orElseThrow(
                  () -> new BadInputException("MISSING_HDU", path + " has no table CELLS"));
      double first = Double.POSITIVE_INFINITY;
      double last = Double.NEGATIVE_INFINITY;
      for (double mjd : cells.doubles("mjdMin")) {
        first = Math.min(first, mjd);
      }
      for (double mjd : cells.doubles("mjdMax")) {
        last = Math.max(last, mjd);
      }
      return new Coadd(file.readImage(file.box()), first, last);
    } catch (BadInputException e) {
      context.caveat(
          QuantumContext.Caveat.PARTIAL_OUTPUTS,
          "coadd " + ref.getDataId() + " cannot be read: " + e.getMessage());
      return null;
    }
  }

  /** The last exposure in the coadds asked for since this was called last. */
  double takeLastMjd() {
    double last = lastMjd;
    lastMjd = Double.NEGATIVE_INFINITY;
    return last;
  }

  /** The first exposure in all coadds that were read. */
  double firstMjd() {
    return firstMjd;
  }
}
