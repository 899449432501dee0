package org.starbeam.difference;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.PsfModel;

/**
 * What the two PSF models say of a matching kernel before any star is looked at: coefficients of
 * its shape, block by block, that make the one PSF of the other. The PSF of a template jumps from
 * cell to cell and that of a visit changes over some hundred pixels; a kernel that changes linearly
 * over a detector can follow neither. The stars then correct these kernels linearly. The first
 * coefficient, which carries the flux, is always 0 here and left to the stars.
 *
 * <p>The PSF of the visit is taken on a grid of nodes, that of the template by its zones; each pair
 * that meets is solved by least squares, and a block has the bilinear mean of its nodes and the
 * weighted mean of its zones. Cost: one set of convolutions of a stamp with the basis for each node
 * or each zone, whichever is convolved, some 3 ms; a detector of 1000 x 1000 pixels has 80 of each.
 */
final class KernelOffsets {
  private static final int BLOCK = 8;
  private static final double NODE_STEP = 128;

  /** Half width of the pixels on which the PSFs are compared. */
  private static final int HALF = 12;

  private final Box domain;
  private final int blocksX;
  private final int functions;
  private final double[] coefficients;

  private KernelOffsets(Box domain, int functions) {
    this.domain = domain;
    this.functions = functions;
    this.blocksX = TemplatePsf.blocks(domain.width(), BLOCK);
    this.coefficients =
        new double[blocksX * TemplatePsf.blocks(domain.height(), BLOCK) * functions];
  }

  /**
   * Matches the PSFs.
   *
   * @param basis of the kernel
   * @param science PSF of the visit
   * @param template PSF of the template
   * @param templateConvolved true when the kernel works on the template, false when on the visit
   * @param domain box that the kernel is for
   */
  static KernelOffsets of(
      KernelBasis basis,
      PsfModel science,
      TemplatePsf template,
      boolean templateConvolved,
      Box domain) {
    KernelOffsets out = new KernelOffsets(domain, basis.count());
    new Matching(basis, science, template, templateConvolved, domain).fill(out);
    return out;
  }

  private int at(double x, double y) {
    int bx = Math.max(0, Math.min(domain.width() - 1, (int) Math.rint(x) - domain.x0())) / BLOCK;
    int by = Math.max(0, Math.min(domain.height() - 1, (int) Math.rint(y) - domain.y0())) / BLOCK;
    return (by * blocksX + bx) * functions;
  }

  /** Adds the coefficients of a place to others. */
  void addTo(double[] to, double x, double y) {
    int at = at(x, y);
    for (int i = 1; i < functions; i++) {
      to[i] += coefficients[at + i];
    }
  }

  /** The same for kernels that are told by other functions. */
  KernelOffsets plain(KernelBasis basis) {
    KernelOffsets out = new KernelOffsets(domain, functions);
    double[] one = new double[functions];
    for (int b = 0; b < coefficients.length; b += functions) {
      System.arraycopy(coefficients, b, one, 0, functions);
      System.arraycopy(basis.plain(one), 0, out.coefficients, b, functions);
    }
    return out;
  }

  /** Coefficient of a function along a row, from a column on. */
  void row(int function, int x0, int y, float[] out) {
    int x = 0;
    while (x < out.length) {
      float value = (float) coefficients[at(x0 + x, y) + function];
      int next =
          Math.max(
              x + 1, Math.floorDiv(x0 + x - domain.x0(), BLOCK) * BLOCK + BLOCK + domain.x0() - x0);
      Arrays.fill(out, x, Math.min(next, out.length), value);
      x = next;
    }
  }

  /** Pairs of nodes and zones, each solved once. */
  private static final class Matching {
    private final KernelBasis basis;
    private final PsfModel science;
    private final TemplatePsf template;
    private final boolean templateConvolved;
    private final Box domain;
    private final int nx;
    private final int ny;
    private final Map<Integer, StampFit> fits = new HashMap<>();
    private final Map<Integer, double[]> targets = new HashMap<>();
    private final Map<Long, double[]> solved = new HashMap<>();

    Matching(
        KernelBasis basis,
        PsfModel science,
        TemplatePsf template,
        boolean templateConvolved,
        Box domain) {
      this.basis = basis;
      this.science = science;
      this.template = template;
      this.templateConvolved = templateConvolved;
      this.domain = domain;
      this.nx = nodes(domain.width());
      this.ny = nodes(domain.height());
    }

    private static int nodes(int pixels) {
      return Math.max(2, (int) Math.ceil((pixels - 1) / NODE_STEP) + 1);
    }

    void fill(KernelOffsets out) {
      for (int y = domain.y0() + BLOCK / 2; y < domain.y1() + BLOCK / 2; y += BLOCK) {
        for (int x = domain.x0() + BLOCK / 2; x < domain.x1() + BLOCK / 2; x += BLOCK) {
          addPlace(
              Math.min(x, domain.x1() - 1),
              Math.min(y, domain.y1() - 1),
              out.coefficients,
              out.at(x, y));
        }
      }
    }

    private void addPlace(int x, int y, double[] to, int at) {
      double u = (x - domain.x0()) * (nx - 1) / (domain.width() - 1.0);
      double v = (y - domain.y0()) * (ny - 1) / (domain.height() - 1.0);
      int i = Math.max(0, Math.min(nx - 2, (int) u));
      int j = Math.max(0, Math.min(ny - 2, (int) v));
      for (int k = 0; k < 4; k++) {
        double wx = k % 2 == 0 ? 1 - (u - i) : u - i;
        double wy = k / 2 == 0 ? 1 - (v - j) : v - j;
        int node = (j + k / 2) * nx + i + k % 2;
        template.shares(
            x,
            y,
            (zone, share) -> {
              double[] c = pair(node, zone);
              for (int f = 1; f < c.length; f++) {
                to[at + f] += wx * wy * share * c[f];
              }
            });
      }
    }

    private double[] pair(int node, int zone) {
      return solved.computeIfAbsent(
          ((long) node << 32) + zone,
          key -> {
            int convolved = templateConvolved ? zone : node;
            int target = templateConvolved ? node : zone;
            StampFit fit =
                fits.computeIfAbsent(
                    convolved, k -> new StampFit(basis, stamp(k, templateConvolved), HALF));
            return fit.toward(
                targets.computeIfAbsent(
                    target, k -> StampFit.cut(stamp(k, !templateConvolved), HALF)));
          });
    }

    private ImageD stamp(int number, boolean ofTemplate) {
      if (ofTemplate) {
        return template.stamp(number);
      }
      double x = domain.x0() + (number % nx) * (domain.width() - 1.0) / (nx - 1);
      double y = domain.y0() + (number / nx) * (domain.height() - 1.0) / (ny - 1);
      return science.kernelImage(x, y);
    }
  }
}
