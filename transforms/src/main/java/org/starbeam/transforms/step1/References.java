package org.starbeam.transforms.step1;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.image.Box;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.sky.Wcs;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.quantum.Quantum;
import org.starbeam.transforms.quantum.QuantumContext;

/** Reference stars around a frame, at the epoch of its exposure. */
public final class References {
  /** Role of the shards. */
  public static final String REFCAT = "refcat";

  /** Pointing error that is allowed for, degrees. */
  private static final double MARGIN_DEG = 0.05;

  /** Field radius by which shards are chosen, degrees. */
  private static final double FIELD_RADIUS_DEG = 2.5;

  private static final Healpix SHARDS = new Healpix(3);

  private References() {}

  /** Whether a shard may hold stars of an exposure that points there. */
  public static boolean mayOverlap(DataId shard, double raDeg, double decDeg) {
    return SHARDS.cone(raDeg, decDeg, FIELD_RADIUS_DEG).contains(shard.getLong("healpix3"));
  }

  /** Rows of a shard; one object per JVM and content. */
  record Shard(List<RefStar> stars) {}

  static ReferenceStars near(
      Quantum quantum, QuantumContext context, Wcs wcs, Box box, double taiMjd) throws IOException {
    SkyPoint centre =
        wcs.toSky(box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0);
    double radius = MARGIN_DEG + separation(centre, wcs.toSky(box.x0() - 0.5, box.y0() - 0.5));
    List<RefStar> near = new ArrayList<>();
    for (DatasetRef ref : quantum.refs(REFCAT, DatasetTypes.REFCAT.name())) {
      Shard shard =
          context
              .reader()
              .cached(ref, Shard.class, file -> new Shard(TableReader.read(file, RefStar.class)));
      for (RefStar star : shard.stars()) {
        if (Math.abs(star.getDec() - centre.decDeg()) < radius
            && separation(centre, new SkyPoint(star.getRa(), star.getDec())) < radius) {
          near.add(star);
        }
      }
    }
    return ReferenceStars.at(near, taiMjd);
  }

  private static double separation(SkyPoint a, SkyPoint b) {
    double dec1 = Math.toRadians(a.decDeg());
    double dec2 = Math.toRadians(b.decDeg());
    double dd = Math.sin((dec2 - dec1) / 2);
    double dr = Math.sin(Math.toRadians(b.raDeg() - a.raDeg()) / 2);
    double h = dd * dd + Math.cos(dec1) * Math.cos(dec2) * dr * dr;
    return Math.toDegrees(2 * Math.asin(Math.min(1, Math.sqrt(h))));
  }
}
