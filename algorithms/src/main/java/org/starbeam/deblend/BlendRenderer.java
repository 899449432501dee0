package org.starbeam.deblend;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.psf.PsfModel;

/**
 * Model images of the sources of a kept blend: K_b * sum of the parts, not negative. The same
 * record and PSF give the same bits, whatever was rendered before. Not thread safe.
 */
public final class BlendRenderer {
  /** Values below this part of the brightest pixel are the rounding of the transform. */
  private static final float ROUNDING = 2e-6f;

  private static final int KEPT = 64;

  private record Grid(int width, int height) {}

  private record KernelKey(Grid grid, ImageD kernel) {}

  private final Map<Grid, Convolver> convolvers = new HashMap<>();
  private final Map<KernelKey, Convolver.Kernel> transforms = new HashMap<>();

  /** The difference kernels of the modelled bands of a blend, in their order. */
  public static List<ImageD> kernels(ScarletBlend blend, Map<String, PsfModel> psfs) {
    List<ImageD> out = new ArrayList<>();
    if (blend.modelSigma() > 0) {
      for (String band : blend.bands()) {
        PsfModel psf = psfs.get(band);
        if (psf == null) {
          throw new IllegalArgumentException("no PSF for band " + band);
        }
        out.add(
            DifferenceKernel.of(psf.kernelImage(blend.psfX(), blend.psfY()), blend.modelSigma()));
      }
    }
    return out;
  }

  /**
   * The model image of a source in a band; an image of no pixels when it has no light there.
   *
   * @param kernels of the blend, {@link #kernels}
   * @param band index in the blend's modelled bands
   */
  public ImageF render(
      ScarletBlend blend, List<ImageD> kernels, ScarletBlend.Source source, int band) {
    Box own = Box.EMPTY;
    for (ScarletBlend.Part part : source.parts()) {
      own = own.union(part.box());
    }
    if (own.isEmpty()) {
      return new ImageF(Box.EMPTY);
    }
    ImageD kernel = kernels.isEmpty() ? null : kernels.get(band);
    int radius = kernel == null ? 0 : Math.max(kernel.box().x1() - 1, kernel.box().y1() - 1);
    ImageF out = new ImageF(own.grow(radius));
    for (ScarletBlend.Part part : source.parts()) {
      add(part, band, out);
    }
    if (kernel != null) {
      convolve(out, kernel);
    }
    clip(out.data);
    return out;
  }

  private static void add(ScarletBlend.Part part, int band, ImageF to) {
    Box box = part.box();
    float s = part.spectrum()[band];
    for (int y = 0; y < box.height(); y++) {
      int at = to.index(box.x0(), box.y0() + y);
      int from = y * box.width();
      for (int x = 0; x < box.width(); x++) {
        to.data[at + x] += s * part.morphology()[from + x];
      }
    }
  }

  private void convolve(ImageF image, ImageD kernel) {
    Grid grid =
        new Grid(
            RowTransform.length(image.width(), true), RowTransform.length(image.height(), false));
    if (convolvers.size() > KEPT || transforms.size() > KEPT) {
      convolvers.clear();
      transforms.clear();
    }
    Convolver convolver =
        convolvers.computeIfAbsent(grid, g -> new Convolver(g.width(), g.height(), 0));
    Convolver.Kernel transform =
        transforms.computeIfAbsent(new KernelKey(grid, kernel), k -> convolver.kernel(kernel));
    convolver.convolve(image.data, image.width(), image.height(), transform, image.data);
  }

  private static void clip(float[] values) {
    float most = 0;
    for (float v : values) {
      most = Math.max(most, v);
    }
    float floor = ROUNDING * most;
    for (int i = 0; i < values.length; i++) {
      values[i] = values[i] > floor ? values[i] : 0;
    }
  }
}
