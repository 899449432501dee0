package org.starbeam.coadd;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;
import org.starbeam.image.MaskedImage;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.PsfFlux;
import org.starbeam.modelfit.BandPixels;
import org.starbeam.modelfit.CModel;
import org.starbeam.modelfit.EllipseShape;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter;
import org.starbeam.modelfit.ModelFitter.Model;
import org.starbeam.modelfit.ModelTarget;
import org.starbeam.modelfit.PsfMixture;
import org.starbeam.modelfit.PsfMixtureFitter;

/**
 * Fits the models of {@link ModelFitter} to the leaves of a parent on the pixels of the coadd as
 * they are, other parents replaced by noise. The PSF's mixture is made once per cell and band.
 */
public final class CoaddModels {
  /** Prefix of the flag of the composite model. */
  public static final String C_MODEL = "cModel";

  /** Flux of the composite model. */
  public static final String C_MODEL_FLUX = "cModelFlux";

  /** Share of the de Vaucouleurs profile in it. */
  public static final String C_MODEL_FRACTION = "cModel_fracDev";

  private static final int MAX_HALF = 100;

  private final ModelFitter fitter;
  private final CModel composite;
  private final List<Band> bands;

  /**
   * What is seen of a band.
   *
   * @param image with neighbours replaced
   * @param coadd the band's coadd, PSF and noise
   * @param background variance of the sky
   * @param mixtures of the PSF
   */
  record Band(
      MaskedImage image,
      CoaddBand coadd,
      BackgroundVariance background,
      CellValues<PsfMixture> mixtures) {
    PsfMixture mixture(double x, double y) {
      return mixtures.at(x, y, () -> PsfMixtureFitter.fit(coadd.psf().kernelImage(x, y)));
    }
  }

  CoaddModels(ModelFitter.Config config, List<Band> bands) {
    this.fitter = new ModelFitter(config);
    this.composite = new CModel(config.pixelArcsec(), MAX_HALF);
    this.bands = List.copyOf(bands);
  }

  /**
   * Fits the leaves of a parent.
   *
   * @param limits box that the pixels are taken from
   * @return the same objects with their models
   */
  List<MeasuredObject> fit(List<MeasuredObject> leaves, Box limits) {
    List<ModelTarget> targets = leaves.stream().map(this::target).toList();
    double x = leaves.get(0).peak().x();
    double y = leaves.get(0).peak().y();
    List<Map<Model, ModelFit>> fits =
        fitter.fit(bands.size(), (b, box) -> pixels(b, box, x, y), limits, targets);
    List<MeasuredObject> out = new ArrayList<>();
    for (int i = 0; i < leaves.size(); i++) {
      out.add(leaves.get(i).withModels(new EnumMap<>(fits.get(i))));
    }
    return out;
  }

  /**
   * Adds the composite model fluxes to a leaf: free in every band, and with the structure of the
   * reference band at its position. Neighbours must be out of the pixels.
   */
  void addComposite(
      Map<String, MeasuredSource> free, Map<String, MeasuredSource> forced, String refBand) {
    CModel.Result reference = null;
    for (int b = 0; b < bands.size(); b++) {
      String band = bands.get(b).coadd().band();
      MeasuredSource source = free.get(band);
      if (source != null && Double.isFinite(source.x()) && Double.isFinite(source.y())) {
        CModel.Result result =
            composite.fit(source(b, source), source.x(), source.y(), moments(source));
        store(source, result);
        reference = band.equals(refBand) ? result : reference;
      }
    }
    for (int b = 0; b < bands.size(); b++) {
      String band = bands.get(b).coadd().band();
      MeasuredSource source = forced.get(band);
      if (source != null) {
        CModel.Result result = reference;
        if (reference != null && !band.equals(refBand)) {
          result = composite.forced(source(b, source), reference.structure());
        }
        store(source, result);
      }
    }
  }

  /** The pixels of a band, with the PSF and the sky where a source is. */
  private CModel.PixelSource source(int b, MeasuredSource source) {
    Box image = bands.get(b).image().box();
    return box -> pixels(b, box.intersect(image), source.x(), source.y());
  }

  private static void store(MeasuredSource source, CModel.@Nullable Result result) {
    source.setFlag(Fields.flag(C_MODEL), result == null);
    if (result != null) {
      source.set(C_MODEL_FLUX, result.flux());
      source.set(Fields.err(C_MODEL_FLUX), result.fluxErr());
      source.set(C_MODEL_FRACTION, result.fracDev());
    }
  }

  private ModelTarget target(MeasuredObject leaf) {
    MeasuredSource reference = leaf.reference();
    double[] fluxes = new double[bands.size()];
    double square = 0;
    for (int b = 0; b < fluxes.length; b++) {
      MeasuredSource source = leaf.forced().get(bands.get(b).coadd().band());
      fluxes[b] = source == null ? Double.NaN : source.get(Fields.PSF_FLUX);
      double snr = source == null ? 0 : fluxes[b] / source.get(Fields.err(Fields.PSF_FLUX));
      square += Double.isFinite(snr) ? snr * snr : 0;
    }
    return new ModelTarget(
        reference.x(), reference.y(), moments(reference), fluxes, Math.sqrt(square));
  }

  private static @Nullable EllipseShape moments(MeasuredSource source) {
    double xx = source.get(Fields.IXX);
    double xy = source.get(Fields.IXY);
    double yy = source.get(Fields.IYY);
    return xx > 0 && yy > 0 && xy * xy < 0.99 * xx * yy ? EllipseShape.ofMoments(xx, xy, yy) : null;
  }

  private BandPixels pixels(int b, Box box, double x, double y) {
    Band band = bands.get(b);
    MaskedImage image = band.image();
    double[] data = new double[box.area()];
    double[] weight = new double[data.length];
    double[] variance = new double[data.length];
    double sky = band.background().at((int) Math.rint(x), (int) Math.rint(y));
    int p = 0;
    for (int v = box.y0(); v < box.y1(); v++) {
      for (int u = box.x0(); u < box.x1(); u++) {
        float value = image.image().get(u, v);
        float noise = image.variance().get(u, v);
        boolean usable =
            sky > 0
                && (image.mask().get(u, v) & PsfFlux.REJECTED) == 0
                && noise > 0
                && Float.isFinite(noise)
                && Float.isFinite(value);
        if (usable) {
          data[p] = value;
          weight[p] = 1 / sky;
          variance[p] = noise;
        }
        p++;
      }
    }
    return new BandPixels(box, data, weight, variance, band.mixture(x, y), band.coadd().noise());
  }
}
