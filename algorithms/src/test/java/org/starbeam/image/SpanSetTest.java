package org.starbeam.image;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class SpanSetTest {
  private static final Box BOX = new Box(-5, 3, 40, 30);

  private static MaskI random(long seed, int oneIn) {
    MaskI mask = new MaskI(BOX);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < mask.data.length; i++) {
      mask.data[i] = random.nextInt(oneIn) == 0 ? MaskPlanes.CR : MaskPlanes.SAT;
    }
    return mask;
  }

  private static boolean[] map(SpanSet set, Box box) {
    boolean[] out = new boolean[box.area()];
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        out[(y - box.y0()) * box.width() + x - box.x0()] = set.contains(x, y);
      }
    }
    return out;
  }

  @Test
  void holdsExactlyThePixelsOfTheMask() {
    MaskI mask = random(1, 3);
    SpanSet set = SpanSet.ofMask(mask, MaskPlanes.CR);
    int area = 0;
    for (int y = BOX.y0(); y < BOX.y1(); y++) {
      for (int x = BOX.x0(); x < BOX.x1(); x++) {
        boolean expected = (mask.get(x, y) & MaskPlanes.CR) != 0;
        assertThat(set.contains(x, y)).isEqualTo(expected);
        area += expected ? 1 : 0;
      }
    }
    assertThat(set.area()).isEqualTo(area);
    MaskI back = new MaskI(BOX);
    set.setMask(back, 1);
    assertThat(SpanSet.ofMask(back, 1)).isEqualTo(set);
  }

  /** Truth: a flood fill over eight neighbours. */
  @Test
  void partsAreTheEightConnectedOnes() {
    for (long seed = 1; seed < 30; seed++) {
      MaskI mask = random(seed, 2 + (int) (seed % 4));
      List<SpanSet> parts = SpanSet.connected(mask, MaskPlanes.CR);
      int[] label = new int[mask.data.length];
      int count = 0;
      for (int i = 0; i < label.length; i++) {
        if (label[i] == 0 && mask.data[i] == MaskPlanes.CR) {
          flood(mask, label, i, ++count);
        }
      }
      assertThat(parts).hasSize(count);
      for (int k = 0; k < count; k++) {
        boolean[] map = map(parts.get(k), BOX);
        for (int i = 0; i < label.length; i++) {
          assertThat(map[i]).isEqualTo(label[i] == k + 1);
        }
      }
    }
  }

  private static void flood(MaskI mask, int[] label, int i, int value) {
    label[i] = value;
    int w = BOX.width();
    for (int dy = -1; dy <= 1; dy++) {
      for (int dx = -1; dx <= 1; dx++) {
        int x = i % w + dx;
        int y = i / w + dy;
        int j = y * w + x;
        if (x >= 0
            && x < w
            && y >= 0
            && y < BOX.height()
            && label[j] == 0
            && mask.data[j] == MaskPlanes.CR) {
          flood(mask, label, j, value);
        }
      }
    }
  }

  @Test
  void growAndShrinkFollowTheDisc() {
    SpanSet set = SpanSet.ofMask(random(3, 12), MaskPlanes.CR);
    for (double r : new double[] {1, 1.5, 2, 3.2}) {
      Box wide = BOX.grow(5);
      boolean[] grown = map(set.grow(r), wide);
      boolean[] shrunk = map(set.grow(4).shrink(r), wide.grow(5));
      boolean[] base = map(set.grow(4), wide.grow(10));
      for (int y = wide.y0(); y < wide.y1(); y++) {
        for (int x = wide.x0(); x < wide.x1(); x++) {
          boolean any = false;
          boolean all = true;
          int n = (int) r;
          for (int dy = -n; dy <= n; dy++) {
            for (int dx = -n; dx <= n; dx++) {
              if (dx * dx + dy * dy <= r * r) {
                any |= set.contains(x + dx, y + dy);
                Box b = wide.grow(10);
                all &= base[(y + dy - b.y0()) * b.width() + x + dx - b.x0()];
              }
            }
          }
          assertThat(grown[(y - wide.y0()) * wide.width() + x - wide.x0()]).isEqualTo(any);
          Box s = wide.grow(5);
          assertThat(shrunk[(y - s.y0()) * s.width() + x - s.x0()]).isEqualTo(all);
        }
      }
    }
  }

  @Test
  void setAlgebraIsThatOfTheMaps() {
    SpanSet a = SpanSet.ofMask(random(5, 3), MaskPlanes.CR);
    SpanSet b = SpanSet.ofMask(random(6, 2), MaskPlanes.CR);
    Box part = new Box(0, 10, 12, 9);
    boolean[] ma = map(a, BOX);
    boolean[] mb = map(b, BOX);
    boolean[] union = map(a.union(b), BOX);
    boolean[] both = map(a.intersect(b), BOX);
    boolean[] minus = map(a.minus(b), BOX);
    boolean[] clip = map(a.clip(part), BOX);
    for (int i = 0; i < ma.length; i++) {
      assertThat(union[i]).isEqualTo(ma[i] || mb[i]);
      assertThat(both[i]).isEqualTo(ma[i] && mb[i]);
      assertThat(minus[i]).isEqualTo(ma[i] && !mb[i]);
      boolean inside = part.contains(BOX.x0() + i % BOX.width(), BOX.y0() + i / BOX.width());
      assertThat(clip[i]).isEqualTo(ma[i] && inside);
    }
    assertThat(SpanSet.EMPTY.grow(3)).isEqualTo(SpanSet.EMPTY);
    assertThat(a.shift(3, -2).shift(-3, 2)).isEqualTo(a);
  }
}
