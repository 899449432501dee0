package org.starbeam.coadd;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;
import org.starbeam.deblend.DeblendBand;
import org.starbeam.deblend.DeblendedChild;
import org.starbeam.deblend.Redistribution;
import org.starbeam.deblend.ScarletDeblender;
import org.starbeam.detection.Footprint;
import org.starbeam.detection.FootprintSet;
import org.starbeam.detection.MergedParent;
import org.starbeam.detection.MergedPeak;
import org.starbeam.detection.Peak;
import org.starbeam.gaap.Aperture;
import org.starbeam.gaap.CellDuals;
import org.starbeam.gaap.GaapFluxes;
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.gaap.LightModel;
import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.Centroid;
import org.starbeam.measurement.Extendedness;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.measurement.MeasurementFrame;
import org.starbeam.measurement.MeasurementSuite;
import org.starbeam.measurement.NeighbourNoise;
import org.starbeam.measurement.PsfFlux;
import org.starbeam.measurement.StandardSuite;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter.Model;

/**
 * Measures the objects of a region of the coadd in all bands (specs/04 section 5): blends are split
 * in all bands at once at the merged peaks, each leaf is measured alone with all others replaced by
 * noise, first with a centroid of its own in every band, then forced at the position of the
 * reference band, with GAaP fluxes there. Point-source fluxes of blended objects are taken on the
 * pixels less the models of the neighbours, all else on the object's share of the pixels. Fluxes
 * are brought to the 12 pixel aperture by {@link PsfResponse}; errors hold the correlation of the
 * coadd's noise. Stars are told from galaxies at the end, when the objects of the region have shown
 * how wrong its PSF sizes are.
 *
 * <p>The result does not depend on the order of bands. Cost O(objects x bands x stamp pixels).
 */
public final class ObjectMeasurer {
  /**
   * @param priority bands, most trusted first; others follow by name
   * @param radii aperture radii in pixels, 12 among them
   * @param minReferenceSnr reference band of less S/N gives way to a better one
   * @param snrAdvantage by which that must be better
   * @param cellSize pixels over which the PSF is the same
   * @param pixelArcsec side of a pixel
   */
  public record Config(
      List<String> priority,
      List<Integer> radii,
      double minReferenceSnr,
      double snrAdvantage,
      int cellSize,
      double pixelArcsec)
      implements Serializable {
    public static Config defaults() {
      return new Config(
          List.of("i", "r", "z", "y", "g", "u"), List.of(3, 6, 9, 12, 17, 25), 10, 3, 150, 0.2);
    }
  }

  private static final List<String> WAVELENGTHS = List.of("u", "g", "r", "i", "z", "y");

  private final Config config;
  private final MeasurementSuite freeSuite;
  private final MeasurementSuite forcedSuite;
  private final MeasurementSuite psfSuite = new MeasurementSuite(List.of(new PsfFlux(true)));
  private final ScarletDeblender deblender;
  private final GaapPhotometer photometer = new GaapPhotometer(GaapPhotometer.Config.defaults());
  private final StarClassifier classifier;
  private final int[] radii;

  public ObjectMeasurer(Config config, ScarletDeblender deblender) {
    this.config = config;
    this.deblender = deblender;
    this.radii = config.radii().stream().mapToInt(Integer::intValue).toArray();
    this.freeSuite = StandardSuite.catalogue(Centroid.Config.defaults(), radii);
    this.forcedSuite = StandardSuite.forced(radii);
    this.classifier = new StarClassifier(config.pixelArcsec());
  }

  /** The state of one band while objects are measured. */
  private final class BandFrame {
    final CoaddBand band;
    final NeighbourNoise noise;
    final MeasurementFrame frame;
    final NeighbourNoise subtracted;
    final MeasurementFrame subtractedFrame;
    final BackgroundVariance background;
    final GaapPhotometer.Band gaap;
    final CellValues<PsfResponse> responses = new CellValues<>(config.cellSize());
    final CellValues<CellDuals> duals = new CellValues<>(config.cellSize());

    BandFrame(CoaddBand band, FootprintSet sources, long seed) {
      this.band = band;
      this.noise = new NeighbourNoise(band.image(), sources, seed);
      this.frame = new MeasurementFrame(noise.image(), band.image(), band.psf());
      this.subtracted = new NeighbourNoise(band.image(), sources, seed);
      this.subtractedFrame = new MeasurementFrame(subtracted.image(), band.image(), band.psf());
      this.background = new BackgroundVariance(band.image(), sources, config.cellSize());
      this.gaap = photometer.band(band.noise());
    }

    CoaddModels.Band modelled() {
      return new CoaddModels.Band(
          noise.image(), band, background, new CellValues<>(config.cellSize()));
    }

    CellDuals duals(double x, double y) {
      return duals.at(x, y, () -> gaap.cell(band.psf(), x, y));
    }

    PsfResponse response(double x, double y) {
      return responses.at(
          x, y, () -> PsfResponse.of(band.psf(), x, y, band.noise(), forcedSuite, radii));
    }
  }

  /**
   * Measures parents and sky positions.
   *
   * @param bands the same region in every band
   * @param parents with all their pixels inside the region
   * @param sky positions without a source, as {x, y}
   * @param seed of the noise that stands for neighbours
   */
  public List<MeasuredObject> measure(
      List<CoaddBand> bands, List<MergedParent> parents, List<int[]> sky, long seed) {
    return measure(bands, parents, sky, seed, (parent, split) -> {});
  }

  /**
   * The same, with what became of each parent.
   *
   * @param splits gets the index of each parent and how its light was shared
   */
  public List<MeasuredObject> measure(
      List<CoaddBand> bands,
      List<MergedParent> parents,
      List<int[]> sky,
      long seed,
      BiConsumer<Integer, Redistribution> splits) {
    List<CoaddBand> ordered =
        bands.stream()
            .sorted(
                Comparator.comparingInt((CoaddBand b) -> rank(b.band()))
                    .thenComparing(CoaddBand::band))
            .toList();
    List<Footprint> footprints = parents.stream().map(ObjectMeasurer::footprint).toList();
    List<BandFrame> frames = new ArrayList<>();
    for (CoaddBand band : ordered) {
      frames.add(new BandFrame(band, new FootprintSet(footprints, band.image().box(), 0), seed));
    }
    CoaddModels models =
        new CoaddModels(config.pixelArcsec(), frames.stream().map(BandFrame::modelled).toList());
    List<MeasuredObject> out = new ArrayList<>();
    for (int i = 0; i < parents.size(); i++) {
      Footprint footprint = footprints.get(i);
      List<MeasuredObject> leaves = new ArrayList<>();
      measureParent(i, parents.get(i), footprint, frames, models, splits, leaves);
      frames.forEach(f -> f.noise.insert(footprint));
      out.addAll(modelled(models, leaves, frames));
      frames.forEach(f -> f.noise.remove(footprint));
    }
    for (int[] place : sky) {
      MergedPeak peak = new MergedPeak(place[0], place[1], 0, List.of());
      MeasuredObject object = leaf(-1, peak, 1, null, null, frames, models, null);
      out.addAll(modelled(models, List.of(object), frames));
    }
    return classifier.classified(out, ordered);
  }

  /** The objects with their models, in the flux scale of the 12 pixel aperture. */
  private static List<MeasuredObject> modelled(
      CoaddModels models, List<MeasuredObject> leaves, List<BandFrame> frames) {
    Box limits = frames.get(0).band.image().box();
    return models.fit(leaves, limits).stream()
        .map(
            object -> {
              Map<Model, ModelFit> scaled = new EnumMap<>(Model.class);
              double[] factors =
                  frames.stream()
                      .mapToDouble(
                          f -> f.response(object.peak().x(), object.peak().y()).psfCorrection())
                      .toArray();
              object.models().forEach((model, fit) -> scaled.put(model, fit.scaled(factors)));
              return object.withModels(scaled);
            })
        .toList();
  }

  private int rank(String band) {
    int index = config.priority().indexOf(band);
    return index < 0 ? config.priority().size() : index;
  }

  private static Footprint footprint(MergedParent parent) {
    List<Peak> peaks = parent.peaks().stream().map(ObjectMeasurer::pixel).toList();
    return new Footprint(parent.runs(), peaks);
  }

  private static Peak pixel(MergedPeak peak) {
    return new Peak(
        (int) Math.rint(peak.x()), (int) Math.rint(peak.y()), (float) peak.significance());
  }

  private void measureParent(
      int index,
      MergedParent parent,
      Footprint footprint,
      List<BandFrame> frames,
      CoaddModels models,
      BiConsumer<Integer, Redistribution> splits,
      List<MeasuredObject> out) {
    Peak first = footprint.brightest();
    List<DeblendBand> bands =
        frames.stream()
            .sorted(Comparator.comparingInt(f -> wavelengthRank(f.band.band())))
            .map(
                f ->
                    new DeblendBand(
                        f.band.band(),
                        f.band.image(),
                        f.band.psf(),
                        f.background.at(first.x(), first.y())))
            .toList();
    List<Peak> peaks = parent.peaks().stream().map(ObjectMeasurer::pixel).toList();
    Redistribution split = deblender.deblend(bands, footprint.spans(), peaks);
    splits.accept(index, split);
    for (int i = 0; i < peaks.size(); i++) {
      DeblendedChild child = split.child(i);
      Map<String, SpanSet> ratio = new HashMap<>();
      Map<String, SpanSet> subtracted = new HashMap<>();
      for (BandFrame f : frames) {
        DeblendedChild.BandLight light = child.band(f.band.band());
        ratio.put(f.band.band(), light.pixels());
        f.noise.insert(light.pixels(), light.ratio());
        SpanSet region = footprint.spans().clip(light.subtracted().box());
        subtracted.put(f.band.band(), region);
        f.subtracted.insert(region, light.subtracted());
      }
      out.add(
          leaf(
              index, parent.peaks().get(i), peaks.size(), split, child, frames, models, footprint));
      for (BandFrame f : frames) {
        f.noise.remove(ratio.getOrDefault(f.band.band(), SpanSet.EMPTY));
        f.subtracted.remove(subtracted.getOrDefault(f.band.band(), SpanSet.EMPTY));
      }
    }
  }

  private static int wavelengthRank(String band) {
    int index = WAVELENGTHS.indexOf(band);
    return index < 0 ? WAVELENGTHS.size() : index;
  }

  private MeasuredObject leaf(
      int parent,
      MergedPeak peak,
      int family,
      @Nullable Redistribution split,
      @Nullable DeblendedChild child,
      List<BandFrame> frames,
      CoaddModels models,
      @Nullable Footprint footprint) {
    boolean blended = child != null && child.blend() >= 0;
    Map<String, MeasuredSource> free = new LinkedHashMap<>();
    for (BandFrame f : frames) {
      MeasuredSource source =
          footprint == null
              ? MeasuredSource.at(peak.x(), peak.y())
              : new MeasuredSource(pixel(peak), own(footprint, child, f.band.band(), peak));
      (footprint == null ? forcedSuite : freeSuite).measure(f.frame, source);
      if (blended) {
        withoutNeighbours(f, source);
      }
      correct(f, source, footprint == null ? forcedSuite : freeSuite);
      source.set(Fields.NEIGHBOUR_LIGHT, neighbourLight(f, source));
      free.put(f.band.band(), source);
    }
    String refBand = referenceBand(peak, free);
    MeasuredSource reference = free.get(refBand);
    if (reference == null) {
      throw new IllegalStateException("no band to measure in");
    }
    Map<String, MeasuredSource> forced = new LinkedHashMap<>();
    Map<String, Double> deltas = new HashMap<>();
    for (BandFrame f : frames) {
      MeasuredSource source = MeasuredSource.at(reference.x(), reference.y());
      forcedSuite.measure(f.frame, source);
      if (blended) {
        deltas.put(f.band.band(), withoutNeighbours(f, source));
      }
      correct(f, source, forcedSuite);
      forced.put(f.band.band(), source);
    }
    models.addComposite(free, forced, refBand);
    for (BandFrame f : frames) {
      finish(f, free.get(f.band.band()));
      finish(f, forced.get(f.band.band()));
    }
    Aperture optimal = optimal(reference, refBand, frames);
    Map<String, GaapFluxes> gaap = gaap(reference, refBand, optimal, frames);
    return new MeasuredObject(
        parent,
        peak,
        family,
        split == null || child == null ? null : ObjectBlend.of(split, child, family, deltas),
        refBand,
        free,
        forced,
        Map.of(),
        optimal,
        gaap,
        Double.NaN);
  }

  /** The pixels of a leaf: those where its model has light, else those of its parent. */
  private static Footprint own(
      Footprint parent, @Nullable DeblendedChild child, String band, MergedPeak peak) {
    SpanSet pixels = child == null || child.blend() < 0 ? SpanSet.EMPTY : child.band(band).pixels();
    return new Footprint(pixels.isEmpty() ? parent.spans() : pixels, List.of(pixel(peak)));
  }

  /**
   * Takes the point-source flux of a source on the pixels less the models of its neighbours.
   *
   * @return by how many errors the flux of its share of the pixels is larger
   */
  private double withoutNeighbours(BandFrame f, MeasuredSource source) {
    double ratio = source.get(Fields.PSF_FLUX);
    psfSuite.measure(f.subtractedFrame, source);
    return (ratio - source.get(Fields.PSF_FLUX)) / source.get(Fields.err(Fields.PSF_FLUX));
  }

  /** Composite flux in the scale of the others, and what it says of stars and galaxies. */
  private static void finish(BandFrame f, @Nullable MeasuredSource source) {
    if (source == null) {
      return;
    }
    scale(source, CoaddModels.C_MODEL_FLUX, f.response(source.x(), source.y()).psfCorrection(), 1);
    double model = source.get(CoaddModels.C_MODEL_FLUX);
    double psf = source.get(Fields.PSF_FLUX);
    source.setFlag(Fields.flag(Fields.EXTENDEDNESS), Double.isNaN(model + psf));
    source.set(
        Fields.EXTENDEDNESS, Double.isNaN(model + psf) ? Double.NaN : Extendedness.of(psf, model));
  }

  /** sum(w (all - own)) / sum(w own) with the moments of the PSF, doubled, as weight. */
  private static double neighbourLight(BandFrame f, MeasuredSource source) {
    Aperture psf = f.duals(source.x(), source.y()).shape();
    Aperture weight = psf.plus(psf);
    if (!weight.isValid()) {
      return Double.NaN;
    }
    int reach = (int) Math.ceil(3 * Math.sqrt(weight.largest()));
    Box box =
        Box.around((int) Math.rint(source.x()), (int) Math.rint(source.y()), reach)
            .intersect(f.band.image().box());
    double all = 0;
    double own = 0;
    for (int y = box.y0(); y < box.y1(); y++) {
      for (int x = box.x0(); x < box.x1(); x++) {
        double w = weight.weight(x - source.x(), y - source.y());
        all += w * f.band.image().image().get(x, y);
        own += w * f.noise.image().image().get(x, y);
      }
    }
    return own > 0 ? Math.max(0, all - own) / own : Double.NaN;
  }

  private Aperture optimal(MeasuredSource reference, String refBand, List<BandFrame> frames) {
    Aperture psf = psfShape(reference, refBand, frames);
    Aperture own = moments(reference);
    return photometer.optimal(own.isValid() ? own : psf, psf);
  }

  private static Aperture psfShape(
      MeasuredSource reference, String refBand, List<BandFrame> frames) {
    return frames.stream()
        .filter(f -> f.band.band().equals(refBand))
        .findFirst()
        .orElseThrow()
        .duals(reference.x(), reference.y())
        .shape();
  }

  /** Moments with seeing; without an ellipse where they failed. */
  private static Aperture moments(MeasuredSource source) {
    return source.flag(Fields.flag(Fields.SHAPE))
        ? new Aperture(Double.NaN, Double.NaN, Double.NaN)
        : new Aperture(source.get(Fields.IXX), source.get(Fields.IYY), source.get(Fields.IXY));
  }

  /** GAaP fluxes at the reference position; neighbours are replaced by noise in the frames. */
  private Map<String, GaapFluxes> gaap(
      MeasuredSource reference, String refBand, Aperture optimal, List<BandFrame> frames) {
    Aperture own = moments(reference).minus(psfShape(reference, refBand, frames));
    Map<String, GaapFluxes> out = new LinkedHashMap<>();
    for (BandFrame f : frames) {
      double x = reference.x();
      double y = reference.y();
      CellDuals duals = f.duals(x, y);
      Aperture seen = own.smallest() > 0 ? own.plus(duals.shape()) : duals.shape();
      GaapFluxes fluxes =
          photometer.measure(
              f.noise.image(),
              x,
              y,
              duals,
              optimal,
              LightModel.NONE,
              LightModel.gaussian(x, y, seen));
      out.put(f.band.band(), fluxes.times(f.response(x, y).gaapCorrection()));
    }
    return out;
  }

  private void correct(BandFrame f, MeasuredSource source, MeasurementSuite suite) {
    PsfResponse response = f.response(source.x(), source.y());
    scale(source, Fields.PSF_FLUX, response.psfCorrection(), response.psfErrorFactor());
    scale(source, Fields.GAUSSIAN_FLUX, response.gaussianCorrection(), response.psfErrorFactor());
    source.set(Fields.TRACE_ERR, source.get(Fields.TRACE_ERR) * response.sizeErrorFactor());
    double twelve = response.apertureErrorFactor().getOrDefault(12, 1.0);
    scale(source, Fields.CALIB_FLUX, response.calibCorrection(), twelve);
    for (int radius : radii) {
      double factor = response.apertureErrorFactor().getOrDefault(radius, 1.0);
      scale(source, Fields.aperture(radius), 1, factor);
    }
    for (String error : List.of(Fields.X_ERR, Fields.Y_ERR)) {
      source.set(error, source.get(error) * response.psfErrorFactor());
    }
    suite.finish(f.frame, source);
  }

  private static void scale(
      MeasuredSource source, String flux, double correction, double errorFactor) {
    source.set(flux, source.get(flux) * correction);
    source.set(Fields.err(flux), source.get(Fields.err(flux)) * correction * errorFactor);
  }

  /** The band that gives position and shape; bands come in priority order. */
  private String referenceBand(MergedPeak peak, Map<String, MeasuredSource> byBand) {
    String best = "";
    String firstGood = "";
    for (Map.Entry<String, MeasuredSource> entry : byBand.entrySet()) {
      if (best.isEmpty() || snr(entry.getValue()) > snr(byBand, best)) {
        best = entry.getKey();
      }
      boolean seen = peak.bands().isEmpty() || peak.bands().contains(entry.getKey());
      if (firstGood.isEmpty() && seen && isGood(entry.getValue())) {
        firstGood = entry.getKey();
      }
    }
    if (firstGood.isEmpty()) {
      return best;
    }
    boolean weak = snr(byBand, firstGood) < config.minReferenceSnr();
    boolean better = snr(byBand, best) > snr(byBand, firstGood) + config.snrAdvantage();
    return weak && better ? best : firstGood;
  }

  private static double snr(Map<String, MeasuredSource> byBand, String band) {
    MeasuredSource source = byBand.get(band);
    return source == null ? Double.NEGATIVE_INFINITY : snr(source);
  }

  private static double snr(MeasuredSource source) {
    double snr = source.get(Fields.PSF_FLUX) / source.get(Fields.err(Fields.PSF_FLUX));
    return Double.isFinite(snr) ? snr : Double.NEGATIVE_INFINITY;
  }

  private static boolean isGood(MeasuredSource source) {
    return !source.flag(Fields.pixelFlag("interpolatedCenter"))
        && !source.flag(Fields.pixelFlag("saturatedCenter"))
        && !source.flag(Fields.pixelFlag("edge"))
        && !source.flag(Fields.flag(Fields.PSF_FLUX))
        && Double.isFinite(source.get(Fields.PSF_FLUX));
  }
}
