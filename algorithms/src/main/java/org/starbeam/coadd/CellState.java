package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskPlanes;

/**
 * The integer sums of one cell (specs/03 section 4.2). Adding is exact, associative and
 * commutative; subtracting gives back the state as it was. Arrays run row by row over the outer
 * box.
 */
final class CellState {
  /** Limit of one contribution; 2^17 of them cannot overflow. */
  static final long LIMIT = 1L << 45;

  /** Planes whose share of the weight is kept. */
  static final int[] WEIGHTED_PLANES = {
    MaskPlanes.SAT,
    MaskPlanes.CR,
    MaskPlanes.CLIPPED,
    MaskPlanes.INTRP,
    MaskPlanes.STREAK,
    MaskPlanes.BAD
  };

  /** Planes that are set when any input has them. */
  static final int[] OR_PLANES = {
    MaskPlanes.SUSPECT, MaskPlanes.CROSSTALK, MaskPlanes.SPIKE, MaskPlanes.BRIGHT_OBJECT
  };

  private static final int KEPT_PLANES = union(WEIGHTED_PLANES) | union(OR_PLANES);
  private static final int REJECTING =
      MaskPlanes.NO_DATA
          | MaskPlanes.SAT
          | MaskPlanes.CLIPPED
          | MaskPlanes.STREAK
          | MaskPlanes.REJECTED;

  /** Fixed-point scale of PSF pixels. */
  static final double PSF_SCALE = 1 << 24;

  /** Fixed-point scale of shapes, airmass and the like. */
  static final double SHAPE_SCALE = 1 << 18;

  /** Fixed-point scale of times and sky levels. */
  static final double TIME_SCALE = 1 << 12;

  /** Fixed-point scale of unweighted sums. */
  static final double SUM_SCALE = 1 << 20;

  /** Epoch that times count from, TAI MJD (2022-01-01). */
  static final double REFERENCE_MJD = 59580;

  /** Indices into {@link #weighted}. */
  static final int IXX = 0;

  static final int IYY = 1;
  static final int IXY = 2;
  static final int AIRMASS = 3;
  static final int MJD = 4;
  static final int SKY_BACKGROUND = 5;
  static final int SKY_NOISE = 6;
  static final int WEIGHTED_SUMS = 7;

  final int side;
  final int psfSide;
  final long[] swx;
  final long[] swwv;
  final long[] swm;
  final long[][] noise;
  final SparseLongs missing;
  final SparseLongs[] planeWeight = new SparseLongs[WEIGHTED_PLANES.length];
  final SparseLongs[] planeCount = new SparseLongs[OR_PLANES.length];
  final long[] psf;
  final long[] weighted = new long[WEIGHTED_SUMS];
  long exposureTime;
  long weight;
  long weightSquares;
  int count;
  final List<CellInput> inputs = new ArrayList<>();

  CellState(int side, int psfSide, int noisePlanes) {
    this.side = side;
    this.psfSide = psfSide;
    int n = side * side;
    swx = new long[n];
    swwv = new long[n];
    swm = new long[n];
    noise = new long[noisePlanes][n];
    missing = new SparseLongs(side);
    for (int i = 0; i < planeWeight.length; i++) {
      planeWeight[i] = new SparseLongs(side);
    }
    for (int i = 0; i < planeCount.length; i++) {
      planeCount[i] = new SparseLongs(side);
    }
    psf = new long[psfSide * psfSide];
  }

  private static int union(int[] planes) {
    int bits = 0;
    for (int plane : planes) {
      bits |= plane;
    }
    return bits;
  }

  /** Adds (sign 1) or takes away (sign -1) an input. */
  void fold(CellChip chip, CellInput input, int sign) {
    for (int y = 0; y < side; y++) {
      foldRow(chip, y, sign);
    }
    foldPsf(chip.psf(), chip.weight(), sign);
    foldStatistics(chip.statistics(), chip.weight(), sign);
    weight += (long) sign * chip.weight();
    weightSquares += sign * (long) chip.weight() * chip.weight();
    count += sign;
    if (sign > 0) {
      insert(input);
    } else {
      remove(input);
    }
  }

  private void foldRow(CellChip chip, int y, int sign) {
    ImageF image = chip.pixels().image();
    ImageF variance = chip.pixels().variance();
    int im = image.offset + y * image.stride;
    int va = variance.offset + y * variance.stride;
    int ma = chip.pixels().mask().offset + y * chip.pixels().mask().stride;
    int fr = chip.fractionOffset() + y * chip.fractionStride();
    int[] mask = chip.pixels().mask().data;
    byte[] fraction = chip.maskedFraction();
    long w = chip.weight();
    double varianceScale = (double) (w * w);
    int to = y * side;
    for (int x = 0; x < side; x++, to++) {
      float value = image.data[im + x];
      float v = variance.data[va + x];
      int bits = mask[ma + x];
      if ((bits & KEPT_PLANES) != 0) {
        foldPlanes(x, y, bits, sign * w, sign);
      }
      boolean used =
          (bits & REJECTING) == 0 && Float.isFinite(value) && v > 0 && v < Float.POSITIVE_INFINITY;
      if (!used) {
        missing.add(x, y, sign * w);
        swm[to] += sign * 255 * w;
        continue;
      }
      long contribution = (long) Math.rint(w * (double) value);
      if (contribution > LIMIT || contribution < -LIMIT) {
        contribution = contribution > 0 ? LIMIT : -LIMIT;
        planeWeight[0].add(x, y, sign * w);
      }
      swx[to] += sign * contribution;
      swwv[to] += sign * varianceContribution(varianceScale, v);
      swm[to] += sign * w * (fraction[fr + x] & 0xFF);
      for (int k = 0; k < noise.length; k++) {
        ImageF plane = chip.noise().get(k);
        noise[k][to] += sign * contribution(w, plane.data[plane.offset + y * plane.stride + x]);
      }
    }
  }

  /** rint(W x), clamped. */
  static long contribution(long weight, float value) {
    long c = (long) Math.rint(weight * (double) value);
    return Math.max(-LIMIT, Math.min(LIMIT, c));
  }

  /** rint(W^2 v w_ref 2^-8), clamped. */
  static long varianceContribution(double weightSquared, float variance) {
    double c = Math.rint(weightSquared * ((double) variance * CoaddWeight.REFERENCE) * 0x1p-8);
    return c >= LIMIT ? LIMIT : (long) c;
  }

  private void foldPlanes(int x, int y, int bits, long weightOfInput, int sign) {
    for (int i = 0; i < WEIGHTED_PLANES.length; i++) {
      if ((bits & WEIGHTED_PLANES[i]) != 0) {
        planeWeight[i].add(x, y, weightOfInput);
      }
    }
    for (int i = 0; i < OR_PLANES.length; i++) {
      if ((bits & OR_PLANES[i]) != 0) {
        planeCount[i].add(x, y, sign);
      }
    }
  }

  private void foldPsf(ImageD stamp, int w, int sign) {
    Box box = stamp.box();
    int radius = psfSide / 2;
    for (int y = -radius; y <= radius; y++) {
      for (int x = -radius; x <= radius; x++) {
        if (box.contains(x, y)) {
          psf[(y + radius) * psfSide + x + radius] +=
              sign * (long) Math.rint(w * stamp.get(x, y) * PSF_SCALE);
        }
      }
    }
  }

  private void foldStatistics(InputStatistics s, int w, int sign) {
    double perSky = Math.sqrt(CoaddWeight.REFERENCE);
    add(IXX, w, s.ixx(), SHAPE_SCALE, sign);
    add(IYY, w, s.iyy(), SHAPE_SCALE, sign);
    add(IXY, w, s.ixy(), SHAPE_SCALE, sign);
    add(AIRMASS, w, s.airmass(), SHAPE_SCALE, sign);
    add(MJD, w, s.mjd() - REFERENCE_MJD, TIME_SCALE, sign);
    add(SKY_BACKGROUND, w, s.skyBackground() * perSky, TIME_SCALE, sign);
    add(SKY_NOISE, w, s.skyNoise() * perSky, TIME_SCALE, sign);
    exposureTime += sign * fixed(s.exposureTime() * SUM_SCALE);
  }

  private void add(int index, int w, double value, double scale, int sign) {
    weighted[index] += sign * fixed(w * value * scale);
  }

  /** Nearest integer within the limit; 0 for NaN. */
  private static long fixed(double value) {
    return (long) Math.rint(Math.max(-LIMIT, Math.min(LIMIT, value)));
  }

  private void insert(CellInput input) {
    int at = 0;
    while (at < inputs.size() && CellInput.ORDER.compare(inputs.get(at), input) <= 0) {
      at++;
    }
    inputs.add(at, input);
  }

  private void remove(CellInput input) {
    if (!inputs.remove(input)) {
      throw new IllegalStateException(
          "visit " + input.visit() + ", detector " + input.detector() + " is not in the cell");
    }
  }

  /** Adds all of another state. */
  void merge(CellState other) {
    sum(swx, other.swx);
    sum(swwv, other.swwv);
    sum(swm, other.swm);
    for (int k = 0; k < noise.length; k++) {
      sum(noise[k], other.noise[k]);
    }
    missing.addAll(other.missing, 1);
    for (int i = 0; i < planeWeight.length; i++) {
      planeWeight[i].addAll(other.planeWeight[i], 1);
    }
    for (int i = 0; i < planeCount.length; i++) {
      planeCount[i].addAll(other.planeCount[i], 1);
    }
    sum(psf, other.psf);
    sum(weighted, other.weighted);
    exposureTime += other.exposureTime;
    weight += other.weight;
    weightSquares += other.weightSquares;
    count += other.count;
    other.inputs.forEach(this::insert);
  }

  private static void sum(long[] into, long[] from) {
    for (int i = 0; i < into.length; i++) {
      into[i] += from[i];
    }
  }

  void write(StateWriter out) {
    out.integer(count);
    out.number(weight);
    out.number(weightSquares);
    out.number(exposureTime);
    out.longs(weighted);
    out.longs(psf);
    out.longs(swx);
    out.longs(swwv);
    out.longs(swm);
    for (long[] plane : noise) {
      out.longs(plane);
    }
    missing.write(out);
    for (SparseLongs plane : planeWeight) {
      plane.write(out);
    }
    for (SparseLongs plane : planeCount) {
      plane.write(out);
    }
    out.integer(inputs.size());
    for (CellInput input : inputs) {
      InputCodec.write(out, input);
    }
  }

  static CellState read(StateReader in, int side, int psfSide, int noisePlanes) {
    CellState s = new CellState(side, psfSide, noisePlanes);
    int n = side * side;
    s.count = in.integer();
    s.weight = in.number();
    s.weightSquares = in.number();
    s.exposureTime = in.number();
    sum(s.weighted, in.longs(s.weighted.length));
    sum(s.psf, in.longs(s.psf.length));
    sum(s.swx, in.longs(n));
    sum(s.swwv, in.longs(n));
    sum(s.swm, in.longs(n));
    for (long[] plane : s.noise) {
      sum(plane, in.longs(n));
    }
    s.missing.addAll(SparseLongs.read(in, side), 1);
    for (SparseLongs plane : s.planeWeight) {
      plane.addAll(SparseLongs.read(in, side), 1);
    }
    for (SparseLongs plane : s.planeCount) {
      plane.addAll(SparseLongs.read(in, side), 1);
    }
    int inputs = in.integer();
    for (int i = 0; i < inputs; i++) {
      s.inputs.add(InputCodec.read(in));
    }
    return s;
  }

  /** An empty state is not worth keeping. */
  static boolean isEmpty(@Nullable CellState state) {
    return state == null || (state.count == 0 && state.inputs.isEmpty());
  }
}
