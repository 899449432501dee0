package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.QuantumInput;
import org.starbeam.schema.QuantumResult;
import org.starbeam.schema.RefStar;
import org.starbeam.sky.Angles;
import org.starbeam.sky.Healpix;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;
import org.starbeam.transforms.dataset.DatasetTypes;
import org.starbeam.transforms.dataset.TableReader;
import org.starbeam.transforms.quantum.QuantumContext;

/**
 * Reads the reference stars of a field from the shards that overlap it. A shard is read once per
 * JVM while there is room.
 */
public final class RefStars {
  /** Order of the HEALPix pixels that a shard covers. */
  public static final int SHARD_ORDER = 3;

  /** What is looked at beyond the cone, for stars that have moved since the catalogue. */
  private static final double MOTION_MARGIN_DEG = 90.0 / 3600;

  private record Shard(List<RefStar> stars) {}

  private RefStars() {}

  /** A circle on the sky. */
  public record Cone(SkyPoint center, double radiusDeg) {
    /** The smallest of the circles about the mean of some directions that holds them all. */
    public static Cone around(List<Double> raDeg, List<Double> decDeg, double marginDeg) {
      double[] sum = new double[3];
      for (int i = 0; i < raDeg.size(); i++) {
        double[] v = Angles.vector(raDeg.get(i), decDeg.get(i));
        for (int k = 0; k < 3; k++) {
          sum[k] += v[k];
        }
      }
      SkyPoint center = Angles.direction(sum);
      double radius = 0;
      for (int i = 0; i < raDeg.size(); i++) {
        radius =
            Math.max(
                radius,
                Angles.separationArcsec(
                    center.raDeg(), center.decDeg(), raDeg.get(i), decDeg.get(i)));
      }
      return new Cone(center, radius / 3600 + marginDeg);
    }
  }

  /** The shards of a list (other datasets in it are ignored) that overlap a cone, by pixel. */
  public static List<DatasetRef> overlapping(List<DatasetRef> refs, Cone cone) {
    Set<Long> pixels =
        new HashSet<>(
            new Healpix(SHARD_ORDER)
                .cone(
                    cone.center.raDeg(), cone.center.decDeg(), cone.radiusDeg + MOTION_MARGIN_DEG));
    return refs.stream()
        .filter(r -> r.getDatasetType().equals(DatasetTypes.REFCAT.name()))
        .filter(r -> pixels.contains(pixel(r)))
        .sorted(Comparator.comparingLong(RefStars::pixel))
        .toList();
  }

  /** Role of the reference catalogue in the quanta that use it. */
  public static final String ROLE = "refcat";

  /** The result of the catalogue as an input that holds only the shards of a cone. */
  public static QuantumInput input(QuantumResult catalogue, Cone cone) {
    return new QuantumInput(
        ROLE,
        QuantumResult.newBuilder(catalogue)
            .setOutputs(overlapping(catalogue.getOutputs(), cone))
            .build());
  }

  private static long pixel(DatasetRef ref) {
    return DataId.parse(ref.getDataId()).getLong("healpix3");
  }

  /** Catalogue entries in a cone, as they stand in the catalogue, by shard and row. */
  public static List<RefStar> entries(
      List<DatasetRef> refs, QuantumContext.DatasetReader reader, Cone cone) throws IOException {
    List<RefStar> out = new ArrayList<>();
    double limit = 3600 * (cone.radiusDeg + MOTION_MARGIN_DEG);
    for (DatasetRef ref : overlapping(refs, cone)) {
      Shard shard =
          reader.cached(ref, Shard.class, file -> new Shard(TableReader.read(file, RefStar.class)));
      for (RefStar star : shard.stars) {
        double distance =
            Angles.separationArcsec(
                star.getRa(), star.getDec(), cone.center.raDeg(), cone.center.decDeg());
        if (distance <= limit) {
          out.add(star);
        }
      }
    }
    return out;
  }

  /**
   * Reference stars of a cone as they are seen at a time.
   *
   * @param refs datasets among which the shards are
   * @param taiMjd middle of the exposure
   */
  public static ReferenceStars load(
      List<DatasetRef> refs, QuantumContext.DatasetReader reader, Cone cone, double taiMjd)
      throws IOException {
    return ReferenceStars.at(entries(refs, reader, cone), taiMjd);
  }
}
