package org.starbeam.coadd;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
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
import org.starbeam.gaap.GaapPhotometer;
import org.starbeam.image.Box;
import org.starbeam.image.SpanSet;
import org.starbeam.measurement.Fields;
import org.starbeam.measurement.KronAperture;
import org.starbeam.measurement.MeasuredSource;
import org.starbeam.modelfit.EllipseShape;
import org.starbeam.modelfit.ModelFit;
import org.starbeam.modelfit.ModelFitter;
import org.starbeam.modelfit.ModelFitter.Model;

/**
 * Measures the objects of a region of the coadd in all bands (specs/04 section 5): blends are split
 * in all bands at once at the merged peaks, and once more where a culled peak turns out to be a
 * source ({@link PeakRecovery}), each leaf is measured alone with all others replaced by noise,
 * first with a centroid of its own in every band, then forced at the position of the reference
 * band; then parametric models are fitted to all members of a blend at once. Point-source fluxes of
 * blended objects are taken on the pixels less the deblender's models of the neighbours, GAaP
 * fluxes on those less the parametric ones, all else on the object's share of the pixels. Fluxes
 * are brought to the calibration flux by {@link PsfResponse}; errors hold the correlation of the
 * coadd's noise. Stars are told from galaxies at the end, when the objects of the region have shown
 * how wrong its PSF sizes are.
 *
 * <p>The result does not depend on the order of bands. Cost O(objects x bands x stamp pixels x
 * objects that overlap at a pixel), most of it in the joint models of large blends ({@link
 * ModelFitter}).
 */
public final class ObjectMeasurer {
  /**
   * @param priority bands, most trusted first; others follow by name
   * @param radii aperture radii in pixels, 12 among them
   * @param minReferenceSnr reference band of less S/N gives way to a better one
   * @param snrAdvantage by which that must be better
   * @param cellSize pixels over which the PSF is the same
   * @param pixelArcsec side of a pixel
   * @param deblending of blends
   * @param models parametric
   */
  public record Config(
      List<String> priority,
      List<Integer> radii,
      double minReferenceSnr,
      double snrAdvantage,
      int cellSize,
      double pixelArcsec,
      ScarletDeblender.Config deblending,
      ModelFitter.Config models)
      implements Serializable {
    public static Config defaults() {
      double pixelArcsec = 0.2;
      return new Config(
          List.of("i", "r", "z", "y", "g", "u"),
          List.of(3, 6, 9, 12, 17, 25),
          10,
          3,
          150,
          pixelArcsec,
          ScarletDeblender.Config.defaults(),
          ModelFitter.Config.defaults(pixelArcsec));
    }
  }

  /** What is told of parents while they are measured. */
  public interface Observer {
    /**
     * How the light of a parent was shared among its peaks.
     *
     * @param measured the parent with the culled peaks that were given back
     */
    default void shared(int parent, MergedParent measured, Redistribution split) {}

    /** A parent could not be measured; when this returns, its objects miss in the result. */
    default void failed(int parent, RuntimeException cause) {
      throw cause;
    }

    /** Hears nothing, bears no failure. */
    Observer NONE = new Observer() {};
  }

  /** Radius of the model and the PSF together beyond which a Kron radius is not believed. */
  private static final double KRON_SPREAD = 3;

  /** Sets the noise of one band apart from that of another: the golden ratio in 64 bits. */
  private static final long STRIDE = 0x9E3779B97F4A7C15L;

  private static final List<String> WAVELENGTHS = List.of("u", "g", "r", "i", "z", "y");

  private final Config config;
  private final BandFrame.Suites suites;
  private final ScarletDeblender deblender;
  private final GaapStage gaap = new GaapStage(GaapPhotometer.Config.defaults());
  private final ReferenceBand referenceBand;
  private final StarClassifier classifier;

  public ObjectMeasurer(Config config) {
    this.config = config;
    this.deblender = new ScarletDeblender(config.deblending());
    this.suites =
        new BandFrame.Suites(config.radii().stream().mapToInt(Integer::intValue).toArray());
    this.referenceBand = new ReferenceBand(config.minReferenceSnr(), config.snrAdvantage());
    this.classifier = new StarClassifier(config.pixelArcsec());
  }

  /** An object before its models, with what {@link GaapStage#shared} said of it. */
  private record Leaf(MeasuredObject object, Map<String, Double> shared) {}

  /**
   * Measures parents and sky positions. A parent that fails costs only its own objects.
   *
   * @param bands the same region in every band
   * @param parents with all their pixels inside the region
   * @param sky positions without a source, as {x, y}
   * @param seed of the noise that stands for neighbours
   */
  public List<MeasuredObject> measure(
      List<CoaddBand> bands,
      List<MergedParent> parents,
      List<int[]> sky,
      long seed,
      Observer observer) {
    List<CoaddBand> ordered =
        bands.stream()
            .sorted(
                Comparator.comparingInt((CoaddBand b) -> rank(b.band()))
                    .thenComparing(CoaddBand::band))
            .toList();
    List<Footprint> footprints = parents.stream().map(ObjectMeasurer::footprint).toList();
    List<BandFrame> frames = new ArrayList<>();
    for (CoaddBand band : ordered) {
      FootprintSet sources = new FootprintSet(footprints, band.image().box(), 0);
      long own = seed ^ STRIDE * band.band().hashCode();
      frames.add(new BandFrame(band, sources, own, config.cellSize(), suites, gaap.photometer));
    }
    CoaddModels models =
        new CoaddModels(config.models(), frames.stream().map(BandFrame::modelled).toList());
    List<MeasuredObject> out = new ArrayList<>();
    for (int i = 0; i < parents.size(); i++) {
      Footprint footprint = footprints.get(i);
      try {
        List<Leaf> leaves = leaves(i, parents.get(i), footprint, frames, models, observer);
        frames.forEach(f -> f.noise.insert(footprint));
        out.addAll(modelled(models, leaves, frames));
      } catch (RuntimeException e) {
        observer.failed(i, e);
      } finally {
        frames.forEach(f -> f.remove(footprint));
      }
    }
    for (int[] place : sky) {
      MergedPeak peak = new MergedPeak(place[0], place[1], 0, List.of());
      Leaf leaf = leaf(-1, peak, 1, null, null, frames, models, null);
      out.addAll(modelled(models, List.of(leaf), frames));
    }
    return classifier.classified(out, ordered);
  }

  /** The members of a family with what is measured on their joint models. */
  private List<MeasuredObject> modelled(
      CoaddModels models, List<Leaf> leaves, List<BandFrame> frames) {
    Box limits = frames.get(0).band.image().box();
    List<MeasuredObject> fitted = models.fit(leaves.stream().map(Leaf::object).toList(), limits);
    List<MeasuredObject> out = new ArrayList<>();
    for (MeasuredObject object :
        gaap.measured(fitted, leaves.stream().map(Leaf::shared).toList(), frames)) {
      flagSpreadKron(object, frames);
      out.add(object.withModels(scaled(object, frames)));
    }
    return out;
  }

  /** Models in the scale of the calibration flux. */
  private static Map<Model, ModelFit> scaled(MeasuredObject object, List<BandFrame> frames) {
    double x = object.peak().x();
    double y = object.peak().y();
    double[] factors = frames.stream().mapToDouble(f -> f.response(x, y).psfCorrection()).toArray();
    Map<Model, ModelFit> scaled = new EnumMap<>(Model.class);
    object.models().forEach((model, fit) -> scaled.put(model, fit.scaled(factors)));
    return scaled;
  }

  /** An aperture much wider than the model, seen through the PSF, holds others' light and noise. */
  private static void flagSpreadKron(MeasuredObject object, List<BandFrame> frames) {
    ModelFit fit = object.models().get(Model.SERSIC);
    EllipseShape shape =
        fit == null || !fit.flags().isEmpty() ? null : fit.model().components().get(0).shape();
    if (shape == null) {
      return;
    }
    MeasuredSource reference = object.reference();
    BandFrame frame = named(frames, object.refBand());
    double psf = KronAperture.psfRadius(frame.band.psf().shape(reference.x(), reference.y()));
    double most = KRON_SPREAD * Math.hypot(shape.major(), psf);
    for (MeasuredSource source : object.forced().values()) {
      if (source.get(Fields.KRON_RADIUS) > most) {
        source.setFlag(Fields.flag(Fields.KRON_FLUX));
      }
    }
  }

  private static BandFrame named(List<BandFrame> frames, String band) {
    return frames.stream().filter(f -> f.name().equals(band)).findFirst().orElseThrow();
  }

  private int rank(String band) {
    int index = config.priority().indexOf(band);
    return index < 0 ? config.priority().size() : index;
  }

  private static Footprint footprint(MergedParent parent) {
    return new Footprint(parent.runs(), pixels(parent));
  }

  private static List<Peak> pixels(MergedParent parent) {
    return parent.peaks().stream().map(ObjectMeasurer::pixel).toList();
  }

  private static Peak pixel(MergedPeak peak) {
    return new Peak(
        (int) Math.rint(peak.x()), (int) Math.rint(peak.y()), (float) peak.significance());
  }

  private List<Leaf> leaves(
      int index,
      MergedParent detected,
      Footprint footprint,
      List<BandFrame> frames,
      CoaddModels models,
      Observer observer) {
    Peak brightest = footprint.brightest();
    List<DeblendBand> bands =
        frames.stream()
            .sorted(Comparator.comparingInt(f -> wavelengthRank(f.name())))
            .map(
                f ->
                    new DeblendBand(
                        f.name(),
                        f.band.image(),
                        f.band.psf(),
                        f.background.at(brightest.x(), brightest.y())))
            .toList();
    Redistribution first = deblender.deblend(bands, footprint.spans(), pixels(detected));
    MergedParent parent = PeakRecovery.completed(detected, first, frames);
    List<Peak> peaks = pixels(parent);
    Redistribution split =
        parent == detected ? first : deblender.deblend(bands, footprint.spans(), peaks);
    observer.shared(index, parent, split);
    List<Leaf> out = new ArrayList<>();
    for (int i = 0; i < peaks.size(); i++) {
      DeblendedChild child = split.child(i);
      Map<String, SpanSet> ratio = new HashMap<>();
      Map<String, SpanSet> subtracted = new HashMap<>();
      for (BandFrame f : frames) {
        DeblendedChild.BandLight light = child.band(f.name());
        ratio.put(f.name(), light.pixels());
        f.noise.insert(light.pixels(), light.ratio());
        SpanSet region = footprint.spans().clip(light.subtracted().box());
        subtracted.put(f.name(), region);
        f.subtracted.insert(region, light.subtracted());
      }
      out.add(
          leaf(
              index, parent.peaks().get(i), peaks.size(), split, child, frames, models, footprint));
      for (BandFrame f : frames) {
        f.noise.remove(ratio.getOrDefault(f.name(), SpanSet.EMPTY));
        f.subtracted.remove(subtracted.getOrDefault(f.name(), SpanSet.EMPTY));
      }
    }
    return out;
  }

  private static int wavelengthRank(String band) {
    int index = WAVELENGTHS.indexOf(band);
    return index < 0 ? WAVELENGTHS.size() : index;
  }

  private Leaf leaf(
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
              : new MeasuredSource(pixel(peak), own(footprint, child, f.name(), peak));
      f.measureFree(source, blended);
      free.put(f.name(), source);
    }
    String refBand = referenceBand.of(peak.bands(), free);
    BandFrame refFrame = named(frames, refBand);
    MeasuredSource reference = Objects.requireNonNull(free.get(refBand));
    KronAperture kron = refFrame.kron(reference);
    Map<String, MeasuredSource> forced = new LinkedHashMap<>();
    Map<String, Double> deltas = new HashMap<>();
    for (BandFrame f : frames) {
      MeasuredSource source = MeasuredSource.at(reference.x(), reference.y());
      deltas.put(f.name(), f.measureForced(source, blended));
      f.measureKron(kron, source);
      f.measureUndeblended(source);
      forced.put(f.name(), source);
    }
    models.addComposite(free, forced, refBand);
    for (BandFrame f : frames) {
      f.finish(Objects.requireNonNull(free.get(f.name())));
      f.finish(Objects.requireNonNull(forced.get(f.name())));
    }
    ObjectBlend blend =
        split == null || child == null ? null : ObjectBlend.of(split, child, family, deltas);
    MeasuredObject object =
        new MeasuredObject(
            parent,
            peak,
            family,
            blend,
            refBand,
            free,
            forced,
            Map.of(),
            gaap.optimal(reference, refFrame),
            Map.of(),
            Double.NaN,
            false);
    return new Leaf(object, blended ? gaap.shared(reference, frames) : Map.of());
  }

  /** The pixels of a leaf: those where its model has light, else those of its parent. */
  private static Footprint own(
      Footprint parent, @Nullable DeblendedChild child, String band, MergedPeak peak) {
    SpanSet pixels = child == null || child.blend() < 0 ? SpanSet.EMPTY : child.band(band).pixels();
    return new Footprint(pixels.isEmpty() ? parent.spans() : pixels, List.of(pixel(peak)));
  }
}
