package org.starbeam.coadd;

import com.github.luben.zstd.Zstd;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * A smoothed warp, unpacked or in the bytes in which it is stored: half a byte per binned pixel
 * instead of eight. One that is not kept unpacked is unpacked each time that it is looked at.
 */
public final class PackedWarp implements Supplier<SmoothedWarp> {
  private static final int LEVEL = 1;

  private final Box box;
  private final @Nullable SmoothedWarp open;
  private @Nullable Packed packed;

  /** The zstd frame and the number of bytes that are in it. */
  record Packed(int length, byte[] frame) {}

  private PackedWarp(Box box, @Nullable SmoothedWarp open, @Nullable Packed packed) {
    this.box = box;
    this.open = open;
    this.packed = packed;
  }

  /**
   * @param keep true to keep it unpacked
   */
  static PackedWarp of(SmoothedWarp warp, boolean keep) {
    return new PackedWarp(warp.box(), keep ? warp : null, keep ? null : pack(warp));
  }

  static PackedWarp of(Box box, Packed packed) {
    return new PackedWarp(box, null, packed);
  }

  /** The same, kept unpacked. */
  PackedWarp unpacked() {
    return new PackedWarp(box, get(), packed);
  }

  /** Box in binned pixels. */
  Box box() {
    return box;
  }

  /** Bytes that it takes unpacked. */
  long unpackedBytes() {
    return 8L * box.area();
  }

  @Override
  public SmoothedWarp get() {
    return open == null ? unpack(packed()) : open;
  }

  Packed packed() {
    Packed known = packed;
    if (known == null) {
      known = pack(get());
      packed = known;
    }
    return known;
  }

  private static Packed pack(SmoothedWarp warp) {
    StateWriter out = new StateWriter();
    warp.write(out);
    byte[] bytes = out.toBytes();
    return new Packed(bytes.length, Zstd.compress(bytes, LEVEL));
  }

  private static SmoothedWarp unpack(Packed packed) {
    return SmoothedWarp.read(new StateReader(Zstd.decompress(packed.frame(), packed.length())));
  }
}
