package org.starbeam.transforms.step3;

import org.starbeam.detection.MergedParent;
import org.starbeam.image.Box;
import org.starbeam.sky.Tract;
import org.starbeam.transforms.dataset.IdPacker;
import org.starbeam.transforms.sky.SkyRouting;

/**
 * Identifiers of what lies in one patch: a pixel names what stands there (specs/04 section 2).
 *
 * @param outer box of the patch
 * @param release number; 0 for none
 */
record PatchIds(int tract, int patch, Box outer, int release) {
  static PatchIds of(Tract tract, int patch, int release) {
    return new PatchIds(tract.id(), patch, tract.patchOuterBox(patch), release);
  }

  /** The identifier of a role at a pixel of the tract. */
  long id(IdPacker.Role role, int x, int y) {
    int counter = (y - outer.y0()) * outer.width() + x - outer.x0();
    return IdPacker.pack(
        new IdPacker.Sky(release, SkyRouting.SKYMAP_NUMBER, tract, patch, role.code(), counter));
  }

  /** A parent has the name of its first pixel. */
  long parent(MergedParent parent) {
    return id(IdPacker.Role.PARENT, parent.runs()[1], parent.runs()[0]);
  }

  /** Name of the release in tables. */
  String releaseId() {
    return release == 0 ? "none" : "r" + release;
  }
}
