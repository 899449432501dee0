package org.starbeam.transforms.selection;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Whatever is typed is an expression or a fault with a place; {@code -Dstarbeam.full=true} for a
 * million texts.
 */
class RandomBytesTest {
  private static final int CASES = Boolean.getBoolean("starbeam.full") ? 1_000_000 : 30_000;

  /** Of CPU time, so that other work on the machine does not count. */
  private static final long LIMIT_NANOS = 50_000_000;

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final List<String> PIECES =
      List.of(
          "seeing",
          "band",
          "IN",
          "(",
          ")",
          "AND",
          "NOT",
          "OR",
          "BETWEEN",
          "LIKE",
          "'x'",
          "..",
          ":",
          "1",
          "2.5",
          "1e9",
          "-",
          "+",
          "*",
          "/",
          "%",
          "=",
          "<",
          "IS",
          "NULL",
          "T'2025-01-01'",
          "POINT",
          "OVERLAPS",
          "CIRCLE",
          "POLYGON",
          ",",
          "abs",
          "nvl",
          "${x}",
          "r",
          "TRUE",
          "2025-05-20",
          "\n");

  @Test
  void randomTextNeitherCrashesNorHangs() {
    SplittableRandom random = new SplittableRandom(20251126);
    RandomExpressions expressions = new RandomExpressions(1);
    long worst = 0;
    String worstText = "";
    int understood = 0;
    for (int i = 0; i < CASES; i++) {
      String text =
          switch (i % 4) {
            case 0 -> bytes(random);
            case 1 -> pieces(random);
            case 2 -> expressions.next();
            default -> mutated(expressions.next(), random);
          };
      long start = THREADS.getCurrentThreadCpuTime();
      try {
        Selection selection = Selection.parse(text, VisitFields.all());
        selection.sql();
        assertThat(Selection.parse(selection.toString(), VisitFields.all())).isEqualTo(selection);
        understood++;
      } catch (SelectionException e) {
        assertThat(e.problems()).isNotEmpty();
        assertThat(e.render("x")).contains("x:").contains("EXPR_");
      }
      if (i > 5_000) {
        long took = THREADS.getCurrentThreadCpuTime() - start;
        worstText = took > worst ? text : worstText;
        worst = Math.max(worst, took);
      }
    }
    System.out.printf(
        "%d random texts, %d understood, slowest %.1f ms%n", CASES, understood, worst / 1e6);
    assertThat(worst).as("slowest, ns: " + worstText).isLessThan(LIMIT_NANOS);
  }

  private static String bytes(SplittableRandom random) {
    byte[] bytes = new byte[random.nextInt(random.nextInt(50) == 0 ? 5_000 : 60)];
    random.nextBytes(bytes);
    if (random.nextBoolean()) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (32 + (bytes[i] & 63) + (bytes[i] & 31));
      }
    }
    return new String(
        bytes, random.nextBoolean() ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1);
  }

  private static String mutated(String text, SplittableRandom random) {
    StringBuilder out = new StringBuilder(text);
    for (int n = random.nextInt(3); n >= 0; n--) {
      int at = random.nextInt(out.length());
      switch (random.nextInt(3)) {
        case 0 -> out.deleteCharAt(at);
        case 1 -> out.insert(at, PIECES.get(random.nextInt(PIECES.size())));
        default -> out.setCharAt(at, (char) (32 + random.nextInt(95)));
      }
      out.append(' ');
    }
    return out.toString();
  }

  private static String pieces(SplittableRandom random) {
    StringBuilder out = new StringBuilder();
    for (int n = random.nextInt(random.nextInt(200) == 0 ? 5_000 : 14); n >= 0; n--) {
      out.append(PIECES.get(random.nextInt(PIECES.size())))
          .append(random.nextInt(4) == 0 ? "" : " ");
    }
    return out.toString();
  }
}
