package org.starbeam.difference;

import java.util.Arrays;
import java.util.List;
import org.starbeam.fits.FitsTable;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.psf.GridPsf;
import org.starbeam.psf.PsfModel;

/**
 * The PSF of a template, which jumps where its coadds have another PSF: zones of one stamp each, on
 * blocks of a few pixels, and where tracts overlap the weighted sum of theirs (specs/03 section
 * 6.3). Every zone is one warped stamp, so asking costs no warp.
 */
public final class TemplatePsf implements PsfModel {
  private static final double TABLE_STEP = 128;

  /**
   * What one tract has in each block.
   *
   * @param zone number of the stamp
   * @param weight share of the tract before division by the sum
   */
  @SuppressWarnings("ArrayRecordComponent") // by block; never compared
  record Layer(int[] zone, float[] weight) {}

  private final Box box;
  private final int block;
  private final int blocksX;
  private final List<Layer> layers;
  private final List<ImageD> stamps;
  private final double[][] shapes;

  /**
   * @param box pixels that have a PSF
   * @param block side of the blocks
   * @param layers by tract; in every block the weights have a sum above 0
   * @param stamps by zone, all of one size, sum 1, centred on (0, 0)
   */
  TemplatePsf(Box box, int block, List<Layer> layers, List<ImageD> stamps) {
    this.box = box;
    this.block = block;
    this.blocksX = blocks(box.width(), block);
    this.layers = List.copyOf(layers);
    this.stamps = List.copyOf(stamps);
    this.shapes = stamps.stream().map(GridPsf::adaptiveMoments).toArray(double[][]::new);
  }

  /** Number of blocks along a side. */
  static int blocks(int pixels, int block) {
    return (pixels + block - 1) / block;
  }

  /** The stamp of a zone; not to be written to. */
  ImageD stamp(int zone) {
    return stamps.get(zone);
  }

  /** Takes a zone and its share at a place; the shares have the sum 1. */
  @FunctionalInterface
  interface ShareConsumer {
    void accept(int zone, double share);
  }

  /** Goes through the zones at a place, in the order of the tracts. */
  void shares(double x, double y, ShareConsumer consumer) {
    int bx = Math.max(0, Math.min(box.width() - 1, (int) Math.rint(x) - box.x0())) / block;
    int by = Math.max(0, Math.min(box.height() - 1, (int) Math.rint(y) - box.y0())) / block;
    int at = by * blocksX + bx;
    double sum = 0;
    for (Layer layer : layers) {
      sum += layer.weight[at];
    }
    for (Layer layer : layers) {
      if (layer.weight[at] > 0) {
        consumer.accept(layer.zone[at], layer.weight[at] / sum);
      }
    }
  }

  @Override
  public ImageD kernelImage(double x, double y) {
    ImageD out = new ImageD(stampBox());
    shares(
        x,
        y,
        (zone, share) -> {
          double[] stamp = stamps.get(zone).data;
          for (int i = 0; i < stamp.length; i++) {
            out.data[i] += share * stamp[i];
          }
        });
    return out;
  }

  @Override
  public ImageD image(double x, double y) {
    return GridPsf.placed(kernelImage(x, y), x, y);
  }

  @Override
  public double[] shape(double x, double y) {
    double[] out = new double[3];
    shares(x, y, (zone, share) -> Arrays.setAll(out, i -> out[i] + share * shapes[zone][i]));
    return out;
  }

  @Override
  public double[] averagePosition() {
    return new double[] {box.x0() + (box.width() - 1) / 2.0, box.y0() + (box.height() - 1) / 2.0};
  }

  @Override
  public Box stampBox() {
    return stamps.get(0).box();
  }

  /** Sampled on a grid, without the jumps. */
  @Override
  public FitsTable toTable() {
    return GridPsf.sample(box, TABLE_STEP, stampBox().x1() - 1, this::kernelImage).toTable();
  }
}
