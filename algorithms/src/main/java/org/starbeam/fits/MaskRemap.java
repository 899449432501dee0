package org.starbeam.fits;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.failure.BadInputException;
import org.starbeam.image.MaskPlanes;

/**
 * Moves the planes of a file's mask to the bits of {@link MaskPlanes}, by the {@code MP_} cards of
 * its header. Planes with other names take the lowest bits that the dictionary leaves free.
 */
final class MaskRemap {
  private static final int BITS = 31;

  private final boolean named;
  private final boolean identity;
  private final int[] targetMask;
  private final Map<String, Integer> planes;

  private MaskRemap(
      boolean named, boolean identity, int[] targetMask, Map<String, Integer> planes) {
    this.named = named;
    this.identity = identity;
    this.targetMask = targetMask;
    this.planes = planes;
  }

  /** By the {@code MP_} cards of a header. */
  static MaskRemap of(HeaderView header) {
    Map<String, Integer> bits = new LinkedHashMap<>();
    for (HeaderCard card : header) {
      if (card.key().startsWith("MP_") && card.value() instanceof Integer bit) {
        bits.put(card.key().substring(3), bit);
      }
    }
    return of(header.where(), bits);
  }

  /** By plane names and the bits that the file gives them. */
  static MaskRemap of(String where, Map<String, Integer> bits) {
    Map<String, Integer> planes = new LinkedHashMap<>(MaskPlanes.bits());
    int[] targetMask = new int[32];
    List<String> unplaced = new ArrayList<>();
    int next = planes.size();
    boolean identity = true;
    for (Map.Entry<String, Integer> entry : bits.entrySet()) {
      int bit = entry.getValue();
      if (bit < 0 || bit > BITS) {
        throw new BadInputException(
            "BAD_KEY", where + ": mask plane " + entry.getKey() + " = " + bit + " is not a bit");
      }
      Integer target = planes.get(entry.getKey());
      if (target == null) {
        if (next >= BITS) {
          unplaced.add(entry.getKey());
          continue;
        }
        target = next++;
        planes.put(entry.getKey(), target);
      }
      targetMask[bit] |= 1 << target;
      identity &= target == bit;
    }
    if (!unplaced.isEmpty()) {
      throw new BadInputException(
          "TOO_MANY_PLANES", where + ": more than 31 mask planes, no room for " + unplaced);
    }
    return new MaskRemap(
        !bits.isEmpty(), identity, targetMask, Collections.unmodifiableMap(planes));
  }

  Map<String, Integer> planes() {
    return planes;
  }

  void apply(int[] mask) {
    if (named && identity) {
      return;
    }
    for (int i = 0; i < mask.length; i++) {
      int from = mask[i];
      if (from == 0) {
        continue;
      }
      if (!named) {
        mask[i] = MaskPlanes.BAD;
        continue;
      }
      int to = 0;
      for (int rest = from; rest != 0; rest &= rest - 1) {
        to |= targetMask[Integer.numberOfTrailingZeros(rest)];
      }
      mask[i] = to;
    }
  }
}
