package org.starbeam.transforms.ingest;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.LongPredicate;
import org.starbeam.astrometry.ReferenceStars;
import org.starbeam.schema.DatasetRef;
import org.starbeam.schema.ExposureSummary;
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
import org.starbeam.transforms.quantum.QuantumResults;

/**
 * Reads the reference stars of a field from the shards that overlap it, by blocks of HEALPix order
 * 6 (a degree); a block is read once per JVM while there is room.
 */
public final class RefStars {
  /** Order of the HEALPix pixels that a shard covers. */
  public static final int SHARD_ORDER = 3;

  /** Order of the pixels in which a shard is read and kept. */
  private static final int BLOCK_ORDER = 6;

  private static final Healpix FINEST = new Healpix(29);

  /** What is looked at beyond the cone, for stars that have moved since the catalogue. */
  private static final double MOTION_MARGIN_DEG = 90.0 / 3600;

  private record Block(List<RefStar> stars) {}

  private RefStars() {}

  /** A circle on the sky. */
  public record Cone(SkyPoint center, double radiusDeg) {
    /** Nested pixels of an order that may hold a star of the cone. */
    private Set<Long> pixels(int order) {
      return new HashSet<>(
          new Healpix(order).cone(center.raDeg(), center.decDeg(), radiusDeg + MOTION_MARGIN_DEG));
    }

    /**
     * The circle about the mean of the corners of all detectors whose summaries are among the
     * inputs' payloads; without one the circle is empty at (0, 0).
     */
    public static Cone aroundDetectors(List<QuantumInput> inputs, double marginDeg) {
      List<Double> ra = new ArrayList<>();
      List<Double> dec = new ArrayList<>();
      for (QuantumInput input : inputs) {
        if (input.getResult().getPayload() instanceof ExposureSummary summary) {
          ra.addAll(summary.getRaCorners());
          dec.addAll(summary.getDecCorners());
        }
      }
      return ra.isEmpty() ? new Cone(new SkyPoint(0, 0), 0) : around(ra, dec, marginDeg);
    }

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

  /** Role of the reference catalogue in the quanta that use it. */
  public static final String ROLE = "refcat";

  /**
   * The shards that overlap a cone, as inputs, and all files of the catalogue that failed.
   *
   * @param side campaign-wide results; others than the catalogue's are passed over
   */
  public static List<QuantumInput> inputs(List<QuantumResult> side, Cone cone) {
    Set<Long> pixels = cone.pixels(SHARD_ORDER);
    return inputs(side, pixels::contains);
  }

  /** The whole catalogue as inputs, for a frame of which nobody knows where it is. */
  public static List<QuantumInput> allInputs(List<QuantumResult> side) {
    return inputs(side, pixel -> true);
  }

  private static List<QuantumInput> inputs(List<QuantumResult> side, LongPredicate wanted) {
    List<QuantumInput> out = new ArrayList<>();
    for (QuantumResult result : side) {
      boolean failed =
          result.getTask().equals(IngestRefcatTask.NAME) && !QuantumResults.isPresent(result);
      boolean near =
          result.getTask().equals(ShardRefcatTask.NAME)
              && wanted.test(DataId.parse(result.getDataId()).getLong("healpix3"));
      if (failed || near) {
        out.add(new QuantumInput(ROLE, result));
      }
    }
    return out;
  }

  /** Catalogue entries in a cone, as they stand in the catalogue, by shard and row. */
  public static List<RefStar> entries(
      List<DatasetRef> refs, QuantumContext.DatasetReader reader, Cone cone) throws IOException {
    List<RefStar> out = new ArrayList<>();
    double limit = 3600 * (cone.radiusDeg + MOTION_MARGIN_DEG);
    TreeSet<Long> blocks = new TreeSet<>(cone.pixels(BLOCK_ORDER));
    for (DatasetRef ref : shards(refs)) {
      Healpix.Range inside =
          Healpix.range(
              DataId.parse(ref.getDataId()).getLong("healpix3"), SHARD_ORDER, BLOCK_ORDER);
      for (long pixel : blocks.subSet(inside.first(), inside.end())) {
        for (RefStar star : block(ref, pixel, reader).stars) {
          double distance =
              Angles.separationArcsec(
                  star.getRa(), star.getDec(), cone.center.raDeg(), cone.center.decDeg());
          if (distance <= limit) {
            out.add(star);
          }
        }
      }
    }
    return out;
  }

  private static List<DatasetRef> shards(List<DatasetRef> refs) {
    return refs.stream()
        .filter(r -> r.getDatasetType().equals(DatasetTypes.REFCAT.name()))
        .sorted(Comparator.comparingLong(r -> DataId.parse(r.getDataId()).getLong("healpix3")))
        .toList();
  }

  private static Block block(DatasetRef ref, long pixel, QuantumContext.DatasetReader reader)
      throws IOException {
    Healpix.Range range = Healpix.range(pixel, BLOCK_ORDER, FINEST.order());
    return reader.cachedPart(
        ref,
        "healpix" + BLOCK_ORDER + "=" + pixel,
        Math.pow(4, SHARD_ORDER - BLOCK_ORDER),
        Block.class,
        file -> new Block(TableReader.readRange(file, RefStar.class, range)));
  }

  /** Nested HEALPix index at order 29 of a star, as it stands in the catalogue. */
  static long healpix29(RefStar star) {
    return FINEST.pixel(star.getRa(), star.getDec());
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
