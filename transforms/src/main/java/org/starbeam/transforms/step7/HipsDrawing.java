package org.starbeam.transforms.step7;

import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.starbeam.hips.AsinhRgb;
import org.starbeam.hips.ThreeBands;
import org.starbeam.hips.TileRaster;
import org.starbeam.image.ImageF;
import org.starbeam.transforms.step7.HipsStretchTask.Stretch;

/** Draws the images of all bands at one place for their trees and for the tree of colours. */
final class HipsDrawing {
  /**
   * A file of a tree.
   *
   * @param tree its name
   * @param extension of the file: its format
   */
  record Drawn(String tree, String extension, byte[] file) {}

  private final Stretch stretch;
  private final TileRaster raster;
  private long imputed;

  HipsDrawing(Stretch stretch, TileRaster.Config config) {
    this.stretch = stretch;
    this.raster = new TileRaster(config);
  }

  /** The picture of a band. */
  Drawn gray(String band, ImageF image) {
    return new Drawn(band, "png", raster.png(TileRaster.gray(image, stretch.scale(band))));
  }

  /**
   * The pictures in colours; none when there are no colours here.
   *
   * @param images by band, of equal size; a band may be missing
   */
  List<Drawn> color(Map<String, ImageF> images) {
    List<String> bands = stretch.color();
    if (bands.stream().noneMatch(images::containsKey)) {
      return List.of();
    }
    ImageF any = images.values().iterator().next();
    ImageF[] three = new ImageF[bands.size()];
    for (int k = 0; k < three.length; k++) {
      ImageF own = images.get(bands.get(k));
      three[k] = own == null ? nothing(any) : own;
    }
    AsinhRgb scale = stretch.scale(bands.get(1));
    TileRaster.Colored colored = TileRaster.color(three, ThreeBands.weights(bands), scale);
    imputed += colored.imputed();
    BufferedImage picture = colored.image();
    List<Drawn> out = new ArrayList<>();
    out.add(new Drawn(stretch.colorTree(), "png", raster.png(picture)));
    out.add(new Drawn(stretch.colorTree(), "jpg", raster.jpeg(picture)));
    return out;
  }

  private static ImageF nothing(ImageF like) {
    float[] data = new float[like.box().area()];
    Arrays.fill(data, Float.NaN);
    return ImageF.wrap(like.box(), data);
  }

  /** Coloured pixels so far that lacked one or two bands. */
  long imputed() {
    return imputed;
  }
}
