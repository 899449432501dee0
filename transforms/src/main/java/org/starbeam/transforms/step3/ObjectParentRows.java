package org.starbeam.transforms.step3;

import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.starbeam.deblend.DeblendMethod;
import org.starbeam.deblend.Redistribution;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.image.Box;
import org.starbeam.schema.ObjectParentRow;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.dataset.RowFiller;

/** Rows of ObjectParent from the parents of one patch (specs/04 sections 3, 4 and 11). */
final class ObjectParentRows {
  private final RingsSkyMap map;
  private final Tract tract;
  private final int patch;
  private final PatchIds ids;
  private final RowFiller filler = new RowFiller(ObjectParentRow.getClassSchema());

  ObjectParentRows(RingsSkyMap map, Tract tract, int patch, PatchIds ids) {
    this.map = map;
    this.tract = tract;
    this.patch = patch;
    this.ids = ids;
  }

  /**
   * A parent whose light was shared among its peaks, all of which become objects.
   *
   * @param measured the parent with the culled peaks that were given back
   */
  ObjectParentRow shared(MergedParent parent, MergedParent measured, Redistribution split) {
    ObjectParentRow row = detected(parent);
    row.setNPeaksRestored(measured.peaks().size() - parent.peaks().size());
    List<ScarletBlend> models = split.models();
    MergedPeak first = parent.peaks().get(0);
    row.setObjectId(
        ids.id(IdPacker.Role.OBJECT, (int) Math.rint(first.x()), (int) Math.rint(first.y())));
    row.setNChild(measured.peaks().size());
    DeblendMethod whole = split.hasFailed() ? DeblendMethod.TEMPLATE : DeblendMethod.ISOLATED;
    row.setDeblendMethod(
        models.stream()
            .map(ScarletBlend::method)
            .max(Comparator.naturalOrder())
            .orElse(whole)
            .name());
    row.setDeblendNBlends(
        (int) models.stream().map(m -> List.of(m.firstX(), m.firstY())).distinct().count());
    row.setDeblendIterations(models.stream().mapToInt(ScarletBlend::iterations).max().orElse(0));
    filler.number(row, "deblend_chi2", split.chi2());
    filler.number(row, "deblend_unassignedFraction", split.unassignedFraction());
    row.setDeblendBlendConvergenceFailedFlag(!models.stream().allMatch(ScarletBlend::converged));
    row.setDeblendStrayFlux(split.hasStrayFlux());
    row.setDeblendModelPsfNarrow(split.isModelPsfNarrow());
    row.setDeblendIncompleteData(!split.missingBands().isEmpty());
    row.setDeblendFailed(split.hasFailed());
    row.setMeasurementFailed(false);
    return row;
  }

  /** A parent that could not be measured. */
  ObjectParentRow failed(MergedParent parent) {
    ObjectParentRow row = detected(parent);
    row.setNPeaksRestored(0);
    row.setNChild(0);
    row.setDeblendBlendConvergenceFailedFlag(false);
    row.setDeblendStrayFlux(false);
    row.setDeblendModelPsfNarrow(false);
    row.setDeblendIncompleteData(false);
    row.setDeblendFailed(true);
    row.setMeasurementFailed(true);
    return row;
  }

  private ObjectParentRow detected(MergedParent parent) {
    MergedPeak first = parent.peaks().get(0);
    int px = (int) Math.rint(first.x());
    int py = (int) Math.rint(first.y());
    Box box = MergedParents.box(parent.runs());
    SkyPoint peak = tract.wcs().toSky(px, py);
    boolean patchInner = tract.patchInnerBox(patch).contains(px, py);
    boolean tractInner = map.tractOf(peak.raDeg(), peak.decDeg()) == tract.id();
    ObjectParentRow row = new ObjectParentRow();
    row.setObjectParentId(ids.parent(parent));
    row.setReleaseId(ids.releaseId());
    row.setTract((long) tract.id());
    row.setPatch((long) patch);
    row.setCoordRa(peak.raDeg());
    row.setCoordDec(peak.decDeg());
    row.setPeakX(px);
    row.setPeakY(py);
    filler.number(row, "peakSignificance", first.significance());
    row.setBboxX(box.x0());
    row.setBboxY(box.y0());
    row.setBboxWidth(box.width());
    row.setBboxHeight(box.height());
    row.setFootprintArea(MergedParents.area(parent.runs()));
    row.setDetectedBands(String.join(",", bands(parent)));
    row.setNPeaks(parent.peaks().size());
    row.setNPeaksAmbiguous(parent.ambiguous());
    row.setNPeaksCulled(parent.culled().size());
    row.setDetectIsPatchInner(patchInner);
    row.setDetectIsTractInner(tractInner);
    row.setDetectIsPrimary(patchInner && tractInner);
    return row;
  }

  /** Bands of all peaks, those of the strongest first. */
  private static Set<String> bands(MergedParent parent) {
    Set<String> out = new LinkedHashSet<>();
    parent.peaks().forEach(peak -> out.addAll(peak.bands()));
    return out;
  }
}
