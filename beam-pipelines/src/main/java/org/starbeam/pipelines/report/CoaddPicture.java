package org.starbeam.pipelines.report;

import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.starbeam.fits.ImageFile;
import org.starbeam.hips.AsinhRgb;
import org.starbeam.hips.ThreeBands;
import org.starbeam.image.Box;
import org.starbeam.image.ClippedStatistics;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskI;
import org.starbeam.image.MaskPlanes;
import org.starbeam.image.MaskedImage;
import org.starbeam.pipelines.campaign.RunCatalog;
import org.starbeam.schema.DatasetRef;
import org.starbeam.sky.RingsSkyMap;
import org.starbeam.sky.SkyPoint;
import org.starbeam.transforms.dataset.DataId;

/**
 * Colour pictures of the coadds: each tract's patches side by side, cut to where there are data, at
 * most 1400 pixels wide.
 */
final class CoaddPicture {
  /** Bands from blue to red. */
  static final List<String> BAND_ORDER = List.of("u", "g", "r", "i", "z", "y");

  private static final int MAX_SIDE = 1400;

  private CoaddPicture() {}

  /**
   * The picture of a tract.
   *
   * @param data pixels of the tract that it shows
   * @param step pixels of the tract that one of its pixels shows, per axis
   */
  record Picture(int tract, BufferedImage image, Box data, int step, String caption) {
    ReportPage.Figure figure() {
      return new ReportPage.Figure("Tract " + tract, caption, Charts.png(image));
    }

    /** Colour at a direction; 0 outside of the picture and where it is black. */
    int rgb(SkyPoint direction) {
      double[] p =
          RingsSkyMap.defaults().tract(tract).wcs().toPixel(direction.raDeg(), direction.decDeg());
      int column = (int) Math.floor((p[0] + 0.5 - data.x0()) / step);
      int row = (int) Math.floor((p[1] + 0.5 - data.y0()) / step);
      boolean inside =
          column >= 0 && row >= 0 && column < image.getWidth() && row < image.getHeight();
      return inside ? image.getRGB(column, image.getHeight() - 1 - row) & 0xffffff : 0;
    }
  }

  static List<Picture> of(RunCatalog catalog) throws IOException {
    Map<Integer, List<DatasetRef>> byTract = new TreeMap<>();
    for (DatasetRef ref : catalog.datasets("deep_coadd")) {
      byTract
          .computeIfAbsent(DataId.parse(ref.getDataId()).getInt("tract"), t -> new ArrayList<>())
          .add(ref);
    }
    List<Picture> pictures = new ArrayList<>();
    for (Map.Entry<Integer, List<DatasetRef>> tract : byTract.entrySet()) {
      pictures.add(picture(catalog, tract.getKey(), tract.getValue()));
    }
    return pictures;
  }

  private static Picture picture(RunCatalog catalog, int tract, List<DatasetRef> refs)
      throws IOException {
    List<String> bands =
        refs.stream()
            .map(r -> DataId.parse(r.getDataId()).get("band"))
            .distinct()
            .sorted(Comparator.comparingInt(BAND_ORDER::indexOf))
            .toList();
    List<String> shown = threeOf(bands);
    Map<String, Mosaic> mosaics = new TreeMap<>();
    Box data = Box.EMPTY;
    for (String band : shown.stream().distinct().toList()) {
      Mosaic mosaic = mosaic(catalog, refs, band);
      mosaics.put(band, mosaic);
      data = data.union(mosaic.data());
    }
    int step = Math.max(1, (Math.max(data.width(), data.height()) + MAX_SIDE - 1) / MAX_SIDE);
    String caption =
        "Tract %d; %s; %d x %d pixels of the coadd."
            .formatted(tract, colours(shown), data.width(), data.height());
    List<Mosaic> blueGreenRed = shown.stream().map(mosaics::get).toList();
    return new Picture(tract, render(shown, blueGreenRed, data, step), data, step, caption);
  }

  static String colours(List<String> bands) {
    return bands.stream().distinct().count() == 1
        ? "band " + bands.get(0)
        : "blue %s, green %s, red %s".formatted(bands.toArray());
  }

  /** Bands that are blue, green and red in a picture. */
  static List<String> threeOf(List<String> bands) {
    if (bands.containsAll(List.of("g", "r", "i"))) {
      return List.of("g", "r", "i");
    }
    return List.of(bands.get(0), bands.get(bands.size() / 2), bands.get(bands.size() - 1));
  }

  /** The patches of one band in tract pixels; NaN where there are no data. */
  private record Mosaic(ImageF image, Box data) {}

  private static Mosaic mosaic(RunCatalog catalog, List<DatasetRef> refs, String band) {
    List<MaskedImage> patches =
        refs.stream()
            .filter(r -> DataId.parse(r.getDataId()).get("band").equals(band))
            .map(r -> ImageFile.read(catalog.path(r)).image())
            .toList();
    Box data = patches.stream().map(CoaddPicture::dataBox).reduce(Box.EMPTY, Box::union);
    ImageF all = new ImageF(data);
    all.fill(Float.NaN);
    for (MaskedImage patch : patches) {
      paste(patch, all);
    }
    return new Mosaic(all, data);
  }

  private static Box dataBox(MaskedImage patch) {
    Box box = patch.box();
    MaskI mask = patch.mask();
    int xMin = Integer.MAX_VALUE;
    int yMin = Integer.MAX_VALUE;
    int xMax = Integer.MIN_VALUE;
    int yMax = Integer.MIN_VALUE;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        if ((mask.get(x, y) & MaskPlanes.NO_DATA) == 0) {
          xMin = Math.min(xMin, x);
          xMax = Math.max(xMax, x);
          yMin = Math.min(yMin, y);
          yMax = Math.max(yMax, y);
        }
      }
    }
    return Box.ofCorners(xMin, yMin, xMax, yMax);
  }

  private static void paste(MaskedImage patch, ImageF all) {
    Box overlap = patch.box().intersect(all.box());
    for (int y = overlap.y0(); y < overlap.y1(); y++) {
      for (int x = overlap.x0(); x < overlap.x1(); x++) {
        if ((patch.mask().get(x, y) & MaskPlanes.NO_DATA) == 0) {
          all.set(x, y, patch.image().get(x, y));
        }
      }
    }
  }

  private static BufferedImage render(
      List<String> bands, List<Mosaic> blueGreenRed, Box data, int step) {
    int width = Math.max(1, data.width() / step);
    int height = Math.max(1, data.height() / step);
    double sigma = skySigma(blueGreenRed.get(1).image()) / step;
    AsinhRgb rgb = new AsinhRgb(new AsinhRgb.Config(0, 12 * sigma, 8));
    double[] weight = ThreeBands.weights(bands);
    BufferedImage out = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
    for (int row = 0; row < height; row++) {
      for (int column = 0; column < width; column++) {
        int x = data.x0() + column * step;
        int y = data.y0() + row * step;
        double[] bgr = new double[3];
        for (int k = 0; k < 3; k++) {
          bgr[k] = binned(blueGreenRed.get(k).image(), x, y, step) * weight[k];
        }
        ThreeBands.impute(bgr);
        out.setRGB(column, height - 1 - row, rgb.color(bgr[2], bgr[1], bgr[0]));
      }
    }
    return out;
  }

  private static double binned(ImageF image, int x0, int y0, int step) {
    double sum = 0;
    int n = 0;
    for (int y = y0; y < y0 + step; y++) {
      for (int x = x0; x < x0 + step; x++) {
        if (image.box().contains(x, y) && Float.isFinite(image.get(x, y))) {
          sum += image.get(x, y);
          n++;
        }
      }
    }
    return n == 0 ? Double.NaN : sum / n;
  }

  private static double skySigma(ImageF image) {
    float[] values = image.toArray();
    int step = Math.max(1, values.length / 200_000);
    float[] sample = new float[values.length / step + 1];
    int n = 0;
    for (int i = 0; i < values.length; i += step) {
      sample[n++] = values[i];
    }
    return new ClippedStatistics(ClippedStatistics.Config.noise())
        .of(java.util.Arrays.copyOf(sample, n))
        .sdClip();
  }
}
