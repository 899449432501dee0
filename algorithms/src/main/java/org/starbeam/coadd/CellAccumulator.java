package org.starbeam.coadd;

import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.MaskPlanes;

/**
 * The coadd of one cell in the making (specs/03 sections 4.2 to 4.4). Every contribution is turned
 * once into 64-bit integers, and integers are added, so any order, any partition and any tree of
 * merges gives the same bits, and an input can be taken out again exactly. A pixel contributes when
 * image and variance are finite, the variance is positive, and it has none of NO_DATA, SAT,
 * CLIPPED, STREAK, REJECTED.
 *
 * <p>Inputs that are mostly masked over the inner cell go to a second state of the same shape,
 * which counts only when nothing better came.
 *
 * <p>Memory 2 MB and more per cell (three or four planes of longs over 250 x 250 pixels). Not
 * thread safe.
 */
public final class CellAccumulator {
  /**
   * Defaults of specs/03.
   *
   * @param inner pixels of the inner box per axis
   * @param border pixels around it
   * @param psfSize pixels of the PSF stamp per axis, odd
   * @param noisePlanes number of noise planes
   * @param maxMaskedFraction masked fraction of the inner cell above which an input is a fallback
   */
  public record Config(
      int inner, int border, int psfSize, int noisePlanes, double maxMaskedFraction)
      implements java.io.Serializable {
    public static Config defaults() {
      return new Config(150, 50, 51, 0, 0.5);
    }

    int outer() {
      return inner + 2 * border;
    }
  }

  private static final int FORMAT = 1;
  private static final int UNUSABLE =
      MaskPlanes.NO_DATA
          | MaskPlanes.SAT
          | MaskPlanes.CLIPPED
          | MaskPlanes.STREAK
          | MaskPlanes.REJECTED;

  private final Config config;
  private final CellState main;
  private @Nullable CellState fallback;

  public CellAccumulator(Config config) {
    this(config, newState(config), null);
  }

  private CellAccumulator(Config config, CellState main, @Nullable CellState fallback) {
    this.config = config;
    this.main = main;
    this.fallback = fallback;
  }

  private static CellState newState(Config config) {
    return new CellState(config.outer(), config.psfSize(), config.noisePlanes());
  }

  /** Number of inputs, those of the fallback included. */
  public int inputCount() {
    CellState second = fallback;
    return main.count + (second == null ? 0 : second.count);
  }

  /** Adds an input; false when its weight is not positive and it is left out. */
  public boolean add(CellChip chip) {
    return fold(chip, 1);
  }

  /** Takes an input out again; an error when it is not in. */
  public boolean retract(CellChip chip) {
    return fold(chip, -1);
  }

  private boolean fold(CellChip chip, int sign) {
    check(chip);
    if (chip.weight() <= 0 || chip.weight() > CoaddWeight.MAX) {
      return false;
    }
    CellInput input = describe(chip);
    stateFor(input).fold(chip, input, sign);
    return true;
  }

  private CellState stateFor(CellInput input) {
    if (input.maskedFraction() <= config.maxMaskedFraction()) {
      return main;
    }
    CellState state = fallback;
    if (state == null) {
      state = newState(config);
      fallback = state;
    }
    return state;
  }

  private void check(CellChip chip) {
    Box box = chip.pixels().box();
    if (box.width() != config.outer() || box.height() != config.outer()) {
      throw new IllegalArgumentException("chip of " + box + " for a cell of " + config.outer());
    }
    if (chip.noise().size() != config.noisePlanes()) {
      throw new IllegalArgumentException(chip.noise().size() + " noise planes");
    }
  }

  private CellInput describe(CellChip chip) {
    int masked = 0;
    int first = config.border();
    var mask = chip.pixels().mask();
    for (int y = first; y < first + config.inner(); y++) {
      int m = mask.offset + y * mask.stride;
      int f = chip.fractionOffset() + y * chip.fractionStride();
      for (int x = first; x < first + config.inner(); x++) {
        boolean lost = (mask.data[m + x] & UNUSABLE) != 0;
        masked += lost ? 255 : chip.maskedFraction()[f + x] & 0xFF;
      }
    }
    double fraction = masked / (255.0 * config.inner() * config.inner());
    return new CellInput(
        chip.visit(),
        chip.detector(),
        chip.weight(),
        fraction,
        chip.artifactArea(),
        chip.statistics());
  }

  /** Adds all that another accumulator of the same shape holds; the other is left as it is. */
  public void merge(CellAccumulator other) {
    if (!config.equals(other.config)) {
      throw new IllegalArgumentException("accumulators of different shape");
    }
    main.merge(other.main);
    CellState second = other.fallback;
    if (second != null) {
      CellState own = fallback;
      if (own == null) {
        own = newState(config);
        fallback = own;
      }
      own.merge(second);
    }
  }

  /** The coadd; empty list of inputs and all NO_DATA when nothing was added. */
  public CellCoadd extract() {
    CellState second = fallback;
    boolean useFallback = main.count == 0 && second != null && second.count > 0;
    return CellExtraction.extract(
        config, useFallback && second != null ? second : main, useFallback);
  }

  /** Canonical bytes: equal states give equal bytes. */
  public byte[] toBytes() {
    StateWriter out = new StateWriter();
    out.integer(FORMAT);
    out.integer(config.inner());
    out.integer(config.border());
    out.integer(config.psfSize());
    out.integer(config.noisePlanes());
    out.real(config.maxMaskedFraction());
    main.write(out);
    CellState second = fallback;
    boolean hasFallback = second != null && !CellState.isEmpty(second);
    out.integer(hasFallback ? 1 : 0);
    if (hasFallback && second != null) {
      second.write(out);
    }
    return out.toBytes();
  }

  /** Reads what {@link #toBytes} wrote. */
  public static CellAccumulator fromBytes(byte[] bytes) {
    StateReader in = new StateReader(bytes);
    int format = in.integer();
    if (format != FORMAT) {
      throw new org.starbeam.failure.BadInputException(
          "CORRUPT", "accumulator format " + format + ", expected " + FORMAT);
    }
    Config config = new Config(in.integer(), in.integer(), in.integer(), in.integer(), in.real());
    CellState main = read(in, config);
    CellState second = in.integer() == 1 ? read(in, config) : null;
    return new CellAccumulator(config, main, second);
  }

  private static CellState read(StateReader in, Config config) {
    return CellState.read(in, config.outer(), config.psfSize(), config.noisePlanes());
  }

  CellState main() {
    return main;
  }
}
