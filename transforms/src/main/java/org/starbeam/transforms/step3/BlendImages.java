package org.starbeam.transforms.step3;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.starbeam.deblend.BlendRenderer;
import org.starbeam.deblend.ScarletBlend;
import org.starbeam.image.Box;
import org.starbeam.image.ImageD;
import org.starbeam.image.ImageF;
import org.starbeam.image.MaskedImage;
import org.starbeam.psf.PsfModel;
import org.starbeam.schema.ScarletBlendRow;

/**
 * A kept blend beside the pixels that it was fitted to.
 *
 * @param bands modelled bands
 * @param pixels of the coadd by band, nJy, tract pixels
 * @param models sum of the sources' models by band, over the same pixels
 * @param peaks {x, y} of the sources that have a peak
 */
public record BlendImages(
    List<String> bands, List<MaskedImage> pixels, List<ImageF> models, List<int[]> peaks) {
  /** Pixels around the box of a blend. */
  private static final int MARGIN = 4;

  public BlendImages {
    bands = List.copyOf(bands);
    pixels = List.copyOf(pixels);
    models = List.copyOf(models);
    peaks = List.copyOf(peaks);
  }

  /**
   * Reads the pixels of a blend and renders its model.
   *
   * @param coadds file of the {@code deep_coadd} of the blend's patch for every band
   */
  public static BlendImages of(ScarletBlendRow row, Map<String, Path> coadds) {
    ScarletBlend blend = ScarletRows.blend(row);
    Box box = blend.box().grow(MARGIN);
    Map<String, PsfModel> psfs = new LinkedHashMap<>();
    List<MaskedImage> pixels = new ArrayList<>();
    for (String band : blend.bands()) {
      Path file = coadds.get(band);
      if (file == null) {
        throw new IllegalArgumentException("no coadd of band " + band);
      }
      CoaddRegion region = CoaddRegion.read(file, band, box);
      psfs.put(band, region.psf());
      pixels.add(region.band().image());
    }
    List<ImageD> kernels = BlendRenderer.kernels(blend, psfs);
    BlendRenderer renderer = new BlendRenderer();
    List<ImageF> models = new ArrayList<>();
    for (int b = 0; b < blend.bands().size(); b++) {
      ImageF model = new ImageF(box);
      for (ScarletBlend.Source source : blend.sources()) {
        model.add(renderer.render(blend, kernels, source, b));
      }
      models.add(model);
    }
    List<int[]> peaks =
        blend.sources().stream()
            .filter(source -> source.peak() >= 0)
            .map(source -> new int[] {source.x(), source.y()})
            .toList();
    return new BlendImages(blend.bands(), pixels, models, peaks);
  }
}
