package org.starbeam.modelfit;

import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.starbeam.image.Box;

/**
 * The composite model of a band (specs/04 section 5): an exponential and a de Vaucouleurs profile
 * are fitted apart, each with its own ellipse around a centre that is held; then their amplitudes
 * together, not negative, with both ellipses as they are. The pixels have equal weights, so that a
 * flux is not biased by the noise of the object itself. Sizes above 0.37 arcsec are a little
 * improbable, smaller ones are all alike.
 *
 * <p>The pixels are those within three half-light ellipses of an exponential, grown by two sigma of
 * the PSF. That exponential is fitted in a box of three sigma of the moments, which see the core
 * only: for a galaxy with a steep core it would hold half of the light of the model.
 */
public final class CModel {
  private static final JointFit.Config HELD_CENTRE = new JointFit.Config(60, 1e-5, 1e-3, 0);
  private static final double MEAN_SIZE = Math.log10(Math.exp(-1));
  private static final double SIZE_SIGMA = 0.45 / Math.log(10);
  private static final double BULGE_INDEX = 4;
  private static final double MIN_PIXELS = 20;

  /** Half-light ellipses in the region. */
  private static final double REACH = 3;

  private static final double PSF_SIGMAS = 2;
  private static final int MIN_HALF = 10;

  private final ShapePrior prior;
  private final int maxHalf;

  /**
   * @param pixelArcsec side of a pixel
   * @param maxHalf largest semi-axis of the region, pixels
   */
  public CModel(double pixelArcsec, int maxHalf) {
    this.maxHalf = maxHalf;
    prior =
        new ShapePrior(
            MEAN_SIZE - Math.log10(pixelArcsec),
            SIZE_SIGMA,
            true,
            0.7,
            1,
            1,
            Double.POSITIVE_INFINITY,
            0,
            0,
            Double.POSITIVE_INFINITY);
  }

  /** Where the pixels come from. */
  @FunctionalInterface
  public interface PixelSource {
    /** The pixels of a box, in arrays that may be changed. */
    BandPixels pixels(Box box);
  }

  /** The ellipses of an object as a band shows them, with what noise makes of them. */
  public static final class Structure {
    final SourceModel model;
    final FitRegion region;
    final EllipseNoise noise;

    Structure(SourceModel model, FitRegion region, EllipseNoise noise) {
      this.model = model;
      this.region = region;
      this.noise = noise;
    }

    /** Exponential, then de Vaucouleurs. */
    public SourceModel model() {
      return model;
    }
  }

  /**
   * A flux with the structure that it belongs to.
   *
   * @param flux nJy, divided by the consistency of the PSF's mixture
   * @param fluxErr see {@link CompositeFlux}
   * @param fracDev share of the de Vaucouleurs profile
   */
  public record Result(Structure structure, double flux, double fluxErr, double fracDev) {}

  /**
   * Finds structure and flux; null when there are too few pixels.
   *
   * @param seen moments with seeing; null when there are none
   */
  public @Nullable Result fit(PixelSource source, double x, double y, @Nullable EllipseShape seen) {
    BandPixels core = source.pixels(core(x, y, seen));
    if (core.used() < MIN_PIXELS) {
      return null;
    }
    double sigma = core.psf().effectiveSigma();
    EllipseShape start = shape(best(core, x, y, EllipseShape.start(seen, sigma), 1));
    FitRegion region = FitRegion.around(x, y, start, REACH, PSF_SIGMAS * sigma, MIN_HALF, maxHalf);
    BandPixels pixels = region.trim(source.pixels(region.box()));
    if (pixels.used() < MIN_PIXELS) {
      return null;
    }
    FitResult disk = best(pixels, x, y, start, 1);
    FitResult bulge = best(pixels, x, y, shape(disk), BULGE_INDEX);
    SourceModel model =
        new SourceModel(
            x,
            y,
            List.of(
                disk.models().get(0).components().get(0),
                bulge.models().get(0).components().get(0)));
    CompositePlanes planes = new CompositePlanes(pixels, model);
    EllipseNoise noise = new EllipseNoise(planes, List.of(disk, bulge), prior);
    return result(planes, new Structure(model, region, noise));
  }

  private FitResult best(BandPixels pixels, double x, double y, EllipseShape shape, double index) {
    List<SourceModel> start = List.of(SourceModel.fixed(x, y, shape, index));
    return JointFit.structure(List.of(pixels), start, start, List.of(prior), HELD_CENTRE);
  }

  private static EllipseShape shape(FitResult fit) {
    return Objects.requireNonNull(fit.models().get(0).components().get(0).shape());
  }

  /** The flux with a given structure; null when there are too few pixels. */
  public @Nullable Result forced(PixelSource source, Structure structure) {
    BandPixels pixels = structure.region.trim(source.pixels(structure.region.box()));
    return pixels.used() < MIN_PIXELS
        ? null
        : result(new CompositePlanes(pixels, structure.model), structure);
  }

  private static Result result(CompositePlanes planes, Structure structure) {
    CompositeFlux flux = new CompositeFlux(planes);
    double scale = 1 / planes.pixels.psf().consistency();
    double error = flux.error(structure.model, structure.noise);
    return new Result(structure, flux.flux() * scale, error * scale, flux.fraction());
  }

  /** The box that holds 3 sigma of an object. */
  private Box core(double x, double y, @Nullable EllipseShape moments) {
    double half = moments == null ? 0 : 3 * Math.max(moments.sigmaX(), moments.sigmaY());
    int r = (int) Math.min(maxHalf, Math.ceil(Math.max(MIN_HALF, half)));
    return Box.around((int) Math.rint(x), (int) Math.rint(y), r);
  }
}
